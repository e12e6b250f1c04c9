"""What the system tests share: the built command, instances that leave nothing
behind, and a main() that prints TAP.

Meson passes the build directory in DRYDOCK_BUILD. Each instance has a runtime
directory of its own, so that tests disturb neither each other nor the user.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import unittest

BUILD = os.environ.get("DRYDOCK_BUILD", os.getcwd())
PROGRAM = os.path.join(BUILD, "sim", "cli", "drydock")
LIMIT = 100             # seconds, after which what was to happen has not

sys.dont_write_bytecode = True

# Programs heed signals as when started at a terminal, though the suite may run where some are ignored (a
# script's background, nohup).
for _number in (signal.SIGHUP, signal.SIGQUIT):
    signal.signal(_number, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)


def command(*arguments, environment=None, check=None, data=None, text=True, prefix=()):
    """Runs `drydock ARGUMENTS` (under `prefix`, a command); with `check` its exit code must be that."""
    result = subprocess.run([*prefix, PROGRAM, *arguments], input=data, capture_output=True, text=text, timeout=LIMIT,
                            env=environment or os.environ)
    if check is not None and result.returncode != check:
        raise AssertionError("drydock %s: exit code %d instead of %d\n%s%s" % (
            " ".join(arguments), result.returncode, check, result.stdout, result.stderr))
    return result


def sanitized():
    """Whether the programs carry AddressSanitizer, which reports crashes in its own way and bears no valgrind."""
    with open(PROGRAM, "rb") as file:
        return b"__asan_init" in file.read()


def eventually(condition):
    """Waits for what must come about; returns what it was."""
    end = time.monotonic() + LIMIT
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError("it has not come about")
        time.sleep(0.01)


def fuse_obstacle():
    """Why nothing can be mounted here, or None. As `drydock doctor` finds it."""
    if not os.path.exists(os.path.join(BUILD, "sim", "fuse", "drydock-fuse")):
        return "built without FUSE"
    return doctor_obstacle("FUSE")


def doctor_obstacle(name):
    report = json.loads(command("doctor", "--json").stdout)
    for check in report["checks"]:
        if check["name"] == name:
            return None if check["works"] else check["detail"]
    raise AssertionError("doctor knows nothing of %s" % name)


def mounted(path):
    """Whether something is mounted on `path`, or beneath it."""
    with open("/proc/self/mountinfo", encoding="utf-8") as lines:
        points = [line.split()[4].replace("\\040", " ") for line in lines]
    return any(point == path or point.startswith(path + "/") for point in points)


def birth(pid):
    """When a Linux process was started, in ticks; None where there is none, or only its zombie."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


class Process(subprocess.Popen):
    """A command beside the test, which does not wait for it where it has failed already."""

    def __exit__(self, kind, value, trace):
        if kind is not None:
            self.kill()
        super().__exit__(kind, value, trace)


class Instance:
    """An instance in the background. Leaving the `with` stops it and sees to it that nothing is left."""

    def __init__(self, *arguments, name="test", runtime=None, prefix=()):
        self.name = name
        self.prefix = prefix
        self.arguments = arguments
        self.shared = runtime is not None
        self.runtime = runtime or tempfile.mkdtemp(prefix="drydock-test-")
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=self.runtime, TZ="UTC", LC_ALL="C")
        self.directory = os.path.join(self.runtime, "drydock", name)
        self.seen = {}

    def command(self, verb, *arguments, **options):
        options.setdefault("environment", self.environment)
        options.setdefault("prefix", self.prefix)
        return command(verb, "--name", self.name, *arguments, **options)

    def spawn(self, verb, *arguments, **options):
        """The command as a process of its own, with its output in a pipe."""
        options.setdefault("stdout", subprocess.PIPE)
        return Process([*self.prefix, PROGRAM, verb, "--name", self.name, *arguments], env=self.environment, text=True,
                                **options)

    def start(self):
        result = self.command("run", "-d", *self.arguments, check=0)
        self.processes()
        return result

    def processes(self):
        """What `ps --json` says, by name. Remembers who they were for assert_gone."""
        records = json.loads(self.command("ps", "--json", check=0).stdout)
        for record in records:
            self.seen.setdefault(record["linux_pid"], birth(record["linux_pid"]))
        return {record["name"]: record for record in records}

    def pid(self, server):
        return self.processes()[server]["linux_pid"]

    def stop(self):
        self.processes()
        return self.command("stop", check=0)

    def assert_gone(self):
        alive = [pid for pid, born in self.seen.items() if born is not None and birth(pid) == born]
        if alive:
            raise AssertionError("still alive: %s" % alive)
        if mounted(self.runtime):
            raise AssertionError("still mounted: %s" % self.runtime)
        if os.path.exists(self.directory):
            raise AssertionError("still there: %s: %s" % (self.directory, os.listdir(self.directory)))

    def clean(self):
        """After a test, however it went. When this returns names that it had (a TAP's) are free."""
        try:
            with open(os.path.join(self.directory, "pid"), encoding="utf-8") as file:
                host = os.pidfd_open(int(file.read()))
        except (OSError, ValueError):
            host = -1
        if host >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(host, signal.SIGTERM)
            select.select([host], [], [], LIMIT)
            os.close(host)
        if not self.shared and not mounted(self.runtime):
            shutil.rmtree(self.runtime, ignore_errors=True)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.clean()
            raise
        return self

    def __exit__(self, kind, value, trace):
        try:
            if kind is None and os.path.exists(self.directory):
                self.stop()
            if kind is None:
                self.assert_gone()
        finally:
            self.clean()


class TapResult(unittest.TestResult):
    """Test Anything Protocol, version 13, on standard output."""

    number = 0

    def line(self, test, good, directive=""):
        self.number += 1
        print("%s %d - %s%s" % ("ok" if good else "not ok", self.number, test, directive), flush=True)

    def addSuccess(self, test):
        self.line(test, True)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.line(test, True, " # SKIP " + reason)

    def broken(self, test, error):
        self.line(test, False)
        for line in "".join(traceback.format_exception(*error)).splitlines():
            print("# " + line, flush=True)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.broken(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self.broken(test, err)


def main():
    """Runs the tests of the calling program."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    if len(sys.argv) > 1:
        suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:], sys.modules["__main__"])
    result = TapResult()
    suite.run(result)
    print("1..%d" % result.number, flush=True)
    sys.exit(0 if result.wasSuccessful() else 1)

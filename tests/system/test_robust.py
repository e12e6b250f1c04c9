"""The system under unlucky users and hostile clients: crashes, full disks, busy mounts, bad guests."""

import errno
import glob
import json
import os
import pwd
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import harness
from harness import Instance, command, eventually

DOORBELL = os.path.join(harness.BUILD, "tests", "system", "doorbell")
PRIORITY = os.path.join(harness.BUILD, "tests", "system", "priority")
SERVERS = ["init", "log", "netstack", "scheduler", "vfs"]
NOBODY = "nobody"


class Case(unittest.TestCase):
    def scratch(self):
        directory = tempfile.TemporaryDirectory(prefix="drydock-test-")
        self.addCleanup(directory.cleanup)
        return directory.name

    def need_fuse(self):
        obstacle = harness.fuse_obstacle()
        if obstacle:
            self.skipTest(obstacle)

    def need_root(self):
        if os.geteuid() != 0:
            self.skipTest("only root may do this")

    def console(self, instance):
        with open(os.path.join(instance.directory, "console"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def kill(self, instance, name, number=signal.SIGKILL):
        """Kills a server and waits until another has taken its place."""
        before = instance.pid(name)
        os.kill(before, number)
        eventually(lambda: self.replaced(instance, name, before))

    @staticmethod
    def replaced(instance, name, before):
        record = instance.processes().get(name)
        return record is not None and record["linux_pid"] != before and record["state"] != "starting"

    def works(self, instance, path="/proof"):
        instance.command("fs", "put", "-", path, data="proof\n", check=0)
        self.assertEqual(instance.command("fs", "cat", path, check=0).stdout, "proof\n")
        instance.command("fs", "rm", path, check=0)


class Crashes(Case):
    def take_remains(self, instance):
        """Reports and cores, which outlive the instance; removes them. By their base names."""
        instance.stop()
        names = sorted(os.path.basename(path) for path in glob.glob(instance.directory + "/c*-*"))
        shutil.rmtree(instance.directory)
        return names

    def test_a_crash_leaves_a_report_and_the_server_comes_back(self):
        if harness.sanitized():
            self.skipTest("the sanitizer reports crashes itself, and leaves no core")
        # A core needs the shell's leave.
        soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        self.assertTrue(soft == 0 or hard != 0)
        with Instance() as instance:
            victim = instance.pid("vfs")
            self.kill(instance, "vfs", signal.SIGSEGV)
            self.works(instance)
            console = self.console(instance)
            self.assertRegex(console, r"(?m)^\[kernel\] signal 11 sent to vfs \(PID 4\) at 0x")
            self.assertRegex(console, r"(?m)^\[init\] vfs: SIGSEGV \(signal 11\)")
            report = re.search(r"(?m)^\[kernel\] vfs \(linux pid %d\) died: .*Segmentation fault.*; report: (\S+)$"
                               % victim, console)
            self.assertIsNotNone(report, console)
            with open(report.group(1), encoding="utf-8") as file:
                text = file.read()
            for part in ["registers:", "  rip ", "backtrace:", "  #0 ", "last lines of the console:",
                         "[vfs] Ready for file operations"]:
                self.assertIn(part, text)
            self.assertNotIn("4294967295", console + text)
            with open("/proc/sys/kernel/core_pattern", encoding="ascii") as file:
                pattern = file.read().strip()
            # Where no core is allowed or it goes elsewhere the console says the latter.
            if pattern.startswith("|") or "/" in pattern or "%" in pattern:
                self.assertRegex(console, r"(?m)^\[kernel\] the core of vfs ")
            elif hard != 0:
                core = re.search(r"(?m)^\[kernel\] core of vfs: (\S+)$", console)
                self.assertIsNotNone(core, console)
                self.assertGreater(os.path.getsize(core.group(1)), 0)
            self.assertIn("crash-vfs-1.txt", self.take_remains(instance))

    def test_init_is_restarted_and_takes_the_services_over(self):
        with Instance() as instance:
            before = instance.processes()
            instance.command("fs", "put", "-", "/kept", data="kept", check=0)
            self.kill(instance, "init")
            self.assertEqual(instance.command("fs", "cat", "/kept", check=0).stdout, "kept")
            after = instance.processes()
            for name in ["log", "netstack", "scheduler", "vfs"]:
                self.assertEqual(after[name]["linux_pid"], before[name]["linux_pid"])
            # It answers for them: it sees one die, and starts another.
            self.kill(instance, "vfs")
            self.works(instance)
            self.assertIn("4 of 4 services live on", self.console(instance))

    def test_each_server_may_die(self):
        with Instance() as instance:
            for name in ["log", "netstack", "scheduler", "vfs", "init", "log"]:
                self.kill(instance, name)
                self.works(instance)
                self.assertEqual(set(SERVERS) - set(instance.processes()), set())
            instance.command("log", check=0)
            self.kill(instance, "scheduler")
            eventually(lambda: "scheduler_server started" in instance.command("log", check=0).stdout)

    def test_all_at_once(self):
        with Instance() as instance:
            processes = instance.processes()
            for name in SERVERS:
                os.kill(processes[name]["linux_pid"], signal.SIGKILL)
            for name in SERVERS:
                eventually(lambda name=name: self.replaced(instance, name, processes[name]["linux_pid"]))
            self.works(instance)

    def test_the_delay_grows(self):
        with Instance() as instance:
            for _ in range(4):
                self.kill(instance, "vfs")
            delays = [int(text or 0) for text in re.findall(
                r"\[init\] vfs was killed by signal 9; starting it again(?: in (\d+) ms)?", self.console(instance))]
            self.assertEqual(len(delays), 4)
            self.assertEqual(delays[0], 0)
            for earlier, later in zip(delays[1:], delays[2:]):
                self.assertGreater(later, earlier)

    def test_a_guest_killed_in_the_midst(self):
        with Instance() as instance:
            for _ in range(5):
                with instance.spawn("fs", "put", "-", "/half", stdin=subprocess.PIPE) as put:
                    put.stdin.write("x" * 200000)
                    put.stdin.flush()
                    eventually(lambda: "half" in instance.command("fs", "ls", check=0).stdout)
                    put.kill()
                with instance.spawn("log", "-f", "-n", "0") as follower:
                    eventually(lambda: "log-reader" in instance.processes())
                    follower.kill()
            self.works(instance)
            eventually(lambda: set(instance.processes()) == set(SERVERS + ["kernel"]))


class Mounts(Case):
    def setUp(self):
        self.need_fuse()
        self.point = self.scratch()

    def path(self, name):
        return os.path.join(self.point, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def test_works_after_a_crash(self):
        with Instance("--mount", self.point) as instance:
            self.write("file", "old")
            self.kill(instance, "vfs", signal.SIGSEGV)
            # At once, without an error in between.
            self.assertEqual(os.listdir(self.point), [])
            self.write("file", "new")
            self.assertEqual(self.read("file"), "new")
            instance.stop()
            # A report and a core, unless a sanitizer has reported.
            shutil.rmtree(instance.directory, ignore_errors=harness.sanitized())

    def test_old_descriptors_see_nothing_of_the_new_files(self):
        count = 100
        with Instance("--mount", self.point) as instance:
            for number in range(count):
                self.write("old%d" % number, "old")
            os.mkdir(self.path("directory"))
            files = [open(self.path("old%d" % number), "r+b", buffering=0) for number in range(count)]
            directory = os.open(self.path("directory"), os.O_RDONLY | os.O_DIRECTORY)
            instance.command("restart", "vfs", check=0)
            for number in range(2 * count):
                self.write("new%d" % number, "secret")
            for file in files:
                for attempt in [lambda: file.read(100), lambda: file.write(b"overwritten"), lambda: os.fstat(file.fileno())]:
                    try:
                        result = attempt()
                    except OSError as error:
                        self.assertIn(error.errno, [errno.ESTALE, errno.EIO, errno.ENOENT])
                    else:
                        # What Linux still has of the old file is no harm; the new one's is.
                        self.assertNotEqual(result, b"secret")
                try:
                    file.close()
                except OSError:
                    pass
            with self.assertRaises(OSError):
                os.open("inner", os.O_CREAT | os.O_WRONLY, dir_fd=directory)
            os.close(directory)
            for number in range(2 * count):
                self.assertEqual(self.read("new%d" % number), "secret")
            self.assertEqual(len(os.listdir(self.point)), 2 * count)

    def test_a_point_that_is_no_directory(self):
        file = self.path("file")
        self.write("file", "")
        result = command("run", "-d", "--name", "test", "--mount", file,
                         environment=dict(os.environ, XDG_RUNTIME_DIR=self.scratch()), check=1)
        self.assertIn(file, result.stderr)
        self.assertIn("ot a directory", result.stderr)
        with Instance() as instance:
            result = instance.command("mount", file, check=1)
            self.assertIn("ot a directory", result.stderr)
            self.works(instance)

    def test_a_point_that_is_taken(self):
        with Instance("--mount", self.point) as instance:
            with Instance(name="other", runtime=instance.runtime) as other:
                result = other.command("mount", self.point, check=1)
                self.assertIn(self.point, result.stderr)
                self.assertNotEqual(result.stderr.strip(), "")
                self.works(other)
            result = command("run", "-d", "--name", "third", "--mount", self.point,
                             environment=instance.environment, check=1)
            self.assertIn(self.point, result.stderr)
            self.assertFalse(os.path.exists(os.path.join(instance.runtime, "drydock", "third")))
            self.write("file", "still there")
            self.assertEqual(instance.command("fs", "cat", "/file", check=0).stdout, "still there")

    def test_a_detached_mount_serves_what_is_open(self):
        with Instance("--mount", self.point) as instance:
            with open(self.path("file"), "w+b", buffering=0) as file:
                result = instance.command("umount", self.point, check=0)
                self.assertIn("until then files open there work", result.stdout)
                self.assertFalse(harness.mounted(self.point))
                file.write(b"written later")
                file.seek(0)
                self.assertEqual(file.read(), b"written later")
            self.assertEqual(instance.command("fs", "cat", "/file", check=0).stdout, "written later")

    def test_the_bridge_killed(self):
        with Instance("--mount", self.point) as instance:
            os.kill(instance.pid("fuse"), signal.SIGKILL)
            eventually(lambda: "fuse" not in instance.processes())
            self.works(instance)
            eventually(lambda: not harness.mounted(self.point))
            instance.command("mount", self.point, check=0)
            self.write("again", "again")


class Boots(Case):
    """What keeps an instance from booting is said, with exit code 1."""

    def fails(self, manifest, message):
        path = os.path.join(self.scratch(), "test.manifest")
        with open(path, "w", encoding="utf-8") as file:
            file.write(manifest)
        runtime = self.scratch()
        for arguments in [["-d"], []]:
            result = command("run", *arguments, "--name", "test", "--manifest", path,
                             environment=dict(os.environ, XDG_RUNTIME_DIR=runtime), check=1)
            self.assertRegex(result.stderr, message)
            self.assertFalse(os.path.exists(os.path.join(runtime, "drydock", "test")))

    def test_an_image_that_is_missing(self):
        self.fails("[service log]\nnumber = 2\nauthorities = console\nmemory = 64M\nhandles = 4096\n"
                   "[service lost]\nnumber = 9\nimage = nowhere\nmemory = 1M\n",
                   r'lost cannot be started from image "nowhere": there is no such image')

    def test_a_cycle(self):
        self.fails("[service one]\nnumber = 8\ncalls = two\n[service two]\nnumber = 9\ncalls = one\n", "cycle|circle")

    def test_nothing_granted(self):
        with open(os.path.join(os.path.dirname(__file__), "..", "..", "sim", "manifest", "default.manifest"),
                  encoding="utf-8") as file:
            manifest = file.read()
        self.fails(re.sub(r"(?m)^(calls|authorities|memory|handles) = .*\n", "", manifest.split("# Roles")[0]),
                   r'is "switch" granted(.|\n)*scheduler ended with code 1')

    def test_an_empty_manifest(self):
        self.fails("", r"test\.manifest")

    def test_second_of_the_same_name(self):
        with Instance() as instance:
            for arguments in [["-d"], []]:
                result = instance.command("run", *arguments, check=1)
                self.assertIn("runs already", result.stderr)
            self.works(instance)

    def test_fifty_in_a_row_leave_nothing(self):
        runtime = self.scratch()
        before = set(os.listdir("/proc"))
        for _ in range(50):
            instance = Instance(runtime=runtime)
            instance.start()
            instance.stop()
            instance.assert_gone()
        self.assertEqual(os.listdir(os.path.join(runtime, "drydock")), [])
        # Nobody who was born since holds anything of ours.
        for pid in set(os.listdir("/proc")) - before:
            if not pid.isdigit():
                continue
            try:
                with open("/proc/%s/environ" % pid, "rb") as file:
                    self.assertNotIn(runtime.encode(), file.read(), pid)
            except OSError:
                pass


class FullDisk(Case):
    def setUp(self):
        self.need_root()
        self.runtime = self.scratch()
        self.disk("size=1m")

    def disk(self, options):
        result = subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=700," + options, "drydock-test", self.runtime],
                                capture_output=True, text=True, check=False)
        if result.returncode != 0:
            self.skipTest("cannot mount a tmpfs here: " + result.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", "-l", self.runtime], check=False)

    def fill(self):
        with open(os.path.join(self.runtime, "fill"), "wb", buffering=0) as file:
            with self.assertRaises(OSError):
                while True:
                    file.write(bytes(4096))

    def test_boots_works_and_stops(self):
        self.fill()
        instance = Instance(runtime=self.runtime)
        instance.start()
        self.works(instance)
        instance.stop()
        alive = [pid for pid, born in instance.seen.items() if harness.birth(pid) == born]
        self.assertEqual(alive, [])
        self.assertFalse(os.path.exists(instance.directory))

    def test_fills_while_it_runs(self):
        instance = Instance(runtime=self.runtime)
        instance.start()
        self.fill()
        self.kill(instance, "vfs", signal.SIGSEGV)
        self.works(instance)
        instance.stop()
        shutil.rmtree(instance.directory, ignore_errors=True)

    def test_no_room_for_files(self):
        subprocess.run(["umount", self.runtime], check=True)
        for inodes in range(2, 5):
            self.disk("nr_inodes=%d" % inodes)
            result = command("run", "-d", "--name", "test", environment=dict(os.environ, XDG_RUNTIME_DIR=self.runtime),
                             check=1)
            self.assertIn("No space left on device", result.stderr)
            self.assertIn(self.runtime, result.stderr)
            subprocess.run(["umount", self.runtime], check=True)
        self.disk("size=1m")


class Ordinary(Case):
    """Without root."""

    def setUp(self):
        self.need_root()
        try:
            self.user = pwd.getpwnam(NOBODY)
        except KeyError:
            self.skipTest("there is no user " + NOBODY)
        self.runtime = self.scratch()
        os.chown(self.runtime, self.user.pw_uid, self.user.pw_gid)
        if self.run_as("--version").returncode != 0:
            self.skipTest("%s may not run %s" % (NOBODY, harness.PROGRAM))
        self.addCleanup(self.run_as, "stop")

    def run_as(self, *arguments, data=None):
        try:
            return subprocess.run([harness.PROGRAM, *arguments], input=data, capture_output=True, text=True,
                                  timeout=harness.LIMIT, check=False, cwd="/", user=self.user.pw_uid,
                                  group=self.user.pw_gid, extra_groups=[],
                                  env={"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": self.runtime})
        except PermissionError as error:
            return subprocess.CompletedProcess(arguments, 126, "", str(error))

    def good(self, *arguments, **options):
        result = self.run_as(*arguments, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_run_and_work(self):
        self.good("run", "-d")
        processes = json.loads(self.good("ps", "--json"))
        for process in processes:
            self.assertEqual(os.stat("/proc/%d" % process["linux_pid"]).st_uid, self.user.pw_uid)
        self.good("fs", "put", "-", "/file", data="mine\n")
        self.assertEqual(self.good("fs", "cat", "/file"), "mine\n")
        self.assertIn("file", self.good("fs", "ls"))
        self.good("log")
        self.good("restart", "vfs")
        self.good("stop")
        self.assertEqual(os.listdir(os.path.join(self.runtime, "drydock")), [])

    def test_mounting_works_or_says_why_not(self):
        point = os.path.join(self.runtime, "point")
        os.mkdir(point)
        os.chown(point, self.user.pw_uid, self.user.pw_gid)
        result = self.run_as("run", "-d", "--mount", point)
        if result.returncode == 0:
            self.assertTrue(harness.mounted(point))
            self.good("stop")
        else:
            self.assertEqual(result.returncode, 1)
            self.assertRegex(result.stderr, r"drydock: run: .{20,}")
        self.assertFalse(harness.mounted(point))

    def test_others_may_not_use_it(self):
        self.good("run", "-d")
        directory = os.path.join(self.runtime, "drydock", "default")
        self.assertEqual(os.stat(directory).st_mode & 0o77, 0)


class Hostile(Case):
    def setUp(self):
        self.instance = Instance()
        self.instance.__enter__()
        self.addCleanup(self.instance.__exit__, None, None, None)

    def bully(self, mode):
        process = harness.Process([DOORBELL, self.instance.directory, mode], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        return process

    def beside(self, mode):
        vfs = self.instance.pid("vfs")
        with self.bully(mode) as process:
            self.assertEqual(process.stdout.readline(), "at it\n")
            for _ in range(10):
                self.works(self.instance)
            self.assertIsNone(process.poll())
            process.stdin.close()
            self.assertEqual(process.wait(harness.LIMIT), 0)
        self.assertEqual(self.instance.pid("vfs"), vfs)
        self.works(self.instance)

    def test_a_doorbell_that_never_stops(self):
        self.beside("ring")

    def test_lanes_that_break_the_rules_without_end(self):
        self.beside("flood")

    def test_death_in_the_midst_of_calls(self):
        vfs = self.instance.pid("vfs")
        for _ in range(20):
            with self.bully("crash") as process:
                self.assertEqual(process.wait(harness.LIMIT), -signal.SIGKILL)
        self.works(self.instance)
        self.assertEqual(self.instance.pid("vfs"), vfs)
        eventually(lambda: "doorbell" not in self.instance.processes())


class Priorities(Case):
    def niceness(self, instance, name):
        return os.getpriority(os.PRIO_PROCESS, instance.pid(name))

    def set_priority(self, instance, number, priority):
        return subprocess.run([PRIORITY, instance.directory, str(number), str(priority)], capture_output=True,
                              timeout=harness.LIMIT, check=False).returncode

    def test_set_while_it_runs(self):
        with Instance() as instance:
            usual = os.getpriority(os.PRIO_PROCESS, 0)
            self.assertEqual(self.niceness(instance, "vfs"), usual)
            for priority, niceness in [(8, 9), (0, 19)]:
                self.assertEqual(self.set_priority(instance, 4, priority), 0)
                eventually(lambda: self.niceness(instance, "vfs") == niceness)
                self.assertEqual(instance.processes()["vfs"]["priority"], priority)
            self.works(instance)
            self.assertEqual(self.niceness(instance, "log"), usual)
            self.assertEqual(self.set_priority(instance, 4, 32), 1)
            self.assertEqual(self.set_priority(instance, 77, 8), 1)
            # It is a process's: the next begins as the manifest says.
            instance.command("restart", "vfs", check=0)
            self.assertEqual(self.niceness(instance, "vfs"), usual)

    def test_more_urgent_than_others(self):
        self.need_root()
        with Instance() as instance:
            self.assertEqual(self.set_priority(instance, 4, 31), 0)
            eventually(lambda: self.niceness(instance, "vfs") == -15)


class Idle(Case):
    def test_nobody_makes_a_system_call(self):
        if not shutil.which("strace"):
            self.skipTest("there is no strace")
        obstacle = harness.doctor_obstacle("ptrace")
        if obstacle:
            self.skipTest(obstacle)
        arguments = []
        if not harness.fuse_obstacle():
            arguments = ["--mount", self.scratch()]
        with Instance(*arguments) as instance:
            self.works(instance)
            records = instance.processes()
            # A command's own guest, and what it set in motion, may take a moment to go.
            eventually(lambda: "fs" not in instance.processes())
            trace = os.path.join(self.scratch(), "trace")
            selection = [part for record in records.values() if record["name"] in SERVERS + ["kernel", "fuse"]
                         for part in ("-p", str(record["linux_pid"]))]
            with subprocess.Popen(["strace", "-f", "-qq", "-o", trace] + selection, stderr=subprocess.PIPE,
                                  text=True) as strace:
                time.sleep(10)
                strace.send_signal(signal.SIGINT)
                error = strace.communicate(timeout=harness.LIMIT)[1]
            with open(trace, encoding="utf-8") as file:
                lines = file.read().splitlines()
            self.assertTrue(lines, error)
            # What each was in when it was attached to; a restart of just that by the tracer is no call of its own.
            calls = [line for line in lines if not re.search(r"<unfinished \.\.\.>$|<detached \.\.\.>$|restart_syscall|"
                                                            r"ERESTART|strace: ", line)]
            self.assertEqual(calls, [])


class Wrapped(Case):
    def test_vfs_under_valgrind(self):
        if not shutil.which("valgrind"):
            self.skipTest("there is no valgrind")
        if harness.sanitized():
            self.skipTest("valgrind does not run what carries a sanitizer")
        log = os.path.join(self.scratch(), "valgrind")
        with Instance("--wrap", "vfs=valgrind --error-exitcode=9 --log-file=%s" % log) as instance:
            with open("/proc/%d/cmdline" % instance.pid("vfs"), "rb") as file:
                if b"valgrind" not in file.read():
                    self.fail("vfs does not run under valgrind")
            self.works(instance)
        with open(log, encoding="utf-8") as file:
            text = file.read()
        self.assertIn("Memcheck", text)
        self.assertNotRegex(text, r"Invalid (read|write)|uninitialised|fatal signal 11")


if __name__ == "__main__":
    harness.main()

"""Locks that users of a mount and programs on the system share (-o shared_locks)."""

import errno
import fcntl
import os
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

import harness
from harness import Instance, eventually

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))

import cases

PROGRAMS = os.path.join(harness.BUILD, "tests", "conformance")
F_OFD_SETLK, F_OFD_SETLKW = 37, 38
WAITERS = 128           # that the bridge lets wait

TYPES = {"read": fcntl.F_RDLCK, "write": fcntl.F_WRLCK, "unlock": fcntl.F_UNLCK}


def lock(file, kind, start=0, length=0, command=fcntl.F_SETLK):
    """What fcntl(2) says: the name of its error, or ok, or what F_GETLK found."""
    wanted = struct.pack("hhqqi4x", TYPES[kind], os.SEEK_SET, start, length, 0)
    try:
        answer = struct.unpack("hhqqi4x", fcntl.fcntl(file, command, wanted))
    except OSError as error:
        return errno.errorcode[error.errno]
    if command != fcntl.F_GETLK:
        return "ok"
    return "nothing" if answer[0] == fcntl.F_UNLCK else (answer[0], answer[2], answer[3], answer[4])


def flock(file, operation):
    try:
        fcntl.flock(file, operation | fcntl.LOCK_NB)
    except OSError as error:
        return errno.errorcode[error.errno]
    return "ok"


class Native(harness.Process):
    """A program on the system, which works on the files of a case."""

    def __init__(self, instance, verb):
        super().__init__([os.path.join(PROGRAMS, "conformance-native"), instance.directory], text=True,
                         env=instance.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.call(verb + " locks")

    def begin(self, line):
        self.stdin.write(line + "\n")
        self.stdin.flush()

    def end(self):
        return self.stdout.readline().strip()

    def call(self, line):
        self.begin(line)
        return self.end()


# A user of the mount beside the test: locks what it is told, line by line.
# By the C library, since Python's own calls go on after a signal.
USER = """
import ctypes, os, signal, struct, sys
signal.signal(signal.SIGUSR1, lambda *_: None)
signal.siginterrupt(signal.SIGUSR1, True)
file = os.open(sys.argv[1], os.O_RDWR)
libc = ctypes.CDLL(None, use_errno=True)
for line in sys.stdin:
    command, kind, start, length = (int(word) for word in line.split())
    wanted = ctypes.create_string_buffer(struct.pack("hhqqi4x", kind, 0, start, length, 0))
    failed = libc.fcntl(file, command, wanted) != 0
    print(ctypes.get_errno() if failed else 0, flush=True)
"""


class User(harness.Process):
    def __init__(self, path):
        super().__init__([sys.executable, "-c", USER, path], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def begin(self, kind, start=0, length=0, command=fcntl.F_SETLKW):
        self.stdin.write("%d %d %d %d\n" % (command, TYPES[kind], start, length))
        self.stdin.flush()

    def end(self):
        number = int(self.stdout.readline())
        return errno.errorcode[number] if number else "ok"

    def call(self, kind, start=0, length=0, command=fcntl.F_SETLK):
        self.begin(kind, start, length, command)
        return self.end()

    def waits(self):
        """Until it sleeps in fcntl(2)."""
        def sleeps():
            with open("/proc/%d/syscall" % self.pid, encoding="utf-8") as file:
                return file.read().split()[0] == "72"
        eventually(sleeps)


class Mount(unittest.TestCase):
    """A file in a mount, which a program on the system has open twice, as 1 and 2."""

    OPTIONS = "allow_other,shared_locks"
    WHERE = "w"         # the directory of the file

    def setUp(self):
        obstacle = harness.fuse_obstacle()
        if obstacle:
            self.skipTest(obstacle)
        if os.geteuid() != 0:
            self.skipTest("needs root: native programs of the test have a role that may act for others")
        self.base = tempfile.mkdtemp(prefix="drydock-mount-")
        self.addCleanup(os.rmdir, self.base)
        self.instance = Instance(*self.arguments(), "--mount", self.base, "-o", self.OPTIONS, name="locks")
        self.instance.__enter__()
        self.addCleanup(self.instance.__exit__, None, None, None)
        self.native = self.enter(Native(self.instance, "case"))
        self.name = os.path.join("..", self.WHERE, "n")
        for call in ("create %s 0644", "hold 1 %s RDWR", "hold 2 %s RDWR"):
            self.assertEqual(self.native.call(call % self.name), "ok")
        self.path = os.path.join(self.base, self.WHERE, "n")
        self.files = set()
        self.file = self.open()

    def arguments(self):
        return ()

    def enter(self, process):
        process.__enter__()
        self.addCleanup(self.leave, process)
        return process

    @staticmethod
    def leave(process):
        process.kill()
        process.__exit__(None, None, None)

    def open(self):
        file = os.open(self.path, os.O_RDWR)
        self.addCleanup(lambda: self.close(file) if file in self.files else None)
        self.files.add(file)
        return file

    def close(self, file):
        self.files.remove(file)
        os.close(file)


class Shared(Mount):
    def test_both_sides(self):
        self.assertEqual(self.native.call("lock 1 write 10 10"), "ok")
        self.assertEqual(lock(self.file, "read", 0, 10), "ok")
        self.assertEqual(lock(self.file, "read", 5, 10), "EAGAIN")
        self.assertEqual(lock(self.file, "read", 0, 0, fcntl.F_GETLK), (fcntl.F_WRLCK, 10, 10, 0))
        self.assertEqual(self.native.call("testlock 1 write 0 0"), "ok read 0 10")
        self.assertEqual(self.native.call("lock 1 write 0 0"), "EAGAIN")
        user = self.enter(User(self.path))
        self.assertEqual(user.call("write", 100, 50), "ok")
        self.assertEqual(lock(self.file, "write", 100, 0, fcntl.F_GETLK), (fcntl.F_WRLCK, 100, 50, user.pid))
        self.assertEqual(self.native.call("testlock 1 read 20 0"), "ok write 100 50")
        # The process's go with any of its files, and with the process.
        other = self.open()
        self.close(other)
        self.assertEqual(self.native.call("lock 1 write 0 100"), "ok")
        user.kill()
        user.wait()
        self.assertEqual(self.native.call("lock 1 write 0 0"), "ok")
        self.assertEqual(self.native.call("close 1"), "ok")
        self.assertEqual(lock(self.file, "write"), "ok")

    def test_whole_files(self):
        self.assertEqual(self.native.call("flock 1 shared"), "ok")
        self.assertEqual(flock(self.file, fcntl.LOCK_EX), "EAGAIN")
        self.assertEqual(flock(self.file, fcntl.LOCK_SH), "ok")
        self.assertEqual(self.native.call("lock 2 write 0 0"), "ok")
        self.assertEqual(self.native.call("flock 1 exclusive"), "EAGAIN")
        copy = os.dup(self.file)
        self.close(self.file)
        self.assertEqual(self.native.call("flock 1 exclusive"), "EAGAIN")
        os.close(copy)
        eventually(lambda: self.native.call("flock 1 exclusive") == "ok")

    def test_the_dead(self):
        """A program that dies leaves no lock, and who has waited for it goes on."""
        second = self.enter(Native(self.instance, "join"))
        self.assertEqual(second.call("hold 1 %s RDWR" % self.name), "ok")
        self.assertEqual(second.call("lock 1 write 0 0"), "ok")
        user = self.enter(User(self.path))
        user.begin("read")
        user.waits()
        self.native.begin("waitlock 1 read 0 0")
        second.kill()
        self.assertEqual(user.end(), "ok")
        self.assertEqual(self.native.end(), "ok")
        # The same the other way round.
        self.native.begin("waitlock 1 write 0 0")
        user.kill()
        self.assertEqual(self.native.end(), "ok")

    def test_signals(self):
        """A signal ends the wait, and nothing is left of it; a killed process waits no more either."""
        self.assertEqual(self.native.call("lock 1 write 0 0"), "ok")
        for number in (signal.SIGUSR1, signal.SIGKILL):
            user = self.enter(User(self.path))
            user.begin("write")
            user.waits()
            user.send_signal(number)
            if number == signal.SIGUSR1:
                self.assertEqual(user.end(), "EINTR")
                self.assertEqual(user.call("write"), "EAGAIN")
            else:
                user.wait()
            self.assertEqual(self.native.call("lock 1 unlock 0 0"), "ok")
            self.assertEqual(lock(self.file, "write", 0, 0, fcntl.F_GETLK), "nothing")
            self.assertEqual(self.native.call("lock 1 write 0 0"), "ok")

    def test_deadlocks(self):
        """Two users of the mount who would wait for each other."""
        first = self.enter(User(self.path))
        self.assertEqual(first.call("write", 0, 1), "ok")
        both = self.enter(User(self.path))
        self.assertEqual(both.call("write", 5, 1), "ok")
        first.begin("write", 5, 1)
        first.waits()
        self.assertEqual(both.call("write", 0, 1, fcntl.F_SETLKW), errno.errorcode[errno.EDEADLK])
        self.assertEqual(both.call("unlock", 5, 1), "ok")
        self.assertEqual(first.end(), "ok")

    def test_many_wait(self):
        """As many as may wait, and one more; who is to give back always can."""
        self.assertEqual(self.native.call("lock 1 write 0 0"), "ok")
        answers, counted = [], threading.Semaphore(0)

        def wait(file):
            answers.append(lock(file, "read", 0, 0, F_OFD_SETLKW))
            counted.release()

        threads = [threading.Thread(target=wait, args=(self.open(),), daemon=True) for _ in range(WAITERS + 1)]
        for thread in threads:
            thread.start()
        self.assertTrue(counted.acquire(timeout=harness.LIMIT))
        self.assertEqual(answers, ["ENOLCK"])
        self.assertEqual(lock(self.file, "read", 0, 0), "EAGAIN")
        self.assertEqual(self.native.call("lock 1 unlock 0 0"), "ok")
        for thread in threads:
            thread.join(harness.LIMIT)
        self.assertEqual(sorted(answers), ["ENOLCK"] + ["ok"] * WAITERS)

    def test_as_linux(self):
        """The conformance cases of locks, which test_conformance.py has answered by Linux itself."""
        oracle = tempfile.mkdtemp(prefix="drydock-oracle-", dir="/dev/shm")
        self.addCleanup(os.rmdir, oracle)
        count, script = cases.script("locks")
        answers = [subprocess.run([os.path.join(PROGRAMS, "conformance-calls"), where], input=script, check=True,
                                  capture_output=True, text=True, timeout=harness.LIMIT).stdout.splitlines()
                   for where in (oracle, self.base)]
        calls = script.splitlines()
        self.assertEqual(len(answers[0]), len(calls))
        print("# %d cases" % count, flush=True)
        wrong = ["%s: %s instead of %s" % (call, ours, theirs)
                 for call, theirs, ours in zip(calls, *answers) if ours != theirs]
        self.assertEqual(wrong[:30], [])


class Passed(Shared):
    """The same in a file system of another server, to which vfs passes on what programs ask of it."""

    WHERE = "disk"
    ADDED = """
[service scratch]
number = 30
image = vfs
calls = log
options = size=16M
[mount /disk]
service = scratch
"""

    def arguments(self):
        manifest = tempfile.NamedTemporaryFile("w", suffix=".manifest")
        self.addCleanup(manifest.close)
        with open(os.path.join(os.path.dirname(__file__), "..", "..", "sim", "manifest", "default.manifest"),
                  encoding="utf-8") as default:
            manifest.write(default.read() + self.ADDED)
        manifest.flush()
        return ("--manifest", manifest.name)

    test_as_linux = None

    def test_waits_that_end(self):
        """A program that dies while it waits, files that are closed, and a process's locks of any of its files."""
        self.assertEqual(lock(self.file, "write"), "ok")
        second = self.enter(Native(self.instance, "join"))
        self.assertEqual(second.call("hold 1 %s RDWR" % self.name), "ok")
        second.begin("waitlock 1 write 0 0")
        second.kill()
        second.wait()
        self.assertEqual(lock(self.file, "unlock"), "ok")
        eventually(lambda: self.native.call("lock 1 write 0 0") == "ok")
        self.assertEqual(self.native.call("flock 1 exclusive"), "ok")
        self.assertEqual(lock(self.file, "read"), "EAGAIN")
        self.assertEqual(self.native.call("close 1"), "ok")
        self.assertEqual(lock(self.file, "write"), "ok")
        self.assertEqual(flock(self.file, fcntl.LOCK_EX), "ok")
        self.assertEqual(self.native.call("plock 2 write 0 0"), "EAGAIN")
        self.assertEqual(lock(self.file, "unlock"), "ok")
        self.assertEqual(self.native.call("plock 2 write 0 0"), "ok")
        self.assertEqual(self.native.call("hold 1 %s RDONLY" % self.name), "ok")
        self.assertEqual(lock(self.file, "write"), "EAGAIN")
        self.assertEqual(self.native.call("close 1"), "ok")
        self.assertEqual(lock(self.file, "write"), "ok")


class Separate(Mount):
    """Without the option Linux keeps the locks of the mount for itself."""

    OPTIONS = "allow_other"

    def test_both_sides(self):
        self.assertEqual(self.native.call("lock 1 write 0 0"), "ok")
        self.assertEqual(lock(self.file, "write"), "ok")
        self.assertEqual(flock(self.file, fcntl.LOCK_EX), "ok")
        self.assertEqual(self.native.call("flock 1 exclusive"), "ok")


if __name__ == "__main__":
    harness.main()

"""`drydock sh`: the system's own shell, by pipes and at a terminal."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest

import harness
from harness import Instance

PROMPT = b"drydock:/$ "


class Terminal:
    """A shell at a pseudo-terminal, which is compared with how it was before."""

    def __init__(self, instance, *arguments, columns=80):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        self.seen = b""
        self.process = instance.spawn("sh", *arguments, stdin=self.slave, stdout=self.slave, stderr=self.slave,
                                      start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(harness.LIMIT)
        for descriptor in (self.master, self.slave):
            if descriptor >= 0:
                os.close(descriptor)

    def hang_up(self):
        """The terminal goes, as when its window is closed."""
        os.close(self.slave)
        os.close(self.master)
        self.master = self.slave = -1

    def type(self, keys):
        os.write(self.master, keys)

    def until(self, wanted):
        """What the screen is sent up to `wanted`, which must come."""
        end = time.monotonic() + harness.LIMIT
        while wanted not in self.seen:
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            if not ready:
                raise AssertionError("no %r in %r" % (wanted, self.seen))
            self.seen += os.read(self.master, 4096)
        before, _, self.seen = self.seen.partition(wanted)
        return before

    def answer(self, line):
        """What a command writes, from the end of its line to the next prompt."""
        self.type(line + b"\r")
        self.until(b"\r\n")
        return self.until(b"\r" + PROMPT).replace(b"\r\n", b"\n")

    def is_raw(self):
        return not termios.tcgetattr(self.slave)[3] & (termios.ICANON | termios.ECHO)

    def is_restored(self):
        return termios.tcgetattr(self.slave) == self.before

    def wait(self):
        return self.process.wait(harness.LIMIT)


class Shell(unittest.TestCase):
    """One instance for all of these."""

    @classmethod
    def setUpClass(cls):
        cls.instance = Instance()
        cls.instance.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.instance.__exit__(None, None, None)

    def setUp(self):
        # Everything in the root belongs to the test before.
        names = self.instance.command("fs", "ls", "/", check=0).stdout.split()
        if names:
            self.instance.command("fs", "rm", "-r", *names, check=0)

    def sh(self, *arguments, **options):
        options.setdefault("check", 0)
        return self.instance.command("sh", *arguments, **options)

    # ---- scripts

    def test_commands(self):
        result = self.sh("-c", "mkdir /d; echo hello > /d/f; cat /d/f; ls -l /d")
        self.assertRegex(result.stdout, r"^hello\n-rw-r--r--   1 +\d+ +\d+ +6 \d{4}-\d\d-\d\d \d\d:\d\d f\n$")
        self.assertEqual(result.stderr, "")
        # It is the same file system that others see.
        self.assertEqual(self.instance.command("fs", "cat", "/d/f", check=0).stdout, "hello\n")

    def test_script_from_a_pipe(self):
        result = self.sh(data="# a comment\necho one\necho 'two  three' $?\n")
        self.assertEqual(result.stdout, "one\ntwo  three 0\n")
        self.assertEqual(result.stderr, "")

    def test_script_from_a_file(self):
        with tempfile.TemporaryFile() as script:
            script.write(b"echo x > /f\ncat /f /nope\n")
            script.seek(0)
            result = subprocess.run([harness.PROGRAM, "sh", "--name", self.instance.name], stdin=script,
                                    env=self.instance.environment, capture_output=True, text=True,
                                    timeout=harness.LIMIT, check=False)
        self.assertEqual((result.returncode, result.stdout, result.stderr),
                         (1, "x\n", "cat: /nope: No such file or directory\n"))

    def test_exit_statuses(self):
        for script, status in [("echo", 0), ("cat /nope", 1), ("ls -x", 2), ("nonsense", 127), ("exit 42", 42),
                               ("cat /nope; echo", 0), ("ls |", 2), ("", 0)]:
            self.assertEqual(self.sh("-c", script, check=None).returncode, status, script)
            self.assertEqual(self.sh(data=script, check=None).returncode, status, script)

    def test_data_through_cat(self):
        data = bytes(range(256)) * 4096
        self.sh("-c", "cat > /binary", data=data, text=False)
        self.assertEqual(self.sh("-c", "cat /binary", text=False).stdout, data)
        self.assertEqual(self.sh("-c", "cp /binary /copy; rm /binary; cat < /copy", check=2).stdout, "")
        self.assertEqual(self.sh("-c", "cp /binary /copy; rm /binary; cat /copy", text=False).stdout, data)

    def test_no_input(self):
        with open(os.devnull, "rb") as nothing:
            result = subprocess.run([harness.PROGRAM, "sh", "--name", self.instance.name], stdin=nothing,
                                    env=self.instance.environment, capture_output=True, timeout=harness.LIMIT,
                                    check=False)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"", b""))

    def test_output_that_nobody_reads(self):
        with open("/dev/full", "wb") as full:
            result = subprocess.run([harness.PROGRAM, "sh", "--name", self.instance.name, "-c", "echo a; echo b > /b"],
                                    stdout=full, stderr=subprocess.PIPE, env=self.instance.environment,
                                    timeout=harness.LIMIT, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(self.sh("-c", "ls").stdout, "")

    def test_ps_ports_log(self):
        lines = self.sh("-c", "ps").stdout.splitlines()
        self.assertEqual(lines[0].split(), ["PID", "NAME", "STATE", "PRIORITY", "HANDLES", "LANES", "MEMORY"])
        self.assertEqual({line.split()[1] for line in lines[1:]}, {"init", "log", "scheduler", "vfs", "netstack", "sh"})
        self.assertIn(" vfs ", self.sh("-c", "ports").stdout)
        self.assertRegex(self.sh("-c", "log -n 1").stdout, r"^\d\d:\d\d:\d\d\.\d{6} \[\w+\] .*\n$")

    def test_time(self):
        self.assertRegex(self.sh("-c", "time ls").stderr, r"^time: \d+\.\d{6} s\n$")

    def test_kill_and_restart(self):
        before = self.instance.processes()["vfs"]
        self.assertEqual(self.sh("-c", "echo x > /f; kill vfs; ls; echo y > /g; ls").stdout, "g\n")
        after = self.instance.processes()["vfs"]
        self.assertEqual(after["pid"], before["pid"])
        self.assertNotEqual(after["linux_pid"], before["linux_pid"])
        result = self.sh("-c", "kill init", check=1)
        self.assertEqual(result.stderr, "kill: init: only servers that init started can be killed\n")

    def test_role_that_is_missing(self):
        with tempfile.NamedTemporaryFile("w", suffix=".manifest") as manifest:
            manifest.write("[service log]\nnumber = 2\nauthorities = console\n")
            manifest.flush()
            with Instance("--manifest", manifest.name) as instance:
                self.assertIn("admin", instance.command("sh", "-c", "ls", check=1).stderr)

    # ---- at a terminal

    def test_lines(self):
        with Terminal(self.instance) as terminal:
            terminal.until(PROMPT)
            self.assertTrue(terminal.is_raw())
            self.assertEqual(terminal.answer(b"echo hxllo\033[D\033[D\033[D\177e"), b"hello\n")
            self.assertEqual(terminal.answer(b"\033[A again"), b"hello again\n")
            self.assertEqual(terminal.answer("echo ä > '/ö'; ls".encode()), "ö\n".encode())
            self.assertEqual(terminal.answer(b"cat /nope"), b"cat: /nope: No such file or directory\n")
            self.assertEqual(terminal.answer(b"echo $?"), b"1\n")
            terminal.type(b"exit 3\r")
            self.assertEqual(terminal.wait(), 3)
            self.assertTrue(terminal.is_restored())

    def test_files_from_the_keyboard(self):
        with Terminal(self.instance) as terminal:
            terminal.until(PROMPT)
            terminal.type(b"cat > /f\r")
            terminal.until(b"\r\n")
            terminal.type(b"one\rtwo\r\004")
            terminal.until(b"\r" + PROMPT)
            self.assertEqual(terminal.answer(b"cat /f"), b"one\ntwo\n")
            terminal.type(b"\004")
            self.assertEqual(terminal.wait(), 0)
            self.assertTrue(terminal.is_restored())

    def test_control_c(self):
        with Terminal(self.instance) as terminal:
            terminal.until(PROMPT)
            terminal.type(b"rm -r /")
            terminal.until(b"rm -r /")
            terminal.type(b"\003")
            terminal.until(b"^C\r\n\r" + PROMPT)
            terminal.type(b"log -f -n 1\r")
            terminal.until(b"] ")
            # What comes is shown while the command waits.
            self.instance.command("restart", "scheduler", check=0)
            terminal.until(b"[scheduler] scheduler_server started (PID 3)")
            terminal.type(b"\003")
            terminal.until(b"^C\r\n\r" + PROMPT)
            self.assertEqual(terminal.answer(b"echo $?"), b"130\n")
            self.assertIsNone(terminal.process.poll())

    def test_narrow_screen(self):
        with Terminal(self.instance, columns=30) as terminal:
            terminal.until(PROMPT)
            terminal.type(b"echo 0123456789012345678901234567890123456789")
            # The end of the line on one row, behind the prompt.
            terminal.until(b"\r" + PROMPT + b"234567890123456789\033[K")

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGABRT):
            with Terminal(self.instance) as terminal:
                terminal.until(PROMPT)
                self.assertTrue(terminal.is_raw())
                terminal.process.send_signal(number)
                terminal.wait()
                self.assertTrue(terminal.is_restored(), number)
                if not harness.sanitized():
                    self.assertEqual(terminal.process.returncode, -number)

    def test_stop_and_continue(self):
        with Terminal(self.instance) as terminal:
            terminal.until(PROMPT)
            terminal.process.send_signal(signal.SIGTSTP)
            _, status = os.waitpid(terminal.process.pid, os.WUNTRACED)
            self.assertTrue(os.WIFSTOPPED(status))
            self.assertTrue(terminal.is_restored())
            terminal.process.send_signal(signal.SIGCONT)
            terminal.type(b"echo back\r")
            terminal.until(b"\nback\r\n")
            self.assertTrue(terminal.is_raw())

    def test_hang_up(self):
        with Terminal(self.instance) as terminal:
            terminal.until(PROMPT)
            terminal.hang_up()
            terminal.wait()

    def test_commands_need_no_raw_terminal(self):
        with Terminal(self.instance, "-c", "echo $?; log -f -n 1") as terminal:
            terminal.until(b"] ")
            self.assertTrue(terminal.is_restored())
            terminal.process.send_signal(signal.SIGINT)
            self.assertEqual(terminal.wait(), -signal.SIGINT)

    def test_instance_that_ends(self):
        with Instance(name="ends", runtime=self.instance.runtime) as instance:
            with Terminal(instance) as terminal:
                terminal.until(PROMPT)
                self.assertTrue(terminal.is_raw())
                instance.stop()
                self.assertEqual(terminal.wait(), 1)
                terminal.until(b"drydock: the instance has ended\r\n")
                self.assertTrue(terminal.is_restored())


if __name__ == "__main__":
    harness.main()

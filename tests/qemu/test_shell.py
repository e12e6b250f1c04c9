"""The shell on bare metal, at the serial line, as a person uses it: files, processes, the log, keys."""

import os
import re
import unittest

import machine
from machine import Machine, harness

# The prompt as it is drawn where nothing is typed yet; the cursor goes behind its 11 columns.
PROMPT = r"\rdrydock:/\$ \x1b\[K\r\x1b\[11C"
# One for a new line. Without the newline it may be an old one, drawn anew because half of an arrow key has come.
NEW_PROMPT = r"\n" + PROMPT


# What is another each time: dates, times of day, durations.
TIMES = r"\d{4}-\d{2}-\d{2}|\d{2}:\d{2}(:\d{2}\.\d+)?|\d+\.\d+"


def comparable(lines):
    """Lines without times, and without the widths of columns."""
    return [re.sub(" +", " ", re.sub(TIMES, "N", line)) for line in lines]


class ShellTest(unittest.TestCase):
    def setUp(self):
        self.machine = Machine()
        self.addCleanup(self.machine.__exit__, None, None, None)
        self.machine.boot()
        self.machine.expect(PROMPT)

    def keys(self, keys):
        """Presses keys, up to the next prompt; returns what came behind the line, as lines."""
        self.machine.type(keys)
        text = self.machine.expect(NEW_PROMPT)
        # The line is drawn, often or seldom, and left by Enter.
        echo, newline, output = re.sub(PROMPT + r"\Z", "", text).partition("\r\n")
        self.assertEqual(newline, "\r\n")
        self.assertIn("drydock:/$ ", echo)
        self.assertNotRegex(output, r"[^\r]\n|\r[^\n]")     # once, not twice
        return output.split("\r\n")[:-1]

    def command(self, command):
        return self.keys(command + "\r")

    def test_files(self):
        self.assertEqual(self.command("ls -l /"), [])
        self.assertEqual(self.command("echo hello > /greeting"), [])
        self.assertEqual(self.command("cat /greeting"), ["hello"])
        self.assertEqual(self.command("echo again >> /greeting"), [])
        self.assertEqual(self.command("mkdir /box; mv /greeting /box/letter"), [])
        self.assertEqual(self.command("cat /box/letter"), ["hello", "again"])
        self.assertEqual(self.command("ls /"), ["box"])
        self.assertRegex("\n".join(self.command("ls -l /box")), r"\A-rw\S+ .* 12 .*letter\Z")
        self.assertEqual(self.command("rm /box/letter"), [])
        self.assertEqual(self.command("ls /box"), [])
        self.assertRegex("\n".join(self.command("cat /box/letter")), r"\Acat: /box/letter: ")

    def test_tour(self):
        """What README.md shows of `drydock sh` comes out here as well, but for what differs from one time to the next."""
        with open(os.path.join(machine.ROOT, "README.md"), encoding="utf-8") as file:
            text = file.read()
        tour = text[text.index("    $ drydock sh\n"):].split("\n\n")[0]
        steps = re.findall(r"^    drydock:/\$ (.*)\n((?:    (?!drydock:).*\n?)*)", tour, re.MULTILINE)
        self.assertGreaterEqual(len(steps), 4)
        for command, shown in steps:
            wanted = [line[4:] for line in shown.splitlines()]
            if command.startswith("kill "):
                self.machine.type(command + "\r")
                self.machine.expect(r"_server started \(PID \d+\)\r\n")
                # The prompt may have come in between. Its line is drawn anew with the first key.
                self.machine.type("echo settled\r")
                self.machine.expect(r"\r\nsettled\r\n" + PROMPT)
                continue
            self.assertEqual(comparable(self.command(command)), comparable(wanted), command)

    def test_processes(self):
        listed = self.command("ps")
        self.assertRegex(listed[0], r"^PID +NAME +STATE")
        self.assertEqual([line.split()[:2] for line in listed[1:]],
                         [["1", "init"], ["2", "log"], ["3", "scheduler"], ["4", "vfs"], ["6", "netstack"],
                          ["7", "shell"]])
        self.assertTrue(any(line.split()[1:2] == ["vfs"] for line in self.command("ports")))
        log = self.command("log")
        self.assertTrue(any(line.endswith("[init] Waiting for events...") for line in log), log)

    def test_network(self):
        # By loopback: there is no card, and the emulated processor has no randomness for TCP.
        self.assertRegex("\n".join(self.command("ping -c 1 127.0.0.1")),
                         r"\A56 bytes from 127\.0\.0\.1: seq=1 time=\d+\.\d{3} ms\n1 sent, 1 received\Z")
        self.assertEqual(self.command("ping -c 1 10.0.2.2"), ["ping: 10.0.2.2: no route there"])
        self.assertRegex(self.command("wget http://127.0.0.1/")[0], r"\Awget: \S+: there is no TCP: ")

    def test_kill(self):
        self.command("echo lost > /file")
        self.assertEqual(self.command("cat /file"), ["lost"])
        before = next(line for line in self.command("ports") if line.split()[1] == "vfs")
        self.machine.type("kill vfs\r")
        self.machine.expect(r"\[init\] vfs was killed by order; starting it again\r\n")
        self.machine.expect(r"\[vfs\] Ready for file operations\r\n")
        # The prompt may have come in between. Its line is drawn anew with the first key.
        self.machine.type("echo settled\r")
        self.machine.expect(r"\r\nsettled\r\n" + PROMPT)
        self.assertEqual(self.command("ls -l /"), [])
        self.assertNotIn(before, self.command("ports"))
        self.assertIn("vfs", [line.split()[1] for line in self.command("ps")])

    def test_nice(self):
        self.assertEqual([line.split() for line in self.command("nice -p 20 -s 5 vfs")],
                         [["PID", "NAME", "PRIORITY", "SLICE"], ["4", "vfs", "20", "5", "ms"]])
        priorities = {line.split()[1]: line.split()[3] for line in self.command("ps")}
        self.assertEqual((priorities["vfs"], priorities["log"]), ("20", "16"))
        # With the scheduler goes what it was told.
        self.machine.type("kill scheduler\r")
        self.machine.expect(r"\[scheduler\] scheduler_server started \(PID 3\)\r\n")
        self.machine.type("echo settled\r")
        self.machine.expect(r"\r\nsettled\r\n" + PROMPT)
        self.assertEqual([line.split()[2:] for line in self.command("nice vfs")[1:]], [["16", "10", "ms"]])

    def test_keys(self):
        self.assertEqual(self.keys("echo on\x7fe\r"), ["oe"])                   # Backspace
        self.assertEqual(self.keys("cho b\x1b[Da \x01e\r"), ["a b"])            # left, Ctrl-A
        self.assertEqual(self.keys("\x1b[A\x1b[A\r"), ["oe"])                   # up, up
        self.assertEqual(self.keys("echo caf\u00e9\x7fe\r"), ["cafe"])
        # Abandoned: not run, and the next is another line.
        self.machine.type("echo never > /file\x03")
        self.assertIn("^C\r\n", self.machine.expect(NEW_PROMPT))
        self.assertEqual(self.command("ls /"), [])
        # A command that would never end is.
        self.machine.type("log -f\r")
        self.machine.expect(r"\[init\] Waiting for events\.\.\.\r\n")
        self.machine.type("\x03")
        self.assertIn("^C\r\n", self.machine.expect(NEW_PROMPT))
        self.assertEqual(self.command("echo $?"), ["130"])
        self.assertEqual(self.command("fly me"), ["fly: no such command; see: help"])
        self.assertEqual(self.command("echo $?"), ["127"])

    def test_more_than_is_read(self):
        # Comes faster than the shell takes it, and goes into lines that are too long; it lives on.
        self.machine.type("x" * 20000 + "\r")
        self.machine.type("\x15\x03\recho alive\r")
        self.machine.expect(r"\r\nalive\r\n" + PROMPT)
        self.assertEqual(self.command("echo well"), ["well"])

    def test_it_comes_again(self):
        self.machine.type("\x04")       # Ctrl-D
        self.machine.expect(NEW_PROMPT)
        self.command("kill vfs")
        self.machine.type("echo $?; exit\r")
        self.machine.expect(r"\r\n0\r\n")
        self.machine.expect(PROMPT)
        # Killed, init starts another.
        self.machine.type("kill shell\r")
        self.machine.expect(r"\[init\] shell was killed by order; starting it again\r\n")
        self.machine.expect(PROMPT)
        self.assertEqual(self.command("echo well"), ["well"])


if __name__ == "__main__":
    machine.need_qemu()
    harness.main()

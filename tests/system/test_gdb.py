"""A server at a breakpoint stops nobody else, is not restarted, and goes on when continued."""

import os
import subprocess
import tempfile
import unittest

import harness
from harness import Instance

# The generated dispatch of vfs's operation stat: every build has it.
PLACE = "serve_stat"


def gdb_obstacle():
    return harness.doctor_obstacle("gdb") or harness.doctor_obstacle("ptrace")


def hardware_obstacle():
    """Why a hardware breakpoint cannot be used here, or None: tried on a program that is nobody's server."""
    # Where the program is after three instructions it comes by again when it is started again.
    result = subprocess.run(
        ["gdb", "-nx", "-batch", "-ex", "starti", "-ex", "stepi 3", "-ex", "set $place = $pc", "-ex", "kill",
         "-ex", "starti", "-ex", "hbreak *$place", "-ex", "continue", "-ex", "p $pc == $place", "/bin/true"],
        capture_output=True, text=True, timeout=harness.LIMIT, stdin=subprocess.DEVNULL, check=False)
    if "$1 = 1" in result.stdout:
        return None
    lines = (result.stderr + result.stdout).strip().splitlines()
    return "this machine refuses hardware breakpoints: " + (lines[-1] if lines else "gdb says nothing")


class Breakpoints(unittest.TestCase):
    def setUp(self):
        obstacle = gdb_obstacle()
        if obstacle:
            self.skipTest(obstacle)
        directory = tempfile.TemporaryDirectory(prefix="drydock-test-")
        self.addCleanup(directory.cleanup)
        # gdb waits in reading this until the test has seen what it wanted to see.
        self.gate = os.path.join(directory.name, "gate")
        os.mkfifo(self.gate)

    def gdb(self, instance, *steps):
        """gdb on vfs, in batch mode; errors of its commands end it."""
        arguments = ["-nx", "-batch"]
        for step in steps:
            arguments += ["-ex", step]
        process = instance.spawn("gdb", "vfs", "--", *arguments, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process

    def until(self, process, text):
        """The output up to the line that is `text`."""
        lines = []
        for line in process.stdout:
            if line.strip() == text:
                return "".join(lines)
            lines.append(line)
        self.fail("gdb ended before it said %s:\n%s" % (text, "".join(lines)))

    def stop_at(self, breakpoint, *arguments):
        with Instance(*arguments) as instance:
            before = {name: record["linux_pid"] for name, record in instance.processes().items()}
            instance.command("fs", "put", "-", "/file", data="x", check=0)
            gdb = self.gdb(instance, "%s %s" % (breakpoint, PLACE), "echo ATTACHED\\n", "continue", "bt 1",
                           "dd-ports", "dd-lanes", "dd-fibers", "dd-fibers -b", "echo STOPPED\\n",
                           "shell cat %s >/dev/null" % self.gate, "delete", "detach", "echo DETACHED\\n")
            self.until(gdb, "ATTACHED")
            with instance.spawn("fs", "stat", "/file") as caller:
                report = self.until(gdb, "STOPPED")
                self.helpers_know(report)
                self.others_answer(instance, before)
                self.assertIsNone(caller.poll())
                with open(self.gate, "w", encoding="utf-8"):
                    pass
                self.until(gdb, "DETACHED")
                gdb.stdout.read()
                self.assertEqual(gdb.wait(harness.LIMIT), 0)
                output, _ = caller.communicate(timeout=harness.LIMIT)
                self.assertEqual(caller.returncode, 0)
                self.assertIn("regular file", output)
            after = {name: record["linux_pid"] for name, record in instance.processes().items()}
            self.assertEqual(after, before)
            self.assertEqual(instance.command("fs", "cat", "/file", check=0).stdout, "x")

    def helpers_know(self, report):
        self.assertRegex(report, r"#0 .*%s" % PLACE)
        # dd-ports, dd-lanes
        self.assertRegex(report, r"(?m)^0x[0-9a-f]+ +(\w+, )*vfs(, \w+)* +\d+ +yes ")
        self.assertRegex(report, r"(?m)^client of +log +log +")
        self.assertRegex(report, r"(?m)^client of +init +init +")
        self.assertRegex(report, r"(?m)^serves +guest \d+ +vfs +1/16 ")
        # dd-fibers, and the backtraces of the one that runs and of the loop beneath it
        self.assertRegex(report, r"(?m)^\d+ +running +\(on the processor\)")
        self.assertRegex(report, r"(?m)^Fiber \d+ \(running, 0x[0-9a-f]+\)\n#0 .*%s" % PLACE)
        self.assertRegex(report, r"(?s)The loop \(waits for the running fiber\)\n#0.*runtime_round.*main")
        self.assertNotRegex(report, r"Python Exception|Error")

    def others_answer(self, instance, before):
        processes = instance.processes()
        self.assertEqual(processes["vfs"]["state"], "stopped")
        self.assertEqual({name: processes[name]["linux_pid"] for name in before}, before)
        self.assertIn("Ready for file operations", instance.command("log", check=0).stdout)
        instance.command("lanes", check=0)
        instance.command("restart", "scheduler", check=0)
        before["scheduler"] = instance.pid("scheduler")

    def test_software(self):
        self.stop_at("break")

    def test_where_the_scheduler_server_decides(self):
        self.stop_at("break", "--sched", "server")

    def test_hardware(self):
        obstacle = hardware_obstacle()
        if obstacle:
            self.skipTest(obstacle)
        self.stop_at("hbreak")

    def test_waiting_fibers_have_backtraces(self):
        """init keeps no fiber for a call; `log -f` is a fiber that waits in the command itself."""
        with Instance() as instance:
            with instance.spawn("log", "-f", "-n", "1") as follower:
                follower.stdout.readline()
                instance.command("log", "-n", "1", check=0)
                helpers = os.path.join(harness.BUILD, "sim", "cli", "drydock.py")
                result = subprocess.run(
                    ["gdb", "-nx", "-batch", "-p", str(follower.pid), "-ex", "source " + helpers, "-ex", "dd-fibers",
                     "-ex", "dd-fibers -b", "-ex", "dd-fiber 0 bt 3", "-ex", "p $pc", "-ex", "detach"],
                    capture_output=True, text=True, timeout=harness.LIMIT, stdin=subprocess.DEVNULL, check=True)
                self.assertRegex(result.stdout, r"(?m)^\d+ +waiting +call_wait < ")
                self.assertRegex(result.stdout, r"(?s)Fiber \d+ \(waiting.*fiber_switch|switch_to_loop.*log_watch.*"
                                                r"log_work.*The loop \(on the processor\)")
                follower.terminate()

    def test_from_its_start(self):
        instance = Instance("--gdb", "vfs")
        self.addCleanup(instance.clean)
        with instance.spawn("run", "-d", *instance.arguments) as run:
            self.assertIn("vfs waits for a debugger", run.stdout.readline())
            gdb = self.gdb(instance, "break runtime_main", "continue", "bt 1", "delete", "echo AT ITS START\\n", "detach")
            self.assertRegex(self.until(gdb, "AT ITS START"), r"#0 .*runtime_main")
            gdb.stdout.read()
            self.assertEqual(gdb.wait(harness.LIMIT), 0)
            output, _ = run.communicate(timeout=harness.LIMIT)
            self.assertEqual(run.returncode, 0, output)
        instance.command("fs", "ls", "/", check=0)
        instance.stop()
        instance.assert_gone()


if __name__ == "__main__":
    harness.main()

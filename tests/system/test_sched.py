"""`drydock run --sched server`: the scheduler server decides who runs, and all else works as ever."""

import os
import shutil
import signal
import sys
import tempfile
import time
import unittest

import harness
from harness import Instance

SHARES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "shares")
sys.path.insert(0, SHARES)

import expected  # noqa: E402 (found by the line above)


class SharesTest(unittest.TestCase):
    """The program that tests/qemu runs on bare metal (tests/shares)."""

    def setUp(self):
        # A host finds images beside itself: here with one more than the build has.
        self.tree = tempfile.mkdtemp(prefix="drydock-sched-")
        self.addCleanup(shutil.rmtree, self.tree)
        os.makedirs(os.path.join(self.tree, "sim", "cli"))
        self.program = shutil.copy(harness.PROGRAM, os.path.join(self.tree, "sim", "cli"))
        servers = os.path.join(self.tree, "servers")
        shutil.copytree(os.path.join(harness.BUILD, "servers"), servers,
                        ignore=shutil.ignore_patterns("*.a", "*.p"))
        os.mkdir(os.path.join(servers, "shares"))
        shutil.copy(os.path.join(harness.BUILD, "tests", "shares", "drydock-shares"), os.path.join(servers, "shares"))
        usual, harness.PROGRAM = harness.PROGRAM, self.program
        self.addCleanup(setattr, harness, "PROGRAM", usual)

    def test_shares(self):
        with Instance("--sched", "server", "--manifest", os.path.join(SHARES, "shares.manifest")) as instance:
            console = os.path.join(instance.directory, "console")
            end = time.monotonic() + harness.LIMIT
            text = ""
            while "[test] done\n" not in text and time.monotonic() < end:
                time.sleep(0.05)
                with open(console, encoding="utf-8") as file:
                    text = file.read()
            self.assertEqual(expected.said(text.splitlines()), expected.EXPECTED)
            hogs = [record for name, record in instance.processes().items() if name.startswith("hog")]
            self.assertEqual(len(hogs), 2)
            # They still compute, and the system still answers.
            before = [hog["run_time"] for hog in hogs]
            self.assertIn("scheduler_server started", instance.command("log", check=0).stdout)
            while any(instance.processes()[hog["name"]]["run_time"] <= old for hog, old in zip(hogs, before)):
                self.assertLess(time.monotonic(), end)


class SystemTest(unittest.TestCase):
    """The usual manifest."""

    def test_files_log_and_restart(self):
        with Instance("--sched", "server") as instance:
            instance.command("fs", "put", "-", "/file", data="x" * 100000, check=0)
            self.assertEqual(instance.command("fs", "cat", "/file", check=0).stdout, "x" * 100000)
            self.assertEqual(instance.command("sh", "-c", "echo ahoy > /ahoy; cat /ahoy", check=0).stdout, "ahoy\n")
            instance.command("restart", "scheduler", check=0)
            self.assertEqual(instance.command("fs", "cat", "/ahoy", check=0).stdout, "ahoy\n")
            os.kill(instance.pid("log"), signal.SIGKILL)
            instance.command("restart", "vfs", check=0)
            self.assertEqual(instance.command("fs", "ls", "/", check=0).stdout, "")
            self.assertIn("vfs_server started", instance.command("log", check=0).stdout)

    def test_mount(self):
        obstacle = harness.fuse_obstacle()
        if obstacle:
            self.skipTest(obstacle)
        with Instance("--sched", "server", "--mount", "auto") as instance:
            mount = os.path.join(instance.directory, "mnt")
            for number in range(50):
                with open(os.path.join(mount, "file%d" % number), "w", encoding="utf-8") as file:
                    file.write(str(number))
            self.assertEqual(len(os.listdir(mount)), 50)
            with open(os.path.join(mount, "file42"), encoding="utf-8") as file:
                self.assertEqual(file.read(), "42")

    def test_wrong_usage(self):
        result = harness.command("run", "--sched", "nobody", check=2)
        self.assertIn("--sched takes linux or server", result.stderr)


if __name__ == "__main__":
    harness.main()

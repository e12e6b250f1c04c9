"""Several file systems in one name space: each is a mount of Linux's, with a bridge of its own."""

import errno
import os
import shutil
import signal
import subprocess
import tempfile
import unittest

import harness
from harness import Instance, eventually


class FileSystems(unittest.TestCase):
    """A manifest that mounts another server's file system, twice."""

    ADDED = """
[service scratch]
number = 30
image = vfs
calls = log
options = size=16M
[mount /disk/a]
service = scratch
[mount /disk/look]
service = scratch
options = ro, noexec
"""

    def setUp(self):
        self.point = tempfile.mkdtemp(prefix="drydock-mount-")
        self.addCleanup(os.rmdir, self.point)
        self.manifest = tempfile.NamedTemporaryFile("w", suffix=".manifest")
        self.addCleanup(self.manifest.close)
        with open(os.path.join(os.path.dirname(__file__), "..", "..", "sim", "manifest", "default.manifest"),
                  encoding="utf-8") as default:
            self.manifest.write(default.read() + self.ADDED)
        self.manifest.flush()

    def instance(self):
        return Instance("--manifest", self.manifest.name, "--mount", self.point, name="mounts")

    def points(self):
        with open("/proc/self/mountinfo", encoding="utf-8") as lines:
            return [line.split()[4] for line in lines if line.split()[4].startswith(self.point)]

    def test_each_is_one_of_linux_own(self):
        a, look = os.path.join(self.point, "disk/a"), os.path.join(self.point, "disk/look")
        with self.instance() as instance:
            self.assertEqual(self.points(), [self.point, a, look])
            self.assertEqual(len({os.stat(path).st_dev for path in (self.point, a, look)}), 3)
            with open(os.path.join(a, "file"), "w", encoding="utf-8") as file:
                file.write("text")
            self.assertEqual(instance.command("fs", "cat", "/disk/look/file", check=0).stdout, "text")
            with open(os.path.join(look, "file"), encoding="utf-8") as file:
                self.assertEqual(file.read(), "text")
            with self.assertRaises(OSError) as caught:
                os.unlink(os.path.join(look, "file"))
            self.assertEqual(caught.exception.errno, errno.EROFS)
            self.assertTrue(os.statvfs(look).f_flag & os.ST_NOEXEC)
            self.assertEqual(os.statvfs(a).f_blocks * os.statvfs(a).f_frsize, 16 << 20)
            with self.assertRaises(OSError) as caught:
                os.rmdir(a)
            self.assertEqual(caught.exception.errno, errno.EBUSY)
            instance.command("umount", self.point, check=0)
            self.assertEqual(self.points(), [])
            instance.command("mount", self.point, check=0)
            self.assertEqual(self.points(), [self.point, a, look])
        self.assertEqual(self.points(), [])

    def test_a_bridge_that_dies_takes_its_own_alone(self):
        look = os.path.join(self.point, "disk/look")
        with self.instance() as instance:
            self.kill_bridge(instance, look)
            eventually(lambda: self.points() == [self.point, os.path.join(self.point, "disk/a")])
            self.assertEqual(os.listdir(look), [])
        self.assertEqual(self.points(), [])

    def kill_bridge(self, instance, directory):
        """It is a child of the host, and has the directory as an argument."""
        host = instance.pid("kernel")
        with open("/proc/%d/task/%d/children" % (host, host), encoding="ascii") as children:
            for pid in map(int, children.read().split()):
                with open("/proc/%d/cmdline" % pid, "rb") as line:
                    if directory.encode() in line.read().split(b"\0"):
                        os.kill(pid, signal.SIGKILL)
                        return
        self.fail("no bridge of " + directory)


class Shown(unittest.TestCase):
    """Devices, processes and ports as files, where the manifest asks for them."""

    def setUp(self):
        with open(os.path.join(os.path.dirname(__file__), "..", "..", "sim", "manifest", "default.manifest"),
                  encoding="utf-8") as default:
            text = default.read().replace(
                "options = size=4G", "options = size=64M devices=/dev processes=/proc\nauthorities = inspect, console")
        self.manifest = tempfile.NamedTemporaryFile("w", suffix=".manifest")
        self.addCleanup(self.manifest.close)
        self.manifest.write(text)
        self.manifest.flush()

    def check_devices(self, base):
        """Linux serves them by their numbers, since it finds them in a mount of root's."""
        with open(base + "/dev/zero", "rb") as file:
            self.assertEqual(file.read(5), bytes(5))
        with open(base + "/dev/null", "r+b", buffering=0) as file:
            self.assertEqual(file.write(b"gone"), 4)
            self.assertEqual(file.read(4), b"")
        with open(base + "/dev/random", "rb") as file:
            self.assertNotEqual(file.read(16), bytes(16))
        with open(base + "/dev/full", "wb", buffering=0) as file, self.assertRaises(OSError) as caught:
            file.write(b"x")
        self.assertEqual(caught.exception.errno, errno.ENOSPC)

    def check_views(self, instance, text):
        processes = {fields[-1]: fields for fields in map(str.split, text["processes"].splitlines())}
        self.assertEqual(processes["vfs"][0], "4")
        self.assertEqual(int(processes["vfs"][11]), instance.pid("vfs"))
        self.assertEqual(processes["log"][0], "2")
        ports = [line.split() for line in text["ports"].splitlines()]
        self.assertIn(["4", "vfs"], [[fields[1], fields[-1]] for fields in ports])

    def test_natively(self):
        with Instance("--manifest", self.manifest.name, name="shown") as instance:
            self.assertEqual(instance.command("fs", "cat", "/dev/null", check=0).stdout, "")
            names = instance.command("fs", "ls", "/dev", check=0).stdout.split()
            self.assertEqual(names, ["console", "full", "null", "random", "zero"])
            result = instance.command("fs", "put", "-", "/dev/full", data="text")
            self.assertEqual(result.returncode, 1)
            self.assertIn("No space left", result.stderr)
            self.check_views(instance, {name: instance.command("fs", "cat", "/proc/" + name, check=0).stdout
                                        for name in ("processes", "ports")})

    def test_through_fuse(self):
        if harness.fuse_obstacle():
            self.skipTest(harness.fuse_obstacle())
        if os.geteuid() != 0:
            self.skipTest("only root's mounts have devices")
        point = tempfile.mkdtemp(prefix="drydock-mount-")
        self.addCleanup(os.rmdir, point)
        with Instance("--manifest", self.manifest.name, "--mount", point, name="shown") as instance:
            self.check_devices(point)
            text = {}
            for name in ("processes", "ports"):
                with open(os.path.join(point, "proc", name), encoding="utf-8") as file:
                    text[name] = file.read()
            self.check_views(instance, text)
            with self.assertRaises(OSError) as caught:
                os.unlink(os.path.join(point, "proc", "ports"))
            self.assertEqual(caught.exception.errno, errno.EPERM)


class Helper(unittest.TestCase):
    """mount.drydock, which mount(8) runs."""

    PROGRAM = os.path.join(os.path.dirname(harness.PROGRAM), "mount.drydock")

    def setUp(self):
        if harness.fuse_obstacle():
            self.skipTest(harness.fuse_obstacle())
        self.point = tempfile.mkdtemp(prefix="drydock-mount-")
        self.addCleanup(os.rmdir, self.point)
        self.instance = Instance(name="helped")
        self.instance.__enter__()
        self.addCleanup(self.instance.__exit__, None, None, None)

    def run_helper(self, *arguments, program=(PROGRAM,)):
        return subprocess.run([*program, *arguments], env=self.instance.environment, capture_output=True, text=True,
                              timeout=harness.LIMIT)

    def flags(self):
        """Of what is mounted; None where nothing is."""
        with open("/proc/self/mountinfo", encoding="utf-8") as lines:
            for fields in map(str.split, lines):
                if fields[4] == self.point:
                    return fields[5].split(",")
        return None

    def test_mounts(self):
        result = self.run_helper("helped", self.point, "-n", "-v", "-o", "rw,noexec,noauto,x-systemd.automount,nofail",
                                 "-o", "timeout=3,comment=mine")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("noexec", self.flags())
        self.instance.command("umount", self.point, check=0)
        self.assertEqual(self.run_helper("helped", self.point).returncode, 0)
        self.assertNotIn("noexec", self.flags())

    def test_refuses(self):
        result = self.run_helper("helped", self.point, "-f", "-o", "nonsense")
        self.assertEqual((result.returncode, self.flags()), (0, None))
        result = self.run_helper("helped", self.point, "-o", "nonsense,rw")
        self.assertEqual((result.returncode, self.flags()), (32, None))
        self.assertIn("nonsense", result.stderr)
        self.assertEqual(self.run_helper("nobody", self.point).returncode, 32)
        for arguments in ((), ("helped",), ("helped", self.point, "more"), ("helped", self.point, "-N", "net")):
            result = self.run_helper(*arguments)
            self.assertEqual(result.returncode, 1)
            self.assertIn("usage: mount.drydock", result.stderr)

    def test_by_mount(self):
        """mount(8) finds it where it is installed: here in a /usr/sbin that only this mount sees."""
        if os.geteuid() != 0:
            self.skipTest("only root mounts by mount(8)")
        there = tempfile.mkdtemp(prefix="drydock-sbin-")
        self.addCleanup(shutil.rmtree, there)
        shutil.copy(self.PROGRAM, there)
        for helpers in ("/sbin", "/usr/sbin"):
            if os.path.realpath(helpers) == helpers:
                place = helpers
        probe = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" "$1"', there, place]
        if subprocess.run(probe, capture_output=True).returncode != 0:
            self.skipTest("no mount namespace of its own can be had")
        program = ["unshare", "--mount", "sh", "-c",
                   'mount --bind "$0" "$1" && shift && exec mount "$@"', there, place]
        result = self.run_helper("-t", "drydock", "helped", self.point, "-o", "nosuid,noauto", program=program)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("nosuid", self.flags())


if __name__ == "__main__":
    obstacle = harness.fuse_obstacle()
    if obstacle:
        print("1..0 # SKIP " + obstacle)
    else:
        harness.main()

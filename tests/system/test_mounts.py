"""Several file systems in one name space: each is a mount of Linux's, with a bridge of its own."""

import errno
import os
import signal
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


if __name__ == "__main__":
    obstacle = harness.fuse_obstacle()
    if obstacle:
        print("1..0 # SKIP " + obstacle)
    else:
        harness.main()

"""What others change is seen through the mount, though Linux remembers."""

import mmap
import os
import tempfile
import threading
import time
import unittest

import harness
from harness import Instance, eventually


class Noticed(unittest.TestCase):
    """What others change is seen in a mount although it is to remember things for a long time."""

    OPTIONS = "allow_other,timeout=100000"

    def setUp(self):
        self.base = tempfile.mkdtemp(prefix="drydock-mount-")
        self.addCleanup(os.rmdir, self.base)
        self.other = tempfile.mkdtemp(prefix="drydock-mount-")
        self.addCleanup(os.rmdir, self.other)
        self.instance = Instance("--mount", self.base, "-o", self.OPTIONS, name="noticed")
        self.instance.__enter__()
        self.addCleanup(self.instance.__exit__, None, None, None)

    def path(self, name, base=None):
        return os.path.join(base or self.base, name)

    def put(self, name, data, base=None):
        with open(self.path(name, base), "wb") as file:
            file.write(data)

    def get(self, name, base=None):
        with open(self.path(name, base), "rb") as file:
            return file.read()

    def native(self, *arguments, data=None):
        self.instance.command("fs", *arguments, data=data, check=0)

    def test_programs_on_the_system(self):
        self.put("file", b"old content")
        os.mkdir(self.path("directory"))
        self.assertEqual(self.get("file"), b"old content")
        self.assertEqual(os.listdir(self.path("directory")), [])
        self.assertFalse(os.path.exists(self.path("directory/new")))
        with open(self.path("file"), "rb") as file, mmap.mmap(file.fileno(), 11, prot=mmap.PROT_READ) as mapping:
            self.assertEqual(mapping[:3], b"old")
            self.native("put", "-", "/file", data="new content, and more of it")
            eventually(lambda: mapping[:11] == b"new content")
            eventually(lambda: os.fstat(file.fileno()).st_size == 27)
            self.assertEqual(self.get("file"), b"new content, and more of it")
        self.native("put", "-", "/directory/new", data="text")
        eventually(lambda: os.path.exists(self.path("directory/new")))
        eventually(lambda: os.listdir(self.path("directory")) == ["new"])
        self.assertEqual(self.get("directory/new"), b"text")
        self.native("mv", "/directory/new", "/directory/old")
        eventually(lambda: os.path.exists(self.path("directory/old")))
        eventually(lambda: not os.path.exists(self.path("directory/new")))
        self.native("rm", "/directory/old")
        eventually(lambda: not os.path.exists(self.path("directory/old")))
        eventually(lambda: os.listdir(self.path("directory")) == [])

    def test_vfs_started_again(self):
        self.put("file", b"lost")
        self.instance.command("restart", "vfs", check=0)
        self.put("another", b"old")
        self.assertEqual(self.get("another"), b"old")
        self.native("put", "-", "/another", data="newer")
        eventually(lambda: self.get("another") == b"newer")

    def mount_other(self):
        self.instance.command("mount", self.other, "-o", self.OPTIONS, check=0)

    def test_many_at_once(self):
        """Two mounts, neither of which misses anything of what the other one changes."""
        names = ["file%d" % i for i in range(1000)]
        self.mount_other()
        for name in names:
            self.put(name, b"old")
        for name in names:
            self.assertEqual(os.stat(self.path(name)).st_size, 3)
            self.assertEqual(self.get(name), b"old")
            self.assertFalse(os.path.exists(self.path("new" + name)))
        for name in names:
            self.put(name, name.encode(), self.other)
            os.chmod(self.path(name, self.other), 0o600)
        eventually(lambda: all(self.get(name) == name.encode() for name in names))
        eventually(lambda: all(os.stat(self.path(name)).st_mode & 0o777 == 0o600 for name in names))
        # More names than are told one by one: for these all names are forgotten, as Linux can from 6.16 on.
        for name in names:
            os.rename(self.path(name, self.other), self.path("new" + name, self.other))
        count = 1000 if tuple(map(int, os.uname().release.split(".")[:2])) >= (6, 16) else 0
        eventually(lambda: all(os.path.exists(self.path("new" + name)) for name in names[:count]))
        eventually(lambda: not any(os.path.exists(self.path(name)) for name in names[:count]))

    def test_busy_with_each_other(self):
        """Telling Linux to forget pages that are being read holds nobody up for good."""
        size, rounds = 1 << 20, 60
        self.mount_other()
        self.put("file", bytes(size))

        def write():
            for i in range(1, rounds + 1):
                self.put("file", bytes([i]) * size, self.other)

        writer = threading.Thread(target=write)
        writer.start()
        while writer.is_alive():
            self.get("file")
            os.listdir(self.base)
        writer.join()
        eventually(lambda: self.get("file") == bytes([rounds]) * size)


if __name__ == "__main__":
    obstacle = harness.fuse_obstacle()
    if obstacle:
        print("1..0 # SKIP " + obstacle)
    else:
        harness.main()

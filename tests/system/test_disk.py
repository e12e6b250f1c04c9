"""Disks: ext4 images that `drydock run --disk` mounts, beside what was put into them and what Linux makes of them."""

import hashlib
import os
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import unittest

import harness
from harness import Instance

MIB = 1 << 20


def make_tree(path):
    """Something of each kind."""
    os.makedirs(os.path.join(path, "deep", "er", "still"))
    for number in range(300):
        with open(os.path.join(path, "deep", "file-%03d" % number), "w", encoding="utf-8") as file:
            file.write("content %d\n" % number * number)
    with open(os.path.join(path, "deep", "er", "big"), "wb") as file:
        for number in range(96):
            file.write(hashlib.sha512(b"%d" % number).digest() * 1024)
    with open(os.path.join(path, "sparse"), "wb") as file:
        file.seek(5 * MIB)
        file.write(b"end")
    os.symlink("deep/er/big", os.path.join(path, "link"))
    os.symlink("x" * 200, os.path.join(path, "long"))
    os.mkfifo(os.path.join(path, "fifo"), 0o640)
    os.chmod(os.path.join(path, "deep", "file-001"), 0o4711)
    os.utime(os.path.join(path, "deep", "file-002"), (1, 2))


def digest(root):
    """What is to be seen of a tree: types, modes, sizes, times, contents."""
    seen = []
    for directory, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name != "lost+found")
        for name in sorted(names + files):
            path = os.path.join(directory, name)
            status = os.lstat(path)
            entry = [os.path.relpath(path, root), oct(status.st_mode), status.st_uid, status.st_gid, int(status.st_mtime)]
            if os.path.islink(path):
                entry.append(os.readlink(path))
            elif os.path.isfile(path):
                with open(path, "rb") as file:
                    entry += [status.st_size, hashlib.sha256(file.read()).hexdigest()]
            seen.append(entry)
    return seen


class Disks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if shutil.which("mke2fs") is None:
            raise unittest.SkipTest("mke2fs is not installed: scripts/setup installs it")
        cls.scratch = tempfile.mkdtemp(prefix="drydock-disk-")
        cls.addClassCleanup(shutil.rmtree, cls.scratch)
        cls.tree = os.path.join(cls.scratch, "tree")
        make_tree(cls.tree)
        cls.image = os.path.join(cls.scratch, "disk.img")
        cls.make_image(cls.image)

    @classmethod
    def make_image(cls, path, *options):
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", cls.tree, *options, path, "64M"], check=True,
                       capture_output=True)

    def path(self, name):
        return os.path.join(self.scratch, name)

    def need_fuse(self):
        obstacle = harness.fuse_obstacle()
        if obstacle:
            self.skipTest(obstacle)

    def mounted(self, *arguments):
        """An instance with these arguments, mounted; returns the directory, too."""
        self.need_fuse()
        directory = tempfile.mkdtemp(prefix="drydock-mount-")
        self.addCleanup(os.rmdir, directory)
        instance = Instance(*arguments, "--mount", directory, name="disk")
        instance.__enter__()
        self.addCleanup(instance.__exit__, None, None, None)
        return instance, directory

    def test_what_was_put_in_comes_out(self):
        _, directory = self.mounted("--disk", self.image + ":ro")
        self.assertEqual(digest(os.path.join(directory, "disk")), digest(self.tree))
        # A file system of its own, and not to be written.
        self.assertNotEqual(os.stat(directory).st_dev, os.stat(os.path.join(directory, "disk")).st_dev)
        self.assertRaises(OSError, open, os.path.join(directory, "disk", "new"), "w")

    def test_as_linux_sees_it(self):
        loop = self.path("loop")
        os.mkdir(loop)
        self.addCleanup(os.rmdir, loop)
        mount = subprocess.run(["mount", "-o", "ro,loop,noload", self.image, loop], capture_output=True, text=True)
        if mount.returncode != 0:
            self.skipTest("Linux cannot mount an image here: " + mount.stderr.strip())
        try:
            expected = digest(loop)
        finally:
            subprocess.run(["umount", loop], check=True)
        _, directory = self.mounted("--disk", self.image + ":ro")
        self.assertEqual(digest(os.path.join(directory, "disk")), expected)

    def test_natively(self):
        for option in ((), ("--no-io-uring",)):
            with Instance("--disk", self.image + ":/data:ro", *option, name="disk") as instance:
                self.assertEqual(instance.command("fs", "cat", "/data/link", check=0, text=False).stdout,
                                 open(os.path.join(self.tree, "link"), "rb").read())
                self.assertIn("file-299", instance.command("fs", "ls", "/data/deep", check=0).stdout)
                self.assertEqual(instance.command("fs", "mkdir", "/data/new").returncode, 1)
                console = instance.command("log", check=0).stdout
                self.assertIn("[ext4] disk.img mounted read-only", console)

    def test_two_disks_and_a_server_that_dies(self):
        second = self.path("second.img")
        self.make_image(second, "-b", "1024", "-O", "^has_journal")
        instance, directory = self.mounted("--disk", self.image + ":ro", "--disk", second + ":/other:ro")
        expected = digest(self.tree)
        self.assertEqual(digest(os.path.join(directory, "disk")), expected)
        self.assertEqual(digest(os.path.join(directory, "other")), expected)
        instance.command("restart", "ext4", check=0)
        self.assertEqual(digest(os.path.join(directory, "other")), expected)
        self.assertIn("file-299", instance.command("fs", "ls", "/disk/deep", check=0).stdout)

    def test_at_an_offset(self):
        whole = self.path("whole.img")
        with open(whole, "wb") as file, open(self.image, "rb") as image:
            file.seek(3 * MIB)
            shutil.copyfileobj(image, file)
        with Instance("--disk", whole + "@3M:ro", name="disk") as instance:
            self.assertIn("fifo", instance.command("fs", "ls", "/disk", check=0).stdout)

    def test_a_partition(self):
        if shutil.which("sfdisk") is None:
            self.skipTest("sfdisk is not installed")
        for label in ("dos", "gpt"):
            whole = self.path(label + ".img")
            with open(whole, "wb") as file:
                file.truncate(80 * MIB)
            subprocess.run(["sfdisk", "-q", whole], input="label: %s\nsize=4M\nsize=70M\n" % label, text=True, check=True,
                           capture_output=True)
            with open(whole, "r+b") as file, open(self.image, "rb") as image:
                file.seek(5 * MIB)
                shutil.copyfileobj(image, file)
            with Instance("--disk", whole + ":p2:ro", name="disk") as instance:
                self.assertIn("fifo", instance.command("fs", "ls", "/disk", check=0).stdout)
            result = harness.command("run", "--name", "none", "--disk", whole + ":p7:ro", check=1)
            self.assertIn("no partition 7", result.stdout + result.stderr)

    def check(self, image):
        """e2fsck has nothing to say."""
        result = subprocess.run(["e2fsck", "-fn", image], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def linux_digest(self, image):
        """What Linux's own mount shows; None where it cannot mount images here."""
        loop = tempfile.mkdtemp(prefix="drydock-loop-")
        self.addCleanup(os.rmdir, loop)
        if subprocess.run(["mount", "-o", "loop", image, loop], capture_output=True).returncode != 0:
            return None
        try:
            return digest(loop)
        finally:
            subprocess.run(["umount", loop], check=True)

    def test_what_is_written_is_there(self):
        image = self.path("written.img")
        self.make_image(image)
        instance, directory = self.mounted("--disk", image)
        disk = os.path.join(directory, "disk")
        shutil.copytree(self.tree, os.path.join(disk, "copy"), symlinks=True, copy_function=shutil.copy,
                        ignore=shutil.ignore_patterns("fifo"))
        shutil.rmtree(os.path.join(disk, "deep"))
        os.rename(os.path.join(disk, "sparse"), os.path.join(disk, "copy", "moved"))
        os.truncate(os.path.join(disk, "copy", "deep", "er", "big"), 1000001)
        os.link(os.path.join(disk, "fifo"), os.path.join(disk, "copy", "linked"))
        instance.command("fs", "mkdir", "/disk/native", check=0)
        expected = digest(disk)
        # Not synced: stopping does that.
        instance.stop()
        self.check(image)
        self.assertIn(self.linux_digest(image), (None, expected))
        self.check(image)
        _, directory = self.mounted("--disk", image + ":ro")
        self.assertEqual(digest(os.path.join(directory, "disk")), expected)

    def attributes(self, root):
        """The extended attributes of all that lies in a directory, ACLs among them."""
        return {name: {key: os.getxattr(os.path.join(root, name), key) for key in sorted(os.listxattr(os.path.join(root, name)))}
                for name in sorted(os.listdir(root)) if name != "lost+found"}

    def by_linux(self, image, change):
        """What `change` returns of Linux's own mount of an image; skips where it cannot mount any."""
        loop = tempfile.mkdtemp(prefix="drydock-loop-")
        self.addCleanup(os.rmdir, loop)
        if subprocess.run(["mount", "-o", "loop", image, loop], capture_output=True).returncode != 0:
            self.skipTest("Linux cannot mount an image here")
        try:
            return change(loop)
        finally:
            subprocess.run(["umount", loop], check=True)

    def test_extended_attributes_are_linuxs(self):
        image = self.path("attributes.img")
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-b", "4096", image, "16M"], check=True, stdout=subprocess.DEVNULL)
        # Version 2; the owner, user 1000, the owning group, the mask, others.
        acl = struct.pack("<I" + "HHI" * 5, 2, 1, 6, 0xffffffff, 2, 4, 1000, 4, 4, 0xffffffff, 16, 7, 0xffffffff,
                          32, 0, 0xffffffff)
        large = bytes(range(256)) * 8

        def change_first(root):
            for name in ("one", "two"):
                with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                    file.write(name)
                # Linux gives both one block.
                os.setxattr(os.path.join(root, name), "user.large", large)

        def change_more(root):
            os.setxattr(os.path.join(root, "two"), "user.own", b"")
            os.setxattr(os.path.join(root, "two"), "user.\u00e4", b"umlaut")
            os.setxattr(os.path.join(root, "one"), "trusted.small", b"1")
            os.mkdir(os.path.join(root, "below"))
            os.setxattr(os.path.join(root, "below"), "system.posix_acl_default", acl)
            os.setxattr(os.path.join(root, "one"), "system.posix_acl_access", acl)
            with open(os.path.join(root, "below", "new"), "w", encoding="utf-8"):
                pass
            os.chmod(os.path.join(root, "one"), 0o640)
            return self.attributes(root), self.attributes(os.path.join(root, "below"))

        def change_last(root):
            seen = self.attributes(root), self.attributes(os.path.join(root, "below"))
            os.removexattr(os.path.join(root, "two"), "user.large")
            os.setxattr(os.path.join(root, "below", "new"), "user.linux", b"2")
            return seen

        self.by_linux(image, change_first)
        instance, directory = self.mounted("--disk", image)
        seen = change_more(os.path.join(directory, "disk"))
        self.assertEqual(seen[0]["two"]["user.large"], large)
        self.assertIn("system.posix_acl_access", seen[1]["new"])
        instance.stop()
        self.check(image)
        self.assertEqual(self.by_linux(image, change_last), seen)
        self.check(image)

    def test_what_was_synced_outlives_the_host(self):
        image = self.path("killed.img")
        self.make_image(image)
        instance, directory = self.mounted("--disk", image)
        path = os.path.join(directory, "disk", "synced")
        with open(path, "wb") as file:
            file.write(b"there" * 100000)
            file.flush()
            os.fsync(file.fileno())
        ends = [os.pidfd_open(record["linux_pid"]) for record in instance.processes().values()]
        os.kill(instance.pid("kernel"), signal.SIGKILL)
        for end in ends:
            self.assertTrue(select.select([end], [], [], harness.LIMIT)[0])
            os.close(end)
        instance.seen.clear()
        copy = self.path("copy.img")
        shutil.copy(image, copy)
        self.assertLessEqual(subprocess.run(["e2fsck", "-fp", copy], capture_output=True).returncode, 1)
        instance.start()
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"there" * 100000)
        self.assertIn("journal read", instance.command("log", check=0).stdout)
        instance.stop()
        self.check(image)

    def test_a_server_that_dies_while_it_writes(self):
        image = self.path("restarted.img")
        self.make_image(image)
        with Instance("--disk", image, name="disk") as instance:
            for number in range(20):
                instance.command("fs", "mkdir", "/disk/new-%d" % number, check=0)
                if number % 7 == 6:
                    instance.command("restart", "ext4", check=0)
            self.assertIn("new-19", instance.command("fs", "ls", "/disk", check=0).stdout)
        self.check(image)

    def test_what_cannot_be_mounted_is_said(self):
        nothing = self.path("nothing.img")
        with open(nothing, "wb") as file:
            file.truncate(8 * MIB)
        with Instance("--disk", nothing + ":ro", name="disk") as instance:
            # All else is there.
            instance.command("fs", "mkdir", "/here", check=0)
            self.assertEqual(instance.command("fs", "ls", "/disk").returncode, 1)
            self.assertRegex(instance.command("log", check=0).stdout, r"\[ext4\] error: nothing\.img: .*s_magic")

    def test_what_is_refused(self):
        qcow = self.path("image.qcow2")
        with open(qcow, "wb") as file:
            file.write(b"QFI\xfb" + bytes(4092))
        for arguments, code, said in (
                (("--disk", ""), 2, "no image is named"),
                (("--disk", self.path("missing") + ":ro"), 1, "No such file"),
                (("--disk", qcow + ":ro"), 1, "qemu-img convert -f qcow2"),
                (("--disk", self.image + ":/a/../b:ro"), 1, "absolute path"),
                (("--disk", self.image + ":/x:ro", "--disk", self.image + ":/x:ro"), 1, "run: --disk"),
                (("--disk", self.image + ":ro", "--sched", "server"), 1, "--sched server")):
            with self.subTest(arguments=arguments):
                result = harness.command("run", "--name", "none", *arguments, check=code)
                self.assertIn(said, result.stdout + result.stderr)


if __name__ == "__main__":
    harness.main()

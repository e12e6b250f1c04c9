"""The mounted file system, as programs use it."""

import errno
import hashlib
import mmap
import os
import shutil
import signal
import stat
import struct
import subprocess
import tempfile
import threading
import time
import unittest

import harness
from harness import Instance, eventually

NOBODY = 65534


def as_user(uid, work):
    """Runs `work` in a child that is only `uid`; the errno of its OSError, or 0."""
    child = os.fork()
    if child == 0:
        code = 255
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            work()
            code = 0
        except OSError as error:
            code = error.errno
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") \
            else hashlib.sha256(file.read()).hexdigest()


class Mounted(unittest.TestCase):
    """Each test has a directory of its own in one mount."""

    @classmethod
    def setUpClass(cls):
        cls.base = tempfile.mkdtemp(prefix="drydock-mount-")
        cls.addClassCleanup(os.rmdir, cls.base)
        cls.instance = cls.enterClassContext(Instance("--mount", cls.base, "-o", "allow_other", name="fuse")) \
            if hasattr(cls, "enterClassContext") else cls.enter(Instance("--mount", cls.base, "-o", "allow_other", name="fuse"))

    @classmethod
    def enter(cls, context):
        entered = context.__enter__()
        cls.addClassCleanup(context.__exit__, None, None, None)
        return entered

    def setUp(self):
        self.directory = os.path.join(self.base, self._testMethodName)
        os.mkdir(self.directory)

    def path(self, name):
        return os.path.join(self.directory, name)

    def put(self, name, data=b"data"):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def get(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def fails(self, number, function, *arguments, **options):
        with self.assertRaises(OSError) as caught:
            function(*arguments, **options)
        self.assertEqual(caught.exception.errno, number, caught.exception)


class Files(Mounted):
    @unittest.skipIf(shutil.which("fallocate") is None, "fallocate (util-linux) is not here")
    def test_ranges_are_zeroed_and_punched(self):
        self.put("file", b"x" * 40000)
        model = bytearray(b"x" * 40000)
        for flag, offset, length in (("-z", 100, 200), ("-p", 8000, 9000), ("-z", 39990, 100)):
            subprocess.run(["fallocate", flag, "-o", str(offset), "-l", str(length), self.path("file")], check=True)
            model[offset:offset + length] = bytes(length)
        with open(self.path("file"), "rb") as file:
            self.assertEqual(file.read(), model)
        # A whole page was given back.
        self.assertLess(os.stat(self.path("file")).st_blocks * 512, 40090)

    def test_write_and_read(self):
        for length in [0, 1, 4095, 4096, 4097, 131072, 1048576, 1048577, 3000001]:
            data = os.urandom(length)
            self.put("file", data)
            self.assertEqual(self.get("file"), data)
            self.assertEqual(os.stat(self.path("file")).st_size, length)

    def test_pieces(self):
        file = os.open(self.path("file"), os.O_RDWR | os.O_CREAT)
        self.assertEqual(os.pwrite(file, b"end", 10000), 3)
        self.assertEqual(os.pwrite(file, b"begin", 0), 5)
        self.assertEqual(os.pread(file, 20000, 0), b"begin" + bytes(9995) + b"end")
        os.ftruncate(file, 3)
        self.assertEqual(os.pread(file, 100, 0), b"beg")
        os.fsync(file)
        os.close(file)
        with open(self.path("file"), "ab") as appended:
            appended.write(b"in")
        self.assertEqual(self.get("file"), b"begin")
        with open(self.path("file"), "wb"):
            pass
        self.assertEqual(self.get("file"), b"")

    def test_mapped(self):
        with open(self.put("file", b"a" * 10000), "r+b") as file, mmap.mmap(file.fileno(), 10000) as memory:
            self.assertEqual(memory[9999], ord("a"))
            memory[5000:5005] = b"hello"
            memory.flush()
        self.assertEqual(self.get("file")[4999:5006], b"ahelloa")

    def test_sparse(self):
        with open(self.path("file"), "wb") as file:
            file.truncate(1 << 40)
            file.seek(1 << 39)
            file.write(b"x")
        status = os.stat(self.path("file"))
        self.assertEqual(status.st_size, 1 << 40)
        self.assertLess(status.st_blocks * 512, 1 << 20)
        with open(self.path("file"), "rb") as file:
            file.seek((1 << 39) - 1)
            self.assertEqual(file.read(3), b"\0x\0")

    def test_big(self):
        data = os.urandom(1 << 20)
        expected = hashlib.sha256()
        with open(self.path("file"), "wb") as file:
            for number in range(256):
                piece = number.to_bytes(8, "big") + data[8:]
                file.write(piece)
                expected.update(piece)
        self.assertEqual(digest(self.path("file")), expected.hexdigest())
        os.unlink(self.path("file"))

    def test_open_file_without_a_name(self):
        file = os.open(self.put("file"), os.O_RDWR)
        os.unlink(self.path("file"))
        self.fails(errno.ENOENT, os.stat, self.path("file"))
        os.pwrite(file, b"more", 4)
        self.assertEqual(os.pread(file, 100, 0), b"datamore")
        self.assertEqual(os.fstat(file).st_nlink, 0)
        os.close(file)

    def test_not_supported(self):
        path = self.put("file")
        file = os.open(path, os.O_RDWR)
        result = subprocess.run(["fallocate", "-c", "-l", "4096", path], capture_output=True, text=True, check=False)
        self.assertIn("not supported", result.stderr)
        os.close(file)


    def test_read_ahead(self):
        """Linux reads a whole request of the largest size ahead, where that may be set."""
        device = os.stat(self.directory).st_dev
        path = "/sys/class/bdi/%d:%d/read_ahead_kb" % (os.major(device), os.minor(device))
        if not os.access(path, os.W_OK):
            self.skipTest("%s cannot be written here" % path)
        with open(path) as file:
            self.assertEqual(int(file.read()), 1024)


class Names(Mounted):
    def test_kinds(self):
        os.mkdir(self.path("d"), 0o750)
        os.mkfifo(self.path("p"), 0o600)
        os.symlink("f" * 4095, self.path("s"))
        os.mknod(self.put("f") + "2", stat.S_IFREG | 0o640)
        for name, mode in [("d", stat.S_IFDIR | 0o750), ("p", stat.S_IFIFO | 0o600),
                           ("s", stat.S_IFLNK | 0o777), ("f2", stat.S_IFREG | 0o640)]:
            self.assertEqual(os.lstat(self.path(name)).st_mode, mode, name)
        self.assertEqual(os.readlink(self.path("s")), "f" * 4095)
        self.fails(errno.ENAMETOOLONG, self.put, "n" * 256)
        self.put("n" * 255)
        self.assertEqual(sorted(os.listdir(self.directory)), sorted(["d", "f", "f2", "n" * 255, "p", "s"]))

    def test_many_names(self):
        names = {"name-%d-%s" % (number, "x" * (number % 200)) for number in range(3000)}
        for name in names:
            self.put(name, b"")
        self.assertEqual(set(os.listdir(self.directory)), names)
        for name in names:
            os.unlink(self.path(name))
        self.assertEqual(os.listdir(self.directory), [])

    def test_create_what_is_there(self):
        self.put("f")
        self.fails(errno.EEXIST, os.open, self.path("f"), os.O_CREAT | os.O_EXCL)
        self.fails(errno.EEXIST, os.mkdir, self.path("f"))
        self.fails(errno.EEXIST, os.symlink, "x", self.path("f"))

    def test_a_name_that_another_program_made(self):
        self.fails(errno.ENOENT, os.stat, self.path("f"))
        native = "/" + os.path.relpath(self.path("f"), self.base)
        self.instance.command("fs", "put", "-", native, data="native", check=0)
        # The kernel may still hold that there is none; to create opens what is there.
        file = os.open(self.path("f"), os.O_CREAT | os.O_RDWR)
        self.assertEqual(os.read(file, 100), b"native")
        os.close(file)

    def test_links(self):
        os.link(self.put("a", b"one"), self.path("b"))
        self.assertEqual(os.stat(self.path("a")).st_nlink, 2)
        self.assertEqual(os.stat(self.path("a")).st_ino, os.stat(self.path("b")).st_ino)
        self.put("b", b"two")
        self.assertEqual(self.get("a"), b"two")
        os.unlink(self.path("a"))
        self.assertEqual(os.stat(self.path("b")).st_nlink, 1)

    def test_rename(self):
        self.put("a", b"a")
        self.put("b", b"b")
        os.mkdir(self.path("d"))
        os.rename(self.path("a"), self.path("b"))
        self.assertEqual(self.get("b"), b"a")
        os.rename(self.path("b"), self.path("d/c"))
        self.assertEqual(os.listdir(self.directory), ["d"])
        self.assertEqual(self.get("d/c"), b"a")
        self.fails(errno.EINVAL, os.rename, self.path("d"), self.path("d/d"))
        self.fails(errno.ENOTEMPTY, os.rmdir, self.path("d"))
        os.unlink(self.path("d/c"))
        os.rmdir(self.path("d"))

    def test_directory_times(self):
        """What was asked for ahead is what is true."""
        for change in [lambda: self.put("f"), lambda: os.rename(self.path("f"), self.path("g")),
                       lambda: os.mkdir(self.path("d")), lambda: os.symlink("x", self.path("s")),
                       lambda: os.link(self.path("g"), self.path("h")), lambda: os.unlink(self.path("h")),
                       lambda: os.rmdir(self.path("d"))]:
            before = os.stat(self.directory)
            change()
            after = os.stat(self.directory)
            self.assertGreater(after.st_mtime_ns, before.st_mtime_ns)
        os.mkdir(self.path("d"))
        os.chmod(self.directory, 0o711)
        # Reading it makes the kernel ask anew: the access time has changed.
        os.listdir(self.directory)
        self.assertEqual(stat.S_IMODE(os.stat(self.directory).st_mode), 0o711)
        self.assertEqual(os.stat(self.directory).st_nlink, 3)


class Attributes(Mounted):
    def test_after_writes(self):
        """What was asked for together with a write is given up by all that changes the file after it."""
        path, other, stray = self.put("f"), self.path("g"), self.put("stray")
        changes = [
            (lambda: os.link(path, other), lambda now: now.st_nlink == 2),
            (lambda: os.unlink(other), lambda now: now.st_nlink == 1),
            (lambda: os.chmod(path, 0o640), lambda now: stat.S_IMODE(now.st_mode) == 0o640),
            (lambda: os.truncate(path, 3), lambda now: now.st_size == 3),
            (lambda: os.utime(path, ns=(5, 7)), lambda now: (now.st_atime_ns, now.st_mtime_ns) == (5, 7)),
            (lambda: os.rename(path, other), lambda now: now.st_ctime_ns > self.written.st_ctime_ns),
            (lambda: os.link(other, path), lambda now: now.st_nlink == 2),
            (lambda: os.rename(stray, other), lambda now: now.st_nlink == 1),
        ]
        descriptor = os.open(path, os.O_RDWR)
        self.addCleanup(os.close, descriptor)
        for size, (change, holds) in enumerate(changes, 100):
            os.pwrite(descriptor, b"x" * size, 0)
            self.written = os.fstat(descriptor)
            self.assertEqual(self.written.st_size, max(size, self.written.st_size))
            # One answer more that nobody has asked for when the change comes.
            os.pwrite(descriptor, b"y", size)
            change()
            now = os.fstat(descriptor)
            self.assertTrue(holds(now), (size, now))

    def test_times_of_writes_in_a_row(self):
        descriptor = os.open(self.put("f", b""), os.O_RDWR)
        self.addCleanup(os.close, descriptor)
        before = os.fstat(descriptor)
        for size in range(1, 20):
            os.pwrite(descriptor, b"x", size - 1)
            now = os.fstat(descriptor)
            self.assertEqual(now.st_size, size)
            self.assertGreater(now.st_mtime_ns, before.st_mtime_ns)
            before = now

    def test_times(self):
        path = self.put("f")
        os.utime(path, ns=(-1, 2**33 * 10**9 + 5))
        self.assertEqual((os.stat(path).st_atime_ns, os.stat(path).st_mtime_ns), (-1, 2**33 * 10**9 + 5))
        os.utime(path)
        self.assertLess(abs(os.stat(path).st_mtime - time.time()), harness.LIMIT)

    def test_modes(self):
        path = self.put("f")
        os.chmod(path, 0o4711)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o4711)
        self.assertEqual(os.statvfs(path).f_namemax, 255)

    def test_extended(self):
        """Beyond what the conformance tests ask: all bytes come back, and the file's time of change with them."""
        path, value = self.put("f"), bytes(range(256)) * 256
        for size in [0, 1, 4087, 4088, 4089, 65536]:
            before = os.stat(path).st_ctime_ns
            os.setxattr(path, "user.x", value[:size])
            self.assertEqual(os.getxattr(path, "user.x"), value[:size])
            self.assertGreater(os.stat(path).st_ctime_ns, before)
        before = os.stat(path).st_ctime_ns
        os.removexattr(path, "user.x")
        self.assertGreater(os.stat(path).st_ctime_ns, before)
        self.fails(errno.ENODATA, os.getxattr, path, "user.x")

    def test_capabilities(self):
        """The bridge remembers who has no file capabilities: that must end when they are set."""
        self.need_others()
        name, path = "security.capability", self.put("f", b"made")
        # VFS_CAP_REVISION_2 with CAP_NET_RAW permitted (capabilities(7), linux/capability.h).
        value = struct.pack("<5I", 0x02000000, 1 << 13, 0, 0, 0)
        for _ in range(2):
            self.fails(errno.ENODATA, os.getxattr, path, name)
            os.setxattr(path, name, value)
            self.assertEqual(os.getxattr(path, name), value)
            with open(path, "ab") as file:
                file.write(b"written")
        self.fails(errno.ENODATA, os.getxattr, path, name)
        os.setxattr(path, name, value)
        self.assertEqual(os.getxattr(path, name), value)

    def test_extended_hidden(self):
        self.need_others()
        path = self.put("f")
        os.setxattr(path, "trusted.x", b"secret")
        os.setxattr(path, "user.y", b"open")
        self.assertEqual(sorted(os.listxattr(path)), ["trusted.x", "user.y"])
        self.assertEqual(as_user(NOBODY, lambda: os._exit(100 + len(os.listxattr(path)))), 101)
        self.assertEqual(as_user(NOBODY, lambda: os.getxattr(path, "trusted.x")), errno.ENODATA)
        self.assertEqual(as_user(NOBODY, lambda: os.getxattr(path, "user.y")), 0)

    def need_others(self):
        if os.geteuid() != 0:
            self.skipTest("only root can be somebody else")
        if as_user(NOBODY, lambda: os.stat(tempfile.gettempdir())) != 0:
            self.skipTest("other users cannot reach %s here" % tempfile.gettempdir())

    def test_somebody_else(self):
        self.need_others()
        path = self.put("secret")
        os.chmod(path, 0o600)
        self.assertEqual(as_user(NOBODY, lambda: open(path, "rb")), errno.EACCES)
        self.assertEqual(as_user(NOBODY, lambda: os.unlink(path)), errno.EACCES)
        self.assertEqual(as_user(NOBODY, lambda: os.mkdir(self.path("d"))), errno.EACCES)
        os.chmod(self.directory, 0o1777)
        self.assertEqual(as_user(NOBODY, lambda: os.unlink(path)), errno.EPERM)
        self.assertEqual(as_user(NOBODY, lambda: os.mkdir(self.path("d"))), 0)
        self.assertEqual(as_user(NOBODY, lambda: os.symlink("x", self.path("s"))), 0)
        self.assertEqual(as_user(NOBODY, lambda: os.mkfifo(self.path("p"))), 0)
        self.assertEqual(as_user(NOBODY, lambda: open(self.path("f"), "wb").close()), 0)
        for name in ["d", "s", "p", "f"]:
            status = os.lstat(self.path(name))
            self.assertEqual((status.st_uid, status.st_gid), (NOBODY, NOBODY), name)

    def test_many_others(self):
        self.need_others()
        os.chmod(self.directory, 0o777)
        for uid in range(2000, 2100):
            self.assertEqual(as_user(uid, lambda: os.mkdir(self.path(str(uid)))), 0)
            self.assertEqual(os.stat(self.path(str(uid))).st_uid, uid)


class Work(Mounted):
    def test_many_at_once(self):
        problems = []

        def work(number):
            try:
                for turn in range(40):
                    path, data = self.path("%d-%d" % (number, turn % 5)), os.urandom(1 + turn * 7919 % 300000)
                    with open(path, "wb") as file:
                        file.write(data)
                    with open(path, "rb") as file:
                        assert file.read() == data
                    os.rename(path, path + "r")
                    assert os.stat(path + "r").st_size == len(data)
                    os.listdir(self.directory)
                    os.unlink(path + "r")
            except (OSError, AssertionError) as error:
                problems.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(problems, [])
        self.assertEqual(os.listdir(self.directory), [])

    @unittest.skipIf(shutil.which("git") is None, "there is no git")
    def test_git(self):
        def git(*arguments):
            return subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments],
                                  cwd=self.directory, check=True, capture_output=True, text=True).stdout

        git("init", "-q")
        for number in range(200):
            self.put("file%d" % number, b"%d\n" % number * number)
        git("add", "-A")
        git("commit", "-q", "-m", "first")
        self.assertEqual(git("status", "--short"), "")
        git("gc", "-q")
        git("fsck", "--full", "--strict")
        shutil.rmtree(self.path("file1"), ignore_errors=True)
        git("checkout", "-q", "--", ".")
        self.assertEqual(git("status", "--short"), "")


class Ends(unittest.TestCase):
    """What becomes of mounts when somebody ends."""

    def setUp(self):
        self.base = tempfile.mkdtemp(prefix="drydock-mount-")
        self.addCleanup(os.rmdir, self.base)

    def test_vfs_killed(self):
        with Instance("--mount", self.base, name="fuse") as instance:
            old = instance.pid("vfs")
            os.kill(old, signal.SIGKILL)

            def works():
                try:
                    with open(os.path.join(self.base, "file"), "wb") as file:
                        file.write(b"after")
                    with open(os.path.join(self.base, "file"), "rb") as file:
                        return file.read() == b"after"
                except OSError:
                    return False

            eventually(works)
            self.assertNotEqual(instance.pid("vfs"), old)

    def test_unmount_and_mount(self):
        with Instance(name="fuse") as instance:
            for _ in range(3):
                instance.command("mount", self.base, check=0)
                self.assertTrue(harness.mounted(self.base))
                with open(os.path.join(self.base, "file"), "ab") as file:
                    file.write(b"x")
                instance.command("umount", self.base, check=0)
                self.assertFalse(harness.mounted(self.base))
            self.assertEqual(instance.command("fs", "cat", "/file", check=0).stdout, "xxx")

    def test_bridge_ended(self):
        with Instance("--mount", self.base, name="fuse") as instance:
            bridge = instance.pid("fuse")
            os.kill(bridge, signal.SIGTERM)
            eventually(lambda: harness.birth(bridge) is None)
            self.assertFalse(harness.mounted(self.base))

    def test_host_killed(self):
        with Instance("--mount", self.base, name="fuse") as instance:
            bridge = instance.pid("fuse")
            os.kill(instance.pid("kernel"), signal.SIGKILL)
            eventually(lambda: harness.birth(bridge) is None)
            instance.start()
            self.assertTrue(os.path.isdir(self.base))
            self.assertEqual(os.listdir(self.base), [])


class Options(unittest.TestCase):
    """Mount options in use."""

    def setUp(self):
        self.base = tempfile.mkdtemp(prefix="drydock-mount-")
        self.addCleanup(os.rmdir, self.base)
        self.file = os.path.join(self.base, "file")

    def test_alone(self):
        """Without options Linux checks nothing for root, who may still not execute what is so for nobody."""
        with Instance("--mount", self.base, name="fuse"):
            with open(self.file, "w", encoding="utf-8"):
                pass
            os.chmod(self.file, 0o600)
            self.assertFalse(os.access(self.file, os.X_OK))
            self.assertTrue(os.access(self.file, os.R_OK | os.W_OK))
            os.chmod(self.file, 0o700)
            self.assertTrue(os.access(self.file, os.X_OK))

    def test_writeback(self):
        with Instance("--mount", self.base, "-o", "writeback", name="fuse") as instance:
            data = bytearray()
            with open(self.file, "wb", buffering=0) as file:
                for number in range(20000):
                    part = b"%d\n" % number
                    data += part
                    file.write(part)
                self.assertEqual(os.fstat(file.fileno()).st_size, len(data))
                os.fsync(file.fileno())
                self.assertEqual(instance.command("fs", "cat", "/file", check=0).stdout.encode(), bytes(data))
            with open(self.file, "r+b") as file:
                file.seek(100000)
                file.write(b"here")
                file.seek(200000)
                file.write(b"there")
                data[100000:100004] = b"here"
                data[len(data):] = bytes(200000 - len(data)) + b"there"
            # Written back as it is closed, and the vfs knows the size and the times that Linux kept.
            self.assertEqual(instance.command("fs", "cat", "/file", text=False, check=0).stdout, bytes(data))
            self.assertEqual(digest(self.file), hashlib.sha256(data).hexdigest())
            os.utime(self.file, ns=(5, 10**18 + 7))
            self.assertEqual(os.stat(self.file).st_mtime_ns, 10**18 + 7)
            with open(self.file, "ab") as file:
                file.write(b"appended")
            os.truncate(self.file, 100004)
            self.assertEqual(instance.command("fs", "cat", "/file", text=False, check=0).stdout, bytes(data[:100004]))
            with open(self.file, "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
                memory[0:4] = b"mmap"
                memory.flush()
            self.assertEqual(instance.command("fs", "cat", "/file", text=False, check=0).stdout[:4], b"mmap")

    def test_writeback_holds_no_more_than_there_is_room_for(self):
        with open(os.path.join(os.path.dirname(__file__), "..", "..", "sim", "manifest", "default.manifest"),
                  encoding="utf-8") as file, tempfile.NamedTemporaryFile("w", suffix=".manifest") as small:
            small.write(file.read().replace("size=4G", "size=1M"))
            small.flush()
            with Instance("--manifest", small.name, "--mount", self.base, "-o", "writeback", name="fuse") as instance:
                with self.assertRaises(OSError) as caught:
                    with open(self.file, "wb") as file:
                        for _ in range(64):
                            file.write(bytes(65536))
                        file.flush()
                        os.fsync(file.fileno())
                self.assertEqual(caught.exception.errno, errno.ENOSPC)
                os.unlink(self.file)
                with open(self.file, "wb") as file:
                    file.write(b"room again")
                self.assertEqual(instance.command("fs", "cat", "/file", check=0).stdout, "room again")

    def test_read_only(self):
        with Instance(name="fuse") as instance:
            instance.command("fs", "put", "-", "/file", data="x", check=0)
            instance.command("mount", self.base, "-o", "ro", check=0)
            with open(self.file, encoding="ascii") as file:
                self.assertEqual(file.read(), "x")
            for change in [lambda: open(self.file, "r+b"), lambda: os.unlink(self.file),
                           lambda: os.mkdir(self.file + "d")]:
                with self.assertRaises(OSError) as caught:
                    change()
                self.assertEqual(caught.exception.errno, errno.EROFS)

    def test_unknown(self):
        with Instance(name="fuse") as instance:
            result = instance.command("mount", self.base, "-o", "nonsense", check=1)
            self.assertIn("unknown mount option 'nonsense'", result.stderr)
            self.assertFalse(harness.mounted(self.base))


class OrdinaryUser(unittest.TestCase):
    """Mounting without root, by fusermount3."""

    def setUp(self):
        self.base = tempfile.mkdtemp(prefix="drydock-mount-")
        self.addCleanup(shutil.rmtree, self.base, ignore_errors=True)
        self.runtime, self.point = os.path.join(self.base, "run"), os.path.join(self.base, "mount point")
        self.prefix = self.become_ordinary() if os.geteuid() == 0 else []
        for path in [self.runtime, self.point]:
            os.mkdir(path, 0o700)
            if os.geteuid() == 0:
                os.chown(path, NOBODY, NOBODY)
        if subprocess.run([*self.prefix, harness.PROGRAM, "--version"], capture_output=True, check=False).returncode:
            self.skipTest("other users cannot run %s" % harness.PROGRAM)

    def become_ordinary(self):
        """What makes a command somebody else's, with a /dev/fuse that he may use: it may be root's here."""
        device = os.path.join(self.base, "fuse")
        os.chmod(self.base, 0o755)
        try:
            os.mknod(device, stat.S_IFCHR | 0o666, os.stat("/dev/fuse").st_rdev)
            os.chmod(device, 0o666)
        except OSError as error:
            self.skipTest("cannot make a device: %s" % error)
        script = 'mount --bind "$0" /dev/fuse && echo ready && exec sleep infinity'
        holder = subprocess.Popen(["unshare", "--mount", "sh", "-c", script, device], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True)
        self.addCleanup(holder.communicate)
        self.addCleanup(holder.kill)
        if holder.stdout.readline() != "ready\n":
            self.skipTest("no mount namespace of its own: " + holder.stderr.read().strip())
        return ["nsenter", "--target", str(holder.pid), "--mount", "setpriv", "--reuid", str(NOBODY),
                "--regid", str(NOBODY), "--clear-groups"]

    def shell(self, script, *arguments):
        return subprocess.run([*self.prefix, "sh", "-c", script, *arguments], capture_output=True, text=True,
                              timeout=harness.LIMIT, check=False)

    def instance(self, *arguments):
        instance = Instance(*arguments, name="user", runtime=self.runtime, prefix=self.prefix)
        self.addCleanup(instance.clean)
        return instance

    def assert_unmounted(self):
        self.assertNotIn(self.base, self.shell("grep -v /dev/fuse /proc/self/mountinfo").stdout)

    def test_works_in_it(self):
        with self.instance("--mount", self.point) as instance:
            result = self.shell('cd "$0" && echo text >file && mkdir d && mv file d && cat d/file && '
                                'stat -c %u d', self.point)
            self.assertEqual(result.stdout.split(), ["text", str(NOBODY if os.geteuid() == 0 else os.geteuid())])
            self.assertEqual(instance.command("fs", "cat", "/d/file", check=0).stdout, "text\n")
            if os.geteuid() == 0:
                with self.assertRaises(OSError):
                    os.listdir(os.path.join(self.point, "d"))
            instance.command("umount", self.point, check=0)
            self.assert_unmounted()
            instance.command("mount", self.point, check=0)
            self.assertEqual(self.shell('cat "$0/d/file"', self.point).stdout, "text\n")
        self.assert_unmounted()

    def test_what_fusermount_says_is_told(self):
        with self.instance() as instance:
            result = instance.command("mount", "/usr", check=1)
            self.assertIn("fusermount3: user has no write access to mountpoint /usr", result.stderr)

    def test_a_dead_mount_is_cleared(self):
        instance = self.instance("--mount", self.point)
        instance.start()
        os.kill(instance.pid("kernel"), signal.SIGKILL)
        # Until the last thread of the bridge has let go of the mount, Linux has other words for it.
        eventually(lambda: "not connected" in self.shell('ls "$0"', self.point).stderr)
        self.assertIn("cleared a mount", instance.start().stdout)
        self.assertEqual(self.shell('ls "$0"', self.point).stderr, "")
        instance.stop()
        instance.assert_gone()
        self.assert_unmounted()


if __name__ == "__main__":
    obstacle = harness.fuse_obstacle()
    if obstacle:
        print("1..0 # SKIP " + obstacle)
    else:
        harness.main()

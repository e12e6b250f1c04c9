"""Programs from Debian at work in the mount. What is not installed is skipped, by name."""

import contextlib
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import unittest

import harness

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

# A second file system, in two places: what it has has the same numbers in both.
SECOND = """
[service second]
number = 20
image = vfs
calls = log
options = size=64M
[mount /second]
service = second
[mount /again]
service = second
"""

# stress-ng's stressors of file systems, and operations of each. Not among them: those of what is Linux's own
# (binary formats, /proc), and those that cannot be short (fpunch, link, symlink, xattr).
STRESSORS = ("access", "chdir", "chmod", "chown", "dentry", "dir", "dup", "fallocate", "fcntl", "filename",
             "flock", "fstat", "getdent", "hdd", "inotify", "io", "iomix", "lease", "locka", "lockf",
             "lockofd", "mknod", "open", "rename", "seek", "sync-file", "touch", "utime")
STRESS_OPERATIONS = 30


def needs(*programs):
    missing = [program for program in programs if not shutil.which(program)]
    return unittest.skipIf(missing, "%s is not installed" % ", ".join(missing))


def run(*command, directory=None, data=None, check=True):
    result = subprocess.run(command, cwd=directory, input=data, capture_output=True, text=True, errors="replace",
                            timeout=harness.LIMIT, check=False, env=dict(os.environ, LC_ALL="C"))
    if check and result.returncode != 0:
        raise AssertionError("%s: exit code %d\n%s%s" % (" ".join(command), result.returncode, result.stdout, result.stderr))
    return result.stdout


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def describe(top):
    """All that is in a tree but times, by path; names of one node have one number, whatever that is."""
    found, numbers = {}, {}
    for directory, directories, files in os.walk(top):
        for name in directories + files:
            path = os.path.join(directory, name)
            status = os.lstat(path)
            about = [oct(status.st_mode), status.st_uid, status.st_gid]
            if stat.S_ISREG(status.st_mode):
                about += [status.st_size, digest(path), numbers.setdefault(status.st_ino, path)[len(top):], status.st_nlink]
            if stat.S_ISLNK(status.st_mode):
                about.append(os.readlink(path))
            else:
                about.append(sorted((key, os.getxattr(path, key)) for key in os.listxattr(path)))
            about.append(status.st_mtime_ns)
            found[path[len(top):]] = about
    return found


def plant(top):
    """A tree with all that archives find hard."""
    os.makedirs(os.path.join(top, "deep", "er", "still"))
    with open(os.path.join(top, "plain"), "wb") as file:
        file.write(b"plain\n" * 1000)
    os.setxattr(os.path.join(top, "plain"), "user.colour", b"blue")
    os.setxattr(os.path.join(top, "deep"), "user.empty", b"")
    os.chmod(os.path.join(top, "plain"), 0o640)
    with open(os.path.join(top, "deep", "sparse"), "wb") as file:
        for offset in (0, 1 << 20, 9 << 20):
            file.seek(offset)
            file.write(b"island")
        file.truncate(12 << 20)
    os.link(os.path.join(top, "plain"), os.path.join(top, "deep", "hard"))
    os.link(os.path.join(top, "deep", "sparse"), os.path.join(top, "deep", "er", "hard"))
    os.symlink("../plain", os.path.join(top, "deep", "soft"))
    os.symlink("nowhere", os.path.join(top, "dangling"))
    os.mkfifo(os.path.join(top, "deep", "er", "pipe"), 0o600)
    with open(os.path.join(top, "deep", "er", "still", "na\nme \xe4 " + "x" * 200), "wb"):
        pass
    os.utime(os.path.join(top, "plain"), ns=(1, 1234567890123456789))


class Programs(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        obstacle = harness.fuse_obstacle()
        if obstacle:
            raise unittest.SkipTest(obstacle)
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.mount = tempfile.mkdtemp(prefix="drydock-programs-")
        stack.callback(os.rmdir, cls.mount)
        manifest = stack.enter_context(tempfile.NamedTemporaryFile("w", suffix=".manifest"))
        with open(os.path.join(ROOT, "sim", "manifest", "default.manifest"), encoding="utf-8") as default:
            manifest.write(default.read() + SECOND)
        manifest.flush()
        stack.enter_context(harness.Instance("--manifest", manifest.name, "--mount", cls.mount, name="programs"))

    def setUp(self):
        self.place = os.path.join(self.mount, self.id().split(".")[-1])
        os.mkdir(self.place)
        self.addCleanup(shutil.rmtree, self.place)

    def path(self, *parts):
        return os.path.join(self.place, *parts)

    # ---- databases

    def kill_writer(self, database, first, count):
        """Rows from `first` on, one a transaction; killed when `count` are there for certain. Returns the last of them."""
        command = ["sqlite3", "-batch", database]
        rows = "".join("INSERT INTO rows VALUES(%d, hex(randomblob(500)));\nSELECT max(n) FROM rows;\n" % number
                       for number in range(first, first + 100000))
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
            writer.stdin.write("PRAGMA synchronous=FULL;\nPRAGMA wal_autocheckpoint=20;\n")
            # As much as fits the pipe: it is busy with one of them when it is killed.
            os.set_blocking(writer.stdin.fileno(), False)
            with contextlib.suppress(BlockingIOError):
                os.write(writer.stdin.fileno(), b"")
                writer.stdin.flush()
                os.write(writer.stdin.fileno(), rows.encode()[:60000])
            writer.stdout.readline()    # what the second pragma says
            for _ in range(count):
                last = int(writer.stdout.readline())
            writer.send_signal(signal.SIGKILL)
            with contextlib.suppress(OSError):
                writer.stdin.close()
        return last

    @needs("sqlite3")
    def test_sqlite_killed(self):
        database = self.path("data")
        mode = run("sqlite3", "-batch", database, data="PRAGMA journal_mode=WAL; CREATE TABLE rows(n INTEGER PRIMARY KEY, t);")
        self.assertEqual(mode, "wal\n")
        following = 1
        for count in (1, 7, 23, 40, 90):
            last = self.kill_writer(database, following, count)
            answers = run("sqlite3", "-batch", database,
                          data="PRAGMA integrity_check; SELECT count(*), max(n), min(length(t)) FROM rows;").split("\n")
            self.assertEqual(answers[0], "ok")
            rows, largest, shortest = (int(word) for word in answers[1].split("|"))
            # What was said to be there is, and nothing half.
            self.assertGreaterEqual(largest, last)
            self.assertEqual((rows, shortest), (largest, 1000))
            following = largest + 1

    # ---- copies

    @needs("rsync")
    def test_rsync(self):
        source, copied, back = self.path("source"), self.path("copied"), self.path("back")
        plant(source)
        run("rsync", "-aHXS", "-@-1", source + "/", copied)
        self.assertEqual(describe(copied), describe(source))
        self.assertEqual(run("rsync", "-aHXSic", "-@-1", "--delete", source + "/", copied), "")
        with open(os.path.join(source, "plain"), "ab") as file:
            file.write(b"more")
        os.unlink(os.path.join(source, "dangling"))
        changed = run("rsync", "-aHXSi", "-@-1", "--delete", source + "/", copied)
        self.assertRegex(changed, r"(?m)^\*deleting +dangling$")
        self.assertRegex(changed, r"(?m)^>f.st\S+ plain$")
        # Out of the mount, to where the machine keeps its temporary files, and back.
        with tempfile.TemporaryDirectory(prefix="drydock-outside-") as outside:
            run("rsync", "-aHS", copied + "/", outside)
            run("rsync", "-aHS", outside + "/", back)
        self.assertEqual({path: about[:-2] for path, about in describe(back).items()},
                         {path: about[:-2] for path, about in describe(source).items()})

    @needs("tar")
    def test_tar(self):
        source, extracted, archive = self.path("source"), self.path("extracted"), self.path("archive.tar")
        plant(source)
        os.mkdir(extracted)
        run("tar", "--xattrs", "--xattrs-include=*", "--format=posix", "-S", "-cf", archive, "-C", source, ".")
        run("tar", "--xattrs", "--xattrs-include=*", "-xpf", archive, "-C", extracted)
        self.assertEqual(describe(extracted), describe(source))
        # What was a hole is one: three islands of a page each.
        self.assertLess(os.stat(os.path.join(extracted, "deep", "sparse")).st_blocks * 512, 1 << 16)
        self.assertLess(os.stat(archive).st_size, 1 << 18)

    def across(self):
        """A file with two names, found with the same number in two mounts; the paths of these in the first mount."""
        name = self.id().split(".")[-1]
        second, again = os.path.join("second", name), os.path.join("again", name)
        os.mkdir(os.path.join(self.mount, second))
        self.addCleanup(shutil.rmtree, os.path.join(self.mount, second))
        file = os.path.join(self.mount, second, "file")
        with open(file, "w", encoding="utf-8") as content:
            content.write("in two places")
        os.link(file, file + "-too")
        left, right = os.stat(file), os.stat(os.path.join(self.mount, again, "file"))
        self.assertEqual((left.st_ino, left.st_nlink), (right.st_ino, 2))
        self.assertNotEqual(left.st_dev, right.st_dev)
        return second, again

    @needs("tar", "rsync")
    def test_colliding_numbers(self):
        places = self.across()
        with tempfile.TemporaryDirectory(prefix="drydock-outside-") as outside:
            archive = os.path.join(outside, "archive.tar")
            run("tar", "-cf", archive, *places, directory=self.mount)
            os.mkdir(os.path.join(outside, "tar"))
            run("tar", "-xf", archive, "-C", os.path.join(outside, "tar"))
            run("rsync", "-aHR", *places, os.path.join(outside, "rsync"), directory=self.mount)
            for program in ("tar", "rsync"):
                # Two files with two names each, and not one with four.
                numbers = [os.stat(os.path.join(outside, program, place, name)).st_ino
                           for place in places for name in ("file", "file-too")]
                self.assertEqual((numbers[0], numbers[2]), (numbers[1], numbers[3]), program)
                self.assertNotEqual(numbers[0], numbers[2], program)

    @needs("find")
    def test_find_stays(self):
        second, again = (os.path.join(self.mount, place, "file") for place in self.across())
        with open(self.path("file"), "w", encoding="utf-8"):
            pass
        self.assertEqual(run("find", self.mount, "-xdev", "-name", "file").split("\n")[:-1], [self.path("file")])
        self.assertEqual(sorted(run("find", self.mount, "-name", "file").split("\n")[:-1]),
                         sorted([self.path("file"), second, again]))
        self.assertEqual(sorted(run("find", self.mount, "-samefile", second).split("\n")[:-1]), [second, second + "-too"])

    # ---- a working tree

    @needs("git")
    def test_git(self):
        tree, clone = self.path("tree"), self.path("clone")
        identity = ("-c", "user.name=nobody", "-c", "user.email=nobody@nowhere", "-c", "gc.auto=0")
        shutil.copytree(os.path.join(ROOT, "servers"), tree)
        run("git", "init", "-q", tree)
        for number in range(5):
            with open(os.path.join(tree, "number"), "w", encoding="utf-8") as file:
                file.write(str(number))
            run("git", *identity, "add", "-A", directory=tree)
            run("git", *identity, "commit", "-qm", "number %d" % number, directory=tree)
        self.assertEqual(run("git", "status", "--porcelain", directory=tree), "")
        run("git", "gc", "-q", "--prune=now", directory=tree)
        run("git", "fsck", "--strict", "--full", directory=tree)
        run("git", "clone", "-q", "--no-hardlinks", tree, clone)
        run("git", "checkout", "-q", "HEAD~3", directory=clone)
        with open(os.path.join(clone, "number"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "1")
        self.assertEqual(run("git", "log", "--format=%s", "master..", directory=clone, check=False), "")
        self.assertEqual(run("diff", "-r", "-x", ".git", "-x", "number", tree, clone), "")

    # ---- load

    @needs("fio")
    def test_fio(self):
        for engine, pattern in (("psync", "randrw"), ("mmap", "randwrite"), ("libaio", "randwrite"), ("psync", "write")):
            with self.subTest(engine=engine, pattern=pattern):
                run("fio", "--name=verify", "--directory=" + self.place, "--ioengine=" + engine, "--rw=" + pattern,
                    "--size=4M", "--bsrange=512-16k", "--blockalign=512", "--verify=crc32c", "--verify_fatal=1",
                    "--do_verify=1", "--randrepeat=1", "--allow_mounted_write=0", "--fallocate=none")

    @needs("stress-ng")
    def test_stress(self):
        choice = []
        for name in STRESSORS:
            choice += ["--" + name, "1", "--%s-ops" % name, str(STRESS_OPERATIONS)]
        run("stress-ng", "--temp-path", self.place, "--verify", "--timeout", "%d" % (harness.LIMIT // 2), "--oomable",
            "--hdd-bytes", "1M", "--iomix-bytes", "1M", "--fallocate-bytes", "1M", 
            "--seek-size", "1M", "--sync-file-bytes", "1M", "--dentries", "100", "--chdir-dirs", "64", *choice)
        self.assertEqual(os.listdir(self.place), [])

    @needs("dbench")
    def test_dbench(self):
        result = run("dbench", "-D", self.place, "-t", "2", "2")
        self.assertRegex(result, r"(?m)^Throughput [\d.]+ MB/sec")
        self.assertNotRegex(result, r"(?m)^\[\d+\].*failed")


if __name__ == "__main__":
    harness.main()

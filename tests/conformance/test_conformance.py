"""The file system beside one of Linux's own: the same calls, the same answers.

Thousands of small cases (cases.py) run on a kernel tmpfs, on the mount and, by the
client library, on vfs itself. Every answer that differs is a failure, unless it is
listed here with its reason.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))

import cases
import harness

PROGRAMS = os.path.join(harness.BUILD, "tests", "conformance")
CALLS = os.path.join(PROGRAMS, "conformance-calls")     # of a directory
NATIVE = os.path.join(PROGRAMS, "conformance-native")   # of an instance

# The call (or case and call), what a kernel tmpfs answers, what is answered here (patterns for all of each), and
# why that is right.
DIFFERENCES = [
    (r"rename .* WHITEOUT", r".*", r"EINVAL",
     "whiteouts are for overlayfs's lower layers; Linux passes them to no FUSE file system that has not asked for them"),
    (r"fallocate .* (keep,)?zero", r"EOPNOTSUPP", r"ok", "zeroing is served; Linux's tmpfs does not know it"),
    (r"setacl n \S+ \*(512|600)", r"ok", r"E2BIG",
     "an ACL has at most 511 entries: Linux passes none of more than a page on to a FUSE file system"),
    (r"ftruncate 1 9223372036854775807", r"ok", r"EFBIG", "files have at most 128 TiB"),
]
FUSE_DIFFERENCES = DIFFERENCES + [
    (r"as \S+ (open n \S+|access n 2)|hold 2 n \S+", r"EPERM", r"ok",
     "Linux knows of no flags (chattr) of FUSE files, and asks no file system when one is opened; it is refused later"),
    (r"as \S+ (rmdir n|unlink n|rename other n)", r"EPERM", r"ENOTDIR|EISDIR",
     "for the same reason Linux sees first what a flagged node is"),
    (r"acl/setgid/\w+/65534:65532/\S+: lstat n mode", r"ok 0\d{3}", r"ok 2\d{3}",
     "that set-group-id is to go Linux says in a way that libfuse 3.14 does not know (FUSE_SETXATTR_EXT)"),
    (r"open .* TMPFILE,.*", r"ok", r"EOPNOTSUPP", "libfuse 3.14 does not pass O_TMPFILE on"),
    (r"seek 1 0 end", r"EINVAL", r"ok \d+", "Linux lets no FUSE file system decide where a directory's positions end"),
    (r"as 65532:65532 chown n -1 -1", r"EPERM", r"ok",
     "a change of nothing; Linux refuses it only for what has set-group-id and is not executable by the group"),
    (r"read 1 0|moved 0 n", r"ok a--", r"ok ---", "a read of nothing does not reach a FUSE file system"),
]
NATIVE_DIFFERENCES = DIFFERENCES + [
    (r"open \S+ .*NONBLOCK.*", r"ok|ENXIO", r"EOPNOTSUPP",
     "pipes, sockets and devices are names in a file system; what is behind them it does not serve"),
    (r"map .*", r".*", r"ENOSYS", "there are no mappings but Linux's"),
    (r"flags/fifo: (lsattr|chattr) .*", r"ENOTTY", r"EOPNOTSUPP", "a pipe is not opened, so that nobody gets to ask"),
    (r"as \S+ link other n/new", r"EPERM", r"ok",
     "links to what one neither owns nor may write: a policy of Linux's (fs.protected_hardlinks), no file system's"),
    (r"bind %00", r"ok", r"ENOENT", "an empty address is one without a file for Linux"),
    (r"open .* RDONLY,CREAT,DIRECTORY .*", r"EINVAL", r"ENAMETOOLONG",
     "both are wrong; the client library does not send what is too long"),
    (r"seek 1 0 end", r"EINVAL", r"EISDIR", "directories are read by cookies and have no position"),
]


def reason_for(differences, case, call, expected, found):
    for pattern, theirs, ours, reason in differences:
        named = re.fullmatch(pattern, call) or re.fullmatch(pattern, "%s: %s" % (case, call))
        if named and re.fullmatch(theirs, expected) and re.fullmatch(ours, found):
            return reason
    return None


def answers(program, place, script):
    result = subprocess.run([program, place], input=script, capture_output=True, text=True, timeout=harness.LIMIT)
    if result.returncode != 0:
        raise AssertionError("%s ended with %d: %s" % (program, result.returncode, result.stderr))
    return result.stdout.splitlines()


def compare(differences, script, expected, found):
    """The cases that differ without a reason, each with the first of its answers that does."""
    wrong, name, excused = {}, None, False
    calls = script.splitlines()
    if not len(calls) == len(expected) == len(found):
        raise AssertionError("%d calls, %d and %d answers" % (len(calls), len(expected), len(found)))
    for call, theirs, ours in zip(calls, expected, found):
        if call.startswith("case "):
            name, excused = call[5:], False
        elif theirs != ours:
            # What follows from an excused difference is not looked at.
            excused = excused or reason_for(differences, name, call, theirs, ours) is not None
            if not excused:
                wrong.setdefault(name, "%s: %s instead of %s" % (call, ours, theirs))
    return wrong


class Comparison(unittest.TestCase):
    """That a difference is found, and an excuse is no more than that."""

    def test_differences_are_found(self):
        script = "case a\nmkdir d 0755\nrename a b WHITEOUT\ncase b\nmkdir d 0755\n"
        theirs = ["case a", "ok", "ok", "case b", "ok"]
        self.assertEqual(compare(FUSE_DIFFERENCES, script, theirs, theirs), {})
        self.assertEqual(compare(FUSE_DIFFERENCES, script, theirs, ["case a", "ok", "EINVAL", "case b", "ok"]), {})
        self.assertEqual(list(compare(FUSE_DIFFERENCES, script, theirs, ["case a", "ok", "EINVAL", "case b", "EEXIST"])), ["b"])
        self.assertEqual(list(compare(FUSE_DIFFERENCES, script, theirs, ["case a", "ok", "EPERM", "case b", "ok"])), ["a"])
        self.assertRaises(AssertionError, compare, FUSE_DIFFERENCES, script, theirs, theirs[1:])


class System(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest("needs root, to be anybody")
        cls.oracle = tempfile.mkdtemp(prefix="drydock-oracle-")
        cls.addClassCleanup(os.rmdir, cls.oracle)
        mount = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", cls.oracle], capture_output=True, text=True)
        if mount.returncode != 0:
            raise unittest.SkipTest("no tmpfs can be mounted to compare with: " + mount.stderr.strip())
        cls.addClassCleanup(subprocess.run, ["umount", cls.oracle], check=True)
        cls.obstacle = harness.fuse_obstacle()
        cls.mount, options = None, []
        if not cls.obstacle:
            cls.mount = tempfile.mkdtemp(prefix="drydock-mount-")
            cls.addClassCleanup(os.rmdir, cls.mount)
            options = ["--mount", cls.mount, "-o", "allow_other"]
        cls.instance = harness.Instance(*options, name="conformance")
        cls.instance.__enter__()
        cls.addClassCleanup(cls.instance.__exit__, None, None, None)
        cls.expected = {}

    def check(self, group, differences, program, place):
        count, script = cases.script(group)
        if group not in self.expected:
            self.expected[group] = answers(CALLS, self.oracle, script)
        wrong = compare(differences, script, self.expected[group], answers(program, place, script))
        print("# %s: %d cases, %d fail" % (self.id().split(".")[-1], count, len(wrong)), flush=True)
        if wrong:
            raise AssertionError("%d of %d cases:\n%s" % (
                len(wrong), count, "\n".join("%s: %s" % item for item in list(wrong.items())[:30])))

    def check_fuse(self, group):
        if self.obstacle:
            self.skipTest(self.obstacle)
        self.check(group, FUSE_DIFFERENCES, CALLS, self.mount)

    def check_native(self, group):
        self.check(group, NATIVE_DIFFERENCES, NATIVE, self.instance.directory)

    def test_flag_programs(self):
        """chattr and lsattr, and that flags count although Linux lets flagged files be opened."""
        if self.obstacle:
            self.skipTest(self.obstacle)
        for tool in ("chattr", "lsattr"):
            if not shutil.which(tool):
                raise unittest.SkipTest("%s is not installed (Debian's package e2fsprogs)" % tool)
        program = """
            mkdir d; echo text >d/fixed; echo text >d/log
            chattr +i d/fixed; chattr +aA d/log; chattr +d d; lsattr -d d; lsattr d | sort
            echo more >>d/log; cat d/log d/fixed
            ! echo more 2>/dev/null >>d/fixed; ! echo less 2>/dev/null >d/log
            ! rm -f d/fixed 2>/dev/null; ! mv d/log d/old 2>/dev/null
            ! dd if=/dev/zero of=d/fixed bs=1 count=1 conv=notrunc status=none 2>/dev/null
            ! dd if=/dev/zero of=d/log bs=1 count=1 conv=notrunc status=none 2>/dev/null
            cat d/log d/fixed; chattr -i d/fixed; chattr -a d/log; lsattr d | sort; rm -r d
        """
        self.compare_programs(program, "more\n")

    def compare_programs(self, program, expected):
        """What a shell program says on both, which has `expected` in it."""
        answers = [subprocess.run(["sh", "-ec", program], cwd=directory, capture_output=True, text=True,
                                  timeout=harness.LIMIT) for directory in (self.oracle, self.mount)]
        for answer in answers:
            self.assertEqual((answer.returncode, answer.stderr), (0, ""))
        self.assertIn(expected, answers[0].stdout)
        self.assertEqual(answers[0].stdout, answers[1].stdout)

    def test_acl_programs(self):
        """setfacl, getfacl, cp and tar with access control lists."""
        if self.obstacle:
            self.skipTest(self.obstacle)
        if not shutil.which("setfacl"):
            raise unittest.SkipTest("setfacl is not installed (Debian's package acl)")
        program = """
            umask 027
            mkdir tree tree/sub; echo text >tree/sub/file; chmod 2775 tree
            setfacl -m u:%d:rwx,g:%d:r-x,m::r-x tree/sub/file
            setfacl -d -m u:%d:rwX,o::--- tree; setfacl -R -m g:12:rX tree
            mkdir tree/new; echo more >tree/new/file; cp -a tree copy
            tar --acls -cf tree.tar tree; mkdir out; tar --acls -C out -xpf tree.tar
            setfacl -b tree/sub/file; setfacl -k tree; chmod g-x tree/new/file
            find tree copy out | sort | xargs getfacl; stat -c '%%A %%n' tree tree/*/* copy/*/* out/tree/*/*
            rm -r tree copy out tree.tar
        """ % (cases.USER, cases.GROUP, cases.OTHER)
        self.compare_programs(program, "default:user:%d:rwx" % cases.OTHER)


for _group in cases.GROUPS:
    setattr(System, "test_fuse_" + _group, lambda self, group=_group: self.check_fuse(group))
    setattr(System, "test_native_" + _group, lambda self, group=_group: self.check_native(group))


if __name__ == "__main__":
    harness.main()

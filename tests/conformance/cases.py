"""Conformance scripts: what POSIX and Linux say about each call, as calls to be
made, without the answers. Those the oracle gives, a file system of Linux's own
(test_conformance.py). See calls.h for the language.

Most cases are combinations: each call meets each kind of file at its end, in
its way, and under each kind of user.
"""

LONG = "x" * 255
TOO_LONG = "x" * 256
DEEP = "/".join(["d" * 200] * 20) + "/" + "e" * 70      # 4090 bytes
TOO_DEEP = DEEP + "/" + "f" * 10
USER, GROUP = 65534, 65533
OTHER = 65532
ALL = "type,mode,nlink,uid,gid,size"

# How to make each kind of file; the calls that follow then meet it.
KINDS = {
    "none": [],
    "file": ["create {0} 0644"],
    "dir": ["mkdir {0} 0755"],
    "fifo": ["mkfifo {0} 0644"],
    "socket": ["bind {0}"],
    "char": ["mknod {0} c 0644 1 3"],
    "block": ["mknod {0} b 0644 7 100"],
    "link": ["create target 0644", "symlink target {0}"],
    "dirlink": ["mkdir targetdir 0755", "symlink targetdir {0}"],
    "dangling": ["symlink nowhere {0}"],
    "loop": ["symlink {0} {0}"],
    "full": ["mkdir {0} 0755", "create {0}/inside 0644"],
}

# Calls of one path, with a path to be filled in.
ONE_PATH = [
    "create {0} 0644", "mkdir {0} 0755", "rmdir {0}", "unlink {0}", "mkfifo {0} 0644",
    "mknod {0} c 0644 1 3", "mknod {0} b 0644 1 3", "mknod {0} f 0600 0 0", "bind {0}", "symlink anything {0}",
    "readlink {0}", "stat {0} type", "lstat {0} type", "chmod {0} 0600", "chown {0} 65534 65533",
    "lchown {0} 65534 65533", "truncate {0} 10", "utimes {0} 5.6 7.8", "utimes {0} 5.6 7.8 nofollow",
    "access {0} 7", "access {0} 0", "chdir {0}", "list {0}", "limits {0}",
    "open {0} RDONLY,NONBLOCK", "open {0} RDWR,NONBLOCK", "open {0} RDONLY,CREAT,NONBLOCK 0644",
    "open {0} RDONLY,CREAT,EXCL,NONBLOCK 0644", "open {0} RDWR,CREAT,NONBLOCK 0644",
    "open {0} RDONLY,NOFOLLOW,NONBLOCK", "open {0} RDONLY,DIRECTORY", "open {0} RDONLY,DIRECTORY,NOFOLLOW",
    "open {0} RDWR,TRUNC,NONBLOCK", "open {0} PATH", "open {0} PATH,NOFOLLOW",
    "open {0} RDONLY,CREAT,DIRECTORY 0644",
    "setxattr {0} user.a b", "getxattr {0} user.a", "listxattr {0}", "removexattr {0} user.a",
    "setxattr {0} trusted.a b", "getxattr {0} trusted.a",
]
TWO_PATHS = [
    "link {0} {1}", "linkat {0} {1}", "rename {0} {1}", "rename {0} {1} NOREPLACE", "rename {0} {1} EXCHANGE",
]
# What the file, and its directory, have become.
LOOK = ["lstat {0} " + ALL, "list ."]


def fill(lines, *paths):
    return [line.format(*paths) for line in lines]


def title(*parts):
    """A name without blanks."""
    return "/".join(part.replace(" ", "_")[:60] for part in parts)


def kinds_at_the_end():
    for kind, make in KINDS.items():
        for call in ONE_PATH:
            yield title("end", kind, call), fill(make, "n") + fill([call], "n") + fill(LOOK, "n")
            # A trailing slash asks for a directory.
            yield title("slash", kind, call), fill(make, "n") + fill([call], "n/") + fill(LOOK, "n")


def two_kinds():
    for old, make_old in KINDS.items():
        for new, make_new in KINDS.items():
            for call in TWO_PATHS:
                setup = fill(make_old, "old") + [line.replace("target", "another") for line in fill(make_new, "new")]
                yield (title("two", old, new, call), setup + fill([call], "old", "new")
                       + ["lstat old type,nlink,size", "lstat new type,nlink,size", "list ."])


def ways_that_do_not_lead():
    ways = {
        "missing": ([], "missing/n"),
        "file": (["create f 0644"], "f/n"),
        "fifo": (["mkfifo f 0644"], "f/n"),
        "dangling": (["symlink nowhere f"], "f/n"),
        "loop": (["symlink b a", "symlink a b"], "a/n"),
        "long": ([], TOO_LONG),
        "longdir": ([], TOO_LONG + "/n"),
        "longest": ([], LONG),
        "deep": ([], TOO_DEEP),
        "deepest": ([], DEEP),
        "empty": ([], "%00"),
        "dot": ([], "."),
        "dotdot": (["mkdir d 0755"], "d/.."),
        "dirdot": (["mkdir d 0755"], "d/."),
        "many": (["create n 0644"], "./././/.//n"),
        "link40": (["create l0 0644"] + ["symlink l%d l%d" % (i, i + 1) for i in range(40)], "l40"),
        "link41": (["create l0 0644"] + ["symlink l%d l%d" % (i, i + 1) for i in range(41)], "l41"),
    }
    for way, (make, path) in ways.items():
        for call in ONE_PATH:
            if call.startswith("bind") and len(path) > 100:
                continue
            yield title("way", way, call), make + fill([call], path) + ["list ."]
        for call in TWO_PATHS:
            yield title("way1", way, call), make + ["mkdir other 0755"] + fill([call], path, "other/new") + ["list ."]
            yield title("way2", way, call), make + ["create first 0644"] + fill([call], "first", path) + ["list ."]


def permissions():
    """Each mode of a directory and of a file in it, for owner, group, supplementary group and others."""
    users = {"owner": "%d:%d" % (USER, GROUP), "group": "%d:%d" % (OTHER, GROUP),
             "supplementary": "%d:%d,%d" % (OTHER, OTHER, GROUP), "other": "%d:%d" % (OTHER, OTHER), "root": "0:0"}
    shifts = {"owner": 6, "group": 3, "supplementary": 3, "other": 0, "root": 0}
    calls = [call for call in ONE_PATH if "trusted" not in call and not call.startswith(("mknod {0} c", "mknod {0} b"))]
    for who, identity in users.items():
        for bits in range(8):
            mode = "%04o" % (bits << shifts[who])
            for call in calls:
                for made in (True, False):
                    setup = ["mkdir d 0777", "chown d %d %d" % (USER, GROUP)]
                    if made:
                        setup += ["create d/n 0666", "chown d/n %d %d" % (USER, GROUP)]
                    yield (title("dir", who, mode, "there" if made else "absent", call),
                           setup + ["chmod d " + mode] + ["as %s %s" % (identity, call.format("d/n"))]
                           + ["chmod d 0777", "lstat d/n " + ALL])
            for call in calls:
                yield (title("file", who, mode, call),
                       ["mkdir d 0777", "create d/n 0666", "chown d/n %d %d" % (USER, GROUP), "chmod d/n " + mode]
                       + ["as %s %s" % (identity, call.format("d/n"))] + ["lstat d/n " + ALL])


def sticky():
    """A sticky directory, with files and directories of one's own and others'."""
    for directory_owner in (0, USER, OTHER):
        for file_owner in (0, USER, OTHER):
            for kind in ("create {0} 0644", "mkdir {0} 0755", "symlink x {0}", "mkfifo {0} 0644"):
                setup = ["mkdir s 0777", kind.format("s/n"), "lchown s/n %d %d" % (file_owner, file_owner),
                         "chown s %d %d" % (directory_owner, directory_owner), "chmod s 1777", "mkdir free 0777",
                         "create free/m 0666", "chown free/m %d %d" % (USER, USER)]
                for call in ("unlink s/n", "rmdir s/n", "rename s/n free/o", "rename s/n s/o", "rename free/m s/n",
                             "rename free/m s/n EXCHANGE"):
                    yield (title("sticky", str(directory_owner), str(file_owner), kind, call),
                           setup + ["as %d:%d %s" % (USER, USER, call), "list s", "list free"])


def owners_and_modes():
    """chown and chmod by everybody, and what they do to set-id bits."""
    users = ["0:0", "%d:%d" % (USER, GROUP), "%d:%d,%d" % (USER, GROUP, OTHER), "%d:%d" % (OTHER, OTHER)]
    for kind in ("create n 0644", "mkdir n 0755"):
        for mode in ("0755", "2755", "4755", "6755", "6644", "2644", "2674", "7777", "1755"):
            setup = [kind, "chown n %d %d" % (USER, GROUP), "chmod n " + mode, "mark 0 n"]
            for who in users:
                for call in ("chown n -1 -1", "chown n %d -1" % USER, "chown n %d -1" % OTHER, "chown n -1 %d" % GROUP,
                             "chown n -1 %d" % OTHER, "lchown n -1 %d" % OTHER, "chown n %d %d" % (USER, OTHER),
                             "chmod n 0640", "chmod n 2755", "chmod n 6711", "chmod n 1777", "truncate n 5"):
                    yield (title("own", kind, mode, who, call),
                           setup + ["as %s %s" % (who, call), "lstat n " + ALL, "moved 0 n"])
            for who in users:
                yield (title("write", kind, mode, who),
                       setup + ["chmod n %s" % (mode[0] + "777"), "as %s hold 1 n WRONLY" % who, "as %s write 1 abc" % who,
                                "lstat n " + ALL])
    for mode in ("0755", "2755", "2777", "3777"):
        setup = ["mkdir d 0755", "chown d %d %d" % (USER, GROUP), "chmod d 0777", "chmod d " + mode]
        for who in ("0:0", "%d:%d" % (USER, OTHER), "%d:%d" % (USER, GROUP)):
            for call in ("create d/n 0666", "create d/n 2777", "create d/n 6755", "mkdir d/n 0777", "mkdir d/n 2777",
                         "mkdir d/n 1777", "mkfifo d/n 0666", "symlink x d/n", "mknod d/n f 4755 0 0",
                         "open d/n CREAT,RDWR 7777"):
                for mask in ("000", "022", "077", "777"):
                    yield (title("inherit", mode, who, call, mask),
                           setup + ["as %s umask %s %s" % (who, mask, call), "lstat d/n " + ALL, "lstat d " + ALL])


def times():
    """Which times each call moves, of the file and of its directory."""
    things = {
        "file": ["create d/n 0644", "hold 1 d/n RDWR", "write 1 hello", "close 1"],
        "dir": ["mkdir d/n 0755"],
        "link": ["create d/t 0644", "symlink t d/n"],
        "fifo": ["mkfifo d/n 0644"],
    }
    calls = ["chmod d/n 0600", "chmod d/n 0644", "chown d/n -1 -1", "chown d/n 5 6", "lchown d/n 7 -1", "link d/n d/m",
             "unlink d/n", "rmdir d/n", "rename d/n d/m", "rename d/n m", "truncate d/n 5", "truncate d/n 0",
             "truncate d/n 100", "open d/n RDWR,TRUNC,NONBLOCK", "open d/n RDONLY,NONBLOCK", "readlink d/n", "list d/n",
             "list d", "stat d/n type", "access d/n 4", "utimes d/n 5.6 7.8", "utimes d/n now omit", "utimes d/n omit now",
             "utimes d/n omit omit", "utimes d/n now now", "setxattr d/n user.a b", "setxattr d/n trusted.a b",
             "create d/m 0644", "mkdir d/m 0755", "symlink x d/m", "mkfifo d/m 0644", "bind d/m",
             "create d/n/m 0644", "mkdir d/n/m 0755"]
    for name, make in things.items():
        for call in calls:
            yield (title("times", name, call),
                   ["mkdir d 0755"] + make + ["mark 0 d", "mark 1 d/n", call, "moved 0 d", "moved 1 d/n", "moved 1 d/m"])
    for call in ("write 1 more", "read 1 3", "ftruncate 1 2", "ftruncate 1 5", "fchmod 1 0600", "fchown 1 1 1", "fsync 1",
                 "fallocate 1 0 100", "fallocate 1 0 5 keep,punch", "map 1 5 xy 1", "write 1 *0", "read 1 0"):
        yield (title("times", "open", call),
               ["create n 0644", "hold 1 n RDWR", "write 1 hello", "seek 1 0 set", "mark 0 n", call, "moved 0 n",
                "close 1", "moved 0 n"])
    owner, other = "%d:%d" % (USER, USER), "%d:%d" % (OTHER, OTHER)
    for mode in ("0644", "0666", "0444", "0222", "0000"):
        for who in ("0:0", owner, other):
            for call in ("utimes n 5.6 7.8", "utimes n now now", "utimes n now omit", "utimes n omit now",
                         "utimes n omit omit", "utimes n 5.6 omit", "utimes n omit 7.8", "utimes n now 3.4"):
                yield (title("utimes", mode, who, call),
                       ["create n 0644", "chown n %d %d" % (USER, USER), "chmod n " + mode, "utimes n 1.2 3.4",
                        "as %s %s" % (who, call)] + ([] if "now" in call else ["lstat n atime,mtime"]))
    for moment in ("0.0", "0.1", "0.999999999", "-1.0", "-2147483648.0", "2147483647.5", "2147483648.0", "4294967296.7",
                   "9223372036.0", "1.1000000000", "1.-5"):
        yield title("moment", moment), ["create n 0644", "utimes n 1.2 3.4", "utimes n %s %s" % (moment, moment), "lstat n atime,mtime"]


def contents():
    """What is read after writes, holes, truncations."""
    start = ["create n 0644", "hold 1 n RDWR"]
    look = ["fstat 1", "read 1 100000 0"]
    for size in (0, 1, 4095, 4096, 4097, 65536, 131072, 131073):
        yield title("size", str(size)), start + ["write 1 *%d" % size] + look + ["seek 1 0 hole", "seek 1 0 data"]
        for cut in (0, 1, 4095, 4096, 5000, 200000):
            yield (title("cut", str(size), str(cut)),
                   start + ["write 1 *%d" % size, "ftruncate 1 %d" % cut] + look + ["ftruncate 1 70000"] + look)
    for offset in (1, 4096, 10000, 1 << 20, 1 << 31, 1 << 32, (1 << 32) + 5, 1 << 40):
        yield (title("hole", str(offset)),
               start + ["write 1 end %d" % offset, "fstat 1", "read 1 10 %d" % offset, "read 1 5 %d" % (offset - 1),
                        "seek 1 0 data", "seek 1 0 hole", "seek 1 %d data" % (offset + 3), "seek 1 %d hole" % (offset + 2),
                        "seek 1 %d hole" % (offset + 3), "lstat n blocks"])
    for call in ("write 1 x -1", "write 1 x 9223372036854775807", "read 1 5 -1", "read 1 5 9223372036854775807",
                 "ftruncate 1 -1", "ftruncate 1 9223372036854775807", "seek 1 -1 set", "seek 1 9223372036854775807 set",
                 "seek 1 9223372036854775807 end", "seek 1 -10 current", "fallocate 1 -1 5", "fallocate 1 0 0",
                 "fallocate 1 0 -1", "fallocate 1 9223372036854775807 1", "fallocate 1 9223372036854775800 100",
                 "seek 1 -1 data", "seek 1 10 data", "seek 1 5 data", "seek 1 5 hole"):
        yield title("extreme", call), start + ["write 1 hello", call, "fstat 1"]
    for mode in ("keep", "keep,punch", "punch", "zero", "keep,zero", "collapse", "insert", "punch,zero"):
        for offset, length in ((0, 4096), (100, 200), (4096, 8192), (0, 100000), (30000, 10000), (50000, 4096), (4095, 2)):
            yield (title("fallocate", mode, str(offset), str(length)),
                   start + ["write 1 *40000", "fallocate 1 %d %d %s" % (offset, length, mode)] + look
                   + ["lstat n blocks", "seek 1 0 hole", "seek 1 0 data"])
    for offset, length in ((0, 1), (0, 5000), (100, 10), (39999, 2), (50000, 4096), (1 << 33, 4096)):
        yield (title("allocate", str(offset), str(length)),
               start + ["write 1 *40000", "fallocate 1 %d %d" % (offset, length), "fstat 1", "lstat n blocks"])
    for flags in ("RDONLY", "WRONLY", "RDWR", "RDWR,APPEND", "WRONLY,APPEND,TRUNC", "RDWR,TRUNC", "PATH"):
        for call in ("write 2 new", "write 2 new 1", "read 2 10", "read 2 3 1", "ftruncate 2 2", "fallocate 2 0 10",
                     "fsync 2", "fchmod 2 0600", "fchown 2 1 1", "seek 2 0 end", "fstat 2", "map 2 3 ab 1",
                     "flock 2 shared", "lock 2 read 0 10", "lock 2 write 0 10"):
            if "TRUNC" in flags and call.startswith("map"):
                continue        # beyond the end of a file a mapping is a signal
            yield (title("flags", flags, call),
                   start + ["write 1 hello", "hold 2 n " + flags, call, "write 2 +", "read 1 100 0", "fstat 1"])
    for call in ("unlink n", "rename n m", "rename m n", "chmod n 0", "truncate n 0"):
        yield (title("open", call),
               start + ["create m 0644", "write 1 hello", call, "read 1 10 0", "write 1 more", "read 1 20 0", "fstat 1",
                        "close 1", "list ."])
    yield title("open", "rmdir"), ["mkdir d 0755", "hold 1 d RDONLY,DIRECTORY", "rmdir d", "fstat 1", "create d 0644"]
    for first in ((0, 100), (50, 100), (1000, 5000), (39999, 100), (50000, 10), (0, 100000)):
        for to in (0, 100, 5000, 60000):
            yield (title("copy", str(first), str(to)),
                   start + ["write 1 *40000", "create m 0644", "hold 2 m RDWR", "write 2 old",
                            "copy 1 %d 2 %d %d" % (first[0], to, first[1]), "fstat 2", "read 2 100000 0"])
    for first, second, length in ((0, 10, 5), (0, 3, 10), (10, 0, 5), (0, 0, 5), (0, 5000, 100)):
        yield (title("copysame", str(first), str(second), str(length)),
               start + ["write 1 abcdefghijklmnopqrstuvwxyz", "copy 1 %d 1 %d %d" % (first, second, length), "read 1 60 0"])
    for big in (1 << 31, (1 << 32) - 1, 1 << 32, 1 << 42):
        yield title("big", str(big)), start + ["ftruncate 1 %d" % big, "fstat 1", "lstat n size,blocks", "truncate n 3", "fstat 1"]


def links():
    yield title("links", "count"), (["create n 0644"] + ["link n m%d" % i for i in range(30)]
                                    + ["stat n nlink", "same n m7", "unlink n", "stat m3 nlink", "unlink m3", "stat m4 nlink"])
    yield title("links", "dirs"), (["mkdir d 0755"] + ["mkdir d/s%d 0755" % i for i in range(10)]
                                   + ["stat d nlink", "rmdir d/s3", "stat d nlink", "rename d/s4 s4", "stat d nlink",
                                      "stat . nlink", "rename s4 d/s5", "stat d nlink", "create d/f 0644", "stat d nlink"])
    for target in ("x", "../..", "/", "a/b/c", "%20", "x" * 255, "y/" * 2000, "z" * 4095, "w" * 4096, "%FF%FE"):
        yield title("target", target[:10], str(len(target))), ["symlink %s s" % target, "readlink s", "lstat s size,mode"]
    for name in ("%01", "%7F", "%80%FF", "%5C", "%20a", "a%20", "...", ".hidden", "a:b", "%0A", LONG, "%C3%A4", "-", "~", "*"):
        yield (title("name", name[:10]),
               ["create %s 0644" % name, "stat %s type" % name, "mkdir d 0755", "rename %s d/%s" % (name, name),
                "list d", "unlink d/" + name, "list d"])


def renames():
    """Directories under one another, and over one another."""
    tree = ["mkdir a 0755", "mkdir a/b 0755", "mkdir a/b/c 0755", "create a/f 0644", "mkdir x 0755", "mkdir x/y 0755",
            "create x/f 0644", "mkdir e 0755"]
    paths = ["a", "a/b", "a/b/c", "a/f", "x", "x/y", "x/f", "e", "a/b/c/new", "x/new", ".", "a/..", "a/b/.", "e/..", "a/"]
    for old in paths:
        for new in paths:
            for flags in ("", " NOREPLACE", " EXCHANGE", " WHITEOUT", " NOREPLACE,EXCHANGE"):
                yield (title("tree", old, new, flags.strip() or "plain"),
                       tree + ["rename %s %s%s" % (old, new, flags), "list .", "list a", "list x", "list e", "stat a nlink",
                               "stat x nlink", "stat e nlink"])
    for flags in ("", " EXCHANGE"):
        for new in ("e", "e/new", "s"):
            yield (title("dotdot", new, flags.strip()),
                   tree + ["mkdir s 0755", "rename a/b %s%s" % (new, flags), "same %s/.. ." % new, "same %s/.. e" % new])
    owner = "%d:%d" % (USER, USER)
    for mode in ("0777", "0555", "0755"):
        yield (title("moveddir", mode),
               ["mkdir p 0777", "mkdir q 0777", "mkdir p/d 0755", "chown p/d %d %d" % (USER, USER), "chmod p/d " + mode,
                "as %s rename p/d q/d" % owner, "list p", "list q"])
        yield (title("moveddir", "other", mode),
               ["mkdir p 0777", "mkdir q 0777", "mkdir p/d 0755", "chmod p/d " + mode,
                "as %s rename p/d q/d" % owner, "as %s rename p/d p/e" % owner, "list p", "list q"])


def attributes():
    """Extended attributes."""
    start = ["create n 0666", "mkdir d 0777", "symlink n l", "mkfifo p 0666"]
    for path in ("n", "d", "l", "p"):
        for name in ("user.a", "trusted.a", "security.a", "system.a", "nothing.a", "user.", "user", "user." + "n" * 250,
                     "user." + "n" * 251, "system.posix_acl_access", "%00"):
            for who in ("0:0", "%d:%d" % (USER, USER)):
                yield (title("xattr", path, name[:20], str(len(name)), who),
                       start + ["as %s setxattr %s %s value" % (who, path, name), "as %s getxattr %s %s" % (who, path, name),
                                "as %s listxattr %s" % (who, path), "as %s removexattr %s %s" % (who, path, name),
                                "as %s removexattr %s %s" % (who, path, name), "listxattr " + path])
    for flags in ("", " create", " replace"):
        yield (title("xattr", "flags", flags),
               start + ["setxattr n user.a one" + flags, "getxattr n user.a", "setxattr n user.a two" + flags,
                        "getxattr n user.a", "listxattr n"])
    for size in (0, 1, 100, 4096, 65535, 65536, 65537):
        yield (title("xattr", "size", str(size)),
               start + ["setxattr n user.a *%d" % size, "getxattr n user.a", "getxattr n user.a 0", "getxattr n user.a 1",
                        "listxattr n"])
    yield (title("xattr", "many"),
           start + ["setxattr n user.%d *%d" % (i, i) for i in range(30)] + ["listxattr n", "rename n m", "listxattr m",
                                                                            "link m k", "getxattr k user.7"])
    for mode in ("0000", "0400", "0200"):
        yield (title("xattr", "mode", mode),
               start + ["setxattr n user.a b", "chown n %d %d" % (USER, USER), "chmod n " + mode]
               + ["as %d:%d %s" % (USER, USER, call) for call in
                  ("getxattr n user.a", "setxattr n user.b c", "listxattr n", "removexattr n user.a")])


def acls():
    """Access control lists: what they let whom do, how they go with modes, and what new files get of them."""
    named = "%d:%d" % (OTHER, OTHER)
    lists = {
        "minimal": "u:-:6,g:-:4,o:-:1", "mask": "u:-:6,g:-:4,m:-:2,o:-:1", "user": "u:-:7,u:%d:5,g:-:4,m:-:7,o:-:0" % OTHER,
        "masked": "u:-:7,u:%d:7,g:-:7,m:-:4,o:-:7" % OTHER, "nothing": "u:-:7,u:%d:0,g:-:7,m:-:7,o:-:7" % OTHER,
        "nomask": "u:-:6,u:%d:7,g:-:6,m:-:0,o:-:6" % OTHER, "group": "u:-:6,g:-:0,g:%d:6,g:77:1,m:-:7,o:-:4" % OTHER,
        "two": "u:-:6,g:-:4,g:%d:2,m:-:7,o:-:0" % OTHER, "order": "g:-:4,u:-:6,o:-:4", "incomplete": "u:-:6,u:5:4,g:-:4,o:-:4",
        "bits": "u:-:9,g:-:4,o:-:4", "short": "u:-:6,g:-:4",
    }
    both = ["getxattr {0} system.posix_acl_access", "getxattr {0} system.posix_acl_default", "listxattr {0}", "lstat {0} mode"]
    users = ("%d:%d" % (USER, GROUP), named, "%d:%d,%d" % (OTHER, OTHER, GROUP), "%d:%d,77" % (GROUP, GROUP), "0:0")
    for kind in ("file", "dir", "fifo", "link"):
        for name, entries in lists.items():
            setup = fill(KINDS[kind], "n") + ["lchown n %d %d" % (USER, GROUP), "mark 0 n"]
            for which in ("access", "default"):
                yield (title("acl", kind, name, which),
                       setup + ["setacl n %s %s" % (which, entries)] + fill(both, "n") + ["moved 0 n"]
                       + ["removexattr n system.posix_acl_" + which, "removexattr n system.posix_acl_" + which] + fill(both, "n"))
                for who in users:
                    yield (title("acl", "set", kind, name, which, who),
                           setup + ["as %s setacl n %s %s" % (who, which, entries), "lstat n mode",
                                    "as %s getxattr n system.posix_acl_%s" % (who, which),
                                    "as %s removexattr n system.posix_acl_%s" % (who, which), "lstat n mode"])
            for who in users:
                for mode in ("", "0750", "0705", "0777", "0000"):
                    yield (title("acl", "use", kind, name, who, mode),
                           setup + ["setacl n access " + entries] + (["chmod n " + mode] if mode else [])
                           + ["as %s access n %d" % (who, mask) for mask in range(8)] + fill(both, "n"))
                if kind == "dir":
                    yield (title("acl", "within", name, who),
                           setup + ["setacl n access " + entries, "create n/old 0666"]
                           + ["as %s %s" % (who, call) for call in
                              ("create n/new 0666", "list n", "stat n/old type", "unlink n/old", "chdir n")])
            if kind == "file":
                yield (title("acl", "open", name),
                       setup + ["setacl n access " + entries]
                       + ["as %s open n %s" % (who, how) for who in users for how in ("RDONLY", "WRONLY", "RDWR")])
    for name, entries in lists.items():
        setup = ["mkdir d 0755", "setacl d default " + entries, "chown d %d %d" % (USER, GROUP), "chmod d 2777"]
        for call in ("create d/n 0666", "create d/n 0600", "mkdir d/n 0777", "mkdir d/n 0700", "mkfifo d/n 0666",
                     "symlink x d/n", "bind d/n", "mknod d/n f 6777 0 0", "open d/n CREAT,RDWR 0640"):
            for mask in ("000", "022", "077", "777"):
                yield (title("acl", "inherit", name, call, mask),
                       setup + ["as %s umask %s %s" % (named, mask, call)] + fill(both, "d/n") + ["lstat d/n uid,gid"])
        yield (title("acl", "deeper", name),
               setup + ["umask 022 mkdir d/e 0755", "umask 022 create d/e/f 0644", "rename d/e/f f", "link f g"]
               + fill(both, "d/e") + fill(both, "g"))
    # Whoever is not in the group cannot leave set-group-id on a file by an ACL either.
    for kind in ("file", "dir"):
        for who in ("%d:%d" % (USER, GROUP), "%d:%d,%d" % (USER, OTHER, GROUP), "%d:%d" % (USER, OTHER), "0:0"):
            for call in ("setacl n access " + lists["user"], "setacl n access " + lists["minimal"],
                         "removexattr n system.posix_acl_access"):
                yield (title("acl", "setgid", kind, who, call),
                       fill(KINDS[kind], "n") + ["chown n %d %d" % (USER, GROUP), "chmod n 2775", "as %s %s" % (who, call),
                                                 "lstat n mode"])
    for count in (5, 100, 511, 512, 600):
        yield title("acl", "many", str(count)), ["create n 0644", "setacl n access *%d" % count, "getxattr n system.posix_acl_access"]
    for size in ("0", "1", "3", "4", "27", "29", "100"):
        yield (title("acl", "bytes", size),
               ["create n 0644", "setxattr n system.posix_acl_access *" + size, "getxattr n system.posix_acl_access"])


def flags():
    """Flags (chattr(1)): what immutable and append-only files and directories let be done to them, and by whom."""
    acl = "u:-:6,u:5:4,g:-:4,m:-:4,o:-:0"
    calls = ["open {0} RDONLY", "open {0} RDWR,APPEND", "open {0} RDWR", "open {0} WRONLY,APPEND,TRUNC", "truncate {0} 2",
             "truncate {0} 5", "truncate {0} 9", "chmod {0} 0600", "chown {0} 1 1", "chown {0} -1 -1", "utimes {0} now now",
             "utimes {0} 1.2 3.4", "utimes {0} now omit", "utimes {0} omit 5.6", "setxattr {0} user.b c", "removexattr {0} user.a",
             "getxattr {0} user.a", "setxattr {0} trusted.b c", "setacl {0} access " + acl, "link {0} m", "unlink {0}",
             "rmdir {0}", "rename {0} m", "rename other {0}", "rename other {0} EXCHANGE", "rename {0} other EXCHANGE",
             "create {0}/new 0644", "mkdir {0}/new 0755", "symlink x {0}/new", "mkfifo {0}/new 0644", "link other {0}/new",
             "unlink {0}/inside", "rmdir {0}/below", "rename {0}/inside {0}/new", "rename {0}/inside m", "rename other {0}/new",
             "rename other {0}/inside", "rename other {0}/inside EXCHANGE", "list {0}", "access {0} 4", "access {0} 2"]
    owner, other = "%d:%d" % (USER, GROUP), "%d:%d" % (OTHER, OTHER)
    kinds = {"file": ["create n 0644", "hold 1 n RDWR", "write 1 hello", "close 1"],
             "dir": ["mkdir n 0755", "create n/inside 0644", "mkdir n/below 0755"]}
    for kind, make in kinds.items():
        setup = make + ["setxattr n user.a b", "create other 0644", "chmod . 0777", "chown n %d %d" % (USER, GROUP), "mark 0 n"]
        for letters in ("i", "a", "ia", "d", "A"):
            for call in calls:
                for who in ("0:0", owner):
                    yield (title("flags", kind, letters, who, call),
                           setup + ["chattr n " + letters, "as %s %s" % (who, call.format("n")), "list .", "lstat n " + ALL,
                                    "lsattr n", "chattr n -"])
            for how in ("RDWR", "RDWR,APPEND"):
                if kind == "file":
                    for call in ("write 2 new", "ftruncate 2 9", "fallocate 2 0 20", "fallocate 2 0 3 keep,punch"):
                        yield (title("flags", "open", letters, how, call),
                               setup + ["chattr n " + letters, "hold 2 n " + how, call, "lstat n size", "chattr n -"])
        for letters in ("-", "i", "a", "d", "A", "iadA", "c", "ic"):
            for then in ("-", "i", "d", "id"):
                for who in ("0:0", owner, other):
                    yield (title("flags", "set", kind, letters, then, who),
                           setup + ["chattr n " + letters, "as %s chattr n %s" % (who, then), "lsattr n", "moved 0 n"])
    for kind in ("fifo", "char", "link"):
        yield title("flags", kind), fill(KINDS[kind], "n") + ["lsattr n", "chattr n d", "lsattr n"]
    yield (title("flags", "atime"),
           kinds["file"] + ["utimes n 1.0 2.0", "hold 1 n RDONLY", "chattr n A", "read 1 5 0", "stat n atime"])


def locks():
    """Locks of open files, which exclude each other also in one process."""
    start = ["create n 0644", "hold 1 n RDWR", "hold 2 n RDWR", "hold 3 n RDWR"]
    kinds = ("shared", "exclusive", "unlock")
    for first in kinds:
        for second in kinds:
            for third in kinds:
                yield (title("flock", first, second, third),
                       start + ["flock 1 " + first, "flock 2 " + second, "flock 1 " + third, "flock 3 exclusive",
                                "close 1", "flock 3 exclusive"])
    for first in ("read 0 10", "write 0 10", "write 5 0", "read 100 50"):
        for second in ("read 5 10", "write 5 10", "write 10 5", "write 0 0", "unlock 0 5", "read 149 1", "write 150 1"):
            yield (title("lock", first, second),
                   start + ["lock 1 " + first, "lock 2 " + second, "lock 1 unlock 3 4", "lock 3 write 3 4", "close 1",
                            "lock 3 write 0 0"])
    ranges = ("0 10", "5 10", "10 5", "15 0", "3 4", "9 1", "0 0")
    look = (["testlock 2 write %d 1" % at for at in (0, 3, 4, 9, 14, 15, 20)]
            + ["testlock 2 read 0 0", "lock 2 read 8 4", "testlock 2 write 0 0", "testlock 3 write 0 0"])
    for owner in ("lock", "plock"):
        for first in ("read ", "write "):
            for one in ranges:
                for second in ("read ", "write ", "unlock "):
                    for two in ranges:
                        yield (title(owner, first, one, second, two),
                               start + ["%s 1 %s" % (owner, first + one), "%s 1 %s" % (owner, second + two)] + look
                               + ["close 1", "testlock 2 write 0 0", "lock 3 write 0 0"])
    # Closing any file of a process takes the process's locks, and no others.
    yield (title("plock", "close"),
           start + ["plock 1 write 0 10", "lock 2 write 20 10", "flock 3 shared", "close 3", "testlock 2 write 0 10",
                    "hold 3 n RDWR", "testlock 3 read 20 1", "flock 3 exclusive"])
    for kind in ("RDONLY", "WRONLY", "RDWR", "PATH", "RDONLY,APPEND"):
        for call in ("lock", "plock"):
            yield (title("opened", call, kind),
                   ["create n 0644", "hold 1 n " + kind] + ["%s 1 %s 0 0" % (call, what) for what in ("read", "write", "unlock")]
                   + ["flock 1 shared", "flock 1 exclusive"])
    for bounds in ("-1 5", "9223372036854775807 1", "9223372036854775807 2", "9223372036854775807 0",
                   "1 9223372036854775807", "0 9223372036854775807", "2 9223372036854775807"):
        yield (title("bounds", bounds), start + ["lock 1 write " + bounds, "testlock 2 write 0 0", "testlock 1 write " + bounds])
    for call in ("lock 1 read 0 0", "lock 1 write 0 0", "flock 1 shared", "flock 1 exclusive"):
        yield title("lockdir", call), ["mkdir d 0755", "hold 1 d RDONLY", call]


def directories():
    for count in (0, 1, 100, 1000):
        yield (title("many", str(count)),
               ["mkdir d 0755"] + ["create d/%d 0644" % i for i in range(count)] + ["list d", "stat d nlink,size" if count == 0 else "stat d nlink"]
               + ["unlink d/%d" % i for i in range(0, count, 2)] + ["list d", "rmdir d"])
    for call in ("open d RDWR", "open d WRONLY", "open d RDONLY,TRUNC", "open d RDONLY,CREAT 0644", "open d RDONLY,APPEND",
                 "hold 1 d RDONLY", "open d TMPFILE,RDWR 0600", "open d TMPFILE,RDONLY 0600", "open . TMPFILE,WRONLY 0600"):
        yield (title("opendir", call), ["mkdir d 0755", call, "list ."])
    for call in ("read 1 10", "write 1 x", "ftruncate 1 0", "fsync 1", "fchmod 1 0700", "seek 1 0 end", "fallocate 1 0 10", "map 1 10 x 0"):
        yield title("dirfd", call), ["mkdir d 0755", "hold 1 d RDONLY", call]


GROUPS = {
    "end": kinds_at_the_end, "two": two_kinds, "ways": ways_that_do_not_lead, "permissions": permissions,
    "sticky": sticky, "owners": owners_and_modes, "times": times, "contents": contents, "links": links,
    "renames": renames, "attributes": attributes, "acls": acls, "flags": flags, "locks": locks, "directories": directories,
}


def script(group):
    """(number of cases, text) of a group."""
    lines, count = [], 0
    for name, calls in GROUPS[group]():
        lines.append("case " + name)
        lines += calls
        count += 1
    return count, "\n".join(lines) + "\n"

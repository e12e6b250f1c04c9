"""The `drydock` command, as people and programs use it."""

import json
import os
import signal
import stat
import subprocess
import tempfile
import unittest

import harness
import tap
from harness import Instance, command

COMMANDS = ["run", "stop", "restart", "ps", "ports", "lanes", "log", "mount", "umount", "fs", "net", "sh", "gdb",
            "doctor", "bench", "nice", "exec"]
FILES = ["ls", "cat", "put", "get", "mkdir", "rm", "mv", "stat", "df"]


class Usage(unittest.TestCase):
    def wrong(self, *arguments):
        result = command(*arguments)
        self.assertEqual(result.returncode, 2, arguments)
        self.assertEqual(result.stdout, "")
        self.assertIn("drydock", result.stderr)
        return result.stderr

    def test_wrong_usage_is_2(self):
        self.wrong()
        self.assertIn("`nonsense'", self.wrong("nonsense"))
        self.wrong("--nonsense")
        for verb in COMMANDS:
            self.wrong(verb, "--nonsense")
            self.assertIn("A-Z", self.wrong(verb, "--name", "a/b"))
            self.wrong(verb, "--name", "")
        for verb in ["restart", "mount", "umount", "gdb", "fs", "net", "bench"]:
            self.wrong(verb)
            self.wrong(verb, "one", "two", "three")
        self.wrong("exec")
        self.wrong("nice", "one", "two")
        self.wrong("nice", "--slice", "5")
        for value in ["32", "-1", "x", ""]:
            self.assertIn("a priority from 0 to 31", self.wrong("nice", "vfs", "--priority", value))
        for value in ["0", "1001", "1.5"]:
            self.assertIn("milliseconds from 1 to 1000", self.wrong("nice", "vfs", "--slice", value))
        for verb in ["run", "stop", "ps", "ports", "lanes", "log", "sh", "doctor"]:
            self.wrong(verb, "superfluous")

    def test_wrong_values_are_2(self):
        for value in ["0", "-1", "x", "3x", "", "99999999999999999999"]:
            self.wrong("run", "--cpus", value)
        for value in ["vfs", "=x", "vfs="]:
            self.wrong("run", "--wrap", value)
        for value in ["x", "-1", "", "1 "]:
            self.wrong("log", "-n", value)
        for arguments in [["put", "x"], ["get"], ["cat"], ["mv", "x"], ["get", "a", "b", "c"], ["ls", "-r"]]:
            self.wrong("fs", *arguments)

    def test_help_has_examples(self):
        for arguments in [[]] + [[verb] for verb in COMMANDS] + [["fs", verb] for verb in FILES]:
            result = command(*arguments, "--help", check=0)
            self.assertIn("Example", result.stdout, arguments)
            self.assertIn("Usage: " + " ".join(["drydock"] + arguments), result.stdout)
            self.assertEqual(result.stderr, "")

    def test_version(self):
        self.assertRegex(command("--version", check=0).stdout, r"^drydock \d+\.\d+\.\d+$")

    def test_output_that_cannot_be_written_fails(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run([harness.PROGRAM, "doctor"], stdout=full, stderr=subprocess.PIPE, text=True,
                                    timeout=harness.LIMIT, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("could not be written", result.stderr)


class Absent(unittest.TestCase):
    """Where nothing runs."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="drydock-test-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=directory.name)

    def test_says_how_to_start_one(self):
        for arguments in [["stop"], ["restart", "vfs"], ["ps"], ["ports"], ["lanes"], ["log"], ["nice"], ["fs", "ls"], ["sh"], ["exec", "true"],
                          ["mount", "/"], ["umount", "/"], ["gdb", "vfs"]]:
            result = command(*arguments, environment=self.environment, check=1)
            self.assertEqual(result.stderr, "drydock: no instance named 'default' is running; "
                             "start one with: drydock run\n")
            result = command(arguments[0], "--name", "other", *arguments[1:], environment=self.environment, check=1)
            self.assertIn("drydock run --name other", result.stderr)
            self.assertEqual(result.stdout, "")

    def test_manifest_errors_have_file_and_line(self):
        path = os.path.join(self.directory, "wrong.manifest")
        with open(path, "w", encoding="utf-8") as file:
            file.write("[service vfs]\nnumber = 4\nnonsense = 1\n")
        result = command("run", "--manifest", path, environment=self.environment, check=1)
        self.assertIn(path + ":3", result.stderr)
        result = command("run", "--manifest", path + ".absent", environment=self.environment, check=1)
        self.assertIn("No such file", result.stderr)
        self.assertEqual(os.listdir(self.directory), ["wrong.manifest"])

    def test_servers_must_be_known(self):
        for arguments in [["--gdb", "nonsense"], ["--wrap", "nonsense=true"]]:
            result = command("run", *arguments, environment=self.environment, check=1)
            self.assertIn("no server `nonsense'", result.stderr)

    def test_mount_point_must_be_there(self):
        result = command("run", "-d", "--mount", self.directory + "/absent", environment=self.environment)
        self.assertEqual(result.returncode, 1)
        self.assertIn("absent", result.stderr)
        self.assertFalse(os.path.exists(self.directory + "/drydock/default"))


class Doctor(unittest.TestCase):
    def test_report(self):
        result = command("doctor", "--json")
        report = json.loads(result.stdout)
        self.assertEqual(result.returncode, 0 if report["essentials"] else 1)
        names = {check["name"] for check in report["checks"]}
        for name in ["FUSE", "TUN", "io_uring", "user namespaces", "ptrace", "core files", "memory objects"]:
            self.assertIn(name, names)
        for check in report["checks"]:
            self.assertTrue(check["detail"] and check["purpose"])
        self.assertTrue(report["placement"]["reason"])
        self.assertTrue(set(report["placement"]["cpus"]) <= os.sched_getaffinity(0))

    def test_text_tells_the_same(self):
        report = json.loads(command("doctor", "--json").stdout)
        text = command("doctor").stdout
        for check in report["checks"]:
            self.assertIn(check["detail"], text)
        self.assertIn(report["placement"]["reason"], text)
        self.assertNotIn("\033", text)


class Bench(unittest.TestCase):
    def test_names_the_instance_that_it_boots(self):
        instance = Instance(name="measured")
        self.addCleanup(instance.clean)
        result = instance.command("bench", "boot", "--rounds", "1", "--json", check=0)
        self.assertEqual(len(json.loads(result.stdout)["boot"]), 2)
        instance.assert_gone()

    def test_network(self):
        reason = tap.obstacle()
        if reason:
            self.skipTest(reason)
        instance = Instance(name="measured")
        self.addCleanup(instance.clean)
        result = instance.command("bench", "net", "--rounds", "1", "--time", "5", "--only", "requests", "--json", check=0)
        rows = {row["name"]: row["median"] for row in json.loads(result.stdout)["net"]}
        for peer in ["drydock", "floor", "linux veth"]:
            self.assertIn("64-byte requests, one CPU: " + peer, rows)
        self.assertGreater(min(rows.values()), 0)
        instance.assert_gone()

    def test_an_instance_that_runs_is_not_touched(self):
        with Instance() as instance:
            before = instance.pid("kernel")
            for part in ["boot", "ipc"]:
                result = instance.command("bench", part, "--rounds", "1", check=1)
                self.assertIn("an instance named 'test' runs already", result.stderr)
                self.assertEqual(result.stdout, "")
            self.assertEqual(instance.pid("kernel"), before)


class Running(unittest.TestCase):
    """One instance for all of these."""

    @classmethod
    def setUpClass(cls):
        cls.instance = Instance()
        cls.instance.__enter__()
        cls.scratch = tempfile.TemporaryDirectory(prefix="drydock-test-")

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()
        cls.instance.__exit__(None, None, None)

    def fs(self, *arguments, **options):
        options.setdefault("check", 0)
        return self.instance.command("fs", *arguments, **options)

    def fails(self, *arguments, message):
        result = self.fs(*arguments, check=1)
        self.assertEqual(result.stderr, "drydock: fs: %s\n" % message)
        return result

    def local(self, name, content=None, mode=None):
        path = os.path.join(self.scratch.name, name)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
        if mode is not None:
            os.chmod(path, mode)
        return path

    def test_ps(self):
        processes = self.instance.processes()
        numbers = {"kernel": 0, "init": 1, "log": 2, "scheduler": 3, "vfs": 4, "netstack": 6}
        for name, number in numbers.items():
            self.assertEqual(processes[name]["pid"], number)
            self.assertIsNotNone(harness.birth(processes[name]["linux_pid"]))
            self.assertIn(processes[name]["state"], ["running", "blocked"])
        self.assertEqual(len({processes[name]["linux_pid"] for name in numbers}), len(numbers))
        lines = self.instance.command("ps", check=0).stdout.splitlines()
        self.assertEqual(lines[0].split()[:4], ["PID", "NAME", "LINUX", "PID"])
        # What was restarted comes after the others.
        self.assertEqual(sorted(line.split()[1] for line in lines[1:7]), sorted(numbers))

    def test_ports_and_lanes(self):
        ports = json.loads(self.instance.command("ports", "--json", check=0).stdout)
        self.assertIn("vfs", {port["owner"] for port in ports})
        lanes = json.loads(self.instance.command("lanes", "--json", check=0).stdout)
        self.assertIn(("vfs", "log"), {(lane["client"], lane["server"]) for lane in lanes})
        self.assertRegex(self.instance.command("ports", check=0).stdout, r"(?m)^ *\d+  vfs ")
        self.assertRegex(self.instance.command("lanes", check=0).stdout, r"(?m)^ *\d+  vfs +log +\d+  log ")

    def test_a_second_of_the_same_name(self):
        result = self.instance.command("run", "-d", check=1)
        self.assertIn("runs already", result.stderr)
        self.assertIn("drydock stop --name test", result.stderr)
        self.assertEqual(result.stderr.count("runs already"), 1)
        self.instance.command("ps", check=0)

    def test_another_beside_it(self):
        with Instance(name="other", runtime=self.instance.runtime) as other:
            self.assertNotEqual(other.pid("vfs"), self.instance.pid("vfs"))
            other.command("fs", "put", "-", "/mine", data="x", check=0)
            self.fails("cat", "/mine", message="cat: /mine: No such file or directory")

    def test_put_and_get(self):
        for name, size in [("empty", 0), ("small", 5), ("chunk", 128 * 1024), ("big", 5 * 1024 * 1024 + 4321)]:
            content = os.urandom(size)
            source = self.local(name, content, 0o641)
            self.fs("put", source, "/" + name)
            target = self.local(name + ".back")
            self.fs("get", "/" + name, target)
            with open(target, "rb") as file:
                self.assertEqual(file.read(), content, name)
            self.assertEqual(stat.S_IMODE(os.stat(target).st_mode), 0o641)
            self.assertEqual(self.fs("cat", "/" + name, text=False).stdout, content)
            self.assertIn("0641 -rw-r----x", self.fs("stat", "/" + name).stdout)

    def test_put_replaces(self):
        self.fs("put", "-", "/replaced", data="long content\n")
        self.fs("put", "-", "/replaced", data="short\n")
        self.assertEqual(self.fs("cat", "/replaced").stdout, "short\n")

    def test_put_and_get_in_directories(self):
        self.fs("mkdir", "/directory")
        self.fs("put", self.local("inner", b"inner\n"), "/directory")
        self.assertEqual(self.fs("ls", "directory").stdout, "inner\n")
        self.fs("get", "/directory/inner", self.scratch.name)
        self.assertEqual(self.fs("get", "/directory/inner", "-").stdout, "inner\n")
        self.fails("put", "-", "/directory", message="put: /directory: Is a directory")
        self.fails("put", self.scratch.name, "/directory/d", message="put: %s: Is a directory" % self.scratch.name)
        self.fails("cat", "/directory", message="cat: /directory: Is a directory")

    def test_ls(self):
        self.fs("mkdir", "/listed", "/listed/b")
        self.fs("put", "-", "/listed/a", data="abc")
        self.assertEqual(self.fs("ls", "/listed").stdout, "a\nb\n")
        lines = self.fs("ls", "-l", "/listed").stdout.splitlines()
        self.assertRegex(lines[0], r"^-rw-r--r-- +1 +\d+ +\d+ +3 \d{4}-\d\d-\d\d \d\d:\d\d a$")
        self.assertRegex(lines[1], r"^drwxr-xr-x +2 ")
        self.assertEqual(self.fs("ls", "/listed/a").stdout, "/listed/a\n")
        self.fails("ls", "/absent", message="ls: /absent: No such file or directory")
        both = self.fs("ls", "/listed/b", "/listed").stdout
        self.assertEqual(both, "/listed/b:\n\n/listed:\na\nb\n")

    def test_many_names(self):
        self.fs("mkdir", "/many")
        names = ["a-file-with-a-long-name-%04d" % number for number in range(900)]
        self.fs("mkdir", *["/many/" + name for name in names])
        self.assertEqual(self.fs("ls", "/many").stdout.splitlines(), names)
        self.fs("rm", "-r", "/many")
        self.assertNotIn("many", self.fs("ls").stdout.splitlines())

    def test_mv(self):
        self.fs("put", "-", "/from", data="moved")
        self.fs("mv", "/from", "/to")
        self.assertEqual(self.fs("cat", "/to").stdout, "moved")
        self.fs("mkdir", "/goal")
        self.fs("mv", "/to", "/goal")
        self.assertEqual(self.fs("cat", "/goal/to").stdout, "moved")
        self.fails("mv", "/from", "/to", message="mv: /from: No such file or directory")
        self.fails("mv", "/goal/to", "/goal", "/goal/to", message="mv: /goal/to: Not a directory")

    def test_rm(self):
        self.fs("mkdir", "/tree", "/tree/a", "/tree/a/b", "/tree/c")
        self.fs("put", "-", "/tree/a/b/file", data="x")
        result = self.fs("rm", "/tree", check=1)
        self.assertIn("rm -r", result.stderr)
        self.fs("rm", "-r", "/tree/")
        self.fails("stat", "/tree", message="stat: /tree: No such file or directory")
        self.assertIn("root", self.fs("rm", "-r", "/", check=1).stderr)
        self.fails("rm", "", message="rm: : No such file or directory")

    def test_a_deep_tree(self):
        path = ""
        paths = []
        for _ in range(1000):
            path += "/d"
            paths.append(path)
        self.fs("mkdir", *paths)
        self.fs("rm", "-r", "/d")
        self.fails("stat", "/d", message="stat: /d: No such file or directory")

    def test_some_fail_and_the_rest_is_done(self):
        self.fs("put", "-", "/there", data="there\n")
        result = self.fs("cat", "/absent", "/there", check=1)
        self.assertEqual(result.stdout, "there\n")
        self.assertEqual(result.stderr, "drydock: fs: cat: /absent: No such file or directory\n")

    def test_errors_name_the_local_file(self):
        self.fails("put", "/nonexistent", "/x", message="put: /nonexistent: No such file or directory")
        self.fs("put", "-", "/source", data="x")
        self.fails("get", "/source", "/nonexistent/x", message="get: /nonexistent/x: No such file or directory")
        with open("/dev/full", "wb") as full:
            result = subprocess.run([harness.PROGRAM, "fs", "--name", "test", "cat", "/source"], stdout=full,
                                    stderr=subprocess.PIPE, text=True, env=self.instance.environment,
                                    timeout=harness.LIMIT, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("standard output: No space left on device", result.stderr)

    def test_df(self):
        lines = self.fs("df").stdout.splitlines()
        self.assertEqual(len(lines), 2)
        self.assertRegex(lines[1], r"iB.* /$")

    def test_log(self):
        text = self.instance.command("log", check=0).stdout
        self.assertRegex(text, r"(?m)^\d\d:\d\d:\d\d\.\d{6} \[vfs\] Ready for file operations$")
        entries = [json.loads(line) for line in self.instance.command("log", "--json", check=0).stdout.splitlines()]
        self.assertIn("Ready for file operations", [entry["text"] for entry in entries])
        sequences = [entry["sequence"] for entry in entries]
        self.assertEqual(sequences, sorted(set(sequences)))
        last = self.instance.command("log", "-n", "2", check=0).stdout.splitlines()
        self.assertEqual(len(last), 2)
        self.assertEqual(self.instance.command("log", "-n", "0", check=0).stdout, "")

    def test_restart_and_follow(self):
        with self.instance.spawn("log", "-f", "-n", "0") as follower:
            before = self.instance.pid("vfs")
            self.fs("put", "-", "/lost", data="x")
            result = self.instance.command("restart", "vfs", check=0)
            self.assertIn("tmpfs", result.stdout)
            self.assertNotEqual(self.instance.pid("vfs"), before)
            self.assertIsNone(harness.birth(before))
            self.fails("cat", "/lost", message="cat: /lost: No such file or directory")
            for line in follower.stdout:
                if "Ready for file operations" in line:
                    break
            else:
                self.fail("the follower did not see that vfs came back")
            follower.send_signal(signal.SIGINT)

    def test_nice(self):
        def shown(*arguments):
            lines = self.instance.command("nice", *arguments, check=0).stdout.splitlines()
            self.assertEqual(lines[0].split(), ["PID", "NAME", "PRIORITY", "SLICE"])
            return {line.split()[1]: " ".join(line.split()[2:]) for line in lines[1:]}

        before = shown()
        self.assertLessEqual({"init", "log", "scheduler", "vfs"}, before.keys())
        self.assertEqual(set(before.values()), {"16 10 ms"})
        self.assertEqual(shown("vfs", "--priority", "9", "--slice", "5"), {"vfs": "9 5 ms"})
        self.assertEqual(shown("vfs", "-p", "10"), {"vfs": "10 5 ms"})
        self.assertEqual(shown(), dict(before, vfs="10 5 ms"))
        self.assertEqual(self.instance.processes()["vfs"]["priority"], 10)
        # The shell's says the same.
        self.assertEqual(self.instance.command("sh", "-c", "nice -s 6 vfs", check=0).stdout.split()[-4:],
                         ["vfs", "10", "6", "ms"])
        # Without its scheduler all are equal.
        self.instance.command("restart", "scheduler", check=0)
        self.assertEqual(shown(), before)
        self.assertEqual(self.instance.processes()["vfs"]["priority"], 16)
        for name in ["nonsense", "kernel", "nice"]:
            result = self.instance.command("nice", name, check=1)
            self.assertIn("no server `%s'" % name, result.stderr)

    def test_restart_of_the_unknown(self):
        result = self.instance.command("restart", "nonsense", check=1)
        self.assertIn("no server `nonsense'", result.stderr)

    def test_gdb_of_the_unknown(self):
        result = self.instance.command("gdb", "nonsense", check=1)
        self.assertIn("no server `nonsense'", result.stderr)

    def test_mount_needs_a_directory(self):
        result = self.instance.command("mount", "/nonexistent/x", check=1)
        self.assertIn("/nonexistent/x", result.stderr)
        result = self.instance.command("umount", self.scratch.name, check=1)
        self.assertIn(self.scratch.name, result.stderr)


class Mounting(unittest.TestCase):
    def setUp(self):
        obstacle = harness.fuse_obstacle()
        if obstacle:
            self.skipTest(obstacle)
        directory = tempfile.TemporaryDirectory(prefix="drydock-test-")
        self.addCleanup(directory.cleanup)
        self.point = directory.name

    def test_mount_and_umount(self):
        with Instance() as instance:
            instance.command("mount", self.point, check=0)
            self.assertTrue(harness.mounted(self.point))
            with open(os.path.join(self.point, "file"), "w", encoding="utf-8") as file:
                file.write("through Linux\n")
            self.assertEqual(instance.command("fs", "cat", "/file", check=0).stdout, "through Linux\n")
            self.assertEqual(instance.command("mount", self.point).returncode, 1)
            self.assertEqual(instance.command("umount", self.point, check=0).stdout, "")
            self.assertFalse(harness.mounted(self.point))

    def test_a_busy_mount_is_detached(self):
        with Instance() as instance:
            instance.command("mount", self.point, check=0)
            with open(os.path.join(self.point, "busy"), "w", encoding="utf-8"):
                result = instance.command("umount", self.point, check=0)
                self.assertIn("in use and is detached", result.stdout)
            self.assertFalse(harness.mounted(self.point))

    def test_stop_detaches_a_busy_mount(self):
        with Instance("--mount", self.point) as instance:
            file = open(os.path.join(self.point, "busy"), "wb", buffering=0)
            result = instance.stop()
            self.assertIn("%s was in use and is detached" % self.point, result.stdout)
            instance.assert_gone()
            with self.assertRaises(OSError):
                file.write(b"x")
            try:
                file.close()
            except OSError:
                pass
        self.assertFalse(harness.mounted(self.point))

    def test_a_killed_host_leaves_a_mount_that_the_next_run_clears(self):
        instance = Instance("--mount", self.point)
        try:
            instance.start()
            host = os.pidfd_open(instance.pid("kernel"))
            others = [os.pidfd_open(record["linux_pid"]) for name, record in instance.processes().items()
                      if name != "kernel"]
            signal.pidfd_send_signal(host, signal.SIGKILL)
            for descriptor in [host] + others:
                # Readable when it has ended.
                self.assertTrue(harness_wait(descriptor))
                os.close(descriptor)
            instance.seen.clear()
            instance.start()
            with open(os.path.join(self.point, "file"), "w", encoding="utf-8"):
                pass
            instance.stop()
            instance.assert_gone()
            self.assertFalse(harness.mounted(self.point))
        finally:
            instance.clean()


def harness_wait(descriptor):
    import select
    return bool(select.select([descriptor], [], [], harness.LIMIT)[0])


class BootFailure(unittest.TestCase):
    """What a boot that fails says, and where."""

    def manifest(self, text):
        file = tempfile.NamedTemporaryFile("w", prefix="drydock-test-", suffix=".manifest")
        self.addCleanup(file.close)
        file.write(text)
        file.flush()
        return file.name

    def boot(self, *arguments):
        """Boots in the foreground and in the background; both must fail. Returns what each printed."""
        for background in [[], ["-d"]]:
            instance = Instance()
            self.addCleanup(instance.clean)
            yield instance.command("run", *background, *arguments, check=1)
            instance.assert_gone()

    def test_the_reason_of_who_is_granted_nothing(self):
        manifest = self.manifest("[service log]\nnumber = 2\n[service scheduler]\nnumber = 3\n")
        for result in self.boot("--manifest", manifest):
            self.assertIn("drydock: run: scheduler ended with code 1\n", result.stderr)
            self.assertIn('[scheduler] the kernel does not take the table (is "switch" granted?)', result.stderr)

    def test_the_reason_that_is_in_the_log(self):
        manifest = self.manifest("[service log]\nnumber = 2\nauthorities = console\n"
                                 "[service vfs]\nnumber = 4\ncalls = log\noptions = size=x\nrestart = never\n")
        for result in self.boot("--manifest", manifest):
            self.assertIn("drydock: run: vfs ended with code 1\n", result.stderr)
            self.assertIn("[vfs] cannot mount tmpfs: option size= is wrong", result.stdout + result.stderr)

    def test_what_cannot_be_mounted(self):
        obstacle = harness.fuse_obstacle()
        if obstacle:
            self.skipTest(obstacle)
        for result in self.boot("--mount", "/nonexistent/directory"):
            self.assertTrue(result.stderr.startswith("drydock: run: /nonexistent/directory does not exist"))
            self.assertEqual(len(result.stderr.splitlines()), 1)


class Foreground(unittest.TestCase):
    def lines_until(self, process, text):
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if text in line:
                return lines
        self.fail("the output ended before `%s':\n%s" % (text, "\n".join(lines)))

    def run_until_interrupted(self, *arguments):
        instance = Instance()
        self.addCleanup(instance.clean)
        process = instance.spawn("run", *arguments, stderr=subprocess.STDOUT)
        self.addCleanup(process.stdout.close)
        lines = self.lines_until(process, "Ctrl-C")
        instance.processes()
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        self.assertEqual(process.wait(harness.LIMIT), 0)
        instance.assert_gone()
        return lines

    def test_boot_log_and_interrupt(self):
        lines = self.run_until_interrupted()
        order = ["[init] init_server started (PID 1)", "[log] log_server started (PID 2)",
                 "[scheduler] scheduler_server started (PID 3)", "[vfs] vfs_server started (PID 4)",
                 "[vfs] Ready for file operations", "[init] All services started"]
        places = [next((i for i, line in enumerate(lines) if text in line), None) for text in order]
        self.assertNotIn(None, places, "\n".join(lines))
        self.assertEqual(places, sorted(places), "\n".join(lines))
        self.assertTrue(any("ps --name test" in line for line in lines))
        self.assertTrue(any("gdb vfs --name test" in line for line in lines))

    def test_mount_auto(self):
        obstacle = harness.fuse_obstacle()
        lines = self.run_until_interrupted("--mount", "auto")
        if obstacle:
            self.assertTrue(any("nothing is mounted" in line for line in lines))
            self.skipTest(obstacle)
        self.assertTrue(any("drydock/test/mnt" in line for line in lines))


if __name__ == "__main__":
    harness.main()

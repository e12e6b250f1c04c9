"""Completion in a real interactive bash: what the Tab key makes of a line."""

import os
import pty
import select
import signal
import tempfile
import unittest

import harness
from harness import Instance

LIBRARY = "/usr/share/bash-completion/bash_completion"
SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "completion", "drydock.bash")
PROMPT = "prompt> "


class Shell:
    """An interactive bash on a terminal of its own."""

    def __init__(self, environment, directory):
        environment = dict(environment, PS1=PROMPT, TERM="dumb", LC_ALL="C", INPUTRC="/dev/null",
                           PATH=os.path.dirname(harness.PROGRAM) + ":" + os.environ["PATH"])
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], environment)
        self.unread = ""
        self.until(PROMPT)
        for line in ["bind 'set show-all-if-ambiguous on'", "bind 'set enable-bracketed-paste off'",
                     "source " + LIBRARY, "source " + SCRIPT]:
            self.type(line + "\n")
            self.until(PROMPT)

    def type(self, text):
        os.write(self.terminal, text.encode())

    def until(self, text):
        """Reads until `text` came; returns all up to it. What came after it is for the next."""
        while text not in self.unread:
            if not select.select([self.terminal], [], [], harness.LIMIT)[0]:
                raise AssertionError("no `%s' in `%s'" % (text, self.unread))
            self.unread += os.read(self.terminal, 4096).decode(errors="replace")
        end = self.unread.index(text) + len(text)
        seen, self.unread = self.unread[:end], self.unread[end:]
        return seen

    def complete(self, line, expected):
        """Types `line` and Tab; `expected` must come. Returns what came, with the line taken back."""
        self.type(line)
        self.until(line)
        self.type("\t")
        seen = self.until(expected)
        # Control-U; then a line whose echo is not its output.
        self.type("\x15echo do''ne\n")
        seen += self.until("done")
        self.until(PROMPT)
        return seen

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


class Completion(unittest.TestCase):
    def setUp(self):
        if not os.path.exists(LIBRARY):
            self.skipTest("bash-completion is not installed")
        directory = tempfile.TemporaryDirectory(prefix="drydock-test-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def shell(self, instance):
        shell = Shell(instance.environment, self.directory)
        self.addCleanup(shell.close)
        return shell

    def test_commands_instances_and_servers(self):
        with Instance() as instance:
            shell = self.shell(instance)
            shell.complete("drydock resta", "rt ")
            shell.complete("drydock ps --na", "me ")
            shell.complete("drydock ps --name te", "st ")
            shell.complete("drydock restart --name test s", "cheduler ")
            shell.complete("drydock nice --name test --priority 20 s", "cheduler ")
            shell.complete("drydock nice --sl", "ice ")
            shell.complete("drydock run --m", "--mount")
            shell.complete("drydock bench --name test b", "oot ")

    def test_files(self):
        with Instance() as instance:
            instance.command("fs", "mkdir", "/dir", "/two words", check=0)
            instance.command("fs", "put", "-", "/dir/file", data="x", check=0)
            shell = self.shell(instance)
            shell.complete("drydock fs --name test ls /d", "ir/")
            shell.complete("drydock fs --name test cat /dir/", "file")
            shell.complete("drydock fs --name test ls /tw", "o\\ words/")
            shell.complete("drydock fs --name test ls /two\\ w", "ords/")
            shell.complete("drydock fs --name test ls '/tw", "o words/'")

    def test_a_files_name_is_no_command(self):
        with Instance() as instance:
            name = "$(touch mark)`touch mark`"
            instance.command("fs", "put", "-", "/" + name, data="x", check=0)
            instance.command("fs", "mkdir", "/other", check=0)
            shell = self.shell(instance)
            self.assertIn(name, shell.complete("drydock fs --name test cat /", "other/"))
            shell.complete("drydock fs --name test cat /\\$", "touch")
            self.assertEqual(os.listdir(self.directory), [])


if __name__ == "__main__":
    harness.main()

"""What the QEMU tests share: the built image in a virtual machine, its serial
line, and boot archives made for a test.

Meson passes the build directory in DRYDOCK_BUILD. All runs are emulated (TCG):
the same everywhere, and KVM is not needed.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))

import harness  # noqa: E402 (found by the line above)

BUILD = harness.BUILD
ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
METAL = os.path.join(BUILD, "src", "arch", "x86_64")
KERNEL = os.path.join(METAL, "drydock-kernel")
ARCHIVE = os.path.join(METAL, "user", "boot.cpio")
QEMU = "qemu-system-x86_64"
LIMIT = 600             # seconds, after which what was to happen has not
IMAGES = ("init", "log", "netstack", "scheduler", "vfs", "shell")


def need_qemu():
    """Ends the program where there is no QEMU."""
    if shutil.which(QEMU) is None:
        print("1..0 # SKIP %s is not installed: scripts/setup installs it" % QEMU)
        sys.exit(0)


def image(name):
    with open(os.path.join(METAL, "user", "metal-" + name), "rb") as file:
        return file.read()


def flat_manifest(path):
    """The flat form of a manifest."""
    with tempfile.NamedTemporaryFile() as output:
        subprocess.run([os.path.join(BUILD, "sim", "manifest", "drydock-manifest"), path, output.name], check=True)
        return output.read()


def archive(files):
    """A boot archive of a dictionary from name to bytes."""
    with tempfile.TemporaryDirectory() as directory:
        arguments = []
        for name, data in files.items():
            path = os.path.join(directory, name)
            with open(path, "wb") as file:
                file.write(data)
            arguments.append("%s=%s" % (name, path))
        output = os.path.join(directory, "boot.cpio")
        subprocess.run([sys.executable, os.path.join(ROOT, "scripts", "boot-archive"), output, *arguments], check=True)
        with open(output, "rb") as file:
            return file.read()


def standard_files():
    """What the built archive has in it."""
    files = {name: image(name) for name in IMAGES}
    with open(os.path.join(METAL, "user", "metal.manifest.flat"), "rb") as file:
        files["manifest"] = file.read()
    return files


class Machine:
    """A virtual machine. Leaving the `with` ends it."""

    def __init__(self, *arguments, memory=64, archive=ARCHIVE, kernel=KERNEL):
        self.scratch = tempfile.TemporaryDirectory(prefix="drydock-qemu-")
        self.lines = []
        self.heard = ""     # by expect(), what it has not yet looked at
        command = [QEMU, "-machine", "accel=tcg", "-m", str(memory), "-display", "none", "-serial", "stdio",
                   "-monitor", "unix:monitor,server=on,wait=off", "-no-reboot", "-nic", "none"]
        if kernel:
            command += ["-kernel", kernel]
        if isinstance(archive, bytes):
            path = os.path.join(self.scratch.name, "boot.cpio")
            with open(path, "wb") as file:
                file.write(archive)
            archive = path
        if archive:
            command += ["-initrd", archive]
        # Sockets are named by short paths: relative to the scratch directory, where it runs.
        self.process = subprocess.Popen(command + list(arguments), cwd=self.scratch.name, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.timer = threading.Timer(LIMIT, self.process.kill)
        self.timer.start()

    def read_until(self, *patterns):
        """Reads lines up to the first that one of the patterns is found in, and returns that one."""
        while True:
            line = self.process.stdout.readline().decode("utf-8", "replace").rstrip("\r\n")
            if not line and self.process.poll() is not None:
                raise AssertionError("the machine ended before %s:\n%s" % (patterns, "\n".join(self.lines)))
            self.lines.append(line)
            if any(re.search(pattern, line) for pattern in patterns):
                return line

    def type(self, text):
        """Sends bytes over the serial line."""
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def expect(self, pattern):
        """Reads up to where the pattern is found, which may be within a line, and returns what comes before its end.
        After this, read_until() is no longer to be used: it would miss what has been read beyond that."""
        while True:
            found = re.search(pattern, self.heard)
            if found:
                before, self.heard = self.heard[:found.end()], self.heard[found.end():]
                return before
            data = self.process.stdout.read1(4096)
            if not data:
                raise AssertionError("the machine ended before %s:\n%s" % (pattern, self.heard))
            # What is expected is ASCII; a character may be cut in two here.
            self.heard += data.decode("latin-1")

    def boot(self):
        """Until all is up; returns the lines so far."""
        last = self.read_until(r"^\[init\] Waiting for events\.\.\.$", "halted$")
        if last.endswith("halted"):
            raise AssertionError("it has halted:\n" + "\n".join(self.lines))
        return self.lines

    def monitor(self, command):
        """Gives QEMU's monitor a command; returns what it says, and the command among it."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(os.path.join(self.scratch.name, "monitor"))
            connection.sendall(command.encode() + b"\n")
            connection.shutdown(socket.SHUT_WR)
            heard = b""
            while data := connection.recv(4096):
                heard += data
        return heard.decode("utf-8", "replace")

    def halt(self):
        """Until it halts; returns the lines so far."""
        self.read_until(r"^\[kernel\] halted$")
        return self.lines

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.timer.cancel()
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.scratch.cleanup()

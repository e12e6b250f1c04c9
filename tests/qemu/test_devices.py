"""Programs that drive devices on bare metal: QEMU's virtio disks and cards, under the disk's self-test and the echo
responder, by messages and by interrupt lines, read-only and missing, and when a driver dies in the midst of its work."""

import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

import machine
from machine import Machine, harness

SIZE = 16 << 20
LARGE = 128 << 20       # takes a while
TESTED = 8 << 20        # bytes at the beginning: disktest's own default
OPTIONS = """[service %s]
number = %d
calls = log
authorities = %s
memory = 8M
restart = %s
options = %s

"""


def service(program, authorities="devices", restart="never", options="none=1", number=40):
    return OPTIONS % (program, number, authorities, restart, options)


def archive_with(*services, stack=""):
    """A boot archive in which these sections come before the shell's. The network stack has the card with
    `stack`, its options, and may else drive none."""
    with open(os.path.join(machine.ROOT, "src", "arch", "x86_64", "metal.manifest"), encoding="utf-8") as file:
        text = file.read()
    text = text.replace("[service shell]", "".join(services) + "[service shell]")
    if stack:
        text = text.replace("ip=10.0.2.15/24 gateway=10.0.2.2", stack)
    else:
        text = text.replace("authorities = devices\nmemory = 8M\noptions = ip=", "memory = 8M\noptions = ip=")
    path = os.path.join(harness.BUILD, "tests", "devices-%d.manifest" % os.getpid())
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    try:
        flat = machine.flat_manifest(path)
    finally:
        os.unlink(path)
    files = {name: machine.image(name) for name in (*machine.IMAGES, "disktest", "echo", "ext4", "httpd")}
    return machine.archive(dict(files, manifest=flat))


class Image:
    """A raw disk in a file."""

    def __init__(self, test, content=b""):
        directory = test.enter_scratch()
        self.path = os.path.join(directory, "disk.img")
        with open(self.path, "wb") as file:
            file.write(content)
            file.truncate(SIZE)

    def arguments(self, drive="", device=""):
        return ("-drive", "file=%s,if=none,id=disk,format=raw%s" % (self.path, drive),
                "-device", "virtio-blk-pci,drive=disk" + device)

    def read(self):
        with open(self.path, "rb") as file:
            return file.read()


class DeviceTest(unittest.TestCase):
    def enter_scratch(self):
        scratch = tempfile.TemporaryDirectory(prefix="drydock-devices-")
        self.addCleanup(scratch.cleanup)
        return scratch.name


class Disks(DeviceTest):
    def self_test(self, *arguments):
        with Machine(*arguments, archive=archive_with(service("disktest"))) as booted:
            booted.read_until(r"^.*\[init\] disktest ended with code ")
            return "\n".join(booted.lines)

    def check_passed(self, said, image):
        for step in ("write and read", "flush", "discard", "refusals", "depth"):
            self.assertIn("[disktest] %s: passed" % step, said)
        self.assertIn("[disktest] the disk has passed", said)
        self.assertIn("disktest ended with code 0", said)
        content = image.read()
        # The pattern is in it, block for block, and nothing was written beyond.
        self.assertGreater(sum(content[at:at + 512] != bytes(512) for at in range(0, TESTED, 512)), TESTED // 512 // 2)
        self.assertEqual(content[TESTED:], bytes(SIZE - TESTED))

    def test_passes(self):
        for arguments in ((), ("-cpu", "max")):
            image = Image(self)
            self.check_passed(self.self_test(*image.arguments(), *arguments), image)

    def test_by_line(self):
        image = Image(self)
        self.check_passed(self.self_test(*image.arguments(device=",vectors=0")), image)

    def test_on_another_chip_set(self):
        image = Image(self)
        self.check_passed(self.self_test("-machine", "q35", *image.arguments()), image)

    def test_read_only(self):
        content = os.urandom(1 << 16)
        image = Image(self, content)
        said = self.self_test(*image.arguments(drive=",readonly=on"))
        self.assertIn(", read-only; testing", said)
        self.assertIn("[disktest] the disk has passed", said)
        self.assertEqual(image.read(), content + bytes(SIZE - len(content)))

    def test_errors_are_told(self):
        image = Image(self)
        with open(os.path.join(os.path.dirname(image.path), "rules"), "w", encoding="utf-8") as file:
            file.write('[inject-error]\nevent = "write_aio"\nerrno = "5"\nsector = "4096"\n')
        said = self.self_test("-drive", "file=blkdebug:%s:%s,if=none,id=disk,format=raw" % (file.name, image.path),
                              "-device", "virtio-blk-pci,drive=disk")
        self.assertRegex(said, r"\[disktest\] write and read: failed: writing failed")
        self.assertIn("disktest ended with code 1", said)

    def test_none(self):
        said = self.self_test()
        self.assertIn("[disktest] there is no disk", said)
        self.assertIn("disktest ended with code 0", said)

    def test_not_allowed(self):
        image = Image(self)
        with Machine(*image.arguments(), archive=archive_with(service("disktest", authorities="inspect"))) as booted:
            booted.read_until(r"^.*\[init\] disktest ended with code ")
            self.assertIn("[disktest] there is no disk", "\n".join(booted.lines))
        self.assertEqual(image.read(), bytes(SIZE))

    def test_a_driver_that_dies_is_started_again(self):
        image = Image(self)
        os.truncate(image.path, LARGE)
        test = service("disktest", restart="always", options="range=%d" % LARGE)
        with Machine(*image.arguments(), archive=archive_with(test)) as booted:
            booted.expect(r"\[init\] Waiting for events\.\.\.\r\n")
            for _ in range(5):
                # It has begun, and has much to do.
                booted.type("kill disktest\r")
                booted.expect(r"\[init\] disktest was killed by order; starting it again")
                booted.expect(r"testing %d\r\n" % LARGE)
            booted.expect(r"\[disktest\] the disk has passed\r\n")


class FileSystems(DeviceTest):
    def test_an_ext4_disk_is_read(self):
        if shutil.which("mke2fs") is None:
            self.skipTest("mke2fs is not installed: scripts/setup installs it")
        image = Image(self)
        tree = os.path.join(os.path.dirname(image.path), "tree")
        os.mkdir(tree)
        with open(os.path.join(tree, "letter"), "w", encoding="utf-8") as file:
            file.write("sailed\n")
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", tree, "-F", image.path], check=True, capture_output=True)
        before = image.read()
        section = service("ext4", restart="always", options="cache=1M", number=5) + \
            "[mount /disk]\nservice = ext4\noptions = ro\n\n"
        with Machine(*image.arguments(), archive=archive_with(section)) as booted:
            booted.expect(r"\[init\] Waiting for events\.\.\.\r\n")
            booted.type("cat /disk/letter\r")
            booted.expect(r"\r\nsailed\r\n")
            booted.type("kill ext4\r")
            booted.expect(r"\[ext4\] Waiting for block I/O requests")
            booted.type("ls /disk\r")
            booted.expect(r"lost\+found")
        self.assertEqual(image.read(), before)


class Cards(DeviceTest):
    def echo_over_user_network(self, *arguments, device=""):
        probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        with Machine("-netdev", "user,id=net,hostfwd=udp:127.0.0.1:%d-:7" % port,
                     "-device", "virtio-net-pci,netdev=net" + device, *arguments,
                     archive=archive_with(service("echo"))) as booted:
            booted.boot()
            self.assertIn("[echo] answers ARP and UDP port 7 at 10.0.2.15", "\n".join(booted.lines))
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.settimeout(machine.LIMIT)
                client.connect(("127.0.0.1", port))
                for size in (1, 100, 1472):
                    data = os.urandom(size)
                    client.send(data)
                    self.assertEqual(client.recv(65536), data)

    def test_echo(self):
        self.echo_over_user_network()

    def test_echo_by_line(self):
        """Two devices at one line: the disk that nobody drives, and the card."""
        image = Image(self)
        self.echo_over_user_network(*image.arguments(device=",vectors=0"), device=",vectors=0")

    def test_lines_are_shared(self):
        """Both drivers at work, in slots whose lines are the same one."""
        image = Image(self)
        with Machine("-drive", "file=%s,if=none,id=disk,format=raw" % image.path,
                     "-device", "virtio-blk-pci,drive=disk,vectors=0,addr=4",
                     "-netdev", "user,id=net,restrict=on", "-device", "virtio-net-pci,netdev=net,vectors=0,addr=8",
                     archive=archive_with(service("disktest"), service("echo", number=41))) as booted:
            booted.read_until(r"\[init\] disktest ended with code ")
            said = "\n".join(booted.lines)
            self.assertIn("[disktest] the disk has passed", said)
            self.assertIn("[echo] answers ARP", said)

    def test_http(self):
        """A file out of an ext4 disk, by HTTP over QEMU's user network."""
        if shutil.which("mke2fs") is None:
            self.skipTest("mke2fs is not installed")
        scratch = self.enter_scratch()
        content = os.urandom(3_000_000)
        os.mkdir(os.path.join(scratch, "tree"))
        with open(os.path.join(scratch, "tree", "file"), "wb") as file:
            file.write(content)
        disk = os.path.join(scratch, "disk.img")
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-d", os.path.join(scratch, "tree"), disk, "16M"],
                       capture_output=True, check=True)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        httpd = service("httpd", options="connections=15", restart="always", number=42)
        httpd = httpd.replace("calls = log\nauthorities = devices", "calls = vfs, netstack, log")
        ext4 = service("ext4", number=5, options="cache=4M") + "[mount /disk]\nservice = ext4\noptions = ro\n\n"
        with Machine("-cpu", "max", "-drive", "file=%s,if=none,id=disk,format=raw" % disk,
                     "-device", "virtio-blk-pci,drive=disk",
                     "-netdev", "user,id=net,hostfwd=tcp:127.0.0.1:%d-:80" % port,
                     "-device", "virtio-net-pci,netdev=net",
                     archive=archive_with(ext4, httpd, stack="ip=10.0.2.15/24 gateway=10.0.2.2")) as booted:
            booted.read_until(r"\[httpd\] Serving HTTP at port 80$")
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=machine.LIMIT)
            for _ in range(2):
                client.request("GET", "/disk/file")
                self.assertEqual(client.getresponse().read(), content)
            client.request("GET", "/disk/nobody")
            self.assertEqual(client.getresponse().status, 404)
            client.close()

    def test_none(self):
        with Machine(archive=archive_with(service("echo"))) as booted:
            booted.boot()
            self.assertIn("[echo] there is no network card", "\n".join(booted.lines))

    def test_linux_at_the_other_end(self):
        """Linux's own ARP and UDP, over a TAP device in a network namespace of the test's."""
        self.inside("--echo", "echoed\n")

    def inside(self, what, said):
        """Runs a part of this program in a network namespace of its own."""
        inside = subprocess.run(["unshare", "--net", "true"], capture_output=True)
        if inside.returncode != 0 or not os.path.exists("/dev/net/tun"):
            self.skipTest("no network namespace or no /dev/net/tun here")
        result = subprocess.run(["unshare", "--net", sys.executable, __file__, what], capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stdout), (0, said), result.stderr)


    def test_the_stack_answers_linux(self):
        """The network stack itself, on its own card: Linux's ping, up to what has to be cut into fragments."""
        self.inside("--stack", "answered\n")


def in_namespace(what):
    """A TAP device named tap0 with Linux's address 10.77.0.1, and `what` behind it at 10.77.0.2."""
    for command in ("ip tuntap add dev tap0 mode tap", "ip address add 10.77.0.1/24 dev tap0", "ip link set tap0 up"):
        subprocess.run(command.split(), check=True)
    return stack_in_namespace() if what == "--stack" else echo_in_namespace()


def stack_in_namespace():
    with Machine("-netdev", "tap,id=net,ifname=tap0,script=no,downscript=no", "-device", "virtio-net-pci,netdev=net",
                 archive=archive_with(stack="ip=10.77.0.2/24")) as booted:
        booted.boot()
        for size in ("0", "56", "1472", "8000", "60000"):
            result = subprocess.run(["ping", "-c", "2", "-W", "60", "-s", size, "10.77.0.2"], capture_output=True, text=True)
            if " 2 received, 0% packet loss" not in result.stdout:
                return "size %s: %s" % (size, result.stdout + result.stderr)
    print("answered")
    return 0


def echo_in_namespace():
    with Machine("-netdev", "tap,id=net,ifname=tap0,script=no,downscript=no", "-device", "virtio-net-pci,netdev=net",
                 archive=archive_with(service("echo", options="address=10.77.0.2"))) as booted:
        booted.boot()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(machine.LIMIT)
            for size in (1, 1000, 1472):
                data = os.urandom(size)
                client.sendto(data, ("10.77.0.2", 7))
                if client.recv(65536) != data:
                    return "another answer than what was sent"
        neighbours = subprocess.run(["ip", "neighbour"], capture_output=True, text=True, check=True).stdout
        if "10.77.0.2 dev tap0 lladdr" not in neighbours:
            return "Linux has learned no address: " + neighbours
    print("echoed")
    return 0


if __name__ == "__main__":
    if sys.argv[1:] in (["--echo"], ["--stack"]):
        sys.exit(in_namespace(sys.argv[1]))
    machine.need_qemu()
    harness.main()

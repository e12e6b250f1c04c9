"""IPv6 at a TAP, with Linux at the other end (tap.py)."""

import hashlib
import http.client
import os
import random
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import unittest

import harness
import tap
from tap import TAP

ADDRESS = "fd77::2"     # Drydock's
GATEWAY = "fd77::1"     # Linux's
MANIFEST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples", "httpd", "httpd.manifest")
LARGE = random.Random(6).randbytes(5_000_000)


def ping(address=ADDRESS, count=3, size=56):
    """How many of so many requests were answered, by Linux's own ping."""
    result = subprocess.run(["ping", "-q", "-n", "-c", str(count), "-i", "0.01", "-W", "20", "-s", str(size), address],
                            capture_output=True, text=True, timeout=harness.LIMIT, check=False)
    found = re.search(r"(\d+) received", result.stdout)
    return int(found.group(1)) if found else 0


def status(instance):
    return instance.command("net", "status", check=0).stdout


def ready(instance, address):
    """Waits until Drydock's address may be used, which it may not be at once (RFC 4862)."""
    harness.eventually(lambda: re.search(r"(?m)^%s/\d+ +net0 +ready" % address, status(instance)))


def linux_ready():
    """The same of Linux's own."""
    def settled():
        shown = subprocess.run(["ip", "-6", "address", "show", "dev", TAP], capture_output=True, text=True, check=True)
        return "fe80::" in shown.stdout and "tentative" not in shown.stdout
    harness.eventually(settled)


class Ipv6Instance(harness.Instance):
    def __init__(self, *arguments):
        super().__init__("--tap", "auto", "--ip", ADDRESS + "/64", *arguments)

    def __enter__(self):
        super().__enter__()
        try:
            ready(self, ADDRESS)
            linux_ready()
        except BaseException:
            self.clean()
            raise
        return self


def advertise(prefix, lifetime):
    """What a router says: itself for so many seconds, and a prefix to make addresses of."""
    message = struct.pack("!BBHBBHII", 134, 0, 0, 61, 0, lifetime, 0, 0)
    message += struct.pack("!BBBBIII16s", 3, 4, 64, 0xc0, 7200, 3600, 0, socket.inet_pton(socket.AF_INET6, prefix))
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as raw:
        raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        raw.sendto(message, ("ff02::1", 0, 0, socket.if_nametoindex(TAP)))


class Ipv6Test(unittest.TestCase):
    def test_ping_of_every_size(self):
        for options in [[], ["--no-offload"], ["--mtu", "1280"], ["--mtu", "9000"]]:
            with Ipv6Instance(*options) as instance:
                # One packet; the last that is one at 1500 and the first that is two; three; as many as there can be.
                for size in [0, 56, 1452, 1453, 4000, 65487]:
                    self.assertEqual(ping(size=size), 3, (options, size))
                local = re.search(r"(?m)^(fe80::[0-9a-f:]+)/64 +net0 ", status(instance)).group(1)
                self.assertEqual(ping("%s%%%s" % (local, TAP)), 3)
                self.assertEqual(ping("10.77.0.2"), 3)

    def test_an_mtu_too_small(self):
        with harness.Instance("--tap", "auto", "--mtu", "1279") as instance:
            with open(os.path.join(instance.directory, "console"), encoding="utf-8") as file:
                self.assertIn("[net] No IPv6 on %s: its MTU is less than 1280" % TAP, file.read())
            self.assertEqual(ping("10.77.0.2"), 3)

    def test_nobody_has_the_port(self):
        with Ipv6Instance():
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as udp:
                udp.settimeout(harness.LIMIT)
                udp.connect((ADDRESS, 9))
                udp.send(b"x")
                self.assertRaises(ConnectionRefusedError, udp.recv, 1)
            with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as stream:
                self.assertRaises(ConnectionRefusedError, stream.connect, (ADDRESS, 9))

    def test_files_by_http(self):
        """Both ways, with nothing malformed between."""
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "frames.pcap")
            with Ipv6Instance("--manifest", MANIFEST, "--pcap", path) as instance:
                instance.command("fs", "put", "-", "/large.bin", data=LARGE, text=False, check=0)
                for address in [ADDRESS, "10.77.0.2"]:
                    client = http.client.HTTPConnection(address, 80, timeout=harness.LIMIT)
                    client.request("GET", "/large.bin")
                    self.assertEqual(hashlib.sha256(client.getresponse().read()).digest(),
                                     hashlib.sha256(LARGE).digest())
                    client.close()
                # From one of its own addresses to another, through the shell.
                said = instance.command("sh", "-c", "ping -c 2 " + GATEWAY, check=0).stdout
                self.assertIn("2 sent, 2 received", said)
                instance.command("sh", "-c", "wget 'http://[%s]/large.bin' /copy" % ADDRESS, check=0)
                copy = instance.command("fs", "cat", "/copy", text=False, check=0).stdout
                self.assertEqual(hashlib.sha256(copy).digest(), hashlib.sha256(LARGE).digest())
                self.assertEqual(ping(size=4000), 3)
            if shutil.which("tshark") is None:
                self.skipTest("tshark is not installed")
            bad = subprocess.run(
                ["tshark", "-n", "-r", path, "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-Y",
                 "_ws.malformed || tcp.checksum.status == 0 || udp.checksum.status == 0 || icmpv6.checksum.status == 0"],
                capture_output=True, text=True, timeout=harness.LIMIT, check=True)
            self.assertEqual(bad.stdout, "")

    def test_what_a_router_says(self):
        with Ipv6Instance() as instance:
            subprocess.run(["ip", "-6", "address", "add", "2001:db8:1::1/64", "dev", TAP, "nodad"], check=True)
            subprocess.run(["ip", "-6", "address", "add", "2001:db8:2::1/128", "dev", "lo"], check=True)
            advertise("2001:db8:1::", 1800)
            found = harness.eventually(
                lambda: re.search(r"(?m)^(2001:db8:1:[0-9a-f:]+)/64 +net0 +ready +router ", status(instance)))
            self.assertRegex(status(instance), r"(?m)^::/0 +fe80::[0-9a-f:]+ +net0 +\d+ s$")
            self.assertEqual(ping(found.group(1)), 3)
            # Beyond the router, from the address that it gave.
            instance.command("sh", "-c", "ping -c 2 2001:db8:2::1", check=0)
            advertise("2001:db8:1::", 0)
            harness.eventually(lambda: not re.search(r"(?m)^::/0 ", status(instance)))
            refused = instance.command("sh", "-c", "ping -c 1 2001:db8:2::1")
            self.assertIn("no route there", refused.stderr + refused.stdout)

    def test_somebody_else_has_the_address(self):
        try:
            subprocess.run(["ip", "tuntap", "add", TAP, "mode", "tap", "vnet_hdr"], check=True)
            subprocess.run(["ip", "-6", "address", "add", ADDRESS + "/64", "dev", TAP, "nodad"], check=True)
            subprocess.run(["ip", "link", "set", TAP, "up"], check=True)
            with harness.Instance("--tap", TAP, "--ip", ADDRESS + "/64") as instance:
                harness.eventually(lambda: re.search(r"(?m)^%s/64 +net0 +duplicate" % ADDRESS, status(instance)))
                with open(os.path.join(instance.directory, "console"), encoding="utf-8") as file:
                    self.assertIn("another machine uses our address", file.read())
        finally:
            subprocess.run(["ip", "link", "delete", TAP], check=False)

    def test_malformed_packets_harm_nobody(self):
        with Ipv6Instance() as instance:
            self.assertEqual(ping(), 3)
            pid = instance.pid("netstack")
            source, target = (socket.inet_pton(socket.AF_INET6, address) for address in (GATEWAY, ADDRESS))
            neighbours = subprocess.run(["ip", "-6", "neighbour", "show", "dev", TAP], capture_output=True, text=True,
                                        check=True).stdout
            ours = bytes.fromhex(re.search(ADDRESS + r" lladdr ([0-9a-f:]+)", neighbours).group(1).replace(":", ""))
            chance = random.Random(4)
            with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
                raw.bind((TAP, 0))
                for number in range(5000):
                    body = chance.randbytes(chance.randrange(80))
                    header = struct.pack("!IHBB", 6 << 28, chance.choice([len(body), len(body), chance.randrange(200)]),
                                         chance.choice([0, 43, 44, 50, 58, 59, 60, 17, 6, number & 255]), 255)
                    raw.send(ours + b"\x02\x00\x00\x00\x00\x09\x86\xdd" + header + source + target + body)
            self.assertEqual(ping(size=4000), 3)
            self.assertEqual(instance.pid("netstack"), pid)

    def test_wrong_options(self):
        for wrong in [["--tap", "auto", "--ip", "fd77::2"], ["--tap", "auto", "--ip", "fd77::2/129"],
                      ["--tap", "auto", "--ip", "fd77:::2/64"], ["--tap", "auto", "--gateway", "fd77::1"],
                      ["--ip", "fd77::2/64"]]:
            harness.command("run", *wrong, check=2)


if __name__ == "__main__":
    tap.main()

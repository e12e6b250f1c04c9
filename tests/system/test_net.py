"""The network stack at a TAP, with Linux at the other end (tap.py): everything but TCP."""

import os
import re
import socket
import struct
import subprocess
import tempfile
import threading
import unittest

import harness
import tap
from tap import ADDRESS, GATEWAY, TAP


def ping(count=3, size=56, address=ADDRESS):
    """How many of so many requests were answered, by Linux's own ping."""
    result = subprocess.run(["ping", "-q", "-n", "-c", str(count), "-i", "0.01", "-W", "20", "-s", str(size), address],
                            capture_output=True, text=True, timeout=harness.LIMIT, check=False)
    return int(re.search(r"(\d+) received", result.stdout).group(1))


def folded(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data[:len(data) & ~1]))
    total += data[-1] << 8 if len(data) % 2 else 0
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def records(path):
    """The frames of a pcap file with nanoseconds."""
    with open(path, "rb") as file:
        content = file.read()
    magic, _, _, _, _, _, link = struct.unpack_from("<IHHIIII", content)
    assert (magic, link) == (0xa1b23c4d, 1), (hex(magic), link)
    at, frames = 24, []
    while at < len(content):
        _, _, kept, length = struct.unpack_from("<IIII", content, at)
        assert kept == length and at + 16 + kept <= len(content)
        frames.append(content[at + 16:at + 16 + kept])
        at += 16 + kept
    return frames


class DhcpServer:
    """Gives 10.77.0.50 to whoever asks on the TAP, for a minute (RFC 2131)."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, TAP.encode())
        self.socket.bind(("", 67))
        self.asked = []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                message, _ = self.socket.recvfrom(2048)
            except OSError:
                return
            kind = message[242]
            self.asked.append(kind)
            if kind in (1, 3):
                reply = b"\x02" + message[1:16] + socket.inet_aton("10.77.0.50") + message[20:240]
                reply += bytes([53, 1, 2 if kind == 1 else 5, 54, 4]) + socket.inet_aton(GATEWAY)
                reply += bytes([51, 4, 0, 0, 0, 60, 1, 4, 255, 255, 255, 0, 3, 4]) + socket.inet_aton(GATEWAY) + b"\xff"
                self.socket.sendto(reply, ("255.255.255.255", 68))

    def close(self):
        self.socket.close()


class NetTest(unittest.TestCase):
    def console(self, instance):
        with open(os.path.join(instance.directory, "console"), encoding="utf-8") as file:
            return file.read()

    def test_boot_log(self):
        with harness.Instance("--tap", "auto") as instance:
            lines = self.console(instance).splitlines()
        net = [line for line in lines if line.startswith("[net] ")]
        self.assertEqual(net[0], "[net] netstack_server started (PID 6)")
        self.assertRegex(net[1], r"^\[net\] Allocated port \d+ for networking$")
        self.assertRegex(net[2], r"^\[net\] Initialized virtio-net interface \(%s, MTU 1500, .* offloaded\)$" % TAP)
        self.assertEqual(net[3:5], ["[net] Local IP: 10.77.0.2", "[net] Ready for network operations"])
        self.assertLess(lines.index(net[4]), lines.index("[init] All services started"))

    def test_ping_of_every_size(self):
        for options in [[], ["--no-offload"], ["--mtu", "576"], ["--mtu", "9000"]]:
            with harness.Instance("--tap", "auto", *options):
                # One packet; the last that is one at 1500 and the first that is two; three; as many as there can be.
                for size in [0, 56, 1472, 1473, 4000, 65507]:
                    self.assertEqual(ping(size=size), 3, (options, size))

    def test_other_addresses(self):
        with harness.Instance("--tap", "auto", "--ip", "192.0.2.9/28", "--gateway", "192.0.2.1") as instance:
            self.assertIn("[net] Local IP: 192.0.2.9", self.console(instance))
            self.assertEqual(ping(address="192.0.2.9"), 3)

    def test_an_address_by_dhcp(self):
        with harness.Instance("--tap", "auto", "--ip", "dhcp") as instance:
            # Nobody there yet: boot has not waited.
            console = self.console(instance)
            self.assertIn("[net] Local IP: asked for by DHCP", console)
            self.assertRegex(instance.command("net", "status", check=0).stdout, r"(?m)^net0 +- asks by dhcp ")
            server = DhcpServer()
            harness.eventually(lambda: re.search(r"(?m)^net0 +10\.77\.0\.50/24 dhcp ",
                                                 instance.command("net", "status", check=0).stdout))
            self.assertIn("[net] Local IP: 10.77.0.50 (DHCP)", self.console(instance))
            self.assertEqual(ping(address="10.77.0.50"), 3)
            self.assertEqual(sorted(set(server.asked)), [1, 3])
            server.close()

    def test_nobody_has_the_port(self):
        with harness.Instance("--tap", "auto"):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                udp.settimeout(harness.LIMIT)
                udp.connect((ADDRESS, 9))
                udp.send(b"x")
                self.assertRaises(ConnectionRefusedError, udp.recv, 1)

    def test_malformed_frames_harm_nobody(self):
        with harness.Instance("--tap", "auto") as instance:
            self.assertEqual(ping(), 3)
            with open("/proc/net/arp", encoding="utf-8") as table:
                hardware = next(line.split()[3] for line in table if line.startswith(ADDRESS))
            ours = bytes.fromhex(hardware.replace(":", ""))
            header = ours + b"\x02\x00\x00\x00\x00\x09"
            packet = bytes.fromhex("450000241234000040015409" "0a4d00010a4d0002" "08003f2c00770001647279646f636b21")
            pid = instance.pid("netstack")
            with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
                raw.bind((TAP, 0))
                for kind in [b"\x08\x00", b"\x08\x06", b"\x86\xdd", b"\x00\x05"]:
                    for length in range(len(packet)):
                        raw.send(header + kind + packet[:length])
                        raw.send(header + kind + b"\xff" * length)
                # Fragments whose rest never comes, and such as overlap.
                for number in range(300):
                    for offset in [0x2000, 0x2001, 0x0003]:
                        fragment = bytearray(packet)
                        struct.pack_into("!HHHBBH", fragment, 2, 36, number, offset, 64, 1, 0)
                        fragment[2:4] = struct.pack("!H", 36 if offset == 3 else 28)
                        struct.pack_into("!H", fragment, 10, 0xffff - folded(bytes(fragment[:20])))
                        raw.send(header + b"\x08\x00" + bytes(fragment))
            self.assertEqual(ping(size=4000), 3)
            self.assertEqual(instance.pid("netstack"), pid)

    def test_frames_are_recorded_with_right_checksums(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "frames.pcap")
            with harness.Instance("--tap", "auto", "--pcap", path):
                self.assertEqual(ping(size=3000), 3)
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                    udp.sendto(b"odd", (ADDRESS, 9))
                self.assertEqual(ping(count=1), 1)
            packets = [frame[14:] for frame in records(path) if frame[12:14] == b"\x08\x00"]
        fragments = udps = 0
        for packet in packets:
            self.assertEqual(folded(packet[:20]), 0xffff)
            length, _, fragment, _, protocol = struct.unpack_from("!HHHBB", packet, 2)
            self.assertEqual(length, len(packet))
            if fragment & 0x3fff:
                fragments += 1
            elif protocol == 1:
                self.assertEqual(folded(packet[20:]), 0xffff)
            elif protocol == 17:
                udps += 1
                pseudo = packet[12:20] + struct.pack("!HH", 17, length - 20)
                self.assertEqual(folded(pseudo + packet[20:]), 0xffff)
        # Three requests and answers of three fragments each.
        self.assertEqual(fragments, 18)
        self.assertGreaterEqual(udps, 1)

    def test_status(self):
        with harness.Instance("--tap", "auto") as instance:
            self.assertEqual(ping(), 3)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                udp.sendto(b"x", (ADDRESS, 9))
            self.assertEqual(ping(count=1), 1)
            text = instance.command("net", "status", check=0).stdout
        self.assertRegex(text, r"(?m)^lo +127\.0\.0\.1/8 ")
        self.assertRegex(text, r"(?m)^net0 +10\.77\.0\.2/24 +([0-9a-f]{2}:){5}[0-9a-f]{2} +1500 +up ")
        self.assertRegex(text, r"(?m)^0\.0\.0\.0/0 +10\.77\.0\.1 +net0 +for ever$")
        self.assertRegex(text, r"(?m)^10\.77\.0\.1 +([0-9a-f]{2}:){5}[0-9a-f]{2} +net0 ")
        self.assertIn("1 udp: nobody has the port\n", text)

    def test_the_server_may_die(self):
        with harness.Instance("--tap", "auto") as instance:
            self.assertEqual(ping(), 3)
            instance.command("restart", "netstack", check=0)
            self.assertEqual(ping(), 3)

    def test_without_a_card(self):
        with harness.Instance() as instance:
            self.assertIn("[net] No network card: loopback only (for one: drydock run --tap auto)",
                          self.console(instance))
        # What is no TAP: said, and gone without.
        with harness.Instance("--tap", "lo") as instance:
            console = self.console(instance)
            self.assertIn("[kernel] TAP lo: cannot use it: ", console)
            self.assertIn("[net] No network card: loopback only", console)
            self.assertIn("[init] All services started", console)

    def test_wrong_options(self):
        for wrong in [["--tap", "auto", "--ip", "10.77.0.2"], ["--tap", "auto", "--ip", "10.77.0/24"],
                      ["--tap", "auto", "--gateway", "x"],
                      ["--tap", "auto", "--ip", "dhcp", "--gateway", "10.77.0.1"], ["--tap", "auto", "--mtu", "100"], ["--mtu", "1500"],
                      ["--tap", "a/b"], ["--tap", "n" * 16], ["--tap", ""]]:
            harness.command("run", *wrong, check=2)


if __name__ == "__main__":
    tap.main()

"""Other people's tools at the network stack: what they send is understood, and what they look for is not found."""

import hashlib
import re
import shutil
import subprocess
import unittest

import harness
import tap
from relay import Relay
from tap import ADDRESS, TAP
from test_tcp import ECHO, NOBODY, Peer, connect, noise, there_and_back


def needs(tool):
    return unittest.skipIf(shutil.which(tool) is None, "%s is not installed" % tool)


# Frames with every field by chance, for the card, ADDRESS, an open port and a connection's.
SCAPY = """
import random, sys
from scapy.all import ICMP, IP, TCP, UDP, Ether, Raw, fragment, fuzz, getmacbyip, sendp
card, address, port, own = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
random.seed(1)
frame, packets = Ether(dst=getmacbyip(address)), []
for _ in range(60):
    packets += [frame / fuzz(IP(dst=address)) / Raw(b"x" * 40),
                frame / IP(dst=address) / fuzz(TCP(dport=port)),
                frame / IP(dst=address) / fuzz(TCP(dport=port, sport=own)) / Raw(b"y" * 20),
                frame / IP(dst=address) / fuzz(UDP()) / Raw(b"z" * 30),
                frame / IP(dst=address) / fuzz(ICMP()) / Raw(b"q" * 60)]
packets += [frame / part for part in fragment(IP(dst=address, id=7) / ICMP() / Raw(b"f" * 9000), 100)]
sendp(packets, iface=card, verbose=False)
"""


def there_and_back_once(test, connection, data):
    connection.sendall(data)
    test.assertEqual(connection.recv(len(data)), data)


class InteropTest(unittest.TestCase):
    @needs("socat")
    def test_socat(self):
        data = noise(1_000_000)
        with Peer():
            # It shuts down its direction at the end, and waits for the other's.
            result = subprocess.run(["socat", "-t", str(harness.LIMIT), "-", "TCP4:%s:%d" % (ADDRESS, ECHO)], input=data,
                                    capture_output=True, timeout=harness.LIMIT, check=True)
        self.assertEqual(hashlib.sha256(result.stdout).digest(), hashlib.sha256(data).digest())

    @needs("socat")
    def test_socat_with_many_options(self):
        options = "nodelay,keepalive,keepidle=1,mss=700,sndbuf=5000,rcvbuf=5000,linger=5"
        data = noise(200_000)
        with Peer():
            result = subprocess.run(
                ["socat", "-t", str(harness.LIMIT), "-", "TCP4:%s:%d,%s" % (ADDRESS, ECHO, options)], input=data,
                capture_output=True, timeout=harness.LIMIT, check=True)
        self.assertEqual(hashlib.sha256(result.stdout).digest(), hashlib.sha256(data).digest())

    @needs("nmap")
    def test_nmap_cannot_foretell_sequence_numbers(self):
        with Peer() as peer:
            result = subprocess.run(
                ["nmap", "-n", "-Pn", "-O", "-d", "--max-retries", "1", "-p", "%d,%d" % (ECHO, NOBODY), ADDRESS],
                capture_output=True, text=True, timeout=4 * harness.LIMIT, check=True)
            self.assertRegex(result.stdout, r"(?m)^%d/tcp +open" % ECHO)
            self.assertRegex(result.stdout, r"(?m)^%d/tcp +closed" % NOBODY)
            fingerprint = re.search(r"SP=([0-9A-F]+)%GCD=([0-9A-F]+)", result.stdout.replace("\nOS:", ""))
            self.assertTrue(fingerprint, result.stdout)
            self.assertGreaterEqual(int(fingerprint.group(1), 16), 240)
            self.assertEqual(int(fingerprint.group(2), 16), 1)
            with connect(ECHO) as connection:
                there_and_back(self, connection, b"as before")
            self.assertIn("netstack", peer.instance.command("ps", check=0).stdout)

    def test_scapy_breaks_nothing(self):
        # Debian has it for its own Python, which need not be the one that runs this.
        python = "/usr/bin/python3"
        if subprocess.run([python, "-c", "import scapy"], capture_output=True, check=False).returncode != 0:
            self.skipTest("scapy is not installed")
        with Peer() as peer, connect(ECHO) as connection:
            there_and_back_once(self, connection, b"so that both know where the other is")
            subprocess.run([python, "-c", SCAPY, TAP, ADDRESS, str(ECHO), str(connection.getsockname()[1])],
                           timeout=2 * harness.LIMIT, check=True)
            there_and_back(self, connection, noise(100_000))
            self.assertIn("malformed", peer.status())

    def test_bad_links(self):
        data = noise(200_000)
        for faults in [{"delay": 0.002, "late": 0.2}, {"double": 0.1}, {"loss": 0.01}, {"loss": 0.05, "delay": 0.001},
                       {"loss": 0.02, "double": 0.02, "late": 0.1, "delay": 0.001}]:
            with self.subTest(faults=faults), Peer("--no-offload"), Relay(1, **faults) as relay:
                with connect(ECHO) as connection:
                    there_and_back(self, connection, data)
                if "loss" in faults:
                    self.assertGreater(relay.lost, 0)


if __name__ == "__main__":
    tap.main()

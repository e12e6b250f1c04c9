"""TCP between Linux and the network stack at a TAP (tap.py). At Drydock's end is netpeer.c."""

import hashlib
import os
import random
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

import harness
import tap
from tap import ADDRESS, GATEWAY, TAP

ECHO, CONTROL, NOBODY = 7, 1000, 99
LARGE = 10_000_000


class Peer:
    """An instance at the TAP with netpeer in it."""

    def __init__(self, *arguments):
        self.instance = harness.Instance("--tap", "auto", *arguments)

    def __enter__(self):
        self.instance.__enter__()
        self.process = harness.Process([os.path.join(harness.BUILD, "tests", "system", "netpeer"), self.instance.directory],
                                       env=self.instance.environment, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            self.process.kill()
            self.instance.clean()
            raise AssertionError("netpeer does not listen")
        return self

    def __exit__(self, kind, value, trace):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        return self.instance.__exit__(kind, value, trace)

    def status(self):
        return self.instance.command("net", "status", check=0).stdout


def connect(port):
    return socket.create_connection((ADDRESS, port), timeout=harness.LIMIT)


def read_all(connection):
    """What comes, to the end."""
    parts = []
    while True:
        part = connection.recv(1 << 20)
        if not part:
            return b"".join(parts)
        parts.append(part)


def there_and_back(test, connection, data):
    """Sends the data, and its end, while what comes back is read; that must be the same."""
    received = []
    reader = threading.Thread(target=lambda: received.append(read_all(connection)))
    reader.start()
    connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)
    reader.join(harness.LIMIT)
    test.assertTrue(received, "the end did not come back")
    test.assertEqual(len(received[0]), len(data))
    test.assertEqual(hashlib.sha256(received[0]).digest(), hashlib.sha256(data).digest())


def noise(count):
    return random.Random(count).randbytes(count)


def eventually(test, what):
    """Until what() is so: others have to do something first."""
    end = time.monotonic() + harness.LIMIT
    while not what():
        test.assertLess(time.monotonic(), end)
        time.sleep(0.02)


class TcpTest(unittest.TestCase):
    def test_linux_connects(self):
        with Peer() as peer:
            with connect(ECHO) as connection:
                connection.sendall(b"hello")
                self.assertEqual(connection.recv(100), b"hello")
                text = peer.status()
                self.assertRegex(text, r"(?m)^tcp +\*:7 +- +listen +0 +0$")
                self.assertRegex(text, r"(?m)^tcp +10\.77\.0\.2:7 +10\.77\.0\.1:\d+ +established +0 +0$")
                # Each direction ends by itself.
                connection.shutdown(socket.SHUT_WR)
                self.assertEqual(read_all(connection), b"")

    def test_drydock_connects(self):
        with Peer(), socket.create_server((GATEWAY, 0)) as listener, connect(CONTROL) as control:
            listener.settimeout(harness.LIMIT)
            control.sendall(b"%s:%d\n" % (GATEWAY.encode(), listener.getsockname()[1]))
            connection, address = listener.accept()
            with connection:
                connection.settimeout(harness.LIMIT)
                self.assertEqual(address[0], ADDRESS)
                self.assertEqual(control.makefile().readline(), "connected\n")
                there_and_back(self, connection, noise(LARGE))

    def test_much_data(self):
        # With and without the card's help, and in small packets.
        for options in [[], ["--no-offload"], ["--mtu", "576"], ["--mtu", "9000"]]:
            with self.subTest(options=options), Peer(*options), connect(ECHO) as connection:
                there_and_back(self, connection, noise(LARGE))

    def test_many_connections(self):
        with Peer() as peer:
            connections = [connect(ECHO) for _ in range(20)]
            for number, connection in enumerate(connections):
                connection.sendall(b"%d" % number)
            for number, connection in enumerate(connections):
                self.assertEqual(connection.recv(100), b"%d" % number)
            self.assertEqual(len(re.findall(r"(?m)^tcp .* established ", peer.status())), 20)
            for connection in connections:
                connection.close()
            eventually(self, lambda: " established " not in peer.status())

    def test_refused(self):
        with Peer() as peer:
            with self.assertRaises(ConnectionRefusedError):
                connect(NOBODY)
            self.assertIn("1 tcp: nobody has the port\n", peer.status())
            with connect(CONTROL) as control:
                control.sendall(b"%s:%d\n" % (GATEWAY.encode(), NOBODY))
                self.assertEqual(control.makefile().read(), "connection refused\n")

    def test_reset(self):
        with Peer() as peer:
            with connect(CONTROL) as control:
                control.sendall(b"reset\n")
                with self.assertRaises(ConnectionResetError):
                    control.recv(1)
            connection = connect(ECHO)
            connection.sendall(b"x")
            self.assertEqual(connection.recv(1), b"x")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
            eventually(self, lambda: " established " not in peer.status())

    def test_nobody_there(self):
        # No such neighbour: ARP says so, long before TCP would give up.
        with Peer(), connect(CONTROL) as control:
            control.sendall(b"10.77.0.77:80\n")
            self.assertEqual(control.makefile().read(), "the host does not answer\n")

    def test_the_server_may_die(self):
        with Peer() as peer, connect(ECHO) as connection:
            peer.instance.command("restart", "netstack", check=0)
            # Nobody knows of that connection any more.
            connection.sendall(b"x")
            with self.assertRaises(ConnectionResetError):
                connection.recv(1)

    def test_loss(self):
        if shutil.which("tc") is None:
            self.skipTest("tc is not installed")
        with Peer():
            lossy = subprocess.run(["tc", "qdisc", "add", "dev", TAP, "root", "netem", "loss", "1%"],
                                   capture_output=True, text=True, check=False)
            if lossy.returncode != 0:
                self.skipTest("no netem here: " + lossy.stderr.strip())
            with connect(ECHO) as connection:
                there_and_back(self, connection, noise(LARGE // 5))

    def test_what_is_captured_is_clean(self):
        if shutil.which("tshark") is None:
            self.skipTest("tshark is not installed")
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "frames.pcap")
            with Peer("--pcap", path):
                with connect(ECHO) as connection:
                    there_and_back(self, connection, noise(100_000))
                with self.assertRaises(ConnectionRefusedError):
                    connect(NOBODY)
            wrong = subprocess.run(
                ["tshark", "-n", "-r", path, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-Y",
                 "_ws.malformed || tcp.checksum.status == 0 || ip.checksum.status == 0 || tcp.analysis.lost_segment"],
                capture_output=True, text=True, check=True)
            self.assertEqual(wrong.stdout, "")
            # From each end, and again where the other was slow to answer.
            seen = subprocess.run(["tshark", "-n", "-r", path, "-Y", "tcp.flags.fin == 1", "-T", "fields", "-e", "ip.src"],
                                  capture_output=True, text=True, check=True)
            self.assertEqual(set(seen.stdout.split()), {ADDRESS, GATEWAY})


if __name__ == "__main__":
    tap.main()

"""Names: the resolver of the network stack, with a DNS server of the test's own at the other end of a TAP."""

import http.server
import os
import socket
import socketserver
import struct
import tempfile
import threading
import unittest

import harness
import tap
from tap import GATEWAY

MANIFEST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples", "httpd", "httpd.manifest")
CONTENT = b"by name\n"
MANY = 60               # addresses: more than fit into an answer by UDP


def name_of(message):
    """The name that a question asks for, and where its type is."""
    labels, at = [], 12
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode())
        at += 1 + message[at]
    return ".".join(labels), at + 1


def answer(message, by_stream):
    name, at = name_of(message)
    kind, = struct.unpack_from("!H", message, at)
    addresses = {"files.example": [GATEWAY], "long.example": [GATEWAY] * MANY}.get(name, [])
    code = 0 if addresses else 3
    cut = len(addresses) > 20 and not by_stream
    if kind != 1 or cut:
        addresses = []
    head = message[:2] + struct.pack("!HHHHH", 0x8180 | code | (0x200 if cut else 0), 1, len(addresses), 0, 0)
    records = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + socket.inet_aton(address) for address in addresses)
    return head + message[12:at + 4] + records


class UdpHandler(socketserver.BaseRequestHandler):
    def handle(self):
        data, sock = self.request
        self.server.asked.append(name_of(data)[0])
        sock.sendto(answer(data, False), self.client_address)


class TcpHandler(socketserver.StreamRequestHandler):
    def handle(self):
        length, = struct.unpack("!H", self.rfile.read(2))
        data = answer(self.rfile.read(length), True)
        # In pieces: a stream has no bounds of messages.
        for part in [struct.pack("!H", len(data)), data[:7], data[7:]]:
            self.wfile.write(part)
            self.wfile.flush()


class FileHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.hosts.append(self.headers["Host"])
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, *_):
        pass


class Servers:
    """The DNS server, by both ways, and files by HTTP, at Linux's end of the TAP."""

    def __enter__(self):
        self.udp = socketserver.ThreadingUDPServer((GATEWAY, 53), UdpHandler)
        self.udp.asked = []
        self.tcp = socketserver.ThreadingTCPServer((GATEWAY, 53), TcpHandler)
        self.files = http.server.ThreadingHTTPServer((GATEWAY, 8080), FileHandler)
        self.files.hosts = []
        for server in [self.udp, self.tcp, self.files]:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        for server in [self.udp, self.tcp, self.files]:
            server.shutdown()
            server.server_close()


class NamesTest(unittest.TestCase):
    def test_names(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "manifest")
            with open(MANIFEST, encoding="utf-8") as file, open(path, "w", encoding="utf-8") as copy:
                copy.write(file.read().replace("options = ip=", "options = dns=%s hosts=box=%s;Self=127.0.0.1 ip=" %
                                               (GATEWAY, GATEWAY)))
            with harness.Instance("--tap", "auto", "--manifest", path) as instance, Servers() as servers:
                def sh(line, check=0):
                    return instance.command("sh", "-c", line, check=check)

                sh("wget http://files.example:8080/x /x")
                self.assertEqual(instance.command("fs", "cat", "/x", text=False, check=0).stdout, CONTENT)
                self.assertEqual(servers.files.hosts, ["files.example:8080"])
                # It is known now, and of the configuration's names nobody is asked.
                self.assertIn("1 received", sh("ping -c 1 files.example").stdout)
                self.assertIn("1 received", sh("ping -c 1 box").stdout)
                self.assertIn("1 received", sh("ping -c 1 self").stdout)
                self.assertIn("1 received", sh("ping -c 1 localhost").stdout)
                self.assertEqual(servers.udp.asked, ["files.example"])
                # Too long for UDP.
                sh("wget http://long.example:8080/x /y")
                self.assertEqual(servers.files.hosts[1:], ["long.example:8080"])
                self.assertIn("no address has that name", sh("ping -c 1 nobody.example", check=1).stderr)
                self.assertIn("neither an address nor a name", sh("ping -c 1 a..b", check=1).stderr)


if __name__ == "__main__":
    tap.main()

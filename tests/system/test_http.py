"""The HTTP server (src/apps/httpd) and Linux's clients, over a TAP (tap.py)."""

import functools
import hashlib
import http.client
import http.server
import os
import random
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import harness
import tap
from tap import ADDRESS, GATEWAY

MANIFEST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples", "httpd", "httpd.manifest")
LARGE = random.Random(1).randbytes(20_000_000)
SMALL = b"<p>Hello.</p>\n"


class Server:
    """An instance with the server, and files in it."""

    def __init__(self, *arguments):
        self.instance = harness.Instance("--tap", "auto", "--manifest", MANIFEST, *arguments)

    def __enter__(self):
        self.instance.__enter__()
        try:
            self.fill()
        except BaseException:
            self.instance.clean()
            raise
        return self

    def fill(self):
        self.instance.command("fs", "mkdir", "/docs", "/empty", check=0)
        for path, content in [("/large.bin", LARGE), ("/docs/index.html", SMALL), ("/a b&<.txt", b"odd"), ("/nothing", b"")]:
            self.instance.command("fs", "put", "-", path, data=content, text=False, check=0)

    def __exit__(self, kind, value, trace):
        return self.instance.__exit__(kind, value, trace)


def connection():
    return http.client.HTTPConnection(ADDRESS, timeout=harness.LIMIT)


def ask(client, method, path, headers=None):
    client.request(method, path, headers=headers or {})
    response = client.getresponse()
    return response, response.read()


def raw(data):
    """What the server says to these bytes, until it ends the connection."""
    with socket.create_connection((ADDRESS, 80), timeout=harness.LIMIT) as stream:
        stream.sendall(data)
        return stream.makefile("rb").read()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def answer_once(listener, answer):
    stream, _ = listener.accept()
    with stream:
        stream.recv(65536)
        stream.sendall(answer)


class HttpTest(unittest.TestCase):
    def test_requests(self):
        with Server():
            self.requests()
            self.ranges()
            self.refusals()
            self.many_connections()
            self.tools()

    def requests(self):
        # All by one connection.
        client = connection()
        client.connect()
        kept = client.sock
        response, body = ask(client, "GET", "/large.bin")
        self.assertEqual((response.status, response.getheader("Content-Type")), (200, "application/octet-stream"))
        self.assertEqual(hashlib.sha256(body).digest(), hashlib.sha256(LARGE).digest())
        response, body = ask(client, "HEAD", "/large.bin")
        self.assertEqual((response.status, response.getheader("Content-Length"), body), (200, str(len(LARGE)), b""))
        self.assertRegex(response.getheader("Last-Modified"), r"^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$")
        response, body = ask(client, "GET", "/nothing")
        self.assertEqual((response.status, body), (200, b""))
        response, body = ask(client, "GET", "/a%20b&%3C.txt?query")
        self.assertEqual((response.status, body), (200, b"odd"))
        response, body = ask(client, "GET", "/docs")
        self.assertEqual((response.status, response.getheader("Location")), (301, "/docs/"))
        response, body = ask(client, "GET", "//docs")
        self.assertEqual((response.status, response.getheader("Location")), (301, "/docs/"))
        response, body = ask(client, "GET", "/docs/")
        self.assertEqual((response.status, response.getheader("Content-Type"), body),
                         (200, "text/html; charset=utf-8", SMALL))
        response, body = ask(client, "GET", "/")
        self.assertIn(b'<a href="./a%20b%26%3c.txt">a b&amp;&lt;.txt</a>', body)
        self.assertIn(b'<a href="./docs/">docs/</a>', body)
        response, body = ask(client, "HEAD", "/empty/")
        self.assertEqual((response.status, body), (200, b""))
        response, body = ask(client, "GET", "/nobody")
        self.assertEqual((response.status, body), (404, b"404 Not Found\n"))
        response, body = ask(client, "GET", "/nothing/more")
        self.assertEqual(response.status, 404)
        response, body = ask(client, "POST", "/docs/")
        self.assertEqual((response.status, response.getheader("Allow")), (405, "GET, HEAD"))
        self.assertIs(client.sock, kept)
        client.close()

    def ranges(self):
        client = connection()
        for asked, first, end in [("0-0", 0, 1), ("5-14", 5, 15), ("19999990-", 19999990, 20000000),
                                  ("-7", 19999993, 20000000), ("10-99999999999999999999", 10, 20000000),
                                  ("-99999999", 0, 20000000)]:
            response, body = ask(client, "GET", "/large.bin", {"Range": "bytes=" + asked})
            self.assertEqual(response.status, 206, asked)
            self.assertEqual(response.getheader("Content-Range"), "bytes %d-%d/20000000" % (first, end - 1))
            self.assertEqual(hashlib.sha256(body).digest(), hashlib.sha256(LARGE[first:end]).digest(), asked)
        for path, asked in [("/large.bin", "20000000-"), ("/large.bin", "-0"), ("/nothing", "0-"), ("/nothing", "-1")]:
            response, body = ask(client, "GET", path, {"Range": "bytes=" + asked})
            self.assertEqual(response.status, 416, asked)
            self.assertRegex(response.getheader("Content-Range"), r"^bytes \*/(20000000|0)$")
        response, body = ask(client, "GET", "/docs/index.html", {"Range": "bytes=0-1,3-4"})
        self.assertEqual((response.status, body), (200, SMALL))
        client.close()

    def refusals(self):
        for data, status in [(b"GET /../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 403),
                             (b"GET /%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 403),
                             (b"GET / HTTP/1.1\r\n\r\n", 400), (b"\x16\x03\x01\x00\n\n\n", 400),
                             (b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 501), (b"GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505),
                             (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
                             (b"GET / HTTP/1.1\r\nX: " + b"a" * 9000, 431)]:
            answer = raw(data)
            self.assertEqual(answer[:13], b"HTTP/1.1 %d " % status, data[:60])
            self.assertIn(b"\r\nConnection: close\r\n", answer)
        # Several at once, the last of them ends it; HTTP/1.0 is answered up to the connection's end.
        answer = raw(3 * b"GET /docs/ HTTP/1.1\r\nHost: x\r\n\r\n" + b"GET / HTTP/1.0\r\n\r\n")
        self.assertEqual(answer.count(SMALL), 3)
        self.assertTrue(answer.endswith(b"</ul>\n"), answer[-80:])

    def many_connections(self):
        # More than the server takes at once: the others wait for their turn.
        clients = [connection() for _ in range(160)]
        for client in clients:
            client.connect()
            client.putrequest("GET", "/docs/")
            client.putheader("Connection", "close")
            client.endheaders()
        for client in clients:
            self.assertEqual(client.getresponse().read(), SMALL)
            client.close()

    def tools(self):
        for tool, options in [("curl", ["-s", "-S", "-f"]), ("wget", ["-q", "-O", "-"])]:
            if shutil.which(tool) is not None:
                got = subprocess.run([tool, *options, "http://%s/large.bin" % ADDRESS], capture_output=True,
                                     timeout=harness.LIMIT, check=True)
                self.assertEqual(hashlib.sha256(got.stdout).digest(), hashlib.sha256(LARGE).digest(), tool)

    def test_out_of_an_ext4_disk(self):
        if shutil.which("mke2fs") is None:
            self.skipTest("mke2fs is not installed")
        with tempfile.TemporaryDirectory() as directory:
            os.mkdir(os.path.join(directory, "tree"))
            with open(os.path.join(directory, "tree", "large.bin"), "wb") as file:
                file.write(LARGE)
            image = os.path.join(directory, "image")
            subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-d", os.path.join(directory, "tree"), image, "48M"],
                           capture_output=True, check=True)
            with Server("--disk", image + ":/disk:ro"):
                response, body = ask(connection(), "GET", "/disk/large.bin")
        self.assertEqual(response.status, 200)
        self.assertEqual(hashlib.sha256(body).digest(), hashlib.sha256(LARGE).digest())

    def test_servers_may_die(self):
        with Server() as server:
            # The server is the one to end this, and its stack remembers.
            self.assertIn(SMALL, raw(b"GET /docs/ HTTP/1.0\r\n\r\n"))
            self.assertRegex(server.instance.command("net", "status", check=0).stdout, r"(?m)^tcp +10\S+:80 .* time-wait ")
            for name in ["httpd", "netstack"]:
                server.instance.command("restart", name, check=0)
                # Once it has been started anew; until then it refuses, or is not there to refuse.
                end = time.monotonic() + harness.LIMIT
                while not self.answers():
                    self.assertLess(time.monotonic(), end)
                    time.sleep(0.05)

    def test_the_shell_fetches_and_pings(self):
        with tempfile.TemporaryDirectory() as directory, Server() as server:
            sh = functools.partial(server.instance.command, "sh", "-c")
            with open(os.path.join(directory, "there.bin"), "wb") as file:
                file.write(LARGE)
            handler = functools.partial(QuietHandler, directory=directory)
            with http.server.ThreadingHTTPServer((GATEWAY, 0), handler) as linux:
                threading.Thread(target=linux.serve_forever, daemon=True).start()
                url = "http://%s:%d" % (GATEWAY, linux.server_address[1])
                self.assertEqual(sh("cd /docs; wget %s/there.bin" % url, check=0).stdout, "20000000 bytes\n")
                self.assertIn("the server answers 404", sh("wget %s/nobody" % url, check=1).stderr)
                linux.shutdown()
            self.assertEqual(server.instance.command("fs", "get", "/docs/there.bin", "-", text=False).stdout, LARGE)
            # From itself.
            self.assertEqual(sh("wget http://127.0.0.1/docs/ /copy; cat /copy", check=0).stdout,
                             "%d bytes\n%s" % (len(SMALL), SMALL.decode()))
            for answer, said in [(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\nshort", "ended after 5 bytes of 9"),
                                 (b"220 mail ready\r\n", "does not speak HTTP"), (b"", "does not speak HTTP"),
                                 (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "does not speak HTTP"),
                                 (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 9000, "does not speak HTTP")]:
                with socket.create_server((GATEWAY, 0)) as listener:
                    threading.Thread(target=answer_once, args=(listener, answer), daemon=True).start()
                    result = sh("wget http://%s:%d/x /x" % listener.getsockname(), check=1)
                    self.assertIn(said, result.stderr)
            for url, status, said in [("http://%s:99/" % GATEWAY, 1, "connection refused"), ("ftp://x/", 2, "not a URL"),
                                      ("http://nobody.example/", 1, "there is no name server to ask"),
                                      ("http://1.2.3.4:x/", 1, "the host's port is none")]:
                self.assertIn(said, sh("wget " + url, check=status).stderr)
            self.assertRegex(sh("ping -c 2 %s" % GATEWAY, check=0).stdout,
                             r"\A(56 bytes from 10\.77\.0\.1: seq=[12] time=\d+\.\d{3} ms\n){2}2 sent, 2 received\n\Z")
            self.assertIn("1 sent, 0 received\n", sh("ping -c 1 10.77.0.77", check=1).stdout)
            self.assertIn("there is no name server to ask", sh("ping x", check=1).stderr)
            for wrong in ["ping", "ping -c 0 127.0.0.1", "ping 127.0.0.1:7", "wget"]:
                sh(wrong, check=2)

    def answers(self):
        try:
            response, body = ask(connection(), "GET", "/docs/")
        except OSError:
            return False
        self.assertEqual((response.status, body), (200, SMALL))
        return True

    def test_options(self):
        with tempfile.NamedTemporaryFile("w", suffix=".manifest") as manifest:
            with open(MANIFEST, encoding="utf-8") as file:
                manifest.write(re.sub("port=80 connections=128", "port=8080 connections=999", file.read()))
            manifest.flush()
            with harness.Instance("--tap", "auto", "--manifest", manifest.name) as instance:
                response, _ = ask(http.client.HTTPConnection(ADDRESS, 8080, timeout=harness.LIMIT), "GET", "/")
                self.assertEqual(response.status, 200)
                with open(os.path.join(instance.directory, "console"), encoding="utf-8") as file:
                    console = file.read()
                self.assertIn("[httpd] option connections=999 is not 1 to 240; 128 is used\n", console)


if __name__ == "__main__":
    tap.main()

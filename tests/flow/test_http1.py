#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Raw requests against the real server, bare and behind nginx: what two readers could read in two
ways is refused, and no byte of a refused request, or of a body, is ever taken for another request.

Rows of http1.jsonl of the corpora, and cases of our own that run without them.
"""
import base64
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import front
from daemon import Daemon, wait_for
from wire import answers, read_all, talk

CORPORA = pathlib.Path(os.environ.get("WAYMARK_CORPORA") or pathlib.Path(
    os.environ.get("WAYMARK_SOURCE", ".")) / "../shared/corpora")
TIMEOUT_S = 2  # where what takes longer is to be cut; a busy machine does not send within it
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")

HOST = b"Host: localhost\r\n"
SECOND = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
OUR_REFUSED = {
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
    "two hosts, one empty": b"GET /healthz HTTP/1.1\r\nHost:\r\n" + HOST + b"\r\n",
    "another host in the target": b"GET http://b.example/healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "a user in the target": b"GET http://localhost@b/healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "bare line feed": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: a\nY: b\r\n\r\n",
    "bare line feeds only": b"GET /healthz HTTP/1.1\nHost: localhost\n\n",
    "bare carriage return": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: a\rY: b\r\n\r\n",
    "folded line": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n",
    "space before colon": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X : a\r\n\r\n",
    "no colon": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X\r\n\r\n",
    "NUL in a name": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X\0: a\r\n\r\n",
    "NUL in a value": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: a\0b\r\n\r\n",
    "NUL in the target": b"GET /healthz\0 HTTP/1.1\r\n" + HOST + b"\r\n",
    "control in a value": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: \x01\r\n\r\n",
    "space in the target": b"GET /healthz x HTTP/1.1\r\n" + HOST + b"\r\n",
    "two spaces": b"GET  /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "fragment": b"GET /healthz#x HTTP/1.1\r\n" + HOST + b"\r\n",
    "raw bytes in the target": b"GET /\xe3\x81\x82 HTTP/1.1\r\n" + HOST + b"\r\n",
    "lower-case method": b"get /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "unknown method": b"BREW /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "CONNECT": b"CONNECT localhost:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    "TRACE": b"TRACE /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "HTTP/2.0": b"GET /healthz HTTP/2.0\r\n" + HOST + b"\r\n",
    "HTTP/1.2": b"GET /healthz HTTP/1.2\r\n" + HOST + b"\r\n",
    "HTTP/01.1": b"GET /healthz HTTP/01.1\r\n" + HOST + b"\r\n",
    "no version": b"GET /healthz\r\n",
    "chunked": b"POST /healthz HTTP/1.1\r\n" + HOST
               + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked, disguised": b"POST /healthz HTTP/1.1\r\n" + HOST
                          + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunked and a length": b"POST /healthz HTTP/1.1\r\n" + HOST
                            + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": b"GET /healthz HTTP/1.1\r\n" + HOST
                   + b"Content-Length: 0\r\nContent-Length: 9\r\n\r\n",
    "equal lengths": b"GET /healthz HTTP/1.1\r\n" + HOST
                     + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "a list of lengths": b"GET /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: 0, 0\r\n\r\n",
    "signed length": b"GET /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: +0\r\n\r\n",
    "huge length": b"GET /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: " + b"9" * 40
                   + b"\r\n\r\n",
    "long target": b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "long head": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 40000 + b"\r\n\r\n",
    "many headers": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 120 + b"\r\n",
}
OUR_ACCEPTED = {
    "plain": (b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n", [200]),
    "two in one packet": (SECOND + SECOND, [200, 200]),
    "HTTP/1.0": (b"GET /healthz HTTP/1.0\r\n\r\n" + SECOND, [200]),
    "absolute target": (b"GET http://localhost/healthz HTTP/1.1\r\n" + HOST + b"\r\n", [200]),
    "HEAD": (b"HEAD /healthz HTTP/1.0\r\n\r\n", [200]),
    "OPTIONS": (b"OPTIONS /healthz HTTP/1.1\r\n" + HOST + b"\r\n", [204]),
    "OPTIONS *": (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", [204]),
    "a body of a GET": (b"GET /healthz HTTP/1.1\r\n" + HOST
                        + b"Content-Length: %d\r\n\r\n" % len(SECOND) + SECOND + SECOND, [200]),
    "a body that nobody takes": (b"POST /healthz HTTP/1.1\r\n" + HOST
                                 + b"Content-Length: %d\r\n\r\n" % len(SECOND) + SECOND, [405]),
    "arguments without number": (b"GET /healthz?" + b"&" * 3000 + b" HTTP/1.0\r\n\r\n", [200]),
}

# A second request behind the first, without a Host: answered 400.
PIPELINED = {"gunicorn-valid-022"}
# A body that is shorter than it says: we refuse its head, nginx waits for the rest and closes.
CUT_SHORT = {"gunicorn-valid-099"}
# Bytes behind the request that are the beginning of another: counted, and never answered.
BEGUN = {"llhttp-connection-151"}


def corpus():
    path = CORPORA / "http1.jsonl"
    if not path.is_file():
        if os.environ.get("WAYMARK_CORPORA_REQUIRED") == "1":
            raise AssertionError(f"{path} is missing")
        print(f"left out: http1.jsonl is not at {CORPORA}", file=sys.stderr)
        return []
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        row["raw"] = base64.b64decode(row["raw_b64"])
        rows.append(row)
    return rows


def ours(raw):
    """The same request for the host that this server serves, so that it comes further."""
    return re.sub(rb"(?im)^(host:[ \t]*)[a-z0-9.:\[\]]+(?=\r)", rb"\1localhost", raw)


class Http1(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(
            Daemon(tracker="http://localhost", limits__request_timeout_s=60))
        cls.daemon.start()
        cls.rows = corpus()

    def counted(self):
        """How many requests the server has seen, but for those that ask for this."""
        return sum(value for name, value in self.daemon.metrics().items()
                   if name.startswith("waymark_requests_total{")
                   and 'route="metrics"' not in name)

    def ask(self, raw, half_close=True):
        """Statuses of the answers to @raw, and how many requests were counted."""
        before = self.counted()
        data = talk(self.daemon.port, raw, half_close)
        statuses, rest = answers(data)
        if rest:
            # The library writes the head of its refusal of a Content-Length twice: one response,
            # and junk behind it on a connection that ends.
            self.assertEqual(len(statuses), 1, data)
            self.assertEqual(data.count(b"HTTP/1.1 %d " % statuses[0]), 2, data)
            self.assertEqual(data.count(b"Connection: close\r\n"), 2, data)
        return statuses, self.counted() - before

    def assert_refused(self, raw, half_close=True):
        statuses, counted = self.ask(raw, half_close)
        self.assertLessEqual(len(statuses), 1)
        self.assertEqual(counted, 1)
        for status in statuses:
            self.assertTrue(400 <= status < 500 or status in (501, 505), status)

    def test_our_refused(self):
        for name, raw in OUR_REFUSED.items():
            for more in (b"", SECOND):
                with self.subTest(name, more=more):
                    self.assert_refused(raw + more)

    def test_our_accepted(self):
        for name, (raw, expected) in OUR_ACCEPTED.items():
            with self.subTest(name):
                statuses, counted = self.ask(raw)
                self.assertEqual(statuses, expected)
                self.assertEqual(counted, len(expected))

    def test_refused_rows_of_the_corpus(self):
        for row in self.rows:
            if row["consensus"] in ("reject", "smuggle"):
                for raw in {row["raw"], ours(row["raw"])}:
                    with self.subTest(row["id"], raw=raw):
                        self.assert_refused(raw)

    def test_accepted_rows_of_the_corpus(self):
        for row in self.rows:
            if row["consensus"] != "accept":
                continue
            with self.subTest(row["id"], raw=row["raw"][:300]):
                statuses, counted = self.ask(row["raw"])
                self.assertEqual(len(statuses), 2 if row["id"] in PIPELINED else 1)
                self.assertEqual(counted, len(statuses) + (row["id"] in BEGUN))
                self.assertEqual(statuses[0] == 400, is_refused_here(row["raw"]), statuses)

    def test_a_body_over_the_limit_gets_no_100(self):
        raw = (b"GET /healthz HTTP/1.1\r\n" + HOST
               + b"Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n")
        self.assertNotIn(b" 100 ", talk(self.daemon.port, raw, half_close=False))
        self.assertEqual(self.ask(raw)[0], [413])


class Deadlines(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(
            Daemon(tracker="http://localhost", limits__request_timeout_s=TIMEOUT_S))
        cls.daemon.start()
        cls.rows = corpus()

    def test_what_never_ends_is_cut(self):
        """Unfinished requests, all at once, each closed by the deadline and answered by nothing
        but a refusal."""
        unfinished = [raw for raw in (
            b"", b"GET", b"GET /healthz HTTP/1.1", b"GET /healthz HTTP/1.1\r\n" + HOST,
            b"GET /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nabc",
            *(row["raw"] for row in self.rows if row["consensus"] in ("reject", "smuggle")))]
        sockets = []
        for raw in unfinished:
            connection = socket.create_connection(("127.0.0.1", self.daemon.port))
            self.addCleanup(connection.close)
            connection.sendall(raw)
            sockets.append(connection)
        for raw, connection in zip(unfinished, sockets):
            with self.subTest(raw=raw):
                statuses, _ = answers(read_all(connection, TIMEOUT_S + 20))
                self.assertLessEqual(len(statuses), 1)
                self.assertTrue(all(status >= 400 for status in statuses), statuses)

    def test_a_byte_now_and_then_is_cut_at_the_deadline(self):
        for first in (b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: ",
                      b"GET /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: 9999\r\n\r\n"):
            with self.subTest(first=first):
                begin = time.monotonic()
                with socket.create_connection(("127.0.0.1", self.daemon.port)) as connection:
                    connection.sendall(first)
                    connection.settimeout(0.2)
                    self.assertEqual(self.trickle(connection), b"")
                self.assertGreater(time.monotonic() - begin, TIMEOUT_S * 0.9)
                self.assertLess(time.monotonic() - begin, TIMEOUT_S + 20)

    @staticmethod
    def trickle(connection):
        """A byte every 0.2 seconds until the other side has had enough."""
        while True:
            try:
                return connection.recv(4096)
            except TimeoutError:
                pass
            except ConnectionResetError:
                return b""
            try:
                connection.send(b"x")
            except OSError:
                return b""


def is_refused_here(raw):
    """What the corpus accepts and we do not, by design: HTTP/1.1 without a Host."""
    first = raw.partition(b"\r\n")[0]
    return first.endswith(b" HTTP/1.1") and not re.search(rb"(?im)^host:", raw)


@unittest.skipUnless(NGINX, "nginx is not installed")
class BehindNginx(unittest.TestCase):
    """nginx in front as deploy/nginx.conf has it, with connections to us kept open: both count the
    same requests. Only TLS is left out, so that a client can say that it sends no more, and a log
    is added that says what nginx handed on."""

    MAIN = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log crit;
events {{ worker_connections 512; }}
http {{
	log_format hops '$upstream_status';
	client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
	fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
	scgi_temp_path {folder}/scgi;
	keepalive_timeout 5s; client_header_timeout 2s; client_body_timeout 2s;
	proxy_ignore_client_abort on;
	include {folder}/waymark.conf;
}}
"""
    TLS = ("ssl_certificate", "ssl_session", "ssl_protocols")

    @classmethod
    def configuration(cls):
        logged = "access_log {}/waymark.log waymark if=$waymark_logged;".format(cls.folder)
        text = front.shipped_configuration(cls.folder, cls.port, cls.daemon.port, {
            f"listen 127.0.0.1:{cls.port} ssl http2;": f"listen 127.0.0.1:{cls.port};",
            logged: f"{logged} access_log {cls.folder}/access.log hops;",
        })
        return "\n".join(line for line in text.splitlines()
                         if not line.lstrip().startswith(cls.TLS))

    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(
            Daemon(tracker="http://localhost", limits__request_timeout_s=60))
        cls.long = "https://www.example.com/" + "x" * (8192 - len("https://www.example.com/"))
        cls.links = [cls.daemon.link(cls.long, "--campaign", "autumn", *how)
                     for how in (["--slug", "long"], ["--to", "a@example.com"])]
        cls.daemon.start()
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.port = front.free_port()
        pathlib.Path(cls.folder, "waymark.conf").write_text(cls.configuration(), encoding="utf-8")
        config = pathlib.Path(cls.folder, "nginx.conf")
        config.write_text(cls.MAIN.format(folder=cls.folder), encoding="utf-8")
        nginx = subprocess.Popen([NGINX, "-c", str(config), "-p", cls.folder])
        cls.addClassCleanup(nginx.wait)
        cls.addClassCleanup(nginx.kill)
        wait_for(cls.is_up)

    @classmethod
    def is_up(cls):
        try:
            socket.create_connection(("127.0.0.1", cls.port)).close()
        except OSError:
            return False
        return True

    counted = Http1.counted

    def forwarded(self):
        """How many requests nginx has answered with our answer."""
        text = pathlib.Path(self.folder, "access.log").read_text(encoding="utf-8")
        return sum(line != "-" for line in text.splitlines())

    def check(self, raw):
        data = talk(self.port, raw)
        wait_for(lambda: self.forwarded() == self.counted())
        return answers(data)[0]

    def check_in_step(self):
        """The connection between the two is still in step."""
        self.assertEqual(self.check(b"GET /healthz HTTP/1.0\r\n" + HOST + b"\r\n"), [200])

    def test_our_cases(self):
        cases = [raw + more for raw in OUR_REFUSED.values() for more in (b"", SECOND)]
        cases += [raw for raw, _ in OUR_ACCEPTED.values()]
        for raw in cases:
            with self.subTest(raw=raw[:300]):
                self.check(raw)
                self.check_in_step()

    def test_rows_of_the_corpus(self):
        for row in corpus():
            for raw in {row["raw"], ours(row["raw"])}:
                with self.subTest(row["id"], raw=raw[:300]):
                    before = self.counted()
                    statuses = self.check(raw)
                    reached = self.counted() - before
                    if row["consensus"] in ("reject", "smuggle"):
                        self.assertLessEqual(reached, 1)
                        self.assertLessEqual(len(statuses), 1)
                    elif row["consensus"] == "accept" and row["id"] not in CUT_SHORT:
                        self.assertGreaterEqual(len(statuses), 1)
                    self.check_in_step()

    def test_the_longest_location_passes(self):
        for link in self.links:
            target = link[len("http://localhost"):]
            data = talk(self.port, f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            self.assertTrue(data.startswith(b"HTTP/1.1 302 "), data[:300])
            self.assertIn(f"\r\nLocation: {self.long}\r\n".encode(), data)


if __name__ == "__main__":
    unittest.main()

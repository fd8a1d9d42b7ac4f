# SPDX-License-Identifier: Apache-2.0
"""`waymark link check`: pages are asked for where that is wanted, and nothing else is."""
import http.server
import json
import os
import signal
import socket
import subprocess
import threading
import unittest

from daemon import WAYMARK, Daemon, read_line, wait_for


class Page(http.server.BaseHTTPRequestHandler):
    """What a path is called is how it answers."""
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.server.asked.append((self.command, self.path))
        name = self.path[1:].split("?")[0]
        status = {"ok": 200, "moved": 302, "gone": 410, "missing": 404, "failing": 503,
                  "unclear": 403}.get(name, 200)
        if name == "no-head":
            status = 405 if self.command == "HEAD" else 200
        if name == "endless" and self.command == "HEAD":
            status = 501
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/secret")
        if name == "endless":
            self.send_header("Content-Length", str(1 << 40))
        else:
            self.send_header("Content-Length", "0")
        self.end_headers()
        if name == "endless" and self.command == "GET":
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                self.close_connection = True

    do_GET = do_HEAD = answer

    def log_message(self, format, *arguments):  # pylint: disable=redefined-builtin
        pass


class Site(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Page)
        self.asked = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}/"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()


class LinkCheck(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.site = Site()
        self.addCleanup(self.site.server_close)
        self.addCleanup(self.site.shutdown)

    def allow(self, *networks):
        self.daemon.configure(link_check__hours=24, link_check__rate=100,
                              link_check__networks=list(networks))

    def link(self, url, slug):
        self.daemon.link(url, "--slug", slug)

    def check(self):
        return self.daemon.waymark("link", "check").stdout

    def health(self):
        """State and status by slug."""
        rows = [line.split("\t") for line in
                self.daemon.waymark("link", "list", "--health").stdout.splitlines()]
        return {row[1]: (row[5], row[6]) for row in rows}

    def test_what_pages_answer(self):
        self.allow("127.0.0.0/8")
        names = ("ok", "moved", "gone", "missing", "failing", "unclear", "no-head", "endless")
        for name in names:
            self.link(self.site.url + name, name)
        with socket.socket() as closed:  # bound, and nobody listens
            closed.bind(("127.0.0.1", 0))
            self.link(f"http://127.0.0.1:{closed.getsockname()[1]}/", "closed")
            said = self.check()
        self.assertEqual(self.health(), {
            "ok": ("ok", "200"), "moved": ("moved", "302"), "gone": ("missing", "410"),
            "missing": ("missing", "404"), "failing": ("failing", "503"),
            "unclear": ("unclear", "403"), "no-head": ("ok", "200"), "endless": ("ok", "200"),
            "closed": ("unreachable", "")})
        asked = sorted(self.site.asked)
        self.assertEqual(asked, sorted(
            [("HEAD", "/" + name) for name in names] +
            [("GET", "/" + name) for name in names if name not in ("ok", "moved")]))
        self.assertTrue(said.endswith("9 links, 3 ok, 1 moved, 2 missing, 1 failing, 1 unclear, "
                                      "1 unreachable\n"), said)
        self.assertIn(f"missing\t404\t{self.site.url}missing\n", said)
        self.assertNotIn("unclear\t", said)

    def test_nobody_is_asked_unless_it_is_wanted(self):
        self.link(self.site.url + "ok", "ok")
        result = self.daemon.waymark("link", "check", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("link_check.hours is 0", result.stderr)
        self.assertEqual(self.site.asked, [])
        self.assertEqual(self.health(), {"ok": ("unchecked", "")})

    def test_what_is_not_public_is_not_connected_to(self):
        self.allow()
        port = self.site.server_address[1]
        for slug, host in (("address", "127.0.0.1"), ("name", "localhost"),
                           ("number", "2130706433")):
            self.link(f"http://{host}:{port}/ok", slug)
        self.check()
        self.assertEqual(set(self.health().values()), {("refused", "")})
        self.assertEqual(self.site.asked, [])
        self.allow("10.0.0.0/8")
        self.check()
        self.assertEqual(self.site.asked, [])

    def test_one_page_is_asked_for_once(self):
        self.allow("127.0.0.0/8")
        for number in range(20):
            self.link(f"{self.site.url}ok#part{number}", f"s{number}")
        self.daemon.waymark("link", "new", "--slug", "trap", "--trap", self.site.url + "trap")
        self.check()
        self.assertEqual(self.site.asked, [("HEAD", "/ok")])
        self.assertEqual(self.health()["s7"], ("ok", "200"))
        self.assertEqual(self.health()["trap"], ("unchecked", ""))

    def test_a_link_that_was_repointed_is_unchecked(self):
        self.allow("127.0.0.0/8")
        self.link(self.site.url + "missing", "s")
        self.check()
        self.assertRegex(self.daemon.waymark("link", "show", "s").stdout, r"health +missing since")
        self.daemon.waymark("link", "repoint", "s", self.site.url + "ok")
        self.assertEqual(self.health(), {"s": ("unchecked", "")})
        self.assertNotIn("health", self.daemon.waymark("link", "show", "s").stdout)
        self.check()
        self.assertEqual(self.health(), {"s": ("ok", "200")})

    def test_metrics_and_doctor(self):
        self.allow("127.0.0.0/8")
        self.daemon.start()
        self.link(self.site.url + "ok", "ok")
        self.link(self.site.url + "missing", "missing")

        def findings():
            text = self.daemon.waymark("doctor", "--json", check=False).stdout
            return [row for row in json.loads(text)["findings"] if row["check"] == "links"]

        self.assertIn("no check has ended yet", findings()[0]["finding"])
        self.check()
        metrics = self.daemon.metrics()
        self.assertEqual(metrics['waymark_links_checked{state="ok"}'], 1)
        self.assertEqual(metrics['waymark_links_checked{state="missing"}'], 1)
        self.assertGreater(metrics["waymark_links_checked_time_seconds"], 1700000000)
        [found] = findings()
        self.assertEqual(found["result"], "note")
        self.assertIn("1 of 2 active links lead to pages that are not there", found["finding"])

    def test_following(self):
        self.allow("127.0.0.0/8")
        self.link(self.site.url + "ok", "ok")
        with subprocess.Popen([WAYMARK, "link", "check", "--config", self.daemon.config_path,
                               "--follow"], stdout=subprocess.PIPE) as process:
            self.assertEqual(read_line(process), "1 links, 1 ok\n")
            wait_for(lambda: self.health() == {"ok": ("ok", "200")})
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(30), 0)
        self.assertEqual(self.site.asked, [("HEAD", "/ok")])

    def test_a_file_that_cannot_be_read_is_begun_again(self):
        self.allow("127.0.0.0/8")
        self.link(self.site.url + "ok", "ok")
        self.check()
        path = os.path.join(self.daemon.instance, "data", "link_checks.ndjson")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        for text in ("", "nonsense\n", '{"version":2}\n',
                     '{"version":1,"log":"x","position":0}\n{}\n'):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            self.assertEqual(self.health(), {"ok": ("unchecked", "")}, text)
            self.check()
            self.assertEqual(self.health(), {"ok": ("ok", "200")}, text)


if __name__ == "__main__":
    unittest.main()

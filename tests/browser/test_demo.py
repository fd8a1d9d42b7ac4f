# SPDX-License-Identifier: Apache-2.0
"""What a newcomer is shown: the demonstration of deploy/up, its mail clicked, the log followed."""
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import unittest

import chromium
import daemon

DEMO = pathlib.Path(os.environ["WAYMARK_SOURCE"]) / "deploy/demo"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Demo(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.tracker = self.enterContext(daemon.Daemon())
        self.tracker.start()
        shutil.copytree(DEMO / "site", self.folder / "site")
        mail = self.tracker.waymark(
            "rewrite", "--to", "you@example.com", "--campaign", "autumn", "--mailing",
            "autumn-notes", stdin=(DEMO / "mail.html").read_text()).stdout
        (self.folder / "site/mail.html").write_text(mail)
        rules = (f"MAP localhost:8080 127.0.0.1:{self.tracker.port}, "
                 f"MAP localhost:8090 127.0.0.1:{self.serve()}")
        self.reader = self.enterContext(chromium.Chromium(rules, "")).profile()

    def serve(self):
        site = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0),
            lambda *arguments: Quiet(*arguments, directory=str(self.folder / "site")))
        thread = threading.Thread(target=site.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(site.server_close)
        self.addCleanup(site.shutdown)
        return site.server_address[1]

    def follow(self):
        """`waymark events --follow`, as deploy/up says it: read() gives the next line of it."""
        said = re.search(r"events --config \$config (--follow[^\n]*)",
                         (DEMO.parent / "up").read_text())[1]
        process = subprocess.Popen(
            [daemon.WAYMARK, "events", "--config", self.tracker.config_path, *said.split()],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        return lambda: json.loads(daemon.read_line(process))

    def test_click_view_and_dwell_are_seen_at_once(self):
        read = self.follow()
        self.reader.open("http://localhost:8090/mail.html")
        landed = self.reader.click("a[href*='/c/']")
        self.assertEqual(landed["url"],
                         "http://localhost:8090/autumn.html?from=mail&part=button#guide")
        click, view = read(), read()
        self.assertEqual((click["type"], view["type"]), ("click", "view"))
        self.assertEqual((view["visitor"], view["url"]),
                         (click["visitor"], "http://localhost:8090/autumn.html"))
        self.reader.pause(300)
        self.reader.click("a[href='dates.html']")
        left, second = sorted((read(), read()), key=lambda event: event["type"])
        self.assertEqual((left["type"], second["type"]), ("leave", "view"))
        self.assertGreaterEqual(left["props"]["visible_ms"], 300)
        self.assertEqual(second["url"], "http://localhost:8090/dates.html")
        self.assertEqual(self.reader.troubles()["errors"], [])

    def test_each_page_has_the_snippet_and_the_mail_has_none(self):
        for page in (self.folder / "site").glob("*.html"):
            self.assertEqual("/t.js" in page.read_text(), page.name != "mail.html", page.name)


if __name__ == "__main__":
    unittest.main()

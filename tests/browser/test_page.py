# SPDX-License-Identifier: Apache-2.0
"""The snippet and the real tracker: what a page does in a real Chromium is in the log.

Site and tracker are both on localhost, on two ports, which browsers take for one site.
"""
import functools
import http.server
import pathlib
import re
import tempfile
import threading
import time
import unittest

import chromium
import daemon


class Site(http.server.SimpleHTTPRequestHandler):
    def end_headers(self):
        # The policies under which sites are found in the wild, and the strictest.
        self.send_header("Referrer-Policy", "no-referrer")
        super().end_headers()

    def log_message(self, *_):
        pass


class Page(unittest.TestCase):
    def start(self, consent):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        site = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Site, directory=str(folder)))
        self.addCleanup(site.server_close)
        self.addCleanup(site.shutdown)
        threading.Thread(target=site.serve_forever, daemon=True).start()
        self.site = f"http://localhost:{site.server_port}"
        self.tracker = self.enterContext(daemon.Daemon(consent, site=self.site))
        self.tracker.start()
        self.browser = self.enterContext(chromium.Chromium("", "")).profile()
        self.folder = folder

    def put(self, name, script=""):
        """A page with the lines that `config snippet` prints, and commands of its own."""
        lines = self.tracker.waymark("config", "snippet").stdout
        lines = re.sub("<!--.*?-->", "", lines, flags=re.DOTALL)
        lines = lines.replace("http://localhost:8080/",
                              f"http://localhost:{self.tracker.port}/")
        (self.folder / name).write_text(
            f"<!doctype html><title>{name}</title>{lines}<script>{script}</script>")
        return f"{self.site}/{name}"

    def open(self, name, script=""):
        url = self.put(name, script)
        self.browser.call("open", url=url)
        return url

    def wait_events(self, count, **filters):
        return self.tracker.wait_logged(lambda: (found := self.tracker.events(**filters))
                                        and len(found) >= count and found)

    def cookie(self):
        cookies = self.browser.call("cookies")
        return cookies[0]["value"] if cookies else None

    def test_views_time_and_events_are_one_visitors(self):
        self.start("measure")
        first = self.open("first.html", "waymark('event', 'tried', {n: 1})")
        self.wait_events(1, type="view")
        begin = time.monotonic()
        self.wait_events(1, type="event")
        daemon.wait_for(lambda: time.monotonic() - begin > 0.5)
        second = self.open("second.html", "waymark('search', 'autumn leaves')")
        one, two = self.wait_events(2, type="view")
        [leave] = self.wait_events(1, type="leave")
        [search] = self.wait_events(1, type="search")
        [event] = self.tracker.events(type="event")
        self.assertEqual([one["url"], two["url"], leave["url"]], [first, second, first])
        self.assertEqual(one["props"]["kind"], "load")
        self.assertRegex(one["props"]["view"], "^[0-9a-f]{16}$")
        self.assertEqual(leave["props"]["view"], one["props"]["view"])
        self.assertGreaterEqual(leave["props"]["visible_ms"], 500)
        self.assertEqual(leave["props"]["depth"], 100)
        self.assertEqual(leave["props"]["input"], False)
        self.assertEqual(event["props"]["props"], {"n": 1})
        self.assertEqual(search["props"]["term"], "autumn leaves")
        visitors = {seen["visitor"] for seen in (one, two, leave, search, event)}
        self.assertEqual(len(visitors), 1)
        self.assertRegex(visitors.pop(), "^[0-9a-f]{32}$")
        self.assertTrue(self.cookie())

    def test_what_waited_for_a_choice_comes_with_it(self):
        self.start("pending")
        self.open("first.html", "waymark('event', 'waiting')")
        self.assertIsNone(self.cookie())
        self.open("second.html", "waymark('event', 'waiting'); waymark('consent', 'measure')")
        [view] = self.wait_events(1, type="view")
        [event] = self.wait_events(1, type="event")
        [consent] = self.wait_events(1, type="consent")
        self.assertEqual([view["consent"], consent["consent"]], ["measure", "measure"])
        self.assertTrue(view["url"].endswith("/second.html"))
        self.assertEqual({view["visitor"], event["visitor"]}, {consent["visitor"]})
        self.open("third.html")
        self.wait_events(2, type="view")
        self.assertEqual(len(self.tracker.events(type="consent")), 1)

    def test_who_is_forgotten_comes_back_as_another(self):
        self.start("measure")
        self.open("first.html")
        self.wait_events(1, type="view")
        daemon.wait_for(self.cookie)
        self.open("second.html", "waymark('forget')")
        daemon.wait_for(lambda: not self.cookie())
        self.open("third.html")
        first, third = self.wait_events(2, type="view")
        self.assertTrue(third["url"].endswith("/third.html"))
        self.assertNotEqual(first["visitor"], third["visitor"])

    def test_who_opts_out_leaves_nothing(self):
        self.start("identify")
        self.open("first.html", "waymark('optout')")
        [consent] = self.wait_events(1, type="consent")
        self.assertEqual(consent["consent"], "denied")
        self.open("second.html", "waymark('event', 'unheard')")
        self.open("third.html")
        self.assertEqual(self.tracker.stop(), 0)
        for kind in ("view", "leave", "event"):
            self.assertEqual(self.tracker.events(type=kind), [], kind)


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""HEAD and prefetches are probes: never a click, no cookie, and the real click still comes."""
import unittest

from daemon import Daemon

PAGE = "http://localhost:8090/"


class Probe(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.daemon.start()
        self.url = self.daemon.link(PAGE, "--to", "a@example.com", "--slug", "s")
        self.click = self.daemon.waymark("link", "new", "--to", "a@example.com",
                                         PAGE).stdout.strip()

    def events(self):
        return [(event["type"], event["visitor"]) for event in self.daemon.events()
                if event["type"] in ("click", "probe")]

    def test_head_answers_like_get(self):
        for url, route in ((self.url, "slug"), (self.click, "click")):
            answer = self.daemon.click(url, method="HEAD")
            self.assertEqual((answer.status, answer.location, answer.body), (302, PAGE, b""))
            self.assertIsNone(answer.cookie)
            self.assertEqual(self.daemon.metric(
                f'waymark_requests_total{{route="{route}",result="probe"}}'), 1)
        self.assertEqual(self.events(), [("probe", None), ("probe", None)])

    def test_a_prefetch_gets_no_redirect(self):
        for headers in ({"Sec-Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"},
                        {"Purpose": "prefetch"}, {"Sec-Purpose": "", "Purpose": "prefetch"},
                        {"Purpose": "preview", "X-Moz": "prefetch"}, {"X-Moz": "prefetch"}):
            answer = self.daemon.click(self.click, headers)
            self.assertEqual(answer.status, 503, headers)
            self.assertEqual(answer.header("Cache-Control"), "no-store")
            self.assertIsNone(answer.location)
            self.assertIsNone(answer.cookie)
        self.assertEqual(self.events(), [("probe", None)] * 6)
        self.assertEqual(self.daemon.metric(
            'waymark_requests_total{route="click",result="prefetch"}'), 6)
        [*_, event] = self.daemon.events(type="probe")
        self.assertEqual(event["signals"]["purpose"], "prefetch")
        self.assertEqual(event["verdict"]["class"], "machine")

    def test_a_prefetch_then_the_click_counts_once(self):
        self.daemon.click(self.click, {"Sec-Purpose": "prefetch"})
        answer = self.daemon.click(self.click)
        self.assertEqual(answer.status, 302)
        self.assertIsNotNone(answer.cookie)
        self.assertEqual([kind for kind, _ in self.events()], ["probe", "click"])


if __name__ == "__main__":
    unittest.main()

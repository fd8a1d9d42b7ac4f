# SPDX-License-Identifier: Apache-2.0
"""GET /e.gif: a page view without a script, judged by what only browsers can write."""
import unittest
import urllib.parse

import mint
from daemon import BEACON, SITE, TRACKER, Daemon

PAGE = SITE + "/a"
IMAGE = {**{name: value for name, value in BEACON.items() if name != "Origin"},
         "Sec-Fetch-Dest": "image", "Referer": PAGE}


class Pixels(unittest.TestCase):
    consent = "identify"

    def setUp(self):
        self.daemon = Daemon(consent=self.consent)
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.daemon.start()

    def show(self, query="", method="GET", **headers):
        """(answer, events): the picture, and what it left."""
        last = max((event["seq"] for event in self.daemon.events()), default=0)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in {**IMAGE, **names}.items() if value is not None}
        answer = self.daemon.request(method, "/e.gif" + query, sent)
        return answer, self.daemon.events("--after", str(last))


class Identify(Pixels):
    def assert_picture(self, answer):
        self.assertEqual((answer.status, answer.header("Content-Type")), (200, "image/gif"))
        self.assertEqual(answer.header("Cache-Control"), "no-store")
        self.assertEqual((answer.body[:6], len(answer.body), answer.body[-1:]),
                         (b"GIF89a", 43, b";"))

    def test_the_page_is_the_referrer(self):
        answer, [event] = self.show()
        self.assert_picture(answer)
        self.assertEqual((event["type"], event["url"], event["referrer"]), ("view", PAGE, None))
        data = mint.decode(answer.cookie[3:])
        self.assertEqual((data[1:17].hex(), data[19]), (event["visitor"], 0))
        again, [second] = self.show(Cookie=answer.cookie)
        self.assertIsNone(again.cookie)
        self.assertEqual(second["visitor"], event["visitor"])

    def test_a_template_can_say_which(self):
        query = "?" + urllib.parse.urlencode({"u": SITE + "/b?secret=1", "t": "event", "n": "x",
                                              "r": "https://search.example/q"})
        _, [event] = self.show(query, Referer=SITE + "/")
        self.assertEqual((event["type"], event["url"], event["referrer"]),
                         ("view", SITE + "/b", "https://search.example"))

    def test_without_a_page_there_is_a_picture_and_no_view(self):
        for query, headers in (("", {"Referer": None}), ("?u=/a", {}), ("?v=x", {})):
            answer, events = self.show(query, **headers)
            self.assert_picture(answer)
            self.assertEqual((events, answer.cookie), ([], None), query)
        self.assertEqual(
            self.daemon.metric('waymark_events_rejected_total{reason="malformed"}'), 3)

    def test_who_may_show_it(self):
        allowed = [{}, {"Referer": TRACKER + "/privacy", "Sec_Fetch_Site": "same-origin"},
                   {"Sec_Fetch_Site": None, "Sec_Fetch_Mode": None, "Sec_Fetch_Dest": None},
                   {"Referer": SITE}, {"Origin": SITE}]
        for headers in allowed:
            answer, events = self.show("?u=" + PAGE, **headers)
            self.assertEqual((answer.status, len(events)), (200, 1), headers)
        answer, events = self.show("?u=" + PAGE, Referer=None)
        self.assertEqual((answer.status, len(events)), (200, 1))

    def test_who_may_not(self):
        for headers in ({"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "none"},
                        {"Referer": "https://evil.example/"},
                        {"Referer": SITE + ".evil.example/"}, {"Referer": SITE + "1/"},
                        {"Referer": "localhost:8090"}, {"Referer": ""},
                        {"Sec_Fetch_Site": None, "Referer": None},
                        {"Sec_Fetch_Site": None, "Referer": "https://evil.example/"},
                        {"Origin": "https://evil.example"}, {"Origin": "null"},
                        {"Origin": [SITE, SITE]}):
            answer, events = self.show("?u=" + PAGE, **headers)
            self.assertEqual((answer.status, answer.cookie, events), (403, None, []), headers)

    def test_head_and_prefetch_view_nothing(self):
        answer, events = self.show(method="HEAD")
        self.assertEqual((answer.status, answer.cookie, events), (200, None, []))
        for headers in ({"Sec_Purpose": "prefetch"}, {"Sec_Purpose": "prefetch;prerender"},
                        {"Purpose": "prefetch"}):
            answer, events = self.show(**headers)
            self.assertEqual((answer.status, answer.cookie, events), (503, None, []))
            self.assertEqual(answer.header("Cache-Control"), "no-store")
        self.assertEqual(self.daemon.metric(
            'waymark_requests_total{route="pixel",result="prefetch"}'), 3)


class Pending(Pixels):
    consent = "pending"

    def test_nothing_is_kept(self):
        answer, events = self.show()
        self.assertEqual((answer.status, answer.cookie, events), (200, None, []))


del Pixels

if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""The main job in a real browser: a rewritten mail's link, clicked, through nginx and TLS.

The mail is read in a webmail on another site, its link leads to go.example.com, and the click has
to land on the very URL that the author wrote, with the cookie that consent allows and the event in
the log. Prefetches of the link (speculation rules) are no clicks; activating one is exactly one.
"""
import json
import re
import time
import unittest

import daemon
from scene import MAIL, SITE, Scene

TEXT = """<!DOCTYPE html><meta charset="utf-8"><title>Mail</title>
<p>秋 <a id="link" href="{}">Read it</a></p>
"""
COOKIE_SECONDS = 395 * 86400
PREFETCHES = 'waymark_requests_total{route="click",result="prefetch"}'


class Clicks(Scene):
    def setUp(self):
        super().setUp()
        self.page = self.put("<p>Landed")
        self.landing = self.page + "?x=1&y=%E7%A7%8B&z=a+b#part"
        self.to, self.who = self.person(), self.reader()
        self.mail = self.tracker.waymark(
            "rewrite", "--to", self.to, "--campaign", "autumn", "--mailing", "autumn-notes",
            stdin=TEXT.format(self.landing.replace("&", "&amp;"))).stdout
        self.link = re.search(r'href="([^"]*)"', self.mail)[1]

    def clicks(self):
        return self.events("click")

    def read(self, reader, more="", host=MAIL):
        reader.open(self.put(self.mail + more, host))

    def click_in_mail(self, reader):
        self.read(reader)
        return reader.click("#link")

    def assert_landed(self, page):
        self.assertEqual(page["url"], self.landing)
        self.assertEqual(page["title"], "Page")
        self.assertEqual(page["referrer"], "")
        token = self.link.rpartition("/")[2]
        path = self.page.removeprefix(SITE)
        # The site may be answered before nginx has taken down that it was.
        landing = daemon.wait_for(lambda: [seen for seen in self.front.seen()
                                           if seen["target"].startswith(path)])
        self.assertEqual(len(landing), 1, landing)
        self.assertEqual(landing[0]["referer"], "")
        self.assertNotIn(token, json.dumps(self.front.seen()))
        self.assertNotIn(token, self.front.tracker_log())


class WithIdentify(Clicks):
    consent = "identify"

    def assert_cookie(self, cookies):
        self.assertEqual([cookie["name"] for cookie in cookies], ["__Host-Http-wm"])
        cookie = cookies[0]
        expires = cookie.pop("expires")
        self.assertAlmostEqual(expires - time.time(), COOKIE_SECONDS, delta=300)
        self.assertRegex(cookie.pop("value"), r"^[A-Za-z0-9_-]{43}$")
        self.assertEqual(cookie, {
            "name": "__Host-Http-wm", "domain": "go.example.com", "path": "/",
            "httpOnly": True, "secure": True, "sameSite": "Lax",
        })

    def test_a_click_lands_with_cookie_and_event(self):
        self.assert_landed(self.click_in_mail(self.who))
        self.assert_cookie(self.who.cookies())
        [event] = self.clicks()
        self.assertEqual(event["prospect"], self.handle(self.to))
        self.assertEqual(event["consent"], "identify")
        self.assertEqual(event["evidence"], "claim")
        self.assertEqual(event["tracker"], "go.example.com")
        self.assertEqual(event["campaign"], "autumn")
        self.assertEqual(event["mailing"], "autumn-notes")
        self.assertRegex(event["visitor"], "^[0-9a-f]{32}$")
        self.assertEqual(event["signals"]["sec_fetch"], ["cross-site", "navigate", "document"])
        self.assertEqual(event["signals"]["method"], "GET")

    def test_a_second_click_is_the_same_visitor(self):
        self.click_in_mail(self.who)
        before = self.who.cookies()
        self.click_in_mail(self.who)
        first, second = self.clicks()
        self.assertEqual(first["visitor"], second["visitor"])
        self.assertEqual(before[0]["value"], self.who.cookies()[0]["value"])

    def prefetch(self, host):
        """Open a mail with a rule that makes the browser prefetch the link: no click, no cookie."""
        before = self.tracker.metric(PREFETCHES)
        rules = {"prefetch": [{"urls": [self.link], "eagerness": "immediate"}]}
        self.read(self.who,
                  f'<script type="speculationrules">{json.dumps(rules)}</script>', host)
        daemon.wait_for(lambda: self.tracker.metric(PREFETCHES) > before)
        self.assertEqual(self.clicks(), [])
        self.assertEqual(self.who.cookies(), [])

    def activate(self):
        self.assert_landed(self.who.click("#link"))
        self.assertEqual(len(self.clicks()), 1)
        self.assert_cookie(self.who.cookies())

    def test_an_activated_prefetch_is_one_click(self):
        self.prefetch(MAIL)
        self.activate()

    def test_an_activated_prefetch_of_the_same_site_is_one_click(self):
        self.prefetch(SITE)
        self.activate()

    def test_a_prefetch_that_is_not_activated_is_no_click(self):
        self.prefetch(MAIL)
        self.who.open(self.landing)
        other = self.reader()
        self.click_in_mail(other)
        [click] = self.clicks()
        self.assertEqual(click["visitor"], self.visitor(other))


class WithPending(Clicks):
    consent = "pending"

    def test_a_click_lands_without_cookie_and_person(self):
        self.assert_landed(self.click_in_mail(self.who))
        self.assertEqual(self.who.cookies(), [])
        [event] = self.clicks()
        self.assertIsNone(event["prospect"])
        self.assertIsNone(event["visitor"])
        self.assertEqual(event["consent"], "pending")
        self.assertEqual(event["campaign"], "autumn")


del Clicks  # the base class has no tests of its own

if __name__ == "__main__":
    unittest.main()

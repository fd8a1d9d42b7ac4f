# SPDX-License-Identifier: Apache-2.0
"""The main job in a real browser: a rewritten mail's link, clicked, through nginx and TLS.

The mail is read in a webmail on another site, its link leads to go.example.com, and the click has
to land on the very URL that the author wrote, with the cookie that consent allows and the event in
the log. Prefetches of the link (speculation rules) are no clicks; activating one is exactly one.
"""
import json
import pathlib
import re
import tempfile
import time
import unittest
import urllib.request

import chromium
import front
import tracker

PROSPECT = "reader@example.com"
LANDING = "https://www.example.com/landing.html?x=1&y=%E7%A7%8B&z=a+b#part"
MAIL = f"""<!DOCTYPE html><meta charset="utf-8"><title>Mail</title>
<p>秋 <a id="link" href="{LANDING.replace('&', '&amp;')}">Read it</a></p>
"""
COOKIE_SECONDS = 395 * 86400
WAIT_SECONDS = 30


class Clicks(unittest.TestCase):
    consent = None

    def setUp(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.tracker = self.enterContext(tracker.Tracker(folder, self.consent))
        self.front = self.enterContext(front.Front(folder, self.tracker.port))
        rules = self.front.resolver_rules()
        self.browser = self.enterContext(chromium.Chromium(rules, self.front.spki))
        (folder / "www/landing.html").write_text("<title>Landed</title>")
        people = folder / "people.csv"
        people.write_text(f"email\n{PROSPECT}\n")
        self.tracker.run("prospect import", str(people))
        self.prospect = self.tracker.run("prospect find", PROSPECT).strip()
        self.mail = self.tracker.run("rewrite", "--to", PROSPECT, "--campaign", "autumn",
                                     "--mailing", "autumn-notes", stdin=MAIL)
        self.link = re.search(r'href="([^"]*)"', self.mail)[1]
        self.put_mail("")

    def put_mail(self, more, host="mail"):
        (self.front.folder / host / "mail.html").write_text(self.mail + more)

    def metric(self, name):
        url = f"http://127.0.0.1:{self.tracker.admin_port}/metrics"
        with urllib.request.urlopen(url, timeout=10) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith(name + " "):
                    return int(line.split()[-1])
        raise AssertionError(f"no metric {name}")

    def wait_for_metric(self, name, value):
        deadline = time.monotonic() + WAIT_SECONDS
        while self.metric(name) < value:
            self.assertLess(time.monotonic(), deadline, f"{name} stays below {value}")
            time.sleep(0.05)
        self.assertEqual(self.metric(name), value)

    def click(self, mail="https://mail.example.net/mail.html"):
        self.browser.call("open", url=mail)
        return self.browser.call("click", selector="#link")

    def assert_landed(self, page):
        self.assertEqual(page["url"], LANDING)
        self.assertEqual(page["title"], "Landed")
        self.assertEqual(page["referrer"], "")
        token = self.link.rpartition("/")[2]
        landing = [seen for seen in self.front.seen() if seen["target"].startswith("/landing")]
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
        self.assert_landed(self.click())
        self.assert_cookie(self.browser.call("cookies"))
        [event] = self.tracker.events("click")
        self.assertEqual(event["prospect"], self.prospect)
        self.assertEqual(event["consent"], "identify")
        self.assertEqual(event["evidence"], "claim")
        self.assertEqual(event["tracker"], "go.example.com")
        self.assertEqual(event["campaign"], "autumn")
        self.assertEqual(event["mailing"], "autumn-notes")
        self.assertRegex(event["visitor"], "^[0-9a-f]{32}$")
        self.assertEqual(event["signals"]["sec_fetch"], ["cross-site", "navigate", "document"])
        self.assertEqual(event["signals"]["method"], "GET")

    def test_a_second_click_is_the_same_visitor(self):
        self.click()
        before = self.browser.call("cookies")
        self.click()
        first, second = self.tracker.events("click")
        self.assertEqual(first["visitor"], second["visitor"])
        self.assertEqual(before[0]["value"], self.browser.call("cookies")[0]["value"])

    def speculate(self, host, mail):
        """Prefetch the link on @mail, then activate it: nothing, then one click."""
        rules = {"prefetch": [{"urls": [self.link], "eagerness": "immediate"}]}
        self.put_mail(f'<script type="speculationrules">{json.dumps(rules)}</script>', host)
        self.browser.call("open", url=mail)
        self.wait_for_metric(
            'waymark_requests_total{route="click",result="prefetch"}', 1)
        self.assertEqual(self.tracker.events("click"), [])
        self.assertEqual(self.browser.call("cookies"), [])
        self.assert_landed(self.browser.call("click", selector="#link"))
        self.assertEqual(len(self.tracker.events("click")), 1)
        self.assert_cookie(self.browser.call("cookies"))

    def test_prefetch_from_another_site(self):
        self.speculate("mail", "https://mail.example.net/mail.html")

    def test_prefetch_from_the_site_itself(self):
        self.speculate("www", "https://www.example.com/mail.html")


class WithPending(Clicks):
    consent = "pending"

    def test_a_click_lands_without_cookie_and_person(self):
        self.assert_landed(self.click())
        self.assertEqual(self.browser.call("cookies"), [])
        [event] = self.tracker.events("click")
        self.assertIsNone(event["prospect"])
        self.assertIsNone(event["visitor"])
        self.assertEqual(event["consent"], "pending")
        self.assertEqual(event["campaign"], "autumn")


del Clicks  # the base class has no tests of its own

if __name__ == "__main__":
    unittest.main()

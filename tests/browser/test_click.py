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

import chromium
import daemon
import front

PROSPECT = "reader@example.com"
LANDING = "https://www.example.com/landing.html?x=1&y=%E7%A7%8B&z=a+b#part"
MAIL = f"""<!DOCTYPE html><meta charset="utf-8"><title>Mail</title>
<p>秋 <a id="link" href="{LANDING.replace('&', '&amp;')}">Read it</a></p>
"""
COOKIE_SECONDS = 395 * 86400
PREFETCHES = 'waymark_requests_total{route="click",result="prefetch"}'


class Clicks(unittest.TestCase):
    consent = None

    def setUp(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.tracker = self.enterContext(daemon.Daemon(
            self.consent, tracker="https://go.example.com", site="https://www.example.com"))
        self.tracker.start()
        self.front = self.enterContext(front.Front(folder, self.tracker.port))
        rules = self.front.resolver_rules()
        self.browser = self.enterContext(chromium.Chromium(rules, self.front.spki)).profile()
        (folder / "www.example.com/landing.html").write_text("<title>Landed</title>")
        people = folder / "people.csv"
        people.write_text(f"email\n{PROSPECT}\n")
        self.run_command("prospect", "import", str(people))
        self.prospect = self.run_command("prospect", "find", PROSPECT).strip()
        self.mail = self.run_command("rewrite", "--to", PROSPECT, "--campaign", "autumn",
                                     "--mailing", "autumn-notes", stdin=MAIL)
        self.link = re.search(r'href="([^"]*)"', self.mail)[1]
        self.put_mail("")

    def put_mail(self, more, host="mail.example.net"):
        (self.front.folder / host / "mail.html").write_text(self.mail + more)

    def run_command(self, *arguments, **options):
        return self.tracker.waymark(*arguments, **options).stdout

    def clicks(self):
        return self.tracker.events(type="click")

    def click(self, mail="https://mail.example.net/mail.html"):
        self.browser.open(mail)
        return self.browser.click("#link")

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
        self.assert_cookie(self.browser.cookies())
        [event] = self.clicks()
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
        before = self.browser.cookies()
        self.click()
        first, second = self.clicks()
        self.assertEqual(first["visitor"], second["visitor"])
        self.assertEqual(before[0]["value"], self.browser.cookies()[0]["value"])

    def prefetch(self, host):
        """Open a mail with a rule that makes the browser prefetch the link: no click, no cookie."""
        rules = {"prefetch": [{"urls": [self.link], "eagerness": "immediate"}]}
        self.put_mail(f'<script type="speculationrules">{json.dumps(rules)}</script>', host)
        self.browser.open(f"https://{host}/mail.html")
        daemon.wait_for(lambda: self.tracker.metric(PREFETCHES))
        self.assertEqual(self.clicks(), [])
        self.assertEqual(self.browser.cookies(), [])

    def activate(self):
        self.assert_landed(self.browser.click("#link"))
        self.assertEqual(len(self.clicks()), 1)
        self.assert_cookie(self.browser.cookies())

    def test_an_activated_prefetch_is_one_click(self):
        self.prefetch("mail.example.net")
        self.activate()

    def test_an_activated_prefetch_of_the_same_site_is_one_click(self):
        self.prefetch("www.example.com")
        self.activate()

    def test_a_prefetch_that_is_not_activated_is_no_click(self):
        self.prefetch("mail.example.net")
        self.browser.open(LANDING)
        self.assertEqual(self.tracker.stop(), 0)
        self.assertEqual(self.clicks(), [])


class WithPending(Clicks):
    consent = "pending"

    def test_a_click_lands_without_cookie_and_person(self):
        self.assert_landed(self.click())
        self.assertEqual(self.browser.cookies(), [])
        [event] = self.clicks()
        self.assertIsNone(event["prospect"])
        self.assertIsNone(event["visitor"])
        self.assertEqual(event["consent"], "pending")
        self.assertEqual(event["campaign"], "autumn")


del Clicks  # the base class has no tests of its own

if __name__ == "__main__":
    unittest.main()

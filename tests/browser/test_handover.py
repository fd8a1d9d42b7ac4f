# SPDX-License-Identifier: Apache-2.0
"""From a site of one tracker to a site of another one, on domains that have nothing in common, in a
real browser: who consents is known there, by a link that works once, in that browser, for who
follows it.
"""
import os
import pathlib
import re
import unittest

import daemon
from scene import (EVIL, LIMIT_S, MAIL, OTHER_SITE, OTHER_TRACKER, SIBLING, SITE, TRACKER, Scene,
                   tag)

REFUSED = 'waymark_requests_total{route="handover_ask",result="other_origin"}'
LINK = '<a id="other" href="{page}">Our other site</a>'
GUIDE = pathlib.Path(os.environ["WAYMARK_SOURCE"], "deploy/guides/site.md")
# The lines that the guide puts behind the snippet.
[LEAD] = re.findall(r"<script>\n[^`]*waymark\('handover', link.href\)[^`]*</script>",
                    GUIDE.read_text(encoding="utf-8"))
LEAD = LEAD.replace("https://www.example.jp/", OTHER_SITE + "/")
# Without an answer the snippet goes on after a second (snippet.mjs), which a busy tracker may need.
PATIENT = ("const soon = window.setTimeout; window.setTimeout = (call, ms, ...more) => "
           "soon(call, ms === 1000 ? 60000 : ms, ...more)")


class Handover(Scene):
    def setUp(self):
        super().setUp()
        self.there = self.put(tag(tracker=OTHER_TRACKER), OTHER_SITE)
        self.here = self.put(tag() + LEAD + LINK.format(page=self.there))

    def reader(self, script="", **options):
        return super().reader(script=f"{PATIENT};{script}", **options)

    def known(self, **options):
        """(reader, person): on the page, known by a link of theirs."""
        person, reader = self.person(), self.reader(**options)
        self.click(reader, self.link(person, self.here))
        reader.wait("window.loaded")
        return reader, person

    def arrive(self, reader):
        """Follow the link of the page; what a page view there is told of."""
        seen = len(self.views())
        self.assertEqual(reader.click("#other")["url"], self.there)
        return self.viewed(reader, seen)

    def views(self):
        return [event for event in self.events("view")
                if event["tracker"] == OTHER_TRACKER.partition("//")[2]]

    def viewed(self, reader, seen=0):
        reader.wait("window.loaded")
        return self.tracker.wait_logged(lambda: self.views()[seen:], LIMIT_S)[0]

    def asking(self, page, then):
        """A script that asks for a hand-over, and what it makes of the answer."""
        return (f"fetch('{TRACKER}/h', {{method: 'POST', credentials: 'include', "
                f"body: new URLSearchParams({{u: '{page}'}})}}).then({then}, () => 'refused')")

    def asked(self, reader, page=None):
        """A hand-over as the page gets it, which nobody has followed yet."""
        url = reader.evaluate(self.asking(page or self.there,
                                          "answer => answer.json().then(values => values.url)"))
        self.assertTrue(url.startswith(OTHER_TRACKER + "/h/"), url)
        return url

    def lead(self, reader, url, host=SITE, policy="strict-origin"):
        """Follow it from a page of @host; where that leads."""
        reader.open(self.put(f'<meta name="referrer" content="{policy}">'
                             f'<a id="link" href="{url}">Read</a>', host))
        return reader.click("#link")["url"]

    def assert_known(self, view, reader, person):
        self.assertEqual((view["prospect"], view["evidence"]), (self.handle(person), "claim"))
        self.assertEqual(view["visitor"], self.visitor(reader, OTHER_TRACKER))
        [bind] = [event for event in self.events("bind") if event["visitor"] == view["visitor"]]
        self.assertEqual((bind["reason"], bind["tracker"]), ("handover", "go.example.org"))

    def assert_nobody(self, view):
        self.assertEqual((view["prospect"], view["evidence"]), (None, None))
        self.assertEqual([event for event in self.events("bind")
                          if event["visitor"] == view["visitor"]], [])


class Along(Handover):
    def test_who_is_known_here_is_known_there(self):
        reader, person = self.known()
        view = self.arrive(reader)
        self.assert_known(view, reader, person)
        self.assertNotEqual(self.visitor(reader), view["visitor"])
        [event] = [event for event in self.events("event") if event["name"] == "handover"]
        self.assertEqual((event["visitor"], event["url"], event["referrer"]),
                         (view["visitor"], self.there, SITE))
        self.unharmed(reader)
        # The way back and there again is nothing new.
        self.show(reader, self.here)
        self.assertEqual(self.arrive(reader)["visitor"], view["visitor"])
        self.assertEqual(len([event for event in self.events("bind")
                              if event.get("reason") == "handover"]), 1)

    def test_whatever_the_page_says_of_referrers(self):
        for policy in ("no-referrer", "same-origin", "unsafe-url", "strict-origin"):
            self.forget()
            self.here = self.put(f'<meta name="referrer" content="{policy}">' + tag() + LEAD +
                                 LINK.format(page=self.there))
            reader, person = self.known()
            self.assert_known(self.arrive(reader), reader, person)

    def test_who_was_there_before_keeps_what_they_did(self):
        reader = self.reader()
        self.show(reader, self.there)
        before = self.viewed(reader)
        self.assert_nobody(before)
        person = self.person()
        self.click(reader, self.link(person, self.here))
        reader.wait("window.loaded")
        view = self.arrive(reader)
        self.assert_known(view, reader, person)
        self.assertEqual(view["visitor"], before["visitor"])

    def test_without_the_tracker_the_link_leads_where_it_leads(self):
        for blocked in ("/t\\.js", "/h$"):
            reader = self.reader(blocked=blocked)
            reader.open(self.here)
            if blocked == "/h$":
                reader.wait("window.loaded")
            self.assertEqual(reader.click("#other")["url"], self.there)


class Consent(Handover):
    def test_who_takes_it_back_here(self):
        reader, _ = self.known()
        reader.evaluate("waymark('consent', 'measure')")
        self.wait(1, "consent")
        reader.quiet()
        self.assert_nobody(self.arrive(reader))
        self.assertEqual(reader.requests(TRACKER + "/h", "POST"), [])

    def test_who_does_not_want_it_there(self):
        reader, _ = self.known()
        self.show(reader, self.there)
        reader.evaluate("waymark('consent', 'measure')")
        self.wait_requests(reader, 1, OTHER_TRACKER + "/consent", "POST")
        self.forget()
        self.show(reader, self.here)
        self.assert_nobody(self.arrive(reader))
        self.assertNotEqual(reader.requests(OTHER_TRACKER + "/h/"), [])

    def test_whose_browser_says_no(self):
        reader, _ = self.known(headers={"Sec-GPC": "1"}, script=(
            "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', "
            "{ get: () => true })"))
        self.assertEqual(reader.click("#other")["url"], self.there)
        self.assertEqual((self.cookie(reader), self.cookie(reader, OTHER_TRACKER)), (None, None))
        self.assertEqual(self.events("bind", "event", "view"), [])


class Attacks(Handover):
    def test_once(self):
        reader, person = self.known()
        url = self.asked(reader)
        self.assertEqual(self.lead(reader, url), self.there)
        self.assert_known(self.viewed(reader), reader, person)
        thief = self.reader()
        self.forget()
        self.assertEqual(self.lead(thief, url), self.there)
        self.assert_nobody(self.viewed(thief))

    def test_what_is_passed_on_before_it_is_used(self):
        """Pasted, out of a mail, from a page of somebody else's, with a referrer and without."""
        owner, _ = self.known()
        for lead in (None, (MAIL, "origin"), (EVIL, "unsafe-url"), (EVIL, "no-referrer")):
            url = self.asked(owner)
            self.forget()
            other = self.reader(network="203.0.113.9")
            self.assertEqual(self.lead(other, url, *lead) if lead else other.open(url)["url"],
                             self.there)
            self.assert_nobody(self.viewed(other))

    def test_a_link_that_a_page_shows_is_not_used_up(self):
        reader, person = self.known()
        page = self.put("<p>Nothing is sent from here.</p>", OTHER_SITE)
        url = self.asked(reader, page)
        parts = (f'<img src="{url}?1">', f'<iframe src="{url}?2"></iframe>',
                 f'<script src="{url}?3"></script>', f'<object data="{url}?4"></object>',
                 f"<script>fetch('{url}?5', {{mode: 'no-cors', credentials: 'include'}})</script>",
                 f'<link rel="prefetch" href="{url}?6">')
        reader.open(self.put("".join(parts)))
        self.wait_requests(reader, len(parts), OTHER_TRACKER + "/h/")
        self.assertEqual(len(self.events("bind")), 1)
        self.assertIsNone(self.cookie(reader, OTHER_TRACKER))
        self.assertEqual(self.lead(reader, url), page)
        self.show(reader, self.there)
        self.assert_known(self.viewed(reader), reader, person)

    def test_pages_of_others_cannot_ask(self):
        reader, _ = self.known()
        refused = self.metric(REFUSED)
        for host in (OTHER_SITE, SIBLING, EVIL):
            reader.open(self.put("", host))
            self.assertEqual(reader.evaluate(self.asking(self.there, "answer => answer.text()")),
                             "refused")
        self.assertEqual(self.metric(REFUSED), refused + 3)


del Handover

if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""Consent as a reader's browser lives it: under each default and each choice, what is sent, what is
stored of it, and what the browser keeps.
"""
import unittest
import urllib.parse

from scene import COOKIE, STUB, TRACKER, Scene, tag

DENIED, MEASURE, IDENTIFY, BY_NAVIGATION = 1, 2, 3, 4
GPC = {
    "headers": {"Sec-GPC": "1"},
    "script": "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl',"
              "{ get: () => true })",
}


class Choice(Scene):
    def arrive(self, shown=True, **options):
        """A reader who followed a link to a page with the snippet: (reader, person, click). @shown:
        once the snippet has run."""
        person = self.person()
        reader = self.reader(**options)
        link = self.link(person, self.put(STUB + tag()))
        self.click(reader, link)
        if shown:
            reader.wait("window.loaded")
        [click] = self.wait(1, "click")
        return reader, person, click

    def choose(self, reader, state):
        """What the page's banner says when its reader presses a button; once it is in force."""
        url = TRACKER + "/consent"
        posted = len(reader.requests(url, "POST"))
        reader.evaluate(f"waymark('consent', '{state}')")
        self.assertEqual(self.wait_requests(reader, posted + 1, url, "POST")[-1]["status"], 204)

    def assert_silent(self, reader):
        """Nothing that this page does is sent, nor is anything kept."""
        self.forget()
        sent = len(reader.requests(TRACKER + "/e"))
        reader.evaluate("waymark('event', 'unwanted')")
        reader.pause(50)
        reader.open(self.put("<p>elsewhere</p>"))
        self.assertEqual(len(reader.requests(TRACKER + "/e")), sent)
        self.assertEqual(self.events(), [])

    def assert_anonymous(self, click):
        self.assertEqual((click["visitor"], click["prospect"]), (None, None))
        self.assertEqual(click["campaign"], "autumn")


class Pending(Choice):
    consent = "pending"
    settings = {"consent__hold_click_minutes": 10}

    def test_nothing_is_sent_nor_kept(self):
        reader, _, click = self.arrive()
        self.assert_anonymous(click)
        self.assertEqual(click["consent"], "pending")
        self.assert_silent(reader)
        self.assertIsNone(self.cookie(reader))
        self.assertEqual(reader.evaluate("Object.keys(localStorage)"), [])

    def test_what_waited_goes_with_the_choice_and_so_does_the_click(self):
        reader, person, click = self.arrive()
        reader.evaluate("waymark('event', 'early')")
        self.choose(reader, "identify")
        view, early = self.wait(2, "view", "event")
        self.assertEqual((view["type"], early["name"]), ("view", "early"))
        self.assertEqual({view["visitor"], early["visitor"]}, {self.visitor(reader)})
        self.assertEqual(self.flags(reader) & 3, IDENTIFY)
        [consent] = self.wait(1, "consent")
        props = consent["props"]
        self.assertEqual((props["choice"], props["before"]), ("identify", "pending"))
        self.assertEqual((consent["link"], consent["prospect"]),
                         (click["link"], self.handle(person)))
        self.assertEqual([cookie["name"] for cookie in reader.cookies()], [COOKIE])
        self.assertEqual(reader.evaluate("JSON.stringify(localStorage)"),
                         '{"waymark-consent":"identify"}')
        # The next page remembers it.
        self.forget()
        self.show(reader, self.put(tag()))
        [view] = self.wait(1, "view")
        self.assertEqual((view["consent"], view["visitor"]), ("identify", self.visitor(reader)))

    def test_taking_it_back_ends_everything(self):
        reader, _, _ = self.arrive()
        self.choose(reader, "measure")
        self.assertEqual(self.flags(reader) & 3, MEASURE)
        [view] = self.wait(1, "view")
        self.assertEqual((view["visitor"], view["prospect"]), (self.visitor(reader), None))
        self.choose(reader, "pending")
        self.assertIsNone(self.cookie(reader))
        self.assert_silent(reader)

    def test_a_refusal_is_remembered_without_an_id(self):
        reader, _, _ = self.arrive()
        reader.evaluate("waymark('optout')")
        [consent] = self.wait(1, "consent")
        self.assertEqual((consent["props"]["choice"], consent["visitor"]), ("denied", None))
        self.assertEqual((self.visitor(reader), self.flags(reader) & 3), (32 * "0", DENIED))
        self.assert_silent(reader)
        self.show(reader, self.put(tag('data-consent="identify"')))
        self.assert_silent(reader)

    def test_without_scripts_on_the_page_that_tells_what_is_recorded(self):
        reader = self.reader(scripts=False)
        reader.open(TRACKER + "/privacy")
        reader.press("input[value=denied]")
        self.assertEqual(reader.click("form[action='/consent'] button")["url"].partition("?")[0],
                         TRACKER + "/privacy")
        self.assertEqual((self.visitor(reader), self.flags(reader) & 3), (32 * "0", DENIED))
        [consent] = self.wait(1, "consent")
        self.assertEqual(consent["props"]["choice"], "denied")


class Denied(Choice):
    consent = "denied"

    def test_nothing_is_sent_nor_kept(self):
        reader, _, click = self.arrive()
        self.assert_anonymous(click)
        self.assert_silent(reader)
        self.assertEqual(reader.cookies(), [])

    def test_unless_the_reader_wants_it(self):
        reader, _, _ = self.arrive()
        self.choose(reader, "measure")
        [view] = self.wait(1, "view")
        self.assertEqual((view["visitor"], view["prospect"]), (self.visitor(reader), None))


class Measure(Choice):
    consent = "measure"

    def test_the_browser_and_nobody(self):
        reader, _, click = self.arrive()
        [view] = self.wait(1, "view")
        for event in (click, view):
            self.assertEqual((event["visitor"], event["prospect"], event["consent"]),
                             (self.visitor(reader), None, "measure"))
        self.assertEqual(self.flags(reader), BY_NAVIGATION)
        self.assertEqual(self.events("bind"), [])

    def test_pages_without_scripts_count_by_the_pixel(self):
        reader = self.reader(scripts=False)
        page = self.put(f'<noscript><img src="{TRACKER}/e.gif" width="1" height="1" alt="" '
                        'referrerpolicy="no-referrer-when-downgrade"></noscript>')
        reader.open(page)
        [view] = self.wait(1, "view")
        self.assertEqual((view["url"], view["visitor"]), (page, self.visitor(reader)))


class Identify(Choice):
    def test_the_browser_and_its_person(self):
        reader, person, click = self.arrive()
        [view] = self.wait(1, "view")
        self.assertEqual((click["visitor"], click["prospect"], click["evidence"]),
                         (self.visitor(reader), self.handle(person), "claim"))
        self.assertEqual(view["visitor"], self.visitor(reader))
        self.assertEqual(self.flags(reader), BY_NAVIGATION)

    def test_global_privacy_control_is_a_refusal(self):
        reader, _, click = self.arrive(**GPC)
        self.assert_anonymous(click)
        self.assertEqual(click["consent_reason"], "gpc")
        self.assertEqual(reader.cookies(), [])
        self.assert_silent(reader)

    def test_it_is_not_outvoted_by_a_page(self):
        reader, _, _ = self.arrive(**GPC)
        self.show(reader, self.put(tag('data-gpc="off" data-consent="identify"')))
        reader.evaluate("waymark('event', 'unwanted')")
        for beacon in self.wait_requests(reader, 1, TRACKER + "/e"):
            self.assertEqual(beacon["status"], 204)
        self.assertEqual(self.events("view", "event"), [])
        self.assertEqual(reader.cookies(), [])

    def test_less_is_another_browser(self):
        """What is done from there on is told of no person, by no way around."""
        reader, _, _ = self.arrive()
        before = self.visitor(reader)
        self.wait(1, "view")
        self.choose(reader, "measure")
        self.forget()
        self.show(reader, self.put(tag()))
        [view] = self.wait(1, "view")
        self.assertEqual((view["visitor"], view["prospect"]), (self.visitor(reader), None))
        self.assertNotEqual(view["visitor"], before)

    def test_forget(self):
        reader, _, _ = self.arrive()
        self.wait(1, "view")
        reader.evaluate("waymark('forget')")
        [answer] = self.wait_requests(reader, 1, TRACKER + "/privacy/forget", "POST")
        self.assertEqual(answer["status"], 204)
        self.assertIsNone(self.cookie(reader))
        self.assert_silent(reader)


    def done(self, reader):
        """What the page that tells what is recorded was told that it has done, and its language."""
        where = urllib.parse.urlsplit(reader.where()["url"])
        self.assertEqual(where.path, "/privacy")
        query = urllib.parse.parse_qs(where.query)
        language = reader.evaluate("document.documentElement.lang")
        self.assertEqual(query["lang"], [language])
        return query.get("done", [None])[0], language

    def test_what_is_recorded_is_told_in_both_languages(self):
        reader = self.reader(scripts=False)
        reader.open(TRACKER + "/privacy")
        self.assertEqual(reader.evaluate("document.documentElement.lang"), "en")
        reader.click("a[href*='lang=ja']")
        self.assertEqual(self.done(reader), (None, "ja"))
        self.assertIn("送信される情報", reader.evaluate("document.body.innerText"))
        reader.press("input[value=measure]")
        reader.click("form[action='/consent'] button")
        self.assertEqual(self.done(reader), ("choice", "ja"))
        self.assertEqual(self.flags(reader), MEASURE | BY_NAVIGATION)
        reader.click("a[href*='lang=en']")
        self.assertEqual(self.done(reader)[1], "en")
        self.assertEqual(reader.evaluate("document.querySelector('input:checked').value"),
                         "measure")
        self.assertEqual(reader.troubles(), {"errors": [], "console": []})

    def test_opting_out_on_that_page_ends_what_the_site_tells(self):
        reader, _, _ = self.arrive()
        self.wait(1, "view")
        reader.open(TRACKER + "/privacy")
        reader.press("input[value=denied]")
        reader.click("form[action='/consent'] button")
        self.assertEqual(self.done(reader), ("choice", "en"))
        self.assertEqual((self.visitor(reader), self.flags(reader) & 3), (32 * "0", DENIED))
        self.wait(1, "consent")
        self.forget()
        page = self.put(tag())
        self.show(reader, page)
        # The site's page does not know yet, and the tracker keeps nothing of what it sends.
        told = "t=view&" + urllib.parse.urlencode({"u": page})
        [view] = [request for request in self.wait_requests(reader, 1, TRACKER + "/e", "POST")
                  if all(part in request["body"] for part in told.split("&"))]
        self.assertEqual(view["status"], 204)
        self.assertEqual(self.events("view"), [])

    def test_being_forgotten_on_that_page(self):
        reader, _, click = self.arrive(scripts=False, shown=False)
        reader.open(TRACKER + "/privacy")
        reader.click("form[action='/privacy/forget'] button")
        self.assertEqual(self.done(reader), ("forgotten", "en"))
        self.assertIn("This browser is forgotten", reader.evaluate("document.body.innerText"))
        self.assertIsNone(self.cookie(reader))
        [unbind] = self.wait(1, "unbind")
        self.assertEqual((unbind["visitor"], unbind["reason"]), (click["visitor"], "forget"))


del Choice

if __name__ == "__main__":
    unittest.main()

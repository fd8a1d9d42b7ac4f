# SPDX-License-Identifier: Apache-2.0
"""Attempts to make a browser somebody: by parameters, planted cookies, others' proofs, embedded
links and pages of other sites. Whatever they do, nothing binds, and no cookie changes.
"""
import time
import unittest

import mint
from scene import COOKIE, EVIL, MAIL, SIBLING, SITE, TRACKER, Scene, tag

IDENTIFY, BY_NAVIGATION = 3, 4
PLANTED = b"p" * 16
FORGED_COOKIES = 'waymark_tokens_forged_total{purpose="visitor"}'


class Attacks(Scene):
    def setUp(self):
        super().setUp()
        self.page = self.put(tag())
        self.victim = self.person()

    def cookie_value(self, visitor=PLANTED, host="go.example.com"):
        """What a server with our keys would have sent to somebody: authentic, but another's."""
        day = int(time.time()) // 86400
        return self.keys.mint(mint.VISITOR, visitor + day.to_bytes(2, "big") +
                              bytes([IDENTIFY | BY_NAVIGATION]), host)

    def known(self, person):
        """A reader whose browser is bound to @person, as the attacker's own is."""
        reader = self.reader()
        reader.open(self.link(person, self.page))
        self.wait(1, "view")
        return reader

    def assert_nobody(self, reader):
        """A page view of theirs is one of a browser that is nobody's, and no one else's browser."""
        view = self.view(reader)
        self.assertEqual((view["prospect"], view["evidence"]), (None, None))
        self.assertEqual(view["visitor"], self.visitor(reader))
        self.assertNotEqual(view["visitor"], PLANTED.hex())
        self.assertEqual([event for event in self.events("bind", "conflict", "login")
                          if event["visitor"] == view["visitor"]], [])

    def identify(self, reader, proof):
        self.show(reader, self.page)
        reader.evaluate(f"waymark('identify', '{proof}')")
        self.settle(reader)


class Planted(Attacks):
    def test_an_id_in_a_parameter(self):
        value = self.cookie_value()
        link = self.link(self.victim, self.page)
        names = ("wm", COOKIE, "visitor", "tag", "prospect", "v", "waymark", "t")
        query = "&".join(f"{name}={value}" for name in names)
        reader = self.reader()
        self.show(reader, f"{self.page}?{query}")
        reader.evaluate(f"waymark('event', 'x', {{visitor: '{PLANTED.hex()}', wm: '{value}'}})")
        self.settle(reader)
        # A page of the test before may still be leaving.
        self.assertEqual({event["visitor"] for event in self.events()
                          if event["url"].startswith(self.page)}, {self.visitor(reader)})
        self.assert_nobody(reader)
        # With the person's link it is still the browser's own id.
        reader.open(f"{link}?{query}")
        [click] = self.wait(1, "click")
        self.assertEqual(click["visitor"], self.visitor(reader))

    def test_a_sibling_subdomain_plants_cookies(self):
        value = self.cookie_value()
        reader = self.reader()
        for name in (COOKIE, "__Host-wm", "__Secure-wm", "__Http-wm", "wm"):
            reader.open(f"{SIBLING}/plant?name={name}&value={value}")
        names = [cookie["name"] for cookie in reader.cookies()]
        self.assertIn("wm", names, "the browser has been given one, which shows that it works")
        self.assertNotIn(COOKIE, names)
        self.assertNotIn("__Host-wm", names)
        self.assert_nobody(reader)
        reader.open(self.link(self.person(), self.page))
        [click] = self.wait(1, "click")
        self.assertNotEqual(click["visitor"], PLANTED.hex())
        self.assertEqual(click["visitor"], self.visitor(reader))

    def test_a_script_plants_cookies(self):
        value = self.cookie_value()
        for host in (SITE, SIBLING):
            reader = self.reader()
            reader.open(self.put("", host))
            for name in (COOKIE, "wm"):
                reader.evaluate(f"void (document.cookie = '{name}={value}; Domain=example.com; "
                                "Path=/; Secure')")
            self.assertIsNone(self.cookie(reader))
            self.assert_nobody(reader)

    def test_the_cookie_of_another_tracker(self):
        forged = self.metric(FORGED_COOKIES)
        reader = self.reader()
        reader.plant(COOKIE, self.cookie_value(host="go.example.org"))
        self.assert_nobody(reader)
        self.assertEqual(self.metric(FORGED_COOKIES), forged + 1)

    def test_a_cookie_that_was_changed(self):
        forged = self.metric(FORGED_COOKIES)
        reader = self.reader()
        reader.plant(COOKIE, mint.flip(self.cookie_value(), 30))
        self.assert_nobody(reader)
        self.assertEqual(self.metric(FORGED_COOKIES), forged + 1)

    def test_a_second_cookie(self):
        """No browser keeps two of that name; whatever sends two is neither."""
        first, second = (self.cookie_value(visitor) for visitor in (PLANTED, b"q" * 16))
        link = self.link(self.victim, self.page)
        answer = self.tracker.click(link, {"Cookie": f"{COOKIE}={first}; {COOKIE}={second}"})
        [click] = self.wait(1, "click")
        visitor = mint.decode(answer.cookie.partition("=")[2])[1:17]
        self.assertNotIn(visitor, (PLANTED, b"q" * 16))
        self.assertEqual(click["visitor"], visitor.hex())


class Proofs(Attacks):
    def test_a_good_one_in_the_right_browser(self):
        """What all the others are not: without this they might be refused for any reason."""
        reader = self.reader()
        self.show(reader, self.page)
        self.wait(1, "view")
        visitor = self.visitor(reader)
        self.identify(reader, self.proof(self.victim, visitor))
        [login] = self.events("login")
        [bind] = self.events("bind")
        for event in (login, bind):
            self.assertEqual((event["visitor"], event["prospect"], event["evidence"]),
                             (visitor, self.handle(self.victim), "proof"))
        view = self.view(reader)
        self.assertEqual((view["visitor"], view["prospect"], view["evidence"]),
                         (visitor, self.handle(self.victim), "proof"))

    def test_the_proof_of_another_visitor(self):
        """Who has logged in as themselves cannot make another browser theirs."""
        attacker = self.person()
        own = self.known(attacker)
        proof = self.proof(attacker, self.visitor(own))
        reader = self.reader()
        self.identify(reader, proof)
        self.assertEqual(self.events("login"), [])
        self.assert_nobody(reader)

    def test_what_is_wrong_with_a_proof_in_the_right_browser(self):
        reader = self.reader()
        self.show(reader, self.page)
        self.wait(1, "view")
        visitor = self.visitor(reader)
        good = self.proof(self.victim, visitor)
        for proof in (self.proof(self.victim, visitor, seconds=-1),
                      self.proof(self.victim, visitor, seconds=400),
                      self.proof(self.victim, visitor, host="go.example.org"),
                      self.proof(self.victim, 32 * "0"),
                      mint.flip(good, 100), good[:-4], good + "AAAA", ""):
            self.identify(reader, proof)
            self.assertEqual(self.events("login"), [], proof)
        self.assert_nobody(reader)

    def test_a_proof_is_not_taken_from_an_address(self):
        reader = self.reader()
        self.show(reader, self.page)
        self.wait(1, "view")
        proof = self.proof(self.victim, self.visitor(reader))
        self.show(reader, f"{self.page}?identify={proof}&l={proof}&login={proof}")
        self.settle(reader)
        self.assert_nobody(reader)


class Embedded(Attacks):
    def test_a_link_that_a_page_shows(self):
        """As a picture, a frame, a script, a style, a fetch: nobody has navigated."""
        link = self.link(self.victim, self.page)
        parts = (
            f'<img src="{link}?1">', f'<iframe src="{link}?2"></iframe>',
            f'<script src="{link}?3"></script>', f'<link rel="stylesheet" href="{link}?4">',
            f'<object data="{link}?5"></object>', f'<embed src="{link}?6">',
            f"<script>fetch('{link}?7', {{mode: 'no-cors', credentials: 'include'}})</script>",
            f"<script>navigator.sendBeacon('{link}?8')</script>",
        )
        for host in (SITE, SIBLING, EVIL, MAIL):
            reader = self.reader()
            self.forget()
            reader.open(self.put("".join(parts), host))
            # All but the beacon, which is a POST, are requests of the link.
            self.wait(len(parts) - 1, "click")
            self.assertEqual(self.events("bind", "conflict"), [])
            # Of the one frame that leads to a page of the site the page itself is told.
            self.assertEqual({event["prospect"] for event in self.events("view")} - {None}, set())
            self.assert_nobody(reader)

    def test_pages_of_others_post(self):
        """By a form, which needs nobody's leave, and by script, which cannot read the answer."""
        reader = self.known(self.victim)
        before = self.cookie(reader)
        bodies = (
            ("/e", "t=event&n=planted&u=" + SITE), ("/consent", "state=denied"),
            ("/privacy/forget", "x=1"),
        )
        for turn, host in enumerate((SIBLING, EVIL), 1):
            for path, body in bodies:
                url = TRACKER + path
                name, _, value = body.partition("=")
                reader.open(self.put(
                    f'<form method="post" action="{url}" enctype="text/plain">'
                    f'<input name="{name}" value="{value}"><button>Go</button></form>', host))
                reader.click("button")
                reader.open(self.put("", host))
                reader.evaluate(f"fetch('{url}', {{method: 'POST', mode: 'no-cors', "
                                f"credentials: 'include', body: '{body}'}}).then(() => 0)")
                posted = self.wait_requests(reader, 2 * turn, url, "POST", body)
                self.assertEqual([answer["status"] for answer in posted][-2:], [403, 403], url)
        self.assertEqual(self.events("event", "consent", "unbind"), [])
        self.assertEqual(self.cookie(reader), before)

    def test_pages_of_others_cannot_read_the_tag(self):
        reader = self.known(self.victim)
        read = (f"fetch('{TRACKER}/tag', {{credentials: 'include'}})"
                ".then(answer => answer.text(), () => 'refused')")
        self.assertIn('{"tag":"', reader.evaluate(read))
        for host in (SIBLING, EVIL):
            reader.open(self.put("", host))
            self.assertEqual(reader.evaluate(read), "refused")


del Attacks

if __name__ == "__main__":
    unittest.main()

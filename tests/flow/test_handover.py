# SPDX-License-Identifier: Apache-2.0
"""From a site of one tracker to a site of another: a visitor who consents on both is known on both,
by a link that works once, for a short time, in that browser. Whatever is wrong with it, they arrive
at the page that was signed, and nobody is taken for anybody."""
import itertools
import json
import time
import unittest
import urllib.parse

import mint
from daemon import BROWSER, Daemon, wait_for

ONE, OTHER = "https://go.example.com", "https://go.example.net"
SITE, PAGE = "https://www.example.com", "https://www.example.net/p?a=b%20c&d#e"
OTHER_SITE = "https://www.example.net"
LINKED = "https://www.example.com/p"
SECONDS = 120
NAME = "__Host-Http-wm"
NOWHERE = {"Sec-Fetch-Site": None, "Sec-Fetch-Mode": None, "Sec-Fetch-Dest": None}
TRACKERS = [{"url": ONE, "sites": [SITE], "primary": True},
            {"url": OTHER, "sites": [OTHER_SITE], "fallback": "https://www.example.net/start"}]


def host(tracker):
    return urllib.parse.urlsplit(tracker).netloc


def sent(headers):
    return {name: value for name, value in headers.items() if value is not None}


class Browser:
    """One reader's: a cookie for each tracker, and headers of its own on every request."""

    def __init__(self, daemon, **headers):
        self.daemon = daemon
        self.headers = headers
        self.cookies = {}

    def take(self, tracker, answer):
        for name, value in answer.pairs:
            if name == "set-cookie" and value.startswith(NAME + "="):
                self.cookies[tracker] = None if "Max-Age=0" in value else value.split(";")[0]
        return answer

    def request(self, method, tracker, path, body=None, **headers):
        cookie = {"Cookie": self.cookies[tracker]} if self.cookies.get(tracker) else {}
        answer = self.daemon.request(
            method, path, sent({**BROWSER, "Host": host(tracker), **cookie, **self.headers,
                                **headers}), body=body and body.encode())
        return self.take(tracker, answer)

    def post(self, tracker, site, path, body, **headers):
        """As a script of a page of the site does."""
        return self.request("POST", tracker, path, body, **{
            "Origin": site, "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors",
            "Sec-Fetch-Dest": "empty", "Content-Type": "text/plain;charset=UTF-8", **headers})

    def click(self, url):
        tracker = OTHER if url.startswith(OTHER) else ONE
        return self.request("GET", tracker, url[len(tracker):])

    def view(self, tracker=OTHER, site=OTHER_SITE):
        answer = self.post(tracker, site, "/e", f"t=view&v=0123456789abcdef&u={site}/a")
        assert answer.status == 204, answer
        return self.daemon.events(type="view")[-1]

    def ask(self, page=PAGE, **headers):
        return self.post(ONE, SITE, "/h", urllib.parse.urlencode({"u": page}), **headers)

    def link(self, page=PAGE, **headers):
        return json.loads(self.ask(page, **headers).body)["url"]

    def follow(self, url, method="GET", **headers):
        assert url.startswith(OTHER + "/h/"), url
        return self.request(method, OTHER, url[len(OTHER):], **{"Referer": SITE + "/", **headers})

    def visitor(self, tracker):
        return mint.decode(self.cookies[tracker].partition("=")[2])[1:17].hex()


class Handover(unittest.TestCase):
    consent = "identify"
    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(cls.consent, tracker=ONE, site=SITE,
                            trackers=TRACKERS, **cls.settings)
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.daemon.start()
        cls.keys = mint.Keys(cls.daemon.instance)
        cls.numbers = itertools.count(1)

    def setUp(self):
        self.last = max((event["seq"] for event in self.daemon.events()), default=0)

    def person(self):
        return f"reader{next(self.numbers)}@example.com"

    def handle(self, person):
        return self.daemon.waymark("prospect", "find", person).stdout.strip()

    def stranger(self, **headers):
        return Browser(self.daemon, **headers)

    def claim(self, browser, person, tracker=ONE):
        url = self.daemon.link(LINKED, "--to", person, "--label", f"l{next(self.numbers)}")
        browser.click(url.replace(ONE, tracker))
        return browser

    def known(self, person, **headers):
        return self.claim(self.stranger(**headers), person)

    def log_in(self, browser, person, tracker=ONE, site=SITE):
        browser.view(tracker, site)
        payload = (self.keys.prospect_id(person) +
                   self.keys.tag(bytes.fromhex(browser.visitor(tracker)), host(tracker)) +
                   (int(time.time()) + 200).to_bytes(4, "big"))
        proof = self.keys.mint(mint.LOGIN, payload, host(tracker))
        answer = browser.post(tracker, site, "/e", f"t=identify&l={proof}")
        self.assertEqual(answer.status, 204, answer)
        return browser

    def choose(self, browser, tracker, site, state):
        answer = browser.post(tracker, site, "/consent", f"state={state}")
        self.assertEqual(answer.status, 204)

    def events(self, *types):
        return [event for event in self.daemon.events("--after", str(self.last))
                if event["type"] in types]

    def handovers(self):
        return self.events("event", "bind", "conflict", "unbind")

    def forget(self):
        self.setUp()

    def count(self, result):
        return self.daemon.metric(f'waymark_handovers_total{{result="{result}"}}')

    def assert_arrived(self, answer, page=PAGE):
        self.assertEqual((answer.status, answer.location), (302, page), answer)
        self.assertEqual((answer.header("Cache-Control"), answer.header("Referrer-Policy")),
                         ("no-store", "no-referrer"))

    def assert_nobody(self, browser, person=None, evidence=None):
        """The second tracker takes the browser for nobody, or for whom it was before."""
        self.assertEqual(self.events("bind"), [])
        view = browser.view()
        self.assertEqual((view["prospect"], view["evidence"]),
                         (person and self.handle(person), evidence))

    def refused(self, result, browser, url, **headers):
        """Following it leads to the page, and is counted as nothing but @result."""
        before = self.count(result), self.count("taken")
        self.assert_arrived(browser.follow(url, **headers))
        self.assertEqual((self.count(result), self.count("taken")), (before[0] + 1, before[1]))
        self.assertEqual(self.handovers(), [])


class HandedOver(Handover):
    def test_the_person_goes_along(self):
        person = self.person()
        browser = self.known(person)
        self.forget()
        made = self.count("made")
        answer = browser.ask()
        self.assertEqual((answer.status, answer.header("Content-Type")),
                         (200, "application/json"))
        self.assertEqual(self.count("made"), made + 1)
        self.assertEqual([answer.header(name) for name in (
            "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Cache-Control",
            "Vary", "Set-Cookie")], [SITE, "true", "private, no-store", "Origin, Cookie", None])
        url = json.loads(answer.body)["url"]
        self.assertTrue(url.startswith(OTHER + "/h/"))
        self.assertEqual(self.handovers(), [], "asking leaves no trace in the log")
        taken = self.count("taken")
        answer = browser.follow(url)
        self.assert_arrived(answer)
        self.assertEqual(self.count("taken"), taken + 1)
        event, bind = self.handovers()
        self.assertEqual([event[name] for name in ("type", "name", "tracker", "url", "referrer")],
                         ["event", "handover", host(OTHER), OTHER_SITE + "/p", SITE])
        for row in (event, bind):
            self.assertEqual((row["visitor"], row["prospect"], row["evidence"], row["tracker"]),
                             (browser.visitor(OTHER), self.handle(person), "claim", host(OTHER)))
        self.assertEqual((bind["reason"], bind["refers"]), ("handover", event["id"]))
        self.assertNotEqual(browser.visitor(ONE), browser.visitor(OTHER))
        view = browser.view()
        self.assertEqual((view["visitor"], view["prospect"], view["evidence"]),
                         (browser.visitor(OTHER), self.handle(person), "claim"))
        [row] = wait_for(lambda: self.daemon.bindings("--visitor", browser.visitor(OTHER)))
        self.assertEqual((row["prospect"], row["state"]), (self.handle(person), "holds"))
        self.daemon.prove()

    def test_the_link_names_nobody(self):
        browser = self.known(self.person())
        before = int(time.time())
        url = browser.link()
        after = time.time()
        payload = mint.decode(url.rpartition("/")[2])
        self.assertEqual(payload[17:-12].decode(), PAGE)
        self.assertNotIn(bytes.fromhex(browser.visitor(ONE)), payload)
        ends = int.from_bytes(payload[13:17], "big")
        self.assertLessEqual(before + SECONDS, ends)
        self.assertLessEqual(ends, after + SECONDS + 1)
        self.assertNotEqual(browser.link(), url)
        explained = self.daemon.waymark("link", "verify", url).stdout
        self.assertIn("verifies    hand-over from a site of another tracker, once\n", explained)
        self.assertIn(f"leads to    {PAGE}\n", explained)
        self.assertRegex(explained, r"\nends +20[0-9-]+T")
        self.assertNotIn("prospect", explained)

    def test_the_cookie_is_a_navigations(self):
        browser = self.known(self.person())
        answer = browser.follow(browser.link())
        self.assertTrue(answer.header("Set-Cookie").startswith("__Host-Http-wm="))
        self.assertEqual(mint.decode(answer.cookie.partition("=")[2])[19], 4)
        self.assertIsNone(browser.follow(browser.link()).cookie, "it has one")

    def test_a_browser_that_has_been_there_keeps_its_id(self):
        person = self.person()
        browser = self.known(person)
        before = browser.view()
        self.assertIsNone(before["prospect"])
        browser.follow(browser.link())
        self.assertEqual(browser.view()["visitor"], before["visitor"])
        # It comes along, as soon as state/ has what the log has.
        wait_for(lambda: before["id"] in {
            event["id"] for event in
            self.daemon.events("--prospect", self.handle(person), "--after", str(self.last))})

    def test_the_evidence_is_the_firsts(self):
        person = self.person()
        browser = self.log_in(self.stranger(), person)
        self.forget()
        browser.follow(browser.link())
        self.assertEqual(self.events("bind")[-1]["evidence"], "proof")
        view = browser.view()
        self.assertEqual((view["prospect"], view["evidence"]), (self.handle(person), "proof"))

    def test_who_is_known_as_the_same_already(self):
        person = self.person()
        browser = self.claim(self.known(person), person, OTHER)
        self.forget()
        browser.follow(browser.link())
        self.assertEqual([event["type"] for event in self.handovers()], ["event"])
        self.log_in(browser, person)
        browser.follow(browser.link())
        self.assertEqual(self.events("bind")[-1]["evidence"], "proof", "it is stronger")

    def test_nobody_goes_along_from_a_browser_that_is_nobodys(self):
        browser = self.stranger()
        browser.view(ONE, SITE)
        self.forget()
        self.assert_arrived(browser.follow(browser.link()))
        [event] = self.handovers()
        self.assertEqual((event["name"], event["visitor"], event["prospect"]),
                         ("handover", browser.visitor(OTHER), None))
        self.assert_nobody(browser)

    def test_a_browser_that_says_little_of_itself(self):
        person = self.person()
        browser = self.known(person)
        self.forget()
        browser.follow(browser.link(**NOWHERE), Referer=None, **NOWHERE)
        self.assertEqual(self.events("bind")[0]["prospect"], self.handle(person))

    def test_the_page_may_keep_its_address_to_itself(self):
        person = self.person()
        browser = self.known(person, **{"X-Forwarded-For": "203.0.113.9"})
        self.forget()
        browser.follow(browser.link(), Referer=None, **{"X-Forwarded-For": "203.0.113.200"})
        self.assertEqual(self.events("bind")[0]["prospect"], self.handle(person))


class Destinations(Handover):
    def test_a_page_of_the_same_tracker_needs_none(self):
        browser = self.known(self.person())
        self.assertEqual(browser.link(SITE + "/x?y"), SITE + "/x?y")

    def test_only_pages_of_listed_sites(self):
        browser = self.known(self.person())
        made = self.count("made")
        for page in ("", "x", "/p", "https://evil.example/", "http://www.example.net/",
                     "https://www.example.net@evil.example/", "javascript:alert(1)",
                     "https://user@www.example.net/", OTHER_SITE + "\\@evil.example/", OTHER + "/h/x", "https://example.net/",
                     "https://www.example.net/" + 2048 * "x"):
            answer = browser.ask(page)
            self.assertEqual(answer.status, 400, page)
            self.assertIn("u is no address of a page", json.loads(answer.body)["error"])
            self.assertEqual(answer.header("Access-Control-Allow-Origin"), SITE)
        self.assertEqual(browser.post(ONE, SITE, "/h", "").status, 400)
        self.assertEqual(browser.post(ONE, SITE, "/h", 9000 * "x").status, 413)
        self.assertEqual(self.count("made"), made)

    def test_only_pages_of_the_tracker_ask(self):
        browser = self.known(self.person())
        for origin in ("https://evil.example", OTHER_SITE, OTHER, "null", None,
                       [SITE, "https://evil.example"]):
            answer = browser.ask(Origin=origin)
            self.assertEqual((answer.status, answer.header("Access-Control-Allow-Origin")),
                             (403, None), origin)
        self.assertEqual(browser.ask(**{"Sec-Fetch-Site": "cross-site"}).status, 403)
        self.assertEqual(browser.request("GET", ONE, "/h").status, 405)

    def signed(self, page, host_name=host(OTHER), nonce=b"n" * 12, seconds=SECONDS):
        payload = nonce + (int(time.time()) + seconds).to_bytes(4, "big") + page.encode()
        return f"{OTHER}/h/" + self.keys.mint(mint.HANDOVER, payload, host_name)

    def test_what_is_signed_and_on_no_site_leads_to_the_fallback(self):
        for page in ("https://evil.example/", SITE + "/", "https://www.example.net@evil.example/"):
            self.assert_arrived(self.stranger().follow(self.signed(page)),
                                "https://www.example.net/start")

    def test_what_is_not_signed_leads_nowhere(self):
        browser = self.known(self.person())
        url = browser.link()
        self.forget()
        forged = 'waymark_tokens_forged_total{purpose="handover"}'
        before, tries = self.daemon.metric(forged), 0
        token = url.rpartition("/")[2]
        wrong = [mint.flip(token, bit) for bit in range(0, 8 * 60, 11)]
        wrong += ["", "x", token[:-4], token + "AAAA", token + "=",
                  self.signed(PAGE, host(ONE)).rpartition("/")[2],
                  self.signed(PAGE, "").rpartition("/")[2],
                  self.signed("javascript:alert(1)").rpartition("/")[2],
                  self.keys.mint(mint.SELF_CONTAINED, bytes(16) + PAGE.encode())]
        for path in wrong:
            answer = browser.request("GET", OTHER, "/h/" + path, Referer=SITE + "/")
            self.assertEqual((answer.status, answer.location, answer.cookie), (404, None, None))
            tries += 1
        answer = browser.request("GET", ONE, url[len(OTHER):], Referer=SITE + "/")
        self.assertEqual((answer.status, answer.location), (404, None))
        self.assertEqual(self.daemon.metric(forged), before + tries + 1)
        self.assertEqual(self.handovers(), [])
        self.assert_arrived(browser.follow(url))
        self.assertEqual(len(self.events("bind")), 1, "it was not used up by that")

    def test_a_nonce_that_nobody_made(self):
        browser = self.stranger()
        self.refused("used", browser, self.signed(PAGE))
        self.assert_nobody(browser)

    def test_too_late(self):
        browser = self.known(self.person())
        nonce = mint.decode(browser.link().rpartition("/")[2])[1:13]
        self.forget()
        late = self.signed(PAGE, nonce=nonce, seconds=-1)
        self.refused("expired", browser, late)
        self.refused("used", browser, late)
        self.assert_nobody(browser)

    def test_methods(self):
        answer = self.stranger().request("POST", OTHER, "/h/x", "")
        self.assertEqual((answer.status, answer.header("Allow")), (405, "GET, HEAD, OPTIONS"))


class Attacks(Handover):
    def test_once(self):
        person = self.person()
        browser, thief = self.known(person), self.stranger()
        url = browser.link()
        browser.follow(url)
        self.assertEqual(self.events("bind")[-1]["visitor"], browser.visitor(OTHER))
        self.forget()
        self.refused("used", browser, url)
        self.refused("used", thief, url)
        self.assert_nobody(thief)

    def test_only_who_follows_the_link_uses_it(self):
        person = self.person()
        browser = self.known(person)
        url = browser.link()
        self.forget()
        for mode, destination in (("no-cors", "image"), ("navigate", "iframe"),
                                  ("navigate", "frame"), ("no-cors", "script"), ("cors", "empty"),
                                  ("navigate", "object"), ("no-cors", "empty")):
            self.refused("not_followed", browser, url,
                         **{"Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": destination})
        self.refused("not_followed", browser, url, **{"Sec-Fetch-Site": "none"})
        answer = browser.follow(url, "HEAD")
        self.assert_arrived(answer)
        for header in ("Sec-Purpose", "Purpose", "X-Moz"):
            answer = browser.follow(url, **{header: "prefetch"})
            self.assertEqual((answer.status, answer.cookie, answer.header("Cache-Control")),
                             (503, None, "no-store"))
        self.assertEqual(self.handovers(), [])
        self.assert_arrived(browser.follow(url))
        self.assertEqual(self.events("bind")[0]["prospect"], self.handle(person))

    def test_a_picture_sets_no_cookie(self):
        browser = self.known(self.person())
        answer = browser.follow(browser.link(),
                                **{"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"})
        self.assertIsNone(answer.cookie)
        self.assertIsNone(browser.follow(browser.link(), "HEAD").cookie)

    def test_somebody_elses_link(self):
        """The attacker's own hand-over, put in the way of another browser before it is used."""
        attacker = self.known(self.person(), **{"X-Forwarded-For": "198.51.100.7"})
        victim = {"X-Forwarded-For": "203.0.113.7"}
        for headers in ({"Referer": "https://evil.example/"}, {"Referer": None},
                        {"Referer": "https://www.example.com.evil.example/"},
                        {"Referer": OTHER_SITE + "/"}, {"Referer": "null"},
                        {"Referer": None, **NOWHERE},
                        {"User-Agent": "Mozilla/5.0 (another)"}, {"User-Agent": None}):
            url, browser = attacker.link(), self.stranger(**victim)
            self.forget()
            self.refused("elsewhere", browser, url, **headers)
            self.refused("used", attacker, url)
            self.assert_nobody(browser)

    def test_who_is_only_near_is_never_more_than_claimed(self):
        """Without a referrer a neighbour's own hand-over may be put in the way of a browser; what
        that says is what any link says that was passed on, and whoever logs in there is right."""
        person, other = self.person(), self.person()
        near = {"X-Forwarded-For": "198.51.100.7"}
        attacker = self.log_in(self.stranger(**near), person)
        browser = self.stranger(**near)
        self.forget()
        browser.follow(attacker.link(), Referer=None, **{"Sec-Fetch-Site": "cross-site"})
        event, bind = self.handovers()
        self.assertEqual([row["evidence"] for row in (event, bind)], ["claim", "claim"])
        visitor = browser.visitor(OTHER)
        self.log_in(browser, other, OTHER, OTHER_SITE)
        view = browser.view()
        self.assertEqual((view["visitor"], view["prospect"], view["evidence"]),
                         (visitor, self.handle(other), "proof"))

    def test_two_known_people_stay_two(self):
        for first, second, log_in in (("claim", "claim", ()), ("claim", "proof", (OTHER,)),
                                      ("proof", "proof", (ONE, OTHER))):
            with self.subTest(first=first, second=second):
                one, two = self.person(), self.person()
                browser = self.claim(self.known(one), two, OTHER)
                if ONE in log_in:
                    self.log_in(browser, one)
                if OTHER in log_in:
                    self.log_in(browser, two, OTHER, OTHER_SITE)
                visitor = browser.visitor(OTHER)
                self.forget()
                self.assert_arrived(browser.follow(browser.link()))
                event, conflict = self.handovers()
                self.assertEqual((event["name"], event["prospect"], event["evidence"]),
                                 ("handover", self.handle(two), second))
                self.assertEqual(
                    [conflict[name] for name in ("type", "visitor", "prospect", "other")],
                    ["conflict", visitor, self.handle(one), self.handle(two)])
                self.assertEqual(browser.visitor(OTHER), visitor)
                self.assert_nobody(browser, two, second)

    def test_what_is_stronger_wins_as_ever(self):
        one, two = self.person(), self.person()
        browser = self.log_in(self.claim(self.stranger(), two, OTHER), one)
        browser.follow(browser.link())
        view = browser.view()
        self.assertEqual((view["prospect"], view["evidence"]), (self.handle(one), "proof"))

    def test_two_cookies(self):
        one, two = self.known(self.person()), self.known(self.person())
        answer = one.ask(Cookie=f"{one.cookies[ONE]}; {two.cookies[ONE]}")
        self.assertEqual(json.loads(answer.body)["url"], PAGE)

    def test_after_a_restart(self):
        browser = self.known(self.person())
        url = browser.link()
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        self.forget()
        self.refused("used", browser, url)
        self.assert_nobody(browser)


class Consent(Handover):
    def test_nobody_is_handed_over_who_is_not_to_be_known(self):
        for state in ("denied", "measure"):
            browser = self.known(self.person())
            self.choose(browser, ONE, SITE, state)
            self.assertEqual(browser.link(), PAGE, state)
        browser = self.known(self.person())
        self.assertEqual(browser.link(**{"Sec-GPC": "1"}), PAGE)
        self.assertEqual(self.stranger().link(), PAGE, "without a cookie there is nobody")
        browser.cookies[ONE] = mint.flip(browser.cookies[ONE].partition("=")[2], 50)
        self.assertEqual(browser.link(), PAGE)

    def test_nor_where_it_leads(self):
        for state, visitor in (("denied", False), ("measure", True)):
            browser = self.known(self.person())
            self.choose(browser, OTHER, OTHER_SITE, state)
            self.forget()
            self.assert_arrived(browser.follow(browser.link()))
            found = self.handovers()
            self.assertEqual([event["name"] for event in found], visitor * ["handover"])
            self.assertEqual([event["prospect"] for event in found], visitor * [None])
        browser = self.known(self.person())
        self.forget()
        before = self.count("consent")
        answer = browser.follow(browser.link(), **{"Sec-GPC": "1"})
        self.assert_arrived(answer)
        self.assertIsNone(answer.cookie)
        self.assertEqual(self.count("consent"), before + 1)
        self.assertEqual(self.handovers(), [])
        self.assert_nobody(browser)

    def test_who_changes_their_mind_on_the_way(self):
        for path, body in (("/consent", "state=denied"), ("/consent", "state=measure"),
                           ("/privacy/forget", "x=y")):
            browser = self.known(self.person())
            url = browser.link()
            self.assertTrue(url.startswith(OTHER))
            self.assertEqual(browser.post(ONE, SITE, path, body).status, 204)
            self.forget()
            self.refused("used", browser, url)
            self.assert_nobody(browser)

    def test_what_was_undone_on_the_way(self):
        browser = self.known(self.person())
        url = browser.link()
        [row] = wait_for(lambda: self.daemon.bindings("--visitor", browser.visitor(ONE)))
        self.daemon.waymark("binding", "undo", row["event"])
        self.forget()
        self.assert_arrived(browser.follow(url))
        [event] = self.handovers()
        self.assertEqual((event["name"], event["prospect"]), ("handover", None))
        self.assert_nobody(browser)


class Pending(Handover):
    consent = "pending"

    def test_nobody_is_handed_over_who_is_not_to_be_known(self):
        browser = self.stranger()
        self.assertEqual(browser.link(), PAGE)
        self.choose(browser, ONE, SITE, "identify")
        self.claim(browser, self.person())
        self.assertTrue(browser.link().startswith(OTHER))

    def test_nor_where_it_leads(self):
        person = self.person()
        browser = self.stranger()
        self.choose(browser, ONE, SITE, "identify")
        self.claim(browser, person)
        self.forget()
        answer = browser.follow(browser.link())
        self.assert_arrived(answer)
        self.assertIsNone(answer.cookie)
        self.assertEqual(self.handovers(), [])
        self.choose(browser, OTHER, OTHER_SITE, "identify")
        browser.follow(browser.link())
        self.assertEqual(self.events("bind")[0]["prospect"], self.handle(person))


class Limited(Handover):
    settings = {"limits__address_rate": 1, "limits__address_burst": 10}

    def run_dry(self, browser):
        """Ask until a token that has just come back is used up. The next one comes a second after
        that, so no sooner than a second after the time that is returned."""
        refused = None
        for _ in range(10000):
            begun = time.monotonic()
            status = browser.ask().status
            if refused and status == 200:
                return refused
            refused = begun if status == 429 else None
        self.fail("there is no limit, or nothing comes back")

    def test_who_is_over_a_limit_arrives(self):
        for number in range(20):
            browser = self.known(self.person(), **{"X-Forwarded-For": f"203.0.113.{number}"})
            url = browser.link()
            self.forget()
            begun = self.run_dry(browser)
            rejected = self.rejected()
            answer = browser.follow(url)
            if time.monotonic() - begun < 1:
                break  # else the next token may have been there: once more
        else:
            self.fail("no request is answered within a second")
        self.assert_arrived(answer)
        self.assertEqual(self.rejected(), rejected + 1)
        self.assertEqual(self.handovers(), [])

    def rejected(self):
        return self.daemon.metric('waymark_events_rejected_total{reason="address_rate"}')


del Handover

if __name__ == "__main__":
    unittest.main()

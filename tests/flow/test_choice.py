# SPDX-License-Identifier: Apache-2.0
"""POST /consent: the cookie that remembers a choice, the event that records it, who may choose, and
the click that waited for it.
"""
import time
import unittest
import urllib.parse

import mint
from daemon import BROWSER, SITE, TRACKER, Daemon

PAGE = "http://localhost:8090/"
DENIED, MEASURE, IDENTIFY, BY_NAVIGATION = 1, 2, 3, 4
FLAGS = {"denied": DENIED, "measure": MEASURE, "identify": IDENTIFY}
SCRIPT = {"Origin": SITE, "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors",
          "Sec-Fetch-Dest": "empty", "Content-Type": "application/x-www-form-urlencoded",
          "Accept-Language": "en", "User-Agent": BROWSER["User-Agent"]}
FORM = {**SCRIPT, "Origin": TRACKER, "Sec-Fetch-Site": "same-origin",
        "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


def cookies_of(answer):
    """{name: (value, attributes)} of every Set-Cookie."""
    found = {}
    for name, value in answer.pairs:
        if name == "set-cookie":
            pair, _, attributes = value.partition("; ")
            key, _, text = pair.partition("=")
            found[key] = (text, attributes)
    return found


class Choice(unittest.TestCase):
    consent = "pending"
    settings = {}

    def setUp(self):
        # What was answered is in the log, however busy the disk is.
        self.daemon = Daemon(consent=self.consent, **self.settings)
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.daemon.start()
        self.keys = mint.Keys(self.daemon.instance)

    def cookie(self, flags, visitor=b"v" * 16):
        day = int(time.time()) // 86400
        return "wm=" + self.keys.mint(mint.VISITOR,
                                      visitor + day.to_bytes(2, "big") + bytes([flags]),
                                      "localhost")

    def choose(self, state, headers=None, **sent):
        body = urllib.parse.urlencode({"state": state})
        sent = {**SCRIPT, **(headers or {}), **sent}
        return self.daemon.request("POST", "/consent", {name: value for name, value in sent.items()
                                                        if value is not None},
                                   body=body.encode())

    def taken(self, state, *arguments, **sent):
        """(answer, event) of a choice that is taken."""
        last = max([event["seq"] for event in self.daemon.events()], default=0)
        answer = self.choose(state, *arguments, **sent)
        self.assertIn(answer.status, (204, 303), answer)
        events = self.daemon.events("--after", str(last), type="consent")
        self.assertEqual(len(events), 1, events)
        return answer, events[0]

    def assert_choice(self, answer, event, state, visitor):
        """@visitor: the id that goes on, "new" for another one, None for none."""
        value, attributes = cookies_of(answer)["wm"]
        self.assertEqual(attributes, "Path=/; Max-Age=34128000; HttpOnly; SameSite=Lax")
        data = mint.decode(value)
        self.assertEqual(data[19] & 3, FLAGS[state])
        if visitor is None:
            self.assertEqual((data[1:17], event["visitor"]), (bytes(16), None))
        else:
            self.assertEqual(event["visitor"], data[1:17].hex())
            self.assertEqual(data[1:17] == b"v" * 16, visitor != "new")
        self.assertEqual((event["consent"], event["consent_reason"]), (state, "cookie"))
        self.assertEqual(event["props"]["choice"], state)
        self.assertEqual(event["tracker"], "localhost")


class Pending(Choice):
    def test_each_choice_is_remembered_and_recorded(self):
        for state in FLAGS:
            answer, event = self.taken(state)
            self.assert_choice(answer, event, state, None if state == "denied" else "new")
            self.assertEqual(event["props"]["before"], "pending")
            self.assertEqual(mint.decode(cookies_of(answer)["wm"][0])[19] & BY_NAVIGATION, 0)
            self.assertEqual(answer.header("Access-Control-Allow-Origin"), SITE)
            self.assertEqual(answer.header("Access-Control-Allow-Credentials"), "true")
            self.assertEqual(answer.header("Cache-Control"), "no-store")

    def test_a_choice_leads_the_browser_on(self):
        measure = self.cookie(MEASURE)
        self.assert_choice(*self.taken("identify", Cookie=measure), "identify", b"v" * 16)
        self.assert_choice(*self.taken("measure", Cookie=measure), "measure", b"v" * 16)
        identify = self.cookie(IDENTIFY | BY_NAVIGATION)
        self.assert_choice(*self.taken("identify", Cookie=identify), "identify", b"v" * 16)
        # What was done under measure from here on is not the bound visitor's.
        answer, event = self.taken("measure", Cookie=identify)
        self.assert_choice(answer, event, "measure", "new")
        self.assertEqual(event["props"]["before"], "identify")
        self.assert_choice(*self.taken("denied", Cookie=identify), "denied", None)

    def test_taking_a_choice_back_drops_the_cookie(self):
        answer, event = self.taken("pending", Cookie=self.cookie(IDENTIFY))
        self.assertEqual(cookies_of(answer)["wm"],
                         ("", "Path=/; Max-Age=0; HttpOnly; SameSite=Lax"))
        self.assertEqual((event["consent"], event["consent_reason"], event["visitor"]),
                         ("pending", "default", None))
        self.assertEqual(event["props"], {"choice": "pending", "before": "identify"})

    def test_a_choice_holds_for_the_next_click(self):
        url = self.daemon.link(PAGE, "--to", "a@example.com")
        cookie = "wm=" + cookies_of(self.choose("identify"))["wm"][0]
        self.daemon.click(url, {"Cookie": cookie})
        [click] = self.daemon.events(type="click")
        self.assertEqual((click["consent"], click["consent_reason"]), ("identify", "cookie"))
        self.assertIsNotNone(click["prospect"])
        self.assertEqual(click["visitor"], mint.decode(cookie[3:])[1:17].hex())

    def test_a_form_of_ours_comes_back_to_its_page(self):
        body = b"lang=ja&state=measure"
        answer = self.daemon.request("POST", "/consent", FORM, body=body)
        self.assertEqual((answer.status, answer.location), (303, "/privacy?lang=ja&done=choice"))
        self.assertEqual(mint.decode(cookies_of(answer)["wm"][0])[19], MEASURE | BY_NAVIGATION)
        self.assertIsNone(answer.header("Access-Control-Allow-Origin"))
        page = self.daemon.get(answer.location, {"Cookie": answer.cookie})
        self.assertEqual(page.status, 200)
        self.assertIn("個人を特定せずに計測する", page.body.decode())
        self.assertIn('value="measure" required aria-describedby="what-measure" checked',
                      page.body.decode())

    def test_a_browser_that_does_not_say_what_it_does(self):
        """Safari before 16.4: a form of our own page navigates, nothing else does."""
        silent = {"Sec-Fetch-Site": None, "Sec-Fetch-Mode": None, "Sec-Fetch-Dest": None}
        page = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
        for origin, accept, status, mark in (
                (TRACKER, page, 303, BY_NAVIGATION), (TRACKER, "*/*", 204, 0),
                (TRACKER, None, 204, 0), (SITE, "*/*", 204, 0), (SITE, page, 204, 0)):
            answer = self.choose("identify", silent, Origin=origin, Accept=accept)
            self.assertEqual(answer.status, status, (origin, accept))
            self.assertEqual(mint.decode(cookies_of(answer)["wm"][0])[19], IDENTIFY | mark)
        for accept, kind in ((page, "text/html"), ("*/*", "text/plain")):
            answer = self.choose("identify", silent, Origin="https://evil.example", Accept=accept)
            self.assertEqual(answer.status, 403)
            self.assertIn(kind, answer.header("Content-Type"))

    def test_only_pages_of_ours_choose(self):
        for headers in ({"Origin": None}, {"Origin": "https://evil.example"}, {"Origin": "null"},
                        {"Origin": SITE + ".evil.example"}, {"Origin": [SITE, TRACKER]},
                        {"Sec-Fetch-Site": "cross-site"}, {"Origin": SITE.upper()}):
            answer = self.choose("identify", headers)
            self.assertEqual(answer.status, 403, headers)
            self.assertEqual(cookies_of(answer), {})
            self.assertIsNone(answer.header("Access-Control-Allow-Origin"))
        self.assertEqual(self.daemon.events(type="consent"), [])
        self.assertEqual(self.daemon.metric(
            'waymark_requests_total{route="consent",result="other_origin"}'), 7)
        page = self.choose("identify", {**FORM, "Origin": "https://evil.example",
                                        "Accept-Language": "ja"})
        self.assertEqual(page.status, 403)
        self.assertIn("このページ以外からの送信でした", page.body.decode())

    def test_what_is_no_state_is_refused(self):
        for state in ("", "yes", "IDENTIFY", "identify ", "identify\0", "<script>"):
            answer = self.choose(state)
            self.assertEqual(answer.status, 400, state)
            self.assertEqual(cookies_of(answer), {})
        for body in (b"", b"state", b"%", b"&" * 4000, b"state=identify2", b"\xff" * 100,
                     b"a=b&" * 300 + b"state=identify"):
            answer = self.daemon.request("POST", "/consent", SCRIPT, body=body)
            self.assertEqual(answer.status, 400, body)
        answer = self.daemon.request("POST", "/consent", SCRIPT, body=b"x" * 5000)
        self.assertEqual(answer.status, 413)
        self.assertEqual(self.daemon.events(type="consent"), [])

    def test_it_is_no_address_to_read(self):
        answer = self.daemon.get("/consent")
        self.assertEqual((answer.status, answer.header("Allow")), (405, "POST, OPTIONS"))

    def test_while_the_browser_says_no_only_no_is_taken(self):
        for state in ("measure", "identify"):
            answer, event = self.taken(state, {"Sec-GPC": "1"})
            self.assertEqual(cookies_of(answer), {})
            self.assertEqual((event["consent"], event["consent_reason"], event["visitor"]),
                             ("denied", "gpc", None))
        answer, event = self.taken("denied", {"Sec-GPC": "1"})
        self.assert_choice(answer, event, "denied", None)
        form = self.choose("identify", {**FORM, "Sec-GPC": "1"})
        self.assertEqual(form.location, "/privacy?lang=en&done=signal")

    def test_two_cookies_are_neither(self):
        cookie = "; ".join([self.cookie(IDENTIFY, b"a" * 16), self.cookie(IDENTIFY)])
        self.assert_choice(*self.taken("identify", Cookie=cookie), "identify", "new")
        self.assertEqual(self.daemon.metric("waymark_cookies_conflicting_total"), 1)

    def test_nothing_is_held_unless_it_is_configured(self):
        url = self.daemon.link(PAGE, "--to", "a@example.com")
        self.assertEqual(cookies_of(self.daemon.click(url)), {})


class Held(Choice):
    settings = {"consent__hold_click_minutes": 10}

    def setUp(self):
        super().setUp()
        self.url = self.daemon.link(PAGE, "--to", "a@example.com", "--campaign", "autumn",
                                    "--mailing", "2026-11")

    def hold(self, **options):
        """The cookie that a click left: "wm-held=…", or None."""
        found = cookies_of(self.daemon.click(self.url, **options))
        self.assertLessEqual(set(found), {"wm-held"})
        return "wm-held=" + found["wm-held"][0] if found else None

    def mint(self, address="a@example.com", age_s=0, host="localhost"):
        second = int(time.time()) - age_s
        payload = (self.keys.prospect_id(address) + bytes(8) + bytes(8) + bytes(4) +
                   second.to_bytes(4, "big"))
        return "wm-held=" + self.keys.mint(mint.HELD_CLICK, payload, host)

    def assert_nobody(self, answer, event):
        self.assertEqual((event["prospect"], event["evidence"], event["link"]), (None, None, None))
        self.assertNotIn("held_s", event["props"])
        return answer

    def test_a_click_waits_for_the_answer(self):
        answer = self.daemon.click(self.url)
        value, attributes = cookies_of(answer)["wm-held"]
        self.assertEqual(attributes, "Path=/; Max-Age=600; HttpOnly; SameSite=Lax")
        [click] = self.daemon.events(type="click")
        self.assertEqual((click["visitor"], click["prospect"]), (None, None))
        self.assertEqual(self.daemon.events(type="bind"), [])
        chosen, event = self.taken("identify", Cookie="wm-held=" + value)
        self.assertIsNotNone(event["prospect"])
        self.assertEqual((event["evidence"], event["link"], event["mailing"], event["campaign"]),
                         ("claim", click["link"], click["mailing"], click["campaign"]))
        self.assertIn("held_s", event["props"])
        [bind] = self.daemon.events(type="bind")
        self.assertEqual((bind["visitor"], bind["prospect"], bind["evidence"]),
                         (event["visitor"], event["prospect"], "claim"))
        self.assertEqual(cookies_of(chosen)["wm-held"],
                         ("", "Path=/; Max-Age=0; HttpOnly; SameSite=Lax"))
        self.assertEqual(self.daemon.metric('waymark_held_clicks_total{result="held"}'), 1)
        self.assertEqual(self.daemon.metric('waymark_held_clicks_total{result="agreed"}'), 1)
        # The person is the one whose link it is.
        cookie = "wm=" + cookies_of(chosen)["wm"][0]
        self.daemon.click(self.url, {"Cookie": cookie})
        self.assertEqual(self.daemon.events(type="click")[-1]["prospect"], event["prospect"])

    def test_under_measure_the_link_is_known_and_the_person_is_not(self):
        chosen, event = self.taken("measure", Cookie=self.hold())
        self.assertEqual((event["prospect"], event["evidence"]), (None, None))
        self.assertEqual(event["campaign"], "autumn")
        self.assertEqual(cookies_of(chosen)["wm-held"][0], "")
        self.assertEqual(self.daemon.events(type="bind"), [])
        self.assertEqual(self.daemon.waymark("prospect", "find", "a@example.com",
                                             check=False).returncode, 1)

    def test_a_known_browser_that_agrees_late_is_in_conflict(self):
        cookie = self.cookie(IDENTIFY)
        other = self.daemon.link(PAGE, "--to", "b@example.com")
        self.daemon.click(other, {"Cookie": cookie})
        self.taken("identify", Cookie=f"{cookie}; {self.mint()}")
        [bind] = self.daemon.events(type="bind")
        [conflict] = self.daemon.events(type="conflict")
        self.assertEqual(conflict["visitor"], bind["visitor"])
        self.assertNotEqual(conflict["prospect"], bind["prospect"])

    def test_who_says_no_leaves_no_trace(self):
        for state in ("denied", "pending"):
            answer = self.assert_nobody(*self.taken(state, Cookie=self.hold()))
            self.assertEqual(cookies_of(answer)["wm-held"][0], "")
        self.assertEqual(self.daemon.waymark("prospect", "find", "a@example.com",
                                             check=False).returncode, 1)

    def test_what_is_forged_old_or_planted_is_not_taken(self):
        good = self.mint()
        other = self.mint("b@example.com")
        rows = [self.mint(age_s=660), self.mint(host="other"), f"{good}; {other}",
                "wm-held=" + self.cookie(IDENTIFY)[3:], "wm-held=", "wm-held=x"]
        rows += ["wm-held=" + mint.flip(good[8:], bit) for bit in range(0, 49 * 8, 41)]
        for cookie in rows:
            answer = self.assert_nobody(*self.taken("identify", Cookie=cookie))
            self.assertEqual(cookies_of(answer)["wm-held"][0], "", cookie)
        self.assertEqual(self.taken("identify", Cookie=good)[1]["evidence"], "claim")

    def test_only_a_navigation_under_pending_is_held(self):
        image = {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
        self.assertIsNone(self.hold(headers=image))
        self.assertIsNone(self.hold(headers={"Sec-GPC": "1"}))
        self.assertIsNone(self.hold(headers={"Cookie": self.cookie(DENIED, bytes(16))}))
        self.assertIsNone(self.hold(headers={"Cookie": self.cookie(IDENTIFY)}))
        self.assertIsNone(self.hold(method="HEAD"))
        self.assertIsNone(self.hold(headers={"Sec-Purpose": "prefetch"}))
        self.assertIsNotNone(self.hold())
        self.assertEqual(self.daemon.metric('waymark_held_clicks_total{result="held"}'), 1)

    def test_a_trap_is_followed_by_no_person_and_not_held(self):
        self.url = self.daemon.link(PAGE, "--trap", "--label", "trap", "--to", "a@example.com")
        self.assertIsNone(self.hold())

    def test_no_other_request_reads_it(self):
        held = self.hold()
        before = len(self.daemon.events(type="click"))
        for _ in range(2):
            self.daemon.click(self.url, {"Cookie": held})
        clicks = self.daemon.events(type="click")[before:]
        self.assertEqual([(click["visitor"], click["prospect"]) for click in clicks],
                         [(None, None)] * 2)
        page = self.daemon.get("/privacy", {"Cookie": held})
        self.assertEqual(cookies_of(page), {})


class Forget(Choice):
    consent = "identify"

    def forget(self, headers=None, body=b"lang=en"):
        return self.daemon.request("POST", "/privacy/forget", {**SCRIPT, **(headers or {})},
                                   body=body)

    def test_the_browser_becomes_nobodys(self):
        url = self.daemon.link(PAGE, "--to", "a@example.com")
        first = self.daemon.click(url)
        cookie = first.cookie
        [click] = self.daemon.events(type="click")
        answer = self.forget({**FORM, "Cookie": cookie + "; wm-held=x"})
        self.assertEqual((answer.status, answer.location), (303, "/privacy?lang=en&done=forgotten"))
        dropped = ("", "Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
        self.assertEqual(cookies_of(answer), {"wm": dropped, "wm-held": dropped})
        [event] = self.daemon.events(type="consent")
        self.assertEqual(event["props"], {"choice": "forget", "before": "identify"})
        self.assertIsNone(event["visitor"])
        [bind] = self.daemon.events(type="bind")
        [unbind] = self.daemon.events(type="unbind")
        self.assertEqual((unbind["visitor"], unbind["reason"]), (bind["visitor"], "forget"))
        again = self.daemon.click(url)
        self.assertNotEqual(again.cookie, cookie)
        self.assertNotEqual(self.daemon.events(type="click")[-1]["visitor"], click["visitor"])

    def test_a_script_of_the_site_may_ask(self):
        answer = self.forget({"Cookie": self.cookie(IDENTIFY)})
        self.assertEqual((answer.status, cookies_of(answer)["wm"][0]), (204, ""))
        self.assertEqual(answer.header("Access-Control-Allow-Origin"), SITE)

    def test_nobody_else_may(self):
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            answer = self.forget({**headers, "Cookie": self.cookie(IDENTIFY)})
            self.assertEqual((answer.status, cookies_of(answer)), (403, {}))
        self.assertEqual(self.daemon.get("/privacy/forget").status, 405)
        self.assertEqual(self.daemon.events(type="consent"), [])

    def test_who_was_nobody_is_forgotten_as_well(self):
        for cookie in ("", self.cookie(DENIED, bytes(16)), self.cookie(MEASURE)):
            answer = self.forget({"Cookie": cookie} if cookie else None)
            self.assertEqual(answer.status, 204)
        self.assertEqual(self.daemon.events(type="unbind"), [])


class Identify(Choice):
    consent = "identify"

    def test_no_choice_is_dropped_with_the_default_again(self):
        answer, event = self.taken("pending", Cookie=self.cookie(DENIED, bytes(16)))
        self.assertEqual(cookies_of(answer)["wm"][0], "")
        self.assertEqual((event["consent"], event["consent_reason"], event["visitor"]),
                         ("identify", "default", None))


class Https(unittest.TestCase):
    def test_cookies_are_prefixed_and_secure(self):
        daemon = Daemon(consent="pending", tracker="https://go.example.com",
                        site="https://www.example.com", consent__hold_click_minutes=3)
        self.addCleanup(daemon.__exit__, None, None, None)
        daemon.start()
        url = daemon.link("https://www.example.com/", "--to", "a@example.com")
        held = cookies_of(daemon.click(url))
        self.assertEqual(list(held), ["__Host-Http-wm-held"])
        self.assertEqual(held["__Host-Http-wm-held"][1],
                         "Path=/; Max-Age=180; Secure; HttpOnly; SameSite=Lax")
        cookie = "__Host-Http-wm-held=" + held["__Host-Http-wm-held"][0]
        answer = daemon.request("POST", "/consent", {
            **SCRIPT, "Origin": "https://www.example.com", "Cookie": cookie},
            body=b"state=identify")
        self.assertEqual(answer.status, 204)
        self.assertEqual(set(cookies_of(answer)), {"__Host-Http-wm", "__Host-Http-wm-held"})
        [event] = daemon.events(type="consent")
        self.assertEqual(event["evidence"], "claim")


del Choice

if __name__ == "__main__":
    unittest.main()

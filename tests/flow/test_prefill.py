# SPDX-License-Identifier: Apache-2.0
"""What a form shows to whom: each level by the evidence that it needs, and to everybody else the
answer that a stranger gets, to the byte and to the number of lookups."""
import html.parser
import json
import os
import pathlib
import time
import unittest
import urllib.parse

from daemon import BROWSER, PATIENT_MS, SITE, Daemon, wait_for
from mint import LINK_PART, LOGIN, PROSPECT_PART, Keys

SHOP = "http://localhost:8091"
PAGE = f"{SITE}/page"
MINUTES_S = 60
CONTACT = {
    "name": "contact", "title": {"en": "Contact us", "ja": "お問い合わせ"},
    "fields": [
        {"name": "email", "type": "email", "required": True,
         "label": {"en": "E-mail", "ja": "メールアドレス"}},
        {"name": "company", "label": {"en": "Company", "ja": "会社名"}},
        {"name": "size", "choices": ["1-9", "10-99", "100+"], "prefill": "click",
         "label": {"en": "People", "ja": "従業員数"}},
        {"name": "mobile", "field": "phone", "type": "tel", "prefill": "confirmed"},
        {"name": "message", "multiline": True, "prefill": "never"},
    ],
}
ALICE = {"company": "Example <GmbH> & \"Söhne\"", "size": "10-99", "phone": "+81 3 1234 5678",
         "message": "an old one"}
EMPTY = {"email": "", "company": "", "size": "", "mobile": ""}
TOLD = {
    "click": {**EMPTY, "size": "10-99"},
    "proof": {"email": "alice@example.com", "company": ALICE["company"], "size": "10-99",
              "mobile": ALICE["phone"]},
}
SCRIPT = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
READS = ('waymark_store_reads_total{store="state"}', 'waymark_store_reads_total{store="people"}')


class Browser:
    """One browser: it keeps its cookie."""

    def __init__(self, daemon, **headers):
        self.daemon, self.cookie, self.headers = daemon, None, headers

    def request(self, method, target, headers, body=None):
        sent = {**BROWSER, **headers, **self.headers}
        if self.cookie:
            sent["Cookie"] = self.cookie
        answer = self.daemon.request(
            method, target, {name: value for name, value in sent.items() if value is not None},
            body=None if body is None else urllib.parse.urlencode(body).encode())
        for name, value in answer.pairs:
            if name == "set-cookie" and value.startswith("wm="):
                self.cookie = None if "Max-Age=0" in value else value.split(";")[0]
        return answer

    def click(self, url, **headers):
        parts = urllib.parse.urlsplit(url)
        answer = self.request("GET", parts.path, headers)
        assert answer.status == 302, answer
        return answer

    def prefill(self, form="contact", method="GET", **headers):
        """What the script of a site asks; a header given as None is left out."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request(method, f"/p/{form}", {**SCRIPT, "Origin": SITE, **headers})

    def values(self, form="contact", **headers):
        answer = self.prefill(form, **headers)
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def page(self, form="contact", query="", **headers):
        return Page(self.request("GET", f"/f/{form}{query}", headers))

    def send(self, values, form="contact", origin=None):
        """Post a form, from its hosted page unless @origin says which site's page it is on."""
        headers = {"Origin": origin or self.daemon.tracker, "Accept": "application/json",
                   "Content-Type": "application/x-www-form-urlencoded",
                   "Sec-Fetch-Site": "same-site" if origin else "same-origin"}
        return self.request("POST", f"/f/{form}", headers, values)

    def choose(self, state):
        return self.request("POST", "/consent", {**SCRIPT, "Origin": SITE,
                            "Content-Type": "application/x-www-form-urlencoded"},
                            {"state": state})

    def forget(self, **fields):
        return self.request("POST", "/privacy/forget", {
            "Origin": self.daemon.tracker, "Sec-Fetch-Site": "same-origin",
            "Content-Type": "application/x-www-form-urlencoded"}, fields)


class Page(html.parser.HTMLParser):
    """A hosted page: its values by name, its texts, its forms."""

    def __init__(self, answer):
        super().__init__()
        self.answer, self.values, self.text, self.area, self.select = answer, {}, "", None, None
        self.actions, self.marks = [], {}
        self.feed(answer.body.decode())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.actions.append(attrs["action"])
        if tag == "input":
            self.values[attrs["name"]] = attrs.get("value", "")
        if tag in ("input", "select", "textarea") and "id" in attrs:
            self.marks[attrs["name"]] = attrs
        self.area = attrs["name"] if tag == "textarea" else None
        if tag == "select":
            self.select = attrs["name"]
            self.values[self.select] = ""
        if tag == "option" and "selected" in attrs:
            self.values[self.select] = attrs["value"]

    def handle_data(self, data):
        self.text += data
        if self.area:
            self.values[self.area] = data.removeprefix("\n")

    def shown(self):
        return {name: value for name, value in self.values.items()
                if name in ("email", "company", "size", "mobile", "message")}


def shape(answer):
    """All of an answer but its time."""
    return (answer.status, [pair for pair in answer.pairs if pair[0] != "date"], answer.body)


class Prefill(unittest.TestCase):
    preload = "WAYMARK_FAULT_PRELOAD"
    commit_wait_ms = PATIENT_MS

    def setUp(self):
        # What is not recorded in time is not shown.
        self.daemon = Daemon(commit_wait_ms=self.commit_wait_ms, trackers=[
            {"url": "http://localhost:8080", "sites": [SITE, SHOP]}])
        self.daemon.__enter__()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.clock_path = os.path.join(self.daemon.directory, "clock")
        self.clock(0)
        self.stall = pathlib.Path(self.daemon.directory) / "stall"
        self.daemon.start(LD_PRELOAD=os.environ[self.preload], WAYMARK_DISK_STALL=str(self.stall),
                          WAYMARK_FAULT_CLOCK=self.clock_path)
        self.set_form(CONTACT)
        self.people({"email": "alice@example.com", **ALICE})

    def clock(self, minutes):
        with open(self.clock_path + ".new", "w", encoding="ascii") as file:
            file.write(str(minutes * MINUTES_S))
        os.rename(self.clock_path + ".new", self.clock_path)

    def set_form(self, form):
        path = pathlib.Path(self.daemon.directory) / f"{form['name']}.json"
        path.write_text(json.dumps(form), encoding="utf-8")
        self.daemon.waymark("form", "set", str(path))

    def people(self, *rows):
        path = pathlib.Path(self.daemon.directory) / "people.ndjson"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        self.daemon.waymark("prospect", "import", str(path))

    def browser(self, **headers):
        return Browser(self.daemon, **headers)

    def link(self, person="alice@example.com", label="a"):
        return self.daemon.link(PAGE, "--to", person, "--label", label)

    def arrive(self, person="alice@example.com", label="a", **headers):
        browser = self.browser()
        browser.click(self.link(person, label), **headers)
        return browser

    def log_in(self, browser, person="alice@example.com"):
        keys = Keys(self.daemon.instance)
        tag = json.loads(browser.request("GET", "/tag", {**SCRIPT, "Origin": SITE}).body)["tag"]
        proof = keys.mint(LOGIN, keys.prospect_id(person) + bytes.fromhex(tag) +
                          (int(time.time()) + 100).to_bytes(4, "big"), "localhost")
        answer = browser.request("POST", "/e", {**SCRIPT, "Origin": SITE, "Content-Type":
                                 "text/plain"}, {"t": "identify", "l": proof})
        self.assertEqual(answer.status, 204, answer)

    def stranger(self, form="contact"):
        return shape(self.browser().prefill(form))

    def as_stranger(self, answer):
        self.assertEqual(shape(answer), self.stranger())

    def disclosed(self):
        return self.daemon.events(type="prefill")

    def metrics(self):
        return self.daemon.metrics()


class Levels(Prefill):
    def test_a_fresh_click_opens_what_a_click_may(self):
        browser = self.arrive()
        [bind] = self.daemon.events(type="bind")
        self.assertEqual(browser.values(), TOLD["click"])
        [event] = self.disclosed()
        self.assertEqual(event["props"], {"fields": {"size": "click"}, "evidence": [bind["id"]]})
        self.assertEqual((event["form"], event["prospect"], event["visitor"], event["evidence"]),
                         ("contact", bind["prospect"], bind["visitor"], "claim"))
        self.assertNotIn("10-99", json.dumps(self.disclosed()))

    def test_another_site_of_the_tracker_is_told_as_well(self):
        answer = self.arrive().prefill(Origin=SHOP)
        self.assertEqual(json.loads(answer.body), TOLD["click"])
        self.assertEqual(answer.header("Access-Control-Allow-Origin"), SHOP)

    def test_a_form_of_one_site_tells_no_other(self):
        self.set_form({**CONTACT, "sites": [SHOP]})
        browser = self.arrive()
        self.assertEqual(browser.values(Origin=SHOP), TOLD["click"])
        answer = browser.prefill(Origin=SITE)
        self.assertEqual(json.loads(answer.body), EMPTY)
        self.assertEqual(answer.header("Access-Control-Allow-Origin"), SHOP)
        self.assertEqual(len(self.disclosed()), 1)

    def test_a_login_opens_all_but_never(self):
        browser = self.arrive()
        self.log_in(browser)
        self.assertEqual(browser.values(), TOLD["proof"])
        self.assertEqual(self.disclosed()[0]["props"]["fields"],
                         dict.fromkeys(("email", "company", "size", "mobile"), "confirmed"))

    def test_what_is_no_choice_of_the_form_is_not_told(self):
        self.people({"email": "alice@example.com", "size": "a remark of ours"})
        self.as_stranger(self.arrive().prefill())

    def test_a_click_is_fresh_for_half_an_hour(self):
        browser = self.arrive()
        self.clock(29)
        self.assertEqual(browser.values(), TOLD["click"])
        self.clock(31)
        self.as_stranger(browser.prefill())
        browser.click(self.link())
        self.assertEqual(browser.values(), TOLD["click"])
        self.clock(62)
        browser.click(self.link(label="b"))
        self.assertEqual(browser.values(), TOLD["click"])
        self.clock(0)
        self.as_stranger(browser.prefill())

    def test_a_forwarded_mail_ends_it_for_both(self):
        for number, label in enumerate(("a", "b")):
            with self.subTest(label=label):
                person = f"reader{number}@example.com"
                self.people({"email": person, **ALICE})
                first = self.arrive(person, "a")
                self.assertEqual(first.values(), TOLD["click"])
                second = self.arrive(person, label)
                self.as_stranger(second.prefill())
                self.as_stranger(first.prefill())
                first.click(self.link(person, "c"))
                self.as_stranger(first.prefill())
                self.log_in(first, person)
                self.assertEqual(first.values(), {**TOLD["proof"], "email": person})
                self.as_stranger(second.prefill())

    def test_a_forwarded_mail_read_by_somebody_who_is_known(self):
        self.people({"email": "bob@example.com", "size": "100+"})
        first, second = self.arrive(), self.arrive("bob@example.com")
        self.assertEqual(second.values(), {**EMPTY, "size": "100+"})
        second.click(self.link())
        self.assertEqual(len(self.daemon.events(type="conflict")), 1)
        self.assertEqual(second.values(), {**EMPTY, "size": "100+"}, "their own, as before")
        self.as_stranger(first.prefill())

    def test_a_browser_of_whoever_was_merged_in_is_another(self):
        browser = self.arrive()
        self.people({"email": "bob@example.com", "company": "Bob"})
        self.arrive("bob@example.com", "b")
        self.daemon.waymark("prospect", "merge", "alice@example.com", "bob@example.com")
        browser.click(self.link(label="c"))
        self.assertEqual(shape(browser.prefill()), self.stranger())

    def test_machines_do_not_count(self):
        first = self.arrive()
        scanner = self.arrive(**{"User-Agent": "python-requests/2.31.0"})
        self.browser().request("HEAD", urllib.parse.urlsplit(self.link()).path, {})
        self.assertEqual(first.values(), TOLD["click"])
        self.as_stranger(scanner.prefill())

    def test_it_outlives_a_start_of_the_server_or_is_a_strangers(self):
        browser = self.arrive()
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        self.as_stranger(browser.prefill())
        browser.click(self.link())
        self.assertEqual(browser.values(), TOLD["click"])


class Sent(Prefill):
    BOB = {"email": "bob@example.com", "company": "Bob & Co", "size": "1-9",
           "mobile": "03-1111-2222", "message": "hello"}

    def test_what_was_sent_here_is_shown_here(self):
        browser = self.arrive("bob@example.com")
        self.assertIn(browser.send(self.BOB).status, (200, 201))
        shown = {**self.BOB, "mobile": ""}
        del shown["message"]
        self.assertEqual(browser.values(), shown)
        self.assertEqual(self.disclosed()[0]["props"]["fields"],
                         dict.fromkeys(("email", "company", "size"), "own"))
        self.as_stranger(self.browser().prefill())
        self.assertNotIn("Bob", json.dumps(self.disclosed()))

    def test_it_is_shown_after_a_merge_as_well(self):
        browser = self.arrive("bob@example.com")
        self.assertIn(browser.send(self.BOB).status, (200, 201))
        shown = browser.values()
        self.daemon.waymark("prospect", "merge", "alice@example.com", "bob@example.com")
        wait_for(lambda: len(self.daemon.events(type="merge")) == 1)
        self.assertEqual(browser.values(), shown)

    def test_a_stranger_who_types_a_known_address_learns_nothing(self):
        typed = {"email": "alice@example.com", "size": "1-9"}
        for _ in range(3):
            browser = self.arrive("mallory@example.com")
            self.assertIn(browser.send(typed).status, (200, 201))
            self.assertEqual(browser.values(), {**EMPTY, **typed})
            page = browser.page()
            self.assertEqual(page.shown(), {**EMPTY, **typed, "message": ""})
            self.assertNotIn("Example", page.text)
        owner = self.browser()
        self.log_in_new(owner)
        self.assertEqual(owner.values(), TOLD["proof"], "nothing has changed")

    def log_in_new(self, browser):
        browser.request("POST", "/e", {**SCRIPT, "Origin": SITE, "Content-Type": "text/plain"},
                        {"t": "view", "u": PAGE})
        self.log_in(browser)


class Unrecorded(Prefill):
    preload = "WAYMARK_DISK_PRELOAD"
    commit_wait_ms = 1000

    def test_what_is_not_in_the_log_in_time_is_not_shown(self):
        browser = self.arrive()
        wait_for(lambda: browser.values() == TOLD["click"])
        for ask in (browser.prefill, lambda: browser.page().answer):
            with self.subTest(ask):
                self.stall.touch()
                answer = ask()
                self.stall.unlink()
                self.assertEqual(answer.status, 200)
                self.assertNotIn(b'10-99"}', answer.body)
                self.assertNotIn(b"10-99\" selected", answer.body)
                wait_for(lambda: browser.values() == TOLD["click"])
        wait_for(lambda: "10-99" in json.dumps(browser.page().shown()))


class Strangers(Prefill):
    """Everybody who is told nothing gets the same answer by the same number of lookups."""

    def kiosk(self, browser, _):
        self.set_form({**CONTACT, "kiosk": True})
        return browser.prefill()

    def aged(self, browser, _):
        self.clock(31)
        return browser.prefill()

    def measured(self, browser, _):
        self.assertEqual(browser.choose("measure").status, 204)
        return browser.prefill()

    def denied(self, browser, _):
        self.assertEqual(browser.choose("denied").status, 204)
        return browser.prefill()

    def forgotten(self, browser, _):
        cookie = browser.cookie
        self.assertEqual(browser.forget().status, 303)
        browser.cookie = cookie
        return browser.prefill()

    def forwarded(self, browser, person):
        self.arrive(person, "b")
        return browser.prefill()

    def damaged(self, browser, _):
        browser.cookie = browser.cookie[:-2] + ("AA" if browser.cookie[-2:] != "AA" else "BA")
        return browser.prefill()

    CASES = {
        "an origin of somebody else": dict(Origin="http://evil.example.net"),
        "another port": dict(Origin="http://localhost:9999"),
        "no origin": dict(Origin=None),
        "the origin of a sandbox": dict(Origin="null"),
        "two origins": dict(Origin=[SITE, SITE]),
        "cross-site": dict(Sec_Fetch_Site="cross-site"),
        "GPC": {"Sec-GPC": "1"},
        "a kiosk": kiosk,
        "an older click": aged,
        "measure": measured,
        "denied": denied,
        "not you": forgotten,
        "a forwarded mail": forwarded,
        "a damaged cookie": damaged,
    }

    def reads(self):
        metrics = self.metrics()
        return [metrics[name] for name in READS]

    def cost(self, ask):
        """Lookups of one request: of many, less what runs beside them."""
        before = self.reads()
        between = self.reads()
        for _ in range(10):
            ask()
        after = self.reads()
        return [round((c - b - (b - a)) / 10) for a, b, c in zip(before, between, after)]

    def test_all_are_strangers(self):
        expected = self.stranger()
        cost = self.cost(self.stranger)
        self.assertEqual(cost, [3, 2])
        for name, case in self.CASES.items():
            with self.subTest(name):
                self.clock(0)
                self.set_form(CONTACT)
                person = f"reader{len(name)}{name[-1]}@example.com"
                self.people({"email": person, **ALICE})
                browser = self.arrive(person)
                self.assertEqual(browser.values(), TOLD["click"])
                seen = len(self.disclosed())
                if isinstance(case, dict):
                    def ask(browser=browser, case=case):
                        return browser.prefill(**case)
                else:
                    self.assertEqual(shape(case(self, browser, person)), expected)
                    ask = browser.prefill
                self.assertEqual(shape(ask()), expected)
                self.assertEqual(self.cost(ask), cost)
                self.assertEqual(len(self.disclosed()), seen)

    def test_whoever_is_known_costs_the_same(self):
        browser = self.arrive()
        self.assertEqual(browser.values(), TOLD["click"])
        self.assertEqual(self.cost(browser.prefill), [3, 2])
        self.assertEqual(self.cost(self.stranger), [3, 2])

    def test_a_link_of_two_parts(self):
        keys = Keys(self.daemon.instance)
        self.link()
        link = bytes.fromhex(self.daemon.events(type="link")[0]["link"])
        browser = self.browser()
        browser.click("http://localhost:8080/c/" + keys.mint(LINK_PART, link) + "/" + keys.mint(
            PROSPECT_PART, keys.prospect_id("alice@example.com") + bytes(8)))
        self.assertEqual(self.daemon.events(type="bind")[0]["evidence"], "claim")
        self.as_stranger(browser.prefill())
        browser.click(self.link())
        self.assertEqual(browser.values(), TOLD["click"], "a link of one part does")

    def test_head_is_a_strangers(self):
        browser = self.arrive()
        told = browser.prefill(method="HEAD")
        self.assertEqual(shape(told), shape(self.browser().prefill(method="HEAD")))
        self.assertEqual(self.disclosed(), [])

    def test_headers_of_both(self):
        known, stranger = self.arrive().prefill(), self.browser().prefill()
        left_out = ("date", "content-length")
        self.assertEqual([pair for pair in known.pairs if pair[0] not in left_out],
                         [pair for pair in stranger.pairs if pair[0] not in left_out])
        self.assertEqual(known.header("Cache-Control"), "private, no-store")
        self.assertEqual(known.header("Vary"), "Origin, Cookie")
        self.assertEqual(known.header("Access-Control-Allow-Origin"), SITE)

    def test_what_is_not_there_and_what_nobody_looks_at(self):
        browser = self.arrive()
        self.assertEqual(browser.prefill("nothing").status, 404)
        for form in ("nothing", "contact"):
            answer = browser.prefill(form, Sec_Purpose="prefetch")
            self.assertEqual(answer.status, 503)
        self.assertEqual(self.disclosed(), [])


class Hosted(Prefill):
    def test_a_stranger_is_shown_an_empty_form(self):
        page = self.browser().page()
        self.assertEqual(page.answer.status, 200)
        self.assertEqual(page.shown(), {**EMPTY, "message": ""})
        self.assertEqual(page.actions, ["/f/contact"])
        self.assertNotIn("Set-Cookie", dict(page.answer.pairs))
        self.assertEqual(page.marks["email"]["autocomplete"], "email")
        self.assertIn("required", page.marks["email"])

    def test_it_is_filled_by_the_same_rules(self):
        browser = self.arrive()
        page = browser.page()
        self.assertEqual(page.shown(), {**TOLD["click"], "message": ""})
        self.assertEqual(page.actions, ["/privacy/forget", "/f/contact"])
        [event] = self.disclosed()
        self.assertEqual(event["props"]["fields"], {"size": "click"})
        self.log_in(browser)
        self.assertEqual(browser.page().shown(), {**TOLD["proof"], "message": ""})

    def test_only_a_navigation_is_shown_values(self):
        browser = self.arrive()
        page = browser.page(**{"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"})
        self.assertEqual(page.shown(), {**EMPTY, "message": ""})
        self.assertEqual(self.disclosed(), [])

    def test_a_frame_of_a_page_that_is_no_site_is_empty(self):
        browser, frame = self.arrive(), {"Sec-Fetch-Dest": "iframe"}
        for headers, shown in (
                ({"Sec-Fetch-Site": "same-site", "Referer": SITE + "/"}, TOLD["click"]),
                ({"Sec-Fetch-Site": "same-origin"}, TOLD["click"]),
                ({"Sec-Fetch-Site": "same-site", "Referer": "http://localhost:9999/"}, EMPTY),
                ({"Sec-Fetch-Site": "cross-site"}, EMPTY)):
            page = browser.page(**frame, **headers)
            self.assertEqual(page.shown(), {**shown, "message": ""}, headers)
        self.assertEqual(len(self.disclosed()), 2)

    def test_not_you(self):
        browser = self.arrive()
        cookie = browser.cookie
        answer = browser.forget(form="contact", lang="ja")
        self.assertEqual((answer.status, answer.location),
                         (303, "/f/contact?done=forgotten&lang=ja"))
        self.assertIsNone(browser.cookie)
        page = browser.page(query="?done=forgotten&lang=ja")
        self.assertEqual(page.shown(), {**EMPTY, "message": ""})
        self.assertIn("入力欄を空にし", page.text)
        browser.cookie = cookie
        self.assertEqual(browser.page().shown(), {**EMPTY, "message": ""})
        self.assertEqual(browser.forget(form="http://evil.example.net/").location,
                         "/privacy?lang=ja&done=forgotten")

    def test_a_kiosk_never_fills(self):
        browser = self.arrive()
        self.set_form({**CONTACT, "kiosk": True})
        page = browser.page()
        self.assertEqual(page.shown(), {**EMPTY, "message": ""})
        self.assertEqual(page.actions, ["/f/contact"])

    def test_languages(self):
        self.assertIn("お問い合わせ", self.browser().page().text)
        english = self.browser().page(query="?lang=en")
        self.assertIn("Contact us", english.text)
        self.assertEqual(english.answer.header("Content-Language"), "en")
        self.set_form({**CONTACT, "language": "ja"})
        self.assertEqual(self.browser().page(query="?lang=en").answer.header("Content-Language"),
                         "ja")

    def test_who_may_frame_it_and_where_it_may_lead(self):
        policy = self.browser().page().answer.header("Content-Security-Policy")
        self.assertIn(f"frame-ancestors 'self' {SITE} {SHOP}", policy)
        self.assertIn(f"form-action 'self' {SITE} {SHOP}", policy)
        self.set_form({**CONTACT, "sites": [SHOP], "css": f"{SHOP}/form.css"})
        page = self.browser().page()
        policy = page.answer.header("Content-Security-Policy")
        self.assertTrue(policy.endswith(f"frame-ancestors 'self' {SHOP}"), policy)
        self.assertIn(f"style-src 'unsafe-inline' {SHOP};", policy)
        self.assertIn(f'href="{SHOP}/form.css"', page.answer.body.decode())

    def test_no_such_form(self):
        for path in ("nothing", "", "contact/", "../contact"):
            self.assertEqual(self.browser().page(path).answer.status, 404, path)


del Prefill

if __name__ == "__main__":
    unittest.main()

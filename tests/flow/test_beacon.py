# SPDX-License-Identifier: Apache-2.0
"""POST /e: what a page tells becomes events of its browser, and of nobody else's page."""
import concurrent.futures
import json
import time
import unittest
import urllib.parse

import mint
from daemon import BEACON, SITE, TRACKER, Daemon

MEASURE, IDENTIFY, BY_NAVIGATION = 2, 3, 4
VIEW = "0123456789abcdef"
PAGE = SITE + "/a"
ATTRIBUTES = "; Path=/; Max-Age=34128000; HttpOnly; SameSite=Lax"


def line(kind, **keys):
    return urllib.parse.urlencode({"t": kind, **keys})


class Beacons(unittest.TestCase):
    consent = "identify"
    settings = {}

    def setUp(self):
        self.daemon = Daemon(consent=self.consent, **self.settings)
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.daemon.start()
        self.keys = mint.Keys(self.daemon.instance)

    def send(self, *lines, **headers):
        """(answer, events): one beacon and what it left."""
        last = max((event["seq"] for event in self.daemon.events()), default=0)
        answer = self.daemon.beacon("\n".join(lines), headers)
        return answer, self.daemon.events("--after", str(last))

    def cookie(self, flags, visitor=b"v" * 16, age_days=0):
        day = int(time.time()) // 86400 - age_days
        return "wm=" + self.keys.mint(mint.VISITOR,
                                      visitor + day.to_bytes(2, "big") + bytes([flags]),
                                      "localhost")

    def rejected(self, reason="malformed"):
        return self.daemon.metric(f'waymark_events_rejected_total{{reason="{reason}"}}')

    def dropped(self, reason):
        return self.daemon.metric(f'waymark_events_dropped_total{{reason="{reason}"}}')


class Taken(Beacons):
    def test_a_view(self):
        answer, [event] = self.send(line("view", u=PAGE + "?utm_source=x&secret=1#top",
                                         r="https://search.example/find?q=ann", v=VIEW, k="load"))
        self.assertEqual((answer.status, answer.body), (204, b""))
        self.assertEqual(answer.header("Cache-Control"), "no-store")
        self.assertEqual((event["type"], event["tracker"]), ("view", "localhost"))
        self.assertEqual(event["url"], PAGE + "?utm_source=x")
        self.assertEqual(event["referrer"], "https://search.example")
        self.assertEqual(event["props"], {"view": VIEW, "kind": "load"})
        self.assertEqual((event["agent"], event["language"]),
                         (BEACON["User-Agent"], BEACON["Accept-Language"]))
        self.assertEqual((event["consent"], event["consent_reason"]), ("identify", "default"))
        self.assertEqual((event["prospect"], event["evidence"]), (None, None))
        self.assertEqual(event["signals"]["method"], "POST")
        self.assertEqual(event["signals"]["sec_fetch"], ["same-site", "no-cors", "empty"])
        self.assertEqual(event["ip"], "127.0.0.0")

    def test_each_type_has_what_is_its_own(self):
        _, events = self.send(
            line("view", u=PAGE, v=VIEW),
            line("event", n="signup", u=PAGE, p='{"plan":"pro","seats":[1,2.5,null]}'),
            line("event", n="form", f="contact", v=VIEW),
            line("search", q="two words"),
            line("download", u=SITE + "/a.pdf"),
            line("leave", u=PAGE, v=VIEW, w="1500", d="80", i="1", s="5"))
        self.assertEqual([event["type"] for event in events],
                         ["view", "event", "event", "search", "download", "leave"])
        first = events[0]["seq"]
        self.assertEqual([event["seq"] for event in events], list(range(first, first + 6)))
        self.assertEqual(len({event["visitor"] for event in events}), 1)
        self.assertEqual(events[1]["name"], "signup")
        self.assertEqual(events[1]["props"], {"props": {"plan": "pro", "seats": [1, 2.5, None]}})
        self.assertEqual(events[2]["props"], {"view": VIEW, "form": "contact"})
        self.assertEqual(events[3]["props"], {"term": "two words"})
        self.assertEqual(events[4]["url"], SITE + "/a.pdf")
        self.assertEqual(events[5]["props"], {"view": VIEW, "visible_ms": 1500, "depth": 80,
                                              "input": True, "serial": 5})
        for kind, count in (("view", 1), ("event", 2), ("leave", 1)):
            self.assertEqual(self.daemon.metric(f'waymark_events_total{{type="{kind}"}}'), count)

    def test_whoever_stays_for_longer_than_a_week_has_left(self):
        answer, [event] = self.send(line("leave", u=PAGE, v=VIEW, w=8 * 86400 * 1000, d=3))
        self.assertEqual(answer.status, 204)
        self.assertEqual(event["props"], {"view": VIEW, "visible_ms": 7 * 86400 * 1000, "depth": 3})
        self.assertEqual(self.rejected(), 0)

    def test_addresses_stay_outside(self):
        _, [view, search, event] = self.send(
            line("view", u=SITE + "/u/ann%40example.com?mail=ann@example.com",
                 r="https://x.example/ann@example.com"),
            line("search", q="ann@example.com"),
            line("event", n="to ann@example.com", p='{"to":"ann\\u0040example.com"}'))
        self.assertEqual(view["url"], SITE + "/u/[email]")
        self.assertEqual(view["referrer"], "https://x.example")
        self.assertEqual(search["props"], {"term": "[email]"})
        self.assertEqual((event["name"], event["props"]),
                         ("to [email]", {"props": {"to": "[email]"}}))
        self.assertNotIn("ann@example", self.daemon.waymark("events").stdout)

    def test_the_longest_body(self):
        filler = "&x=" + "y" * 900
        lines = [line("event", n=f"e{number}") + filler for number in range(64)]
        answer, events = self.send(*lines)
        self.assertEqual((answer.status, len(events)), (204, 64))
        body = lines[0] + "&x=" + "y" * (65536 - len(lines[0]) - 3)
        self.assertEqual(len(body), 65536)
        answer, events = self.send(body)
        self.assertEqual((answer.status, len(events)), (204, 1))
        answer, events = self.send(body + "y")
        self.assertEqual((answer.status, len(events)), (413, 0))

    def test_japanese(self):
        _, [view, search] = self.send(line("view", u=SITE + "/製品/一覧?utm_campaign=秋"),
                                      line("search", q="検索 語"))
        self.assertEqual(view["url"], SITE + "/%E8%A3%BD%E5%93%81/%E4%B8%80%E8%A6%A7"
                                             "?utm_campaign=%E7%A7%8B")
        self.assertEqual(search["props"], {"term": "検索 語"})

    def test_it_survives_a_restart_and_adds_up(self):
        self.send(line("view", u=PAGE))
        self.send("nonsense")
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.prove()
        self.daemon.start()
        self.assertEqual(len(self.daemon.events(type="view")), 1)


class Malformed(Beacons):
    def test_right_lines_are_kept_beside_wrong_ones(self):
        answer, events = self.send(line("view", u=PAGE), "t=oops", line("event", n="a"), "t=view")
        self.assertEqual(answer.status, 204)
        self.assertEqual([event["type"] for event in events], ["view", "event"])
        self.assertEqual(self.rejected(), 2)

    def test_nothing_right_names_line_and_key(self):
        for lines, sentence in (
                (["t=oops"], b"line 1: t is one of"),
                (["", line("view")], b"line 1: u is missing"),
                ([line("view", u=PAGE, v="X"), "t=oops"], b"line 1: v is 16"),
                ([line("view", u="https://[nowhere/")], b"line 1: u is not an address"),
                ([""], b"no line"),
                (["\xff\x00{\"t\":1}"], b"line 1: t is one of")):
            answer, events = self.send(*lines)
            self.assertEqual((answer.status, events), (400, []), lines)
            self.assertIn(sentence, answer.body)
            self.assertIsNone(answer.cookie)
        self.assertEqual(self.rejected(), 6)

    def test_lines_behind_the_sixty_fourth_are_rejected(self):
        answer, events = self.send(*[line("event", n="a")] * 70)
        self.assertEqual((answer.status, len(events), self.rejected()), (204, 64, 6))

    def test_a_mistake_can_be_read_by_the_page(self):
        answer, _ = self.send("t=oops", **{"Sec-Fetch-Mode": "cors"})
        self.assertEqual(answer.status, 400)
        self.assertEqual(answer.header("Access-Control-Allow-Origin"), SITE)


class Identity(Beacons):
    def test_the_landing_page_joins_the_click(self):
        url = self.daemon.link(PAGE, "--to", "a@example.com")
        click = self.daemon.click(url)
        answer, [event] = self.send(line("view", u=PAGE), Cookie=click.cookie)
        self.assertIsNone(answer.cookie)
        self.assertEqual(event["visitor"], self.daemon.events(type="click")[0]["visitor"])

    def test_a_browser_without_cookie_gets_one_that_is_not_a_navigations(self):
        answer, [event] = self.send(line("view", u=PAGE))
        [value] = [value for name, value in answer.pairs if name == "set-cookie"]
        self.assertTrue(value.endswith(ATTRIBUTES), value)
        data = mint.decode(answer.cookie[3:])
        self.assertEqual((data[1:17].hex(), data[19]), (event["visitor"], 0))
        again, [second] = self.send(line("leave", u=PAGE, v=VIEW), Cookie=answer.cookie)
        self.assertIsNone(again.cookie)
        self.assertEqual(second["visitor"], event["visitor"])

    def test_what_overtakes_the_first_answer_is_no_other_visitors(self):
        """A page that goes away does not wait for the cookie that its first line brings."""
        answer, [event] = self.send(line("leave", u=PAGE, v=VIEW, s=1, w=300))
        self.assertEqual((answer.status, answer.cookie), (204, None))
        self.assertEqual((event["visitor"], event["consent"]), (None, "identify"))
        # One that begins another view in the same beacon has none either way, and brings a cookie.
        answer, [left, view, more] = self.send(
            line("leave", u=PAGE, v=VIEW, s=7), line("view", u=PAGE, v=VIEW[::-1], s=0),
            line("event", n="a", v=VIEW[::-1], s=1))
        visitor = mint.decode(answer.cookie[3:])[1:17].hex()
        self.assertEqual([event["visitor"] for event in (left, view, more)],
                         [None, visitor, visitor])
        answer, [event] = self.send(line("leave", u=PAGE, v=VIEW, s=8), Cookie=answer.cookie)
        self.assertEqual((answer.cookie, event["visitor"]), (None, visitor))
        cookies = [self.cookie(IDENTIFY, b"a" * 16), self.cookie(IDENTIFY, b"b" * 16)]
        answer, [event] = self.send(line("leave", u=PAGE, v=VIEW, s=9), Cookie="; ".join(cookies))
        self.assertEqual(mint.decode(answer.cookie[3:])[1:17].hex(), event["visitor"])

    def test_no_cookie_is_sent_again(self):
        for flags in (IDENTIFY | BY_NAVIGATION, IDENTIFY, BY_NAVIGATION, 0):
            for age in (0, 6, 300, 394):
                cookie = self.cookie(flags, age_days=age)
                answer, [event] = self.send(line("view", u=PAGE), Cookie=cookie)
                self.assertIsNone(answer.cookie)
                self.assertEqual(event["visitor"], (b"v" * 16).hex())

    def test_ids_in_the_body_mean_nothing(self):
        cookie = self.cookie(IDENTIFY)
        _, [event] = self.send(line("view", u=PAGE, visitor="aa" * 16, prospect="bb" * 12, id="x",
                                    time="2001-01-01T00:00:00Z"), Cookie=cookie)
        self.assertEqual((event["visitor"], event["prospect"]), ((b"v" * 16).hex(), None))
        self.assertGreater(event["time"], "2020")

    def test_a_forged_cookie_is_no_cookie(self):
        good = self.cookie(IDENTIFY)
        for bit in range(0, 32 * 8, 31):
            answer, [event] = self.send(line("view", u=PAGE),
                                        Cookie="wm=" + mint.flip(good[3:], bit))
            self.assertIsNotNone(answer.cookie)
            self.assertNotEqual(event["visitor"], (b"v" * 16).hex())

    def test_two_different_cookies_are_neither(self):
        cookies = [self.cookie(IDENTIFY, b"a" * 16), self.cookie(IDENTIFY, b"b" * 16)]
        answer, [event] = self.send(line("view", u=PAGE), Cookie="; ".join(cookies))
        visitor = mint.decode(answer.cookie[3:])[1:17]
        self.assertNotIn(visitor, (b"a" * 16, b"b" * 16))
        self.assertEqual(event["visitor"], visitor.hex())

    def test_a_wrong_beacon_sets_no_cookie(self):
        answer, _ = self.send("t=oops")
        self.assertIsNone(answer.cookie)

    def test_gpc(self):
        answer, events = self.send(line("view", u=PAGE), line("leave", u=PAGE, v=VIEW),
                                   **{"Sec-GPC": "1", "Cookie": self.cookie(IDENTIFY)})
        self.assertEqual((answer.status, answer.cookie, events), (204, None, []))
        self.assertEqual(self.dropped("consent"), 2)


class Known(Beacons):
    """A browser that is tied to a person: what a page was asked with is kept for them alone."""
    QUERY = "utm_source=x&order=%E7%A7%8B&mail=ann@example.com"

    def setUp(self):
        super().setUp()
        self.cookie_of_click = self.daemon.click(
            self.daemon.link(PAGE, "--to", "a@example.com")).cookie

    def view(self, url, **headers):
        answer, [event] = self.send(line("view", u=url, v=VIEW),
                                    **{"Cookie": self.cookie_of_click, **headers})
        self.assertEqual(answer.status, 204)
        return event

    def revealed(self, event):
        after = str(event["seq"] - 1)
        return self.daemon.events("--after", after, "--reveal", type="view")[0]["query_sealed"]

    def test_the_whole_query_is_sealed_for_the_person(self):
        event = self.view(f"{PAGE}?{self.QUERY}#part?no")
        self.assertEqual((event["url"], event["query"]), (PAGE + "?utm_source=x", None))
        self.assertIsNotNone(event["prospect"])
        self.assertEqual(event["query_sealed"], {"sealed": True})
        self.assertEqual(self.revealed(event), self.QUERY)
        [access] = self.daemon.events("--after", str(event["seq"]), type="access")
        self.assertEqual(access["prospect"], event["prospect"])

    def test_each_view_of_a_beacon_has_its_own(self):
        _, events = self.send(*[line("view", u=f"{PAGE}?page={number}") for number in range(3)],
                              Cookie=self.cookie_of_click)
        self.assertEqual([self.revealed(event) for event in events],
                         ["page=0", "page=1", "page=2"])

    def test_the_longest_query(self):
        query = "x=" + "y" * (8192 - len(PAGE) - 3)
        self.assertEqual(self.revealed(self.view(f"{PAGE}?{query}")), query)

    def test_nothing_is_sealed_that_is_kept_anyway(self):
        for url in (PAGE, PAGE + "?", PAGE + "#a?b=c", PAGE + "?utm_source=x"):
            self.assertNotIn("query_sealed", self.view(url))
        _, [leave] = self.send(line("leave", u=PAGE + "?a=1", v=VIEW), Cookie=self.cookie_of_click)
        self.assertNotIn("query_sealed", leave)

    def test_nor_for_nobody(self):
        for headers in ({"Cookie": self.cookie(IDENTIFY)}, {"Cookie": None}):
            event = self.view(f"{PAGE}?{self.QUERY}", **headers)
            self.assertIsNone(event["prospect"])
            self.assertNotIn("query_sealed", event)
        self.assertNotIn("ann@example", self.daemon.waymark("events", "--reveal").stdout)


class Pending(Beacons):
    consent = "pending"

    def test_nothing_is_kept(self):
        answer, events = self.send(line("view", u=PAGE), line("event", n="a"))
        self.assertEqual((answer.status, answer.cookie, events), (204, None, []))
        self.assertEqual(self.dropped("consent"), 2)

    def test_unless_the_browser_has_chosen(self):
        answer, [event] = self.send(line("view", u=PAGE), Cookie=self.cookie(MEASURE))
        self.assertIsNone(answer.cookie)
        self.assertEqual((event["visitor"], event["consent"], event["consent_reason"]),
                         ((b"v" * 16).hex(), "measure", "cookie"))


class Denied(Pending):
    consent = "denied"


class Measure(Beacons):
    consent = "measure"

    def test_the_browser_is_known(self):
        answer, [event] = self.send(line("view", u=PAGE))
        self.assertEqual(mint.decode(answer.cookie[3:])[1:17].hex(), event["visitor"])
        self.assertEqual((event["consent"], event["prospect"]), ("measure", None))


class Origins(Beacons):
    def status(self, **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer, events = self.send(line("view", u=PAGE), **names)
        self.assertEqual(len(events), 1 if answer.status == 204 else 0)
        if answer.status == 403:
            self.assertIsNone(answer.cookie)
            self.assertIsNone(answer.header("Access-Control-Allow-Origin"))
        return answer.status

    def test_pages_of_the_sites_and_of_the_tracker_may(self):
        self.assertEqual(self.status(Origin=SITE), 204)
        self.assertEqual(self.status(Origin=TRACKER, Sec_Fetch_Site="same-origin"), 204)
        self.assertEqual(self.status(Origin=SITE, Sec_Fetch_Site=None, Sec_Fetch_Mode=None,
                                     Sec_Fetch_Dest=None), 204)

    def test_nobody_else_may(self):
        others = [None, "null", "", "https://evil.example", SITE + ".evil.example", SITE + "1",
                  SITE + "/", SITE.replace("http:", "https:"), SITE.upper(), "//localhost:8090",
                  "http://localhost", "http://127.0.0.1:8090", [SITE, "https://evil.example"],
                  [SITE, SITE], SITE + " " + SITE, SITE + ", " + SITE]
        for origin in others:
            self.assertEqual(self.status(Origin=origin), 403, origin)
        for site in ("cross-site", "none", "", "Same-Site"):
            self.assertEqual(self.status(Origin=SITE, Sec_Fetch_Site=site), 403, site)
        refused = 'waymark_requests_total{route="beacon",result="other_origin"}'
        self.assertEqual(self.daemon.metric(refused), len(others) + 4)

    def test_a_script_that_asks_may_read_the_answer(self):
        for mode, expected in (("cors", SITE), (None, SITE), ("no-cors", None)):
            answer, _ = self.send(line("view", u=PAGE), **{"Sec-Fetch-Mode": mode})
            self.assertEqual(answer.header("Access-Control-Allow-Origin"), expected)
            self.assertEqual(answer.header("Access-Control-Allow-Credentials"),
                             expected and "true")

    def test_a_page_that_asks_first_may_send_nothing_more(self):
        answer = self.daemon.request("OPTIONS", "/e", {
            **BEACON, "Sec-Fetch-Mode": "cors", "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type"})
        self.assertEqual((answer.status, answer.header("Allow")), (204, "POST, OPTIONS"))
        self.assertFalse([name for name, _ in answer.pairs if name.startswith("access-control")])

    def test_get_is_405_and_prefetch_503(self):
        answer = self.daemon.get("/e", BEACON)
        self.assertEqual((answer.status, answer.header("Allow")), (405, "POST, OPTIONS"))
        answer, events = self.send(line("view", u=PAGE), **{"Sec-Purpose": "prefetch;prerender"})
        self.assertEqual((answer.status, answer.cookie, events), (503, None, []))


class Limits(Beacons):
    settings = {"limits__address_burst": 3, "limits__address_rate": 1}

    def test_over_a_limit_it_is_429(self):
        one = {"X-Forwarded-For": "203.0.113.9"}
        # At once: each waits for the disk, and one more is allowed each second.
        with concurrent.futures.ThreadPoolExecutor(40) as pool:
            posts = [pool.submit(self.daemon.beacon, line("event", n="a"), one) for _ in range(40)]
        statuses = [post.result().status for post in posts]
        self.assertGreaterEqual(statuses.count(204), 3)
        self.assertIn(429, statuses)
        self.assertEqual(set(statuses), {204, 429})
        stored = self.daemon.metric('waymark_account{kind="stored"}')
        self.assertGreaterEqual(stored, statuses.count(204))


class Tag(Beacons):
    def tag(self, **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {**BEACON, "Sec-Fetch-Mode": "cors", **names}
        return self.daemon.get("/tag", {name: value for name, value in sent.items()
                                        if value is not None})

    def expected(self, visitor=b"v" * 16):
        return self.keys.tag(visitor, "localhost").hex()

    def test_of_a_visitor(self):
        answer = self.tag(Cookie=self.cookie(IDENTIFY))
        self.assertEqual((answer.status, json.loads(answer.body)), (200, {"tag": self.expected()}))
        self.assertEqual(answer.header("Content-Type"), "application/json")
        self.assertEqual(answer.header("Cache-Control"), "private, no-store")
        self.assertEqual(answer.header("Vary"), "Origin, Cookie")
        self.assertEqual(answer.header("Access-Control-Allow-Origin"), SITE)
        self.assertEqual(answer.header("Access-Control-Allow-Credentials"), "true")
        self.assertIsNone(answer.cookie)

    def test_zeros_without_one(self):
        zeros = {"tag": "0" * 16}
        for headers in ({}, {"Cookie": "wm=x"}, {"Cookie": self.cookie(1, bytes(16))},
                        {"Cookie": self.cookie(MEASURE)},
                        {"Cookie": self.cookie(IDENTIFY), "Sec_GPC": "1"}):
            answer = self.tag(**headers)
            self.assertEqual((answer.status, json.loads(answer.body)), (200, zeros), headers)
            self.assertIsNone(answer.cookie)

    def test_a_page_that_nobody_looks_at_yet_has_none(self):
        for purpose in ("prefetch", "prefetch;prerender"):
            answer = self.tag(Cookie=self.cookie(IDENTIFY), Sec_Purpose=purpose)
            self.assertEqual((answer.status, answer.header("Cache-Control"), answer.cookie),
                             (503, "no-store", None))
            self.assertNotIn(self.expected().encode(), answer.body)

    def test_within_the_trackers_own_origin(self):
        for headers in ({"Sec_Fetch_Site": "same-origin"},
                        {"Sec_Fetch_Site": None, "Referer": TRACKER + "/privacy"}):
            answer = self.tag(Origin=None, Cookie=self.cookie(IDENTIFY), **headers)
            self.assertEqual((answer.status, json.loads(answer.body)),
                             (200, {"tag": self.expected()}))
            self.assertIsNone(answer.header("Access-Control-Allow-Origin"))

    def test_no_other_page_reads_it(self):
        for headers in ({"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"},
                        {"Origin": "https://evil.example"}, {"Origin": "null"},
                        {"Origin": None, "Sec_Fetch_Site": "cross-site"},
                        {"Origin": None, "Sec_Fetch_Site": None},
                        {"Origin": None, "Sec_Fetch_Site": None,
                         "Referer": SITE + ".evil.example/"}):
            answer = self.tag(Cookie=self.cookie(IDENTIFY), **headers)
            self.assertEqual(answer.status, 403, headers)
            self.assertNotIn(self.expected().encode(), answer.body)
            self.assertIsNone(answer.header("Access-Control-Allow-Origin"))
            self.assertEqual(answer.header("Vary"), "Origin, Cookie")


del Beacons

if __name__ == "__main__":
    unittest.main()

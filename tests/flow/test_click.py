# SPDX-License-Identifier: Apache-2.0
"""A click end to end: what was registered, what leaves, what is in the log, what is counted."""
import unittest

import mint
from daemon import Daemon

PAGE = "http://localhost:8090/p?x=1&utm_source=mail#top"


class Click(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.daemon.start()
        cls.keys = mint.Keys(cls.daemon.instance)
        cls.url = cls.daemon.link(PAGE, "--to", "a@example.com", "--campaign", "autumn",
                                  "--mailing", "2026-11", "--slug", "page")

    def setUp(self):
        events = self.daemon.events()
        self.last = str(events[-1]["seq"])
        self.before = self.daemon.metrics()

    def new_events(self, **filters):
        """Without what they bind, which is test_binding's."""
        return [event for event in self.daemon.events("--after", self.last, **filters)
                if event["type"] != "bind"]

    def counted(self, name):
        return self.daemon.metric(name) - self.before[name]

    def link_of(self, url):
        """Link id and prospect id of a click URL."""
        data = mint.decode(url.rsplit("/", 1)[1])
        return data[1:9], data[9:21]

    def test_no_address_in_a_header_enters_the_log(self):
        address = "needle@example.com"
        self.daemon.click(self.url, {"User-Agent": f"Mozilla/5.0 (x; {address}) y",
                                     "Accept-Language": f"ja,{address}",
                                     "Sec-Fetch-Site": address, "X-Moz": "needle%40example.com",
                                     "Referer": f"http://{address}/{address}?{address}"})
        [event] = self.new_events()
        self.assertEqual(event["agent"], "Mozilla/5.0 (x; [email]) y")
        self.assertEqual(event["language"], "ja,[email]")
        self.assertEqual(event["signals"]["sec_fetch"], ["[email]", "navigate", "document"])
        self.assertEqual(event["signals"]["purpose"], "[email]")
        self.assertNotIn("needle", str(event))

    def test_one_part(self):
        url = self.daemon.link(PAGE, "--to", "a@example.com", "--campaign", "autumn",
                               "--mailing", "2026-11", "--label", "one")
        self.last = str(self.daemon.events()[-1]["seq"])
        answer = self.daemon.click(url, {"Referer": "https://mail.example.net/inbox/7?u=a"})
        self.assertEqual(answer.status, 302)
        self.assertEqual(answer.location, PAGE)
        self.assertEqual(answer.header("Cache-Control"), "no-store")
        self.assertEqual(answer.header("Referrer-Policy"), "no-referrer")
        self.assertEqual(answer.header("X-Content-Type-Options"), "nosniff")
        [event] = self.new_events()
        visitor = mint.decode(answer.cookie.split("=", 1)[1])[1:17]
        self.assertEqual(event["type"], "click")
        self.assertEqual(event["visitor"], visitor.hex())
        self.assertEqual(event["link"], self.link_of(url)[0].hex())
        self.assertEqual(event["prospect"],
                         self.daemon.waymark("prospect", "find", "a@example.com").stdout.strip())
        self.assertNotEqual(event["prospect"], self.link_of(url)[1].hex())
        self.assertEqual(event["evidence"], "claim")
        self.assertEqual((event["mailing"], event["campaign"]), ("2026-11", "autumn"))
        self.assertEqual(event["url"], "http://localhost:8090/p?utm_source=mail")
        self.assertEqual(event["referrer"], "https://mail.example.net")
        self.assertEqual((event["ip"], event["language"]), ("127.0.0.0", "ja,en;q=0.8"))
        self.assertEqual((event["consent"], event["consent_reason"]), ("identify", "default"))
        self.assertEqual(event["signals"]["method"], "GET")
        self.assertEqual(event["signals"]["sec_fetch"], ["cross-site", "navigate", "document"])
        self.assertEqual(event["tracker"], "localhost")
        self.assertEqual(self.counted('waymark_requests_total{route="click",result="redirected"}'),
                         1)
        self.assertEqual(self.counted('waymark_events_total{type="click"}'), 1)

    def test_the_slug_of_the_same_link_knows_no_person(self):
        answer = self.daemon.click("http://localhost:8080/l/page")
        self.assertEqual((answer.status, answer.location), (302, PAGE))
        [event] = self.new_events()
        self.assertEqual((event["slug"], event["prospect"]), ("page", None))
        self.assertIsNotNone(event["visitor"])
        self.assertEqual(event["campaign"], "autumn")

    def test_two_parts(self):
        field = self.keys.mint(mint.PROSPECT_PART,
                               self.keys.prospect_id("b@example.com") + bytes(8))
        self.daemon.link(PAGE, "--field", field, "--campaign", "autumn")
        url = self.daemon.waymark("link", "new", "--campaign", "autumn", "--field", field,
                                  PAGE).stdout.strip()
        self.last = str(self.daemon.events()[-1]["seq"])
        answer = self.daemon.click(url)
        self.assertEqual((answer.status, answer.location), (302, PAGE))
        [event] = self.new_events()
        self.assertEqual(event["prospect"],
                         self.daemon.waymark("prospect", "find", "b@example.com").stdout.strip())

    def two_part(self, prospect_part, mailing="2026-11"):
        url = self.daemon.waymark("link", "new", "--mailing", mailing, "--field", prospect_part,
                                  PAGE).stdout.strip()
        self.last = str(self.daemon.events()[-1]["seq"])
        self.before = self.daemon.metrics()
        answer = self.daemon.click(url)
        self.assertEqual((answer.status, answer.location), (302, PAGE))
        [event] = self.new_events(type="click")
        return event

    def test_a_prospect_part_of_its_own_mailing(self):
        payload = self.keys.prospect_id("c@example.com")
        payload += mint.name_id("mailing", "2026-11", 8)
        event = self.two_part(self.keys.mint(mint.PROSPECT_PART, payload))
        self.assertIsNotNone(event["prospect"])

    def test_a_prospect_part_of_another_mailing_is_anonymous(self):
        payload = self.keys.prospect_id("c@example.com")
        payload += mint.name_id("mailing", "another", 8)
        event = self.two_part(self.keys.mint(mint.PROSPECT_PART, payload))
        self.assertIsNone(event["prospect"])
        self.assertIsNone(event["evidence"])
        self.assertEqual(self.counted("waymark_tokens_other_mailing_total"), 1)
        self.assertEqual(self.counted('waymark_requests_total{route="click",result="anonymous"}'),
                         1)

    def test_an_unfilled_merge_field_is_anonymous(self):
        event = self.two_part("*|WAYMARK|*")
        self.assertIsNone(event["prospect"])
        self.assertEqual(self.counted('waymark_tokens_forged_total{purpose="prospect_part"}'), 1)

    def test_self_contained(self):
        page = "https://elsewhere.example/reset?email=a%40example.com#x"
        payload = mint.name_id("campaign", "autumn", 4) + self.keys.prospect_id("d@example.com")
        token = self.keys.mint(mint.SELF_CONTAINED, payload + page.encode())
        answer = self.daemon.click("http://localhost:8080/u/" + token)
        self.assertEqual((answer.status, answer.location), (302, page))
        [event] = self.new_events()
        self.assertEqual(event["url"], "https://elsewhere.example/reset")
        self.assertEqual(event["campaign"], "autumn")
        self.assertIsNotNone(event["prospect"])
        self.assertIsNone(event["link"])

    def test_the_longest_self_contained_link(self):
        page = "https://elsewhere.example/" + "x" * (2048 - 26)
        payload = bytes(4) + self.keys.prospect_id("d@example.com") + page.encode()
        answer = self.daemon.click("http://localhost:8080/u/" +
                                   self.keys.mint(mint.SELF_CONTAINED, payload))
        self.assertEqual((answer.status, answer.location), (302, page))

    def test_the_longest_destination(self):
        page = "https://elsewhere.example/" + "y" * (8192 - 26)
        answer = self.daemon.click(self.daemon.link(page, "--to", "a@example.com"))
        self.assertEqual((answer.status, answer.location), (302, page))

    def test_a_valid_token_of_an_unknown_link_leads_to_the_fallback(self):
        token = self.keys.mint(mint.CLICK, bytes(7) + b"\1" +
                               self.keys.prospect_id("a@example.com"))
        answer = self.daemon.click("http://localhost:8080/c/" + token)
        self.assertEqual((answer.status, answer.location), (302, "http://localhost:8090/"))
        [event] = self.new_events()
        self.assertEqual((event["type"], event["link"]), ("click", "0000000000000001"))
        self.assertIsNone(event["url"])
        self.assertEqual(self.counted("waymark_links_unknown_total"), 1)
        self.assertEqual(
            self.counted('waymark_requests_total{route="click",result="unknown_link"}'), 1)

    def test_a_mailing_is_another_only_beside_a_link_that_is_known(self):
        """Of a link that is not registered here, nobody knows the mailing."""
        link = self.keys.mint(mint.LINK_PART, bytes(7) + b"\2")
        payload = self.keys.prospect_id("c@example.com") + mint.name_id("mailing", "2026-11", 8)
        part = self.keys.mint(mint.PROSPECT_PART, payload)
        answer = self.daemon.click(f"http://localhost:8080/c/{link}/{part}")
        self.assertEqual((answer.status, answer.location), (302, "http://localhost:8090/"))
        [event] = self.new_events(type="click")
        self.assertIsNone(event["prospect"])
        self.assertEqual(self.counted("waymark_tokens_other_mailing_total"), 0)
        self.assertEqual(self.counted("waymark_links_unknown_total"), 1)

    def test_extra_query_is_stored_and_not_forwarded(self):
        answer = self.daemon.click(self.url + "?utm_source=x&secret=1")
        self.assertEqual(answer.location, PAGE)
        [event] = self.new_events()
        self.assertEqual(event["query"], "utm_source=x")

    def test_the_whole_query_is_sealed_for_the_person(self):
        url = self.daemon.link(PAGE, "--to", "e@example.com", "--label", "sealed")
        self.last = str(self.daemon.events()[-1]["seq"])
        self.daemon.click(url + "?utm_source=x&secret=1")
        [event] = self.new_events()
        self.assertEqual((event["query"], event["query_sealed"]),
                         ("utm_source=x", {"sealed": True}))
        [event] = self.daemon.events("--after", self.last, "--reveal", type="click")
        self.assertEqual(event["query_sealed"], "utm_source=x&secret=1")
        [access] = self.new_events(type="access")
        self.assertEqual((access["prospect"], access["actor"]), (event["prospect"], "owner"))

    def test_registered_names_are_passed_on(self):
        self.daemon.link("http://localhost:8090/d?a=1#f", "--slug", "ad/1", "--pass", "gclid",
                         "--pass", "utm_term")
        get = lambda query: self.daemon.click("http://localhost:8080/l/ad/1" + query).location
        self.assertEqual(get(""), "http://localhost:8090/d?a=1#f")
        self.assertEqual(get("?gclid=A%20b&x=1&utm_term=t"),
                         "http://localhost:8090/d?a=1&gclid=A%20b&utm_term=t#f")
        self.assertEqual(get("?x=1"), "http://localhost:8090/d?a=1#f")
        self.assertEqual(get("?gclid=" + "z" * 3000),
                         "http://localhost:8090/d?a=1&gclid=" + "z" * 3000 + "#f")

    def test_a_slug_may_be_written_with_escapes(self):
        self.assertEqual(self.daemon.click("http://localhost:8080/l/%70age").status, 302)

    def test_an_unknown_slug_is_not_found(self):
        answer = self.daemon.click("http://localhost:8080/l/nothing")
        self.assertEqual(answer.status, 404)
        self.assertIn(b'href="http://localhost:8090', answer.body)
        self.assertIsNone(answer.cookie)
        self.assertEqual(self.new_events(), [])

    def test_a_link_of_a_trap_says_so(self):
        url = self.daemon.link(PAGE, "--slug", "trap", "--trap")
        self.last = str(self.daemon.events()[-1]["seq"])
        self.daemon.click(url)
        [event] = self.new_events()
        self.assertTrue(event["signals"]["trap"])
        self.assertEqual(event["verdict"], {"class": "machine", "reasons": ["trap"]})

    def test_behind_a_proxy_the_client_is_the_right_most_untrusted_hop(self):
        self.daemon.click(self.url, {"X-Forwarded-For": "198.51.100.9, 203.0.113.7, 127.0.0.1"})
        [event] = self.new_events()
        self.assertEqual(event["ip"], "203.0.113.0")
        self.assertTrue(event["signals"]["proxy"])

    def test_strange_headers_are_recorded_and_nothing_is_lost(self):
        self.daemon.click(self.url, {"User-Agent": b"caf\xe9 \xff".decode("latin-1"),
                                     "Accept-Language": "x" * 300,
                                     "Sec-Fetch-Site": "a,b", "Referer": "not a URL"})
        [event] = self.new_events()
        self.assertEqual(event["agent"], "caf\N{REPLACEMENT CHARACTER} \N{REPLACEMENT CHARACTER}")
        self.assertEqual(len(event["language"]), 64)
        self.assertEqual(event["signals"]["sec_fetch"], ["a b", "navigate", "document"])
        self.assertIsNone(event["referrer"])


if __name__ == "__main__":
    unittest.main()

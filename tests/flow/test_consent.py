# SPDX-License-Identifier: Apache-2.0
"""Consent x click, with the cookie that each allows."""
import time
import unittest

import mint
from daemon import Daemon

ATTRIBUTES = "; Path=/; Max-Age=34128000; HttpOnly; SameSite=Lax"
PAGE = "http://localhost:8090/"
DENIED, MEASURE, IDENTIFY, BY_NAVIGATION = 1, 2, 3, 4


class Consent(unittest.TestCase):
    consent = "identify"
    settings = {}

    def setUp(self):
        # What was answered is in the log, however busy the disk is.
        self.daemon = Daemon(consent=self.consent, **self.settings)
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.daemon.start()
        self.keys = mint.Keys(self.daemon.instance)
        self.url = self.daemon.link(PAGE, "--to", "a@example.com")

    def click(self, **options):
        """(answer, event): one click and what it left."""
        last = self.daemon.events()[-1]["seq"]
        answer = self.daemon.click(self.url, **options)
        self.assertEqual((answer.status, answer.location), (302, PAGE))
        [event] = self.daemon.events("--after", str(last), type="click")
        return answer, event

    def cookie(self, flags, visitor=b"v" * 16, age_days=0, host="localhost"):
        day = int(time.time()) // 86400 - age_days
        return "wm=" + self.keys.mint(mint.VISITOR,
                                      visitor + day.to_bytes(2, "big") + bytes([flags]), host)

    def assert_anonymous(self, answer, event, consent, reason):
        self.assertIsNone(answer.cookie)
        self.assertEqual((event["visitor"], event["prospect"], event["evidence"]),
                         (None, None, None))
        self.assertEqual((event["consent"], event["consent_reason"]), (consent, reason))


class Pending(Consent):
    consent = "pending"

    def test_counts_for_the_campaign_and_nobody(self):
        self.assert_anonymous(*self.click(), "pending", "default")
        self.assertEqual(self.daemon.waymark("prospect", "find", "a@example.com",
                                             check=False).returncode, 1)

    def test_a_cookie_of_a_choice_wins(self):
        answer, event = self.click(headers={"Cookie": self.cookie(IDENTIFY | BY_NAVIGATION)})
        self.assertIsNone(answer.cookie)
        self.assertEqual(event["visitor"], (b"v" * 16).hex())
        self.assertIsNotNone(event["prospect"])
        self.assertEqual(event["consent_reason"], "cookie")


class Denied(Consent):
    consent = "denied"

    def test_counts_for_the_campaign_and_nobody(self):
        self.assert_anonymous(*self.click(), "denied", "default")


class Measure(Consent):
    consent = "measure"

    def test_knows_the_browser_and_not_the_person(self):
        answer, event = self.click()
        [value] = [value for name, value in answer.pairs if name == "set-cookie"]
        self.assertTrue(value.startswith("wm="))
        self.assertTrue(value.endswith(ATTRIBUTES), value)
        data = mint.decode(answer.cookie[3:])
        self.assertEqual(data[19], BY_NAVIGATION)
        self.assertEqual(event["visitor"], data[1:17].hex())
        self.assertIsNone(event["prospect"])
        again, second = self.click(headers={"Cookie": answer.cookie})
        self.assertIsNone(again.cookie)
        self.assertEqual(second["visitor"], event["visitor"])

    def test_is_never_refreshed(self):
        answer, _ = self.click(headers={"Cookie": self.cookie(MEASURE, age_days=390)})
        self.assertIsNone(answer.cookie)


class Identify(Consent):
    def test_knows_browser_and_person(self):
        answer, event = self.click()
        [value] = [value for name, value in answer.pairs if name == "set-cookie"]
        self.assertTrue(value.endswith(ATTRIBUTES), value)
        data = mint.decode(answer.cookie[3:])
        self.assertEqual(data[19], BY_NAVIGATION)
        self.assertEqual(event["visitor"], data[1:17].hex())
        self.assertIsNotNone(event["prospect"])

    def test_a_request_that_is_no_navigation_sets_nothing(self):
        answer, event = self.click(headers={"Sec-Fetch-Mode": "no-cors",
                                            "Sec-Fetch-Dest": "image"})
        self.assertIsNone(answer.cookie)
        self.assertIsNone(event["visitor"])

    def test_an_old_browser_that_does_not_say_gets_the_cookie(self):
        answer, _ = self.click(headers={"Sec-Fetch-Mode": None, "Sec-Fetch-Dest": None,
                                        "Sec-Fetch-Site": None})
        self.assertIsNotNone(answer.cookie)

    def test_is_refreshed_when_a_quarter_old(self):
        flags = IDENTIFY | BY_NAVIGATION
        young, _ = self.click(headers={"Cookie": self.cookie(flags, age_days=98)})
        self.assertIsNone(young.cookie)
        old, event = self.click(headers={"Cookie": self.cookie(flags, age_days=99)})
        self.assertEqual(mint.decode(old.cookie[3:])[1:17], b"v" * 16)
        self.assertEqual(event["visitor"], (b"v" * 16).hex())

    def test_one_that_a_beacon_set_is_refreshed_within_its_week(self):
        young, _ = self.click(headers={"Cookie": self.cookie(IDENTIFY, age_days=1)})
        self.assertIsNone(young.cookie)
        old, _ = self.click(headers={"Cookie": self.cookie(IDENTIFY, age_days=2)})
        self.assertEqual(mint.decode(old.cookie[3:])[19], IDENTIFY | BY_NAVIGATION)

    def test_gpc_is_denied(self):
        self.assert_anonymous(*self.click(headers={"Sec-GPC": "1"}), "denied", "gpc")
        headers = {"Sec-GPC": "1", "Cookie": self.cookie(IDENTIFY)}
        self.assert_anonymous(*self.click(headers=headers), "denied", "gpc")

    def test_dnt_means_nothing_by_default(self):
        answer, _ = self.click(headers={"DNT": "1"})
        self.assertIsNotNone(answer.cookie)

    def test_a_cookie_that_says_denied_holds(self):
        cookie = self.cookie(DENIED, visitor=bytes(16))
        self.assert_anonymous(*self.click(headers={"Cookie": cookie}), "denied", "cookie")

    def test_two_different_cookies_are_neither(self):
        cookies = [self.cookie(IDENTIFY, b"a" * 16), self.cookie(IDENTIFY, b"b" * 16)]
        for headers in ({"Cookie": "; ".join(cookies)}, {"Cookie": cookies}):
            answer, event = self.click(headers=headers)
            visitor = mint.decode(answer.cookie[3:])[1:17]
            self.assertNotIn(visitor, (b"a" * 16, b"b" * 16))
            self.assertEqual(event["visitor"], visitor.hex())
        self.assertEqual(self.daemon.metric("waymark_cookies_conflicting_total"), 2)

    def test_a_forged_cookie_is_no_cookie(self):
        good = self.cookie(IDENTIFY)
        bad = [mint.flip(good[3:], bit) for bit in range(0, 32 * 8, 7)]
        bad.append(self.cookie(IDENTIFY, host="other")[3:])
        for value in bad:
            answer, event = self.click(headers={"Cookie": "wm=" + value})
            self.assertIsNotNone(answer.cookie)
            self.assertNotEqual(event["visitor"], (b"v" * 16).hex())
        self.assertEqual(self.daemon.metric('waymark_tokens_forged_total{purpose="visitor"}'),
                         len(bad))

    def test_a_prefixed_name_means_nothing_over_http(self):
        cookie = "__Host-Http-" + self.cookie(IDENTIFY)
        _, event = self.click(headers={"Cookie": cookie})
        self.assertNotEqual(event["visitor"], (b"v" * 16).hex())


class Dnt(Consent):
    settings = {"consent__dnt": True, "consent__gpc": False}

    def test_dnt_is_denied_when_configured(self):
        self.assert_anonymous(*self.click(headers={"DNT": "1"}), "denied", "dnt")

    def test_gpc_means_nothing_when_configured_so(self):
        answer, _ = self.click(headers={"Sec-GPC": "1"})
        self.assertIsNotNone(answer.cookie)


class Https(unittest.TestCase):
    """The cookie follows the configured address, whatever the connection to the proxy is."""

    def test_the_cookie_is_prefixed_and_secure(self):
        daemon = Daemon(tracker="https://go.example.com", site="https://www.example.com")
        self.addCleanup(daemon.__exit__, None, None, None)
        daemon.start()
        url = daemon.link("https://www.example.com/", "--to", "a@example.com")
        answer = daemon.click(url)
        [value] = [value for name, value in answer.pairs if name == "set-cookie"]
        self.assertTrue(value.startswith("__Host-Http-wm="), value)
        self.assertTrue(value.endswith(
            "; Path=/; Max-Age=34128000; Secure; HttpOnly; SameSite=Lax"), value)
        plain = "wm=" + answer.cookie.split("=", 1)[1]
        again = daemon.click(url, {"Cookie": plain})
        self.assertIsNotNone(again.cookie)
        self.assertIsNone(daemon.click(url, {"Cookie": answer.cookie}).cookie)


class Addresses(Consent):
    settings = {"ip": "sealed"}

    def test_the_whole_address_is_sealed_for_the_person(self):
        _, event = self.click(headers={"X-Forwarded-For": "2001:db8:1:2::9"})
        self.assertEqual((event["ip"], event["ip_sealed"]),
                         ("2001:db8:1::", {"sealed": True}))


class NoAddresses(Consent):
    settings = {"ip": "none"}

    def test_no_address_is_kept(self):
        _, event = self.click()
        self.assertIsNone(event["ip"])


del Consent

if __name__ == "__main__":
    unittest.main()

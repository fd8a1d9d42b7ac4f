#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who asks for too much: a tracked link redirects all the same and only its event is left out, all
else is answered 429, and nobody else notices. Every event is in the account."""
import time
import unittest

from daemon import Daemon

DESTINATION = "https://www.example.com/p"
BURST = 5


class Limits(unittest.TestCase):
    def start(self, **settings):
        daemon = Daemon(**settings)
        self.addCleanup(daemon.__exit__, None, None, None)
        self.url = daemon.link(DESTINATION, "--campaign", "autumn", "--to", "a@example.com")
        self.began = time.monotonic()
        self.daemon = daemon.start()
        self.stored = daemon.metric('waymark_account{kind="stored"}')

    def per_address(self, **settings):
        self.start(limits__address_rate=1, limits__address_burst=BURST, **settings)

    def allowed(self):
        """The most that a bucket may have given by now: one token comes back each second."""
        return BURST + int(time.monotonic() - self.began) + 1

    def click(self, address):
        answer = self.daemon.click(self.url, {"X-Forwarded-For": address})
        self.assertEqual((answer.status, answer.location), (302, DESTINATION))

    def get(self, target, address):
        return self.daemon.get(target, {"X-Forwarded-For": address})

    def account(self):
        """The account of clicks since the start, which must add up, and the two reasons."""
        metrics = self.daemon.metrics()
        account = {kind: metrics[f'waymark_account{{kind="{kind}"}}'] for kind in
                   ("received", "stored", "dropped", "rejected", "lost", "pending")}
        self.assertEqual(account["received"], sum(account.values()) - account["received"])
        bound = self.daemon.bound(metrics)
        account["received"] -= bound
        account["stored"] -= bound
        self.assertEqual(account["rejected"], sum(
            metrics[f'waymark_events_rejected_total{{reason="{reason}"}}']
            for reason in ("address_rate", "tracker_rate")))
        return account

    def test_a_click_over_its_limit_redirects_unrecorded(self):
        self.per_address()
        for _ in range(40):
            self.click("203.0.113.7")
        account = self.account()
        self.assertEqual(account["received"], 40)
        self.assertGreaterEqual(account["stored"], BURST)
        self.assertLessEqual(account["stored"], self.allowed())
        self.assertEqual(account["rejected"], 40 - account["stored"])
        self.click("203.0.113.8")
        self.assertEqual(self.account()["stored"], account["stored"] + 1)
        self.assertEqual(len(self.daemon.events(type="click")), account["stored"] + 1)

    def test_what_is_no_tracked_link_gets_429(self):
        self.per_address()
        forged = self.url[len("http://localhost:8080"):-4] + "AAAA"
        targets = ("/robots.txt", forged, "/nothing", "/l/nothing", "/u/" + "A" * 60)
        for target in targets:
            self.assertIn(self.get(target, "203.0.113.7").status, (200, 404))
        limited = 0
        for target in 6 * targets:
            answer = self.get(target, "203.0.113.7")
            if answer.status != 429:
                continue
            limited += 1
            self.assertEqual(answer.header("Retry-After"), "1")
            self.assertEqual(answer.header("Cache-Control"), "no-store")
        self.assertGreaterEqual(limited, 7 * len(targets) - self.allowed())
        other = self.daemon.get("/robots.txt", {"X-Forwarded-For": "203.0.113.7",
                                                "Host": "other.example"})
        self.assertIn(other.status, (421, 429))
        self.assertEqual(self.get("/robots.txt", "203.0.113.8").status, 200)
        self.assertEqual(self.account()["received"], 0)
        requests = self.daemon.metric('waymark_requests_total{route="none",result="limited"}')
        self.assertEqual(requests, limited + (other.status == 429))

    def test_ipv6_counts_by_64(self):
        self.per_address()
        for host in range(40):
            self.click(f"2001:db8:1:2::{host:x}")
        stored = self.account()["stored"]
        self.assertLessEqual(stored, self.allowed())
        for network in range(40):
            self.click(f"2001:db8:1:{network + 3:x}::1")
        self.assertEqual(self.account()["stored"], stored + 40)

    def test_a_proxy_that_does_not_say_for_whom_is_not_limited(self):
        self.per_address()
        for headers in ({}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-For": "unknown"}):
            for _ in range(2 * BURST + 10):
                self.assertEqual(self.daemon.click(self.url, headers).status, 302)
        self.assertEqual(self.account()["rejected"], 0)

    def test_a_peer_that_is_no_proxy_is_limited_whatever_it_says(self):
        self.per_address(trusted_proxies=[])
        for number in range(40):
            self.click(f"203.0.113.{number}")
        self.assertLessEqual(self.account()["stored"], self.allowed())

    def test_health_is_never_limited(self):
        self.per_address()
        for _ in range(40):
            self.assertEqual(self.get("/healthz", "203.0.113.7").status, 200)
        self.click("203.0.113.7")
        self.assertEqual(self.account()["stored"], 1)

    def test_a_tracker_has_a_limit_of_its_own(self):
        self.start(limits__tracker_rate=1, limits__tracker_burst=BURST)
        for number in range(40):
            self.click(f"203.0.113.{number}")
        account = self.account()
        self.assertGreaterEqual(account["stored"], BURST)
        self.assertLessEqual(account["stored"], self.allowed())
        self.assertEqual(self.daemon.metric(
            'waymark_events_rejected_total{reason="tracker_rate"}'), account["rejected"])

    def test_who_is_over_does_not_use_up_the_tracker(self):
        self.start(limits__address_rate=1, limits__address_burst=BURST,
                   limits__tracker_rate=1, limits__tracker_burst=10 * BURST)
        for _ in range(100):
            self.click("203.0.113.7")
        rejected = self.account()["rejected"]
        for number in range(4 * BURST):
            self.click(f"198.51.100.{number}")
        self.assertEqual(self.account()["rejected"], rejected)

    def test_no_limits(self):
        self.start(limits__address_rate=0, limits__address_burst=1)
        for _ in range(50):
            self.click("203.0.113.7")
        self.assertEqual(self.account()["rejected"], 0)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Links that cannot be read: 503, counted, while what needs no store still redirects."""
import os
import subprocess
import unittest

import mint
from daemon import Daemon, read_line

PAGE = "http://localhost:8090/p"
HOLD_READERS = os.environ.get("WAYMARK_HOLD_READERS") or os.path.join(
    os.environ.get("WAYMARK_BUILD", "build"), "tests", "flow", "hold_readers")


class Unreadable(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.daemon.start()
        self.slug = self.daemon.link(PAGE, "--slug", "page")
        self.click = self.daemon.link(PAGE, "--to", "a@example.com")
        keys = mint.Keys(self.daemon.instance)
        payload = mint.name_id("campaign", "autumn", 4) + keys.prospect_id("a@example.com")
        self.contained = "http://localhost:8080/u/" + keys.mint(mint.SELF_CONTAINED,
                                                                payload + PAGE.encode())

    def test_without_the_links_only_self_contained_ones_redirect(self):
        # One thread holds more read locks than the deadlock detector of TSan counts.
        holder = subprocess.Popen(
            [HOLD_READERS, os.path.join(self.daemon.instance, "data", "state")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, "TSAN_OPTIONS": "detect_deadlocks=0"})
        with holder:
            self.addCleanup(holder.kill)
            self.assertGreater(int(read_line(holder)), 0)
            for _ in range(3):
                self.refused(self.click)
                self.refused(self.slug)
                answer = self.daemon.click(self.contained)
                self.assertEqual((answer.status, answer.location), (302, PAGE))
            self.assertEqual(self.daemon.get("/healthz").status, 200)
            for route in ("click", "slug"):
                self.assertEqual(self.daemon.metric(
                    f'waymark_requests_total{{route="{route}",result="unreadable"}}'), 3)
        self.assertEqual(holder.returncode, 0)
        for url in (self.click, self.slug):
            answer = self.daemon.click(url)
            self.assertEqual((answer.status, answer.location), (302, PAGE))
        self.assertEqual([event["url"] for event in self.daemon.events(type="click")], [PAGE] * 5)

    def refused(self, url):
        answer = self.daemon.click(url)
        self.assertEqual((answer.status, answer.location, answer.cookie), (503, None, None))
        self.assertGreaterEqual(int(answer.header("Retry-After")), 1)
        self.assertEqual(answer.header("Cache-Control"), "no-store")


if __name__ == "__main__":
    unittest.main()

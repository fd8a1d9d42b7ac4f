# SPDX-License-Identifier: Apache-2.0
"""Retention in a running server: old events go, named readers hold them, the log reads on."""
import os
import signal
import subprocess
import unittest

from daemon import LIMIT_S, WAYMARK, Daemon, wait_for

PAGE = "http://localhost:8090/"


class Retention(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(retention_days=400)
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def fill(self, count, from_days, to_days):
        subprocess.run([os.environ["WAYMARK_FILL_LOG"], os.path.join(self.daemon.instance, "data"),
                        str(count), f"--days={from_days}", f"--until={to_days}", "--anonymous"],
                       check=True, timeout=4 * LIMIT_S)

    def pruned_through(self):
        return self.daemon.metric("waymark_pruned_through")

    def test_old_events_go_beside_clicks(self):
        self.fill(5000, 500, 401)
        url = self.daemon.link(PAGE, "--slug", "s")
        self.daemon.start()
        while self.pruned_through() < 5000:
            self.assertEqual(self.daemon.click(url).location, PAGE)
        result = self.daemon.waymark("events")
        self.assertIn("events 1 to 5000 are pruned", result.stderr)
        sequences = self.daemon.sequences()
        self.assertEqual(sequences, list(range(5001, 5001 + len(sequences))))
        self.assertEqual(self.daemon.metric("waymark_pruned_events_total"), 5000)
        self.assertEqual(self.daemon.waymark("events", "--after", "5000").stderr, "")
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        self.assertEqual(self.daemon.click(url).location, PAGE)
        self.assertEqual(self.pruned_through(), 5000)

    def start_with_reader(self, position, **settings):
        """Register it before anything is old, then let @settings take effect."""
        self.daemon.configure(retention_days=1000)
        self.daemon.start()
        answer = self.daemon.control("/api/v1/readers", {"name": "crm", "position": position})
        self.assertEqual(answer.status, 200, answer)
        self.daemon.configure(retention_days=400, **settings)
        self.daemon.process.send_signal(signal.SIGHUP)

    def test_a_reader_holds_what_it_has_not_read(self):
        self.fill(602, 410, 402)
        self.start_with_reader(301)
        wait_for(lambda: self.pruned_through() >= 301)
        [row] = self.daemon.waymark("events", "--readers").stdout.splitlines()
        self.assertEqual(row.split("\t")[:2], ["crm", "301"])
        self.assertEqual(self.daemon.metric("waymark_readers"), 1)
        path = os.path.join(self.daemon.directory, "followed")
        with open(path, "wb") as out:
            follower = subprocess.Popen([WAYMARK, "events", "--config", self.daemon.config_path,
                                         "--follow", "--reader", "crm"], stdout=out)
        self.addCleanup(follower.wait)
        self.addCleanup(follower.kill)
        wait_for(lambda: self.pruned_through() >= 602)
        follower.send_signal(signal.SIGINT)
        self.assertEqual(follower.wait(LIMIT_S), 0)
        with open(path, encoding="utf-8") as file:
            self.assertIn('"seq":302,', file.readline())
        self.assertEqual(self.daemon.metric("waymark_readers_passed_over_total"), 0)
        self.daemon.waymark("events", "--forget-reader", "crm")
        self.assertEqual(self.daemon.waymark("events", "--readers").stdout, "")
        again = self.daemon.waymark("events", "--forget-reader", "crm", check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("no reader is known by that name", again.stderr)

    def test_a_reader_that_lags_too_much_is_passed_over_and_said(self):
        self.fill(600, 450, 420)
        self.start_with_reader(0, reader_lag_days=10)
        wait_for(lambda: self.pruned_through() >= 600)
        self.assertEqual(self.daemon.metric("waymark_readers_passed_over_total"), 1)
        wait_for(lambda: "a registered reader was passed over" in self.daemon.log())
        result = self.daemon.waymark("events", "--reader", "crm")
        self.assertIn("are pruned", result.stderr)

    def test_a_hangup_changes_the_period(self):
        self.fill(300, 350, 300)
        self.daemon.start()
        self.daemon.click(self.daemon.link(PAGE, "--slug", "s"))
        self.assertEqual(self.pruned_through(), 0)
        self.daemon.configure(retention_days=200)
        self.daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.pruned_through() >= 300)

    def test_a_killed_server_goes_on(self):
        self.fill(20000, 500, 401)
        url = self.daemon.link(PAGE, "--slug", "s")
        for _ in range(5):
            self.daemon.start()
            before = self.pruned_through()
            wait_for(lambda: self.pruned_through() > before or before >= 20000)
            self.assertEqual(self.daemon.click(url).location, PAGE)
            self.daemon.kill()
        sequences = self.daemon.sequences()
        self.assertEqual(sequences, list(range(sequences[0], sequences[0] + len(sequences))))
        self.assertEqual(len(self.daemon.events(type="link")), 1)

    def test_what_no_person_is_known_for_becomes_a_mark(self):
        self.fill(1000, 60, 50)
        self.daemon.configure(retention_anonymous_days=30)
        self.daemon.start()
        wait_for(lambda: self.daemon.metric("waymark_tombstones_total") >= 500)
        self.assertEqual(len(self.daemon.events(type="erase")), 500)
        self.assertEqual(len(self.daemon.events(type="click")), 500)
        self.assertTrue(all(event["prospect"] for event in self.daemon.events(type="click")))


if __name__ == "__main__":
    unittest.main()

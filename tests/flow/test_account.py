# SPDX-License-Identifier: Apache-2.0
"""`events --account` proves for a log where every event went, and finds out when it does not add
up."""
import json
import os
import subprocess
import unittest

from daemon import Daemon, wait_for

PAGE = "http://localhost:8090/"
DROP_EVENT = os.environ["WAYMARK_DROP_EVENT"]


class Account(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def clicks(self, count):
        self.daemon.start()
        url = self.daemon.link(PAGE, "--slug", "s")
        for _ in range(count):
            self.assertEqual(self.daemon.click(url).status, 302)

    def drop(self, sequence):
        data = os.path.join(self.daemon.instance, "data")
        subprocess.run([DROP_EVENT, data, str(sequence)], check=True)

    def refused(self, *arguments):
        result = self.daemon.waymark("events", "--account", *arguments, check=False)
        self.assertEqual(result.returncode, 1)
        return result

    def test_an_empty_log(self):
        self.assertEqual(self.daemon.prove()["runs"], 0)

    def test_a_run_that_ended_and_one_that_goes_on(self):
        self.clicks(3)
        self.assertEqual(self.daemon.stop(), 0)
        self.clicks(2)
        totals = self.daemon.prove()
        self.assertEqual([row["end"] for row in totals["rows"]], ["shutdown", "open"])
        first, second = totals["rows"]
        self.assertEqual(first["account"]["received"], first["found"])
        self.assertEqual(first["account"]["stored"], first["found"])
        self.assertEqual((first["from"], first["to"]), (1, first["found"] + 1))
        self.assertEqual(second["beyond"], second["found"])

    def test_a_crash_says_what_can_be_missing(self):
        self.clicks(3)
        self.daemon.kill()
        self.assertEqual(self.daemon.prove()["unclean"], 0)
        self.daemon.start()
        self.assertEqual(self.daemon.stop(), 0)
        totals = self.daemon.prove()
        self.assertEqual((totals["runs"], totals["unclean"]), (2, 1))
        self.assertGreater(totals["missing"], 0)
        table = self.daemon.waymark("events", "--account").stdout
        self.assertIn(f"crashed, at most {totals['missing']} missing", table)
        self.assertIn("adds up", table)

    def test_an_event_that_is_gone_is_named(self):
        self.clicks(3)
        self.assertEqual(self.daemon.stop(), 0)
        self.drop(2)
        result = self.refused()
        self.assertIn("WRONG: events 2 to 2 are not there", result.stdout)
        self.assertIn("at event 2: events 2 to 2 are not there", result.stderr)
        self.assertIn('"adds_up":false', self.refused("--json").stdout)

    def test_the_end_of_a_log_that_is_gone_is_noticed_at_the_next_start(self):
        self.clicks(3)
        self.assertEqual(self.daemon.stop(), 0)
        self.drop(self.daemon.prove()["rows"][-1]["to"])
        self.daemon.start()
        self.assertEqual(self.daemon.prove()["unclean"], 1)

    def test_what_no_sum_would_show(self):
        """Two runs; the account of the first is gone, so that what it says cannot be checked."""
        self.clicks(1)
        self.assertEqual(self.daemon.stop(), 0)
        gone = self.daemon.prove()["rows"][-1]["to"]
        self.clicks(1)
        self.assertEqual(self.daemon.stop(), 0)
        self.drop(gone)
        self.assertIn(f"at event {gone}: ", self.refused().stderr)

    def test_it_agrees_with_the_metrics_of_a_busy_server(self):
        self.clicks(10)
        self.daemon.get("/c/forged")
        wait_for(lambda: self.daemon.metric('waymark_account{kind="pending"}') == 0)
        metrics = self.daemon.metrics()
        self.assertEqual(self.daemon.stop(), 0)
        account = self.daemon.prove()["rows"][-1]["account"]
        for kind in ("received", "stored", "dropped", "rejected", "lost"):
            self.assertEqual(account[kind], metrics[f'waymark_account{{kind="{kind}"}}'], kind)

    def count(self, *arguments):
        return json.loads(self.daemon.waymark("events", "--count", "--json", *arguments).stdout)

    def test_events_are_counted_by_type(self):
        self.assertEqual(self.count(), {"events": 0, "types": {}, "from": 0, "to": 0, "missing": 0})
        self.clicks(3)
        self.assertEqual(self.daemon.stop(), 0)
        lines = self.daemon.waymark("events").stdout.splitlines()  # those of each minute, too
        types = [json.loads(line)["type"] for line in lines]
        count = self.count()
        self.assertEqual(count["types"], {name: types.count(name) for name in set(types)})
        self.assertEqual(count, {**count, "events": len(types), "from": 1, "to": len(types),
                                 "missing": 0})
        self.assertEqual(self.count("--type", "click")["types"], {"click": 3})
        self.assertEqual(self.count("--type", "click", "--after", str(types.index("click") + 1))
                         ["types"], {"click": 2})
        table = self.daemon.waymark("events", "--count", "--type", "click").stdout
        self.assertIn("           3  click\n           3  in all; read from 1 to ", table)

    def test_a_count_names_what_is_not_there(self):
        self.clicks(3)
        self.assertEqual(self.daemon.stop(), 0)
        self.drop(2)
        self.assertEqual(self.count()["missing"], 1)
        self.assertIn("of which 1 are not there", self.daemon.waymark("events", "--count").stdout)

    def test_other_arguments_are_refused(self):
        for arguments in (["--account", "--follow"], ["--account", "--after", "1"], ["--json"],
                          ["--account", "--count"], ["--count", "--follow"],
                          ["--count", "--reveal"], ["--count", "--reader", "x"]):
            result = self.daemon.waymark("events", *arguments, check=False)
            self.assertEqual(result.returncode, 64, arguments)


if __name__ == "__main__":
    unittest.main()

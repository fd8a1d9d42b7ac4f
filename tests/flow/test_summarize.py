# SPDX-License-Identifier: Apache-2.0
"""`summarize`: whatever way a log comes in, all at once, in pieces, late, with bindings made and
undone between, with verdicts that settle in between, its totals are those of one run over all."""
import datetime
import json
import os
import random
import shutil
import subprocess
import unittest

import month
import summaries
from daemon import LIMIT_S, WAYMARK, Daemon, wait_for
from sizes import size


def stamp(microseconds):
    return datetime.datetime.fromtimestamp(
        microseconds // 1_000_000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Summarize(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def summarize(self, *arguments, **options):
        return self.daemon.waymark("summarize", *arguments, **options)

    def totals(self):
        return summaries.totals(self.daemon.instance)

    def expect_same(self, one, other):
        self.assertEqual(summaries.differences(one, other), [])

    def write_month(self, events):
        path = os.path.join(self.daemon.directory, "month")
        return month.write(path, events=events, seed=5), path

    def load(self, lines, name):
        path = os.path.join(self.daemon.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(lines)
        self.daemon.waymark("events", "import", "--source", "month", path)

    def bind(self, bindings, people):
        rows = [f"{row['visitor']} {people[row['email']]} {row['evidence']} {row['time']} "
                f"{row['link'] or ''}\n" for row in bindings if row["email"] in people]
        subprocess.run([os.environ["WAYMARK_BIND_BROWSERS"],
                        os.path.join(self.daemon.instance, "data")],
                       input="".join(rows), text=True, check=True)

    def people(self, lines):
        """The handles behind addresses, by the events that both are in."""
        sent = {event["id"]: event["email"] for event in map(json.loads, lines)
                if event["type"] == "sent"}
        log = self.daemon.waymark("events", "--type", "sent").stdout
        return {sent[event["source_id"]]: event["prospect"]
                for event in map(json.loads, log.splitlines())}

    def undo_some(self, chance):
        for binding in self.daemon.bindings():
            if binding["state"] == "holds" and chance.random() < 0.3:
                self.daemon.waymark("binding", "undo", binding["event"], "--reason", "shared")

    def test_pieces_give_what_the_whole_gives(self):
        chance = random.Random(7)
        made, path = self.write_month(size("summarize_events"))
        with open(path, encoding="utf-8") as file:
            lines = file.readlines()
        late = [line for line in lines if '"type":"sent"' not in line and chance.random() < 0.05]
        first = [line for line in lines if line not in set(late)]
        pieces = 5
        for number in range(pieces):
            piece = first[number * len(first) // pieces:(number + 1) * len(first) // pieces]
            self.load(piece, f"piece{number}")
            last = json.loads(piece[-1])["time"]
            # Some of its clicks are not settled then, and settle in the next run.
            self.summarize("--as-of", last[:19] + "Z")
            if number == 2:
                self.bind(made.bindings, self.people(first[:(number + 1) * len(first) // pieces]))
            if number == 3:
                self.undo_some(chance)
        pending = [counts[4] for (kind, _, _), counts in self.totals().items()
                   if kind == 0 and len(counts) > 4]
        self.assertGreaterEqual(min(pending), 0)
        self.load(late, "late")
        end = stamp(made.end + 3_600_000_000)
        self.summarize("--as-of", end)
        pieced, facts = self.totals(), summaries.meta(self.daemon.instance, "facts")
        self.assertGreater(len(pieced), 1000)
        self.summarize("--as-of", end, "--rebuild")
        self.expect_same(pieced, self.totals())
        self.assertEqual(facts, summaries.meta(self.daemon.instance, "facts"))

    def test_other_days_and_back(self):
        _, path = self.write_month(4000)
        self.daemon.waymark("events", "import", "--source", "month", path)
        self.summarize("--as-of", "2026-06-01T00:00:00Z")
        before = self.totals()
        self.daemon.configure(summary__time_zone="Asia/Tokyo")
        answer = self.summarize("--as-of", "2026-06-01T00:00:00Z").stdout
        self.assertIn("folded again", answer)
        self.assertNotEqual(before, self.totals())
        self.daemon.configure(summary__time_zone="UTC")
        self.summarize("--as-of", "2026-06-01T00:00:00Z")
        self.expect_same(before, self.totals())

    def test_time_never_goes_back(self):
        _, path = self.write_month(1000)
        self.daemon.waymark("events", "import", "--source", "month", path)
        self.summarize("--as-of", "2026-06-01T00:00:00Z")
        refused = self.summarize("--as-of", "2026-05-01T00:00:00Z", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("as of 2026-06-01T00:00:00.000000Z already", refused.stderr)
        self.summarize("--as-of", "2026-05-01T00:00:00Z", "--rebuild")

    def test_it_follows_a_server_and_is_alone(self):
        self.daemon.start()
        url = self.daemon.link("https://www.example.com/x", "--to", "a@example.com")
        follower = subprocess.Popen(
            [WAYMARK, "summarize", "--config", self.daemon.config_path, "--follow"])
        self.addCleanup(follower.wait)
        self.addCleanup(follower.kill)
        summary = os.path.join(self.daemon.instance, "data", "summary", "data.mdb")
        wait_for(lambda: os.path.exists(summary))
        self.daemon.click(url)

        def counted():
            return sum(counts[0] for (kind, _, _), counts in self.totals().items() if kind == 0)
        wait_for(lambda: counted() == 1)
        refused = self.summarize(check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("another waymark summarize", refused.stderr)
        self.assertIn("summarize\t", wait_for(
            lambda: self.daemon.waymark("events", "--readers").stdout))
        follower.terminate()
        self.assertEqual(follower.wait(timeout=LIMIT_S), 0)
        self.assertRegex(self.summarize().stdout, "^0 events")

    def test_it_follows_rules_that_change(self):
        _, path = self.write_month(1000)
        self.daemon.waymark("events", "import", "--source", "month", path)
        rules = os.path.join(self.daemon.instance, "rules.json")

        def write(text):
            with open(rules + ".new", "w", encoding="utf-8") as file:
                file.write(text)
            os.rename(file.name, rules)  # the follower never sees half of it

        def days():
            return {day for kind, _, day in self.totals() if kind == 0}

        def groups():
            return {name for kind, name, _ in self.totals() if kind == 6}
        write("{}")
        self.daemon.configure(summary__rules_file="rules.json")
        self.summarize()
        clicks, before = self.clicks(), days()
        told = os.path.join(self.daemon.directory, "told")
        with open(told, "w", encoding="utf-8") as file:
            follower = subprocess.Popen([WAYMARK, "summarize", "--config", self.daemon.config_path,
                                         "--follow"], stdout=file, stderr=subprocess.STDOUT)
        self.addCleanup(follower.wait)
        self.addCleanup(follower.kill)

        def says(text):
            with open(told, encoding="utf-8") as file:
                return text in file.read()
        self.assertEqual(groups(), set())
        write('{"groups": [{"name": "prices", "pages": ["/prices"]}]}')
        wait_for(lambda: len(groups()) == 1)
        wait_for(lambda: says("all was folded again"))
        # Wrong ones are said, and nothing changes; then others are taken as before.
        write('{"groups": [{"name": "prices", "pages": 3}]}')
        wait_for(lambda: says("rules.json:1:"))
        wait_for(lambda: says("stay as they were"))
        self.assertEqual(len(groups()), 1)
        write('{"groups": [{"name": "prices", "pages": ["/prices"]}, '
              '{"name": "blog", "pages": ["/blog"]}]}')
        wait_for(lambda: len(groups()) == 2)
        self.daemon.configure(summary__time_zone="Asia/Tokyo")
        wait_for(lambda: days() != before and self.clicks() == clicks)
        self.assertIsNone(follower.poll())
        follower.terminate()
        self.assertEqual(follower.wait(timeout=LIMIT_S), 0)
        followed = self.totals()
        self.assertNotIn("folded", self.summarize().stdout)
        self.summarize("--rebuild")
        self.expect_same(followed, self.totals())

    def clicks(self):
        return sum(counts[0] for (kind, _, _), counts in self.totals().items() if kind == 0)

    def test_what_retention_has_removed_stays_counted(self):
        data = os.path.join(self.daemon.instance, "data")
        subprocess.run([os.environ["WAYMARK_FILL_LOG"], data, "2000", "--days=500", "--until=450",
                        "--anonymous"], check=True, timeout=4 * LIMIT_S)
        self.summarize()
        before = self.totals()
        self.assertGreater(self.clicks(), 1900)
        self.daemon.start()
        wait_for(lambda: self.daemon.metric("waymark_pruned_through") >= 1999)
        self.assertEqual(self.daemon.stop(), 0)
        self.summarize()
        self.expect_same(before, self.totals())
        self.summarize("--rebuild")
        self.expect_same(before, self.totals())
        shutil.move(os.path.join(data, "summary"), os.path.join(self.daemon.directory, "kept"))
        self.summarize()
        self.assertLess(self.clicks(), 10)
        self.summarize("--rebuild")

    def test_what_was_lost_unseen_is_not_passed_over(self):
        data = os.path.join(self.daemon.instance, "data")
        fill = [os.environ["WAYMARK_FILL_LOG"], data, "100"]
        subprocess.run(fill, check=True, timeout=4 * LIMIT_S)
        self.summarize()
        before = self.totals()
        subprocess.run(fill, check=True, timeout=4 * LIMIT_S)
        subprocess.run([os.environ["WAYMARK_DROP_EVENT"], data, "150"], check=True)
        refused = self.summarize(check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("events 150 to 150 are not in the log", refused.stderr)
        self.expect_same(before, self.totals())

    def test_a_restored_log_is_another_one(self):
        """Its events have the numbers of others that were counted, and are not those."""
        data, copy, kept = (os.path.join(self.daemon.instance, "data"),
                            os.path.join(self.daemon.directory, "backup"),
                            os.path.join(self.daemon.directory, "kept"))
        url = self.daemon.link("https://www.example.com/x", "--slug", "x")
        self.daemon.start()
        self.daemon.click(url)
        self.daemon.waymark("backup", copy)
        for _ in range(3):
            self.daemon.click(url)
        self.assertEqual(self.daemon.stop(), 0)
        self.summarize()
        self.assertEqual(self.clicks(), 4)
        shutil.move(os.path.join(data, "summary"), kept)
        shutil.rmtree(data)
        os.mkdir(data, 0o700)
        self.daemon.waymark("restore", copy)
        shutil.move(kept, os.path.join(data, "summary"))
        self.daemon.start()
        for _ in range(9):
            self.daemon.click(url)
        self.assertEqual(self.daemon.stop(), 0)
        self.summarize()
        self.assertEqual(self.clicks(), 10)


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""Which facts `summarize` keeps, and that no total moves when some of them go: what retention has
removed from the log or emptied, who was merged, parted again, erased; and units that are too large
to be folded for every batch."""
import calendar
import json
import os
import shutil
import subprocess
import time
import unittest

import month
import summaries
from daemon import LIMIT_S, WAYMARK, Daemon, wait_for

AS_OF = "2026-06-01T00:00:00Z"
VIEWS_MACHINE = 15  # totals.h
LARGE_PAUSE_S = 20  # of 20,000 facts, at least: large.c


class Facts(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.data = os.path.join(self.daemon.instance, "data")

    def summarize(self, *arguments, **options):
        return self.daemon.waymark("summarize", *arguments, **options)

    def totals(self):
        return summaries.totals(self.daemon.instance)

    def meta(self, name):
        return summaries.meta(self.daemon.instance, name)

    def rows(self, database):
        return summaries.rows(os.path.join(self.data, "summary"), database)

    def expect_same(self, one, other):
        self.assertEqual(summaries.differences(one, other), [])

    def clicks(self):
        return sum(counts[0] for (kind, _, _), counts in self.totals().items() if kind == 0)

    def fill(self, count, *options):
        subprocess.run([os.environ["WAYMARK_FILL_LOG"], self.data, str(count), *options],
                       check=True, timeout=4 * LIMIT_S)

    def record(self, *rows):
        """Changes of who is whom, into a log that nobody has open."""
        subprocess.run([os.environ["WAYMARK_BIND_BROWSERS"], self.data], check=True, text=True,
                       input="".join(f"{row}\n" for row in rows))

    def serve_until(self, condition):
        self.daemon.start()
        wait_for(condition)
        self.assertEqual(self.daemon.stop(), 0)


class Retention(Facts):
    def prune(self):
        """2,000 clicks, of which 400 days remove some."""
        self.fill(2000, "--days=500", "--until=300", "--anonymous")
        self.summarize()
        before, facts = self.totals(), self.meta("facts")
        self.daemon.start()
        wait_for(lambda: self.daemon.metric("waymark_pruned_through") >= 990)
        self.assertEqual(self.daemon.stop(), 0)
        # Pruning went on until the end.
        return before, facts, self.daemon.events()[0]["seq"] - 1

    def test_facts_go_with_their_events_and_no_total_moves(self):
        before, facts, pruned = self.prune()
        self.assertLess(pruned, 1500)
        self.summarize()
        self.expect_same(before, self.totals())
        self.assertLess(self.meta("facts"), facts * 0.6)
        self.assertEqual(self.meta("expired_pruned"), pruned)
        self.assertGreater(len(self.rows("frozen")), 100)
        # And what is left is a unit as any: more of it is counted, and it is folded again.
        self.fill(100)
        self.summarize()
        self.assertEqual(self.clicks(), 2100)

    def test_other_rules_and_a_rebuild_begin_with_what_is_frozen(self):
        before, _, _ = self.prune()
        self.summarize()
        self.daemon.configure(summary__time_zone="Asia/Tokyo")
        self.assertIn("folded again", self.summarize().stdout)
        self.assertEqual(self.clicks(), 2000)
        self.assertTrue(before != self.totals())
        self.daemon.configure(summary__time_zone="UTC")
        self.summarize()
        self.expect_same(before, self.totals())
        self.summarize("--rebuild")
        self.expect_same(before, self.totals())
        self.summarize("--rebuild")
        self.expect_same(before, self.totals())

    def test_a_rebuild_freezes_first_what_the_log_has_lost(self):
        before, _, pruned = self.prune()
        self.summarize("--rebuild")
        self.expect_same(before, self.totals())
        self.assertEqual(self.meta("begins"), pruned)

    def test_page_groups_of_frozen_days_follow_the_rules(self):
        self.fill(10, "--days=500", "--until=450")
        self.summarize()
        rules = os.path.join(self.daemon.directory, "rules.json")
        with open(rules, "w", encoding="utf-8") as file:
            json.dump({"groups": [{"name": "all", "pages": ["/*"]}]}, file)
        self.daemon.configure(summary__rules_file=rules)
        self.summarize()
        before = self.totals()
        self.serve_until(lambda: self.daemon.metric("waymark_pruned_through") >= 9)
        self.summarize()
        self.expect_same(before, self.totals())

    def test_what_became_a_tombstone_has_no_fact_and_stays_counted(self):
        self.fill(1000, "--days=60", "--until=50", "--anonymous")
        self.summarize()
        before, facts = self.totals(), self.meta("facts")
        self.daemon.configure(retention_anonymous_days=30)
        self.serve_until(lambda: self.daemon.metric("waymark_tombstones_total") >= 500)
        self.summarize()
        self.expect_same(before, self.totals())
        self.assertEqual(facts - self.meta("facts"), 500)
        self.summarize("--rebuild")
        self.expect_same(before, self.totals())
        shutil.move(os.path.join(self.data, "summary"), os.path.join(self.daemon.directory, "kept"))
        self.summarize()
        self.assertEqual(self.clicks(), 500)

    def test_once_a_day_is_enough(self):
        self.prune()
        self.summarize()
        expired = self.meta("expired_at")
        self.daemon.configure(retention_days=350)
        before = self.meta("expired_pruned")
        self.serve_until(lambda: self.daemon.metric("waymark_pruned_through") > before)
        self.summarize()
        self.assertEqual(self.meta("expired_at"), expired)


class FirstRun(Facts):
    def test_it_is_known_before_it_begins_and_misses_no_gap(self):
        self.fill(200)
        subprocess.run([os.environ["WAYMARK_DROP_EVENT"], self.data, "150"], check=True)
        self.daemon.start()
        refused = self.summarize(check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("event 150 is not in the log", refused.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.data, "summary.new")))
        self.assertIn("summarize\t0\t", self.daemon.waymark("events", "--readers").stdout)


class People(Facts):
    """A month of people and browsers, and what is said of them."""

    def setUp(self):
        super().setUp()
        path = os.path.join(self.daemon.directory, "month")
        made = month.write(path, events=4000, seed=11)
        self.daemon.waymark("events", "import", "--source", "month", path)
        with open(path, encoding="utf-8") as file:
            emails = {event["id"]: event["email"] for event in map(json.loads, file)
                      if event["type"] == "sent"}
        log = self.daemon.waymark("events", "--type", "sent").stdout
        people = {emails[event["source_id"]]: event["prospect"]
                  for event in map(json.loads, log.splitlines())}
        rows = [row for row in made.bindings if row["email"] in people]
        self.record(*(f"{row['visitor']} {people[row['email']]} {row['evidence']} {row['time']} "
                      f"{row['link'] or ''}" for row in rows))
        # Those with browsers first.
        self.handles = list(dict.fromkeys(people[row["email"]] for row in rows))
        self.time = made.end + 1_000_000
        self.summarize("--as-of", AS_OF)
        self.before = self.totals()

    def last_merge(self):
        log = self.daemon.waymark("events", "--type", "merge").stdout
        return json.loads(log.splitlines()[-1])["seq"]

    def check_rebuild(self):
        """Nor does a first run give anything else."""
        totals = self.totals()
        self.summarize("--as-of", AS_OF, "--rebuild")
        self.expect_same(totals, self.totals())
        shutil.rmtree(os.path.join(self.data, "summary"))
        self.summarize("--as-of", AS_OF)
        self.expect_same(totals, self.totals())

    def test_a_merge_and_its_undoing(self):
        one, other, third = self.handles[:3]
        self.record(f"merge {one} {other} {self.time}")
        first = self.last_merge()
        self.record(f"merge {one} {third} {self.time}")
        second = self.last_merge()
        self.summarize("--as-of", AS_OF)
        self.assertTrue(self.before != self.totals())
        self.check_rebuild()
        merged = self.totals()
        self.record(f"unmerge {one} {other} {first} {self.time}")
        self.summarize("--as-of", AS_OF)
        self.assertTrue(merged != self.totals())
        self.check_rebuild()
        self.record(f"unmerge {one} {third} {second} {self.time}")
        self.summarize("--as-of", AS_OF)
        self.expect_same(self.before, self.totals())
        self.check_rebuild()

    def test_a_merge_of_merges(self):
        one, other, third = self.handles[:3]
        self.record(f"merge {other} {third} {self.time}", f"merge {one} {other} {self.time}")
        self.summarize("--as-of", AS_OF)
        self.check_rebuild()

    def test_a_link_that_has_leaked_unties_all_but_the_first(self):
        person, link = self.handles[0], "ab" * 8
        bound = {row["visitor"] for row in self.daemon.bindings()}
        seen = (json.loads(line)["visitor"]
                for line in self.daemon.waymark("events", "--type", "view").stdout.splitlines())
        first, *others = [visitor for visitor in dict.fromkeys(seen) if visitor not in bound][:9]
        self.record(f"{first} {person} claim {self.time} {link}")
        self.summarize("--as-of", AS_OF)
        alone, members = self.totals(), len(self.rows("members"))
        self.record(*(f"{visitor} {person} claim {self.time} {link}" for visitor in others))
        self.summarize("--as-of", AS_OF)
        self.assertEqual(len(self.rows("members")), members + len(others))
        self.record(f"leak {'99' * 16} {person} {link} {self.time}")
        self.summarize("--as-of", AS_OF)
        self.assertEqual(len(self.rows("members")), members)
        self.expect_same(alone, self.totals())
        self.check_rebuild()

    def test_erasing_moves_no_total_and_leaves_no_fact(self):
        facts = self.meta("facts")
        for erased in self.handles[:5]:
            self.record(f"erase {erased} {self.time}")
            self.summarize("--as-of", AS_OF)
        self.expect_same(self.before, self.totals())
        self.assertLess(self.meta("facts"), facts)
        keys = {key[1:13].hex() for key, _ in self.rows("facts") if key[0] == 2}
        self.assertTrue(keys and not keys & set(self.handles[:5]))
        self.check_rebuild()
        self.daemon.configure(summary__time_zone="Asia/Tokyo")
        self.summarize("--as-of", AS_OF)
        self.daemon.configure(summary__time_zone="UTC")
        self.summarize("--as-of", AS_OF)
        self.expect_same(self.before, self.totals())

    def test_who_is_erased_counts_to_the_end_of_what_had_waited(self):
        """More than one batch waits, and the erase is in the last one."""
        self.fill(20000, "--people=20", "--links=5")
        clicks = self.daemon.waymark("events", "--type", "click").stdout.splitlines()
        erased = json.loads(clicks[-1])["prospect"]
        self.record(f"erase {erased} {self.time}")
        self.summarize("--as-of", AS_OF)
        self.check_rebuild()
        self.assertNotIn(bytes.fromhex(erased), {key[1:13] for key, _ in self.rows("facts")})

    def test_erasing_who_was_merged(self):
        one, other = self.handles[:2]
        self.record(f"merge {one} {other} {self.time}")
        self.summarize("--as-of", AS_OF)
        merged = self.totals()
        self.record(f"erase {one} {self.time}")
        self.summarize("--as-of", AS_OF)
        self.expect_same(merged, self.totals())
        self.check_rebuild()


class Large(Facts):
    """One person who clicks 20,000 times; folding them takes as long as thousands of others."""

    def setUp(self):
        super().setUp()
        self.fill(20000, "--people=1", "--links=5", "--days=2", "--until=1")

    def test_it_is_whole_at_the_end_of_a_run(self):
        self.summarize()
        for _ in range(3):
            self.fill(300, "--people=1", "--links=5")
            self.summarize()
        totals = self.totals()
        self.assertEqual(self.clicks(), 20900)
        self.summarize("--rebuild")
        self.expect_same(totals, self.totals())

    def test_beside_a_log_that_grows_it_waits(self):
        self.summarize()
        begun = time.monotonic()
        self.fill(1, "--people=1", "--links=5")
        follower = subprocess.Popen(
            [WAYMARK, "summarize", "--config", self.daemon.config_path, "--follow"])
        self.addCleanup(follower.wait)
        self.addCleanup(follower.kill)
        # The first time it is not known to be large.
        wait_for(lambda: self.clicks() == 20001)
        facts = self.meta("facts")
        self.fill(200, "--people=1", "--links=5")
        wait_for(lambda: self.meta("facts") > facts)
        clicks = self.clicks()
        if time.monotonic() < begun + LARGE_PAUSE_S:  # else it may have been folded again
            self.assertEqual(clicks, 20001)
        # Others do not wait.
        self.fill(50, "--people=1000", "--links=5", "--seed=99")
        wait_for(lambda: self.clicks() > 20001)
        follower.terminate()
        self.assertEqual(follower.wait(timeout=LIMIT_S), 0)
        self.summarize()
        self.assertEqual(self.clicks(), 20251)
        totals = self.totals()
        self.summarize("--rebuild")
        self.expect_same(totals, self.totals())


class Texts(Facts):
    """Numbers of orders stand in facts alone, terms of searches in totals, too."""

    def setUp(self):
        super().setUp()
        self.load("first", "a@example.com", "order-one", "term-one")
        self.load("other", "b@example.com", "order-other", "term-other")
        self.summarize("--as-of", AS_OF)
        self.handles = [json.loads(line)["prospect"] for line in
                        self.daemon.waymark("events", "--type", "purchase").stdout.splitlines()]

    def load(self, source, email, order, term):
        tracker, visitor = "go.example.com", source.encode().hex().ljust(32, "0")
        rows = [{"type": "purchase", "email": email, "props": {
                    "product": "Alpha", "currency": "JPY", "amount": "100", "order": order}},
                {"type": "search", "visitor": visitor, "url": "https://www.example.com/search",
                 "props": {"term": term}}]
        path = os.path.join(self.daemon.directory, source)
        with open(path, "w", encoding="utf-8") as file:
            for number, row in enumerate(rows):
                file.write(json.dumps({"id": f"{number}", "time": "2026-03-01T12:00:00Z",
                                       "tracker": tracker, **row}) + "\n")
        self.daemon.waymark("events", "import", "--source", source, path)

    def texts(self):
        found = [value.decode() for _, value in self.rows("texts")]
        self.assertEqual(len(found), len(self.rows("text_ids")))
        self.assertEqual(len(found), len(set(found)))
        return set(found)

    def erase(self, handle, as_of, *options):
        self.record(f"erase {handle} {calendar.timegm((2026, 4, 1, 0, 0, 0)) * 1000000}")
        self.summarize("--as-of", as_of, *options)

    def test_what_nobody_names_goes_and_comes_back_as_another(self):
        before, texts = self.totals(), self.texts()
        self.assertLessEqual({"order-one", "order-other", "term-one", "term-other"}, texts)
        self.erase(self.handles[0], AS_OF)
        self.assertEqual(self.texts(), texts - {"order-one"})
        self.expect_same(before, self.totals())
        self.load("third", "c@example.com", "order-one", "term-one")
        self.summarize("--as-of", AS_OF)
        self.assertEqual(self.texts(), texts)
        totals = self.totals()
        self.summarize("--as-of", AS_OF, "--rebuild")
        self.expect_same(totals, self.totals())
        self.assertEqual(self.texts(), texts)

    def test_a_rebuild_leaves_them_behind(self):
        self.erase(self.handles[0], AS_OF, "--rebuild")
        self.assertNotIn("order-one", self.texts())
        self.assertIn("order-other", self.texts())

    def test_once_a_day_is_enough(self):
        texts = self.texts()
        self.erase(self.handles[0], AS_OF)
        self.erase(self.handles[1], "2026-06-01T12:00:00Z")
        self.assertEqual(self.texts(), texts - {"order-one"})
        self.summarize("--as-of", "2026-06-02T00:00:00Z")
        self.assertEqual(self.texts(), texts - {"order-one", "order-other"})


class Agents(Facts):
    def test_a_browser_that_is_another_program_each_time_is_judged_each_time(self):
        count, visitor = 66000, "5a" * 16
        path = os.path.join(self.daemon.directory, "agents")
        start = calendar.timegm((2026, 3, 1, 0, 0, 0))
        with open(path, "w", encoding="utf-8") as file:
            for number in range(count):
                stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start + number))
                file.write(f'{{"id":"{number}","time":"{stamp}","type":"view",'
                           f'"tracker":"go.example.com","url":"https://www.example.com/",'
                           f'"agent":"curl/8.{number}","visitor":"{visitor}"}}\n')
        self.daemon.waymark("events", "import", "--source", "agents", path, limit=16 * LIMIT_S)
        self.summarize()
        machine = [counts[VIEWS_MACHINE] for (kind, _, _), counts in self.totals().items()
                   if kind == 0]
        self.assertEqual(machine, [count])


if __name__ == "__main__":
    unittest.main()

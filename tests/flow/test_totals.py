# SPDX-License-Identifier: Apache-2.0
"""Every total of a generated month, computed a second time by SQL over the export (totals_sql.py):
after the import and its bindings, and again after each thing that changes history: bindings that
are undone, browsers that are forgotten, events that come late, a second import, other rules. Each
time a run of `summarize` reads what is new; at the end one that reads all of it anew gives the
same. In full size only the first and the last are computed again.
"""
import json
import os
import random
import subprocess
import unittest

import month
import totals_sql
from daemon import Daemon
from sizes import size

ZONE = "Europe/Berlin"  # its clocks change in that month
AS_OF = "2026-06-01T00:00:00Z"
GROUPS = [("products", "/products"), ("blog", "/blog"), ("jobs", "/careers"), ("prices", "/prices")]
RULES = {"groups": [{"name": name, "pages": [start]} for name, start in GROUPS]}
HOUR = 3600


class Totals(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.write("rules.json", RULES)
        self.daemon.configure(summary__time_zone=ZONE, summary__rules_file="rules.json")
        self.month = month.write(self.path("month"), events=size("month_events"), seed=3)
        self.chance = random.Random(3)
        self.names = {}

    def path(self, name):
        return os.path.join(self.daemon.directory, name)

    def write(self, name, rules):
        with open(os.path.join(self.daemon.instance, name), "w", encoding="utf-8") as file:
            json.dump(rules, file)

    def load(self, name, source="month"):
        self.daemon.waymark("events", "import", "--source", source, self.path(name),
                            limit=2 * HOUR)

    def record(self, rows):
        """Rows of flow/bind_browsers.c."""
        subprocess.run([os.environ["WAYMARK_BIND_BROWSERS"],
                        os.path.join(self.daemon.instance, "data")],
                       input="".join(row + "\n" for row in rows), text=True, check=True)

    def bind(self):
        """What the month's people did with their browsers, and a server would have seen."""
        handles = {}
        for line in self.daemon.lines("events", "--type", "sent"):
            event = json.loads(line)
            handles[event["source_id"]] = event["prospect"]
        emails = {}
        with open(self.path("month"), encoding="utf-8") as file:
            for line in file:
                if '"type":"sent"' in line:
                    event = json.loads(line)
                    emails[event["email"]] = handles[event["id"]]
        self.record(f"{row['visitor']} {emails[row['email']]} {row['evidence']} {row['time']} "
                    f"{row['link'] or ''}" for row in self.month.bindings
                    if row["email"] in emails)

    def run_summarize(self, *arguments):
        self.daemon.waymark("summarize", "--as-of", AS_OF, *arguments, limit=HOUR)

    def summarize(self, *arguments):
        """One run, and what is stored then."""
        self.run_summarize(*arguments)
        return totals_sql.stored(os.path.join(self.daemon.instance, "data"), self.names)

    def agree(self, what, must=False):
        """One run, and both ways to the same totals."""
        self.run_summarize()
        if not must and os.environ.get("WAYMARK_TEST_SIZE") == "full":
            return
        database = self.path("sql")
        computed = totals_sql.compute(self.daemon.lines("events", "--settled"), ZONE, GROUPS,
                                      database)
        os.unlink(database)
        self.names.update(computed.names)
        stored = totals_sql.stored(os.path.join(self.daemon.instance, "data"), self.names)
        different = totals_sql.differences(computed.totals, stored)
        self.assertFalse(different, "\n".join([what, *different]))
        self.assertGreater(len(stored), 2000)

    def undo(self, count):
        holding = [binding for binding in self.daemon.bindings() if binding["state"] == "holds"]
        for binding in self.chance.sample(holding, count):
            self.daemon.waymark("binding", "undo", binding["event"], "--reason", "shared")

    def forget(self, share):
        visitors = sorted({row["visitor"] for row in self.month.bindings})
        self.record(f"{visitor} forget {self.month.end - 1}" for visitor in visitors
                    if self.chance.random() < share)

    def late(self):
        """Views, clicks and leaves of browsers that are known, among those of the month."""
        rows = []
        with open(self.path("month"), encoding="utf-8") as file:
            for line in file:
                if self.chance.random() > 0.01:
                    continue
                event = json.loads(line)
                event["id"] = "late" + event["id"]
                event["time"] = month.stamp(self.chance.randrange(self.month.begin, self.month.end))
                rows.append(json.dumps(event, ensure_ascii=False) + "\n")
        with open(self.path("late"), "w", encoding="utf-8") as file:
            file.writelines(rows)
        self.load("late", "late")

    def test_sql_agrees_on_every_total(self):
        self.load("month")
        self.agree("import")
        self.bind()
        self.agree("bindings", must=True)
        sent = sum(number for (kind, _, _, total), number in self.summarize().items()
                   if kind == "all" and total == "sent")
        self.assertEqual(sent, self.month.by_type["sent"])
        self.undo(10)
        self.agree("undo")
        self.forget(0.1)
        self.agree("forget")
        self.late()
        self.agree("late")
        other = month.write(self.path("second"), events=size("month_events") // 20, seed=4)
        self.load("second", "second")
        self.assertGreater(other.count, 0)
        self.agree("import of a second")
        self.write("verdict.json", {
            "weights": {"burst": 10},
            "agents": [{"contains": "rv:143.0", "class": "machine"}]})
        self.daemon.configure(verdict__rules_file="verdict.json")
        self.agree("reclassify", must=True)
        before = self.summarize()
        self.assertEqual(self.summarize("--rebuild"), before)


if __name__ == "__main__":
    unittest.main()

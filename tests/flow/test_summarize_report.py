# SPDX-License-Identifier: Apache-2.0
"""`waymark summarize report` over a log of a generated month: its totals against counts of the same
events in Python, ranges, languages, hostile names, addresses on request and recorded, accounts."""
import collections
import html.parser
import json
import os
import stat
import tempfile
import unicodedata
import unittest

import daemon
import month
import sizes

AS_OF = "2026-04-02T00:00:00Z"  # behind the month: every verdict is settled
HOSTILE = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</style><svg/onload=alert(1)>",
    "\x1b[2J\x1b]0;owned\x07", "\u202egnp.exe", "{from} %s %n &lt;b&gt;",
]


def columns(line):
    return sum(0 if unicodedata.combining(char) else
               2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)


class Elements(html.parser.HTMLParser):
    """Which elements a page has, and its text."""

    def __init__(self, page):
        super().__init__()
        self.names, self.attributes, self.text = set(), set(), []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text.append(data)


class Month(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(daemon.Daemon())
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        path = os.path.join(cls.folder, "month.ndjson")
        month.write(path, events=sizes.size("report_events"), seed=7)
        with open(path, encoding="utf-8") as file:
            cls.events = [json.loads(line) for line in file]
        cls.daemon.waymark("events", "import", "--source", "month", path)
        cls.daemon.waymark("summarize", "--as-of", AS_OF)
        cls.report = cls.ask()

    @classmethod
    def ask(cls, *options):
        return json.loads(cls.daemon.waymark("summarize", "report", "--json", *options).stdout)

    def count(self, kind, **fields):
        return sum(event["type"] == kind and not event.get("excluded") and
                   all(event.get(key) == value for key, value in fields.items())
                   for event in self.events)

    def test_totals_are_those_of_the_log(self):
        totals = self.report["totals"]
        for kind, name in (("sent", "sent"), ("click", "clicks"), ("bounce", "bounces"),
                           ("unsubscribe", "unsubscribes"), ("probe", "probes")):
            self.assertEqual(totals[name], self.count(kind), name)
        self.assertEqual(totals["clicks"], sum(totals[f"clicks_{name}"] for name in (
            "human", "machine", "unknown", "pending")))
        self.assertGreater(totals["clicks_human"], 0)
        self.assertGreater(totals["clicks_machine"], 0)
        self.assertEqual(totals["clicks_pending"], 0)

    def test_days_campaigns_and_what_is_left_out_add_up(self):
        for name in ("views", "clicks", "sent", "sessions", "submits", "visible_ms"):
            self.assertEqual(sum(day[name] for day in self.report["days"]),
                             self.report["totals"][name], name)
        sent = collections.Counter(event["campaign"] for event in self.events
                                   if event["type"] == "sent")
        self.assertEqual({row["name"]: row["totals"]["sent"]
                          for row in self.report["campaigns"] if row["totals"]["sent"]}, sent)
        short = self.ask("--top", "3")
        for table in ("pages", "links", "sources"):
            whole = sum(row["totals"]["views"] for row in self.report[table])
            shown = sum(row["totals"]["views"] for row in short[table])
            self.assertEqual(len(short[table]), 3)
            self.assertEqual(shown + short["others"][table]["totals"]["views"], whole)

    def test_a_visitor_of_several_days_is_one_of_the_period(self):
        totals = self.report["totals"]
        self.assertEqual(totals["visitors"], totals["new_visitors"])
        self.assertGreater(totals["visitor_days"], totals["visitors"])
        days = [day["day"] for day in self.report["days"]]
        first, last = days[8], days[15]
        part = self.ask("--from", first, "--to", last)
        seen = {event["visitor"] for event in self.events if event.get("visitor")
                and event["type"] == "view" and first <= event["time"][:10] <= last}
        machines = part["totals"]["views_machine"] + part["totals"]["excluded"]
        self.assertLessEqual(part["totals"]["visitors"], len(seen))
        self.assertGreaterEqual(part["totals"]["visitors"], len(seen) - machines)
        self.assertEqual([day["day"] for day in part["days"]], days[8:16])
        self.assertEqual(part["before"]["views"],
                         sum(day["views"] for day in self.report["days"][:8]))

    def test_rates_have_both_counts(self):
        for row in self.report["campaigns"]:
            rate = row["rates"]["click_rate"]
            self.assertEqual((rate["count"], rate["of"], rate["with_machines"]),
                             (row["totals"]["clickers"], row["totals"]["sent"],
                              row["totals"]["clicks"]))

    def test_every_event_is_accounted_for(self):
        account = self.report["account"]
        self.assertTrue(account["adds_up"], account)
        self.assertEqual(account["received"], sum(account[name] for name in (
            "stored", "dropped", "rejected", "lost", "pending")))
        self.assertGreaterEqual(account["stored"], len(self.events))

    def test_people_come_with_what_speaks_for_them(self):
        people = self.report["people"]
        self.assertEqual([person["likelihood"] for person in people],
                         sorted((person["likelihood"] for person in people), reverse=True))
        first = people[0]
        self.assertRegex(first["prospect"], "^[0-9a-f]{24}$")
        self.assertGreater(first["score"], 0)
        self.assertTrue(first["evidence"])
        self.assertNotIn("email", first)

    def test_no_line_is_wider_than_the_terminal(self):
        for language in ("en", "ja"):
            for width in (60, 100, 180):
                text = self.daemon.waymark("summarize", "report", "--language", language,
                                           "--width", str(width)).stdout
                self.assertLessEqual(max(map(columns, text.splitlines())), width)

    def test_wrong_options_are_said(self):
        for options, said in ((("--from", "2026-13-01"), "is a day such as"),
                              (("--json", "--html", "x"), "one at a time"),
                              (("--language", "de"), "en or ja"),
                              (("--from", "2026-03-02", "--to", "2026-03-01"), "before --from")):
            done = self.daemon.waymark("summarize", "report", *options, check=False)
            self.assertEqual(done.returncode, 64)
            self.assertIn(said, done.stderr)


class Hostile(unittest.TestCase):
    def setUp(self):
        self.daemon = self.enterContext(daemon.Daemon())
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def report(self, *options):
        return self.daemon.waymark("summarize", "report", *options).stdout

    def import_names(self):
        """Events whose every name an attacker chose, as far as a name may be so."""
        lines = []
        for number, name in enumerate(HOSTILE):
            plain = "".join(char for char in name if char.isprintable() or char == "\u202e")
            event = {"v": 1, "time": f"2026-03-01T10:00:{number:02}Z", "tracker": "localhost",
                     "visitor": f"{number + 1:032x}", "url": f"http://localhost:8090/{plain}",
                     "referrer": "http://evil.example/", "agent": daemon.BROWSER["User-Agent"]}
            for kind, extra in (("view", {"query": f"utm_source={plain}"}),
                                ("search", {"props": {"term": name}}),
                                ("event", {"name": name}),
                                ("purchase", {"props": {"product": name, "amount": "5.00",
                                                        "currency": "EUR"}}),
                                ("click", {"campaign": plain, "mailing": plain})):
                lines.append({**event, **extra, "type": kind,
                              "id": f"{number}-{kind}"})
        path = os.path.join(self.folder, "names.ndjson")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)
        self.daemon.waymark("events", "import", "--source", "evil", path, check=False)
        self.daemon.waymark("summarize", "--as-of", AS_OF)

    def test_names_are_text_in_every_form(self):
        self.import_names()
        shown = self.report()
        self.assertFalse([char for char in shown if char != "\n" and
                          (unicodedata.category(char) == "Cc" or char == "\u202e")])
        page = Elements(self.report("--html", "-"))
        self.assertIn("<script>alert(1)</script>", "".join(page.text))
        self.assertFalse(page.names & {"script", "img", "iframe", "object", "link", "form"})
        self.assertFalse({name for name in page.attributes
                          if name.startswith("on") or name in ("style", "src")})
        names = {row["name"] for row in json.loads(self.report("--json"))["terms"]}
        self.assertIn(HOSTILE[0], names)

    def test_addresses_are_asked_for_and_that_is_recorded(self):
        people = os.path.join(self.folder, "people.csv")
        with open(people, "w", encoding="utf-8") as file:
            file.write("email,company\nsomebody@customer.example,Customer Ltd\n")
        self.daemon.start()
        self.daemon.waymark("prospect", "import", people)
        url = self.daemon.waymark("link", "new", "--to", "somebody@customer.example", "--campaign",
                                  "autumn", "http://localhost:8090/x").stdout.strip()
        self.daemon.click(url)
        self.daemon.events(type="click")
        self.daemon.waymark("summarize")
        self.assertNotIn("somebody", self.report())
        before = len(self.daemon.events(type="access"))
        path = os.path.join(self.folder, "report.html")
        self.report("--reveal", "--html", path)
        with open(path, encoding="utf-8") as file:
            page = file.read()
        self.assertEqual((page.count("<h3>somebody@customer.example</h3>"),
                          "Customer" in page), (1, True))
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertEqual(len(self.daemon.events(type="access")), before + 1)
        for mask, mode in ((0o022, 0o644), (0o077, 0o600)):
            self.addCleanup(os.umask, os.umask(mask))
            self.report("--html", path)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), mode)

    def test_nothing_summarized_is_said(self):
        done = self.daemon.waymark("summarize", "report", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("summarize", done.stderr)


if __name__ == "__main__":
    unittest.main()

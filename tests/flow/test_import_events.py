# SPDX-License-Identifier: Apache-2.0
"""`events import`: another system's events, our own export, and what is refused by line."""
import json
import os
import subprocess
import unittest

from daemon import WAYMARK, Daemon

TIME = "2026-01-01T00:00:00.000000Z"
HANDLE, OTHER = "0102030405060708090a0b0c", "1102030405060708090a0b0c"
# What a type needs beyond time, type and id, and something of what it may have.
TYPES = {
    "click": {"link": "00" * 8, "mailing": "2026-11", "campaign": "autumn", "slug": "s/1",
              "url": "https://www.example.com/p?utm_source=x", "query": "utm_id=1"},
    "open": {"mailing": "2026-11"},
    "probe": {"signals": {"method": "HEAD", "purpose": "prefetch", "proxy": True}},
    "view": {"url": "https://www.example.com/"},
    "leave": {"url": "https://www.example.com/", "props": {"visible_ms": 1200}},
    "event": {"name": "video", "props": {"a": [1, None, {"b": "c"}]}},
    "search": {"props": {"words": "\u8868"}},
    "download": {"url": "https://www.example.com/a.pdf"},
    "purchase": {"props": {"total": 12}, "actor": "shop"},
    "submit": {"form": "contact"},
    "submit_error": {"form": "contact", "reason": "late"},
    "prefill": {"form": "contact"},
    "conflict": {"visitor": "ab" * 16, "prospect": HANDLE, "other": OTHER, "refers": "n1.1-1"},
    "consent": {"consent": "identify", "consent_reason": "cookie"},
    "unsubscribe": {"prospect": HANDLE, "list": "news", "reason": "one-click"},
    "resubscribe": {"prospect": HANDLE, "list": "news"},
    "confirm": {"prospect": HANDLE, "refers": "n1.1-2"},
    "login": {"prospect": HANDLE, "evidence": "proof"},
    "sent": {"prospect": HANDLE, "mailing": "2026-11", "campaign": "autumn"},
    "bounce": {"prospect": HANDLE, "reason": "550"},
}
REQUEST = {"tracker": "go.other.example", "visitor": "cd" * 16, "referrer": "https://m.example",
           "ip": "203.0.113.0", "agent": "Mozilla/5.0 [email]", "language": "ja",
           "verdict": {"class": "human", "reasons": ["a", "b"]}, "consent": "measure",
           "signals": {"method": "GET", "sec_fetch": ["a", "b"], "late": True}}
PLAIN = ("purchase", "conflict", "consent", "sent", "bounce")


def event_of(kind, number):
    event = {"id": f"x{number}", "time": TIME, "type": kind, **TYPES[kind]}
    return event if kind in PLAIN else {**REQUEST, **event}


def lines(*events):
    return "".join(json.dumps(event) + "\n" for event in events)


class ImportEvents(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def load(self, data, *arguments, status=0, daemon=None, source="old"):
        daemon = daemon or self.daemon
        path = os.path.join(daemon.directory, "events")
        with open(path, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())
        result = daemon.waymark("events", "import", "--source", source, *arguments, path,
                                check=False)
        self.assertEqual(result.returncode, status, (result.stdout, result.stderr))
        return result

    def counts(self, result, *numbers):
        self.assertEqual(result.stdout,
                         "{} added, {} known, {} left out, {} refused\n".format(*numbers))

    def imported(self, daemon=None):
        return [event for event in (daemon or self.daemon).events() if "source_id" in event]

    def test_every_type_goes_round_between_two_instances(self):
        everything = [event_of(kind, number) for number, kind in enumerate(TYPES)]
        self.counts(self.load(lines(*everything), "--keep-handles", source="first"),
                    len(TYPES), 0, 0, 0)
        first = self.imported()
        self.assertEqual([event["type"] for event in first], list(TYPES))
        for given, got in zip(everything, first):
            self.assertEqual(got["source_id"], given["id"])
            for name, value in given.items():
                if name == "signals" and "method" in value:
                    self.assertEqual(got[name]["method"], value["method"])
                elif name not in ("id", "signals"):
                    self.assertEqual(got[name], value, (given["type"], name))
        self.daemon.start()
        self.daemon.click(self.daemon.link("http://localhost:8090/", "--campaign", "autumn",
                                           "--to", "a@example.com"))
        self.daemon.stop()
        export = self.daemon.waymark("events").stdout
        with Daemon() as second:
            result = self.load(export, "--keep-handles", daemon=second)
            self.assertRegex(result.stdout, f"^{len(TYPES) + 1} added, 0 known, \\d+ left out, 0 r")
            for kind in ("account", "link", "name"):
                self.assertIn(f"events of type {kind} are left out", result.stderr)
            got, want = self.imported(second), [event for event in self.daemon.events()
                                                if event["type"] in TYPES]
            for one, other in zip(got, want):
                other.setdefault("source", "old")
                other.setdefault("source_id", other["id"])
                for name in ("id", "seq", "stored"):
                    one.pop(name, None)
                    other.pop(name, None)
                self.assertEqual(one, other)
            self.counts(self.load(lines(*everything), "--keep-handles", daemon=second,
                                  source="first"), 0, len(TYPES), 0, 0)
            before = len(second.events())
            self.load(export, "--keep-handles", daemon=second)
            self.assertEqual(len(self.imported(second)), len(got))
            self.assertLessEqual(len(second.events()) - before, 1)  # the account of the command

    def test_one_source_and_id_is_kept_once_and_for_ever(self):
        event = {"time": TIME, "type": "click"}
        self.counts(self.load(lines({**event, "id": "1"}, {**event, "id": "1"},
                                    {**event, "id": "2"})), 2, 1, 0, 0)
        self.counts(self.load(lines({**event, "id": "1"}), source="other"), 1, 0, 0, 0)
        os.rename(os.path.join(self.daemon.instance, "data", "state"),
                  os.path.join(self.daemon.instance, "data", "state-before"))
        self.daemon.start()
        self.counts(self.load(lines({**event, "id": "1"}, {**event, "id": "3"})), 1, 1, 0, 0)
        self.counts(self.load(lines({**event, "id": "3"})), 0, 1, 0, 0)
        self.assertEqual([(event["source"], event["source_id"]) for event in self.imported()],
                         [("old", "1"), ("old", "2"), ("other", "1"), ("old", "3")])

    def test_people_come_by_address_and_the_log_gets_the_handle(self):
        rows = [{"id": str(number), "time": TIME, "type": "login",
                 "email": f"P{number % 3}@Example.com"} for number in range(30)]
        self.counts(self.load(lines(*rows)), 30, 0, 0, 0)
        handles = {event["prospect"] for event in self.imported()}
        self.assertEqual(len(handles), 3)
        self.assertEqual(self.daemon.waymark("prospect", "find", "p1@example.com").stdout.strip(),
                         self.imported()[1]["prospect"])
        self.assertEqual(len(self.daemon.events("--type", "prospect")), 3)
        self.assertNotIn("xample.com", self.daemon.waymark("events").stdout)
        own = [{"id": "own", "time": TIME, "type": "login", "prospect": list(handles)[0]}]
        self.counts(self.load(lines(*own)), 1, 0, 0, 0)
        foreign = {"id": "f", "time": TIME, "type": "login", "prospect": HANDLE}
        self.assertIn("nobody here has this handle",
                      self.load(lines(foreign), status=2).stderr)
        self.assertIn("not an e-mail", self.load(
            lines({**own[0], "id": "n", "email": "nobody"}), status=2).stderr)

    def test_sealed_fields_are_sealed_again(self):
        self.daemon.configure(ip="sealed")
        self.daemon.start()
        url = self.daemon.link("http://localhost:8090/", "--to", "a@example.com")
        self.daemon.click(url + "?secret=needle")
        self.daemon.stop()
        [click] = self.daemon.events("--reveal", "--type", "click")
        self.assertEqual((click["query_sealed"], click["ip_sealed"]),
                         ("secret=needle", "127.0.0.1"))
        plain = self.daemon.waymark("events", "--type", "click").stdout
        revealed = self.daemon.waymark("events", "--type", "click", "--reveal").stdout
        self.assertIn("is sealed", self.load(plain, status=2).stderr)
        self.counts(self.load(plain, "--drop-sealed"), 1, 0, 0, 0)
        self.counts(self.load(revealed, source="again"), 1, 0, 0, 0)
        dropped, again = self.imported()
        self.assertNotIn("query_sealed", dropped)
        self.assertEqual(again["query_sealed"], {"sealed": True})
        opened = self.daemon.events("--reveal", "--type", "click")[-1]
        self.assertEqual((opened["query_sealed"], opened["ip_sealed"]),
                         ("secret=needle", "127.0.0.1"))
        with Daemon() as second:
            self.assertIn("needs a person that is known here", self.load(
                revealed, "--keep-handles", status=2, daemon=second).stderr)
            known = json.dumps({**json.loads(revealed), "email": "a@example.com"})
            self.counts(self.load(known, daemon=second), 1, 0, 0, 0)
            self.assertEqual(second.events("--reveal", "--type", "click")[0]["query_sealed"],
                             "secret=needle")

    def test_csv_with_columns_of_another_system(self):
        table = ("Event ID;Timestamp;E-Mail;Campaign Name;Mail;props.client;Referer;x\n"
                 "1;2026-01-01 09:00:00+09:00;a@example.com;autumn;nov;Outlook;;9\n"
                 "2;2026-01-01T00:00:00Z;b@example.com;autumn;nov;;https://m.example/x;9\n"
                 "3;yesterday;b@example.com;autumn;nov;;;9\n")
        self.assertIn('the column "Mail" is none that is known',
                      self.load(table, "--map", "x=", status=1).stderr)
        result = self.load(table, "--map", "Mail=mailing", "--map", "x=", "--map", "Referer=",
                           "--set", "type=sent", status=2)
        self.counts(result, 2, 0, 0, 1)
        self.assertIn("events:4: time: must be like", result.stderr)
        one, two = self.imported()
        self.assertEqual((one["time"], one["type"], one["campaign"], one["mailing"], one["props"]),
                         (TIME, "sent", "autumn", "nov", {"client": "Outlook"}))
        self.assertEqual((two["time"], two["props"]), (TIME, {}))

    def test_set_gives_only_what_a_row_does_not_have(self):
        row = {"time": TIME, "type": "click"}
        self.load(lines({**row, "id": "own", "campaign": "own", "email": None, "tracker": None,
                         "props": {"a": "own"}, "signals": {"method": "POST"}},
                        {**row, "id": "none", "campaign": None, "signals": None}),
                  "--set", "campaign=given", "--set", "props.a=given", "--set", "props.b=given",
                  "--set", "signals.method=GET")
        own, none = self.imported()
        self.assertEqual((own["campaign"], own["props"], own["signals"]["method"]),
                         ("own", {"a": "own", "b": "given"}, "POST"))
        self.assertEqual((none["campaign"], none["props"], none["signals"]["method"]),
                         ("given", {"a": "given", "b": "given"}, "GET"))

    def test_a_deep_row_is_refused_and_those_beside_it_are_taken(self):
        row = {"time": TIME, "type": "click"}
        deep = "".join(json.dumps({**row, "id": f"deep{depth}", "props": {"a": 0}}).replace(
            "0}}", "[" * depth + "]" * depth + "}}") + "\n" for depth in (50, 90, 2000, 2045))
        good = json.dumps({**row, "id": "good", "props": {"a": "[{" * 200 + '\\"'}}) + "\n"
        for beside_server in (False, True):
            if beside_server:
                self.daemon.start()
            result = self.load(deep + good, status=2, source=f"deep{beside_server}")
            self.counts(result, 2, 0, 0, 3)
            self.assertIn(":2: props: nests too deeply", result.stderr)
            self.assertIn(":4: nests more than 100 levels", result.stderr)

    def test_a_source_is_a_name(self):
        row = lines({"id": "1", "time": TIME, "type": "click"})
        for source in ("", "a\nb", "a\x9bb"):
            self.load(row, source=source, status=64)
        for wrong in ((b"--source", b"\xff"), (b"--set", b"props.a=\xff"), (b"--map", b"\xff=id")):
            result = subprocess.run([WAYMARK, "events", "import", *wrong, "-"], check=False,
                                    stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
            self.assertEqual(result.returncode, 64, result.stderr)
        self.assertIn(":1: source: holds an e-mail",
                      self.load(row, source="a@example.com", status=2).stderr)
        own = lines({"id": "1", "time": TIME, "type": "click", "source": "\x1b", "source_id": "1"})
        self.assertIn(":1: source: must be a name", self.load(own, status=2).stderr)

    def test_a_strange_agent_is_cut_and_taken(self):
        self.load(lines({"id": "1", "time": TIME, "type": "click", "agent": "\u8868" * 3000}))
        agent = self.imported()[0]["agent"]
        self.assertGreater(len(agent), 100)
        self.assertEqual(agent, "\u8868" * len(agent))

    def test_no_control_reaches_the_terminal(self):
        for data in (lines({"id": "1", "time": TIME, "type": "\x1b[2J\x9b2J\x7f"}),
                     lines({"id": "1", "time": TIME, "type": "click", "\x1b[2J\x9b2J\x7f": 1}),
                     lines({"id": "1", "time": TIME, "type": "click", "campaign": "a\x9b2J"})):
            result = self.load(data, status=2)
            self.assertNotRegex(result.stderr.replace("\n", ""), "[\x00-\x1f\x7f-\x9f]")
        result = self.load("id,\x9b2J,\x1b[2J\n1,2,3\n", status=1)
        self.assertNotRegex(result.stderr.replace("\n", ""), "[\x00-\x1f\x7f-\x9f]")

    def test_bad_rows_are_named_by_line_and_strict_stops(self):
        good = {"time": TIME, "type": "click"}
        rows = [{**good, "id": str(number)} for number in range(600)]
        rows[300]["colour"] = 1
        rows[400] = {"id": "x", "time": TIME, "type": "click", "url": "ftp://x/"}
        for beside_server in (False, True):
            if beside_server:
                self.daemon.start()
            result = self.load(lines(*rows), "--strict", status=1)
            self.assertIn(":301: colour: there is no such key", result.stderr)
            self.assertNotIn(":401:", result.stderr)
            self.assertEqual(len(self.imported()), 300)
        result = self.load(lines(*rows), status=2)
        self.counts(result, 298, 300, 0, 2)
        self.assertIn(":401: url: is no http", result.stderr)
        self.assertIn("id: is missing", self.load(lines(good), status=2).stderr)
        result = self.daemon.waymark("events", "import", "-", stdin=lines({**good, "id": "y"}),
                                     check=False)
        self.assertIn("source: is missing", result.stderr)
        self.assertIn("an e-mail address", self.load(
            lines({**good, "id": "a@example.com"}), status=2).stderr)

    def test_hostile_files(self):
        for data, status in ((b"", 1), (b"\xef\xbb\xbf", 1), (b"\0", 1), (b"{", 2), (b"{}", 2),
                             (b'{"type":"click"}\n[1]\n"x"\n{"a":{"a":' + b"[" * 9999, 2),
                             (b'{"id":"\xff"}\n', 2), (b"{" + b"x" * (10 << 20), 1),
                             (b"time,time\n", 1), (b",".join([b"id"] * 20000) + b"\n", 1)):
            with self.subTest(data[:30]):
                self.load(data, status=status)
        self.assertEqual(self.imported(), [])

    def test_an_import_is_counted_and_folded_beside_clicks(self):
        self.daemon.start()
        rows = [{"id": str(number), "time": TIME, "type": "view", "mailing": None,
                 "campaign": f"c{number % 7}", "url": "https://www.example.com/"}
                for number in range(1500)]
        self.counts(self.load(lines(*rows)), 1500, 0, 0, 0)
        figures = self.daemon.metrics()
        self.assertEqual(figures["waymark_events_imported_total"], 1500)
        account = {kind: figures[f'waymark_account{{kind="{kind}"}}'] for kind in
                   ("received", "stored", "dropped", "rejected", "lost", "pending")}
        self.assertEqual(account["received"], sum(account.values()) - account["received"])
        self.assertEqual(len(self.daemon.events("--type", "name")), 7)


if __name__ == "__main__":
    unittest.main()

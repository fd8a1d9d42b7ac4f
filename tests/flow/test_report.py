#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""POST /api/v1/events: what the site's own server reports, kept once, and what is refused."""
import datetime
import json
import threading
import unittest

from daemon import SITE, Daemon

EMAIL = "a@example.com"
LOGIN = {"type": "login", "email": EMAIL, "idempotency_key": "login-1"}
PURCHASE = {"type": "purchase", "email": EMAIL, "idempotency_key": "order-1", "amount": "1980",
            "currency": "JPY", "product": "Umbrella", "order": "4711"}
EVENT = {"type": "event", "email": EMAIL, "idempotency_key": "event-1", "name": "upgrade"}
STORED = 'waymark_account{kind="stored"}'
REPORTED = "waymark_events_reported_total"


def ago(**span):
    time = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(**span)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


class Report(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.daemon.__enter__()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.daemon.start()
        self.secret = self.token("shop")

    def token(self, name, *arguments):
        return self.daemon.waymark("token", "new", name, "--scope", "events:write",
                                   *arguments).stdout.strip()

    def send(self, *events, secret=None, body=None):
        return self.daemon.admin("/api/v1/events", "POST", json.dumps(body or {"events": events}),
                                 headers={"Authorization": f"Bearer {secret or self.secret}"})

    def report(self, *events, **options):
        """Events that are taken: their results."""
        answer = self.send(*events, **options)
        self.assertEqual(answer.status, 200, answer)
        return json.loads(answer.body)["results"]

    def refuse(self, status, sentence, *events, **options):
        """Events that are not: nothing of the call is stored."""
        before = [self.daemon.metric(row) for row in (STORED, REPORTED)]
        answer = self.send(*events, **options)
        self.assertEqual((answer.status, json.loads(answer.body)["error"]), (status, sentence))
        self.assertEqual([self.daemon.metric(row) for row in (STORED, REPORTED)], before)

    def handle(self, email=EMAIL):
        return self.daemon.waymark("prospect", "find", email).stdout.strip()

    def test_what_is_kept(self):
        then = ago(hours=2)
        results = self.report(
            LOGIN,
            {**PURCHASE, "url": "http://localhost:8090/buy?token=1&utm_source=x#y",
             "props": {"by": "b@example.com", "n": [1, 2.5, True]}},
            {**EVENT, "email": " A@Example.COM ", "time": then},
            {**EVENT, "email": "b@example.com", "idempotency_key": "event-2", "name":
             "told c@example.com"})
        first, second = self.handle(), self.handle("b@example.com")
        self.assertEqual(results, [{"status": "stored", "prospect": first}] * 3 +
                         [{"status": "stored", "prospect": second}])
        [login] = self.daemon.events(type="login")
        [purchase] = self.daemon.events(type="purchase")
        event, other = self.daemon.events(type="event")
        for row in (login, purchase, event, other):
            self.assertEqual((row["tracker"], row["actor"], row["source"]),
                             ("localhost", "shop", "shop"))
            self.assertIsNone(row["visitor"])
        self.assertEqual([row["source_id"] for row in (login, purchase, event, other)],
                         ["login-1", "order-1", "event-1", "event-2"])
        self.assertEqual([row["prospect"] for row in (login, purchase, event, other)],
                         [first] * 3 + [second])
        self.assertEqual(purchase["props"], {
            "amount": "1980", "currency": "JPY", "product": "Umbrella", "order": "4711",
            "props": {"by": "[email]", "n": [1, 2.5, True]}})
        self.assertEqual(purchase["url"], "http://localhost:8090/buy?utm_source=x")
        self.assertEqual((event["name"], other["name"]), ("upgrade", "told [email]"))
        self.assertEqual(event["time"][:19], then[:19])
        self.assertEqual([row.get("stored") is not None for row in (login, purchase, event)],
                         [False, False, True])
        self.assertEqual(len(self.daemon.events(type="prospect")), 2)
        log = json.dumps(self.daemon.events())
        for address in (EMAIL, "b@example.com", "c@example.com"):
            self.assertNotIn(address, log)
        self.assertEqual(self.daemon.metric(REPORTED), 4)
        self.daemon.prove()

    def test_amounts(self):
        rows = (("JPY", 1980, "1980"), ("JPY", "1980.00", "1980"), ("EUR", 12.5, "12.50"),
                ("EUR", "0.1", "0.10"), ("USD", 0, "0.00"), ("KWD", "1.2345", None),
                ("KWD", 0.125, "0.125"), ("USD", 0.1 + 0.2, "0.30"))
        for number, (currency, amount, kept) in enumerate(rows):
            event = {**PURCHASE, "idempotency_key": f"o{number}", "currency": currency,
                     "amount": amount}
            if kept is None:
                self.refuse(400, "events[0].amount: KWD has 3 decimals, no more", event)
                continue
            self.report(event)
            self.assertEqual(self.daemon.events(type="purchase")[-1]["props"]["amount"], kept)

    def test_a_repeat_answers_the_same(self):
        events = [LOGIN, PURCHASE, EVENT]
        first = self.send(*events)
        stored = self.daemon.metric(STORED)
        for _ in range(3):
            again = self.send(*events)
            self.assertEqual((again.status, again.body), (first.status, first.body))
        self.assertEqual(self.daemon.metric(STORED), stored)
        mixed = self.report(PURCHASE, {**PURCHASE, "idempotency_key": "order-2"})
        self.assertEqual([result["status"] for result in mixed], ["stored", "stored"])
        self.assertEqual(len(self.daemon.events(type="purchase")), 2)
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        self.assertEqual(self.send(*events).body, first.body)
        self.assertEqual(len(self.daemon.events(type="purchase")), 2)

    def test_one_key_for_two_things_is_a_mistake(self):
        self.report(LOGIN, PURCHASE)
        self.refuse(409, "events[1].idempotency_key: an event of another type was stored under it; "
                         "give every event its own",
                    EVENT, {**EVENT, "idempotency_key": "order-1"})
        self.refuse(409, "events[0].idempotency_key: an event of another person was stored under "
                         "it; give every event its own", {**LOGIN, "email": "b@example.com"})
        self.refuse(400, "events[2].idempotency_key: is that of events[0], too",
                    {**EVENT, "idempotency_key": "x"}, EVENT, {**EVENT, "idempotency_key": "x"})

    def test_keys_are_kept_by_source(self):
        self.report(PURCHASE)
        other, heir = self.token("crm"), self.token("shop-2", "--source", "shop")
        self.report(PURCHASE, secret=heir)
        self.assertEqual(len(self.daemon.events(type="purchase")), 1)
        self.report(PURCHASE, secret=other)
        first, second = self.daemon.events(type="purchase")
        self.assertEqual((first["source"], second["source"]), ("shop", "crm"))
        imported = json.dumps({"id": "imported", "time": ago(days=90), "type": "login",
                               "email": EMAIL, "source": "shop", "source_id": "old"})
        self.daemon.waymark("events", "import", "-", stdin=imported)
        self.report({**LOGIN, "idempotency_key": "old"})
        self.assertEqual(len(self.daemon.events(type="login")), 1)

    def test_many_at_once_are_one_each(self):
        """Two programs that report the same at the same time."""
        answers = []

        def work(turn):
            for number in range(10):
                answers.append(self.report({**EVENT, "email": f"p{number}@example.com",
                                            "idempotency_key": f"k{number}"},
                                           {**EVENT, "idempotency_key": f"own-{turn}-{number}"}))

        threads = [threading.Thread(target=work, args=(turn,)) for turn in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(answers), 30)
        self.assertEqual(len(self.daemon.events(type="event")), 10 + 30)
        self.assertEqual(len(self.daemon.events(type="prospect")), 11)
        self.daemon.prove()

    def test_refusals_name_item_and_key(self):
        rows = (
            ("type", "view", "type: must be event, login or purchase"),
            ("type", None, "type: is missing"),
            ("email", None, "email: is missing"),
            ("email", "nobody", "email: that is not an e-mail address"),
            ("email", 1, "email: must be a text"),
            ("idempotency_key", None, "idempotency_key: is missing"),
            ("idempotency_key", "", "idempotency_key: must not be empty"),
            ("idempotency_key", "x" * 256, "idempotency_key: is longer than 255 bytes"),
            ("idempotency_key", "a\nb", "idempotency_key: must be text without controls"),
            ("idempotency_key", "b@example.com-1",
             "idempotency_key: holds an e-mail address, which must not enter the log"),
            ("amount", None, "amount: is missing"),
            ("amount", -1, "amount: must be a decimal number of at least 0, such as \"1980.50\", "
                           "with at most 15 digits before the point"),
            ("amount", "1e3", "amount: must be a decimal number of at least 0, such as "
                              "\"1980.50\", with at most 15 digits before the point"),
            ("amount", {}, "amount: must be a decimal number of at least 0, such as \"1980.50\", "
                           "with at most 15 digits before the point"),
            ("amount", "1.5", "amount: JPY has 0 decimals, no more"),
            ("currency", None, "currency: is missing"),
            ("currency", "yen", "currency: must be a code of ISO 4217, such as JPY"),
            ("product", "x" * 256, "product: is longer than 255 bytes"),
            ("order", "a\nb", "order: must be text without controls"),
            ("name", "x", "name: there is no such key here"),
            ("tag", "x", "tag: must be the 16 hexadecimal digits that /tag gives"),
            ("time", "today", "time: must be a time such as 2026-11-21T12:00:00Z"),
            ("time", ago(hours=-1), "time: lies ahead of this server's clock"),
            ("time", ago(days=31), "time: is more than 30 days ago; 'waymark events import' takes "
                                   "what is older"),
            ("tracker", "https://other.example.com",
             "tracker: is not the address of a tracker here"),
            ("url", "/buy", "url: must be an absolute http or https address"),
            ("props", [], "props: must be a JSON object of at most 8192 bytes, at most 8 deep"),
            ("props", {"a": "x" * 9000},
             "props: must be a JSON object of at most 8192 bytes, at most 8 deep"),
        )
        for key, value, sentence in rows:
            with self.subTest(key=key, value=value):
                event = {**PURCHASE, "idempotency_key": "new", key: value}
                if value is None:
                    del event[key]
                self.refuse(400, f"events[1].{sentence}", EVENT, event)
        self.refuse(400, "events[0].amount: there is no such key here", {**LOGIN, "amount": 1})
        self.refuse(400, "events[0].name: is missing",
                    {name: value for name, value in EVENT.items() if name != "name"})
        self.refuse(400, "events[0]: must be an object", "x")
        self.refuse(400, "events: must be a list", body={"events": {}})
        self.refuse(400, "source: there is no such key here", body={"events": [], "source": "x"})
        self.refuse(400, "events: holds more than 100 items; send them in several calls",
                    *[LOGIN] * 101)
        self.assertEqual(self.send(body={"events": [], "x": "x" * (256 << 10)}).status, 413)

    def test_as_many_as_one_call_takes(self):
        events = [{**EVENT, "idempotency_key": f"{number}", "email": f"p{number}@example.com",
                   "props": {"text": "x" * 1500}} for number in range(100)]
        self.assertEqual(len(self.report(*events)), 100)
        self.assertEqual(len(self.daemon.events(type="event")), 100)
        self.daemon.prove()

    def test_other_trackers(self):
        self.daemon.configure(trackers=[
            {"url": "http://localhost:8080", "sites": [SITE], "primary": True},
            {"url": "http://other.localhost:8080", "sites": ["http://other.localhost:8090"]}])
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        self.report({**LOGIN, "tracker": "http://other.localhost:8080"},
                    {**EVENT, "tracker": "other.localhost"})
        self.assertEqual([self.daemon.events(type=kind)[0]["tracker"]
                          for kind in ("login", "event")], ["other.localhost"] * 2)


if __name__ == "__main__":
    unittest.main()

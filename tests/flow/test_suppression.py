# SPDX-License-Identifier: Apache-2.0
"""Who gets no mail: /api/v1/mailings/check, and bounces that are imported."""
import json
import os
import unittest

from daemon import Daemon

TIME = "2026-01-01T00:00:00Z"
PEOPLE = ("email,opted_out,bounced,unsubscribed\n"
          "out@example.com,yes,,\nbounced@example.com,,yes,\nleft@example.com,,,news\n"
          "fine@example.com,,,\n")


class Suppression(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def load(self, name, text):
        path = os.path.join(self.daemon.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def people(self, text=PEOPLE):
        self.daemon.waymark("prospect", "import", self.load("people.csv", text))

    def check(self, *emails, status=200, **more):
        answer = self.daemon.control("/api/v1/mailings/check", {"emails": list(emails), **more})
        self.assertEqual(answer.status, status, answer.body)
        return [row.get("status") or row["error"]
                for row in json.loads(answer.body).get("results", [])]

    def bounce(self, *rows, status=0, source="mailer"):
        events = "".join(json.dumps({"id": f"b{number}", "time": TIME, "type": "bounce", **row})
                         + "\n" for number, row in enumerate(rows))
        result = self.daemon.waymark("events", "import", "--source", source,
                                     self.load("bounces.ndjson", events), check=False)
        self.assertEqual(result.returncode, status, result.stderr)
        return result

    def test_who_may_be_mailed(self):
        self.people()
        self.daemon.start()
        self.daemon.waymark("prospect", "erase", "fine@example.com")
        everybody = ("out@example.com", " BOUNCED@example.com ", "left@example.com",
                     "new@example.com", "fine@example.com", "nobody")
        error = "that is not an e-mail address"
        self.assertEqual(self.check(*everybody),
                         ["opted_out", "bounced", "may", "may", "erased", error])
        self.assertEqual(self.check(*everybody, list="news"),
                         ["opted_out", "bounced", "unsubscribed", "may", "erased", error])
        self.assertEqual(self.check("left@example.com", list="offers"), ["may"])
        self.assertEqual(self.daemon.events(type="access"), [])

    def test_it_needs_a_token_and_a_good_question(self):
        self.daemon.start()
        answer = self.daemon.admin("/api/v1/mailings/check", "POST", '{"emails": []}')
        self.assertEqual(answer.status, 401)
        token = self.daemon.waymark("token", "new", "--scope", "prospects:read",
                                    "mailer").stdout.split()[-1]
        answer = self.daemon.admin("/api/v1/mailings/check", "POST",
                                   json.dumps({"emails": ["a@example.com"]}),
                                   {"Authorization": f"Bearer {token}"})
        self.assertEqual((answer.status, json.loads(answer.body)["results"]),
                         (200, [{"status": "may"}]))
        self.check(status=400, list="x\n")
        self.check(status=400, other=1)
        self.assertIn(len(self.check(*["a@example.com"] * 1000)), range(1, 1001))
        self.check(*["a@example.com"] * 1001, status=400)

    def test_an_imported_bounce_ends_mail(self):
        """Beside a server and without one; soft ones do not, and a known event does nothing."""
        self.people()
        rows = [{"email": "fine@example.com", "props": {"status": "5.1.1"}},
                {"email": "new@example.com"},
                {"email": "soft@example.com", "reason": "soft"},
                {"email": "full@example.com", "props": {"code": 552, "status": "5.2.2"}}]
        self.bounce(*rows[:1])
        self.daemon.start()
        self.bounce(*rows)
        emails = [row["email"] for row in rows]
        self.assertEqual(self.check(*emails), ["bounced", "bounced", "may", "may"])
        self.assertEqual(len(self.daemon.events(type="bounce")), 4)
        changed = [event for event in self.daemon.events(type="prospect")
                   if event["props"] == {"fields": ["bounced"]}]
        self.assertEqual(len(changed), 1 + 2)  # the first is of the list of people
        # An operator knows better, and the same import does not undo it.
        self.people("email,bounced\nfine@example.com,no\n")
        self.bounce(*rows)
        self.assertEqual(self.check("fine@example.com"), ["may"])
        shown = self.daemon.waymark("prospect", "show", "new@example.com").stdout
        self.assertIn("mailer", shown)
        self.daemon.prove()

    def test_a_bounce_by_its_handle_and_of_somebody_erased(self):
        self.people()
        self.daemon.start()
        handle = self.daemon.waymark("prospect", "find", "fine@example.com").stdout.split()[0]
        self.bounce({"prospect": handle})
        self.assertEqual(self.check("fine@example.com"), ["bounced"])
        self.daemon.waymark("prospect", "erase", "out@example.com")
        result = self.bounce({"id": "late", "email": "out@example.com"}, status=2)
        self.assertIn("erased", result.stderr)


if __name__ == "__main__":
    unittest.main()

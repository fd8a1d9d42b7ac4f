# SPDX-License-Identifier: Apache-2.0
"""What leaves for a CRM: who people are, asked of the owner of the store, and on the record."""
import json
import os
import unittest

from daemon import Daemon

PATH = "/api/v1/prospects/identities"
PEOPLE = 600


class Identities(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        path = os.path.join(cls.daemon.directory, "people")
        with open(path, "w", encoding="utf-8") as file:
            file.write("email,company,secret\n")
            file.writelines(f"p{i}@example.com,C{i},{i}\n" for i in range(PEOPLE))
        cls.daemon.waymark("prospect", "import", path)
        cls.handles = [event["prospect"] for event in cls.daemon.events(type="prospect")]
        cls.daemon.start()

    def ask(self, handles, fields=("company",), **more):
        answer = self.daemon.control(PATH, {"prospects": list(handles), "fields": list(fields),
                                            "reason": "deliver", **more})
        return answer.status, json.loads(answer.body)

    def test_all_are_told_in_their_order_over_as_many_calls_as_it_takes(self):
        people = []
        while len(people) < PEOPLE:
            status, reply = self.ask(self.handles[len(people):])
            self.assertEqual(status, 200, reply)
            self.assertGreater(len(reply["people"]), 0)
            people += reply["people"]
        self.assertEqual(people, [{"email": f"p{i}@example.com", "fields": {"company": f"C{i}"}}
                                  for i in range(PEOPLE)])

    def test_strangers_are_null_and_leave_no_event(self):
        before = len(self.daemon.events(type="access"))
        status, reply = self.ask(["0" * 24, "f" * 24])
        self.assertEqual((status, reply["people"][0]), (200, None))
        self.assertEqual(len(self.daemon.events(type="access")), before)

    def test_a_call_leaves_one_event_that_says_how_many(self):
        before = len(self.daemon.events(type="access"))
        _, reply = self.ask(["0" * 24, *self.handles[:3]])
        known = sum(person is not None for person in reply["people"])
        events = self.daemon.events(type="access")[before:]
        self.assertEqual([(event["actor"], event["reason"], event["props"]) for event in events],
                         [("owner", "deliver", {"people": known})])

    def test_what_is_wrong_is_refused(self):
        for body, where in (
                ({"prospects": ["0" * 23], "reason": "r"}, "prospects[0]: a handle"),
                ({"prospects": [1], "reason": "r"}, "prospects[0]: a handle"),
                ({"prospects": ["0" * 24]}, "reason: is missing"),
                ({"prospects": ["0" * 24], "reason": "a@example.com"}, "reason: "),
                ({"prospects": [], "reason": "r", "fields": [1]}, "fields[0]: must be a text"),
                ({"prospects": ["0" * 24] * 1001, "reason": "r"}, "prospects: holds more"),
                ({"prospects": [], "reason": "r", "more": 1}, "more: there is no such key")):
            answer = self.daemon.control(PATH, body)
            self.assertEqual(answer.status, 400, body)
            self.assertIn(where, answer.body.decode())

    def test_no_token_opens_it(self):
        answer = self.daemon.admin("/api/v1/prospects/identities", "POST", "{}")
        self.assertEqual(answer.status, 401)
        secret = self.daemon.waymark("token", "new", "crm", "--scope", "prospects:read").stdout
        answer = self.daemon.admin(PATH, "POST", json.dumps({"prospects": [], "reason": "r"}),
                                   {"Authorization": f"Bearer {secret.split()[-1]}"})
        self.assertIn(answer.status, (401, 403))


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""What leaves for a CRM: who people are, asked of the owner of the store, and on the record."""
import csv
import datetime
import fcntl
import json
import os
import unittest
import xml.etree.ElementTree

from daemon import SITE, Daemon

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


class Deliveries(unittest.TestCase):
    """What a click, a visit and a search become in the files for the CRM."""

    def setUp(self):
        self.daemon = Daemon(summary__rules_file="rules.json")
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.out = os.path.join(self.daemon.directory, "crm")
        # One hour for all deliveries of a test, when all that it does is settled.
        later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=2)
        self.as_of = later.strftime("%Y-%m-%dT%H:00:00Z")
        self.put("rules.json", {
            "groups": [{"name": "prices", "pages": ["/prices"], "points": {"view": 5},
                        "category": "umbrellas"}],
            "grade": {"criteria": [{"name": "decides", "field": "title",
                                    "contains": ["head"], "thirds": 3}]},
            "excluded_companies": ["rival.example"]})
        self.load("email,title,last_name\n"
                  "a@customer.example,Head of sales,Ito\nb@rival.example,,\n")

    def put(self, name, value):
        path = os.path.join(self.daemon.instance, name)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(value, file)
        return path

    def load(self, text):
        path = os.path.join(self.daemon.directory, "people")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        self.daemon.waymark("prospect", "import", path)

    def visit(self, address):
        """A click on a mail's link, a page that is read, a search."""
        mail = f'<a href="{SITE}/prices">x</a>'
        done = self.daemon.waymark("rewrite", "--to", address, "--campaign", "autumn",
                                   "--mailing", "m1", stdin=mail)
        url = done.stdout.split('"')[1]
        cookie = self.daemon.click(url).cookie
        view = "t=view&v=00000000000000aa&u=" + SITE + "/prices"
        search = "t=search&v=00000000000000aa&q=%3D1%2B1&u=" + SITE + "/prices"
        leave = "t=leave&v=00000000000000aa&w=5000&i=1&u=" + SITE + "/prices"
        answer = self.daemon.beacon("\n".join((view, search, leave)), {"Cookie": cookie})
        self.assertEqual(answer.status, 204)
        self.daemon.wait_folded()

    def deliver(self, *arguments, status=0):
        result = self.daemon.run("summarize", "--config", self.daemon.config_path, "--as-of",
                                 self.as_of, "--out", self.out, *arguments, check=False)
        self.assertEqual(result.returncode, status, (result.stdout, result.stderr))
        return result

    def rows(self, number, name):
        path = os.path.join(self.out, f"{number:06}", name)
        with open(path, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def test_a_visit_is_delivered_once_beside_a_server(self):
        self.daemon.start()
        self.visit("a@customer.example")
        self.deliver()
        [lead] = self.rows(1, "Lead.csv")
        self.assertEqual({key: lead[key] for key in (
            "Email", "Waymark_Score__c", "Waymark_Grade__c", "Waymark_Last_Campaign__c",
            "Waymark_Views__c", "Waymark_Dwell__c", "Waymark_Clicks__c")}, {
                "Email": "a@customer.example", "Waymark_Score__c": "14",  # 3 + 3 + 5 + 3
                "Waymark_Grade__c": "C", "Waymark_Last_Campaign__c": "#N/A",
                "Waymark_Views__c": "1", "Waymark_Dwell__c": "5", "Waymark_Clicks__c": "1"})
        [summary] = self.rows(1, "Web_Interaction_Summary__c.csv")
        self.assertTrue(summary["Waymark_Search_Terms__c"].endswith(": =1+1"))
        self.assertEqual(summary["Waymark_Company__c"], "customer.example")
        [member] = self.rows(1, "CampaignMember_new.csv")
        self.assertEqual((member["Campaign.Waymark_Campaign__c"], member["Waymark_Stage__c"],
                          member["Lead.Waymark_Id__c"]),
                         ("autumn", "clicked", lead["Waymark_Id__c"]))
        with open(os.path.join(self.out, "000001", "persons.ndjson"), encoding="utf-8") as file:
            [person] = [json.loads(line) for line in file]
        events = {event["seq"]: event for event in self.daemon.events()}
        for evidence in person["score"]["evidence"]:
            self.assertIn(events[evidence["event"]]["type"], ("click", "view", "search"))
        self.assertEqual(person["score"]["by_category"], {"umbrellas": 14})
        self.assertEqual([event["reason"] for event in self.daemon.events(type="access")],
                         ["deliver"])
        self.assertIn("nothing has changed", self.deliver().stdout)
        self.assertEqual(sorted(os.listdir(self.out)), [".lock", ".state", "000001"])

    def test_without_a_server_and_with_what_changed(self):
        self.daemon.start()
        self.visit("a@customer.example")
        self.visit("b@rival.example")
        self.daemon.stop()
        self.deliver()
        self.assertEqual(len(self.rows(1, "Lead.csv")), 2)
        [best] = self.rows(1, "ranking.csv")
        self.assertEqual((best["rank"], best["email"]), ("1", "a@customer.example"))
        self.load("email,title\na@customer.example,Assistant\n")
        self.deliver()
        [lead] = self.rows(2, "Lead.csv")
        self.assertEqual((lead["Email"], lead["Waymark_Grade__c"]), ("a@customer.example", "D"))

    def test_a_mapping_is_followed_and_judged(self):
        self.daemon.start()
        self.visit("a@customer.example")
        mapping = self.put("mapping.json", {"Lead": {
            "LastName": {"field": "last_name", "else": "-"}, "Waymark_Views__c": None}})
        self.deliver("--mapping", mapping)
        [lead] = self.rows(1, "Lead.csv")
        self.assertEqual(lead["LastName"], "Ito")
        self.assertNotIn("Waymark_Views__c", lead)
        wrong = self.put("wrong.json", {"Lead": {"A__c": "scroll"}})
        self.assertIn("wrong.json:1:", self.deliver("--mapping", wrong, status=1).stderr)

    def test_two_at_once_are_refused(self):
        self.daemon.start()
        self.visit("a@customer.example")
        os.mkdir(self.out)
        with open(os.path.join(self.out, ".lock"), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertIn("another delivery", self.deliver(status=1).stderr)
        self.deliver()

    def test_metadata_is_well_formed(self):
        where = os.path.join(self.daemon.directory, "fields")
        self.daemon.run("summarize", "--metadata", where)
        found = 0
        for folder, _, names in os.walk(where):
            for name in names:
                if name.endswith(".xml"):
                    xml.etree.ElementTree.parse(os.path.join(folder, name))
                    found += 1
        self.assertGreater(found, 80)


if __name__ == "__main__":
    unittest.main()

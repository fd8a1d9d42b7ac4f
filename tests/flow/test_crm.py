# SPDX-License-Identifier: Apache-2.0
"""What Waymark and the CRM tell each other of people: ids, who wants no mail, who takes part, who
is new, who is two people."""
import csv
import datetime
import json
import os
import unittest
import urllib.parse

from daemon import BROWSER, SITE, Daemon

FORM = {"name": "contact", "success": SITE + "/thanks",
        "fields": [{"name": "email", "type": "email", "required": True}, {"name": "company"}]}
CONTACT, OTHER_CONTACT, LEAD, ACCOUNT = (
    "003000000000001AAA", "003000000000002AAA", "00Q000000000001AAA", "001000000000001AAA")


class Case(unittest.TestCase):
    settings = {}

    def setUp(self):
        self.daemon = Daemon(**self.settings)
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def write(self, text):
        path = os.path.join(self.daemon.directory, "people")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def load(self, text, *arguments, status=0):
        result = self.daemon.waymark("prospect", "import", *arguments, self.write(text),
                                     check=False)
        self.assertEqual(result.returncode, status, (result.stdout, result.stderr))
        return result

    def record(self, who):
        return json.loads(self.daemon.waymark("prospect", "show", who).stdout)["record"]

    def values(self, kind, who):
        return {name: entry["value"] for name, entry in self.record(who).get(kind, {}).items()}

    def suppressed(self, who):
        return set(self.record(who).get("suppressed", {}))

    def handle(self, address):
        return self.daemon.waymark("prospect", "find", address).stdout.strip()


class Import(Case):
    def test_columns_of_the_crm_have_their_places(self):
        self.load("Email,Id,AccountId,HasOptedOutOfEmail,bounced,unsubscribed,opens,company\n"
                  f"a@example.com,{CONTACT},{ACCOUNT},true,no,news; offers,denied,Nord\n"
                  "b@example.com,,,false,1,,,\n",
                  "--map", "Id=salesforce_contact", "--map", "AccountId=salesforce_account")
        self.assertEqual(self.values("ids", "a@example.com"),
                         {"salesforce_contact": CONTACT, "salesforce_account": ACCOUNT})
        self.assertEqual(self.values("values", "a@example.com"), {"company": "Nord"})
        record = self.record("a@example.com")
        self.assertEqual(record["opens"]["value"], "denied")
        self.assertEqual(len(record["suppressed"]), 3)
        self.assertIn("opted_out", record["suppressed"])
        self.assertEqual({event["name"] for event in self.daemon.events(type="name")},
                         {"news", "offers"})
        self.assertEqual(self.suppressed("b@example.com"), {"bounced"})
        changed = self.daemon.events(type="prospect")[0]["props"]["fields"]
        self.assertEqual(sorted(set(changed)), ["company", "opens", "opted_out",
                                                "salesforce_account", "salesforce_contact",
                                                "unsubscribed"])
        # Again: nothing changes; and what is taken back is.
        again = self.load(f"email,salesforce_contact,opted_out\na@example.com,{CONTACT},yes\n")
        self.assertIn("0 added, 0 changed, 1 the same", again.stdout)
        self.load("email,opted_out,subscribed\na@example.com,0,news\n")
        self.assertEqual(len(self.suppressed("a@example.com")), 1)

    def test_objects_are_taken_as_the_api_has_them(self):
        self.load(json.dumps({
            "email": "a@example.com", "fields": {"company": "Nord"},
            "ids": {"salesforce_lead": LEAD},
            "suppressed": {"opted_out": True, "lists": {"news": True}}}) + "\n")
        self.assertEqual(self.values("ids", "a@example.com"), {"salesforce_lead": LEAD})
        self.assertEqual(len(self.suppressed("a@example.com")), 2)

    def test_a_field_with_either_kind_of_id_is_understood(self):
        self.load(f"email,salesforce_id\na@example.com,{CONTACT}\nb@example.com,{LEAD}\n")
        self.assertEqual(self.values("ids", "a@example.com"), {"salesforce_contact": CONTACT})
        self.assertEqual(self.values("ids", "b@example.com"), {"salesforce_lead": LEAD})

    def test_what_is_wrong_is_named(self):
        result = self.load("email,opted_out,salesforce_lead,opens,unsubscribed\n"
                           "a@example.com,perhaps,,,\nb@example.com,,00Q/1,,\n"
                           "c@example.com,,,always,\nd@example.com,,,,to x@example.com\n"
                           "e@example.com,,,,news\n", status=2)
        for words in (":2: opted_out: must be true or false", ":3: salesforce_lead: an id is",
                      ":4: opens must be denied", ":5: a list's name"):
            self.assertIn(words, result.stderr)
        self.assertIn("1 added", result.stdout)


class Typed(Case):
    settings = {"people__fields": ["employees=number", "customer=flag", "renewal=date"]}

    def test_values_are_of_their_type_and_written_in_one_way(self):
        result = self.load("email,employees,customer,renewal\n"
                           "a@example.com, 0012 ,YES,2026-11-21T10:00:00Z\n"
                           "b@example.com,many,no,\nc@example.com,1,no,2026-02-30\n", status=2)
        self.assertIn(":3: employees: the value is no number", result.stderr)
        self.assertIn(":4: renewal: the value is no date", result.stderr)
        self.assertEqual(self.values("values", "a@example.com"),
                         {"employees": "12", "customer": "true", "renewal": "2026-11-21"})
        self.assertIn("1 the same", self.load(
            "email,employees,customer\na@example.com,12,1\n").stdout)

    def test_what_is_no_type_is_named(self):
        self.daemon.configure(people__fields=["employees=float"])
        result = self.daemon.waymark("prospect", "find", "a@example.com", check=False)
        self.assertRegex(result.stderr, r"waymark.json:\d+:\d+: people.fields\[0\]: ")


class Sharing(Case):
    settings = {"crm__share_field": "shared", "crm__share_value": "yes"}

    def test_only_records_that_take_part_are_taken(self):
        result = self.load("email,shared,company\na@example.com,YES,A\nb@example.com,no,B\n"
                           "c@example.com,,C\n")
        self.assertIn("1 added, 0 changed, 0 the same, 0 refused, 2 left out", result.stdout)
        for who in ("b@example.com", "c@example.com"):
            result = self.daemon.waymark("prospect", "find", who, check=False)
            self.assertEqual(result.returncode, 1)
        # Known to take part, so a list without that column is about them, too.
        self.load("email,city\na@example.com,Bonn\n")
        self.assertEqual(self.values("values", "a@example.com")["city"], "Bonn")
        result = self.load("email,shared,company\na@example.com,no,Changed\n")
        self.assertIn("1 that take part no more", result.stdout)
        self.assertEqual(self.values("values", "a@example.com"),
                         {"shared": "no", "city": "Bonn", "company": "A"})
        self.load("email,company\nd@example.com,D\n", "--own")
        self.assertEqual(self.values("values", "d@example.com"), {"company": "D"})


class Deliveries(Case):
    def setUp(self):
        super().setUp()
        self.out = os.path.join(self.daemon.directory, "crm")
        self.number = 0
        # One hour for all deliveries of a test, when all that it does is settled.
        later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=2)
        self.as_of = later.strftime("%Y-%m-%dT%H:00:00Z")
        self.daemon.start()
        path = os.path.join(self.daemon.directory, "form.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(FORM, file)
        self.daemon.waymark("form", "set", path)

    def click(self, address):
        self.assertEqual(self.daemon.click(self.daemon.link(SITE + "/p", "--to", address)).status,
                         302)

    def register(self, address):
        answer = self.daemon.request("POST", "/f/contact", {
            **BROWSER, "Origin": SITE, "Content-Type": "application/x-www-form-urlencoded"},
            body=urllib.parse.urlencode({"email": address}).encode())
        self.assertEqual((answer.status, answer.location), (303, SITE + "/thanks"))

    def deliver(self):
        """{file: rows} of what the next delivery holds."""
        result = self.daemon.waymark("summarize", "--as-of", self.as_of, "--out", self.out)
        if "nothing has changed" in result.stdout:
            return {}
        self.number += 1
        folder, files = os.path.join(self.out, f"{self.number:06}"), {}
        for name in os.listdir(folder):
            if name.endswith(".csv"):
                with open(os.path.join(folder, name), encoding="utf-8", newline="") as file:
                    files[name] = list(csv.DictReader(file))
        return files


class Delivered(Deliveries):
    def addresses(self, files, name):
        return {row["Email"] for row in files.get(name, [])}

    def test_everybody_is_what_the_crm_has_them_as(self):
        self.load("email,company,salesforce_contact,salesforce_lead,salesforce_account,opted_out\n"
                  f"a@customer.example,,{CONTACT},,{ACCOUNT},true\n"
                  f"b@customer.example,,,{LEAD},,\n"
                  f"c@example.com,,{OTHER_CONTACT},{LEAD},,\n")
        for who in ("a@customer.example", "b@customer.example", "c@example.com"):
            self.click(who)
        # Nobody has heard of these two; the company of one has an account.
        self.register("new@customer.example")
        self.register("new@elsewhere.example")
        self.register("b@customer.example")
        self.daemon.stop()
        files = self.deliver()
        self.assertEqual(self.addresses(files, "Contact.csv"),
                         {"a@customer.example", "c@example.com", "new@customer.example"})
        self.assertEqual(self.addresses(files, "Lead.csv"),
                         {"b@customer.example", "new@elsewhere.example"})
        accounts = {row["Email"]: row["AccountId"] for row in files["Contact.csv"]}
        self.assertEqual(accounts, {"a@customer.example": "", "c@example.com": "",
                                    "new@customer.example": ACCOUNT})
        by = {row["Email"]: (row["Waymark_Registered_By__c"], row["Waymark_Opted_Out__c"])
              for name in ("Lead.csv", "Contact.csv") for row in files[name]}
        self.assertEqual(by["new@elsewhere.example"], ("form:contact", "false"))
        self.assertEqual(by["a@customer.example"], ("#N/A", "true"))
        self.assertEqual(by["b@customer.example"][0], "#N/A")

    def test_who_was_merged_is_named_and_comes_back(self):
        self.click("a@example.com")
        self.click("b@example.com")
        self.daemon.wait_folded()
        self.load("email\na@example.com\nb@example.com\n")
        b, a = self.handle("b@example.com"), self.handle("a@example.com")
        self.daemon.stop()
        self.assertEqual(len(self.deliver()["Lead.csv"]), 2)
        self.daemon.waymark("prospect", "merge", "a@example.com", "b@example.com")
        files = self.deliver()
        self.assertEqual([(row["Waymark_Id__c"], row["Merged_Into"])
                          for row in files["merged.csv"]], [(b, a)])
        [lead] = files["Lead.csv"]
        self.assertEqual((lead["Waymark_Id__c"], lead["Waymark_Clicks__c"]), (a, "2"))
        self.assertNotIn("erased.csv", files)
        self.daemon.waymark("prospect", "unmerge", "b@example.com")
        files = self.deliver()
        self.assertEqual({row["Waymark_Id__c"]: row["Waymark_Clicks__c"]
                          for row in files["Lead.csv"]}, {a: "1", b: "1"})
        self.assertEqual(self.deliver(), {})


class HeldBack(Deliveries):
    settings = {"crm__share_field": "shared"}

    def test_who_takes_no_part_is_not_delivered(self):
        self.load(f"email,shared,salesforce_contact\na@example.com,true,{CONTACT}\n"
                  f"b@example.com,true,{OTHER_CONTACT}\n")
        self.click("a@example.com")
        self.click("b@example.com")
        self.register("new@example.com")
        self.daemon.stop()
        self.load("email,shared\nb@example.com,false\n")
        files = self.deliver()
        self.assertEqual([row["Email"] for row in files["Contact.csv"]], ["a@example.com"])
        self.assertEqual([row["Email"] for row in files["Lead.csv"]], ["new@example.com"])


class Duplicates(Case):
    def pairs(self, *arguments):
        done = self.daemon.waymark("prospect", "duplicates", "--json", *arguments)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_who_may_be_one_is_proposed_and_nobody_is_merged(self):
        for who in ("a.b@gmail.com", "ab+news@googlemail.com", "c@example.com",
                    "c+x@example.com", "d@example.com", "e@example.com", "f@example.com"):
            self.load(f"email\n{who}\n")
        self.load(f"email,salesforce_contact\nd@example.com,{CONTACT}\ne@example.com,{CONTACT}\n")
        self.load(f"email,salesforce_contact\nc+x@example.com,{OTHER_CONTACT}\n")
        # Alike twice over, and said once.
        self.load(f"email,salesforce_lead\nf@example.com,{LEAD}\nf+y@example.com,{LEAD}\n")
        before = len(self.daemon.events())
        found = {(pair["keep_email"], pair["other_email"]): pair["why"]
                 for pair in self.pairs("--reveal")}
        self.assertEqual(found, {
            ("a.b@gmail.com", "ab+news@googlemail.com"): "tag, dots, domain",
            # Whom the CRM has is kept.
            ("c+x@example.com", "c@example.com"): "tag",
            ("d@example.com", "e@example.com"): "id in the CRM",
            ("f@example.com", "f+y@example.com"): "id in the CRM, tag"})
        self.assertEqual({event["type"] for event in self.daemon.events()[before:]} - {"account"},
                         {"access"})
        after = len(self.daemon.events(type="access"))
        plain = self.daemon.waymark("prospect", "duplicates").stdout
        self.assertNotIn("@", plain)
        self.assertEqual(len(plain.splitlines()), 4)
        self.assertEqual(len(self.daemon.events(type="access")), after)
        self.daemon.waymark("prospect", "merge", "d@example.com", "e@example.com")
        self.assertEqual(len(self.pairs()), 3)

    def test_beside_a_server_and_over_many_pages(self):
        self.daemon.start()
        self.load("email\n" + "".join(f"p{n}@example.com\np{n}+t@example.com\n"
                                      for n in range(300)))
        self.assertEqual(len(self.pairs()), 300)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`prospect tokens`: the parts that a mailer's merge field puts into links; from a file or from
addresses, and what cannot be used is said and left out."""
import csv
import io
import json
import os
import unittest

from daemon import TRACKER, Daemon
from mint import PROSPECT_PART, SUBSCRIPTION, Keys, name_id

LIST = 'Email Address,Name,Notes\nAnn@Example.com ,"Suzuki, Ann",a\nbo@example.com,"Bo ""B""",\n'


class Tokens(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.daemon.__enter__()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.keys = Keys(self.daemon.instance)

    def part(self, address, mailing=bytes(8)):
        return self.keys.mint(PROSPECT_PART, self.keys.prospect_id(address) + mailing)

    def tokens(self, *arguments, text=None, status=0):
        answer = self.daemon.waymark("prospect", "tokens", *arguments, stdin=text, check=False)
        self.assertEqual(answer.returncode, status, answer.stderr)
        return answer

    def rows(self, *arguments, text=None, status=0):
        answer = self.tokens(*arguments, text=text, status=status)
        return list(csv.reader(io.StringIO(answer.stdout)))

    def test_a_file(self):
        path = os.path.join(self.daemon.directory, "people.csv")
        with open(path, "w", encoding="utf-8-sig") as file:
            file.write(LIST)
        self.assertEqual(self.rows(path), [
            ["email", "WAYMARK"],
            ["Ann@Example.com", self.part("ann@example.com")],
            ["bo@example.com", self.part("bo@example.com")]])
        self.assertEqual(self.daemon.waymark("prospect", "find", "bo@example.com",
                                             check=False).returncode, 1)

    def test_addresses(self):
        mailing = name_id("mailing", "2026-11", 8)
        self.assertEqual(self.rows("--mailing", "2026-11", "--column", "wm", "a@example.com",
                                   "b@example.com"),
                         [["email", "wm"],
                          ["a@example.com", self.part("a@example.com", mailing)],
                          ["b@example.com", self.part("b@example.com", mailing)]])
        line, = self.tokens("--json", "a@example.com").stdout.splitlines()
        self.assertEqual(json.loads(line),
                         {"email": "a@example.com", "WAYMARK": self.part("a@example.com")})

    def test_what_is_kept(self):
        rows = self.rows("--keep", "Name", "--keep", "Notes", "-", text=LIST)
        self.assertEqual(rows[0], ["email", "Name", "Notes", "WAYMARK"])
        self.assertEqual([row[1:3] for row in rows[1:]], [["Suzuki, Ann", "a"], ['Bo "B"', ""]])
        answer = self.tokens("--keep", "Phone", "-", text=LIST, status=1)
        self.assertIn('no column "Phone"', answer.stderr)
        self.assertEqual(answer.stdout, "")

    def test_in_an_object_of_attributes(self):
        text = 'email,attributes\na@example.com,"{""city"": ""Kyoto""}"\nb@example.com,\n'
        rows = self.rows("--attributes", "attributes", "--column", "waymark", "-", text=text)
        self.assertEqual(rows[0], ["email", "attributes"])
        self.assertEqual([json.loads(row[1]) for row in rows[1:]],
                         [{"city": "Kyoto", "waymark": self.part("a@example.com")},
                          {"waymark": self.part("b@example.com")}])
        answer = self.tokens("--attributes", "attributes", "-", status=2,
                             text="email,attributes\na@example.com,[]\n")
        self.assertIn("-:2: ", answer.stderr)

    def test_pages_of_a_list(self):
        header, row = self.rows("--unsubscribe=News", "a@example.com")
        self.assertEqual(header, ["email", "WAYMARK", "WAYMARK_S"])
        self.assertEqual(row[2], self.keys.mint(
            SUBSCRIPTION, self.keys.prospect_id("a@example.com") + name_id("list", "News", 4)))
        self.daemon.start()
        self.tokens("--unsubscribe=Offers", "a@example.com")
        answer = self.daemon.click(f"{TRACKER}/s/{row[2]}")
        self.assertEqual(answer.status, 200)
        self.assertIn("News", answer.body.decode())
        names = [event["name"] for event in self.daemon.events(type="name")]
        self.assertEqual(names, ["News", "Offers"])

    def test_bad_rows_are_said_and_the_others_done(self):
        text = "email\na@example.com\nnobody\n\"b@example.com\n"
        answer = self.tokens("-", text=text, status=2)
        self.assertEqual(len(answer.stdout.splitlines()), 2)
        self.assertIn("-:3: its e-mail address is missing or is none", answer.stderr)
        self.assertIn("-:4: ", answer.stderr)
        answer = self.tokens("--strict", "-", text=text, status=1)
        self.assertEqual(len(answer.stdout.splitlines()), 2)
        self.assertIn("stopped", answer.stderr)

    def test_what_is_asked_wrongly(self):
        for sentence, arguments, status in (
                ("the file is missing", [], 64),
                ("not an e-mail address", ["a@example.com", "people.csv"], 64),
                ("not both", ["people.csv", "a@example.com"], 64),
                ("nowhere.csv: No such file", ["./nowhere.csv"], 1),
                ("column of the addresses", ["--column", "email", "a@example.com"], 1),
                ("--mailing is not a name", ["--mailing", "", "a@example.com"], 1)):
            answer = self.tokens(*arguments, status=status)
            self.assertIn(sentence, answer.stderr)
            self.assertEqual(answer.stdout, "")


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""Two people who are one, and two again: handles, addresses, what is known, browsers and totals."""
import datetime
import json
import os
import random
import shutil
import signal
import subprocess
import unittest

import month
import summaries
from daemon import SITE, Daemon, wait_for
from sizes import size

PAGE = SITE + "/p"
A, B, C = "a@example.com", "b@example.com", "c@example.com"
PEOPLE = (f"email,company,city,salesforce_contact,opted_out\n"
          f"{A},Nord,,,\n{B},Süd,Bonn,003000000000001,true\n{C},,Ulm,,\n")


class Merge(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        path = os.path.join(self.daemon.directory, "people.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(PEOPLE)
        self.daemon.waymark("prospect", "import", path)

    def handle(self, address):
        return self.daemon.waymark("prospect", "find", address).stdout.strip()

    def show(self, who):
        shown = json.loads(self.daemon.waymark("prospect", "show", who).stdout)
        del shown["changed"]
        return shown

    def merge(self, keep, other, **options):
        return self.daemon.waymark("prospect", "merge", keep, other, **options)

    def unmerge(self, who, **options):
        return self.daemon.waymark("prospect", "unmerge", who, **options)

    def merges(self):
        return self.daemon.events("--type", "merge")


class Records(Merge):
    def test_one_person_has_what_is_known_of_both_and_two_have_what_they_had(self):
        before = {who: self.show(who) for who in (A, B)}
        self.merge(A, B)
        a, b = before[A]["prospect"], before[B]["prospect"]
        both = self.show(A)
        self.assertEqual(self.handle(B), a)
        self.assertEqual(both["fields"], {"company": "Nord", "city": "Bonn"})
        self.assertEqual(both["record"]["proposed"]["company"][0]["value"], "Süd")
        self.assertEqual(both["record"]["ids"]["salesforce_contact"]["value"], "003000000000001")
        self.assertIn("opted_out", both["record"]["suppressed"])
        self.assertEqual(both["merged"], [{"prospect": b, "email": B}])
        self.assertEqual(self.show(b)["merged_into"], a)
        [event] = self.merges()
        self.assertEqual((event["prospect"], event["other"], event["reason"]), (a, b, "operator"))
        self.assertIn("one person already", self.merge(A, B).stdout)
        self.unmerge(B)
        self.assertEqual({who: self.show(who) for who in (A, B)}, before)
        undone = self.merges()[-1]
        self.assertEqual((undone["refers"], undone["prospect"], undone["other"]),
                         (event["id"], a, b))
        self.assertEqual(len(self.merges()), 2)

    def test_what_comes_after_a_merge_is_the_survivors_and_stays(self):
        self.merge(A, B)
        path = os.path.join(self.daemon.directory, "more.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"email,phone\n{B},123\n")
        self.daemon.waymark("prospect", "import", path)
        self.assertEqual(self.show(A)["fields"]["phone"], "123")
        self.assertEqual(self.show(A)["email"], A)
        self.unmerge(B)
        self.assertEqual(self.show(A)["fields"], {"company": "Nord", "phone": "123"})
        self.assertEqual(self.show(B)["fields"], {"company": "Süd", "city": "Bonn"})

    def test_chains_are_undone_from_their_end(self):
        before = {who: self.show(who) for who in (A, B, C)}
        self.merge(B, C)
        self.merge(A, B)
        self.assertEqual({self.handle(who) for who in (A, B, C)}, {self.handle(A)})
        self.assertIn("undo that first", self.unmerge(before[C]["prospect"], check=False).stderr)
        self.unmerge(B)
        self.assertEqual(self.handle(C), self.handle(B))
        self.unmerge(C)
        self.assertEqual({who: self.show(who) for who in (A, B, C)}, before)

    def test_what_cannot_be_merged_says_why(self):
        for arguments, words in (
                (("merge", A, "nobody@example.com"), "other: nobody is known"),
                (("merge", A, "0" * 24), "other: nobody is known"),
                (("merge", A, "zzz"), "24 hexadecimal digits"),
                (("unmerge", A), "not merged into anybody"),
                (("merge", A, B, "--reason", "see x@example.com"), "reason: holds an e-mail")):
            result = self.daemon.waymark("prospect", *arguments, check=False)
            self.assertEqual(result.returncode, 1, arguments)
            self.assertIn(words, result.stderr)
        self.assertEqual(self.daemon.waymark("prospect", "merge", A, check=False).returncode, 64)
        self.assertEqual(self.merges(), [])
        b = self.handle(B)
        self.merge(A, B)
        self.assertIn("merged into somebody else",
                      self.merge(C, b, check=False).stderr + self.merge(b, C, check=False).stderr)
        self.assertEqual(len(self.merges()), 1)


class Browsers(Merge):
    def setUp(self):
        super().setUp()
        self.daemon.start()
        self.links = {who: self.daemon.link(PAGE, "--to", who, "--campaign", "autumn")
                      for who in (A, B)}

    def click(self, who, cookie=None):
        answer = self.daemon.click(self.links[who], {"Cookie": cookie})
        self.assertEqual(answer.status, 302)
        return answer.cookie or cookie

    def view(self, cookie):
        self.daemon.beacon(f"t=view&u={PAGE}", {"Cookie": cookie})

    def last(self, kind):
        return self.daemon.events("--type", kind)[-1]

    def test_the_other_s_link_and_browser_are_the_survivor_s_until_it_is_undone(self):
        mine, theirs = self.click(A), self.click(B)
        a, b = self.handle(A), self.handle(B)
        wait_for(lambda: len(self.daemon.bindings("--holds")) == 2)
        self.merge(A, B)
        self.view(theirs)
        self.assertEqual(self.last("view")["prospect"], a)
        # One person with two addresses: no conflict, whichever browser opens whichever link.
        self.click(B, mine)
        self.assertEqual(self.last("click")["prospect"], a)
        self.click(A, theirs)
        self.assertEqual(self.daemon.events("--type", "conflict"), [])
        self.unmerge(B)
        self.assertEqual(self.handle(B), b)
        self.view(theirs)
        self.assertEqual(self.last("view")["prospect"], b)
        self.click(B, theirs)
        self.assertEqual(self.last("click")["prospect"], b)
        self.click(B, mine)
        self.assertEqual(self.daemon.events("--type", "conflict")[-1]["other"], a)

    def test_it_holds_after_a_crash_and_a_start(self):
        theirs = self.click(B)
        a = self.handle(A)
        self.merge(A, B)
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(self.handle(B), a)
        self.view(theirs)
        self.assertEqual(self.last("view")["prospect"], a)

    def totals(self):
        self.daemon.waymark("summarize", "--as-of", self.as_of)
        return summaries.totals(self.daemon.instance)

    def test_totals_are_as_before_once_it_is_undone(self):
        mine, theirs = self.click(A), self.click(B)
        for cookie in (mine, theirs, theirs):
            self.view(cookie)
        wait_for(lambda: len(self.daemon.bindings("--holds")) == 2)
        self.daemon.stop(signal.SIGTERM)
        tomorrow = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
        self.as_of = tomorrow.strftime("%Y-%m-%dT%H:%M:%SZ")
        before = self.totals()
        b = self.handle(B)
        self.merge(A, B)
        merged = self.totals()
        self.assertNotEqual(summaries.differences(before, merged), [])
        self.unmerge(b)
        self.assertEqual(summaries.differences(before, self.totals()), [])
        self.merge(B, A)
        self.merged_again = self.totals()
        self.daemon.waymark("summarize", "--rebuild", "--as-of", self.as_of)
        self.assertEqual(summaries.differences(self.merged_again,
                                               summaries.totals(self.daemon.instance)), [])


class Month(unittest.TestCase):
    """Of a generated month's people some turn out to be one, some of these were not after all."""

    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def load(self, lines, name):
        path = os.path.join(self.daemon.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(lines)
        self.daemon.waymark("events", "import", "--source", "month", path)

    def totals(self, *arguments):
        self.daemon.waymark("summarize", "--as-of", self.as_of, *arguments)
        return summaries.totals(self.daemon.instance)

    def bind(self, made, people):
        rows = [f"{row['visitor']} {people[row['email']]} {row['evidence']} {row['time']} "
                f"{row['link'] or ''}\n" for row in made.bindings if row["email"] in people]
        subprocess.run([os.environ["WAYMARK_BIND_BROWSERS"],
                        os.path.join(self.daemon.instance, "data")],
                       input="".join(rows), text=True, check=True)

    def handles(self, lines):
        sent = {event["id"]: event["email"] for event in map(json.loads, lines)
                if event["type"] == "sent"}
        return {sent[event["source_id"]]: event["prospect"]
                for event in self.daemon.events(type="sent")}

    def test_totals_follow_and_come_back(self):
        chance = random.Random(11)
        path = os.path.join(self.daemon.directory, "month")
        made = month.write(path, events=size("merge_events"), seed=6)
        with open(path, encoding="utf-8") as file:
            lines = file.readlines()
        later = [line for line in lines if '"type":"sent"' not in line and chance.random() < 0.2]
        first = [line for line in lines if line not in set(later)]
        end = datetime.datetime.fromtimestamp(made.end // 1_000_000 + 3600, datetime.timezone.utc)
        self.as_of = end.strftime("%Y-%m-%dT%H:%M:%SZ")
        self.load(first, "first")
        people = self.handles(first)
        self.bind(made, people)
        before = self.totals()
        # Those who have a browser, by their addresses: handles are drawn anew each time.
        handles = [people[email] for email in sorted({row["email"] for row in made.bindings})
                   if email in people]
        chance.shuffle(handles)
        pairs = [(handles[3 * i], handles[3 * i + 1]) for i in range(8)]
        # Somebody of three addresses, and merges of merges.
        pairs += [(handles[3 * i + 2], handles[3 * i]) for i in range(4)]
        for keep, other in pairs:
            self.daemon.waymark("prospect", "merge", keep, other)
        merged = self.totals()
        self.assertNotEqual(summaries.differences(before, merged), [])
        self.assertEqual(summaries.differences(merged, self.totals("--rebuild")), [])
        for _, other in reversed(pairs):
            self.daemon.waymark("prospect", "unmerge", other)
        self.assertEqual(summaries.differences(before, self.totals()), [])
        for keep, other in pairs:
            self.daemon.waymark("prospect", "merge", keep, other)
        self.load(later, "later")
        for _, other in reversed(pairs[4:]):
            self.daemon.waymark("prospect", "unmerge", other)
        self.assertEqual(summaries.differences(self.totals(), self.totals("--rebuild")), [])


class Erased(Merge):
    def test_both_are_gone_and_either_can_come_anew(self):
        a, b = self.handle(A), self.handle(B)
        self.merge(A, B)
        self.daemon.waymark("prospect", "erase", B)
        for who in (A, B, a, b):
            self.assertEqual(self.daemon.waymark("prospect", "find", who,
                                                 check=False).returncode, 1, who)
        self.assertEqual({event["prospect"] for event in self.daemon.events(type="erase")},
                         {a, b})


class Restored(Merge):
    """people/ and the log are backed up apart, so one may know of a merge and the other not."""

    def setUp(self):
        super().setUp()
        self.data = os.path.join(self.daemon.instance, "data")

    def backup(self, name):
        folder = os.path.join(self.daemon.directory, name)
        people = folder + ".mdb"
        self.daemon.waymark("backup", "--people", people, folder)
        return folder, people

    def restore(self, folder, people):
        shutil.rmtree(self.data)
        os.mkdir(self.data, 0o700)
        self.daemon.waymark("restore", "--people", people, folder)

    def test_one_that_lacks_a_merge_is_told(self):
        a, b = self.handle(A), self.handle(B)
        before = self.backup("before")
        self.merge(A, B)
        after = self.backup("after")
        for log, people in ((before[0], after[1]), (after[0], before[1])):
            self.restore(log, people)
            self.merge(A, B)
            self.assertEqual(self.handle(B), a)
            self.assertEqual([(event["prospect"], event["other"]) for event in self.merges()],
                             [(a, b)])
            self.assertIn("one person already", self.merge(A, B).stdout)

    def test_who_is_erased_is_so_by_what_either_says(self):
        before = self.backup("before")
        a, b = self.handle(A), self.handle(B)
        self.merge(A, B)
        after = self.backup("after")
        self.restore(before[0], after[1])
        self.daemon.waymark("prospect", "erase", A)
        for who in (A, B, a, b):
            self.assertEqual(self.daemon.waymark("prospect", "find", who,
                                                 check=False).returncode, 1, who)

    def test_one_that_lacks_it_can_be_undone(self):
        a, b = self.handle(A), self.handle(B)
        before = self.backup("before")
        self.merge(A, B)
        after = self.backup("after")
        for log, people, merges in ((before[0], after[1], 0), (after[0], before[1], 2)):
            self.restore(log, people)
            self.unmerge(b)
            self.assertEqual((self.handle(A), self.handle(B)), (a, b))
            self.assertEqual(len(self.merges()), merges)
            self.assertEqual(self.unmerge(b, check=False).returncode, 1)


if __name__ == "__main__":
    unittest.main()

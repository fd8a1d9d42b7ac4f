# SPDX-License-Identifier: Apache-2.0
"""Erasing people, and everything that is looked for afterwards: bytes in all files, what a restored
backup brings back, what the identity key and the address in hand tell of the log."""
import base64
import csv
import hashlib
import hmac
import json
import os
import shutil
import unittest
import urllib.parse

import summaries
from daemon import BROWSER, SITE, Daemon, wait_for

ALICE, BOB, CAROL = "alice.adams@example.com", "bob.brown@example.com", "carol.clark@example.com"
NAMES = {ALICE: "Alicia Adamson", BOB: "Robert Brownlee", CAROL: "Carola Clarkson"}
OTHER = "a.adamson@elsewhere.example"  # a second address of Alice's, merged into the first
PHONES = {ALICE: "+44 7700 900111", BOB: "+44 7700 900222", CAROL: "+44 7700 900333"}
FORM = {"name": "contact", "success": SITE + "/thanks", "fields": [
    {"name": "email", "type": "email", "required": True},
    {"name": "phone", "type": "tel", "prefill": "own"}]}
LATER = "2099-01-01T00:00:00Z"


def forms_of(secret):
    """The byte strings that say @secret, or would be it again when they were decoded."""
    raw = secret if isinstance(secret, bytes) else secret.encode()
    forms = {raw, raw.hex().encode(), raw.hex().upper().encode()}
    for shift in range(3):  # wherever it stands in what was encoded
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"\0" * shift + raw)
            forms.add(text[-(-4 * shift // 3):len(text) // 4 * 4 - 4])
    if not isinstance(secret, bytes):
        forms |= {secret.encode("utf-16-le"), secret.replace(" ", "+").encode(),
                  secret.replace(" ", "%20").encode(), secret.replace("@", "%40").encode()}
    return {form for form in forms if len(form) >= 8}


def files_below(*folders):
    for folder in folders:
        for parent, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(parent, name)
                if os.path.isfile(path):
                    yield path


def places_of(secret, *folders):
    """The files that hold it in any form."""
    forms, found = forms_of(secret), []
    for path in files_below(*folders):
        with open(path, "rb") as file:
            content = file.read()
        if any(form in content for form in forms):
            found.append(path)
    return found


class People(unittest.TestCase):
    """Three people who are imported, and what is looked for."""

    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.data = os.path.join(self.daemon.instance, "data")
        self.out = self.path("crm")
        self.copies = self.path("copies")  # of people/
        self.backup = self.path("backup")
        os.mkdir(self.copies)
        self.import_people(*NAMES)
        self.handles = {address: self.handle(address) for address in NAMES}

    def path(self, name):
        return os.path.join(self.daemon.directory, name)

    def import_people(self, *arguments, **options):
        addresses = [one for one in arguments if not one.startswith("-")]
        rows = "".join(f"{address},{NAMES[address]},Example Works\n" for address in addresses)
        path = self.path("people.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write("email,name,company\n" + rows)
        more = [one for one in arguments if one.startswith("-")]
        result = self.daemon.waymark("prospect", "import", *more, path, **options)
        os.remove(path)
        return result

    def handle(self, address):
        return self.daemon.waymark("prospect", "find", address).stdout.strip()

    def mail_link(self, address):
        mail = f'<a href="{SITE}/prices">x</a>'
        done = self.daemon.waymark("rewrite", "--to", address, "--campaign", "autumn",
                                   "--mailing", "m1", stdin=mail)
        return done.stdout.split('"')[1]

    def visit(self, address):
        """A click whose query names the person, and two pages: their link and their cookie."""
        url = self.mail_link(address)
        cookie = self.daemon.click(f"{url}?to={address}&name={NAMES[address]}"
                                   .replace(" ", "+")).cookie
        for view_id, page in ((1, "/prices"), (2, "/contact")):
            view = f"t=view&v={view_id:016x}&u={SITE}{page}"
            self.assertEqual(self.daemon.beacon(view, {"Cookie": cookie}).status, 204)
        return url, self.post(address, cookie)

    def post(self, address, cookie):
        """They send a form in that browser; the cookie that it has then."""
        body = urllib.parse.urlencode({"email": address, "phone": PHONES[address]}).encode()
        headers = {**BROWSER, "Origin": SITE, "Sec-Fetch-Site": "same-site", "Cookie": cookie,
                   "Content-Type": "application/x-www-form-urlencoded"}
        answer = self.daemon.request("POST", "/f/contact", headers, body=body)
        self.assertEqual(answer.status, 303, answer)
        return answer.cookie or cookie

    def define_form(self):
        path = self.path("form.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(FORM, file)
        self.daemon.waymark("form", "set", path)

    def merge_other(self):
        path = self.path("other.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"email,city\n{OTHER},Winchester\n")
        self.daemon.waymark("prospect", "import", path)
        os.remove(path)
        self.other = self.handle(OTHER)
        self.daemon.waymark("prospect", "merge", ALICE, OTHER)
        self.assertEqual(self.handle(OTHER), self.handles[ALICE])

    def summarize(self, *arguments):
        return self.daemon.run("summarize", "--config", self.daemon.config_path, "--as-of", LATER,
                               *arguments)

    def erase(self, *people, **options):
        result = self.daemon.waymark("prospect", "erase", *people, **options)
        return json.loads(result.stdout) if result.returncode == 0 else result

    def key_of(self, address):
        """The bytes of the person's key."""
        reply = self.daemon.control("/api/v1/prospects/reveal",
                                    {"prospects": [self.handles[address]]})
        [text] = json.loads(reply.body)["keys"].values()
        return base64.urlsafe_b64decode(text + "=")

    def identity(self):
        with open(os.path.join(self.daemon.instance, "keys.json"), encoding="utf-8") as file:
            text = json.load(file)["identity"]
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    def ids_of(self, address):
        """Prospect id and mark, as anybody with the identity key computes them."""
        def mac(kind, value):
            return hmac.new(self.identity(), kind + b"\0" + value, hashlib.sha256).digest()
        prospect = mac(b"prospect", address.encode())[:12]
        return prospect, mac(b"erased", prospect)

    def expect_nowhere(self, address, key, *folders):
        for secret in (address, NAMES[address], PHONES[address], key, self.ids_of(address)[0]):
            self.assertEqual(places_of(secret, *folders), [], secret)

    def rows(self, number, name):
        path = os.path.join(self.out, f"{number:06}", name)
        with open(path, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


class Erase(People):
    def begin(self):
        """Three people who did the same; delivered, summarized, backed up."""
        self.daemon.start()
        self.define_form()
        self.links = {address: self.visit(address) for address in NAMES}
        self.daemon.wait_folded()
        self.merge_other()
        self.keys = {address: self.key_of(address) for address in NAMES}
        self.summarize("--out", self.out)
        self.daemon.waymark("backup", self.backup, "--people", self.copies)

    def check_export(self):
        """All of it, once, on the record; and nothing of others."""
        text = self.daemon.waymark("prospect", "export", OTHER).stdout
        held = json.loads(text)
        person = held["person"]
        self.assertEqual((person["email"], person["prospect"]), (ALICE, self.handles[ALICE]))
        name = person["record"]["values"]["name"]
        self.assertEqual((name["value"], name["source"]), (NAMES[ALICE], "import"))
        self.assertEqual([one["email"] for one in person["merged"]], [OTHER])
        self.assertEqual([row["values"]["phone"] for row in held["typed"]], [PHONES[ALICE]])
        types = [event["type"] for event in held["events"]]
        for kind, count in (("click", 1), ("view", 2), ("submit", 1)):
            self.assertEqual(types.count(kind), count, types)
        [click] = [event for event in held["events"] if event["type"] == "click"]
        self.assertIn("Alicia", json.dumps(click["query_sealed"]))
        self.assertIn(PHONES[ALICE], json.dumps(held["events"]))
        self.assertEqual(len({row["visitor"] for row in held["bindings"]}), 1)
        self.assertEqual(held["summary"]["all"]["views"], 2)
        self.assertIn("Lead.csv", {row["file"] for row in held["deliveries"]})
        self.assertEqual(held["people_copies"], [os.path.join(self.copies, "people.mdb")])
        for address in (BOB, CAROL):
            self.assertNotIn(address, text)
            self.assertNotIn(self.handles[address], text)
        [access] = [event for event in self.daemon.events(type="access")
                    if event["reason"] == "export"]
        self.assertEqual((access["actor"], access["prospect"]), ("owner", self.handles[ALICE]))

    def check_before(self):
        revealed = self.daemon.waymark("events", "--reveal", "--prospect", ALICE).stdout
        self.assertIn(ALICE, revealed)
        self.assertIn("Alicia", revealed)
        show = self.daemon.waymark("prospect", "show", ALICE).stdout
        self.assertIn(NAMES[ALICE], show)
        for secret in (ALICE, NAMES[ALICE], PHONES[ALICE], OTHER, *self.ids_of(ALICE)):
            for place in ("events", "state", "summary"):
                self.assertEqual(places_of(secret, os.path.join(self.data, place)), [])
        for folder in (self.out, self.copies, os.path.join(self.data, "people")):
            self.assertNotEqual(places_of(ALICE, folder), [], folder)

    def check_attack(self):
        """Identity key and addresses in hand: two were erased, and nothing tells which events are
        whose. What is kept of the addresses stands in order of the marks, where no handle is."""
        prospects, marks = zip(*(self.ids_of(address) for address in (ALICE, BOB, OTHER)))
        everywhere = (self.daemon.instance, self.out, self.copies, self.backup)
        for prospect in prospects:
            self.assertEqual(places_of(prospect, *everywhere), [])
        beside = os.path.join(self.daemon.instance, "keys.json.erased")
        with open(beside, encoding="utf-8") as file:
            self.assertEqual(file.read().split("\n"),
                             ["waymark erased 1", *sorted(mark.hex() for mark in marks), ""])
        kept = {path for mark in marks for path in places_of(mark, *everywhere)}
        people = os.path.join(self.data, "people", "data.mdb")
        self.assertEqual(kept, {beside, people, os.path.join(self.copies, "people.mdb")})
        for path in kept:
            for handle in (self.handles[ALICE], self.handles[BOB], self.other):
                self.assertNotIn(path, places_of(bytes.fromhex(handle), os.path.dirname(path)))
        erased = self.daemon.events(type="erase")
        self.assertEqual({event["prospect"] for event in erased},
                         {self.handles[ALICE], self.handles[BOB], self.other})
        for event in erased:
            self.assertEqual([event[name] for name in ("ip", "agent", "url", "visitor")],
                             [None] * 4)
        # No key that is left opens anything of theirs.
        revealed = self.daemon.waymark("events", "--reveal").stdout
        self.assertIn(CAROL, revealed)
        for address in (ALICE, BOB):
            self.assertNotIn(address, revealed)
            self.assertNotIn(NAMES[address].split()[0], revealed)

    def check_old_link(self, address):
        """It leads where it did, is counted for its campaign, and is nobody's; also in the browser
        that was theirs."""
        url, cookie = self.links[address]
        count = len(self.daemon.events(type="click"))
        for headers in ({}, {"Cookie": cookie}):
            answer = self.daemon.click(url, headers)
            self.assertEqual((answer.status, answer.location), (302, f"{SITE}/prices"))
        wait_for(lambda: len(self.daemon.events(type="click")) == count + 2)
        for event in self.daemon.events(type="click")[count:]:
            self.assertEqual((event["prospect"], event["visitor"], event["campaign"]),
                             (None, None, "autumn"))

    def check_form(self, address):
        """Whoever types an erased address is nobody known: it may be a stranger."""
        count = len(self.daemon.events(type="submit"))
        self.post(address, "")
        wait_for(lambda: len(self.daemon.events(type="submit")) == count + 1)
        self.assertIsNone(self.daemon.events(type="submit")[-1]["prospect"])
        self.assertEqual(places_of(address, self.data), [])

    def check_totals(self, before):
        self.assertEqual(summaries.differences(before, summaries.totals(self.daemon.instance)), [])

    def check_restored(self, old_people):
        """The backup and the copy of people/ from before, into an empty data directory."""
        self.assertEqual(self.daemon.stop(), 0)
        shutil.rmtree(self.data)
        os.mkdir(self.data, 0o700)
        self.daemon.waymark("restore", self.backup, "--people", old_people)
        for address in (ALICE, BOB):
            self.expect_nowhere(address, self.keys[address], self.data)
        self.assertEqual(places_of(OTHER, self.data), [])
        self.assertEqual({event["prospect"] for event in self.daemon.events(type="erase")},
                         {self.handles[ALICE], self.handles[BOB], self.other})
        self.assertEqual(self.handle(CAROL), self.handles[CAROL])
        self.daemon.start()
        self.check_old_link(ALICE)
        for address in (ALICE, BOB):
            self.expect_nowhere(address, self.keys[address], self.data)

    def check_anew(self):
        refused = self.import_people(ALICE, check=False)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("this person was erased", refused.stderr)
        new = self.daemon.waymark("prospect", "anew", ALICE).stdout.strip()
        self.assertIn("1 changed", self.import_people(ALICE).stdout)
        self.assertEqual(self.handle(ALICE), new)
        self.assertIn("1 added", self.import_people(BOB, "--anew").stdout)
        self.assertNotIn(self.handle(BOB), self.handles.values())
        self.assertNotIn(new, self.handles.values())
        shown = json.loads(self.daemon.waymark("prospect", "show", BOB).stdout)
        self.assertEqual(shown["fields"], {"name": NAMES[BOB], "company": "Example Works"})
        count = len(self.daemon.events(type="click"))
        self.assertEqual(self.daemon.click(self.mail_link(ALICE)).status, 302)
        wait_for(lambda: len(self.daemon.events(type="click")) == count + 1)
        self.assertEqual(self.daemon.events(type="click")[-1]["prospect"], new)
        # And for good: neither a start nor its check of the marks erases them again.
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        self.assertEqual(self.handle(ALICE), new)

    def test_nothing_ties_anything_to_an_erased_person(self):
        self.begin()
        self.check_before()
        self.check_export()
        old_people = self.path("old-people.mdb")
        shutil.copy(os.path.join(self.copies, "people.mdb"), old_people)
        self.summarize()
        before = summaries.totals(self.daemon.instance)
        record = self.erase(ALICE, BOB, "--reason", "request")
        for address in (ALICE, BOB):
            self.expect_nowhere(address, self.keys[address], self.daemon.instance, self.out,
                                self.copies, self.backup)
        self.assertEqual([one["status"] for one in record["people"]], ["erased", "erased"])
        self.assertEqual([set(one["marks"]) for one in record["people"]],
                         [{self.ids_of(address)[1].hex() for address in addresses}
                          for addresses in ((ALICE, OTHER), (BOB,))])
        self.assertEqual(places_of(OTHER, self.daemon.instance, self.copies), [])
        self.assertEqual(record["people_copies"],
                         [{"path": os.path.join(self.copies, "people.mdb"), "people": 1}])
        self.assertGreater(record["deliveries"][0]["rows"], 2)
        self.assertNotIn(self.handles[ALICE], json.dumps(record))
        self.check_attack()
        self.summarize("--out", self.out)
        self.check_totals(before)
        self.summarize("--rebuild")
        self.check_totals(before)
        self.assertEqual({list(row.values())[0] for row in self.rows(2, "erased.csv")},
                         {self.handles[ALICE], self.handles[BOB]})
        self.assertNotEqual(places_of(CAROL, self.out), [])
        self.check_old_link(ALICE)
        self.check_form(ALICE)
        self.check_restored(old_people)
        self.check_anew()

    def test_who_is_not_known_is_said_and_nobody_is_erased(self):
        result = self.erase(ALICE, "nobody@example.com", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("nobody is known by the address given as number 2", result.stderr)
        self.assertEqual(self.handle(ALICE), self.handles[ALICE])
        self.erase(self.handles[ALICE])
        again = self.erase(ALICE)
        self.assertEqual(again["people"][0]["status"], "erased before")
        result = self.daemon.waymark("prospect", "anew", BOB, check=False)
        self.assertIn("known, not erased", result.stderr)

    def test_a_delivery_that_cannot_be_cleaned_stops_it_before_anything_is_erased(self):
        self.daemon.start()
        self.define_form()
        self.visit(ALICE)
        self.daemon.wait_folded()
        self.summarize("--out", self.out)
        lead = os.path.join(self.out, "000001", "Lead.csv")
        os.rename(lead, lead + ".kept")
        os.mkdir(lead + ".d")
        os.symlink("nowhere", lead)
        result = self.erase(ALICE, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("nobody was erased yet", result.stderr)
        self.assertEqual(self.handle(ALICE), self.handles[ALICE])
        os.remove(lead)
        os.rename(lead + ".kept", lead)
        self.erase(ALICE)
        self.assertEqual(places_of(ALICE, self.daemon.instance, self.out), [])
        # What is gone as a whole is forgotten.
        shutil.rmtree(self.out)
        self.assertEqual(self.erase(BOB)["deliveries"], [{"path": self.out, "absent": True}])

    def test_a_copy_that_is_gone_is_said_once_and_holds_nobody_up(self):
        """Also with the folder that it was in; and what a killed copy left goes with it."""
        folder = self.path("exports")
        os.mkdir(folder)
        out, copy = os.path.join(folder, "crm"), os.path.join(self.copies, "people.mdb")
        self.summarize("--out", out)
        self.daemon.waymark("backup", self.backup, "--people", self.copies)
        shutil.rmtree(folder)
        os.rename(copy, copy + ".new")
        done = self.daemon.waymark("prospect", "erase", ALICE)
        record = json.loads(done.stdout)
        self.assertEqual((record["deliveries"], record["people_copies"]),
                         ([{"path": out, "absent": True}], [{"path": copy, "absent": True}]))
        self.assertEqual(places_of(ALICE, self.daemon.instance, self.copies), [])
        for path in (out, copy):
            self.assertIn(f"{path} is not there", done.stderr)
        done = self.daemon.waymark("prospect", "erase", BOB)
        self.assertNotIn("is not there", done.stderr)


class Killed(People):
    """The server ends in the middle of an erasure, and the next start brings that to its end."""

    def test_an_erasure_is_brought_to_its_end_by_the_next_start(self):
        self.daemon.start()
        blocked = os.path.join(self.data, "people.compact")
        with open(blocked, "wb"):
            pass  # people/ cannot be written anew: as on a full disk
        answer = self.daemon.control("/api/v1/prospects/erase", {"people": [{"email": ALICE}]})
        self.assertEqual(answer.status, 503, answer)
        self.assertEqual(self.daemon.kill(), -9)
        os.remove(blocked)
        self.daemon.start()
        self.assertEqual(places_of(ALICE, self.daemon.instance), [])
        handle = bytes.fromhex(self.handles[ALICE])
        self.assertEqual(places_of(handle, os.path.join(self.data, "people")), [])
        self.assertIn(self.handles[ALICE],
                      {event["prospect"] for event in self.daemon.events(type="erase")})
        self.assertEqual(self.erase(ALICE)["people"][0]["status"], "erased before")

    def test_a_mark_beside_the_keys_is_enough(self):
        """It is written first: with it, and nothing else, the next start erases."""
        mark = self.ids_of(ALICE)[1]
        path = os.path.join(self.daemon.instance, "keys.json.erased")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write(f"waymark erased 1\n{mark.hex()}\n")
        self.daemon.start()
        self.assertEqual(places_of(ALICE, self.daemon.instance), [])
        self.assertEqual([event["prospect"] for event in self.daemon.events(type="erase")],
                         [self.handles[ALICE]])
        self.assertEqual(self.handle(BOB), self.handles[BOB])


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""Who a browser is taken for, as real browsers live through it: a mail that is passed on, a
computer that two share, a link that leaks, and what an operator takes back.
"""
import unittest

import daemon
from scene import Scene, tag
from sizes import size

LEAKED_FROM = 8  # browsers, in four networks


class People(Scene):
    def setUp(self):
        super().setUp()
        self.page = self.put(tag())

    def arrive(self, person, reader=None, link=None):
        """(reader, click): they follow a link of @person's, or @link, to a page."""
        reader = reader or self.reader()
        seen = len(self.events("click"))
        self.click(reader, link or self.link(person, self.page))
        return reader, self.wait(seen + 1, "click")[-1]

    def owner(self, reader):
        view = self.view(reader)
        self.assertEqual(view["visitor"], self.visitor(reader))
        return view["prospect"], view["evidence"]

    def bindings(self, reader):
        """[event, state] of those of a browser, as the command lists them, once they are folded."""
        rows = self.tracker.waymark("binding", "list", "--visitor", self.visitor(reader)).stdout
        return [[row.split("\t")[0], row.split("\t")[-1]] for row in rows.splitlines()]

    def wait_bindings(self, reader, count):
        return daemon.wait_for(
            lambda: len(self.bindings(reader)) == count and self.bindings(reader))


class Forwarded(People):
    def test_whoever_is_known_stays_who_they_are(self):
        owner, colleague = self.person(), self.person()
        link = self.link(owner, self.page)
        first, _ = self.arrive(owner, link=link)
        second, _ = self.arrive(colleague)
        theirs = self.visitor(second)
        _, click = self.arrive(None, second, link)
        self.assertEqual((click["prospect"], click["visitor"]), (self.handle(owner), theirs))
        [conflict] = self.wait(1, "conflict")
        self.assertEqual((conflict["visitor"], conflict["prospect"]),
                         (theirs, self.handle(owner)))
        self.assertEqual(self.owner(second), (self.handle(colleague), "claim"))
        self.assertEqual(self.owner(first), (self.handle(owner), "claim"))
        self.assertEqual(self.visitor(second), theirs)
        self.assertEqual(len(self.events("bind")), 2)

    def test_a_stranger_is_taken_for_the_owner_as_far_as_a_claim_goes(self):
        owner, stranger = self.person(), self.person()
        link = self.link(owner, self.page)
        first, _ = self.arrive(owner, link=link)
        second, _ = self.arrive(None, link=link)
        self.assertNotEqual(self.visitor(first), self.visitor(second))
        self.assertEqual(self.owner(second), (self.handle(owner), "claim"))
        # Their own mail afterwards is a conflict, which an operator can see and undo.
        _, click = self.arrive(stranger, second)
        self.assertEqual(click["prospect"], self.handle(stranger))
        [conflict] = self.wait(1, "conflict")
        self.assertEqual((conflict["visitor"], conflict["prospect"]),
                         (self.visitor(second), self.handle(stranger)))
        [[number, _]] = self.wait_bindings(second, 1)
        self.tracker.waymark("binding", "undo", number)
        self.wait(1, "unbind")
        self.arrive(stranger, second)
        self.assertEqual(self.owner(second), (self.handle(stranger), "claim"))
        self.assertEqual(self.owner(first), (self.handle(owner), "claim"))


class Shared(People):
    def test_two_who_read_their_mail_on_one_computer(self):
        one, other = self.person(), self.person()
        reader, _ = self.arrive(one)
        visitor = self.visitor(reader)
        _, click = self.arrive(other, reader)
        self.assertEqual((click["prospect"], click["visitor"]), (self.handle(other), visitor))
        [conflict] = self.wait(1, "conflict")
        self.assertEqual(conflict["visitor"], visitor)
        self.assertEqual(self.owner(reader), (self.handle(one), "claim"))


    def log_in(self, reader, person):
        """The page tells the proof that the site has signed for this browser; the login, once the
        browser has the cookie that came of it."""
        seen = len(self.events("login"))
        self.show(reader, self.page)
        visitor = daemon.wait_for(lambda: self.visitor(reader))
        reader.evaluate(f"waymark('identify', '{self.proof(person, visitor)}')")
        login = self.wait(seen + 1, "login")[-1]
        daemon.wait_for(lambda: self.visitor(reader) == login["visitor"])
        return login

    def visitors_of(self, person):
        told = self.tracker.events("--prospect", self.handle(person), "--after", str(self.after))
        return {event["visitor"] for event in told} - {None}

    def test_two_who_log_in_on_one_computer(self):
        """The second begins under another id; what the first did stays the first's."""
        one, other = self.person(), self.person()
        reader = self.reader()
        first = self.log_in(reader, one)
        self.assertEqual(self.owner(reader), (self.handle(one), "proof"))
        stale = self.proof(other, first["visitor"])
        second = self.log_in(reader, other)
        self.assertNotEqual(second["visitor"], first["visitor"])
        self.assertEqual(self.owner(reader), (self.handle(other), "proof"))
        # The first again is neither the second nor an id that the second's browser had.
        third = self.log_in(reader, one)
        self.assertNotIn(third["visitor"], (first["visitor"], second["visitor"]))
        self.assertEqual(self.owner(reader), (self.handle(one), "proof"))
        self.assertEqual([(bind["visitor"], bind["prospect"]) for bind in self.events("bind")],
                         [(login["visitor"], self.handle(person)) for login, person in
                          ((first, one), (second, other), (third, one))])
        self.assertEqual(self.events("conflict", "unbind"), [])
        # A proof for an id that the browser has no longer is worth nothing in it.
        reader.evaluate(f"waymark('identify', '{stale}')")
        self.settle(reader)
        self.assertEqual(len(self.events("login")), 3)
        for person, visitors in ((one, {first["visitor"], third["visitor"]}),
                                 (other, {second["visitor"]})):
            # Who an event is of is found by what has been folded.
            daemon.wait_for(lambda who=person, theirs=visitors: self.visitors_of(who) == theirs)


class Leaked(People):
    READERS = size("leaked_readers")

    def test_many_readers_of_one_link(self):
        person = self.person()
        link = self.link(person, self.page)
        stays = (0, 1, LEAKED_FROM - 1, self.READERS - 1)
        readers = []
        for number in range(self.READERS):
            reader = self.browser.profile(network=f"198.51.{number % 10}.{number}")
            self.assertEqual(reader.open(link)["url"], self.page)
            if number in stays:
                readers.append(reader)
                self.addCleanup(reader.end)
            else:
                reader.end()
        clicks = self.wait(self.READERS, "click")
        self.assertEqual(len({click["visitor"] for click in clicks}), self.READERS)
        self.assertEqual(len({click["ip"] for click in clicks}), 10)
        self.assertEqual({click["prospect"] for click in clicks}, {self.handle(person)})
        [unbind] = self.wait(1, "unbind")
        self.assertEqual((unbind["reason"], unbind["prospect"]), ("leaked", self.handle(person)))
        self.assertEqual(len(self.events("bind")), LEAKED_FROM - 1)
        self.wait_bindings(readers[1], 1)
        # The first keeps what they are; nobody else is taken for the owner.
        self.assertEqual(self.owner(readers[0]), (self.handle(person), "claim"))
        for reader in readers[1:]:
            self.assertEqual(self.owner(reader), (None, None))
        # It still leads where it led, and another mail to the same person is believed.
        fresh = self.reader(network="203.0.113.7")
        self.assertEqual(self.click(fresh, link)["url"], self.page)
        self.assertEqual(self.owner(fresh), (None, None))
        self.arrive(person, fresh)
        self.assertEqual(self.owner(fresh), (self.handle(person), "claim"))


class Undone(People):
    def of_person(self, person):
        """What is told of a person: the types of the events, oldest first."""
        lines = self.tracker.events("--prospect", self.handle(person), "--after", str(self.after))
        return [event["type"] for event in lines]

    def test_what_came_before_comes_along_and_goes_again(self):
        person = self.person()
        link = self.link(person, self.page)
        reader = self.reader()
        before = self.view(reader)
        self.assertEqual((before["prospect"], before["visitor"]), (None, self.visitor(reader)))
        self.arrive(person, reader, link)
        self.view(reader)
        [[number, state]] = self.wait_bindings(reader, 1)
        self.assertEqual(state, "holds")
        # Of the page that was opened before, of the one that the link led to, and of the last one.
        daemon.wait_for(lambda: self.of_person(person).count("view") == 3)
        known = self.of_person(person)
        self.assertEqual(known[:1] + known[-1:], ["view", "view"])
        self.assertEqual(known.count("click"), 1)
        self.tracker.waymark("binding", "undo", "--reason", "forwarded", number)
        self.wait(1, "unbind")
        daemon.wait_for(lambda: self.bindings(reader)[0][1] != "holds")
        self.assertNotIn("view", self.of_person(person))
        self.assertEqual(self.owner(reader), (None, None))
        # Neither does the mail that tied it, read again.
        self.arrive(person, reader, link)
        self.assertEqual(self.owner(reader), (None, None))

    def test_a_reader_who_wants_to_be_forgotten(self):
        person = self.person()
        link = self.link(person, self.page)
        reader, click = self.arrive(person, link=link)
        self.assertEqual(self.owner(reader), (self.handle(person), "claim"))
        reader.evaluate("waymark('forget')")
        [unbind] = self.wait(1, "unbind")
        self.assertEqual((unbind["reason"], unbind["visitor"]), ("forget", click["visitor"]))
        daemon.wait_for(lambda: self.visitor(reader) is None)
        self.assertEqual(self.owner(reader), (None, None))
        self.assertNotEqual(self.visitor(reader), click["visitor"])


del People

if __name__ == "__main__":
    unittest.main()

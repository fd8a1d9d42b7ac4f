# SPDX-License-Identifier: Apache-2.0
"""Which browser is whose: what a click claims, what others' links and leaked links do, what undoing
takes back, and that all of it comes out of the log again."""
import json
import os
import shutil
import signal
import unittest

import mint
from daemon import SITE, Daemon, wait_for

PAGE = SITE + "/p"
MACHINE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


class Bindings(unittest.TestCase):
    settings = {}

    def setUp(self):
        self.daemon = Daemon(**self.settings)
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.daemon.start()
        self.keys = mint.Keys(self.daemon.instance)
        self.url = self.daemon.link(PAGE, "--to", "a@example.com", "--campaign", "autumn")
        self.other = self.daemon.link(PAGE, "--to", "b@example.com", "--campaign", "autumn")
        self.seen = self.last()

    def last(self):
        return self.daemon.events()[-1]["seq"]

    def new_events(self):
        events = self.daemon.events("--after", str(self.seen))
        self.seen = events[-1]["seq"] if events else self.seen
        return events

    def click(self, url=None, cookie=None, network=None, **headers):
        """The answer of a browser that has @cookie, in @network."""
        answer = self.daemon.click(url or self.url, {
            "Cookie": cookie, "X-Forwarded-For": network, **headers})
        self.assertEqual((answer.status, answer.location), (302, PAGE))
        return answer

    def view(self, cookie, page=PAGE):
        answer = self.daemon.beacon(f"t=view&u={page}", {"Cookie": cookie})
        self.assertEqual(answer.status, 204)
        return answer

    def handle(self, address="a@example.com"):
        return self.daemon.waymark("prospect", "find", address).stdout.strip()

    def visitor(self, cookie):
        return mint.decode(cookie.split("=", 1)[1])[1:17].hex()

    def bindings(self, count, *arguments):
        """As many as there must be, once they are folded."""
        def found():
            rows = self.daemon.bindings(*arguments)
            return rows if len(rows) == count else None
        return wait_for(found) if count else self.daemon.bindings(*arguments)

    def holds(self, count, *arguments):
        return self.bindings(count, "--holds", *arguments)

    def state_of(self, number):
        return [row["state"] for row in self.daemon.bindings() if row["event"] == str(number)][0]


class Claims(Bindings):
    def test_a_click_claims_its_browser_once(self):
        cookie = self.click().cookie
        click, bind = self.new_events()
        self.assertEqual((click["type"], bind["type"]), ("click", "bind"))
        self.assertEqual(bind["refers"], click["id"])
        for name in ("visitor", "prospect", "evidence", "link", "ip", "tracker", "time"):
            self.assertEqual(bind[name], click[name], name)
        self.assertEqual(click["evidence"], "claim")
        self.click(cookie=cookie)
        self.assertEqual([event["type"] for event in self.new_events()], ["click"])
        [row] = self.bindings(1)
        self.assertEqual((row["event"], row["visitor"], row["prospect"], row["evidence"],
                          row["link"], row["state"]),
                         (str(bind["seq"]), self.visitor(cookie), self.handle(), "claim",
                          click["link"], "holds"))

    def test_a_known_browser_keeps_its_person_on_another_ones_link(self):
        cookie = self.click().cookie
        self.new_events()
        answer = self.click(self.other, cookie)
        self.assertIsNone(answer.cookie)
        click, conflict = self.new_events()
        theirs = self.handle("b@example.com")
        self.assertEqual((click["type"], click["prospect"]), ("click", theirs))
        self.assertEqual((conflict["type"], conflict["prospect"], conflict["other"]),
                         ("conflict", theirs, self.handle()))
        self.assertEqual((conflict["refers"], conflict["visitor"]),
                         (click["id"], self.visitor(cookie)))
        self.view(cookie)
        [view] = self.new_events()
        self.assertEqual((view["prospect"], view["evidence"]), (self.handle(), "claim"))
        self.assertEqual(len(self.bindings(1)), 1)

    def test_a_page_view_carries_the_person_of_its_browser(self):
        cookie = self.click().cookie
        self.view(cookie)
        *_, view = self.new_events()
        self.assertEqual((view["type"], view["prospect"], view["evidence"]),
                         ("view", self.handle(), "claim"))

    def test_nothing_but_a_navigation_of_a_person_binds(self):
        known = self.click(self.other).cookie
        self.bindings(1)
        self.new_events()
        for headers in ({"Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors"},
                        {"Sec-Fetch-Dest": "iframe"}, {"Sec-Fetch-Mode": "cors"},
                        {"User-Agent": MACHINE}, {"Sec-GPC": "1"}):
            for cookie in (None, known):
                self.click(cookie=cookie, **headers)
        self.daemon.click(self.url, method="HEAD")
        self.daemon.click(self.url, {"Sec-Purpose": "prefetch"})
        self.assertEqual({event["type"] for event in self.new_events()}, {"click", "probe"})
        self.assertEqual(len(self.bindings(1)), 1)

    def test_a_self_contained_link_claims_by_its_campaign(self):
        payload = mint.name_id("campaign", "autumn", 4) + self.keys.prospect_id("c@example.com")
        token = self.keys.mint(mint.SELF_CONTAINED, payload + PAGE.encode())
        self.click("http://localhost:8080/u/" + token)
        _, bind = self.new_events()
        self.assertEqual((bind["type"], bind["campaign"], bind.get("link")),
                         ("bind", "autumn", None))
        [row] = self.bindings(1)
        self.assertEqual(row["link"], mint.name_id("campaign", "autumn", 4).hex() + "00000000")

    def test_two_persons_of_one_browser_before_anything_is_folded(self):
        """The second click must know of the first, however soon it comes."""
        cookie = self.click().cookie
        for _ in range(20):
            self.click(self.other, cookie)
        kinds = [event["type"] for event in self.new_events()]
        self.assertEqual((kinds.count("bind"), kinds.count("conflict")), (1, 20))


class Undone(Bindings):
    def test_what_came_before_attaches_and_detaches(self):
        cookie = self.view(None, PAGE + "/before").cookie
        self.view(cookie, PAGE + "/before2")
        self.click(cookie=cookie)
        self.view(cookie, PAGE + "/after")
        [row] = self.holds(1)
        handle = self.handle()
        found = self.daemon.events("--prospect", handle)
        self.assertEqual([(event["type"], event.get("attached", False)) for event in found],
                         [("view", True), ("view", True), ("click", False), ("bind", False),
                          ("view", False)])
        self.assertEqual(self.daemon.events("--prospect", "a@example.com"), found)
        self.assertIn("is undone", self.daemon.waymark("binding", "undo", row["event"]).stdout)
        self.assertEqual([event["type"] for event in self.daemon.events("--prospect", handle)],
                         ["click", "bind", "unbind"])
        unbind = self.daemon.events(type="unbind")[0]
        self.assertEqual((unbind["reason"], unbind["actor"]), ("operator", "owner"))
        self.assertTrue(unbind["refers"].endswith("-" + row["event"]))
        self.assertEqual(self.state_of(row["event"]), f"undone by {unbind['seq']}: operator")

    def test_a_view_is_not_passed_over_while_its_binding_is_not_folded(self):
        self.click()
        handle = self.handle()
        for _ in range(5):
            cookie = self.click().cookie
            self.view(cookie)
            os.kill(self.daemon.process.pid, signal.SIGSTOP)
            try:
                found = self.daemon.events("--prospect", handle)
                views = self.daemon.events("--prospect", handle, "--type", "view")
            finally:
                os.kill(self.daemon.process.pid, signal.SIGCONT)
            self.assertEqual([event["type"] for event in found[-3:]], ["click", "bind", "view"])
            self.assertEqual(views[-1:], found[-1:])

    def test_the_browser_is_nobodys_then(self):
        cookie = self.click().cookie
        [row] = self.holds(1)
        result = self.daemon.waymark("binding", "undo", "--reason", "forwarded",
                                     "n1.1-" + row["event"])
        self.assertIn(self.visitor(cookie), result.stdout)
        self.assertIn("before", self.daemon.waymark("binding", "undo", row["event"]).stdout)
        self.assertEqual(len(self.daemon.events(type="unbind")), 1)
        self.new_events()
        self.view(cookie)
        [view] = self.new_events()
        self.assertEqual((view["prospect"], view["evidence"]), (None, None))
        # The link that tied it does not tie it again; another person's does.
        self.click(cookie=cookie)
        self.assertEqual([event["type"] for event in self.new_events()], ["click"])
        self.click(self.other, cookie)
        self.assertEqual([event["type"] for event in self.new_events()], ["click", "bind"])

    def test_without_a_server_too(self):
        self.click()
        self.daemon.stop()
        [row] = self.bindings(1)
        self.daemon.waymark("binding", "undo", row["event"])
        self.assertEqual(self.daemon.bindings("--holds"), [])
        self.daemon.start()

    def test_what_names_no_binding_is_refused(self):
        for name, sentence in (("999", "made no binding"), ("x", "names no binding"),
                               ("0", "names no binding"), ("1", "made no binding")):
            result = self.daemon.waymark("binding", "undo", name, check=False)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(sentence, result.stderr)

    def test_a_reason_with_an_address_does_not_enter_the_log(self):
        self.click()
        [row] = self.bindings(1)
        result = self.daemon.waymark("binding", "undo", "--reason", "a@example.com asked for it",
                                     row["event"], check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("reason: holds an e-mail address", result.stderr)
        self.assertEqual(self.state_of(row["event"]), "holds")

    def test_the_list_by_person_browser_and_operation(self):
        cookie = self.click().cookie
        self.click(self.other)
        self.bindings(2)
        for arguments in (("--prospect", "a@example.com"), ("--prospect", self.handle()),
                          ("--visitor", self.visitor(cookie))):
            [row] = self.daemon.bindings(*arguments)
            self.assertEqual(row["visitor"], self.visitor(cookie), arguments)
        reply = json.loads(self.daemon.control("/api/v1/bindings", {}).body)
        self.assertEqual(([row["prospect"] for row in reply["bindings"]], reply["next"]),
                         ([self.handle(), self.handle("b@example.com")], None))


class Leaked(Bindings):
    def networks(self, count, networks):
        for number in range(count):
            yield f"198.51.{number % networks}.{number}"

    def test_eight_browsers_in_four_networks(self):
        cookies = [self.click(network=network).cookie for network in self.networks(7, 4)]
        self.holds(7)
        self.new_events()
        self.click(network="203.0.113.1")
        click, unbind = self.new_events()
        self.assertEqual((click["evidence"], unbind["type"], unbind["reason"]),
                         ("none", "unbind", "leaked"))
        self.assertEqual((unbind["link"], unbind["prospect"]), (click["link"], click["prospect"]))
        [first] = self.holds(1)
        self.assertEqual(first["visitor"], self.visitor(cookies[0]))
        states = {row["state"] for row in self.daemon.bindings()[1:]}
        self.assertEqual(states, {f"undone by {unbind['seq']}: leaked"})
        for cookie in cookies:
            self.view(cookie)
        views = [event["prospect"] for event in self.new_events()]
        self.assertEqual(views, [self.handle()] + [None] * 6)
        # From now on it redirects and binds nobody, known or new; other links of theirs do.
        known = self.click(self.other).cookie
        self.new_events()
        for cookie in (None, known, *cookies[1:]):
            self.click(cookie=cookie)
        events = self.new_events()
        self.assertEqual({(event["type"], event["evidence"]) for event in events},
                         {("click", "none")})
        # Nor do machines and images, whose clicks claimed their person before.
        for headers in ({"User-Agent": MACHINE}, {"Sec-Fetch-Mode": "no-cors",
                                                  "Sec-Fetch-Dest": "image",
                                                  "Sec-Fetch-Site": "cross-site"}):
            self.click(**headers)
        self.assertEqual([event["evidence"] for event in self.new_events()], ["none"] * 2)
        self.click(self.other, **{"User-Agent": MACHINE})
        self.assertEqual(self.new_events()[-1]["evidence"], "claim")
        self.click(self.daemon.link(PAGE, "--to", "a@example.com", "--label", "second"))
        self.assertEqual(self.new_events()[-1]["type"], "bind")
        self.assertEqual(self.daemon.metric("waymark_links_leaked_total"), 1)

    def test_all_at_once(self):
        """None of it is folded while they click."""
        for network in self.networks(50, 10):
            self.click(network=network)
        events = self.new_events()
        self.assertEqual([event["type"] for event in events[-42:]], ["click"] * 42)
        self.assertEqual([event["type"] for event in events].count("bind"), 7)
        self.holds(1)

    def test_an_office_shares_a_network_and_a_mail(self):
        for network in self.networks(31, 3):
            self.click(network=network)
        self.holds(31)
        self.click(network="198.51.0.99")
        self.assertEqual(self.new_events()[-1]["reason"], "leaked")
        self.holds(1)

    def test_browsers_in_conflict_count(self):
        known = [self.click(self.daemon.link(PAGE, "--to", f"{number}@example.com")).cookie
                 for number in range(7)]
        self.new_events()
        for cookie, network in zip(known * 2, self.networks(14, 5)):
            self.click(cookie=cookie, network=network)
        self.assertEqual({event["type"] for event in self.new_events()}, {"click", "conflict"})
        self.click(network="203.0.113.9")
        self.assertEqual(self.new_events()[-1]["reason"], "leaked")

    def test_machines_do_not_count(self):
        for network in self.networks(20, 10):
            self.click(network=network, **{"User-Agent": MACHINE})
        self.click()
        self.assertEqual(self.new_events()[-1]["type"], "bind")


class Folded(Bindings):
    def make(self):
        """Of everything a little. The bindings as they are listed."""
        cookies = [self.click(network=f"198.51.{number}.7").cookie for number in range(8)]
        known = self.click(self.other).cookie
        self.click(cookie=known)
        self.click(self.other, cookies[0])
        [row, *_] = self.holds(1, "--prospect", self.handle("b@example.com"))
        self.daemon.waymark("binding", "undo", row["event"])
        return self.daemon.bindings()

    def test_the_log_says_all_of_it_again(self):
        before = self.make()
        self.daemon.stop()
        self.assertEqual(self.daemon.bindings(), before)
        shutil.rmtree(os.path.join(self.daemon.instance, "data", "state"))
        self.daemon.start()
        self.assertEqual(self.daemon.bindings(), before)
        # And what is not listed: the link is still known to have leaked.
        self.new_events()
        self.click()
        self.assertEqual([event["evidence"] for event in self.new_events()
                          if event["type"] == "click"], ["none"])

    def test_a_kill_loses_no_binding_that_is_in_the_log(self):
        for _ in range(3):
            cookie = self.click(self.daemon.link(PAGE, "--to", "a@example.com")).cookie
            self.daemon.kill()
            self.daemon.start()
            self.new_events()
            self.click(self.other, cookie)
            self.assertEqual([event["type"] for event in self.new_events()],
                             ["click", "conflict"])


class NoPerson(Bindings):
    settings = {"consent": "measure"}

    def test_measuring_binds_nobody(self):
        cookie = self.click().cookie
        self.click(self.other, cookie)
        self.assertEqual([event["type"] for event in self.new_events()], ["click", "click"])
        self.assertEqual(self.daemon.bindings(), [])


class Addressless(Bindings):
    settings = {"ip": "none"}

    def test_a_leak_is_seen_without_addresses(self):
        for network in range(31):
            self.click(network=f"198.51.{network}.7")
        kinds = [event["type"] for event in self.new_events()]
        self.assertEqual(kinds.count("bind"), 31)
        self.click()
        self.assertEqual(self.new_events()[-1]["reason"], "leaked")


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""/s/<token>: looking changes nothing, a post does: in the record, the log and the counts."""
import json
import os
import socket
import unittest

import mint
from daemon import BROWSER, LIMIT_S, SITE, TRACKER, Daemon, wait_for

PRELOAD = os.environ["WAYMARK_FAULT_PRELOAD"]
FORM = {**BROWSER, "Origin": TRACKER, "Content-Type": "application/x-www-form-urlencoded"}
ONE_CLICK = b"List-Unsubscribe=One-Click"
PEOPLE = "email,company,unsubscribed\nalice@example.com,Alpha,offers\n"
ALL = bytes(4)


class SubscriptionCase(unittest.TestCase):
    settings = {}
    consent = "pending"

    def setUp(self):
        self.daemon = Daemon(self.consent, **self.settings)
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.clock = os.path.join(self.daemon.directory, "clock")
        self.ahead(0)
        self.daemon.start(LD_PRELOAD=PRELOAD, WAYMARK_FAULT_CLOCK=self.clock)
        path = os.path.join(self.daemon.directory, "people.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(PEOPLE)
        self.daemon.waymark("prospect", "import", path)
        mail = ("From: a@example.com\r\nTo: alice@example.com\r\nSubject: x\r\n\r\n"
                "leave: {{unsubscribe}}\r\n")
        self.daemon.waymark("rewrite", "--to", "alice@example.com", "--unsubscribe=新着 <news>",
                            "--campaign", "autumn", "--mailing", "m", stdin=mail)
        self.keys = mint.Keys(self.daemon.instance)
        self.news = mint.name_id("list", "新着 <news>", 4)
        self.link = self.of("alice@example.com", self.news)
        self.all = self.of("alice@example.com", ALL)

    def ahead(self, seconds):
        with open(self.clock, "w", encoding="ascii") as file:
            file.write(str(seconds))

    def of(self, address, list_id):
        return "/s/" + self.keys.mint(mint.SUBSCRIPTION, self.keys.prospect_id(address) + list_id)

    def show(self, link, language="en", **headers):
        answer = self.daemon.get(f"{link}?lang={language}", {**BROWSER, **headers})
        self.assertEqual(answer.status, 200)
        return answer.body.decode()

    def do(self, link, wish, **headers):
        answer = self.daemon.request("POST", link, {**FORM, **headers},
                                     body=f"lang=ja&do={wish}".encode())
        self.assertEqual((answer.status, answer.location), (303, link + "?lang=ja"))
        return answer

    def one_click(self, link, body=ONE_CLICK, kind="application/x-www-form-urlencoded"):
        """As a mail service posts it: without cookies, origin or anything of a browser's."""
        return self.daemon.request("POST", link, {"Content-Type": kind}, body=body)

    def marks(self, who="alice@example.com"):
        record = json.loads(self.daemon.waymark("prospect", "show", who).stdout)["record"]
        return {name: mark["source"] for name, mark in record.get("suppressed", {}).items()}

    def changes(self):
        return [(event["type"], event.get("list"), event["reason"])
                for event in self.daemon.events()
                if event["type"] in ("unsubscribe", "resubscribe")]

    def mark(self, name="新着 <news>"):
        return "list:" + mint.name_id("list", name, 4).hex()


class Looking(SubscriptionCase):
    def test_it_says_whose_and_which_and_masks_the_address(self):
        page = self.show(self.link)
        self.assertIn("a•••@e•••.com", page)
        self.assertNotIn("alice", page)
        self.assertIn("新着 &lt;news&gt;", page)
        self.assertIn('value="leave"', page)
        self.assertIn('value="leave_all"', page)
        self.assertNotIn('value="undo"', page)
        self.assertIn("配信を停止する", self.show(self.link, "ja"))
        page = self.show(self.all)
        self.assertNotIn('value="leave"', page)
        self.assertIn('value="leave_all"', page)

    def test_get_head_and_prefetch_change_nothing(self):
        before = self.daemon.events()
        for method in ("GET", "HEAD"):
            for query in ("", "?do=leave", "?" + ONE_CLICK.decode()):
                answer = self.daemon.request(method, self.link + query, BROWSER)
                self.assertEqual(answer.status, 200)
                self.assertIsNone(answer.cookie)
        for headers in ({"Sec-Purpose": "prefetch"}, {"Purpose": "prefetch"}):
            self.assertEqual(self.daemon.get(self.link, {**BROWSER, **headers}).status, 503)
        self.assertEqual(self.daemon.events(), before)
        self.assertEqual(self.marks(), {self.mark("offers"): "import"})

    def test_no_one_keeps_the_page_and_nothing_frames_it(self):
        answer = self.daemon.get(self.link, BROWSER)
        self.assertEqual(answer.header("Cache-Control"), "private, no-store")
        self.assertEqual(answer.header("Referrer-Policy"), "same-origin")
        self.assertIn("frame-ancestors 'none'", answer.header("Content-Security-Policy"))

    def test_a_forged_link_is_none(self):
        token = self.link[3:]
        forged = 'waymark_tokens_forged_total{purpose="subscription"}'
        other = self.keys.mint(mint.OPEN, bytes(20))
        for number, bad in enumerate((mint.flip(token, 60), token[:-1], other), 1):
            self.assertEqual(self.daemon.get("/s/" + bad, BROWSER).status, 404)
            self.assertEqual(self.one_click("/s/" + bad).status, 404)
            self.assertEqual(self.daemon.metric(forged), 2 * number)
        self.assertEqual(self.changes(), [])


class Leaving(SubscriptionCase):
    def test_the_pages_button_and_undo(self):
        self.do(self.link, "leave")
        self.assertEqual(self.changes(), [("unsubscribe", "新着 <news>", "page")])
        self.assertEqual(self.marks()[self.mark()], "subscription")
        page = self.show(self.link)
        self.assertIn("You have left this list", page)
        self.assertIn("for 10 min", page)
        self.do(self.link, "undo")
        self.assertEqual(self.changes()[1:], [("resubscribe", "新着 <news>", "undo")])
        self.assertEqual(self.marks(), {self.mark("offers"): "import"})
        self.assertIn('value="leave"', self.show(self.link))
        self.daemon.prove()

    def test_one_click_as_mail_services_post_it(self):
        answer = self.one_click(self.link)
        self.assertEqual((answer.status, answer.location, answer.cookie), (200, None, None))
        [event] = self.daemon.events(type="unsubscribe")
        self.assertEqual((event["reason"], event["visitor"], event["evidence"]),
                         ("one_click", None, "claim"))
        person = json.loads(self.daemon.waymark("prospect", "show", "alice@example.com").stdout)
        self.assertEqual(event["prospect"], person["prospect"])
        self.assertEqual(self.marks()[self.mark()], "subscription")
        multipart = (b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'
                     b"One-Click\r\n--x--\r\n")
        answer = self.one_click(self.all, multipart, "multipart/form-data; boundary=x")
        self.assertEqual(answer.status, 200)
        self.assertEqual(self.changes()[1:], [("unsubscribe", None, "one_click")])
        self.assertIn("opted_out", self.marks())
        for metric, count in (('waymark_events_total{type="unsubscribe"}', 2), (
                'waymark_requests_total{route="subscription",result="one_click"}', 2)):
            self.assertEqual(self.daemon.metric(metric), count)

    def raw(self, head, body):
        """Post as a program does that writes HTTP its own way; the status."""
        with socket.create_connection(("127.0.0.1", self.daemon.port), LIMIT_S) as connection:
            connection.sendall(f"POST {self.link} HTTP/1.1\r\nHost: localhost:8080\r\n{head}\r\n"
                               "Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode())
            answer = connection.makefile("rb")
            if "Expect" in head:
                self.assertEqual((answer.readline()[:12], answer.readline()),
                                 (b"HTTP/1.1 100", b"\r\n"))
            connection.sendall(body)
            return int(answer.readline().split()[1])

    def test_one_click_however_a_mail_service_writes_it(self):
        body = (b'--=_a b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n'
                b"Content-Type: text/plain; charset=us-ascii\r\n\r\nOne-Click\r\n--=_a b--\r\n")
        for kind, body in (
                ("application/x-www-form-urlencoded; charset=UTF-8", ONE_CLICK),
                ("Application/X-WWW-Form-URLEncoded", b"List-Unsubscribe=one-click"),
                ("application/x-www-form-urlencoded", ONE_CLICK + b"\r\n"),
                ("application/x-www-form-urlencoded", b"List%2DUnsubscribe=One%2DClick&x=1"),
                ('multipart/form-data; boundary="=_a b"', body)):
            with self.subTest(kind=kind, body=body):
                answer = self.one_click(self.link, body, kind)
                self.assertEqual((answer.status, answer.cookie), (200, None))
                self.assertEqual(set(self.marks()), {self.mark(), self.mark("offers")})
                self.do(self.link, "undo")
        length = f"Content-Length: {len(ONE_CLICK)}"
        for head in (f"User-Agent: Go-http-client/1.1\r\n{length}",
                     f"{length}\r\nExpect: 100-continue"):
            with self.subTest(head=head):
                self.assertEqual(self.raw(head, ONE_CLICK), 200)
                self.do(self.link, "undo")
        self.assertEqual(self.changes(), [("unsubscribe", "新着 <news>", "one_click"),
                                          ("resubscribe", "新着 <news>", "undo")] * 7)

    def test_twice_is_once(self):
        for _ in range(3):
            self.assertEqual(self.one_click(self.link).status, 200)
            self.do(self.link, "leave")
        self.assertEqual(len(self.changes()), 1)
        self.do(self.link, "leave_all")
        self.do(self.link, "leave_all")
        self.assertEqual(self.one_click(self.all).status, 200)
        self.assertEqual(len(self.changes()), 2)

    def test_all_lists_and_back_leaves_what_was_left_before(self):
        self.do(self.link, "leave")
        self.do(self.link, "leave_all")
        self.assertIn("opted_out", self.marks())
        self.do(self.link, "undo")
        self.assertEqual(set(self.marks()), {self.mark(), self.mark("offers")})
        self.assertEqual(self.changes()[-1], ("resubscribe", None, "undo"))

    def test_any_other_post_changes_nothing(self):
        before = self.daemon.events()
        for body in (b"", b"do=", b"do=LEAVE", b"do=undo", b"List-Unsubscribe=", b"%zz&&&="):
            answer = self.one_click(self.link, body)
            self.assertEqual(answer.status, 303)
        self.assertEqual(self.one_click(self.link, b"{", "application/json").status, 303)
        self.assertEqual(self.one_click(self.link, b"x" * 5000).status, 413)
        self.assertEqual(self.daemon.events(), before)

    def test_somebody_of_whom_only_the_mail_knows(self):
        link = self.of("new@example.com", self.news)
        self.assertNotIn("@", self.show(link).partition("<main>")[2])
        self.assertEqual(self.one_click(link).status, 200)
        self.assertEqual(set(self.marks("new@example.com")), {self.mark()})
        self.assertIn("You have left this list", self.show(link))

    def test_it_outlives_a_restart(self):
        self.do(self.link, "leave")
        self.daemon.kill()
        self.daemon.start()
        self.assertIn("You have left this list", self.show(self.link))

    def test_who_is_erased_stays_so(self):
        self.daemon.waymark("prospect", "erase", "alice@example.com")
        before = self.daemon.events()
        self.assertIn("Nothing is kept about this address", self.show(self.link))
        self.assertEqual(self.one_click(self.link).status, 200)
        self.do(self.link, "leave")
        self.assertEqual(self.daemon.events(), before)


class Time(SubscriptionCase):
    def test_undo_is_for_ten_minutes(self):
        self.do(self.link, "leave")
        self.ahead(9 * 60)
        self.assertIn("for 1 min", self.show(self.link))
        self.ahead(10 * 60 + 1)
        page = self.show(self.link)
        self.assertNotIn('value="undo"', page)
        self.assertIn("sign up again", page)
        self.do(self.link, "undo")
        self.assertEqual(len(self.changes()), 1)

    def test_what_an_operator_noted_is_not_undone_here(self):
        offers = self.of("alice@example.com", mint.name_id("list", "offers", 4))
        self.assertNotIn('value="undo"', self.show(offers))
        self.do(offers, "undo")
        self.assertEqual(self.marks(), {self.mark("offers"): "import"})


class Browser(SubscriptionCase):
    consent = "identify"

    def test_it_binds_no_browser(self):
        link = self.daemon.link(SITE + "/", "--to", "bob@example.com", "--campaign", "autumn")
        cookie = self.daemon.click(link).cookie
        bound = self.daemon.events(type="bind")
        self.do(self.link, "leave", Cookie=cookie)
        [event] = self.daemon.events(type="unsubscribe")
        self.assertEqual(event["visitor"], mint.decode(cookie.split("=", 1)[1])[1:17].hex())
        self.assertEqual(self.daemon.events(type="bind"), bound)


class Limits(SubscriptionCase):
    settings = {"limits__address_rate": 1, "limits__address_burst": 4}

    def test_leaving_is_never_refused_and_everything_else_is(self):
        far = {**FORM, "X-Forwarded-For": "203.0.113.9"}
        statuses = []

        def is_refused(ask):
            statuses.append(ask().status)
            return statuses[-1] == 429
        wait_for(lambda: is_refused(lambda: self.daemon.get(self.link, far)))
        self.assertEqual(set(statuses), {200, 429})
        answer = self.daemon.request("POST", self.link, far, body=ONE_CLICK)
        self.assertEqual(answer.status, 200)
        forged = "/s/" + mint.flip(self.link[3:], 60)
        for link, body in ((self.link, b"do=undo"), (forged, ONE_CLICK)):
            wait_for(lambda: is_refused(
                lambda: self.daemon.request("POST", link, far, body=body)))
        self.assertIn(("unsubscribe", "新着 <news>", "one_click"), self.changes())


del SubscriptionCase

if __name__ == "__main__":
    unittest.main()

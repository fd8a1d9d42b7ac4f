# SPDX-License-Identifier: Apache-2.0
"""/o/<token>.gif: one picture for everybody, and the reader's consent at that moment in the log."""
import os
import re
import unittest

import mint
import mmdb
from daemon import BROWSER, Daemon, wait_for

ALICE, BOB = "alice@example.com", "bob@example.com"
IMAGE = {**BROWSER, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
FORGED = 'waymark_tokens_forged_total{purpose="open"}'
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
APPLE = "Mozilla/5.0"
MAIL = ("From: a@example.com\r\nTo: alice@example.com\r\nSubject: x\r\n"
        "Content-Type: text/html; charset=utf-8\r\n\r\n<html><body>Hello</body></html>\r\n")


def requests(result):
    return f'waymark_requests_total{{route="open",result="{result}"}}'


class OpenCase(unittest.TestCase):
    consent = "identify"
    settings = {}

    def setUp(self):
        self.daemon = Daemon(self.consent, **self.settings)
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.prepare()
        self.daemon.start()
        self.keys = mint.Keys(self.daemon.instance)

    def prepare(self):
        pass

    def of(self, address, mailing="2026-11"):
        payload = mint.name_id("mailing", mailing, 8) + self.keys.prospect_id(address)
        return f"/o/{self.keys.mint(mint.OPEN, payload)}.gif"

    def choose(self, address, choice):
        """What they have said about opens, as an operator imports it."""
        path = os.path.join(self.daemon.directory, "people.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"email,opens\n{address},{choice}\n")
        self.daemon.waymark("prospect", "import", path)

    def show(self, target, method="GET", status=200, **headers):
        """The events that asking for @target leaves; what it answers is always the same."""
        last = max((event["seq"] for event in self.daemon.events()), default=0)
        sent = {**IMAGE, **{name.replace("_", "-"): value for name, value in headers.items()}}
        answer = self.daemon.request(method, target, {name: value for name, value in sent.items()
                                                      if value is not None})
        self.assertEqual((answer.status, answer.header("Cache-Control"), answer.cookie),
                         (status, "no-store", None))
        if status == 200:
            self.assertEqual(answer.header("Content-Type"), "image/gif")
            self.assertEqual(answer.header("Content-Length"), "43")
            if method == "GET":
                self.assertEqual((answer.body[:6], answer.body[-1:]), (b"GIF89a", b";"))
            names = [name for name, _ in answer.pairs if name != "date"]
            self.names = getattr(self, "names", names)
            self.assertEqual(names, self.names)
        return self.daemon.events("--after", str(last))

    def open(self, address=ALICE, **headers):
        """(consent, reason, prospect) of the one event of an open."""
        [event] = self.show(self.of(address), **headers)
        self.assertEqual((event["type"], event["visitor"], event["evidence"]),
                         ("open", None, None))
        return event["consent"], event["consent_reason"], event["prospect"]

    def handle(self, address=ALICE):
        return self.daemon.waymark("prospect", "find", address).stdout.strip()


class Identify(OpenCase):
    def test_a_rewritten_mail_asks_for_it(self):
        mail = self.daemon.waymark("rewrite", "--to", ALICE, "--open-pixel", "--campaign", "autumn",
                                   "--mailing", "2026-11", stdin=MAIL)
        self.assertEqual(mail.stderr, "")
        target = re.search(r'<img src="http://localhost:8080(/o/\S+\.gif)"', mail.stdout)[1]
        self.assertEqual(target, self.of(ALICE))
        [event] = self.show(target)
        self.assertEqual((event["type"], event["mailing"], event["prospect"], event["visitor"]),
                         ("open", "2026-11", self.handle(), None))
        self.assertEqual((event["tracker"], event["signals"]["method"], event["agent"]),
                         ("localhost", "GET", BROWSER["User-Agent"]))
        for metric in (requests("taken"), 'waymark_events_total{type="open"}'):
            self.assertEqual(self.daemon.metric(metric), 1)
        self.daemon.prove()

    def test_the_readers_choice_holds_from_the_moment_it_is_made(self):
        self.assertEqual(self.open(), ("identify", "default", self.handle()))
        for choice in ("denied", "measure"):
            self.choose(ALICE, choice)
            self.assertEqual(self.open(), (choice, "prospect", None))
            self.assertEqual(self.open(BOB), ("identify", "default", self.handle(BOB)))
        self.choose(ALICE, "identify")
        self.assertEqual(self.open(), ("identify", "prospect", self.handle()))

    def test_what_fetches_it_is_not_asked(self):
        link = self.daemon.link("http://localhost:8090/", "--to", BOB)
        cookie = self.daemon.click(link).cookie
        self.assertEqual(self.open(Cookie=cookie, Sec_GPC="1", DNT="1"),
                         ("identify", "default", self.handle()))
        self.assertEqual(len(self.daemon.events(type="bind")), 1)

    def test_any_address_is_the_same_picture(self):
        good = self.of(ALICE)
        token = good[3:-4]
        self.daemon.waymark("key", "rotate")
        self.keys = mint.Keys(self.daemon.instance)
        self.assertEqual(len(self.show(good)), 1)
        self.daemon.waymark("key", "retire", "1")
        link = self.keys.mint(mint.CLICK, bytes(8) + self.keys.prospect_id(ALICE))
        renewed = self.of(ALICE)
        bad = [good, f"/o/{mint.flip(renewed[3:-4], 70)}.gif", renewed[:-4], renewed[:-4] + ".png",
               renewed + "/", renewed[:-5] + ".gif", f"/o/{token}=.gif", f"/o/{link}.gif", "/o/",
               "/o/.gif", "/o/.", "/o/gif", "/o/a/b.gif", "/o/%00.gif", "/o/" + "A" * 2000 + ".gif"]
        for target in bad:
            self.assertEqual(self.show(target), [], target)
        self.assertEqual(self.show("/o/x.gif", Sec_Purpose="prefetch"), [])
        self.assertEqual(self.daemon.metric(FORGED), len(bad) + 1)
        self.assertEqual(self.daemon.metric(requests("forged")), len(bad) + 1)
        self.assertEqual(len(self.show(renewed + "?anything=1")), 1)
        answer = self.daemon.request("POST", renewed, IMAGE, body=b"")
        self.assertEqual((answer.status, answer.header("Allow")), (405, "GET, HEAD, OPTIONS"))

    def test_who_is_erased_is_counted_for_the_mailing_and_for_nobody(self):
        self.open()
        self.daemon.waymark("prospect", "erase", ALICE)
        [event] = self.show(self.of(ALICE))
        self.assertEqual((event["type"], event["mailing"], event["prospect"]),
                         ("open", mint.name_id("mailing", "2026-11", 8).hex(), None))
        self.assertEqual(self.daemon.metric("waymark_persons_erased_total"), 1)

    def test_head_and_prefetch_are_probes(self):
        [event] = self.show(self.of(ALICE), method="HEAD")
        self.assertEqual((event["type"], event["signals"]["method"], event["verdict"]["reasons"]),
                         ("probe", "HEAD", ["head"]))
        for header in ("Sec_Purpose", "Purpose", "X_Moz"):
            [event] = self.show(self.of(ALICE), status=503, **{header: "prefetch"})
            self.assertEqual((event["type"], event["prospect"]), ("probe", self.handle()))
        self.assertEqual([self.daemon.metric(requests(result)) for result in ("probe", "prefetch")],
                         [1, 3])
        self.choose(ALICE, "denied")
        [event] = self.show(self.of(ALICE), method="HEAD")
        self.assertEqual((event["consent"], event["prospect"]), ("denied", None))

    def test_how_it_was_asked_for_is_told(self):
        for agent in (BROWSER["User-Agent"], GMAIL, APPLE, "curl/8.0", None):
            self.open(User_Agent=agent)
        settled = [event["settled"] for event in self.daemon.events("--settled", type="open")]
        self.assertEqual([verdict["open"] for verdict in settled],
                         ["direct", "proxy", "prefetch", "prefetch", "prefetch"])
        self.assertTrue(all(verdict["settled"] for verdict in settled))


class Pending(OpenCase):
    consent = "pending"

    def test_without_a_choice_nothing_is_known_or_made_of_the_reader(self):
        self.assertEqual(self.open(), ("pending", "default", None))
        found = self.daemon.waymark("prospect", "find", ALICE, check=False)
        self.assertEqual((found.returncode, found.stdout), (1, ""))

    def test_who_has_agreed_is_told_of(self):
        self.choose(ALICE, "identify")
        self.assertEqual(self.open(), ("identify", "prospect", self.handle()))
        self.assertEqual(self.open(BOB)[2], None)


class Countries(OpenCase):
    settings = {"consent__country_file": "countries.mmdb",
                "consent__countries": ["FR=denied", "DE=measure", "JP=identify"]}

    def prepare(self):
        mmdb.write(os.path.join(self.daemon.instance, "countries.mmdb"),
                   {"192.0.2.0/24": "FR", "203.0.113.0/24": "DE", "198.51.100.0/24": "JP"})

    def test_a_country_takes_away(self):
        self.assertEqual(self.open(X_Forwarded_For="192.0.2.9")[:2], ("denied", "country"))
        self.assertEqual(self.open(X_Forwarded_For="203.0.113.9")[:2], ("measure", "country"))
        self.assertEqual(self.open(X_Forwarded_For="8.8.8.8")[:2], ("identify", "default"))
        self.choose(ALICE, "identify")
        self.assertEqual(self.open(X_Forwarded_For="192.0.2.9")[:2], ("identify", "prospect"))


class CountriesOfTheStrict(Countries):
    consent = "measure"

    def test_a_country_takes_away(self):
        self.assertEqual(self.open(X_Forwarded_For="192.0.2.9")[:2], ("denied", "country"))
        self.assertEqual(self.open(X_Forwarded_For="198.51.100.9")[:2], ("measure", "default"))


class Limits(OpenCase):
    settings = {"limits__address_rate": 1, "limits__address_burst": 4}

    def test_over_the_rate_there_is_a_picture_and_no_event(self):
        rejected = 'waymark_events_rejected_total{reason="address_rate"}'
        headers = {**IMAGE, "X-Forwarded-For": "203.0.113.9"}
        answers = []

        def is_over():
            answers.append(self.daemon.get(self.of(ALICE), headers))
            answers.append(self.daemon.get("/o/x.gif", headers))
            return self.daemon.metric(rejected)
        wait_for(is_over)
        self.assertEqual({(answer.status, len(answer.body), answer.header("Cache-Control"))
                          for answer in answers}, {(200, 43, "no-store")})
        self.assertEqual(len(self.daemon.events(type="open")) + self.daemon.metric(rejected),
                         len(answers) / 2)
        self.daemon.prove()


del OpenCase

if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`rewrite` and `link verify`: what comes out redirects at once, beside a server and without one;
what cannot be done says so and writes nothing."""
import fcntl
import json
import os
import re
import subprocess
import unittest

from daemon import LIMIT_S, TRACKER, WAYMARK, Daemon
from mint import LINK_PART, PROSPECT_PART, Keys, flip

PAGE = "https://www.example.com/p?a=1&b=2"
MAIL = ('<p>Hello<br>\n<a href="https://www.example.com/p?a=1&amp;b=2">one</a>\n'
        '<a href=\'https://www.example.com/q\' data-track=top>two</a>\n'
        '<a href="mailto:a@example.com">write</a></p>\n')
TRACKED = re.compile(re.escape(TRACKER) + r"/[cu]/[A-Za-z0-9_-]+")


class Case(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.daemon.__enter__()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def rewrite(self, message, *arguments, to="reader@example.com"):
        words = ["--to", to] if to else []
        answer = self.daemon.waymark("rewrite", *words, *arguments, stdin=message)
        return answer.stdout

    def refuse(self, sentence, message, *arguments, status=1):
        answer = self.daemon.waymark("rewrite", *arguments, stdin=message, check=False)
        self.assertEqual((answer.stdout, answer.returncode), ("", status), answer.stderr)
        self.assertIn(sentence, answer.stderr)

    def verify(self, url):
        text = self.daemon.waymark("link", "verify", url).stdout
        rows = [line.split(maxsplit=1) for line in text.splitlines()]
        return {"leads to" if row[0] == "leads" else row[0]: row[1].removeprefix("to ").strip()
                for row in rows}


class Tracking(Case):
    def expect_click(self, url, page):
        answer = self.daemon.click(url)
        self.assertEqual((answer.status, answer.location), (302, page))

    def test_beside_a_server_a_link_redirects_at_once(self):
        self.daemon.start()
        one, two = TRACKED.findall(self.rewrite(MAIL))
        self.expect_click(one, PAGE)
        self.expect_click(two, "https://www.example.com/q")

    def test_the_campaign_of_a_self_contained_link_has_its_name(self):
        self.daemon.start()
        page = "https://www.example.com/?for=a@example.com"
        url, = TRACKED.findall(self.rewrite(f'<a href="{page}">x</a>', "--campaign", "spring"))
        self.expect_click(url, page)
        self.assertEqual([event["campaign"] for event in self.daemon.events(type="click")],
                         ["spring"])

    def test_links_of_the_greatest_length_go_in_as_many_calls_as_they_need(self):
        self.daemon.start()
        pages = [f"https://www.example.com/{i}?{'q' * 8000}" for i in range(300)]
        mail = "".join(f'<a href="{page}">x</a>' for page in pages)
        urls = TRACKED.findall(self.rewrite(mail))
        self.assertEqual(len(urls), len(pages))
        self.expect_click(urls[0], pages[0])
        self.expect_click(urls[-1], pages[-1])

    def test_without_a_server_a_link_redirects_once_there_is_one(self):
        one, two = TRACKED.findall(self.rewrite(MAIL))
        self.daemon.start()
        self.expect_click(two, "https://www.example.com/q")
        self.expect_click(one, PAGE)
        click = self.daemon.events(type="click")[1]
        self.assertEqual((click["campaign"], click["mailing"]), ("website", None))
        self.assertIsNotNone(click["prospect"])

    def test_names_reach_the_event(self):
        self.daemon.start()
        url = TRACKED.findall(self.rewrite(MAIL, "--campaign", "秋", "--mailing", "2026-11"))[0]
        self.expect_click(url, PAGE)
        click, = self.daemon.events(type="click")
        self.assertEqual((click["campaign"], click["mailing"]), ("秋", "2026-11"))
        self.assertEqual(click["link"], self.verify(url)["link"])

    def test_more_links_than_one_call_registers(self):
        self.daemon.start()
        count = 1203
        mail = "".join(f'<a href="https://www.example.com/{i}">{i}</a>\n' for i in range(count))
        urls = TRACKED.findall(self.rewrite(mail))
        self.assertEqual(len(set(urls)), count)
        for i in (0, 499, 500, 1000, count - 1):
            self.expect_click(urls[i], f"https://www.example.com/{i}")

    def test_only_values_change_and_twice_is_once(self):
        output = self.rewrite(MAIL)
        one, two = TRACKED.findall(output)
        back = output.replace(one, "https://www.example.com/p?a=1&amp;b=2")
        self.assertEqual(back.replace(two, "https://www.example.com/q"), MAIL)
        self.assertEqual(self.rewrite(output), output)
        self.assertEqual(self.rewrite(output, "--strip", to=None), MAIL)

    def test_a_merge_field_is_filled_by_the_mailer(self):
        self.daemon.start()
        output = self.rewrite(MAIL, "--field", "*|WAYMARK|*", to=None)
        keys = Keys(self.daemon.instance)
        part = keys.mint(PROSPECT_PART, keys.prospect_id("reader@example.com") + bytes(8))
        for url in TRACKED.findall(output):
            self.assertIn(url + "/*|WAYMARK|*", output)
        url = TRACKED.findall(output)[0] + "/" + part
        self.expect_click(url, PAGE)
        self.assertEqual(self.rewrite(output.replace("*|WAYMARK|*", part)),
                         output.replace("*|WAYMARK|*", part))
        self.assertEqual(self.rewrite(output, "--strip", to=None), MAIL)

    def test_an_address_in_a_destination_stays_out_of_the_store(self):
        page = "https://www.example.com/?m=other%40example.com"
        answer = self.daemon.waymark("rewrite", "--to", "reader@example.com", stdin=f"Go: {page}\n")
        self.assertIn("line 1 (text): " + page, answer.stderr)
        self.assertIn("self-contained", answer.stderr)
        self.assertEqual(self.daemon.waymark("link", "list").stdout, "")
        self.daemon.start()
        self.expect_click(TRACKED.search(answer.stdout)[0], page)

    def test_self_contained_links_need_no_store(self):
        output = self.rewrite(MAIL, "--self-contained")
        self.assertEqual(self.daemon.waymark("link", "list").stdout, "")
        self.daemon.start()
        self.expect_click(TRACKED.search(output)[0], PAGE)

    def test_the_report_holds_every_link(self):
        answer = self.daemon.waymark("rewrite", "--to", "reader@example.com", "--report=json",
                                     stdin=MAIL)
        report = json.loads(answer.stderr)
        self.assertEqual([link["outcome"] for link in report], ["tracked", "tracked", "left"])
        self.assertEqual([link["line"] for link in report], [2, 3, 4])
        self.assertEqual(report[0]["destination"], PAGE)
        self.assertEqual(report[1]["label"], "top")
        self.assertEqual([link["tracked"] for link in report[:2]], TRACKED.findall(answer.stdout))
        self.assertTrue(report[2]["reason"])
        table = self.daemon.waymark("rewrite", "--to", "reader@example.com", "--report",
                                    stdin=MAIL).stderr
        self.assertEqual(len(table.splitlines()), 3)


class Refusals(Case):
    def test_what_is_asked_wrongly(self):
        self.refuse("--to EMAIL", MAIL)
        self.refuse("exclude", MAIL, "--to", "a@example.com", "--field", "x")
        self.refuse("not an e-mail address", MAIL, "--to", "reader")
        self.refuse("html, text or mime", MAIL, "--as", "pdf", status=64)
        self.refuse("table or json", MAIL, "--report=xml", status=64)
        self.refuse("utf-16le", MAIL, "--to", "a@example.com", "--charset", "utf-16le")

    def test_a_text_is_not_mistaken_for_a_mail(self):
        text = "Agenda: https://www.example.com/\n\nContent-Type: is not a header here\n"
        self.assertEqual(len(TRACKED.findall(self.rewrite(text))), 1)

    def test_somebody_elses_link_names_its_line(self):
        other = self.rewrite(MAIL, to="other@example.com")
        self.refuse("line 2 (html)", other, "--to", "reader@example.com")
        self.refuse("another person", other, "--field", "*|W|*")
        self.assertEqual(self.rewrite(other, "--strip", to=None), MAIL)

    def test_nothing_is_written_when_the_links_cannot_be_registered(self):
        lock = os.open(os.path.join(self.daemon.instance, "data", "lock"),
                       os.O_RDWR | os.O_CREAT, 0o600)
        self.addCleanup(os.close, lock)
        fcntl.flock(lock, fcntl.LOCK_EX)
        self.refuse("", MAIL, "--to", "reader@example.com")

    def test_a_full_output_is_a_failure(self):
        with open("/dev/full", "wb") as full:
            answer = subprocess.run(
                [WAYMARK, "rewrite", "--config", self.daemon.config_path, "--to", "a@example.com"],
                input=MAIL.encode(), stdout=full, stderr=subprocess.PIPE, timeout=LIMIT_S,
                check=False)
        self.assertEqual(answer.returncode, 1)
        self.assertIn(b"cannot be written", answer.stderr)


class Verify(Case):
    def test_what_a_link_says(self):
        output = self.rewrite(MAIL, "--campaign", "autumn", "--mailing", "2026-11")
        url = TRACKED.search(output)[0]
        person = Keys(self.daemon.instance).prospect_id("reader@example.com").hex()
        rows = self.verify(url)
        self.assertEqual(rows["verifies"], "click, in one part")
        self.assertEqual(rows["key"], "1, signing")
        self.assertEqual(rows["leads to"], PAGE)
        self.assertEqual((rows["campaign"], rows["mailing"]), ("autumn", "2026-11"))
        self.assertEqual(rows["prospect"], person)
        self.assertNotIn("reader@", json.dumps(rows))

    def test_without_a_store_the_signature_still_answers(self):
        keys = Keys(self.daemon.instance)
        url = f"{TRACKER}/c/{keys.mint(LINK_PART, bytes(8))}/*|W|*"
        rows = self.verify(url)
        self.assertEqual(rows["verifies"], "click, in two parts")
        self.assertIn("nobody", rows["prospect"])

    def test_a_forged_link_says_which_check_failed(self):
        url = TRACKED.search(self.rewrite(MAIL))[0]
        head, token = url.rsplit("/", 1)
        for forged, sentence in ((f"{head}/{flip(token, 100)}", "does not verify"),
                                 (f"{head}/{flip(token, 0)}", "key 129"),
                                 (f"{head}/{token[:-1]}", "base64url"),
                                 (f"{TRACKER}/u/{token}", ""),
                                 (f"{TRACKER}/l/x", "holds no token"),
                                 ("https://go.example.net/c/x", "not an address")):
            answer = self.daemon.waymark("link", "verify", forged, check=False)
            self.assertEqual((answer.stdout, answer.returncode), ("", 1))
            self.assertIn(sentence, answer.stderr)
            self.assertNotIn(token, answer.stderr)


if __name__ == "__main__":
    unittest.main()

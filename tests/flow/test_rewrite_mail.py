#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whole mails through `rewrite`: links redirect, additions are there once and what they say is
recorded, and what is not tracked is said."""
import base64
import datetime
import email.message
import email.policy
import json
import os
import re
import subprocess
import unittest

import mail_parts
from daemon import LIMIT_S, SITE, TRACKER, WAYMARK, Daemon
from mint import Keys

PAGE = SITE + "/p?a=1&b=2"
TRACKED = re.compile(re.escape(TRACKER) + r"/c/[A-Za-z0-9_-]+")
PERSON = ("--to", "reader@example.com", "--campaign", "autumn", "--mailing", "2026-11")


def mail(encoding="quoted-printable"):
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = "us@example.com", "reader@example.com"
    message["Subject"] = "秋のお知らせ"
    message.set_content(f"ご案内: {PAGE} です。\nleave: {{{{unsubscribe}}}}\n", cte=encoding)
    message.add_alternative(f"<html><body><p>秋</p>\n<a href=\"{PAGE.replace('&', '&amp;')}\">"
                            "x</a></body></html>\n", subtype="html", cte=encoding)
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    return message.as_bytes().decode("ascii")


class Case(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.daemon.__enter__()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.daemon.start()

    def rewrite(self, message, *arguments):
        """Line ends are part of a mail, so that they go through as they are."""
        done = subprocess.run(
            [WAYMARK, "rewrite", "--config", self.daemon.config_path, *PERSON, *arguments],
            input=message.encode(), capture_output=True, timeout=LIMIT_S, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        return done

    def says(self, output):
        """The decoded text and HTML."""
        return [says.decode() for _, part, says in mail_parts.leaves(output.encode())
                if part.get_content_maintype() == "text"]


class Mail(Case):
    def test_every_encoding_redirects_and_comes_back(self):
        for encoding in ("quoted-printable", "base64", "8bit"):
            message = mail("base64" if encoding == "8bit" else encoding)
            if encoding == "8bit":
                message = re.sub(r"Content-Transfer-Encoding: base64\r\n\r\n([A-Za-z0-9+/=\r\n]+)",
                                 self.identity, message, count=2)
            with self.subTest(encoding=encoding):
                output = self.rewrite(message).stdout
                text, html = self.says(output)
                [one], [two] = TRACKED.findall(text), TRACKED.findall(html)
                self.assertEqual(one, two)
                answer = self.daemon.click(one)
                self.assertEqual((answer.status, answer.location), (302, PAGE))
                self.assertEqual(self.rewrite(output).stdout, output)
                stripped = self.rewrite(output, "--strip").stdout
                self.assertEqual(self.says(stripped), self.says(message))
                self.assertEqual(output.split("\r\n\r\n")[0], message.split("\r\n\r\n")[0])
                self.assertLessEqual(max(map(len, output.split("\r\n"))), 998)

    @staticmethod
    def identity(match):
        return ("Content-Transfer-Encoding: 8bit\r\n\r\n" +
                base64.b64decode(match[1]).decode())

    def test_the_report_names_the_part(self):
        done = self.rewrite(mail(), "--report=json")
        report = json.loads(done.stderr)
        self.assertEqual([(link["part"], link["place"]) for link in report],
                         [("1.1", "text"), ("1.2", "html")])
        for link in report:
            line = done.stdout.split("\r\n")[link["line"] - 1]
            self.assertTrue(line.strip(), link)

    def test_what_is_not_tracked_is_said(self):
        signed = ("Content-Type: multipart/signed; boundary=b\n\n--b\n\nhttps://a.example/\n--b\n"
                  "Content-Type: application/pgp-signature\n\nx\n--b--\n")
        done = self.rewrite(signed)
        self.assertEqual(done.stdout, signed)
        self.assertIn("line 5 (part 1): signed", done.stderr)
        done = self.rewrite("DKIM-Signature: v=1; b=x\n" + mail())
        self.assertIn("line 1 (header): DKIM-Signature", done.stderr)
        self.assertIn("DKIM-Signature: v=1; b=x\n", done.stdout)
        self.assertEqual(len(TRACKED.findall(self.says(done.stdout)[0])), 1)

    def test_without_links_nothing_changes(self):
        message = mail().replace("http", "hxxp")
        self.assertEqual(self.rewrite(message).stdout, message)


class Additions(Case):
    def test_pixel_and_page_verify_and_name_what_they_are_for(self):
        options = ("--open-pixel", "--unsubscribe=news")
        output = self.rewrite(mail(), *options).stdout
        text, html = self.says(output)
        keys = Keys(self.daemon.instance)
        person = keys.prospect_id("reader@example.com").hex()
        pixel = re.search(r'<body><img src="(\S+)"', html)[1]
        self.assertIn(person, self.daemon.waymark("link", "verify", pixel).stdout)
        page = re.search(r"leave: (\S+)", text)[1]
        self.assertIn(person, self.daemon.waymark("link", "verify", page).stdout)
        head = mail_parts.header(output.encode())
        self.assertEqual(head["List-Unsubscribe"], f"<{page}>")
        self.assertEqual(head["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
        self.assertEqual(self.rewrite(output, *options).stdout, output)
        names = {(event["kind"], event["name"]) for event in self.daemon.events(type="name")}
        self.assertLessEqual({("mailing", "2026-11"), ("list", "news"), ("campaign", "autumn")},
                             names)

    def test_the_placeholder_of_a_link_is_filled_and_not_complained_of(self):
        done = self.rewrite("<p><a href='{{unsubscribe}}'>Leave</a>", "--unsubscribe")
        self.assertEqual(done.stderr, "")
        self.assertRegex(done.stdout, "<a href='http://localhost:8080/s/[-_A-Za-z0-9]{39}'>")
        self.assertEqual(self.rewrite(done.stdout, "--unsubscribe").stdout, done.stdout)
        [link] = json.loads(self.rewrite("<a href='{{unsubscribe}}'>", "--unsubscribe",
                                         "--report=json").stderr)
        self.assertEqual(link["reason"], "becomes the address of the subscription page")
        for source, options in (("<a href='{{unsubscribe}}'>", ()),
                                ("<a href='http://{{unsubscribe}}'>", ("--unsubscribe",)),
                                ("<a href='{{name}}'>", ("--unsubscribe",))):
            self.assertIn("merge tag", self.rewrite(source, *options).stderr)

    def test_a_trap_is_hidden_and_tells_a_machine(self):
        output = self.rewrite(mail(), "--trap").stdout
        html = self.says(output)[1]
        url = re.search(r'<a href="(\S+)" style="display:none"', html)[1]
        self.assertEqual(self.rewrite(output, "--trap").stdout, output)
        self.assertEqual(self.daemon.click(url).status, 302)
        [click] = self.daemon.events(type="click")
        self.assertTrue(click["signals"]["trap"])
        self.assertEqual(click["verdict"]["class"], "machine")

    def test_a_trap_scores_for_nobody(self):
        """From the mail to what sales is told: one has followed the trap, one a link."""
        path = os.path.join(self.daemon.directory, "people.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write("email\nreader@example.com\nother@example.com\n")
        self.daemon.waymark("prospect", "import", path)
        html = self.says(self.rewrite(mail(), "--trap").stdout)[1]
        trap, _ = re.findall(r'href="(\S+/c/\S+)"', html)
        link = self.daemon.link(PAGE, "--to", "other@example.com", "--campaign", "autumn")
        for url in (trap, link):
            self.assertEqual(self.daemon.click(url).status, 302)
        [of_trap, _] = self.daemon.events("--settled", type="click")
        self.assertEqual((of_trap["settled"]["class"], of_trap["settled"]["settled"]),
                         ("machine", True))
        [bind] = self.daemon.events(type="bind")
        self.assertNotEqual(bind["prospect"], of_trap["prospect"])
        self.daemon.stop()
        later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=2)
        out = os.path.join(self.daemon.directory, "crm")
        self.daemon.waymark("summarize", "--as-of", later.strftime("%Y-%m-%dT%H:00:00Z"),
                            "--out", out)
        with open(os.path.join(out, "000001", "persons.ndjson"), encoding="utf-8") as file:
            people = {person["email"]: (person["all"]["clicks"], person["all"]["clicks_machine"],
                                        person["score"]["total"] > 0)
                      for person in map(json.loads, file)}
        self.assertEqual(people, {"reader@example.com": (0, 1, False),
                                  "other@example.com": (1, 0, True)})

    def test_a_query_is_added_on_the_sites_only(self):
        message = (f"A: 1\nMIME-Version: 1.0\n\n{SITE}/a#top {SITE}/b?utm_source=own "
                   f"{SITE}/c?sig=1 https://a.example/d\n")
        report = json.loads(self.rewrite(message, "--utm", "--report=json").stderr)
        added = "utm_medium=email&utm_campaign=autumn"
        self.assertEqual([link["destination"] for link in report],
                         [f"{SITE}/a?utm_source=2026-11&{added}#top",
                          f"{SITE}/b?utm_source=own&{added}",
                          f"{SITE}/c?sig=1", "https://a.example/d"])
        for link in report:
            self.assertEqual(self.daemon.click(link["tracked"]).location, link["destination"])

    def test_what_cannot_be_added_is_refused(self):
        for option in ("--open-pixel", "--unsubscribe"):
            done = self.daemon.waymark("rewrite", "--field", "*|W|*", option, stdin=mail(),
                                       check=False)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("need --to", done.stderr)
        done = self.daemon.waymark("rewrite", *PERSON, "--utm=a b", stdin=mail(), check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("--utm", done.stderr)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""deploy/guides/mailers.md does what it says: each of its commands is run as it stands there, the
mailer's part is played by replacing its merge field, and the links count for whom they should."""
import csv
import html
import json
import os
import pathlib
import re
import subprocess
import unittest

from daemon import LIMIT_S, SITE, TRACKER, WAYMARK, Daemon

GUIDE = pathlib.Path(os.environ["WAYMARK_SOURCE"], "deploy", "guides", "mailers.md")
MAILERS = ["Mailchimp", "SendGrid", "Salesforce Marketing Cloud", "Amazon SES", "listmonk",
           "Mautic"]
FILE = re.compile(r"`([a-z]+\.(?:csv|html))`:?\n\n```(?:csv|html)\n(.*?)```", re.DOTALL)
COMMANDS = re.compile(r"```sh\n(.*?)```", re.DOTALL)
LINK = re.compile(r'href="([^"]+)"')


def sections():
    """The guide's sections by their headings, the general one first."""
    parts = re.split(r"^## (.*)\n", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


class Guide(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.daemon.__enter__()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.daemon.start()
        self.folder = pathlib.Path(self.daemon.directory, "mailer")
        self.folder.mkdir()
        (self.folder / "waymark").symlink_to(os.path.abspath(WAYMARK))
        self.sections = sections()
        self.general = self.sections["What is the same for all"]
        for name, text in FILE.findall(self.general):
            (self.folder / name).write_text(text, encoding="utf-8")

    def run_commands(self, text):
        """What the commands of a section print."""
        commands = "".join(COMMANDS.findall(text))
        environment = {**self.daemon.environment, "WAYMARK_CONFIG": self.daemon.config_path,
                       "PATH": f"{self.folder}:{os.environ['PATH']}"}
        answer = subprocess.run(["bash", "-e", "-c", commands], cwd=self.folder, text=True,
                                env=environment, capture_output=True, timeout=4 * LIMIT_S,
                                check=False)
        self.assertEqual(answer.returncode, 0, commands + answer.stdout + answer.stderr)
        return answer.stdout

    def people(self):
        with open(self.folder / "people.csv", encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def handle(self, address):
        return self.daemon.waymark("prospect", "find", address).stdout.strip()

    def contacts(self):
        """What the mailer has of each address after the tokens were loaded."""
        path = self.folder / "tokens.json"
        if path.exists():
            rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        else:
            with open(self.folder / "tokens.csv", encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
        for row in rows:
            row.update(json.loads(row.pop("attributes", "{}")))
        return {row["email"]: row for row in rows}

    def expect_clicks(self, text, address):
        """Every link of the filled-in template leads where the author wrote, for this person."""
        pages = LINK.findall((self.folder / "template.html").read_text(encoding="utf-8"))
        for url, page in zip(LINK.findall(text), pages, strict=True):
            answer = self.daemon.click(url)
            self.assertEqual((answer.status, answer.location), (302, html.unescape(page)))
            event = self.daemon.events(type="click")[-1]
            self.assertEqual((event["campaign"], event["mailing"]), ("autumn", "2026-11"))
            self.assertEqual(event["prospect"], self.handle(address) if address else None)

    def expect_section(self, name):
        text = self.sections[name]
        self.run_commands(text)
        field = re.search(r"--field '([^']+)'", text)[1]
        column = re.search(r"(?i)waymark", field)[0]
        tracked = (self.folder / "tracked.html").read_text(encoding="utf-8")
        contacts = self.contacts()
        self.assertEqual(sorted(contacts), sorted(row["Email Address"] for row in self.people()))
        self.assertEqual(tracked.count(field), tracked.count("href"))
        self.expect_clicks(tracked.replace(field, ""), None)
        self.expect_clicks(tracked.replace(field, "WAYMARK"), None)
        for address, contact in contacts.items():
            self.expect_clicks(tracked.replace(field, contact[column]), address)
        return contacts

    def test_the_mailers_are_all_there(self):
        self.assertEqual([name for name in self.sections if name in MAILERS], MAILERS)

    def test_what_is_the_same_for_all(self):
        lines = self.run_commands(self.general).splitlines()
        self.assertTrue(lines[0].endswith('html, tracked, "coats"'), lines)
        url = next(line for line in lines if line.startswith(TRACKER))
        self.assertTrue(url.endswith("/*|WAYMARK|*"))
        self.assertEqual(self.daemon.click(url).location, "https://www.example.com/shoes")
        sent = self.daemon.events(type="sent")
        self.assertEqual([event["mailing"] for event in sent], ["2026-11", "2026-11"])
        self.assertEqual([event["prospect"] for event in sent],
                         [self.handle("ann@example.com"), self.handle("bo@example.com")])
        shown = json.loads(self.daemon.waymark("prospect", "show", "bo@example.com").stdout)
        self.assertIn("opted_out", json.dumps(shown))

    def test_mailchimp(self):
        self.expect_section("Mailchimp")

    def test_sendgrid(self):
        self.expect_section("SendGrid")

    def test_salesforce_marketing_cloud(self):
        contacts = self.expect_section("Salesforce Marketing Cloud")
        self.assertEqual(contacts["bo@example.com"]["SubscriberKey"], "0031x02")

    def test_amazon_ses(self):
        contact = self.expect_section("Amazon SES")["ann@example.com"]
        answer = self.daemon.click(f"{TRACKER}/s/{contact['waymark_S']}")
        self.assertEqual(answer.status, 200)
        self.assertIn("News", answer.body.decode())

    def test_listmonk(self):
        contacts = self.expect_section("listmonk")
        self.assertEqual((contacts["ann@example.com"]["name"], contacts["ann@example.com"]["city"]),
                         ("Ann", "Kyoto"))

    def test_mautic(self):
        self.expect_section("Mautic")


class Single(unittest.TestCase):
    """`link new --field`, which takes what `rewrite --field` takes."""

    def setUp(self):
        self.daemon = Daemon()
        self.daemon.__enter__()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def test_a_link_for_each_mailer(self):
        self.daemon.start()
        part = self.daemon.waymark("prospect", "tokens", "--json", "--mailing", "m",
                                   "a@example.com").stdout
        part = json.loads(part)["WAYMARK"]
        for field in re.findall(r"--field '([^']+)'", GUIDE.read_text(encoding="utf-8")):
            url = self.daemon.link(SITE + "/x", "--mailing", "m", "--field", field)
            self.assertTrue(url.endswith("/" + field), url)
            self.assertEqual(self.daemon.click(url.replace(field, part)).location, SITE + "/x")
            self.assertIsNotNone(self.daemon.events(type="click")[-1]["prospect"])

    def test_what_is_refused(self):
        for sentence, *arguments in (
                ("merge field of printable ASCII", "--field", "a&b", SITE),
                ("merge field of printable ASCII", "--field", 'index "waymark"', SITE),
                ("holds a merge tag", "--field", "*|W|*", SITE + "/?q=*|ID|*"),
                ("holds a merge tag", "--to", "a@example.com", SITE + "/{{page}}")):
            answer = self.daemon.waymark("link", "new", *arguments, check=False)
            self.assertEqual((answer.returncode, answer.stdout), (1, ""))
            self.assertIn(sentence, answer.stderr)
        self.assertEqual(self.daemon.waymark("link", "list").stdout, "")

    def test_the_page_of_a_list_is_left_to_the_mailer(self):
        page = f'<a href="{TRACKER}/s/*|WAYMARK_S|*">leave</a>\n'
        answer = self.daemon.waymark("rewrite", "--field", "*|WAYMARK|*", stdin=page)
        self.assertEqual((answer.stdout, answer.stderr), (page, ""))


if __name__ == "__main__":
    unittest.main()

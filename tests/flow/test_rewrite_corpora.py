#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real mails, whole and in parts, texts and URLs through `rewrite` and back: every tracked link is
requested from the real server, and Location is what the document said."""
import hashlib
import html
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor

import corpora
import mail_parts
import node_packages
from daemon import LIMIT_S, SITE, TRACKER, WAYMARK, Daemon

PREFIX = TRACKER + "/"
CONNECTIONS = 16
PERSON = ["--to", "reader@example.com", "--campaign", "autumn", "--mailing", "2026-11"]
EXACT = re.compile(r"https?://[\x21-\x7e]+", re.ASCII | re.IGNORECASE)
HREF = pathlib.Path(__file__).with_name("whatwg_href.mjs")


def requested(urls):
    """What a browser would request for each of @urls; None where it would not."""
    answer = subprocess.run(["node", HREF], input=json.dumps(urls), capture_output=True, text=True,
                            timeout=LIMIT_S, check=True)
    return json.loads(answer.stdout)


class Corpus(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # A connection of the pool may rest for as long as a document takes.
        cls.daemon = Daemon(consent="pending", tracker=TRACKER, site=SITE,
                            limits__request_timeout_s=600)
        cls.daemon.__enter__()
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.daemon.start()
        cls.local = threading.local()
        cls.connections = []
        cls.pool = ThreadPoolExecutor(CONNECTIONS)
        cls.addClassCleanup(lambda: [connection.close() for connection in cls.connections])
        cls.addClassCleanup(cls.pool.shutdown)

    def rewrite(self, message, *arguments):
        """The output and the report of one message."""
        answer = subprocess.run(
            [WAYMARK, "rewrite", "--config", self.daemon.config_path, "--report=json", *PERSON,
             *arguments], input=message, capture_output=True, timeout=4 * LIMIT_S, check=False)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return answer.stdout, json.loads(answer.stderr)

    def location(self, url):
        """Where a click leads, on this thread's own connection."""
        if not hasattr(self.local, "connection"):
            self.local.connection = self.daemon.connect()
            self.connections.append(self.local.connection)
        answer = self.daemon.click(url, connection=self.local.connection)
        return answer.location if answer.status == 302 else answer

    def locations(self, urls):
        """The same for many, several at a time: a click waits for the disk."""
        return list(self.pool.map(self.location, urls))

    def check_links(self, report, values):
        """@values in document order, each tracked exactly, or as a browser requests it, or left."""
        self.assertEqual(len(report), len(values))
        urls, wanted = [], []
        for link, value, href in zip(report, values, requested(values)):
            strict = EXACT.fullmatch(value)
            if strict and href:
                self.assertIn(link["outcome"], ("tracked", "self-contained"), link)
            if link["tracked"]:
                urls.append(link["tracked"])
                wanted.append(value if strict else href)
        self.assertEqual(self.locations(urls), wanted)
        return len(urls)


@corpora.needs("html", "html-expect", "tools")
class Html(Corpus):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=node_packages.folder()))
        self.addCleanup(shutil.rmtree, self.folder)
        for tool in (corpora.FOLDER / "tools").glob("*.mjs"):
            shutil.copyfile(tool, self.folder / tool.name)

    def check_one(self, mail):
        expect = corpora.FOLDER / "html-expect" / f"{mail.stem}.json"
        with open(expect, encoding="utf-8") as file:
            charset = json.load(file)["charset"]
        output, report = self.rewrite(mail.read_bytes(), "--charset", charset)
        rewritten = self.folder / mail.name
        rewritten.write_bytes(output)
        answer = subprocess.run(
            ["node", self.folder / "check_html.mjs", expect, mail, rewritten, PREFIX, "--list"],
            capture_output=True, text=True, timeout=LIMIT_S, check=False)
        verdict, *rows = answer.stdout.splitlines() or [answer.stderr]
        self.assertTrue(verdict.startswith("PASS"), verdict)
        rows = [json.loads(row) for row in rows]
        self.assertEqual(self.locations(row["track"] for row in rows),
                         [row["location"] for row in rows])
        self.assertEqual(self.rewrite(output, "--charset", charset)[0], output)
        self.check_strip(output, report, charset)
        return len(rows)

    def check_strip(self, output, report, charset):
        """What is stripped leads where the mail led, and is tracked to the same bytes again."""
        original, stripped = self.rewrite(output, "--strip", "--charset", charset)
        self.assertEqual([link["destination"] for link in stripped if link["destination"]],
                         [link["destination"] for link in report if link["destination"]])
        self.assertEqual(self.rewrite(original, "--charset", charset)[0], output)

    def test_every_mail(self):
        count = 0
        for mail in sorted((corpora.FOLDER / "html").iterdir()):
            with self.subTest(mail=mail.name):
                count += self.check_one(mail)
        print(f"html: {count} links followed")


@corpora.needs("eml", "eml-expect", "tools")
class Mails(Corpus):
    """Whole mails: parts that may be changed are tracked, all others and the headers are not."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=node_packages.folder()))
        self.addCleanup(shutil.rmtree, self.folder)
        for tool in (corpora.FOLDER / "tools").glob("*.mjs"):
            shutil.copyfile(tool, self.folder / tool.name)

    def check_html(self, part, before, after):
        """By the oracle, on what the part says; returns how many links it found tracked."""
        expect = self.folder / "expect.json"
        expect.write_text(json.dumps({"id": part["path"], "charset": part["charset"],
                                      **part["html"]}), encoding="utf-8")
        (self.folder / "before").write_bytes(before)
        (self.folder / "after").write_bytes(after)
        answer = subprocess.run(
            ["node", self.folder / "check_html.mjs", expect, self.folder / "before",
             self.folder / "after", PREFIX, "--list"],
            capture_output=True, text=True, timeout=LIMIT_S, check=False)
        verdict, *rows = answer.stdout.splitlines() or [answer.stderr]
        self.assertTrue(verdict.startswith("PASS"), verdict)
        rows = [json.loads(row) for row in rows]
        self.assertEqual(self.locations(row["track"] for row in rows),
                         [row["location"] for row in rows])
        return len(rows)

    def check_text(self, part, before, after, links):
        back = after
        for link in links:
            back = back.replace(link["tracked"].encode(), link["original"].encode(), 1)
        self.assertEqual(back, before)
        found = [link["original"] for link in links]
        for url in part.get("text", []):
            if url["agreed"] and re.match("https?://", url["gfm"], re.IGNORECASE):
                self.assertIn(url["gfm"], found)
        self.assertEqual(self.locations(link["tracked"] for link in links), found)
        return len(links)

    def check_one(self, mail):
        expect = corpora.FOLDER / "eml-expect" / f"{mail.stem}.json"
        expect = json.loads(expect.read_text(encoding="utf-8"))
        message = mail.read_bytes()
        output, report = self.rewrite(message, "--as", "mime")
        size, count = expect["header_bytes"], 0
        self.assertEqual(output[:size], message[:size])
        before, after = mail_parts.leaves(message), mail_parts.leaves(output)
        self.assertEqual([path for path, *_ in after], [part["path"] for part in expect["parts"]])
        for part, (path, _, said), (_, _, says) in zip(expect["parts"], before, after):
            self.assertEqual(hashlib.sha256(said).hexdigest(), part["decoded_sha256"])
            links = [link for link in report if link["part"] == path and link["tracked"]]
            if not part["rewriteable"]:
                self.assertEqual((links, says), ([], said))
            elif "html" in part:
                count += self.check_html(part, said, says)
            else:
                count += self.check_text(part, said, says, links)
        self.assertEqual(self.rewrite(output, "--as", "mime")[0], output)
        original = self.rewrite(output, "--strip", "--as", "mime")[0]
        again = self.rewrite(original, "--as", "mime")[0]
        # Lines of quoted-printable may be broken elsewhere.
        self.assertEqual([says for *_, says in mail_parts.leaves(again)],
                         [says for *_, says in after])
        if count == 0:
            self.assertEqual(output, message)
        return count

    def test_every_mail(self):
        count = 0
        for mail in sorted((corpora.FOLDER / "eml").iterdir()):
            with self.subTest(mail=mail.name):
                count += self.check_one(mail)
        print(f"eml: {count} links followed")


@corpora.needs("entity_href.jsonl", "autolink.jsonl", "urls.json")
class Rows(Corpus):
    def test_character_references(self):
        rows = corpora.lines("entity_href.jsonl")
        message = "\n".join(row["html"] for row in rows).encode()
        output, report = self.rewrite(message, "--as", "html", "--charset", "utf-8")
        tracked = self.check_links(report, [row["value"] for row in rows])
        print(f"entity_href: {tracked} of {len(rows)} tracked")
        self.assertGreater(tracked, len(rows) * 0.9)
        self.assertEqual(self.rewrite(output, "--as", "html", "--charset", "utf-8")[0], output)

    def test_plain_text(self):
        count = 0
        for row in corpora.lines("autolink.jsonl"):
            if not row["consensus"]:
                continue
            wanted = [url for url in row["urls"] if re.match("https?://", url, re.IGNORECASE)]
            with self.subTest(row=row["id"], text=row["text"]):
                output, report = self.rewrite(row["text"].encode(), "--as", "text")
                found = [link for link in report if link["outcome"] != "left"]
                self.assertEqual([link["original"] for link in found], wanted)
                count += self.check_links(found, wanted)
                self.assertEqual(self.rewrite(output, "--as", "text")[0], output)
        print(f"autolink: {count} links followed")

    def test_urls(self):
        rows = [row for row in corpora.whole("urls.json")
                if not re.search("[\ud800-\udfff\0]", row["input"])]
        message = "\n".join(f'<a href="{html.escape(row["input"])}">x</a>' for row in rows)
        _, report = self.rewrite(message.encode(), "--as", "html", "--charset", "utf-8")
        self.assertEqual(len(report), len(rows))
        for link, row in zip(report, rows):
            if row["class"] == "exact":
                self.assertIn(link["outcome"], ("tracked", "self-contained"), link)
        followed = [(link, row) for link, row in zip(report, rows) if link["tracked"]]
        self.assertEqual(self.locations(link["tracked"] for link, _ in followed),
                         [row["input"] if EXACT.fullmatch(row["input"]) else row["whatwg_href"]
                          for _, row in followed])
        print(f"urls: {len(followed)} of {len(rows)} followed")


@corpora.needs("peers.json")
class Peers(Corpus):
    """What the test suites of others expect of rewriting, where it applies as it is."""

    def rows(self, *kinds):
        return [row for row in corpora.whole("peers.json")
                if row["kind"] in kinds and row["applies"] == "as-is"]

    def check_row(self, row, message, form):
        output, report = self.rewrite(message.encode(), "--as", form)
        tracked = [link for link in report if link["outcome"] == "tracked"]
        wanted = row["expect"]["tracked"]
        self.assertEqual([link["destination"] for link in tracked], wanted)
        self.assertEqual(self.locations(link["tracked"] for link in tracked), wanted)
        back = output.decode()
        for link in tracked:
            self.assertEqual(back.count(link["tracked"]),
                             sum(other["tracked"] == link["tracked"] for other in tracked))
        for link in tracked:
            back = back.replace(link["tracked"], link["original"], 1)
        self.assertEqual(back, message)

    def test_html(self):
        for row in self.rows("html-rewrite"):
            with self.subTest(row=row["id"]):
                self.check_row(row, row["input"]["html"], "html")

    def test_text(self):
        for row in self.rows("text-rewrite"):
            with self.subTest(row=row["id"]):
                self.check_row(row, row["input"]["text"], "text")

    def test_mails(self):
        for row in self.rows("mime-rewrite"):
            with self.subTest(row=row["id"]):
                self.check_row(row, row["input"]["eml"], "mime")

    def test_appended_queries(self):
        """Where they append to any address, we do to those of the sites: SITE stands for theirs."""
        rows = [row for row in corpora.whole("peers.json") if row["kind"] == "append-query"]
        for row in rows:
            with self.subTest(row=row["id"]):
                url, wanted = (text.replace("https://mautic.org", SITE, 1)
                               for text in (row["input"]["url"], row["expect"]["url"]))
                for place, destination in ((url, wanted), (row["input"]["url"],) * 2):
                    _, [link] = self.rewrite(f'<a href="{html.escape(place)}">'.encode(),
                                             "--as", "html", "--utm=" + row["input"]["append"])
                    self.assertEqual(link["destination"], destination)
                    self.assertEqual(self.location(link["tracked"]), destination)
        self.assertEqual(len(rows), 6)

    def test_tracked_already(self):
        ours = self.rewrite(b"https://www.example.com/", "--as", "text")[0].decode()
        for row in self.rows("text-rewrite-idempotent"):
            with self.subTest(row=row["id"]):
                text = row["input"]["text"].replace("{T:existing tracking URL}", ours)
                self.check_row(row, text, "text")


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real mails, whole and in parts, texts and URLs through `rewrite` and back: every tracked link is
requested from the real server, and Location is what the document said."""
import collections
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
from mint import flip

PREFIX = TRACKER + "/"
CONNECTIONS = 16
PERSON = ["--to", "reader@example.com", "--campaign", "autumn", "--mailing", "2026-11"]
EXACT = re.compile(r"https?://[\x21-\x7e]+", re.ASCII | re.IGNORECASE)
FOLDER = pathlib.Path(__file__).parent
HERE = {row["id"]: row for row in
        json.loads((FOLDER / "peers.json").read_text(encoding="utf-8"))}
KINDS = {"html-rewrite": 23, "text-rewrite": 15, "mime-rewrite": 1, "text-rewrite-idempotent": 1,
         "append-query": 6, "redirect": 2, "signature": 1, "robustness": 1}


class Oracle:
    """oracle.mjs in a folder of its own, where files can be put for it."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=node_packages.folder()))
        for source in (FOLDER / "oracle.mjs", *(corpora.FOLDER / "tools").glob("*.mjs")):
            shutil.copyfile(source, self.folder / source.name)
        self.process = subprocess.Popen(["node", str(self.folder / "oracle.mjs")], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(LIMIT_S)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            shutil.rmtree(self.folder)

    def ask(self, *words):
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def requested(self, urls):
        """What a browser would request for each of @urls; None where it would not."""
        return self.ask("href", *urls)

    def check(self, expect, before, after):
        """The verdict on the bytes @after, and the tracked links with where they should lead."""
        (self.folder / "before").write_bytes(before)
        (self.folder / "after").write_bytes(after)
        verdict, *rows = self.ask("check", *(str(path) for path in (
            expect, self.folder / "before", self.folder / "after")), PREFIX, "--list")
        return verdict, [json.loads(row) for row in rows]


class Corpus(unittest.TestCase):
    made = None

    @classmethod
    def setUpClass(cls):
        """One server and one oracle serve all tests of this file."""
        if not Corpus.made:
            # A connection of the pool may rest for as long as a document takes.
            daemon = unittest.enterModuleContext(Daemon(
                consent="pending", tracker=TRACKER, site=SITE, limits__request_timeout_s=600))
            daemon.start()
            Corpus.made = daemon, unittest.enterModuleContext(Oracle())
            Corpus.local, Corpus.connections = threading.local(), []
            Corpus.pool = ThreadPoolExecutor(CONNECTIONS)
            unittest.addModuleCleanup(lambda: [open_.close() for open_ in Corpus.connections])
            unittest.addModuleCleanup(Corpus.pool.shutdown)
        cls.daemon, cls.oracle = Corpus.made

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
        for link, value, href in zip(report, values, self.oracle.requested(values)):
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
    def check_one(self, mail):
        expect = corpora.FOLDER / "html-expect" / f"{mail.stem}.json"
        with open(expect, encoding="utf-8") as file:
            charset = json.load(file)["charset"]
        message = mail.read_bytes()
        output, report = self.rewrite(message, "--charset", charset)
        verdict, rows = self.oracle.check(expect, message, output)
        self.assertTrue(verdict.startswith("PASS"), verdict)
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

    def check_html(self, part, before, after):
        """By the oracle, on what the part says; returns how many links it found tracked."""
        expect = self.oracle.folder / "expect.json"
        expect.write_text(json.dumps({"id": part["path"], "charset": part["charset"],
                                      **part["html"]}), encoding="utf-8")
        verdict, rows = self.oracle.check(expect, before, after)
        self.assertTrue(verdict.startswith("PASS"), verdict)
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
        """One text of them all: unit/text/text_links judges each alone."""
        rows = [row for row in corpora.lines("autolink.jsonl") if row["consensus"]]
        wanted = [url for row in rows for url in row["urls"]
                  if re.match("https?://", url, re.IGNORECASE)]
        text = "\n\n".join(row["text"] for row in rows)
        output, report = self.rewrite(text.encode(), "--as", "text")
        found = [link for link in report if link["outcome"] != "left"]
        self.assertEqual([link["original"] for link in found], wanted)
        print(f"autolink: {self.check_links(found, wanted)} links followed")
        self.assertEqual(self.rewrite(output, "--as", "text")[0], output)

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
    """What the test suites of others expect of rewriting and of the links that it makes; where it
    is otherwise here, peers.json beside this file says how, and why."""

    def each(self, kind, check):
        for row in corpora.whole("peers.json"):
            if row["kind"] == kind:
                with self.subTest(row=row["id"]):
                    check(row, HERE.get(row["id"], {}).get("here", {}))

    def check_row(self, row, here, message, form):
        output, report = self.rewrite(message.encode(), "--as", form)
        tracked = [link for link in report if link["outcome"] == "tracked"]
        wanted = here.get("tracked", row["expect"]["tracked"])
        self.assertEqual([link["destination"] for link in tracked], wanted)
        self.assertEqual(self.locations(link["tracked"] for link in tracked), wanted)
        back = output.decode()
        for link in tracked:
            self.assertEqual(back.count(link["tracked"]),
                             sum(other["tracked"] == link["tracked"] for other in tracked))
        for link in tracked:
            back = back.replace(link["tracked"], link["original"], 1)
        self.assertEqual(back, message)
        if here:
            self.assertNotEqual(wanted, row["expect"]["tracked"], "not different any more")

    def track(self, url, *arguments):
        """The one link of a page that leads to @url."""
        _, [link] = self.rewrite(f'<a href="{html.escape(url)}">'.encode(), "--as", "html",
                                 *arguments)
        return link

    def test_html(self):
        self.each("html-rewrite", lambda row, here: self.check_row(
            row, here, row["input"]["html"], "html"))

    def test_text(self):
        self.each("text-rewrite", lambda row, here: self.check_row(
            row, here, row["input"]["text"], "text"))

    def test_mails(self):
        self.each("mime-rewrite", lambda row, here: self.check_row(
            row, here, row["input"]["eml"], "mime"))

    def test_tracked_already(self):
        ours = self.rewrite(b"https://www.example.com/", "--as", "text")[0].decode()
        self.each("text-rewrite-idempotent", lambda row, here: self.check_row(
            row, here, row["input"]["text"].replace("{T:existing tracking URL}", ours), "text"))

    def check_query(self, row, here):
        url, wanted = row["input"]["url"], row["expect"]["url"]
        self.assertNotEqual(here["url"], wanted)
        for place, destination in ((url, here["url"]), (SITE + url[18:], SITE + wanted[18:])):
            link = self.track(place, "--utm=" + row["input"]["append"])
            self.assertEqual(link["destination"], destination)
            self.assertEqual(self.location(link["tracked"]), destination)

    def test_appended_queries(self):
        """They append to any address. We do to those of the sites: SITE stands for theirs, which
        has 18 characters."""
        self.each("append-query", self.check_query)

    def check_redirect(self, row, _):
        location = self.location(self.track(row["input"]["url"])["tracked"])
        wanted = row["expect"].get("location_any_of") or [row["expect"]["location"]]
        self.assertIn(location, wanted)

    def test_redirects(self):
        self.each("redirect", self.check_redirect)

    def check_signature(self, row, _):
        url = self.track(SITE + "/a", "--self-contained")["tracked"]
        self.assertEqual(self.location(url), SITE + "/a")
        head, token = url.rsplit("/", 1)
        for bit in range(0, len(token), 5):
            answer = self.daemon.click(f"{head}/{flip(token, bit)}")
            self.assertIn(answer.status, row["expect"]["status"])
            self.assertEqual(answer.location, row["expect"]["location"])

    def test_signatures(self):
        self.each("signature", self.check_signature)

    def check_random(self, row, _):
        for token in ("x", "a1b2c3d4e5", "-" * 44, "A" * 5000, "%00", "..%2f", "0" * 39):
            for path in ("/c/", "/u/", "/o/", "/s/", "/l/"):
                answer = self.daemon.get(path + token)
                self.assertLessEqual(answer.status, row["expect"]["status_max"])

    def test_random_tokens(self):
        self.each("robustness", self.check_random)

    def test_every_row_is_here(self):
        kinds = collections.Counter(row["kind"] for row in corpora.whole("peers.json"))
        self.assertEqual({kind: kinds[kind] for kind in KINDS}, KINDS)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One message for everybody on a list: who gets what, where it goes, what is said of the others,
and what a row can never do to a message."""
import base64
import email
import email.header
import email.message
import email.policy
import email.utils
import html
import json
import os
import re
import subprocess
import unittest
import urllib.parse

import mail_parts
from daemon import LIMIT_S, SITE, TRACKER, WAYMARK, Daemon
from mint import Keys, decode
from sizes import size

NAMES = ("--campaign", "autumn", "--mailing", "2026-11")
TRACKED = re.compile(re.escape(TRACKER) + r"/[cu]/[A-Za-z0-9_-]+")
LIST = "email,name,plan\nann@example.com,Ann,gold\nbob@example.com,Bob,\n"


def mail(text="Dear {{name}}, see {{unsubscribe}} and " + SITE + "/p\n",
         page="<p>Dear {{name}}</p><a href=\"" + SITE + "/p\">x</a>"
              "<a href=\"{{unsubscribe}}\">y</a>\n",
         encoding="quoted-printable", subject="{{name}}様へのお知らせ", **fields):
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = "us@example.com", "list@example.com"
    message["Subject"] = subject
    message["Message-ID"] = "<one@example.com>"
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    message.set_content(text, cte=encoding)
    message.add_alternative(page, subtype="html", cte=encoding)
    return message.as_bytes()


def says(message):
    return [body.decode() for _, part, body in mail_parts.leaves(message)
            if part.get_content_maintype() == "text"]


def decoded(text):
    return str(email.header.make_header(email.header.decode_header(text)))


def subject(message):
    return decoded(mail_parts.header(message)["Subject"])


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()
        cls.daemon.__enter__()
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.daemon.start()

    def path(self, name):
        return os.path.join(self.daemon.directory, f"{self.id()}-{name}")

    def write(self, name, data):
        path = self.path(name)
        with open(path, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())
        return path

    def run_bulk(self, message, rows, *arguments, status=0):
        path = self.write("list.csv", rows)
        done = subprocess.run(
            [WAYMARK, "rewrite", "--config", self.daemon.config_path, *NAMES, "--recipients", path,
             *arguments], input=message, capture_output=True, timeout=LIMIT_S, check=False)
        self.assertEqual(done.returncode, status, done.stderr.decode())
        done.stderr = done.stderr.decode().replace(path, "list.csv")
        return done

    def messages(self, message, rows, *arguments, status=0):
        """By address: each message's bytes, of --ndjson."""
        done = self.run_bulk(message, rows, *arguments, "--ndjson", "-", status=status)
        found = {}
        for line in done.stdout.decode().splitlines():
            row = json.loads(line)
            self.assertNotIn(row["address"], found)
            data = row.get("message")
            found[row["address"]] = (data.encode() if data is not None
                                     else base64.b64decode(row["message_base64"]))
        return found, done.stderr


class Lists(Case):
    def test_everybody_gets_their_own(self):
        for encoding in ("quoted-printable", "base64", "8bit"):
            with self.subTest(encoding=encoding):
                self.everybody_gets_their_own(mail(encoding=encoding))

    def everybody_gets_their_own(self, message):
        found, said = self.messages(message, LIST, "--merge", "--unsubscribe=news", "--open-pixel")
        self.assertEqual(set(found), {"ann@example.com", "bob@example.com"})
        self.assertIn("2 messages\n", said)
        keys = Keys(self.daemon.instance)
        ids = set()
        for address, name in (("ann@example.com", "Ann"), ("bob@example.com", "Bob")):
            text, page = says(found[address])
            person = keys.prospect_id(address)
            self.assertIn(f"Dear {name},", text)
            self.assertIn(f"<p>Dear {name}</p>", page)
            self.assertNotIn("{{", text + page)
            self.assertEqual(subject(found[address]), f"{name}様へのお知らせ")
            head = mail_parts.header(found[address])
            self.assertEqual((head.get_all("To"), head.get_all("From")),
                             ([address], ["us@example.com"]))
            self.assertRegex(head["List-Unsubscribe"], r"^<\S+/s/\S+>$")
            [message_id] = head.get_all("Message-ID")
            self.assertRegex(message_id, r"^<[0-9a-f]{32}@localhost>$")
            ids.add(message_id)
            for url in TRACKED.findall(text + page):
                self.assertIn(person, decode(url.rsplit("/", 1)[1]))
                answer = self.daemon.click(url)
                self.assertEqual((answer.status, answer.location), (302, SITE + "/p"))
        self.assertEqual(len(ids), 2)

    def test_a_run_is_the_same_another_time(self):
        message = mail()
        again = [self.messages(message, LIST, "--merge", "--unsubscribe")[0] for _ in range(2)]
        self.assertEqual(again[0], again[1])

    def test_what_is_not_merged_stays(self):
        found, _ = self.messages(mail(subject="{{name}}"), LIST)
        self.assertIn("Dear {{name}},", says(found["ann@example.com"])[0])
        self.assertEqual(subject(found["ann@example.com"]), "{{name}}")

    def test_lists_as_programs_write_them(self):
        rows = "\ufeffName;E-mail;note\r\n\"Ann\r\n\"\"A\"\"\";ann@example.com;x\r\n"
        message = b"MIME-Version: 1.0\n\n{{Name}} {{email}} {{E-mail}}\n"
        found, _ = self.messages(message, rows, "--merge")
        self.assertEqual(says(found["ann@example.com"]),
                         ['Ann\n"A" ann@example.com ann@example.com\n'])
        found, _ = self.messages(
            "Content-Type: text/plain; charset=utf-8\n\n{{name}}".encode(),
            "email\tname\nann@example.com\t秋\n".encode("shift_jis"), "--merge", "--list-charset",
            "shift_jis")
        self.assertEqual(says(found["ann@example.com"]), ["秋"])
        found, _ = self.messages(message, "who,Name\nann@example.com,A\n", "--merge", "--map",
                                 "who=email", status=1)
        self.assertEqual(found, {})

    def test_bad_rows_are_told_and_the_others_served(self):
        rows = ("email,name\nann@example.com,Ann\nnobody,N\n,E\nbob@example.com,B,extra\n"
                "cleo@example.com,Cleo\nANN@example.com,Again\n"
                "dan@example.com,\"Dan\r\nBcc: x@example.com\"\nlast@example.com,Last\n")
        found, said = self.messages(mail(), rows, "--merge", "--unsubscribe", status=2)
        self.assertEqual(set(found), {"ann@example.com", "cleo@example.com", "last@example.com"})
        for line, sentence in ((3, "its address"), (4, "no address"), (5, "more values"),
                               (7, "the same address as in line 2"), (8, "line break")):
            self.assertRegex(said, rf"list\.csv:{line}: .*{sentence}")
        self.assertIn("3 messages, 4 bad rows, 1 in the list before\n", said)

    def test_strict_sends_nothing_when_a_row_is_bad(self):
        rows = "email,name\nann@example.com,A\nbob@example.com,\"B\nC\"\n"
        folder = self.path("out")
        done = self.run_bulk(mail(), rows, "--merge", "--unsubscribe", "--strict", "--folder",
                             folder, status=1)
        self.assertIn("list.csv:3: {{name}}", done.stderr)
        self.assertIn("nothing was sent", done.stderr)
        self.assertFalse(os.path.exists(folder))
        self.run_bulk(mail(), LIST, "--merge", "--unsubscribe", "--strict", "--folder", folder)
        self.assertEqual(len(os.listdir(folder)), 2)

    def test_nothing_is_sent_of_a_message_that_is_wrong(self):
        tracked = self.daemon.waymark("rewrite", "--to", "ann@example.com",
                                      stdin=SITE + "/p\n").stdout
        for message, arguments, sentence in (
                (mail(text="a\nb {{nme}}\n"), ("--merge",), '{{nme}}: the list has no column'),
                (mail(), ("--merge",), "--unsubscribe puts the page"),
                (mail(subject="{{nme}}"), ("--merge", "--unsubscribe"), "line 3: {{nme}}"),
                (mail(page="<style>{{name}}</style>"), ("--merge", "--unsubscribe"), "<style>"),
                (mail(page="<p><{{name}} x>"), ("--merge", "--unsubscribe"), "behind '<'"),
                (mail(Cc="x@example.com"), (), "Cc or Bcc"),
                (mail(text=tracked), (), "tracked for another person"),
                (b"<p>x", ("--mbox", self.path("a")), "no headers")):
            done = self.run_bulk(message, LIST, *arguments, status=1)
            self.assertEqual(done.stdout, b"")
            self.assertIn(sentence, done.stderr)
        for rows, sentence in (("", "nothing in this file"), ("name\nA\n", '"email"'),
                               ('{"email": "ann@example.com"}\n', "CSV"),
                               ("email,a,a\nann@example.com,1,2\n", 'both "a"')):
            done = self.run_bulk(mail(), rows, status=1)
            self.assertEqual(done.stdout, b"")
            self.assertIn(sentence, done.stderr)

    def test_a_wrong_command_line(self):
        for arguments in (("--merge",), ("--test", "ann@example.com"), ("--folder", "x"),
                          ("--recipients", "-"), ("--recipients", "x", "--mbox", "a", "--ndjson",
                                                  "b")):
            done = self.daemon.waymark("rewrite", *arguments, stdin="", check=False)
            self.assertEqual(done.returncode, 64, done.stderr)
        done = self.run_bulk(mail(), LIST, "--to", "x@example.com", status=1)
        self.assertIn("leave --to", done.stderr)

    def test_a_test_goes_to_one_address(self):
        found, said = self.messages(mail(), LIST, "--merge", "--unsubscribe", "--test",
                                    "me@example.com")
        [(address, message)] = found.items()
        self.assertEqual(address, "me@example.com")
        self.assertIn("1 messages\n", said)
        text, page = says(message)
        self.assertIn("Dear Ann", text)
        self.assertEqual(mail_parts.header(message)["To"], "me@example.com")
        person = Keys(self.daemon.instance).prospect_id("me@example.com")
        for url in TRACKED.findall(text + page):
            self.assertIn(person, decode(url.rsplit("/", 1)[1]))


class Values(Case):
    """What a row says never becomes more than text where it stands."""

    def one(self, message, value, *arguments):
        """The message with @value for {{name}}."""
        rows = 'email,name\nann@example.com,"' + value.replace('"', '""') + '"\n'
        found, _ = self.messages(message, rows, "--merge", *arguments)
        return found["ann@example.com"]

    def refused(self, message, value, sentence):
        rows = 'email,name\nann@example.com,"' + value.replace('"', '""') + '"\n'
        found, said = self.messages(message, rows, "--merge", status=2)
        self.assertEqual(found, {})
        self.assertRegex(said, sentence)

    def test_in_html(self):
        evil = "<b onclick='x'>\"&amp; = `y`\n秋"
        page = ("<title>{{name}}</title><p title=\"{{name}}\" lang={{name}}>{{name}}</p>"
                "<!--[if mso]>{{name}}<![endif]-->")
        for encoding in ("quoted-printable", "base64", "8bit"):
            [_, got] = says(self.one(mail("t\n", page, encoding, "x"), evil))
            got = got.replace("\r\n", "\n").rstrip("\n")
            match = re.fullmatch(r"<title>([^<]*)</title><p title=\"([^\"<]*)\" lang=([^\s<=>]*)>"
                                 r"([^<]*)</p><!--\[if mso\]>([^<>]*)<!\[endif\]-->", got)
            self.assertTrue(match, got)
            for value in match.groups():
                self.assertEqual(html.unescape(value), evil)

    def test_in_urls(self):
        page = (f"<a href=\"{SITE}/p?n={{{{name}}}}&amp;m=1#top\">x</a>"
                f"<a href={SITE}/p/{{{{name}}}}>x</a><a href=\"mailto:{{{{email}}}}\">x</a>"
                f"<img src=\"{SITE}/i?n={{{{name}}}}\"><a href=\"https://{{{{name}}}}/\">x</a>")
        value = "a b&c=d#秋\"><i>/../@"
        quoted = urllib.parse.quote(value, safe="")
        [text, got] = says(self.one(mail(f"see {SITE}/q?n={{{{name}}}}.\n", page), value, "--utm"))
        hrefs = [html.unescape(url) for url in re.findall(r"href=\"?([^\">]*)", got)]
        utm = "utm_source=2026-11&utm_medium=email&utm_campaign=autumn"
        self.assertEqual([self.daemon.click(url).location for url in hrefs[:2]],
                         [f"{SITE}/p?n={quoted}&m=1&{utm}#top", f"{SITE}/p/{quoted}?{utm}"])
        self.assertEqual(hrefs[2:], ["mailto:ann@example.com", f"https://{quoted}/"])
        self.assertIn(f"src=\"{SITE}/i?n={quoted}\"", got)
        [url] = TRACKED.findall(text)
        self.assertEqual(self.daemon.click(url).location, f"{SITE}/q?n={quoted}&{utm}")
        self.assertIn(f"see {url}.", text)

    def test_a_whole_url(self):
        message = mail("{{name}}\n", "<a href='{{name}}'>x</a><img src='{{name}}'>")
        [text, got] = says(self.one(message, SITE + "/a?b=1&c='2'"))
        [tracked] = re.findall(r"href='([^']*)'", got)
        self.assertEqual(self.daemon.click(tracked).location, SITE + "/a?b=1&c='2'")
        self.assertEqual(html.unescape(re.search(r"src='([^']*)'", got)[1]), SITE + "/a?b=1&c='2'")
        self.refused(message, "javascript:alert(1)", r"\{\{name\}\}: .*not a URL of https")
        self.refused(mail("{{name}}\n", "<img src='{{name}}'>"), "data:x", "not a URL that begins")
        self.refused(mail("x", f"<a href='{SITE}/{{{{name}}}}'>x</a>"), "x" * 2100, "too long")

    def test_a_link_of_another_person_is_nobody_s(self):
        theirs = {who: self.daemon.link(SITE + "/p", "--to", f"{who}@example.com")
                  for who in ("ann", "bob")}
        for page in ("<a href='{{name}}'>x</a>", "<img src='{{name}}'>"):
            self.assertIn("'http", says(self.one(mail("x", page), theirs["ann"]))[1])
            self.refused(mail("x", page), theirs["bob"], "tracked for another person")

    def test_in_headers(self):
        message = mail("x\n", "x\n", subject="Dear {{name}}, news", X_Id="a{{name}}b",
                       Reply_To='"{{name}} at us" <{{email}}>')
        for value in ("Ann", "O'Neil, \"Ann\" <x@example.com>", "山田 太郎さん" * 12, "=?utf-8?B?",
                      "é"):
            head = mail_parts.header(self.one(message, value))
            read = email.message_from_bytes(self.one(message, value), policy=email.policy.default)
            self.assertEqual(str(read["Subject"]), f"Dear {value}, news")
            self.assertEqual(str(read["X-Id"]), f"a{value}b")
            phrase, address = email.utils.parseaddr(head["Reply-To"].replace("\r\n", ""))
            self.assertEqual((decoded(phrase), address), (f"{value} at us", "ann@example.com"))
            self.assertTrue(all(len(line) <= 78 for text in head.values()
                                for line in text.splitlines()))
            self.assertEqual(len(head.keys()), 8, head.keys())
        for value in ("x\ny", "x\r\nBcc: b@example.com", "x\ry"):
            self.refused(message, value, "has a line break")
        self.refused(mail("x\n", "x\n", subject="x", List_Id="<{{name}}.example.com>"), "秋",
                     "not ASCII")
        self.refused(mail("x\n", "x\n", subject="x", Reply_To="<{{name}}>"), "nobody",
                     "no e-mail address")
        leave = mail("x\n", "x\n", subject="x", List_Unsubscribe="<https://x.example/{{name}}>")
        self.assertEqual(mail_parts.header(self.one(leave, "a,b"))["List-Unsubscribe"],
                         "<https://x.example/a,b>")
        self.refused(leave, "x>, <mailto:b@example.com", "end what it stands in")

    def test_a_long_name_is_on_lines_that_mail_may_carry(self):
        message = mail("x\n", "x\n", subject="x", Reply_To='"{{name}}" <us@example.com>')
        value = "Dr. Ann " * 200 + "X."
        head = mail_parts.header(self.one(message, value))
        self.assertTrue(all(len(line) <= 78 for line in head["Reply-To"].splitlines()))
        phrase, _ = email.utils.parseaddr(head["Reply-To"].replace("\r\n", ""))
        self.assertEqual(decoded(phrase), value)

    def test_nobody_else_gets_a_message(self):
        for to in ("{{name}}", "Dear {{email}} <{{name}}>", "{{email}} <x@example.com>"):
            message = mail("x\n", "x\n", subject="x")
            message = message.replace(b"To: list@example.com", b"To: " + to.encode())
            for test, address in (((), "ann@example.com"),
                                  (("--test", "me@example.com"), "me@example.com")):
                rows = "email,name\nann@example.com,bob@example.com\n"
                found, _ = self.messages(message, rows, "--merge", *test)
                [head] = [mail_parts.header(bytes_) for bytes_ in found.values()]
                self.assertEqual(email.utils.parseaddr(head["To"])[1], address)
        for name in ("Cc", "Bcc", "Resent_To", "Resent_Bcc"):
            done = self.run_bulk(mail("x\n", "x\n", subject="x", **{name: "{{email}}"}), LIST,
                                 "--merge", status=1)
            self.assertEqual(done.stdout, b"")
            self.assertIn("Cc or Bcc", done.stderr)

    def test_in_a_charset(self):
        for charset in ("iso-2022-jp", "shift_jis", "euc-jp"):
            message = (f"MIME-Version: 1.0\nContent-Type: text/plain; charset={charset}\n\n"
                       f"親愛なる{{{{name}}}}様\n").encode(charset)
            [(_, _, body)] = mail_parts.leaves(self.one(message, "山田"))
            self.assertEqual(body.decode(charset), "親愛なる山田様\n")
            self.refused(message, "😀", "charset")
        self.refused(b"MIME-Version: 1.0\n\n{{name}}\n", "山田", "not ASCII")

    def test_a_part_of_seven_bits_gets_eight(self):
        head = b"MIME-Version: 1.0%sContent-Type: text/plain; charset=utf-8%s"
        seven, eight = (b"Content-Transfer-Encoding: %dbit" % bits for bits in (7, 8))
        for end in (b"\n", b"\r\n"):
            for said in (b"", seven + end):
                message = head % (end, end) + said + end + b"{{name}}" + end
                for value in ("山田", "Ann"):
                    got = self.one(message, value)
                    self.assertTrue(got.endswith(end + eight + end + end + value.encode() + end))
                    self.assertEqual(got.count(b"Content-Transfer-Encoding"), 1)
        message = mail("{{name}}\n", "<p>{{name}}</p>\n", "7bit", "x")
        got = self.one(message, "山田")
        self.assertEqual(says(got), ["山田\r\n", "<p>&#23665;&#30000;</p>\r\n"])
        self.assertEqual((got.count(eight), got.count(seven)), (1, 1))
        self.assertEqual(len(got.split(b"\n")), len(self.one(message, "x").split(b"\n")))
        self.refused(head % (b"\n", b"\n") + seven + b" (a)\n\n{{name}}\n", "山田",
                     "its part is 7bit")

    def test_no_value_ends_a_part(self):
        for encoding in ("8bit", "quoted-printable"):
            message = mail("{{name}}\n", "<p>{{name}}</p>\n", encoding, "x")
            boundary = re.search(rb'boundary="([^"]*)"', message)[1]
            message = message.replace(boundary, b"a-boundary")
            for value in ("--a-boundary--\nx", "x\n--a-boundary\n\ny", "x\r--a-boundary"):
                self.refused(message, value, "would end the part")
            [text, _] = says(self.one(message, "x\n-- \n--a-name"))
            self.assertEqual(text.split(), ["x", "--", "--a-name"])

    def test_in_code(self):
        page = "<p style=\"color: {{name}}; width: 1px\">x</p>"
        self.assertIn("color: #fe0; width", says(self.one(mail("x", page), "#fe0"))[1])
        self.refused(mail("x", page), "red; background: url(//x)", "stands in a style")
        for page in ("<p onclick='x({{name}})'>", "<iframe srcdoc='{{name}}'>"):
            done = self.run_bulk(mail("x", page), LIST, "--merge", status=1)
            self.assertIn("script of an attribute", done.stderr)

    def test_lines_stay_within_what_mail_may_carry(self):
        self.refused(b"MIME-Version: 1.0\n\n{{name}}\nx\n", "x" * 999, "longer than 998")
        self.refused(f"MIME-Version: 1.0\n\n{'x' * 960} {SITE}/{{{{name}}}}\n".encode(), "x",
                     "longer than 998")
        message = self.one(b"MIME-Version: 1.0\r\n\r\n{{name}}\r\nx\r\n",
                           "x" * 900 + "\n" + "y" * 998)
        self.assertTrue(message.endswith(b"x\r\n" + b"y" * 998 + b"\r\nx\r\n"))


class Sinks(Case):
    MESSAGE = b"Subject: x\nMIME-Version: 1.0\n\nFrom here\n>From there\n" + SITE.encode() + b"/p\n"

    def expected(self):
        found, _ = self.messages(self.MESSAGE, LIST)
        return sorted(found.values())

    def test_an_mbox_reads_back(self):
        path = self.path("mbox")
        self.run_bulk(self.MESSAGE, LIST, "--mbox", path)
        with open(path, "rb") as file:
            data = file.read()
        first = re.compile(rb"(?m)^From MAILER-DAEMON .*\n")
        self.assertEqual(first.split(self.run_bulk(self.MESSAGE, LIST).stdout), first.split(data))
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        got = first.split(data)
        self.assertEqual(got.pop(0), b"")
        got = sorted(re.sub(rb"(?m)^>(>*From )", rb"\1", message)[:-1] for message in got)
        self.assertEqual(got, self.expected())
        done = self.run_bulk(self.MESSAGE, LIST, "--mbox", path, status=1)
        self.assertIn("holds something already", done.stderr)

    def test_a_folder_has_a_file_for_each(self):
        path = self.path("folder")
        self.run_bulk(self.MESSAGE, LIST, "--folder", path)
        names = sorted(os.listdir(path))
        self.assertEqual(names, ["0000000002.eml", "0000000003.eml"])
        got = []
        for name in names:
            with open(os.path.join(path, name), "rb") as file:
                got.append(file.read())
        self.assertEqual(sorted(got), self.expected())
        done = self.run_bulk(self.MESSAGE, LIST, "--folder", path, status=1)
        self.assertIn("holds something already", done.stderr)
        path = self.path("pages")
        self.run_bulk(b"<p>x", LIST, "--folder", path)
        self.assertEqual(sorted(os.listdir(path)), ["0000000002.html", "0000000003.html"])

    def test_a_command_gets_each(self):
        path = self.path("got")
        os.mkdir(path)
        self.run_bulk(self.MESSAGE, LIST, "--command", f"cat > '{path}'/\"$WAYMARK_RECIPIENT\"")
        self.assertEqual(sorted(os.listdir(path)), ["ann@example.com", "bob@example.com"])
        got = []
        for name in os.listdir(path):
            with open(os.path.join(path, name), "rb") as file:
                got.append(file.read())
        self.assertEqual(sorted(got), self.expected())

    def test_what_a_command_says_is_believed(self):
        for status, exit_status, said in ((0, 0, "2 messages\n"), (67, 2, "0 messages, 2 refused"),
                                          (75, 2, "0 messages, 2 refused"),
                                          (1, 1, "ended after 0 messages"),
                                          (127, 1, "status 127")):
            done = self.run_bulk(self.MESSAGE, LIST, "--command", f"exit {status}",
                                 status=exit_status)
            self.assertIn(said, done.stderr)
        # It need not read what it is given.
        rows = "email\n" + "".join(f"p{i}@example.com\n" for i in range(3))
        done = self.run_bulk(self.MESSAGE + b"x" * 300000, rows, "--command", "exec <&-")
        self.assertIn("3 messages\n", done.stderr)

    def test_json_holds_any_bytes(self):
        message = self.MESSAGE + b"\xff\n"
        found, _ = self.messages(message, LIST)
        self.assertTrue(found["ann@example.com"].endswith(b"\xff\n"))


class Memory(Case):
    def peak(self, count):
        """Kilobytes that a run over so many recipients takes at most."""
        path = self.write(f"{count}.csv", "email,name\n" + "".join(
            f"p{i}@example.com,Name {i}\n" for i in range(count)))
        message = mail("Dear {{name}}\n" + "x" * 60 + "\n", f"<a href=\"{SITE}/p\">x</a>" * 50)
        done = subprocess.run(
            ["/usr/bin/env", "python3", "-c", "import resource, subprocess, sys\n"
             "code = subprocess.call(sys.argv[1:], stdin=0, stdout=subprocess.DEVNULL)\n"
             "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\nsys.exit(code)",
             WAYMARK, "rewrite", "--config", self.daemon.config_path, *NAMES, "--recipients", path,
             "--merge"], input=message, capture_output=True, timeout=20 * LIMIT_S, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"{count} messages".encode(), done.stderr)
        return int(done.stdout)

    def test_memory_does_not_grow_with_the_list(self):
        with open(WAYMARK, "rb") as program:
            if re.search(rb"__[at]san_init", program.read()):
                self.skipTest("sanitizers keep what was freed")
        small, large = self.peak(500), self.peak(size("bulk_memory_rows"))
        self.assertLess(large, small + 4096, "kilobytes")


if __name__ == "__main__":
    unittest.main()

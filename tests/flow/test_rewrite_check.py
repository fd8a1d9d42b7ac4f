#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`rewrite --check`: the report for people and for programs, of a mail, of HTML and of text; its
exit status; and that nothing is registered or written by it."""
import json
import os
import unittest

from daemon import TRACKER, Daemon

PAGE = "https://www.example.com/p?a=1&b=2"
HTML = f'<p><a href="https://www.example.com/p?a=1&amp;b=2">Read <b>more</b></a></p>\n'
TEXT = f"Read more: {PAGE}\n"
VML = ('<!--[if mso]><v:roundrect href="https://www.example.com/v"></v:roundrect>'
       '<a href="https://www.example.com/c">c</a><![endif]-->\n')
MAIL = ("From: a@example.com\nSubject: x\nMIME-Version: 1.0\n"
        "Content-Type: multipart/alternative; boundary=b\n\n"
        f"--b\nContent-Type: text/plain\n\n{TEXT}\n--b\nContent-Type: text/html\n\n{HTML}\n--b--\n")


class Check(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.daemon.__enter__()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def check(self, message, *arguments, status=0):
        answer = self.daemon.waymark("rewrite", *(arguments or ["--check"]), stdin=message,
                                     check=False)
        self.assertEqual(answer.returncode, status, answer.stdout + answer.stderr)
        return answer

    def report(self, message, *arguments, status=0):
        words = arguments if "--check=warnings" in arguments else ("--check", *arguments)
        return json.loads(self.check(message, "--json", *words, status=status).stdout)

    def test_each_form(self):
        for message, places in ((HTML, ["html"]), (TEXT, ["text"]), (MAIL, ["text", "html"]),
                                (VML, ["vml", "comment"])):
            report = self.report(message)
            self.assertEqual([link["place"] for link in report["links"]], places)
            self.assertEqual((report["findings"], report["errors"], report["warnings"]),
                             ([], 0, 0))
            self.assertGreater(report["message_bytes"], len(message))

    def test_what_is_said_of_a_link(self):
        link = self.report(MAIL, "--to", "a@example.com", "--campaign", "autumn")["links"][1]
        tracked = self.daemon.waymark("rewrite", "--to", "a@example.com", "--campaign", "autumn",
                                      stdin=HTML).stdout
        self.assertIn(link["new"], tracked)
        self.assertEqual((link["old"], link["destination"], link["text"], link["outcome"]),
                         (PAGE.replace("&", "&amp;"), PAGE, "Read more", "tracked"))
        self.assertEqual((link["line"], link["part"], link["findings"]), (14, "2", []))

    def test_nothing_is_registered_or_written(self):
        self.daemon.start()
        answer = self.check(MAIL)
        self.assertNotIn("Subject:", answer.stdout)
        self.assertEqual(answer.stderr, "")
        self.assertEqual(self.daemon.waymark("link", "list").stdout, "")
        self.assertEqual(self.daemon.events(), [])
        names = sorted(os.listdir(self.daemon.instance))
        self.daemon.stop()
        self.check(MAIL)
        self.assertEqual(sorted(os.listdir(self.daemon.instance)), names)

    def test_without_a_store(self):
        self.assertEqual(len(self.report(MAIL)["links"]), 2)

    def test_the_exit_status(self):
        warned = '<a href="http://www.example.com/">x</a>'
        wrong = '<a href="www.example.com">x</a>'
        self.check(warned)
        self.check(warned, "--check=warnings", status=2)
        self.check(wrong, status=2)
        self.check(HTML, "--check=warnings")
        self.check(wrong, "--check=errors", status=2)
        self.check(MAIL, "--check", "--charset", "utf-16le")
        self.check(HTML, "--check", "--charset", "utf-16le", status=1)
        self.check(HTML, "--check", "--to", "nobody", status=1)
        self.check(HTML, "--check=all", status=64)
        self.check(HTML, "--json", "--to", "a@example.com", status=64)
        self.check(HTML, "--check", "--strip", status=64)

    def test_the_report_for_people(self):
        lines = self.check('<a href="https://www.example.com/">www.example.net</a>\n'
                           '<a href="www.example.com">a\x1b[2Jb</a>\n', status=2).stdout
        self.assertIn('     1  html, tracked, "www.example.net"\n        old  https://www', lines)
        self.assertIn('left, "a?[2Jb": it does not begin with http://', lines)
        self.assertIn("warning: line 1 (html): https://www.example.com/: its text names another "
                      "domain than it leads to (www.example.net) [text-misleads]\n", lines)
        self.assertIn("error: line 2 (html): www.example.com: has no scheme", lines)
        self.assertTrue(lines.splitlines()[-1].startswith(
            "2 links, 1 of them tracked; 1 errors, 1 warnings; "))
        self.assertNotIn("\x1b", lines)

    def test_links_that_are_tracked_already(self):
        arguments = ["--to", "a@example.com"]
        tracked = self.daemon.waymark("rewrite", *arguments, stdin=HTML).stdout
        link, = self.report(tracked, *arguments)["links"]
        self.assertEqual((link["outcome"], link["destination"]), ("ours", PAGE))
        report = self.report(tracked, status=2)
        self.assertEqual([finding["code"] for finding in report["findings"]], ["link-of-another"])
        with Daemon() as other:
            for name in ("keys.json",):
                with open(os.path.join(self.daemon.instance, name), "rb") as source, \
                        open(os.path.join(other.instance, name), "wb") as copy:
                    copy.write(source.read())
            other.start()
            answer = other.waymark("rewrite", "--check", *arguments, stdin=tracked, check=False)
            self.assertEqual(answer.returncode, 2)
            self.assertIn("[not-registered]", answer.stdout)

    def test_a_field_is_the_mailers_to_fill(self):
        message = f'<a href="https://www.example.com/">Hello *|FNAME|*</a>{TRACKER}'
        self.check(message, "--check=warnings", status=2)
        report = self.report(message, "--check=warnings", "--field", "*|WAYMARK|*")
        self.assertTrue(report["links"][0]["new"].endswith("/*|WAYMARK|*"))

    def test_a_list(self):
        path = os.path.join(self.daemon.directory, "list.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write("email,id,name\nnobody,1,x\na@example.com,7,Ann\nb@example.com,8,Bo\n")
        message = '<a href="https://www.example.com/?id={{{{id}}}}">Dear {{{{name}}}}</a> {}\n'
        arguments = ["--check=warnings", "--recipients", path]
        answer = self.check(message.format(""), "--json", *arguments, "--merge")
        self.assertIn("list.csv:2: ", answer.stderr)
        link, = json.loads(answer.stdout)["links"]
        self.assertEqual(link["outcome"], "self-contained")
        report = self.report(message.format("*|NAME|*"), *arguments, "--merge", status=2)
        self.assertEqual([finding["about"] for finding in report["findings"]], ["*|NAME|*"])
        self.assertEqual(self.report(message.format(""), *arguments, status=2)["errors"], 1)
        answer = self.check(message.format("{{town}}"), *arguments, "--merge", status=1)
        self.assertIn("town", answer.stderr)
        with open(path, "w", encoding="utf-8") as file:
            file.write("email\nnobody\n")
        answer = self.check(HTML, *arguments, status=1)
        self.assertIn("nobody on it can be sent to", answer.stderr)


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""What a mail brings along, as its reader's browser lives it: the page behind its subscription
link, in both languages, and the picture that tells of an open.
"""
import json
import re
import unittest

import mint
from scene import COOKIE, MAIL, TRACKER, Scene

LIST = "新着 <news>"
WORDS = {
    "en": {"gets": "sends mails of this list to this address", "left": "You have left this list",
           "leave": "Leave this list", "undo": "Undo"},
    "ja": {"gets": "このリストのメールを配信しています", "left": "このリストの配信を停止しました",
           "leave": "このリストの配信を停止する", "undo": "停止を取り消す"},
}
NARROW = 320


class Mail(Scene):
    consent = "pending"

    def load(self, people):
        path = self.front.folder / "people.csv"
        path.write_text(people)
        self.tracker.waymark("prospect", "import", str(path))


class Subscription(Mail):
    def setUp(self):
        super().setUp()
        self.address = self.person()
        payload = self.keys.prospect_id(self.address) + mint.name_id("list", LIST, 4)
        self.url = f"{TRACKER}/s/{self.keys.mint(mint.SUBSCRIPTION, payload)}"
        self.load(f"email\n{self.address}\n")
        mail = "From: a@example.com\r\nSubject: x\r\n\r\n{{unsubscribe}}\r\n"
        done = self.tracker.waymark("rewrite", "--to", self.address, f"--unsubscribe={LIST}",
                                    stdin=mail)
        self.assertIn(self.url, done.stdout)

    def marks(self):
        shown = self.tracker.waymark("prospect", "show", self.address).stdout
        return list(json.loads(shown)["record"].get("suppressed", {}))

    def changes(self):
        return [(event["type"], event.get("list"), event["reason"])
                for event in self.events("unsubscribe", "resubscribe")]

    def arrive(self, language, **options):
        """A reader of that language who has followed the link in a mail."""
        reader = self.reader(locale=language, **options)
        self.click(reader, self.url)
        self.assertIn(WORDS[language]["gets"], reader.call("text", selector="main"))
        return reader

    def assert_unchanged(self):
        self.assertEqual((self.changes(), self.marks()), ([], []))

    def test_it_says_whose_and_which_in_a_narrow_window(self):
        for language in WORDS:
            reader = self.arrive(language, width=NARROW)
            self.assertLessEqual(reader.evaluate("document.documentElement.scrollWidth"), NARROW)
            self.assertEqual(reader.evaluate("document.documentElement.lang"), language)
            text = reader.call("text", selector="main")
            self.assertIn(LIST, text)
            self.assertIn("•••", text)
            self.assertNotIn(self.address.split("@", maxsplit=1)[0], text)
            self.assertEqual(reader.call("text", selector="button[value=leave]"),
                             WORDS[language]["leave"])
            self.assertIsNone(self.cookie(reader))
            self.unharmed(reader)
        self.assert_unchanged()

    def test_looking_changes_nothing(self):
        reader = self.arrive("en")
        reader.open(self.url + "?do=leave&List-Unsubscribe=One-Click")
        reader.open(self.put("<p>Mail</p>", MAIL))
        reader.evaluate(f"fetch('{self.url}', {{method: 'HEAD', mode: 'no-cors'}}).then(() => 1)")
        [head] = self.wait_requests(reader, 1, self.url, "HEAD")
        self.assertEqual(head["status"], 200)
        ahead = self.reader()
        ahead.open(self.put(f'<link rel="prefetch" href="{self.url}">'
                            f'<a href="{self.url}">Leave</a>', MAIL))
        [asked] = self.wait_requests(ahead, 1, self.url)
        self.assertEqual((asked["headers"].get("sec-purpose"), asked["status"]), ("prefetch", 503))
        self.assert_unchanged()
        # What was loaded ahead in vain is asked for when its reader comes.
        self.assertEqual(ahead.click("a")["url"], self.url)
        self.assertIn(LIST, ahead.call("text", selector="main"))
        self.assert_unchanged()

    def test_a_button_leaves_and_undoes_in_both_languages_without_script(self):
        for language, words in WORDS.items():
            reader = self.arrive(language, scripts=False)
            self.forget()
            reader.click("button[value=leave]")
            self.assertIn(words["left"], reader.call("text", selector="[role=status]"))
            self.assertEqual(self.changes(), [("unsubscribe", LIST, "page")])
            self.assertEqual(len(self.marks()), 1)
            self.assertEqual(reader.call("text", selector="button[value=undo]"), words["undo"])
            reader.click("button[value=undo]")
            self.assertIn(words["gets"], reader.call("text", selector="main"))
            reader.click("button[value=leave_all]")
            reader.click("button[value=undo]")
            self.assertEqual(self.changes()[1:], [("resubscribe", LIST, "undo"),
                                                  ("unsubscribe", None, "page"),
                                                  ("resubscribe", None, "undo")])
            self.assertEqual(self.marks(), [])
            self.assertEqual(reader.call("cookies", url=TRACKER + "/"), [])


class Picture(Mail):
    def test_a_mail_that_is_shown_tells_of_it_and_sets_nothing(self):
        person = self.person()
        self.load(f"email,opens\n{person},identify\n")
        html = f"<html><body>Hello {person}</body></html>\r\n"
        mail = ("From: a@example.com\r\nSubject: x\r\nContent-Type: text/html\r\n\r\n" + html)
        done = self.tracker.waymark("rewrite", "--to", person, "--open-pixel", "--mailing",
                                    "2026-11", stdin=mail)
        body = re.search(r"<body>(.*)</body>", done.stdout, re.DOTALL)[1]
        reader = self.reader()
        reader.open(self.put(body, MAIL))
        shown = reader.evaluate("[...document.images].map(i => [i.complete, i.naturalWidth])")
        self.assertEqual(shown, [[True, 1]])
        [event] = self.wait(1, "open")
        self.assertEqual((event["prospect"], event["visitor"], event["mailing"]),
                         (self.handle(person), None, "2026-11"))
        self.assertEqual(event["signals"]["sec_fetch"], ["cross-site", "no-cors", "image"])
        self.assertEqual(event["verdict"], {"class": "human", "reasons": []})
        self.assertIsNone(self.cookie(reader))
        self.assertNotIn(COOKIE, json.dumps(reader.requests(TRACKER)))
        self.unharmed(reader)


del Mail

if __name__ == "__main__":
    unittest.main()

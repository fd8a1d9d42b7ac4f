# SPDX-License-Identifier: Apache-2.0
"""GET /privacy: the page in both languages, for this browser only, that changes nothing."""
import html.parser
import time
import unittest

import mint
from daemon import Daemon

SETTINGS = {
    "privacy__operator": "Example & Sons <Ltd>", "privacy__contact": "privacy@example.com",
    "privacy__policy": "https://www.example.com/policy",
    "privacy__recipients": ["Salesforce, Inc. (customer relations)"],
    "retention_days": 123, "ip": "sealed",
}


class Page(html.parser.HTMLParser):
    """What a reader and a browser find: text, forms with their fields, links, ids, scripts."""

    def __init__(self, answer):
        super().__init__()
        self.language, self.text, self.forms, self.links = None, "", {}, []
        self.ids, self.described, self.scripts, self.form = set(), set(), 0, None
        self.feed(answer.body.decode())

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.ids.add(attributes.get("id"))
        self.described.update((attributes.get("aria-describedby") or
                               attributes.get("aria-labelledby") or "").split())
        if tag == "html":
            self.language = attributes["lang"]
        elif tag == "form":
            self.form = (attributes["action"], attributes["method"])
            self.forms[self.form] = []
        elif tag == "input":
            self.forms[self.form].append((attributes["name"], attributes["value"],
                                          "checked" in attributes))
        elif tag == "a":
            self.links.append(attributes["href"])
        elif tag == "script":
            self.scripts += 1

    def handle_data(self, data):
        self.text += data


class Privacy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(consent="pending", **SETTINGS)
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.daemon.start()
        cls.keys = mint.Keys(cls.daemon.instance)

    def page(self, target="/privacy", **headers):
        answer = self.daemon.get(target, {"Accept-Language": "en", **headers})
        self.assertEqual(answer.status, 200)
        return answer, Page(answer)

    def cookie(self, flags):
        day = (int(time.time()) // 86400).to_bytes(2, "big")
        return "wm=" + self.keys.mint(mint.VISITOR, b"v" * 16 + day + bytes([flags]), "localhost")

    def test_it_speaks_the_readers_language(self):
        for headers, target, language in [
                ({}, "/privacy", "en"),
                ({"Accept-Language": "ja-JP,ja;q=0.9,en;q=0.8"}, "/privacy", "ja"),
                ({"Accept-Language": "de,fr"}, "/privacy", "en"),
                ({}, "/privacy?lang=ja", "ja"),
                ({"Accept-Language": "ja"}, "/privacy?lang=en", "en"),
                ({"Accept-Language": "ja"}, "/privacy?lang=xx", "ja")]:
            answer, page = self.page(target, **headers)
            self.assertEqual(page.language, language, (headers, target))
            self.assertEqual(answer.header("Content-Language"), language)
            other = "en" if language == "ja" else "ja"
            self.assertIn(f"/privacy?lang={other}", page.links)

    def test_it_says_what_is_configured(self):
        for language in ("en", "ja"):
            _, page = self.page(f"/privacy?lang={language}")
            for piece in ("Example & Sons <Ltd>", "Salesforce, Inc. (customer relations)", "123",
                          "localhost", "395", "utm_source", "privacy@example.com"):
                self.assertIn(piece, page.text)
            self.assertIn("mailto:privacy@example.com", page.links)
            self.assertIn("https://www.example.com/policy", page.links)

    def test_its_forms_need_no_script(self):
        _, page = self.page()
        self.assertEqual(page.scripts, 0)
        self.assertEqual(set(page.forms), {("/consent", "post"), ("/privacy/forget", "post")})
        self.assertEqual(page.forms["/consent", "post"],
                         [("lang", "en", False), ("state", "denied", False),
                          ("state", "measure", False), ("state", "identify", False),
                          ("state", "pending", False)])
        self.assertEqual(page.described - page.ids, set())

    def test_it_knows_this_browsers_choice(self):
        for flags, state in [(1, "denied"), (2, "measure"), (3, "identify")]:
            _, page = self.page(Cookie=self.cookie(flags))
            checked = [value for _, value, is_checked in page.forms["/consent", "post"]
                       if is_checked]
            self.assertEqual(checked, [state])
        _, page = self.page(**{"Sec-GPC": "1"})
        self.assertIn("Global Privacy Control, which comes before any choice", page.text)

    def test_it_says_what_was_done(self):
        for word, piece in [("choice", "Your choice is in force"), ("signal", "itself says no"),
                            ("forgotten", "This browser is forgotten")]:
            self.assertIn(piece, self.page(f"/privacy?done={word}")[1].text)
        plain = self.page()[0].body
        self.assertEqual(self.page("/privacy?done=%3Cscript%3E&lang=en")[0].body, plain)

    def test_it_is_for_this_browser_and_for_no_frame(self):
        answer, _ = self.page()
        self.assertEqual(answer.header("Cache-Control"), "private, no-store")
        self.assertEqual(answer.header("Vary"), "Accept-Language, Cookie")
        self.assertEqual(answer.header("Referrer-Policy"), "same-origin")
        policy = answer.header("Content-Security-Policy")
        for piece in ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"):
            self.assertIn(piece, policy)

    def test_looking_changes_nothing(self):
        before = len(self.daemon.events())
        for headers in ({}, {"Cookie": self.cookie(3)}):
            answer, _ = self.page(**headers)
            self.assertIsNone(answer.header("Set-Cookie"))
        head = self.daemon.request("HEAD", "/privacy")
        self.assertEqual((head.status, head.body), (200, b""))
        self.assertEqual(len(self.daemon.events()), before)

    def test_it_is_not_fetched_before_its_reader_looks(self):
        for headers in ({"Sec-Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"},
                        {"Purpose": "prefetch"}):
            answer = self.daemon.get("/privacy", headers)
            self.assertEqual((answer.status, answer.header("Cache-Control")), (503, "no-store"))
        self.assertEqual(self.page(**{"Sec-Purpose": ""})[0].status, 200)

    def test_a_hostile_query_is_no_matter(self):
        for query in ("?" + "&" * 3000, "?lang=" + "x" * 3000, "?%00=%ff", "?lang=ja%00",
                      "?" + "a=b&" * 400):
            self.assertEqual(self.daemon.get("/privacy" + query).status, 200)


class Mistakes(unittest.TestCase):
    def test_a_link_that_is_none_is_refused_by_its_key(self):
        for key, value in [("contact", "javascript:alert(1)"), ("policy", "javascript:alert(1)"),
                           ("contact", "a@example.com?bcc=b@example.com")]:
            with Daemon() as daemon:
                daemon.configure(**{f"privacy__{key}": value})
                result = daemon.waymark("config", "check", check=False)
                self.assertEqual(result.returncode, 1)
                self.assertRegex(result.stderr, rf"waymark\.json:1:\d+: privacy\.{key}: ")


if __name__ == "__main__":
    unittest.main()

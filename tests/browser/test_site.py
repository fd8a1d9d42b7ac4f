# SPDX-License-Identifier: Apache-2.0
"""What a site's pages ask of the snippet: strict policies, pinned scripts, forms of every kind."""
import base64
import hashlib
import re
import unittest
import urllib.parse

from scene import EVIL, SITE, TRACKER, Scene, tag

LIMIT = ("default-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'; "
         f"script-src {TRACKER}; connect-src ")


def policy(text):
    return f'<meta http-equiv="Content-Security-Policy" content="{text}">'


class Policies(Scene):
    def pinned(self):
        """(name, integrity) of the script in force."""
        answer = self.tracker.get("/t.js")
        name = re.match(r'"([0-9a-f]{16})', answer.header("ETag"))[1]
        digest = base64.b64encode(hashlib.sha384(answer.body).digest()).decode()
        return f"t/{name}.js", f"sha384-{digest}"

    def bare(self, name="t.js", more=""):
        """The tag as it is shipped: no code within the page."""
        return f'<script async crossorigin="anonymous" src="{TRACKER}/{name}" {more}></script>'

    def assert_only_view_of_others(self):
        view = self.view(self.reader())
        self.assertEqual(self.events("view", "leave"), [view])

    def test_a_strict_policy_with_trusted_types(self):
        reader = self.reader()
        reader.open(self.put(policy(LIMIT + TRACKER) + self.bare() +
                             "<a href='/answer'>Go</a>"))
        self.wait(1, "view")
        reader.click("a")
        self.wait(1, "leave")
        self.assertEqual(reader.troubles(), {"errors": [], "console": []})

    def test_a_policy_that_blocks_the_beacons_or_the_script(self):
        for text in (LIMIT + "'none'", "script-src 'none'"):
            reader = self.reader()
            reader.open(self.put(policy(text) + self.bare() + "<a href='/answer'>Go</a>"))
            reader.click("a")
            self.unharmed(reader)
        self.assert_only_view_of_others()

    def test_pinned_by_its_hash(self):
        name, integrity = self.pinned()
        reader = self.reader()
        reader.open(self.put(self.bare(name, f'integrity="{integrity}"')))
        self.wait(1, "view")
        self.forget()
        reader = self.reader()
        reader.open(self.put(self.bare(name, f'integrity="{integrity[:-4]}AAAA"') +
                             "<a href='/answer'>Go</a>"))
        reader.click("a")
        self.unharmed(reader)
        self.assert_only_view_of_others()


class Forms(Scene):
    """A form of ours carries the id of the view that it was sent from, whichever way it is sent."""

    def form(self, attributes):
        return self.put(f'{tag()}<form {attributes}><input name="mail" value="typed">'
                        '<button>Send</button></form>')

    def sent(self, reader, target):
        """The fields of the one form that was sent to @target."""
        [request] = self.wait_requests(reader, 1, target)
        query = request["url"].partition("?")[2]
        return urllib.parse.parse_qs(query if request["method"] == "GET" else request["body"])

    def check(self, send, attributes='action="/answer" method="post" data-waymark="contact"',
              target=SITE + "/answer"):
        reader = self.reader()
        self.show(reader, self.form(attributes))
        [view] = self.wait(1, "view")
        if send == "press":
            reader.click("button")
        else:
            reader.evaluate(f"void {send}")
        fields = self.sent(reader, target)
        [event] = self.wait(1, "event")
        self.assertEqual(fields["waymark-view"], [view["props"]["view"]])
        self.assertEqual((event["name"], event["props"]["form"]), ("form", "contact"))
        self.assertEqual((event["props"]["view"], event["visitor"]),
                         (view["props"]["view"], view["visitor"]))
        self.assertNotIn("typed", str(self.events()))
        self.assertEqual(len(self.events("event")), 1)
        self.unharmed(reader)

    def test_by_its_button(self):
        self.check("press")

    def test_by_script(self):
        self.check("document.forms[0].requestSubmit()")

    def test_by_script_that_asks_nobody(self):
        self.check("document.forms[0].submit()")

    def test_by_get(self):
        self.check("press", 'action="/answer" data-waymark="contact"')

    def test_by_fetch(self):
        self.check("fetch('/answer', { method: 'POST', body: new URLSearchParams("
                   "new FormData(document.forms[0])) })")

    def test_to_the_tracker(self):
        self.check("press", f'action="{TRACKER}/f/contact" method="post" id="contact"',
                   TRACKER + "/f/contact")

    def test_other_forms_are_left_alone(self):
        for action, target in (("/answer", SITE), (EVIL + "/answer", EVIL)):
            self.forget()
            reader = self.reader()
            self.show(reader, self.form(f'action="{action}" method="post"'))
            reader.click("button")
            self.assertEqual(self.sent(reader, target + "/answer"), {"mail": ["typed"]})
            self.wait(1, "leave")
            self.assertEqual(self.events("event"), [])


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""`waymark form`: forms are set with and without a server, shown as they were set, survive a store
that is made again, and a running server takes a changed one at once."""
import base64
import concurrent.futures
import itertools
import json
import os
import shutil
import signal
import threading
import time
import unittest
import urllib.parse

import corpora
import resolver
from daemon import BROWSER, SITE, TRACKER, Daemon, wait_for

FORM = {
    "name": "contact",
    "title": {"en": "Contact", "ja": "お問い合わせ"},
    "campaign": "autumn",
    "fields": [{"name": "email", "type": "business_email", "required": True},
               {"name": "お名前", "field": "name"}],
}


class Forms(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def set(self, definition, **options):
        path = os.path.join(self.daemon.directory, "form.json")
        with open(path, "w", encoding="utf-8") as file:
            if isinstance(definition, str):
                file.write(definition)
            else:
                json.dump(definition, file)
        return self.daemon.waymark("form", "set", path, **options)

    def shown(self, name="contact"):
        return json.loads(self.daemon.waymark("form", "show", name).stdout)

    def listed(self):
        return [line.split("\t") for line in
                self.daemon.waymark("form", "list").stdout.splitlines()]

    def test_without_a_server(self):
        self.assertEqual(self.listed(), [])
        result = self.set(FORM)
        self.assertEqual(result.stdout, f"{TRACKER}/f/contact\n")
        self.assertEqual(self.shown(), FORM)
        (row,) = self.listed()
        self.assertEqual(row[1:3], ["contact", "2"])
        self.assertEqual(self.shown(row[0]), FORM)
        (event,) = self.daemon.events(type="form")
        self.assertEqual((event["form"], event["props"]), ("contact", FORM))
        names = {(event["kind"], event["name"]) for event in self.daemon.events(type="name")}
        self.assertEqual(names, {("form", "contact"), ("campaign", "autumn")})

    def test_setting_again_writes_only_what_is_new(self):
        self.set(FORM)
        again = self.set(dict(reversed(FORM.items())))
        self.assertIn("like that already", again.stderr)
        self.assertEqual(len(self.daemon.events(type="form")), 1)
        changed = {**FORM, "kiosk": True}
        self.set(changed)
        self.assertEqual(self.shown(), changed)
        self.assertEqual(len(self.daemon.events(type="form")), 2)
        self.assertEqual(len(self.listed()), 1)

    def test_a_confirmation_that_cannot_be_mailed_is_told(self):
        self.assertIn("smtp.server is empty", self.set({**FORM, "confirm": True}).stderr)
        self.daemon.configure(smtp__server="localhost:1", smtp__tls="none",
                              smtp__from="a@example.com")
        self.assertNotIn("smtp", self.set({**FORM, "confirm": True}).stderr)

    def test_more_than_are_kept_in_memory(self):
        names = [f"form-{number}" for number in range(300)]
        self.daemon.start()

        def define(name):
            form = {**FORM, "name": name, "title": f"The {name}."}
            return self.daemon.control("/api/v1/forms", {"form": form})
        # Several at a time, since each waits for the disk.
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            for answer in pool.map(define, names):
                self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(sorted(row[1] for row in self.listed()), sorted(names))
        for name in (*names, *reversed(names)):
            self.assertIn(f"The {name}.".encode(), self.page(name).body)

    def test_a_mistake_changes_nothing(self):
        self.set(FORM)
        for text, place in (
                ('{"name": "contact",\n "fields": [{"name": "a", "typ": "text"}]}',
                 "form.json:2:34: fields[0].typ: "),
                ('{"name": "contact",\n "success": "https://evil.example/",\n'
                 ' "fields": [{"name": "a"}]}', "form.json:2:13: success: https://evil.example "),
                ('{"name": "contact"', "form.json:1:19: not valid JSON"),
                ('{"name": "c", "fields": [{"name": "t", "type": "tel", "prefill": "click"}]}',
                 'fields[0].prefill: must not be "click"')):
            result = self.set(text, check=False)
            self.assertEqual(result.returncode, 1)
            self.assertIn(place, result.stderr)
        self.assertEqual(self.shown(), FORM)
        missing = self.daemon.waymark("form", "show", "none", check=False)
        self.assertEqual(missing.returncode, 1)
        self.assertIn("'none'", missing.stderr)

    def test_the_operation_judges_by_itself(self):
        self.daemon.start()
        for body, sentence in (
                ({}, "form: must be an object"),
                ({"form": FORM, "force": True}, "force: there is no such key"),
                ({"form": {**FORM, "success": "https://evil.example/"}}, "success: "),
                ({"form": {**FORM, "fields": []}}, "fields: are needed")):
            answer = self.daemon.control("/api/v1/forms", body)
            self.assertEqual(answer.status, 400, answer.body)
            self.assertIn(sentence, answer.body.decode())
        self.assertEqual(self.daemon.events(type="form"), [])

    def test_state_is_made_again(self):
        self.set(FORM)
        self.set({**FORM, "name": "other"})
        self.set({**FORM, "language": "ja"})
        shutil.rmtree(os.path.join(self.daemon.instance, "data", "state"))
        self.daemon.start()
        self.assertEqual(self.shown(), {**FORM, "language": "ja"})
        self.assertEqual(len(self.listed()), 2)

    def test_a_running_server_takes_a_changed_form(self):
        self.daemon.start()
        self.assertEqual(self.page("contact").status, 404)
        self.set(FORM)
        answer = self.page("contact")
        self.assertEqual(answer.status, 200)
        self.assertIn(urllib.parse.quote("お名前"),
                      urllib.parse.quote(answer.body.decode("utf-8", "replace")))
        self.set({**FORM, "title": "Something else"})
        self.assertIn(b"Something else", self.page("contact").body)
        self.assertEqual(self.page(self.listed()[0][0]).status, 200)
        before = self.daemon.metric('waymark_events_total{type="form"}')
        self.assertEqual(before, 2)

    def page(self, name):
        return self.daemon.request("GET", "/f/" + name, {**BROWSER})


class Posts(unittest.TestCase):
    """One form, posted in every way that a page or a script does."""
    TYPE = "application/x-www-form-urlencoded"

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(forms__posts_per_minute=0)
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.daemon.start()
        form = {"name": "contact", "charset": "shift_jis",
                "fields": [{"name": "email", "type": "email", "required": True},
                           {"name": "お名前", "field": "name"}]}
        answer = cls.daemon.control("/api/v1/forms", {"form": form})
        assert answer.status == 200, answer.body

    def kept(self, content_type, body, status=200):
        """What the event of a post holds of the name."""
        before = self.daemon.events()[-1]["seq"]
        answer = self.daemon.request("POST", "/f/contact", {
            **BROWSER, "Origin": SITE, "Accept": "application/json",
            "Content-Type": content_type}, body=body)
        self.assertEqual(answer.status, status, answer.body)
        events = [event for event in self.daemon.events("--after", str(before), "--reveal")
                  if event["type"] == "submit"]
        if status != 200:
            self.assertEqual(events, [])
            return None
        (event,) = events
        return json.dumps(event, ensure_ascii=False)

    def encoded(self, text, charset, **more):
        pairs = [("email", "a@example.com"), ("お名前", text), *more.items()]
        return urllib.parse.urlencode(pairs, encoding=charset,
                                      errors="xmlcharrefreplace").encode()

    def test_charsets(self):
        text = "山田 ｱ①"
        for charset in ("cp932", "utf-8"):
            self.assertIn(text, self.kept(self.TYPE, self.encoded(text, charset)))
        self.assertIn("山田", self.kept(self.TYPE, self.encoded("山田", "euc_jp",
                                                               _charset_="EUC-JP")))
        self.assertIn("山田", self.kept(self.TYPE + "; charset=EUC-JP",
                                        self.encoded("山田", "euc_jp")))
        self.assertIn("山田", self.kept(self.TYPE, self.encoded("山田", "iso2022_jp",
                                                               _charset_="ISO-2022-JP")))

    def test_four_bytes_of_utf_8(self):
        text = "山田\U0001F600\U00020BB7"
        self.assertIn(text, self.kept(self.TYPE, self.encoded(text, "utf-8")))
        self.assertIn(text, self.kept(self.TYPE, self.encoded(text, "cp932")))
        self.assertIn(text, self.kept("application/json", json.dumps(
            {"email": "a@example.com", "お名前": text}).encode()))

    def test_multipart(self):
        def part(name, value, charset="utf-8"):
            return (f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                    ).encode(charset)

        for charset in ("utf-8", "cp932"):
            body = part("email", "a@example.com") + part("お名前", "山田", charset) + b"--b--\r\n"
            self.assertIn("山田", self.kept("multipart/form-data; boundary=b", body))
        cut = part("email", "a@example.com")
        self.kept("multipart/form-data; boundary=b", cut, status=400)

    @corpora.needs("multipart.jsonl")
    def test_bodies_of_the_corpus(self):
        """Whatever they hold, there is a clear answer; what is no form is told so."""
        rows = corpora.lines("multipart.jsonl")
        for row in rows:
            body = base64.b64decode(row["body_b64"])
            answer = self.daemon.request("POST", "/f/contact", {
                **BROWSER, "Origin": SITE, "Accept": "application/json",
                "Content-Type": row["content_type"]}, body=body)
            expected = (400,) if "error_at" in row["expect"] else (400, 422)
            if "parts" in row["expect"]:
                expected = (422,)  # taken apart, and then there is no address in it
            self.assertIn(answer.status, expected, row["id"])
        self.assertGreater(len(rows), 30)

    def test_what_is_no_form(self):
        self.kept("text/plain", b"email=a@example.com", status=415)
        self.kept("application/json", b"[]", status=400)
        self.kept("application/json", b'{"email": {"a": 1}}', status=400)


class FreeMail(unittest.TestCase):
    def test_the_operators_list_is_read_and_read_again(self):
        daemon = Daemon(forms__free_mail_file="free.txt", forms__posts_per_minute=0)
        self.addCleanup(daemon.__exit__, None, None, None)
        path = os.path.join(daemon.instance, "free.txt")

        def check(text):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            return daemon.waymark("config", "check", check=False)

        self.assertIn("cannot be read", daemon.waymark("config", "check", check=False).stderr)
        self.assertIn("free.txt:2: \"nonsense\"", check("a.example\nnonsense\n").stderr)
        self.assertEqual(check("a.example\n!gmail.com\n").returncode, 0)
        daemon.start()
        form = {**FORM, "error": SITE + "/contact"}
        self.assertEqual(daemon.control("/api/v1/forms", {"form": form}).status, 200)

        def post(address):
            body = urllib.parse.urlencode({"email": address}).encode()
            answer = daemon.request("POST", "/f/contact", {
                **BROWSER, "Origin": SITE, "Accept": "application/json",
                "Content-Type": "application/x-www-form-urlencoded"}, body=body)
            return answer.body.decode()

        self.assertIn("free_mail", post("x@a.example"))
        self.assertIn("free_mail", post("x@yahoo.co.jp"))
        self.assertNotIn("free_mail", post("x@gmail.com"))
        check("b.example\n")
        daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "free_mail" in post("x@b.example"))
        self.assertNotIn("free_mail", post("x@a.example"))


class MailDomains(unittest.TestCase):
    """Fields with `mx`: what a resolver says of the domain of an address."""
    RECORDS = {
        "good.example": {resolver.MX: [resolver.mx(10, "mail.good.example")]},
        "only-a.example": {resolver.A: [b"\x7f\0\0\1"]},
        "only-aaaa.example": {resolver.AAAA: [bytes(16)]},
        "null.example": {resolver.MX: [resolver.mx(0, "")]},
        "empty.example": {},
        "broken.example": resolver.SERVER_FAILURE,
        "silent.example": None,
        "long.example": {resolver.MX: [resolver.mx(n, f"{n}.long.example") for n in range(99)]},
        "both.example": {resolver.MX: [resolver.mx(0, ""), resolver.mx(1, "mail.example")]},
    }

    def setUp(self):
        self.resolver = resolver.Resolver(dict(self.RECORDS), long=["long.example"])
        self.addCleanup(self.resolver.close)
        self.daemon = Daemon(forms__posts_per_minute=0,
                             forms__resolver=self.resolver.address)
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.daemon.start()
        form = {"name": "contact",
                "fields": [{"name": "email", "type": "email", "mx": True, "required": True}]}
        self.assertEqual(self.daemon.control("/api/v1/forms", {"form": form}).status, 200)

    def post(self, address):
        answer = self.daemon.request("POST", "/f/contact", {
            **BROWSER, "Origin": SITE, "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded"},
            body=urllib.parse.urlencode({"email": address}).encode())
        return answer.body.decode()

    def test_what_the_resolver_says(self):
        taken = ("good.example", "only-a.example", "only-aaaa.example", "broken.example",
                 "long.example", "both.example")
        for domain in taken:
            self.assertNotIn("no_mx", self.post("a@" + domain), domain)
        for domain in ("null.example", "empty.example", "gone.example", "localhost"):
            self.assertIn("no_mx", self.post("a@" + domain), domain)
        self.assertEqual(len(self.daemon.events(type="submit")), len(taken))
        self.assertGreater(self.resolver.asked.count(("long.example", resolver.MX)), 1)
        self.assertEqual(len(self.daemon.events(type="submit_error")), 4)
        asked = self.asked_for("good.example", "null.example")
        self.assertNotIn("no_mx", self.post("b@GOOD.example"))
        self.assertIn("no_mx", self.post("b@null.example"))
        self.assertEqual(self.asked_for("good.example", "null.example"), asked,
                         "what is known is not asked again")
        self.assertIn("not_an_email", self.post("a b@other.example"))
        self.assertEqual(self.asked_for("other.example"), [0])

    def asked_for(self, *domains):
        """How often each was. One that is asked for late may be asked for twice."""
        names = [name for name, _ in self.resolver.asked]
        return [names.count(domain) for domain in domains]

    def silent_posts(self, name, count):
        """Posts with so many domains that nobody answers for, which are being asked for."""
        domains = [f"{name}{number}.silent.example" for number in range(count)]
        self.resolver.records.update(dict.fromkeys(domains))
        posts = [threading.Thread(target=self.post, args=("a@" + domain,)) for domain in domains]
        for post in posts:
            post.start()
        wait_for(lambda: sum(self.asked_for(*domains)))
        return posts

    def test_nobody_waits_for_a_silent_resolver(self):
        tries = itertools.count()

        def is_answered_meanwhile():
            posts = self.silent_posts(f"try{next(tries)}-", 1)
            status = self.daemon.request("GET", "/healthz").status
            waits = posts[0].is_alive()
            posts[0].join()
            self.assertEqual(status, 200)
            return waits
        wait_for(is_answered_meanwhile)
        taken, count, each_s = len(self.daemon.events(type="submit")), 7, 2.5
        begin = time.monotonic()
        for post in self.silent_posts("all", count):
            post.join()
        self.assertLess(time.monotonic() - begin, (count - 1) * each_s,
                        "nor does one post wait for another's domain")
        self.assertEqual(len(self.daemon.events(type="submit")), taken + count,
                         "and the posts are taken")

    def test_whoever_goes_away_leaves_nothing(self):
        connection = self.daemon.connect()
        body = b"email=a%40silent.example"
        connection.request("POST", "/f/contact", body=body, headers={
            **BROWSER, "Host": urllib.parse.urlsplit(TRACKER).netloc, "Origin": SITE,
            "Content-Type": "application/x-www-form-urlencoded"})
        wait_for(lambda: self.resolver.asked)
        connection.close()
        self.assertNotIn("no_mx", self.post("a@good.example"))

    def test_a_resolver_that_is_none(self):
        for value, sentence in (("nonsense", "nonsense"), ("127.0.0.1:0", "127.0.0.1:0"),
                                ("127.0.0.1:99999", "127.0.0.1:99999"), ("1.2.3", "1.2.3"),
                                ("[::1", "[::1")):
            self.daemon.configure(forms__resolver=value)
            result = self.daemon.waymark("config", "check", check=False)
            self.assertEqual(result.returncode, 1)
            self.assertIn("forms.resolver: \"" + sentence, result.stderr)
        for value in ("127.0.0.1", "::1", "[::1]", "[::1]:5353", "127.0.0.1:5353", "system"):
            self.daemon.configure(forms__resolver=value)
            self.assertEqual(self.daemon.waymark("config", "check").returncode, 0)


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""POST /f/<form>: what is kept of a post, whose it is, where it leads, what it does not tell."""
import concurrent.futures
import json
import os
import time
import unittest
import urllib.parse

import mint
from daemon import BROWSER, SITE, Daemon

FORM = {
    "name": "contact",
    "campaign": "autumn",
    "success": SITE + "/thanks",
    "error": SITE + "/contact?step=1#form",
    "honeypot": "website-2",
    "fields": [
        {"name": "email", "type": "email", "required": True},
        {"name": "company", "required": True, "prefill": "own"},
        {"name": "size", "type": "number"},
        {"name": "note", "prefill": "never"},
    ],
}

# A form of a page of the site that is sent by its button.
POST = {
    **BROWSER,
    "Origin": SITE,
    "Referer": SITE + "/contact?a=1",
    "Content-Type": "application/x-www-form-urlencoded",
    "Sec-Fetch-Site": "same-site",
}


class FormCase(unittest.TestCase):
    settings = {}
    consent = "identify"

    def setUp(self):
        self.daemon = Daemon(consent=self.consent,
                             forms__posts_per_minute=0, **self.settings)
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.daemon.start()
        self.define()

    def define(self, **changes):
        form = {**FORM, **changes}
        path = os.path.join(self.daemon.directory, "form.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({key: value for key, value in form.items() if value is not None}, file)
        self.daemon.waymark("form", "set", path)

    def post(self, values=None, headers=None, form="contact", body=None, **more):
        """@values replaced by @more; headers given as None are left out."""
        values = values or {"email": "a@example.com", "company": "Alpha"}
        if body is None:
            body = urllib.parse.urlencode({**values, **more}).encode()
        sent = {**POST, **(headers or {})}
        return self.daemon.request("POST", "/f/" + form,
                                   {name: value for name, value in sent.items()
                                    if value is not None}, body=body)

    def submit(self, *arguments, **options):
        """(answer, submit event): a post that is taken."""
        last = self.daemon.events()[-1]["seq"]
        answer = self.post(*arguments, **options)
        self.assertEqual((answer.status, answer.location), (303, SITE + "/thanks"), answer)
        [event] = self.daemon.events("--after", str(last), "--reveal", type="submit")
        return answer, event

    def binds(self):
        """What ties browsers to people, as the log has it: that is there before the answer."""
        return self.daemon.events(type="bind")


class Taken(FormCase):
    def test_it_is_recorded_sealed_and_binds_the_browser(self):
        answer, event = self.submit(size="12", note="call me")
        self.assertIsNotNone(answer.cookie)
        visitor = mint.decode(answer.cookie[3:])[1:17].hex()
        self.assertEqual((event["form"], event["campaign"], event["evidence"], event["visitor"]),
                         ("contact", "autumn", "declaration", visitor))
        self.assertEqual(event["url"], SITE + "/contact")
        self.assertEqual(event["props"], {"fields": ["email", "company", "size", "note"]})
        self.assertEqual(event["props_sealed"], {"email": "a@example.com", "company": "Alpha",
                                                 "size": "12", "note": "call me"})
        [bind] = self.binds()
        self.assertEqual((bind["seq"], bind["evidence"], bind["prospect"], bind["visitor"]),
                         (event["seq"] + 1, "declaration", event["prospect"], visitor))
        self.daemon.prove()

    def test_nothing_that_was_typed_is_readable_in_log_and_state(self):
        self.submit(company="Secretcorp", note="verysecretnote")
        self.daemon.stop()
        for folder in ("events", "state"):
            with open(os.path.join(self.daemon.instance, "data", folder, "data.mdb"), "rb") as file:
                data = file.read()
            for text in (b"Secretcorp", b"verysecretnote", b"a@example.com"):
                self.assertNotIn(text, data)
        self.assertNotIn("Secretcorp", self.daemon.log())

    def test_a_browser_that_comes_back_keeps_its_cookie(self):
        first, event = self.submit()
        again, second = self.submit(headers={"Cookie": first.cookie}, company="Beta")
        self.assertIsNone(again.cookie)
        self.assertEqual((second["visitor"], second["prospect"]),
                         (event["visitor"], event["prospect"]))
        self.assertEqual(len(self.binds()), 1)

    def test_a_second_person_in_the_browser_is_a_new_visitor(self):
        first, event = self.submit()
        answer, second = self.submit(headers={"Cookie": first.cookie}, email="b@example.com")
        self.assertIsNotNone(answer.cookie)
        self.assertNotEqual(second["visitor"], event["visitor"])
        self.assertNotEqual(second["prospect"], event["prospect"])
        self.assertEqual(len(self.binds()), 2)

    def test_json_is_answered_to_whoever_asks_for_it(self):
        answer = self.post(headers={"Accept": "application/json", "Sec-Fetch-Mode": "cors",
                                    "Sec-Fetch-Dest": "empty"})
        self.assertEqual((answer.status, json.loads(answer.body)),
                         (200, {"ok": True, "form": "contact", "confirm": False}))
        self.assertEqual(answer.header("Access-Control-Allow-Origin"), SITE)
        answer = self.post(headers={"Accept": "application/json"}, company="", email="x")
        self.assertEqual((answer.status, json.loads(answer.body)["errors"]),
                         (422, {"company": "missing", "email": "not_an_email"}))

    def test_a_post_without_an_address_is_nobody_we_know(self):
        self.define(fields=[{"name": "answer", "choices": ["yes", "no"]}])
        _, event = self.submit(values={"answer": "yes"})
        self.assertEqual(event["props_sealed"], {"answer": "yes"})
        self.assertEqual(self.binds(), [])

    def test_a_post_without_an_address_is_the_one_who_said_who_they_are(self):
        first, event = self.submit()
        self.define(name="poll", fields=[{"name": "answer", "choices": ["yes", "no"]}])
        _, second = self.submit(values={"answer": "yes"}, form="poll",
                                headers={"Cookie": first.cookie})
        self.assertEqual((second["prospect"], second["evidence"]),
                         (event["prospect"], "declaration"))


class Unbound(FormCase):
    def assert_unbound(self, answer, event):
        self.assertIsNone(answer.cookie)
        self.assertIsNone(event["visitor"])
        self.assertIsNotNone(event["prospect"])
        self.assertEqual(event["props_sealed"]["company"], "Alpha")
        self.assertEqual(self.binds(), [])

    def test_without_our_origin_no_cookie_is_read_or_set(self):
        keys = mint.Keys(self.daemon.instance)
        day = int(time.time()) // 86400
        cookie = "wm=" + keys.mint(mint.VISITOR, b"v" * 16 + day.to_bytes(2, "big") + bytes([7]),
                                   "localhost")
        for origin, site in ((None, None), ("null", None), ("https://evil.example", "cross-site"),
                             (SITE, "cross-site"), ([SITE, SITE], None)):
            with self.subTest(origin=origin, site=site):
                self.assert_unbound(*self.submit(headers={
                    "Origin": origin, "Sec-Fetch-Site": site, "Cookie": cookie}))

    def test_a_kiosk_reads_and_sets_nothing(self):
        self.define(kiosk=True)
        self.assert_unbound(*self.submit())

    def test_gpc(self):
        self.assert_unbound(*self.submit(headers={"Sec-GPC": "1"}))


class Pending(Unbound):
    consent = "pending"

    def test_without_consent_nobody_is_bound(self):
        self.assert_unbound(*self.submit())


class Refused(FormCase):
    def test_the_error_location_is_told_which_fields_and_why(self):
        answer = self.post(email="no", company="")
        self.assertEqual((answer.status, answer.location),
                         (303, SITE + "/contact?step=1&waymark-error=email:not_an_email,"
                                      "company:missing#form"))
        [event] = self.daemon.events(type="submit_error")
        self.assertEqual((event["form"], event["reason"]),
                         ("contact", "email:not_an_email,company:missing"))
        self.assertEqual(self.daemon.events(type="submit"), [])

    def test_without_one_the_page_comes_again_with_what_was_typed(self):
        self.define(error=None)
        answer = self.post(email="<no>", company="A&B")
        self.assertEqual(answer.status, 422)
        self.assertIn(b"&lt;no&gt;", answer.body)
        self.assertIn(b"A&amp;B", answer.body)
        self.assertIn("frame-ancestors", answer.header("Content-Security-Policy"))

    def test_the_trap_is_thanked_and_thrown_away(self):
        answer = self.post(**{"website-2": "http://spam.example/"})
        self.assertEqual((answer.status, answer.location), (303, SITE + "/thanks"))
        self.assertEqual(self.daemon.events(type="submit"), [])
        [event] = self.daemon.events(type="submit_error")
        self.assertEqual((event["reason"], event["signals"]["trap"]), ("trap", True))
        self.assertEqual(self.daemon.waymark("prospect", "find", "a@example.com",
                                             check=False).returncode, 1)

    def test_a_form_that_is_not_there(self):
        self.assertEqual(self.post(form="none").status, 404)
        self.assertEqual(self.post(form="none", headers={"Accept": "application/json"}).status, 404)


class View(FormCase):
    """A form that takes a person some time: more than a busy machine needs to post one."""

    def setUp(self):
        super().setUp()
        self.define(minimum_seconds=600, error=None)
        self.keys = mint.Keys(self.daemon.instance)
        [self.form] = [event["name_id"] for event in self.daemon.events(type="name", kind="form")]

    def view(self, age, form=None, tag=bytes(8)):
        second = int(time.time()) - age
        return self.keys.mint(8, bytes.fromhex(form or self.form)[:8] + tag +
                              second.to_bytes(4, "big"), "localhost")

    def test_it_is_asked_for_and_judged(self):
        for view, status in ((None, 422), (self.view(0), 422), (self.view(86500), 422),
                             (self.view(1000, form="00" * 8), 422),
                             (self.view(1000, tag=b"t" * 8), 303),
                             (mint.flip(self.view(1000), 80), 422),
                             (self.view(1000), 303)):
            with self.subTest(view=view):
                more = {"waymark-signed": view} if view else {}
                self.assertEqual(self.post(company=str(view), **more).status, status)

    def test_the_view_of_another_browser_is_none(self):
        first = self.post(**{"waymark-signed": self.view(1000)})
        more = {"waymark-signed": self.view(1000, tag=b"t" * 8)}
        self.assertEqual(self.post(headers={"Cookie": first.cookie}, **more).status, 422)

    def test_who_was_too_fast_need_not_wait_again(self):
        view = self.view(1)
        answer = self.post(**{"waymark-signed": view})
        self.assertIn(view.encode(), answer.body)


class Again(FormCase):
    def count(self):
        return len(self.daemon.events(type="submit"))

    def test_a_key_is_taken_once(self):
        for headers in ({"Idempotency-Key": "k1"}, {"Idempotency-Key": "k1"}):
            self.assertEqual(self.post(headers=headers).status, 303)
        self.assertEqual(self.count(), 1)
        self.assertEqual(self.post(headers={"Idempotency-Key": "k1"}, company="Beta").status, 422)
        self.assertEqual(self.post(**{"waymark-key": "k2"}).status, 303)
        self.assertEqual(self.post(**{"waymark-key": "k2"}).status, 303)
        self.assertEqual(self.count(), 2)

    def test_a_double_click_is_one_post_and_two_people_are_two(self):
        for _ in range(3):
            self.post(**{"waymark-signed": "x"})
        self.assertEqual(self.count(), 1)
        self.post(email="b@example.com", **{"waymark-signed": "x"})
        self.assertEqual(self.count(), 2)

    def test_both_answers_to_a_double_click_have_one_cookie(self):
        answers = [self.post(**{"waymark-signed": "x"}) for _ in range(2)]
        first, second = [mint.decode(answer.cookie[3:])[1:17] for answer in answers]
        self.assertEqual(first, second)
        self.assertEqual([event["visitor"] for event in self.binds()], [first.hex()])

    def test_somebody_else_who_sends_the_same_gets_no_cookie_of_theirs(self):
        self.post(**{"waymark-key": "x"})
        for headers in ({"User-Agent": "Another/1.0"}, {"X-Forwarded-For": "198.51.100.7"}):
            answer = self.post(headers=headers, **{"waymark-key": "x"})
            self.assertEqual((answer.status, answer.cookie), (303, None))

    def test_two_strangers_who_saw_it_in_one_second_and_say_the_same_are_two(self):
        self.define(name="poll", fields=[{"name": "answer", "choices": ["yes", "no"]}])
        for address in ("198.51.100.7", "198.51.100.8"):
            for _ in range(2):
                answer = self.post(values={"answer": "yes", "waymark-signed": "x"}, form="poll",
                                   headers={"X-Forwarded-For": address})
                self.assertEqual(answer.status, 303)
        self.assertEqual(self.count(), 2)

    def test_without_either_each_post_counts(self):
        self.post()
        self.post()
        self.assertEqual(self.count(), 2)


class Rate(FormCase):
    def test_one_client_may_not_send_without_end(self):
        self.daemon.stop()
        self.daemon.configure(forms__posts_per_minute=3)
        self.daemon.start()
        headers = {"X-Forwarded-For": "198.51.100.7"}
        # At once: one more is allowed after a while, and each waits for the disk.
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            posts = [pool.submit(self.post, headers=headers) for _ in range(5)]
        self.assertEqual(sorted(post.result().status for post in posts),
                         [303, 303, 303, 429, 429])
        self.assertEqual(self.post(headers={"X-Forwarded-For": "198.51.100.8"}).status, 303)
        self.daemon.prove()


class Closed(FormCase):
    def test_nothing_is_taken_or_shown_until_it_is_open_again(self):
        self.assertEqual(self.post().status, 303)
        before = self.daemon.events()[-1]["seq"]
        self.define(closed=True)
        self.assertEqual(self.post().status, 410)
        page = self.daemon.request("GET", "/f/contact", {"Accept-Language": "ja"})
        self.assertEqual(page.status, 410)
        self.assertIn("受付を終了しました", page.body.decode())
        self.assertNotIn(b"<form", page.body)
        self.assertEqual(self.daemon.request("GET", "/p/contact", {"Origin": SITE}).status, 404)
        self.define()
        self.assertEqual(self.post().status, 303)
        self.assertEqual(len(self.daemon.events("--after", str(before), type="submit")), 1)


class Places(FormCase):
    """No payload in any location leads off the listed sites, or breaks the answer's head."""
    ATTACKS = [
        "https://evil.example/", "//evil.example/", "/\\evil.example/", "http:evil.example",
        "http:///evil.example/", "http://localhost:8090@evil.example/",
        "http://localhost:8090.evil.example/", "http://localhost:80900/", "http://localhost/",
        "http://evil.example\\@localhost:8090/", "http://localhost:8090\\@evil.example/",
        "javascript:alert(1)", "data:text/html,x", "http://localhost:8090/\r\nSet-Cookie: a=b",
        "http://localhost:8090/%0d%0a\r\n\r\n<script>", "http://localhost:8090/\tx",
        "http://localhost:8090/\x00", " http://evil.example/", "http://localhost:8090 .evil.example",
        "https://localhost:8090/", "ftp://localhost:8090/", "HTTP://EVIL.EXAMPLE/",
        "http://user:secret@localhost:8090/", "http://localhost:8090/é", "", "?", "http://",
        "http://[::1]/", "http://localhost:8090" + "/" + "a" * 9000,
    ]

    def test_parameters(self):
        for parameter, values, status, good in (
                ("waymark-success", {}, 303, SITE + "/thanks"),
                ("waymark-error", {"email": "no"}, 303, SITE + "/contact?step=1&waymark-error="
                                                               "email:not_an_email#form")):
            for attack in self.ATTACKS:
                with self.subTest(parameter=parameter, attack=attack):
                    answer = self.post(**{parameter: attack}, **values)
                    self.assertEqual((answer.status, answer.location), (status, good))
                    self.assertEqual([name for name, _ in answer.pairs].count("location"), 1)

    def test_a_listed_place_is_taken(self):
        answer = self.post(**{"waymark-success": SITE + "/other?x=1#y"})
        self.assertEqual(answer.location, SITE + "/other?x=1#y")
        answer = self.post(email="no", **{"waymark-error": SITE + "/other"})
        self.assertEqual(answer.location, SITE + "/other?waymark-error=email:not_an_email")

    def test_a_site_that_is_no_longer_in_the_configuration_is_none_of_the_forms(self):
        old = "http://localhost:8091"
        with open(self.daemon.config_path, encoding="utf-8") as file:
            [tracker] = json.load(file)["trackers"]
        self.daemon.stop()
        self.daemon.configure(trackers=[{**tracker, "sites": [SITE, old]}])
        self.daemon.start()
        self.define(sites=[SITE, old], success=old + "/thanks", error=old + "/contact",
                    css=old + "/form.css")
        self.assertEqual(self.post().location, old + "/thanks")
        self.daemon.stop()
        self.daemon.configure(trackers=[tracker])
        self.daemon.start()
        self.assertRegex(self.post().location, "^/f/contact[?]done=sent")
        self.assertRegex(self.post(**{"waymark-success": old + "/x"}).location, "^/f/contact")
        answer = self.post(email="no")
        self.assertEqual((answer.status, answer.location), (422, None))
        self.assertNotIn(old, answer.header("Content-Security-Policy"))
        self.assertIn(SITE, answer.header("Content-Security-Policy"))
        self.assertNotIn(b"form.css", answer.body)

    def test_the_form_may_lead_to_a_page_of_the_tracker(self):
        with open(self.daemon.config_path, encoding="utf-8") as file:
            [tracker] = json.load(file)["trackers"]
        thanks = tracker["url"] + "/f/other"
        self.define(success=thanks)
        self.assertEqual(self.post().location, thanks)
        answer = self.post(**{"waymark-success": thanks + "x"})
        self.assertEqual(answer.location, thanks)

    def test_field_names_cannot_break_the_address(self):
        self.define(fields=[{"name": "名前", "required": True}, {"name": "a&b=c", "required": True}])
        answer = self.post(values={"x": "1"})
        query = urllib.parse.urlsplit(answer.location).query
        self.assertEqual(urllib.parse.parse_qs(query)["waymark-error"],
                         ["名前:missing,a&b=c:missing"])


class Stranger(FormCase):
    """Somebody types the address of a person whom we know."""
    SIZE = "5004003002001"  # in no token by chance

    def setUp(self):
        super().setUp()
        people = os.path.join(self.daemon.directory, "people.csv")
        with open(people, "w", encoding="utf-8") as file:
            file.write(f"email,company,size\na@example.com,Known Company,{self.SIZE}\n")
        self.daemon.waymark("prospect", "import", people)

    def test_gets_nothing_back_and_changes_nothing(self):
        known = self.post(email="a@example.com", company="Lie", size="1")
        unknown = self.post(email="u@example.com", company="Lie", size="1")
        drop = ("date", "set-cookie")
        self.assertEqual([pair for pair in known.pairs if pair[0] not in drop],
                         [pair for pair in unknown.pairs if pair[0] not in drop])
        self.assertEqual((known.status, known.body), (unknown.status, unknown.body))
        for i in range(40):
            self.post(email="a@example.com", company=f"Lie {i}", size=str(i))
        text = self.daemon.waymark("prospect", "show", "a@example.com").stdout
        self.assertIn("Known Company", text)
        self.assertIn(self.SIZE, text)
        for event in self.daemon.events(type="prospect", reason="changed"):
            self.assertEqual(event["props"]["fields"], [])

    def test_is_shown_only_what_they_typed(self):
        self.define(error=None)
        answer = self.post(email="a@example.com", company="", size="7")
        self.assertEqual(answer.status, 422)
        self.assertIn(b"a@example.com", answer.body)
        self.assertNotIn(b"Known Company", answer.body)
        self.assertNotIn(self.SIZE.encode(), answer.body)

    def test_fills_what_is_empty(self):
        self.post(note="new note")
        [event] = self.daemon.events(type="prospect", reason="changed")
        self.assertEqual((event["props"]["fields"], event["props"]["proposed"]),
                         (["note"], ["company"]))

    def test_a_form_that_overwrites_does(self):
        self.define(overwrite=True)
        self.post(company="New")
        [event] = self.daemon.events(type="prospect", reason="changed")
        self.assertEqual(event["props"]["fields"], ["company"])

    def test_a_browser_that_proved_to_be_theirs_may_change_it(self):
        keys = mint.Keys(self.daemon.instance)
        first, _ = self.submit()
        tag = json.loads(self.daemon.get("/tag", {**BROWSER, "Origin": SITE, "Sec-Fetch-Site":
                                                  "same-site", "Cookie": first.cookie}).body)["tag"]
        proof = keys.mint(mint.LOGIN, keys.prospect_id("a@example.com") + bytes.fromhex(tag) +
                          (int(time.time()) + 200).to_bytes(4, "big"), "localhost")
        self.assertEqual(self.daemon.beacon(f"t=identify&l={proof}",
                                            {"Cookie": first.cookie}).status, 204)
        self.post(headers={"Cookie": first.cookie}, company="True")
        event = self.daemon.events(type="prospect", reason="changed")[-1]
        self.assertEqual(event["props"]["fields"], ["company"])


class Typed(FormCase):
    """What a browser has typed is shown in that browser again, and nowhere else."""

    def shown(self, cookie, **headers):
        sent = {**BROWSER, "Origin": SITE, "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors",
                "Sec-Fetch-Dest": "empty", **({"Cookie": cookie} if cookie else {}), **headers}
        return json.loads(self.daemon.get("/p/contact", sent).body)

    def test_here_and_nowhere_else(self):
        cookie = self.post(note="never shown").cookie
        self.assertEqual(self.shown(cookie), {"email": "a@example.com", "company": "Alpha",
                                              "size": ""})
        other = self.post(email="b@example.com", company="Beta").cookie
        self.assertEqual(self.shown(other)["company"], "Beta")
        self.assertEqual(self.shown(None)["company"], "")

    def test_a_later_post_adds_to_it(self):
        cookie = self.post(size="7").cookie
        self.post(headers={"Cookie": cookie}, company="New")
        self.assertEqual(self.shown(cookie), {"email": "a@example.com", "company": "New",
                                              "size": "7"})

    def test_a_forgotten_browser_has_typed_nothing(self):
        cookie = self.post().cookie
        for target, body in (("/privacy/forget", b""), ("/consent", b"state=measure")):
            with self.subTest(target=target):
                self.post(headers={"Cookie": cookie})
                self.assertEqual(self.shown(cookie)["company"], "Alpha")
                self.daemon.request("POST", target, {**POST, "Cookie": cookie}, body=body)
                self.assertEqual(self.shown(cookie)["company"], "")

    def test_what_is_typed_for_a_colleague_is_not_kept(self):
        keys = mint.Keys(self.daemon.instance)
        cookie = self.post().cookie
        visitor = mint.decode(cookie[3:])[1:17]
        proof = keys.mint(mint.LOGIN, keys.prospect_id("a@example.com") +
                          keys.tag(visitor, "localhost") +
                          (int(time.time()) + 200).to_bytes(4, "big"), "localhost")
        self.daemon.beacon(f"t=identify&l={proof}", {"Cookie": cookie})
        answer = self.post(headers={"Cookie": cookie}, email="colleague@example.com",
                           company="Theirs")
        self.assertIsNone(answer.cookie)
        self.assertEqual(self.daemon.events(type="submit")[-1]["evidence"], "declaration")
        self.assertEqual(len(self.daemon.events(type="conflict")), 1)
        self.assertEqual(self.shown(cookie)["company"], "Alpha")


class Erased(FormCase):
    def test_an_erased_address_is_thanked_and_is_nobody(self):
        self.post()
        self.daemon.waymark("prospect", "erase", "a@example.com")
        last = self.daemon.events()[-1]["seq"]
        answer = self.post(note="again")
        self.assertEqual((answer.status, answer.location), (303, SITE + "/thanks"))
        [event] = self.daemon.events("--after", str(last), type="submit")
        self.assertIsNone(event["prospect"])
        self.assertIsNone(event.get("props_sealed"))
        self.assertEqual(self.daemon.events("--after", str(last), type="bind"), [])
        self.assertEqual(self.daemon.waymark("prospect", "find", "a@example.com",
                                             check=False).returncode, 1)


if __name__ == "__main__":
    unittest.main()

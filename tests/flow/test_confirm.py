# SPDX-License-Identifier: Apache-2.0
"""`confirm`: a mail with a link, which proves in the browser that declared the address, once."""
import json
import os
import re
import socket
import time
import unittest

import front
import mint
from daemon import BROWSER, LIMIT_S, TRACKER, wait_for
from mailbox import Mailbox
from test_form_post import FormCase

PAGE = {**BROWSER, "Origin": TRACKER, "Sec-Fetch-Site": "same-origin",
        "Content-Type": "application/x-www-form-urlencoded"}


class ConfirmCase(FormCase):
    def setUp(self):
        self.mailbox = Mailbox()
        self.addCleanup(self.mailbox.__exit__)
        self.settings = {"smtp__server": self.mailbox.address, "smtp__tls": "none",
                         "smtp__from": "noreply@example.com"}
        super().setUp()
        self.define(confirm=True, success=None, title={"en": "Contact", "ja": "お問い合わせ"})

    def declare(self, **more):
        """(cookie, path of the link): a form is sent, and its mail arrives. Every mail of before
        has arrived already."""
        before = len(self.mailbox.mails)
        answer = self.post(**more)
        self.assertEqual(answer.status, 303)
        self.assertRegex(answer.location, "^/f/contact[?]done=confirm")
        mail = self.mailbox.wait(before + 1)
        [link] = re.findall(re.escape(TRACKER) + r"(/v/[^\s]+)", mail.text)
        return answer.cookie, link

    def prove(self, link, cookie, **headers):
        headers = {**PAGE, **({"Cookie": cookie} if cookie else {}), **headers}
        return self.daemon.request("POST", link.split("?")[0], headers, body=b"lang=en")

    def show(self, link, cookie):
        return self.daemon.get(link, {**BROWSER, **({"Cookie": cookie} if cookie else {})})

    def proofs(self):
        self.daemon.wait_folded()
        return [row for row in self.daemon.bindings() if row["evidence"] == "proof"]


class Confirm(ConfirmCase):
    def test_the_mail_is_a_mail(self):
        self.declare()
        mail = self.mailbox.mails[0]
        self.assertEqual(mail.recipients, ["a@example.com"])
        self.assertEqual(mail.message["To"], "a@example.com")
        self.assertEqual(mail.message["From"], "noreply@example.com")
        self.assertEqual(mail.message["Subject"], "メールアドレスのご確認のお願い")
        self.assertEqual(mail.message["Auto-Submitted"], "auto-generated")
        self.assertIn("お問い合わせ", mail.text)
        self.assertNotIn("Alpha", mail.text)  # nothing that was typed
        for line in mail.raw.split(b"\r\n"):
            self.assertLessEqual(len(line), 78)
            self.assertTrue(line.isascii())

    def test_it_proves_in_the_declaring_browser_once(self):
        cookie, link = self.declare()
        page = self.show(link, cookie)
        self.assertEqual(page.status, 200)
        self.assertIn(b"<button", page.body)
        self.assertEqual(self.proofs(), [])  # showing it proves nothing
        answer = self.prove(link, cookie)
        self.assertEqual((answer.status, answer.location),
                         (303, link.split("?")[0] + "?lang=en"))
        [event] = self.daemon.events(type="confirm")
        [proof] = self.proofs()
        self.assertEqual((event["evidence"], event["prospect"], event["visitor"]),
                         ("proof", proof["prospect"], proof["visitor"]))
        self.assertNotIn(b"<button", self.show(link, cookie).body)
        self.daemon.waymark("binding", "undo", proof["event"])
        self.prove(link, cookie)
        self.assertEqual(len(self.daemon.events(type="confirm")), 1)
        self.daemon.prove()

    def test_link_verify_explains_it(self):
        _, link = self.declare()
        text = self.daemon.waymark("link", "verify", TRACKER + link.split("?")[0]).stdout
        self.assertIn("confirmation of an address", text)
        self.assertIn("ends", text)

    def test_it_is_worth_nothing_elsewhere(self):
        cookie, link = self.declare()
        other = self.post(email="b@example.com").cookie
        for browser in (None, other):
            self.assertNotIn(b"<button", self.show(link, browser).body)
            self.prove(link, browser)
        self.assertEqual(self.prove(link, cookie, Origin="https://evil.example").status, 403)
        self.assertEqual(self.proofs(), [])
        self.prove(link, cookie)
        self.assertEqual(len(self.proofs()), 1)

    def test_a_forged_or_expired_link(self):
        cookie, link = self.declare()
        token = link.split("/")[2].split("?")[0]
        keys = mint.Keys(self.daemon.instance)
        self.assertEqual(self.show("/v/" + mint.flip(token, 90), cookie).status, 404)
        payload = mint.decode(token)[1:25]
        for purpose, host in ((mint.LOGIN, "localhost"), (mint.CONFIRM, "other")):
            self.assertEqual(self.show("/v/" + keys.mint(purpose, payload, host), cookie).status,
                             404)
        late = payload[:20] + (int(time.time()) - 1).to_bytes(4, "big")
        link = "/v/" + keys.mint(mint.CONFIRM, late, "localhost")
        self.assertNotIn(b"<button", self.show(link, cookie).body)
        self.prove(link, cookie)
        self.assertEqual(self.proofs(), [])

    def test_what_was_proposed_becomes_the_persons(self):
        self.declare(email="a@example.com", company="First")
        cookie, link = self.declare(company="Second")
        self.prove(link, cookie)
        event = self.daemon.events(type="prospect", reason="confirmed")[-1]
        self.assertEqual(event["props"]["fields"], ["company"])

    def test_a_browser_that_is_proved_gets_no_second_mail(self):
        cookie, link = self.declare()
        self.prove(link, cookie)
        answer = self.post(headers={"Cookie": cookie}, company="Beta")
        self.assertRegex(answer.location, "done=sent")

    def test_without_consent_or_our_origin_there_is_no_mail(self):
        for headers in ({"Sec-GPC": "1"}, {"Origin": None, "Sec-Fetch-Site": None}):
            self.assertRegex(self.post(headers=headers).location, "done=sent")
        self.assertEqual(self.mailbox.mails, [])

    def test_one_address_gets_few_mails(self):
        for _ in range(6):
            self.post()
        self.assertEqual(self.post(email="b@example.com").status, 303)
        wait_for(lambda: any(mail.recipients == ["b@example.com"] for mail in self.mailbox.mails))
        self.assertEqual(len(self.mailbox.mails), 4)

    def test_the_answer_does_not_tell_who_gets_no_mail(self):
        """Neither an erased address, nor one that others had mails sent to, nor a second click."""
        people = os.path.join(self.daemon.directory, "people.csv")
        with open(people, "w", encoding="utf-8") as file:
            file.write("email\ngone@example.com\n")
        self.daemon.waymark("prospect", "import", people)
        self.daemon.waymark("prospect", "erase", "gone@example.com")
        for more in ({"email": "gone@example.com"}, *[{"note": str(i)} for i in range(6)],
                     *[{"waymark-signed": "x", "email": "b@example.com"}] * 2):
            with self.subTest(more=more):
                self.assertRegex(self.post(**more).location, "done=confirm")
                answer = self.post(headers={"Accept": "application/json"}, **more)
                self.assertTrue(json.loads(answer.body)["confirm"])
        self.assertNotIn("gone@example.com",
                         [address for mail in self.mailbox.mails for address in mail.recipients])

    def test_json_says_that_a_mail_follows(self):
        answer = self.post(headers={"Accept": "application/json"})
        self.assertTrue(json.loads(answer.body)["confirm"])


class Trouble(ConfirmCase):
    def test_later_means_later(self):
        self.mailbox.refuse = {"RCPT": ["451 later"]}
        self.declare()
        self.assertEqual(self.daemon.metric("waymark_mail_failures_total"), 1)
        wait_for(lambda: self.daemon.metric('waymark_mails_total{result="sent"}') == 1)
        self.assertNotIn("a@example.com", self.daemon.log())

    def test_no_means_no(self):
        refused = 'waymark_mails_total{result="refused"}'
        for count, command in enumerate(("MAIL", "RCPT", "DATA", "."), 1):
            self.mailbox.refuse = {command: ["550 no"]}
            self.post(email=f"{count}@example.com")
            wait_for(lambda count=count: self.daemon.metric(refused) == count)
        self.assertEqual(self.mailbox.mails, [])
        self.assertEqual(self.daemon.metric("waymark_mail_failures_total"), 0)

    def test_a_mail_server_that_is_away_holds_up_nobody(self):
        """Neither one that takes connections and says nothing, nor one that does not listen."""
        self.daemon.stop()
        failures = "waymark_mail_failures_total"
        with socket.create_server(("127.0.0.1", 0)) as silent:
            silent.settimeout(LIMIT_S)
            self.daemon.configure(smtp__server="127.0.0.1:%d" % silent.getsockname()[1])
            self.daemon.start()
            self.assertEqual(self.post().status, 303)
            self.assertEqual(self.daemon.metric(failures), 0, "the mail has not failed yet")
            silent.accept()[0].close()
        wait_for(lambda: self.daemon.metric(failures) >= 2)
        self.assertEqual(self.post().status, 303)
        wait_for(lambda: self.daemon.metric("waymark_mails_waiting") == 2)
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()

    def test_one_connection_carries_several(self):
        for number in range(3):
            self.post(email=f"{number}@example.com")
            self.mailbox.wait(number + 1)
        self.assertEqual(self.mailbox.connections, 1)


class Tls(FormCase):
    """The connection to the mail server is secret, and to the right one, or nothing is sent."""
    LOGIN = ("user", "pass word")

    def start(self, mailbox, mode, ca=True, login=LOGIN):
        self.addCleanup(mailbox.__exit__)
        file = os.path.join(self.daemon.instance, "smtp.login")
        with open(file, "w", encoding="utf-8") as out:
            out.write("\n".join(login) + "\n")
        os.chmod(file, 0o600)
        self.daemon.stop()
        self.daemon.configure(
            smtp__server=mailbox.address.replace("127.0.0.1", "localhost"), smtp__tls=mode,
            smtp__from="noreply@example.com", smtp__auth_file="smtp.login",
            smtp__ca_file=os.path.join(self.daemon.directory, "host.pem") if ca else "")
        self.daemon.start()
        self.define(confirm=True)
        self.assertEqual(self.post().status, 303)

    def certificate(self):
        folder = self.daemon.directory
        front.openssl(folder, "req", "-x509", *front.NEW_KEY, "-days", "30", "-keyout", "host.key",
                      "-out", "host.pem", "-subj", "/CN=localhost",
                      "-addext", "subjectAltName=DNS:localhost")
        return os.path.join(folder, "host.pem"), os.path.join(folder, "host.key")

    def assert_nothing_is_sent(self, mailbox):
        wait_for(lambda: self.daemon.metric("waymark_mail_failures_total") >= 1)
        self.assertEqual(mailbox.mails, [])
        self.assertNotIn(self.LOGIN[1], self.daemon.log())

    def test_starttls_and_from_the_first_byte(self):
        for mode, implicit in (("starttls", False), ("tls", True)):
            with self.subTest(mode=mode):
                mailbox = Mailbox(self.LOGIN, self.certificate(), implicit)
                self.start(mailbox, mode)
                self.assertTrue(mailbox.wait().secret)

    def test_nothing_is_sent_in_the_clear_unless_that_is_asked_for(self):
        mailbox = Mailbox(self.LOGIN)
        self.start(mailbox, "starttls", ca=False)
        self.assert_nothing_is_sent(mailbox)

    def test_a_certificate_that_nobody_knows(self):
        mailbox = Mailbox(self.LOGIN, self.certificate())
        self.start(mailbox, "starttls", ca=False)
        self.assert_nothing_is_sent(mailbox)

    def test_a_wrong_login(self):
        mailbox = Mailbox(("user", "other"), self.certificate())
        self.start(mailbox, "starttls")
        self.assert_nothing_is_sent(mailbox)

    def test_a_login_that_others_may_read_is_refused(self):
        self.daemon.stop()
        file = os.path.join(self.daemon.instance, "smtp.login")
        for text, mode, word in (("user\npass\n", 0o644, "smtp.login"),
                                 ("user\n", 0o600, "two lines"),
                                 ("user\npass\nmore\n", 0o600, "two lines")):
            with open(file, "w", encoding="utf-8") as out:
                out.write(text)
            os.chmod(file, mode)
            self.daemon.configure(smtp__server="localhost", smtp__from="a@example.com",
                                  smtp__auth_file="smtp.login")
            result = self.daemon.run("serve", "--config", self.daemon.config_path, check=False)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(word, result.stderr)
            self.assertNotIn("pass", result.stderr.replace("password", ""))
        self.daemon.configure(smtp__auth_file="")
        self.daemon.start()


del FormCase

if __name__ == "__main__":
    unittest.main()

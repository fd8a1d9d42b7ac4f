#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The mail filter by its protocol: which mails it tracks, what it changes in them, what it leaves;
and that every mail passes, whatever fails. tests/flow/test_postfix.py has the real mail server."""
import email
import email.message
import email.policy
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from daemon import LIMIT_S, SITE, TRACKER, WAYMARK, Daemon, read_line, wait_for
from milter_client import MilterClient

PAGE = SITE + "/p?a=1&b=2"
READER = "reader@example.com"
TRACKED = re.compile(rb"http://localhost:8080/c/[A-Za-z0-9_-]+")
OURS = "X-Waymark-Campaign: autumn"


def mail(*fields, html=True, body=None):
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = "us@example.com", READER
    message["Subject"] = "Dates"
    message.set_content(body or f"See {PAGE} soon.\n")
    if html:
        message.add_alternative(f'<p>See <a href="{PAGE.replace("&", "&amp;")}">this</a></p>\n',
                                subtype="html")
    return "".join(field + "\r\n" for field in fields).encode() + message.as_bytes()


def without(message, name="X-Waymark-"):
    """The message without the fields that are for the filter."""
    return re.sub(rb"(?im)^%s[^\r]*\r\n" % name.encode(), b"", message)


class Case(unittest.TestCase):
    """A server and a filter for all tests of a class."""
    SETTINGS = {}

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(**cls.SETTINGS)
        cls.daemon.__enter__()
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.daemon.start()
        cls.folder = tempfile.mkdtemp(prefix="waymark-milter-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.path = os.path.join(cls.folder, "m.sock")
        cls.log_path = os.path.join(cls.folder, "log")
        cls.process = None
        cls.addClassCleanup(cls.kill)
        cls.start()

    @classmethod
    def start(cls):
        with open(cls.log_path, "ab") as log:
            cls.process = subprocess.Popen(
                [WAYMARK, "milter", "--config", cls.daemon.config_path, "--socket",
                 "unix:" + cls.path], stdout=subprocess.PIPE, stderr=log)
        assert "is ready" in read_line(cls.process)

    @classmethod
    def kill(cls, number=signal.SIGKILL):
        if cls.process:
            cls.process.send_signal(number)
            status = cls.process.wait(LIMIT_S)
            cls.process.stdout.close()
            cls.process = None
            return status
        return None

    def log(self):
        with open(self.log_path, encoding="utf-8") as log:
            return log.read()

    def send(self, message, sender="us@example.com", recipients=(READER,), login=None, **options):
        with MilterClient(self.path, **options) as server:
            return server.send(sender, recipients, message, login=login)

    def passes(self, message, reason=None, **options):
        """The mail passes, with nothing changed but the fields that are for the filter."""
        passed = self.send(message, **options)
        self.assertEqual(passed.message, without(message))
        if reason:
            self.assertIn(reason, self.log())
        return passed


class Tracked(Case):
    SETTINGS = {"milter__senders": ["news@example.com=letters", "@shop.example"]}

    def test_a_mail_that_asks_for_it(self):
        message = mail(OURS, "X-Waymark-Mailing: 2026-11")
        passed = self.send(message)
        links = TRACKED.findall(passed.message)
        self.assertEqual((len(links), len(set(links))), (2, 1))
        self.assertEqual(without(message), passed.message.replace(
            b'"' + links[0], b'"' + PAGE.replace("&", "&amp;").encode()).replace(
            links[0], PAGE.encode()))
        answer = self.daemon.click(links[0].decode())
        self.assertEqual((answer.status, answer.location), (302, PAGE))
        click = self.daemon.events("--type", "click")[-1]
        self.assertEqual((click["campaign"], click["mailing"]), ("autumn", "2026-11"))
        found = self.daemon.waymark("prospect", "find", READER).stdout
        self.assertIn(click["prospect"], found)
        sent = self.daemon.events("--type", "sent")[-1]
        self.assertEqual((sent["prospect"], sent["campaign"], sent["mailing"]),
                         (click["prospect"], "autumn", "2026-11"))
        self.assertRegex(self.log(), r"event=tracked id=4D2F1 links=2 left=0")
        self.assertNotIn(READER, self.log())

    def test_a_mail_by_its_sender(self):
        for sender, campaign in (("news@example.com", "letters"), ("NEWS@Example.COM", "letters"),
                                 ("anybody+x=y@shop.example", "website")):
            with self.subTest(sender=sender):
                [link, _] = TRACKED.findall(self.send(mail(), sender=sender).message)
                self.assertEqual(self.daemon.click(link.decode()).location, PAGE)
                self.assertEqual(self.daemon.events("--type", "click")[-1]["campaign"], campaign)
        self.assertEqual(self.daemon.events("--type", "sent", mailing=None), [])
        self.assertNotIn("event=not_recorded", self.log())

    def test_names_of_any_language(self):
        passed = self.send(mail("X-Waymark-Campaign: =?UTF-8?B?56eL?="), sender="news@example.com")
        link = TRACKED.findall(passed.message)[0].decode()
        self.daemon.click(link)
        click = self.daemon.events("--type", "click")[-1]
        self.assertEqual(click["campaign"], "秋")
        self.assertNotIn(b"X-Waymark", passed.message)

    def test_a_mail_that_comes_by_twice_is_changed_once(self):
        mailing = b"X-Waymark-Mailing: m\r\n"
        once = self.send(mailing + mail(), sender="news@example.com").message
        before = len(self.daemon.events("--type", "sent"))
        again = self.send(mailing + once, sender="news@example.com")
        self.assertEqual(len(self.daemon.events("--type", "sent")), before)
        self.assertEqual(again.message, once)

    def test_what_can_be_added(self):
        passed = self.send(mail(OURS, "X-Waymark-Add: unsubscribe=news, utm ,open-pixel"))
        message = email.message_from_bytes(passed.message, policy=email.policy.default)
        self.assertRegex(message["List-Unsubscribe"], r"^<http://localhost:8080/s/[\w-]+>$")
        self.assertEqual(message["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
        link = TRACKED.findall(passed.message)[0].decode()
        self.assertIn("utm_campaign=autumn", self.daemon.click(link).location)
        self.assertIn(b"/o/", passed.message)

    def test_a_long_mail_in_many_pieces(self):
        body = "".join(f"line {n} {PAGE}&n={n}\n" for n in range(8000))
        passed = self.send(mail(OURS, html=False, body=body))
        self.assertEqual(len(TRACKED.findall(passed.message)), 8000)

    def test_many_mails_over_one_connection_and_at_once(self):
        with MilterClient(self.path) as one, MilterClient(self.path) as other:
            for turn in range(3):
                for server in (one, other):
                    reader = f"reader{turn}@example.com"
                    passed = server.send("us@example.com", [reader], mail(OURS))
                    self.assertEqual(len(TRACKED.findall(passed.message)), 2)
                one.abort()


class Untouched(Case):
    SETTINGS = {"milter__senders": ["news@example.com"], "milter__clients": ["192.0.2.0/24"]}

    def send(self, message, client="192.0.2.7", **options):
        return super().send(message, client=client, **options)

    def test_what_is_not_chosen_is_left_before_its_body(self):
        before = self.log()
        passed = self.passes(mail())
        self.assertEqual((passed.changed, passed.sent), (False, "header"))
        self.assertEqual(self.log(), before)

    def test_strangers_are_left_before_their_recipients(self):
        for client in ("192.0.3.1", "2001:db8::1", "127.0.0.1"):
            passed = self.send(mail(OURS), client=client, sender="news@example.com")
            self.assertEqual((passed.changed, passed.sent), (False, "sender"))
        self.assertTrue(self.send(mail(OURS), client="192.0.3.1", login="shop").changed)

    def test_two_recipients(self):
        two = (READER, "other@example.com")
        self.passes(mail(OURS), "it has more than one recipient", recipients=two)
        self.passes(mail(), sender="news@example.com", recipients=two)
        self.assertTrue(self.send(mail(OURS), recipients=(READER, READER.upper())).changed)

    def test_signed_already(self):
        self.passes(mail(OURS, "DKIM-Signature: v=1; a=rsa-sha256; b=x"), "signed by DKIM already")

    def test_fields_that_cannot_be_followed_are_taken_out_all_the_same(self):
        for fields, reason in (
                (("X-Waymark-Campaign: a", "x-waymark-campaign: b"), "stands there twice"),
                ((OURS, "X-Waymark-Add: pixel"), "X-Waymark-Add: must be open-pixel, trap"),
                ((OURS, "X-Waymark-Mailing: a@example.com"), "X-Waymark-Mailing: holds an e-mail"),
                (("X-Waymark-Campaign: " + "c" * 300,), "X-Waymark-Campaign: is no name")):
            with self.subTest(reason=reason):
                self.passes(mail(*fields), reason)
        self.passes(mail("X-Waymark-Mailing: 2026-11", "X-Waymark-Add: utm"))

    def test_a_mail_tracked_for_somebody_else(self):
        tracked = self.send(mail(OURS), recipients=["other@example.com"]).message
        self.passes(OURS.encode() + b"\r\n" + tracked, "--strip")

    def test_a_mail_that_is_too_long(self):
        line = b"x" * 998 + b"\r\n"
        self.passes(mail(OURS, html=False) + line * (17 << 10), "longer than 16 MiB")

    def test_a_recipient_that_is_no_address(self):
        self.passes(mail(OURS), "no e-mail address", recipients=["postmaster"])

    def test_a_mail_server_that_lets_nothing_be_changed(self):
        with self.assertRaises((ConnectionError, AssertionError)):
            with MilterClient(self.path, actions=1) as server:
                server.send("us@example.com", [READER], mail(OURS))
        wait_for(lambda: "does not let headers and bodies be changed" in self.log())


class Failing(Case):
    NEWS = ["news@example.com"]
    SETTINGS = {"milter__senders": NEWS}

    def wait_until_tracked(self):
        return wait_for(lambda: TRACKED.findall(self.send(mail(OURS)).message))

    def test_without_a_server_mails_pass_and_then_are_tracked_again(self):
        self.daemon.stop()
        self.passes(mail(OURS))
        self.daemon.start()
        self.wait_until_tracked()

    def test_the_first_mail_after_a_restart_of_the_server_is_tracked(self):
        self.wait_until_tracked()
        self.daemon.stop()
        self.daemon.start()
        self.assertEqual(len(TRACKED.findall(self.send(mail(OURS)).message)), 2, self.log())

    def test_a_server_that_comes_later(self):
        self.kill()
        self.daemon.stop()
        self.start()
        self.passes(mail(OURS), "event=untouched")
        self.daemon.start()
        self.wait_until_tracked()

    def test_a_retired_key_signs_nothing_more(self):
        [before, _] = TRACKED.findall(self.send(mail(OURS)).message)
        self.daemon.waymark("key", "rotate")
        [after, _] = TRACKED.findall(self.send(mail(OURS)).message)
        self.assertNotEqual(before[:30], after[:30])
        self.assertEqual(self.daemon.click(after.decode()).location, PAGE)

    def test_changed_rules_are_taken_into_use_and_mistakes_are_not(self):
        def links():
            return len(TRACKED.findall(self.send(mail(), sender="new@example.com").message))

        self.assertEqual(links(), 0)
        self.daemon.configure(milter__senders=["new@example.com"])
        self.assertEqual(links(), 2)
        self.daemon.configure(milter__senders=["new"])
        self.assertEqual(links(), 2)
        self.assertIn("milter.senders[0]", self.log())
        result = self.daemon.waymark("config", "check", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("milter.senders[0]", result.stderr)
        self.daemon.configure(milter__senders=self.NEWS)

    def test_broken_connections(self):
        server = MilterClient(self.path)
        server.connect()
        server.write(b"M", b"<us@example.com>\0")
        server.__exit__()
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(self.path)
            raw.sendall(b"\xff" * 64)
        self.wait_until_tracked()

    def test_the_socket(self):
        self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o660)
        for address, reason in (("unix:" + self.path, "somebody answers"),
                                ("unix:/nowhere/m.sock", "no folder"),
                                ("0.0.0.0:8894", "no address of this machine alone"),
                                ("nonsense", "neither unix:/path nor host:port")):
            result = self.daemon.waymark("milter", "--socket", address, check=False)
            self.assertEqual(result.returncode, 1)
            self.assertIn(reason, result.stderr)
        self.kill()
        self.start()
        self.wait_until_tracked()

    @unittest.skipIf(os.environ.get("WAYMARK_SANITIZE") == "thread",
                     "left out: libmilter destroys mutexes that its own threads hold when it ends")
    def test_it_ends_when_told_to(self):
        self.send(mail())  # it has begun to listen, also for signals
        self.assertEqual(type(self).kill(signal.SIGTERM), 0)
        self.assertFalse(os.path.exists(self.path))
        type(self).start()


if __name__ == "__main__":
    unittest.main()

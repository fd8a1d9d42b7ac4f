#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The mail filter in a real mail server: a program sends through Postfix, which asks the filter and
then opendkim, and hands the mail on to a mailbox. It arrives tracked and its signature holds; or it
arrives as it was, and its signature holds, too."""
import email.message
import email.policy
import itertools
import os
import re
import shutil
import signal
import subprocess
import unittest

from daemon import LIMIT_S, SITE, WAYMARK, Daemon, read_line, wait_for
from mailbox import Mailbox
from postfix import WHY_NOT, OpenDkim, Postfix, folder_of_mail

PAGE = SITE + "/p?a=1&b=2"
SENDER, READER = "shop@example.com", "reader@example.org"
TRACKED = re.compile(rb"http://localhost:8080/c/[A-Za-z0-9_-]+")
OURS = ("X-Waymark-Campaign: autumn", "X-Waymark-Mailing: 2026-11")
NUMBERS = itertools.count(1)


def mail(*fields):
    """Both forms, encoded, with text that is not ASCII, and a line that begins with a dot; each
    mail with a Message-ID of its own."""
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = SENDER, READER
    message["Subject"] = "秋のお知らせ"
    message["Date"] = "Sun, 22 Nov 2026 12:00:00 +0000"
    message["Message-ID"] = f"<{next(NUMBERS)}@example.com>"
    message.set_content(f"ご案内: {PAGE}\n\n..\n. dots\n", cte="quoted-printable")
    message.add_alternative(f'<p>秋 <a href="{PAGE.replace("&", "&amp;")}">詳しく</a></p>\n',
                            subtype="html", cte="base64")
    return "".join(field + "\r\n" for field in fields).encode() + message.as_bytes()


def body_of(message):
    return message.split(b"\r\n\r\n", 1)[1].rstrip(b"\r\n")


@unittest.skipIf(WHY_NOT, WHY_NOT)
class RealMailServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.open(Daemon()).start()
        cls.folder = folder_of_mail("waymark-milter-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.path = os.path.join(cls.folder, "m.sock")
        cls.filter = None
        cls.addClassCleanup(cls.kill_filter)
        cls.start_filter()
        cls.signer = cls.open(OpenDkim("example.com"))
        cls.mailbox = cls.open(Mailbox())
        cls.postfix = cls.open(Postfix(["unix:" + cls.path, "local:" + cls.signer.path],
                                       cls.mailbox.address))

    @classmethod
    def open(cls, thing):
        thing.__enter__()
        cls.addClassCleanup(thing.__exit__, None, None, None)
        return thing

    @classmethod
    def start_filter(cls):
        with open(os.path.join(cls.folder, "log"), "ab") as log:
            cls.filter = subprocess.Popen(
                [WAYMARK, "milter", "--config", cls.daemon.config_path, "--socket",
                 "unix:" + cls.path], stdout=subprocess.PIPE, stderr=log)
        assert "is ready" in read_line(cls.filter)

    @classmethod
    def kill_filter(cls):
        if cls.filter:
            cls.filter.kill()
            cls.filter.wait(LIMIT_S)
            cls.filter.stdout.close()
            cls.filter = None

    def log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as log:
            return log.read()

    def send(self, message, recipients=(READER,), how=None):
        """What arrives of it."""
        (how or self.postfix.swaks)(SENDER, recipients, message)
        return self.wait(message)

    def wait(self, message):
        """Not the newest mail but this one: another may be on its way still."""
        name = email.message_from_bytes(message)["Message-ID"]
        try:
            return wait_for(lambda: [mail.raw for mail in self.mailbox.mails
                                     if mail.message["Message-ID"] == name])[0]
        except AssertionError as error:
            raise AssertionError(f"nothing arrives:\n{self.postfix.log()}") from error

    def arrives_as_it_was(self, arrived, message):
        self.assertEqual(body_of(arrived), body_of(message))
        self.assertTrue(self.signer.is_valid(arrived))

    def follow(self, arrived):
        """The one link of both forms, which leads to the page, as the reader's."""
        stripped = subprocess.run(
            [WAYMARK, "rewrite", "--config", self.daemon.config_path, "--strip", "--report=json"],
            input=arrived, capture_output=True, timeout=4 * LIMIT_S, check=True)
        self.assertEqual(stripped.stderr.count(b'"stripped"'), 2,
                         self.log() + self.postfix.log())
        text = email.message_from_bytes(arrived, policy=email.policy.default)
        found = {link for kind in ("plain", "html") for link in TRACKED.findall(
            text.get_body((kind,)).get_content().encode())}
        self.assertEqual(len(found), 1)
        before = len(self.daemon.events("--type", "click"))
        answer = self.daemon.click(found.pop().decode())
        self.assertEqual((answer.status, answer.location), (302, PAGE))
        [click] = self.daemon.events("--type", "click")[before:]
        return click

    def test_a_mail_arrives_tracked_and_signed(self):
        arrived = self.send(mail(*OURS))
        self.assertTrue(self.signer.is_valid(arrived), self.postfix.log())
        self.assertFalse(self.signer.is_valid(arrived.replace(b"base64", b"base65")))
        self.assertNotIn(b"X-Waymark", arrived)
        click = self.follow(arrived)
        self.assertEqual((click["campaign"], click["mailing"]), ("autumn", "2026-11"))
        self.assertIn(click["prospect"], self.daemon.waymark("prospect", "find", READER).stdout)
        self.assertEqual(mail().split(b"\r\n\r\n")[0].splitlines()[:3],
                         arrived.split(b"\r\n\r\n")[0].splitlines()[-8:][:3])
        queue_id = re.search(r"event=tracked id=(\w+) links=2", self.log())[1]
        wait_for(lambda: re.search(f": {queue_id}: to=<{READER}>.* status=sent",
                                   self.postfix.log()))

    def test_the_command_of_this_machine(self):
        arrived = self.send(mail(*OURS, "X-Waymark-Add: unsubscribe=news"),
                            how=self.postfix.sendmail)
        self.assertTrue(self.signer.is_valid(arrived), self.postfix.log())
        self.assertRegex(arrived, rb"List-Unsubscribe: <http://localhost:8080/s/[\w-]+>\r\n"
                                  rb"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
        self.follow(arrived)

    def test_two_recipients(self):
        message = mail(*OURS)
        arrived = self.send(message, (READER, "other@example.org"))
        self.arrives_as_it_was(arrived, message)
        self.assertNotIn(b"X-Waymark", arrived)
        self.assertIn('reason="it has more than one recipient"', self.log())

    def test_a_mail_that_nobody_asked_to_track(self):
        message = mail()
        self.arrives_as_it_was(self.send(message), message)

    def test_a_killed_filter(self):
        message = mail(*OURS)
        self.kill_filter()
        arrived = self.send(message)
        self.arrives_as_it_was(arrived, message)
        self.start_filter()
        self.follow(self.send(mail(*OURS)))

    def test_a_filter_that_dies_while_it_is_asked(self):
        message = mail(*OURS)
        wait_for(lambda: not self.is_asked())  # for a mail of before, whose connection ends late
        self.filter.send_signal(signal.SIGSTOP)
        with subprocess.Popen(self.postfix.swaks_command(SENDER, [READER], message),
                              stdout=subprocess.DEVNULL) as sending:
            wait_for(self.is_asked)
            type(self).kill_filter()
            self.assertEqual(sending.wait(2 * LIMIT_S), 0)
        self.arrives_as_it_was(self.wait(message), message)
        self.start_filter()

    def is_asked(self):
        """Somebody is connected to the filter; while it is stopped, they wait to be accepted."""
        with open("/proc/net/unix", encoding="utf-8") as sockets:
            return sum(line.rstrip().endswith(self.path) for line in sockets) > 1

    def test_behind_the_signer_it_leaves_mail_alone(self):
        message = mail(*OURS)
        arrived = self.send(message, how=self.postfix.swaks_turned)
        self.arrives_as_it_was(arrived, message)
        self.assertIn("it is signed by DKIM already", self.log())


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""`events import --format dsn`: notifications of mail servers become bounces of the right mailing,
once, whatever else is in the mailbox."""
import base64
import json
import os
import re
import unittest

import corpora
from daemon import SITE, TRACKER, Daemon

MAIL = ("From: news@example.com\nSubject: News\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=utf-8\n\n"
        f"See {SITE}/p and write back.\n")
USER_UNKNOWN = "smtp; 550 5.1.1 <{0}>: Recipient address\n    rejected: User unknown"
AWAY = ("From: c@example.com\nAuto-Submitted: auto-replied\nSubject: Away\nMessage-ID: <away@x>\n"
        "\nI am away.\n")
QMAIL = ("From: MAILER-DAEMON@mx.example.com\nSubject: failure notice\n\n"
         "Hi. This is the qmail-send program at mx.example.com.\n\n<q@example.com>:\nSorry.\n")
COMPLAINT = ("From: fbl@example.com\nContent-Type: multipart/report; boundary=f;\n"
             " report-type=feedback-report\n\n--f\nContent-Type: message/feedback-report\n\n"
             "Feedback-Type: abuse\n\n--f--\n")


def recipient(address, action="failed", status="5.1.1", **fields):
    rows = {"Final-Recipient": f"rfc822; {address}", "Action": action, "Status": status,
            **{name.replace("_", "-"): value for name, value in fields.items()}}
    return "".join(f"{name}: {value}\n" for name, value in rows.items() if value is not None)


def notification(*recipients, returned="Subject: x\n", number=1, date="21 Nov 2026 12:00:00 +0000",
                 kind="message/rfc822", about="Arrival-Date: Sat, 21 Nov 2026 11:00:00 +0000\n",
                 status="message/delivery-status"):
    return (f"From: MAILER-DAEMON@mx.example.com\nMessage-ID: <{number}@mx.example.com>\n"
            + (f"Date: {date}\n" if date else "") +
            "Content-Type: multipart/report; report-type=delivery-status;\n boundary=\"b/b\"\n\n"
            "--b/b\n\nI'm sorry.\n\n"
            f"--b/b\nContent-Type: {status}\n\nReporting-MTA: dns; mx.example.com\n{about}\n"
            + "\n".join(recipients) +
            f"\n--b/b\nContent-Type: {kind}\n\n{returned}\n--b/b--\n")


class Bounces(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def file(self, name, text):
        path = os.path.join(self.daemon.directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path

    def load(self, *paths, status=0, stdin=None):
        result = self.daemon.waymark("events", "import", "--format", "dsn", *paths, check=False,
                                     stdin=stdin)
        self.assertEqual(result.returncode, status, (result.stdout, result.stderr))
        return result

    def counts(self, result, *numbers):
        self.assertEqual(result.stdout,
                         "{} added, {} known, {} left out, {} refused\n".format(*numbers),
                         result.stderr)

    def bounces(self):
        return self.daemon.events("--type", "bounce")

    def rewritten(self, to, *more):
        return self.daemon.waymark("rewrite", "--to", to, "--campaign", "autumn", "--mailing",
                                   "2026-11", *more, stdin=MAIL).stdout

    def may(self, *emails):
        answer = self.daemon.control("/api/v1/mailings/check", {"emails": list(emails)})
        return [row["status"] for row in json.loads(answer.body)["results"]]

    def handle(self, address):
        return self.daemon.waymark("prospect", "find", address).stdout.split()[0]

    def test_a_mailbox_beside_a_server(self):
        """An mbox with all kinds of mails: what bounced for good gets no mail any more."""
        self.daemon.start()
        mails = [
            notification(recipient("gone@example.com",
                                   Diagnostic_Code=USER_UNKNOWN.format("gone@example.com"),
                                   Remote_MTA="dns; mx2.example.com"),
                         returned=self.rewritten("gone@example.com")),
            AWAY,
            notification(recipient("late@example.com", "delayed", "4.4.1"), number=2),
            notification(recipient("full@example.com", status="5.2.2"), number=3),
            QMAIL, COMPLAINT,
            notification(recipient("old@example.com", status="4.4.7"),
                         recipient("there@example.com", "relayed", "2.0.0"), number=4),
            "Subject: hello\n\nnobody's\n\nFrom here on nothing is a mail at 12:0.\n",
        ]
        box = self.file("box", "".join(f"From MAILER-DAEMON Sat Nov 21 12:00:00 2026\n{mail}\n"
                                       for mail in mails))
        result = self.load(box)
        self.counts(result, 3, 0, 6, 0)
        for number, words in ((2, "is an automatic reply"), (5, "is a bounce in words alone"),
                              (6, "is a feedback report"), (8, "is no delivery status")):
            self.assertRegex(result.stderr, rf"{re.escape(box)}:\d+: message {number}: {words}")
        self.assertIn("mail to 1 recipient is delayed and left out: it may still arrive",
                      result.stderr)
        self.assertIn("mail to 1 recipient is relayed", result.stderr)
        gone, full, old = self.bounces()
        self.assertEqual(gone["prospect"], self.handle("gone@example.com"))
        self.assertEqual((gone["time"], gone["mailing"], gone["campaign"], gone["source"]),
                         ("2026-11-21T12:00:00.000000Z", "2026-11", "autumn", "dsn"))
        self.assertEqual(gone["reason"], "550 5.1.1 <[email]>: Recipient address rejected: "
                                         "User unknown")
        self.assertEqual(gone["props"], {
            "code": 550, "status": "5.1.1", "remote_mta": "mx2.example.com",
            "reporting_mta": "mx.example.com", "arrived": "2026-11-21T11:00:00.000000Z"})
        self.assertEqual((full["props"]["status"], old["props"]["status"]), ("5.2.2", "4.4.7"))
        self.assertEqual(self.may("gone@example.com", "full@example.com", "old@example.com",
                                  "late@example.com"), ["bounced", "may", "may", "may"])
        self.counts(self.load(box), 0, 3, 6, 0)
        self.assertEqual(len(self.bounces()), 3)
        self.assertNotIn("@example.com", self.daemon.waymark("events").stdout)

    def test_one_notification_is_the_same_however_it_is_kept(self):
        """A file, standard input, other line ends, a maildir and a folder, with no server."""
        mail = notification(recipient("a@example.com"), recipient("b@example.com"))
        self.counts(self.load(self.file("one.eml", mail)), 2, 0, 0, 0)
        self.counts(self.load("-", stdin=mail), 0, 2, 0, 0)
        self.counts(self.load(self.file("crlf", mail.replace("\n", "\r\n"))), 0, 2, 0, 0)
        self.counts(self.load(self.file("cr", mail.replace("\n", "\r"))), 0, 2, 0, 0)
        other = notification(recipient("c@example.com"), number=2)
        self.file("maildir/new/1.x", mail)
        self.file("maildir/cur/2.x:2,S", other)
        self.file("maildir/tmp/3.x", notification(recipient("d@example.com"), number=3))
        self.file("maildir/dovecot/index", "no mail")
        folder = os.path.join(self.daemon.directory, "maildir")
        self.counts(self.load(folder), 1, 2, 0, 0)
        self.file("flat/1.eml", other)
        self.file("flat/.hidden", other)
        self.file("flat/notes", "no mail")
        flat = os.path.join(self.daemon.directory, "flat")
        result = self.load(flat, folder)
        self.counts(result, 0, 4, 1, 0)
        self.assertIn("notes:1: message 1: is no delivery", result.stderr)
        self.assertEqual(len(self.bounces()), 3)
        self.counts(self.load(self.file("empty", "")), 0, 0, 0, 0)

    def test_a_second_notification_of_the_same_is_another_event(self):
        first = notification(recipient("a@example.com"))
        again = notification(recipient("a@example.com"), number=2)
        self.counts(self.load(self.file("1", first), self.file("2", again)), 2, 0, 0, 0)

    def test_who_it_was_for_is_told_by_the_mail_that_came_back(self):
        """Forwarded mail: the server names the other address, the links whom we sent it to."""
        mail = self.rewritten("ann@example.com", "--unsubscribe")
        header = mail.split("\n\n")[0] + "\n"
        there = "other@example.com"
        cases = [
            notification(recipient(there, Original_Recipient="rfc822;ann@example.com")),
            notification(recipient(there, Original_Recipient="rfc822; third@example.com"),
                         returned=f"To: Ann <ann@example.com>\n{mail}", number=2),
            notification(recipient(there), returned=f"To: ann@example.com\n{header}", number=3,
                         kind="text/rfc822-headers"),
        ]
        for number, case in enumerate(cases):
            self.counts(self.load(self.file(f"{number}", case)), 1, 0, 0, 0)
        ann = self.handle("ann@example.com")
        self.assertEqual([(event["prospect"], event.get("mailing")) for event in self.bounces()],
                         [(ann, None), (ann, "2026-11"), (ann, None)])
        # A mail that is made up says nothing: whom the server names is believed.
        token = re.search(r"/c/([\w-]+)", mail).group(1)
        forged = mail.replace(token, token[:-1] + ("A" if token[-1] != "A" else "B"))
        self.counts(self.load(self.file("f", notification(
            recipient(there), returned=f"To: ann@example.com\n{forged.split(chr(10) * 2)[1]}",
            number=4))), 1, 0, 0, 0)
        last = self.bounces()[-1]
        self.assertEqual((last["prospect"], last.get("mailing")), (self.handle(there), None))

    def test_a_recipient_who_got_the_mail_does_not_bounce_for_another(self):
        """One mail to several: its To and its links are of the one who got it."""
        mail = "To: ann@example.com\n" + self.rewritten("ann@example.com")
        got = recipient("ann@example.com", "delivered", "2.0.0")
        self.counts(self.load(self.file("a", notification(
            got, recipient("bob@example.com"), returned=mail))), 1, 0, 1, 0)
        self.counts(self.load(self.file("b", notification(
            recipient("carl@example.com"), recipient("dora@example.com", "relayed", "2.0.0"),
            returned=mail, number=2))), 1, 0, 1, 0)
        self.assertEqual([event["prospect"] for event in self.bounces()],
                         [self.handle("bob@example.com"), self.handle("carl@example.com")])

    def test_a_reason_does_not_say_whose_it_is(self):
        """Servers name mailboxes without the domain, and the log keeps a reason for ever."""
        for number, (words, kept) in enumerate((
                ("550 5.1.1 Ann.Smith... User unknown", "550 5.1.1 [email]... User unknown"),
                ("550 no user <ann.smith>", "550 no user <[email]>"),
                ("550 ann.smith=40example.com is joann.smith", "550 [email]=40example.com is "
                                                               "joann.smith"),
                ("550 forwarded to a.smith2 from ann.smith",
                 "550 forwarded to [email] from [email]"))):
            self.counts(self.load(self.file(f"{number}", notification(recipient(
                "ann.smith@example.com", Diagnostic_Code=f"smtp; {words}",
                Original_Recipient="rfc822; a.smith2@example.com"), number=number))), 1, 0, 0, 0)
            self.assertEqual(self.bounces()[-1]["reason"], kept)

    def test_an_mbox_may_begin_with_empty_lines(self):
        mails = [notification(recipient(f"{number}@example.com"), number=number)
                 for number in range(2)]
        box = "".join(f"\nFrom x Sat Nov 21 12:00:00 2026\n{mail}\n" for mail in mails)
        self.counts(self.load(self.file("box", "\n" + box)), 2, 0, 0, 0)

    def test_a_folder_names_what_cannot_be_opened(self):
        """What is no file is passed over, what went away as well."""
        self.file("folder/mail", notification(recipient("a@example.com")))
        folder = os.path.join(self.daemon.directory, "folder")
        os.mkfifo(os.path.join(folder, "fifo"))
        os.symlink("/dev/zero", os.path.join(folder, "device"))
        os.symlink("nothing", os.path.join(folder, "gone"))
        self.counts(self.load(folder), 1, 0, 0, 0)
        os.symlink("loop", os.path.join(folder, "loop"))
        result = self.load(folder, status=2)
        self.counts(result, 0, 1, 0, 1)
        self.assertIn("folder/loop:1: message 0: cannot be opened", result.stderr)

    def test_set_says_which_mailing_where_the_mail_does_not(self):
        known = notification(recipient("a@example.com"), returned=self.rewritten("a@example.com"))
        bare = notification(recipient("b@example.com"), number=2)
        self.counts(self.load("--set", "mailing=other", "--source", "relay",
                              self.file("a", known), self.file("b", bare)), 2, 0, 0, 0)
        self.assertEqual([(event["mailing"], event["source"]) for event in self.bounces()],
                         [("2026-11", "relay"), ("other", "relay")])

    def test_links_are_found_in_encoded_and_cut_mails(self):
        for number, encoding in enumerate(("quoted-printable", "base64")):
            url = f"{TRACKER}/c/" + re.search(r"/c/([\w-]+)", self.rewritten(
                "a@example.com")).group(1)
            if encoding == "base64":
                body = base64.encodebytes(f"See {url} now.\n".encode()).decode()
            else:
                body = f"See {url[:-9]}=\n{url[-9:]} now=2E\n"
            mail = ("MIME-Version: 1.0\nContent-Type: text/plain\n"
                    f"Content-Transfer-Encoding: {encoding}\n\n{body}")
            whole = notification(recipient("a@example.com"), returned=mail, number=number)
            self.counts(self.load(self.file(encoding, whole.split("\n--b/b--")[0])), 1, 0, 0, 0)
        self.assertEqual([event["campaign"] for event in self.bounces()], ["autumn"] * 2)

    def test_international_addresses(self):
        mail = notification(recipient("x", Final_Recipient="utf-8; \u5cf6@example.com"),
                            status="message/global-delivery-status", kind="message/global-headers")
        self.counts(self.load(self.file("a", mail)), 1, 0, 0, 0)
        escaped = notification(recipient("x", Final_Recipient="utf-8; \\x{5CF6}@example.com"),
                               number=2)
        self.counts(self.load(self.file("b", escaped)), 1, 0, 0, 0)
        self.assertEqual({event["prospect"] for event in self.bounces()},
                         {self.handle("\u5cf6@example.com")})

    def test_what_cannot_be_read_is_named_and_costs_no_other(self):
        broken = notification(recipient("a@example.com", Action="exploded"),
                              recipient("b@example.com"), recipient("nobody"),
                              recipient("c@example.com", Status="forever"))
        lost = notification().replace("message/delivery-status", "text/plain")
        undated = notification(recipient("e@example.com"), date=None, about="", number=2)
        good = notification(recipient("d@example.com"), number=3)
        box = self.file("box", "".join(f"From x Sat Nov 21 12:00:00 2026\n{mail}\n"
                                       for mail in (broken, lost, notification(), undated, good)))
        for beside_server in (False, True):
            if beside_server:
                self.daemon.start()
            result = self.load(box, status=2)
            self.counts(result, *((0, 2) if beside_server else (2, 0)), 0, 6)
            for number, words in ((1, 'Action: "exploded" is none of failed'),
                                  (1, "Final-Recipient: is no e-mail address"),
                                  (1, 'Status: "forever" is no status'),
                                  (2, "has no part message/delivery-status"),
                                  (3, "Final-Recipient: is missing"),
                                  (4, "Date: none of")):
                self.assertRegex(result.stderr, rf"box:\d+: message {number}: [^\n]*{words}")
        result = self.load("--strict", self.file("again", good), box, good_first := self.file(
            "last", notification(recipient("z@example.com"), number=9)), status=1)
        self.counts(result, 0, 1, 0, 1)
        self.assertTrue(os.path.exists(good_first))

    def test_a_wrong_command_line(self):
        path = self.file("a", notification(recipient("a@example.com")))
        self.load(path, os.path.join(self.daemon.directory, "none"), status=1)
        self.load("--map", "a=id", path, status=64)
        self.load("--charset", "latin1", path, status=64)
        self.load(status=64)
        result = self.daemon.waymark("events", "import", "--format", "mbox", path, check=False)
        self.assertEqual(result.returncode, 64)
        result = self.daemon.waymark("events", "import", path, path, check=False)
        self.assertEqual((result.returncode, "one file at a time" in result.stderr), (64, True))

    def test_a_mail_of_any_size_is_read_by_its_beginning(self):
        long = "x" * 70000 + "\n" + ("y" * 900 + "\n") * 2000
        first = notification(recipient("a@example.com"), returned="Subject: x\n\n" + long)
        box = self.file("box", f"From x Sat Nov 21 12:00:00 2026\n{first}\n"
                               f"From x Sat Nov 21 12:00:00 2026\n"
                               + notification(recipient("b@example.com"), number=2))
        self.counts(self.load(box), 2, 0, 0, 0)

    def test_hostile_mails(self):
        many = "\n".join(recipient(f"r{number}@example.com", "delayed") for number in range(5000))
        deep = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n"
                       for n in range(2000))
        for number, (mail, numbers, status) in enumerate((
                (notification(many), (0, 0, 5000, 0), 0),
                (deep + notification(recipient("a@example.com")), (0, 0, 1, 0), 0),
                (b"\0" * 100000, (0, 0, 1, 0), 0),
                (b"From \xff 12:00\n" * 5000, (0, 0, 1, 0), 0),
                ("Content-Type: multipart/report; boundary=b\n\n" + "--b\n" * 200000,
                 (0, 0, 1, 0), 0))):
            with self.subTest(number):
                self.counts(self.load(self.file(f"h{number}", mail), status=status), *numbers)
        result = self.load(self.file("c", notification(recipient(
            "a@example.com", Action="a\x9b2J\x7f", Status="5\x1b[2J"))), status=2)
        self.assertNotRegex(result.stderr.replace("\n", ""), "[\x00-\x1f\x7f-\x9f]")


@corpora.needs("eml")
class RealMails(unittest.TestCase):
    def test_real_notifications_are_read(self):
        """All but one that is a mail inside of another; a relay encoded one's recipients."""
        notifications = [path for path in sorted((corpora.FOLDER / "eml").iterdir())
                         if re.search(rb"(?im)^content-type:\s*message/delivery-status",
                                      path.read_bytes().replace(b"\r", b"\n"))]
        self.assertEqual(len(notifications), 15)
        with Daemon() as daemon:
            for numbers in ((0, 14), (14, 0)):
                result = daemon.waymark("events", "import", "--format", "dsn",
                                        *map(str, notifications))
                self.assertEqual(result.stdout, "{1} added, {0} known, 2 left out, 0 refused\n"
                                 .format(*numbers), result.stderr)
            self.assertIn("mail to 1 recipient is delayed", result.stderr)
            for event in daemon.events("--type", "bounce"):
                self.assertRegex(event["props"]["status"], r"^[45]\.\d+\.\d+$")
            result = daemon.waymark("events", "import", "--format", "dsn",
                                    str(corpora.FOLDER / "eml"), check=False)
            self.assertEqual(result.returncode, 2)
            self.assertRegex(result.stdout, "^0 added, 14 known, [0-9]+ left out, 1 refused\n$")
            self.assertRegex(result.stderr, "007.eml:1: message 1: .* no part message/delivery-st")


if __name__ == "__main__":
    unittest.main()

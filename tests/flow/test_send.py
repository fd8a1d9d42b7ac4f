# SPDX-License-Identifier: Apache-2.0
"""`rewrite --recipients --smtp`: everybody gets their own mail, once, whatever happens."""
import email
import email.policy
import json
import os
import re
import signal
import socket
import socketserver
import subprocess
import threading
import time
import unittest

import mint
import sizes
from daemon import TRACKER, WAYMARK, Daemon, wait_for

MAIL = ("From: news@example.com\nSubject: Hello {{name}}\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=utf-8\n\n"
        "Dear {{name}}, see http://localhost:8090/autumn\n.\n..\n")
SECONDS = 60
DRAW_S = 0.5  # server/commands/import_report.c


class Session(socketserver.StreamRequestHandler):
    """SMTP as far as a sender needs it. What the test wants at a step is asked of it first."""

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def at(self, step):
        """The answer that the test has for this step; None: the good one. It may wait in there."""
        return self.server.sink.at(step, self.to)

    def handle(self):
        self.to = None
        self.server.sink.connections += 1
        self.say(self.at("connect") or "220 sink")
        for raw in self.rfile:
            verb = raw[:4].upper()
            if verb in (b"EHLO", b"HELO"):
                self.say("250 sink")
            elif verb == b"MAIL":
                self.sender = raw.split(b"<")[1].split(b">")[0].decode()
                self.say(self.at("mail") or "250 ok")
            elif verb == b"RCPT":
                self.to = raw.split(b"<")[1].split(b">")[0].decode()
                self.say(self.at("rcpt") or "250 ok")
            elif verb == b"DATA":
                if not self.take():
                    return
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def take(self):
        """False: the connection is over."""
        answer = self.at("data")
        if answer:
            self.say(answer)
            return True
        self.say("354 go on")
        lines = []
        for raw in self.rfile:
            if raw == b".\r\n":
                break
            lines.append(raw[1:] if raw.startswith(b".") else raw)
        else:
            return False  # cut off before its end: nobody may take it
        answer = self.at("end")
        if answer in (None, "cut", "half"):
            self.server.sink.mails.append(Mail(self.sender, self.to, b"".join(lines)))
        if answer == "half":  # of what it says
            self.say("250-2.0.0 taken")
        if answer in ("cut", "half"):
            return False
        self.say(answer or "250 2.0.0 taken")
        return True

    def finish(self):
        try:
            super().finish()
        except OSError:
            pass


class Mail:
    def __init__(self, sender, to, raw):
        self.sender, self.to, self.raw = sender, to, raw

    @property
    def message(self):
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    @property
    def link(self):
        [path] = re.findall(re.escape(TRACKER) + r"(/c/[^\s]+)", self.raw.decode())
        return path


class Sink:
    def __init__(self):
        self.mails, self.plan, self.connections = [], {}, 0
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self.server.daemon_threads = True
        self.server.sink = self
        self.server.handle_error = lambda *_: None
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def at(self, step, to):
        """Plans are {(step, address or None): [answers]}, each given once."""
        for key in ((step, to), (step, None)):
            if self.plan.get(key):
                return self.plan[key].pop(0)
        return None

    def addresses(self):
        return sorted(mail.to for mail in self.mails)


class SendCase(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.sink = Sink()
        self.addCleanup(self.sink.close)
        self.list = os.path.join(self.daemon.directory, "list.csv")
        self.mail = os.path.join(self.daemon.directory, "mail.eml")
        with open(self.mail, "w", encoding="utf-8") as file:
            file.write(MAIL)

    def recipients(self, *names):
        with open(self.list, "w", encoding="utf-8") as file:
            file.write("email,name\n")
            file.writelines(f"{name}@example.com,{name.title()}\n" for name in names)

    def command(self, *options):
        return [WAYMARK, "rewrite", "--config", self.daemon.config_path, "--campaign", "autumn",
                "--mailing", "m1", "--recipients", self.list, "--merge", "--smtp",
                self.sink.address, "--smtp-tls", "none", "--mail-from", "bounces@example.com",
                *options]

    def send(self, *options, status=0):
        with open(self.mail, "rb") as mail:
            result = subprocess.run(self.command(*options), stdin=mail, capture_output=True,
                                    text=True, timeout=4 * SECONDS, check=False,
                                    env=self.daemon.environment)
        self.assertEqual(result.returncode, status, result.stderr)
        return result.stderr

    def spawn(self, *options):
        with open(self.mail, "rb") as mail:
            return subprocess.Popen(self.command(*options), stdin=mail, stderr=subprocess.PIPE,
                                    text=True, env=self.daemon.environment)

    def people(self, text):
        path = os.path.join(self.daemon.directory, "people.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        self.daemon.waymark("prospect", "import", path)

    def sent(self, **filters):
        return self.daemon.events("--type", "sent", **filters)

    def handle(self, address):
        return self.daemon.waymark("prospect", "find", address).stdout.split()[0]

    def names(self, *names):
        return sorted(f"{name}@example.com" for name in names)


class Send(SendCase):
    def test_everybody_gets_their_own(self):
        """Beside a server: mails, links, events, and the same command again sends nothing."""
        self.daemon.start()
        self.recipients("ann", "bob", "ann")
        text = self.send()
        self.assertIn("2 messages", text)
        self.assertEqual(self.sink.addresses(), self.names("ann", "bob"))
        self.assertEqual(self.sink.connections, 1)
        keys = mint.Keys(self.daemon.instance)
        for mail in self.sink.mails:
            self.assertEqual(mail.sender, "bounces@example.com")
            self.assertEqual(mail.message["To"], mail.to)
            self.assertTrue(mail.message["Message-ID"])
            self.assertTrue(mail.message["Date"])
            self.assertTrue(mail.raw.endswith(b"\r\n.\r\n..\r\n"), mail.raw)
            self.assertNotRegex(mail.raw, rb"[^\r]\n")
            payload = mint.decode(mail.link[3:])
            self.assertEqual(payload[9:21], keys.prospect_id(mail.to))
        self.assertEqual({event["prospect"] for event in self.sent()},
                         {self.handle(f"{name}@example.com") for name in ("ann", "bob")})
        self.assertEqual({(event["mailing"], event["campaign"]) for event in self.sent()},
                         {("m1", "autumn")})
        self.send()
        self.assertEqual((len(self.sink.mails), len(self.sent())), (2, 2))
        self.daemon.click(TRACKER + self.sink.mails[0].link)
        [click] = self.daemon.events(type="click")
        self.assertEqual(click["prospect"], self.handle(self.sink.mails[0].to))
        self.daemon.prove()

    def test_who_gets_none(self):
        """Suppressed and erased people get none; transactional mail reaches all but the erased."""
        self.people("email,opted_out,bounced,unsubscribed\nout@example.com,yes,,\n"
                    "back@example.com,,yes,\nleft@example.com,,,news\ngone@example.com,,,\n")
        self.daemon.waymark("prospect", "erase", "gone@example.com")
        self.recipients("out", "back", "left", "gone", "fine")
        text = self.send("--unsubscribe=news", status=0)
        self.assertEqual(self.sink.addresses(), self.names("fine"))
        for line, why in ((2, "opted out"), (3, "bounced"), (4, "unsubscribed"), (5, "erased")):
            self.assertRegex(text, rf"list.csv:{line}: .*{why}")
        self.assertNotIn("out@example.com", text)
        journal = os.path.join(self.daemon.directory, "other")
        self.send("--unsubscribe=news", "--transactional", "--journal", journal)
        self.assertEqual(self.sink.addresses(), self.names("fine", "fine", "out", "back", "left"))
        events = self.sent(reason="transactional")
        self.assertEqual(sorted(event["props"].get("suppressed", "") for event in events),
                         ["", "bounced", "opted_out", "unsubscribed"])

    def test_what_the_server_refuses(self):
        """An address that is not there gets no mail any more; other refusals are that mail's."""
        self.recipients("ann", "gone", "spam", "full", "bob")
        self.sink.plan = {("rcpt", "gone@example.com"): ["550 5.1.1 <gone@example.com> unknown"],
                          ("end", "spam@example.com"): ["554 5.7.1 looks like spam"],
                          ("rcpt", "full@example.com"): ["552 5.2.2 full"]}
        text = self.send(status=2)
        self.assertEqual(self.sink.addresses(), self.names("ann", "bob"))
        self.assertRegex(text, "list.csv:3: .*550 5.1.1")
        bounces = {event["prospect"]: event for event in self.daemon.events("--type", "bounce")}
        self.assertEqual(len(bounces), 3)
        gone = bounces[self.handle("gone@example.com")]
        self.assertEqual((gone["reason"], gone["props"], gone["mailing"]),
                         ("rejected", {"code": 550, "status": "5.1.1"}, "m1"))
        self.assertEqual(bounces[self.handle("spam@example.com")]["reason"], "blocked")
        journal = os.path.join(self.daemon.directory, "other")
        text = self.send("--journal", journal)
        self.assertEqual(self.sink.addresses(), self.names("ann", "ann", "bob", "bob", "full",
                                                           "spam"))
        self.assertRegex(text, "list.csv:3: .*bounced")

    def test_a_relay_that_refuses_everybody(self):
        """Nobody loses their mails by it, and the next run begins where this one did."""
        self.recipients(*(f"p{number}" for number in range(9)))
        self.sink.plan = {("rcpt", None): ["550 relaying denied"] * 5}
        text = self.send("--refusals", "5", status=1)
        self.assertIn("5 mails in a row", text)
        self.assertEqual(self.daemon.events("--type", "bounce"), [])
        self.sink.plan = {("mail", None): ["550 5.7.1 not from you"]}
        self.assertIn("not from you", self.send(status=1))
        self.send()
        self.assertEqual(len(self.sink.mails), 9)

    def test_a_relay_that_refuses_and_then_more(self):
        """A run that ends by something else notes no refusal, and sends nothing more."""
        self.recipients("grey", "ann", "bob", "cid")
        self.sink.plan = {("rcpt", "grey@example.com"): ["450 4.2.0 greylisted"] * 3,
                          ("rcpt", "ann@example.com"): ["550 relaying denied"],
                          ("rcpt", "bob@example.com"): ["550 relaying denied"],
                          ("rcpt", "cid@example.com"): ["550 5.1.8 not from you"]}
        self.assertIn("not from you", self.send(status=1))
        self.assertEqual(self.sink.mails, [])
        self.assertEqual(self.daemon.events("--type", "bounce"), [])
        self.sink.plan = {}
        self.send()
        self.assertEqual(self.sink.addresses(), self.names("ann", "bob", "cid", "grey"))

    def test_a_relay_that_refuses_all_of_a_short_list(self):
        """That is told from addresses that are not there by a mail that was taken, ever."""
        self.recipients("ann", "bob", "cid")
        self.sink.plan = {("rcpt", None): ["550 relaying denied"] * 3}
        self.assertIn("refused all 3 mails", self.send(status=1))
        self.assertEqual(self.daemon.events("--type", "bounce"), [])
        self.sink.plan = {("mail", None): [None, "550 5.7.1 not from you"]}
        self.send(status=1)
        self.sink.plan = {("rcpt", None): ["550 5.1.1 unknown"] * 2}
        self.send(status=2)
        self.assertEqual(self.sink.addresses(), self.names("ann"))
        self.assertEqual(len(self.daemon.events("--type", "bounce")), 2)

    def test_later_is_tried_again(self):
        """By recipient, at the end of a mail, and a server that is busy or goes away."""
        self.recipients("grey", "ann", "busy", "bob", "late")
        self.sink.plan = {("rcpt", "grey@example.com"): ["450 4.2.0 greylisted"],
                          ("mail", None): [None, None, "421 too busy"],
                          ("end", "late@example.com"): ["451 4.3.0 later"]}
        self.send()
        self.assertEqual(self.sink.addresses(), self.names("ann", "bob", "busy", "grey", "late"))
        self.assertEqual(len(self.sent()), 5)

    def test_patience_ends(self):
        """What was put off is no bounce, and the next run sends it."""
        self.recipients("grey", "ann")
        self.sink.plan = {("rcpt", "grey@example.com"): ["450 4.2.0 greylisted"]}
        text = self.send("--patience", "0", status=2)
        self.assertIn("list.csv:2: put off: 450", text)
        self.assertEqual(self.daemon.events("--type", "bounce"), [])
        self.send()
        self.assertEqual(self.sink.addresses(), self.names("ann", "grey"))
        address, journal = self.sink.address, os.path.join(self.daemon.directory, "other")
        with socket.socket() as nobody:  # who has the port, and does not listen
            nobody.bind(("127.0.0.1", 0))
            self.sink.address = f"127.0.0.1:{nobody.getsockname()[1]}"
            self.send("--patience", "0", "--journal", journal, status=1)
        self.sink.address = address
        self.send("--journal", journal)
        self.assertEqual(len(self.sink.mails), 4)

    def test_nobody_knows(self):
        """A connection that breaks behind the last line: not sent again unless somebody says so."""
        self.recipients("ann", "lost", "bob")
        self.sink.plan = {("end", "lost@example.com"): ["cut"]}
        text = self.send(status=2)
        self.assertRegex(text, "list.csv:3: nobody knows")
        self.assertEqual(self.sink.addresses(), self.names("ann", "bob", "lost"))
        self.assertEqual([event["prospect"] for event in self.sent(reason="unanswered")],
                         [self.handle("lost@example.com")])
        self.assertRegex(self.send(), "list.csv:3: may have got it")
        self.send("--in-doubt")
        self.assertEqual(self.sink.addresses(), self.names("ann", "bob", "lost", "lost"))
        first, second = [mail.message["Message-ID"] for mail in self.sink.mails
                         if mail.to == "lost@example.com"]
        self.assertEqual(first, second)
        self.send("--in-doubt")
        self.assertEqual(len(self.sink.mails), 4)

    def test_half_an_answer(self):
        """The server has it, whatever becomes of the rest of what it says."""
        self.recipients("half", "ann")
        self.sink.plan = {("end", "half@example.com"): ["half"]}
        self.assertRegex(self.send(status=2), "list.csv:2: nobody knows")
        self.assertEqual(self.sink.addresses(), self.names("ann", "half"))

    def test_nobody_knows_later(self):
        self.recipients("grey", "ann")
        self.sink.plan = {("rcpt", "grey@example.com"): ["450 4.2.0 greylisted"],
                          ("end", "grey@example.com"): ["cut"]}
        self.assertRegex(self.send(status=2), "(?m)^1 messages, 1 in doubt$")

    def test_who_leaves_while_it_is_sent(self):
        self.daemon.start()
        self.recipients("ann", "bob", "cid")
        has_left, sink_at = threading.Event(), self.sink.at

        def at(step, to):
            if (step, to) == ("rcpt", "bob@example.com"):
                has_left.wait(SECONDS)
            return sink_at(step, to)
        self.sink.at = at
        process = self.spawn("--rate", "10/m")
        wait_for(lambda: self.sink.mails)
        self.people("email,opted_out\ncid@example.com,yes\n")
        has_left.set()
        text = process.communicate(timeout=4 * SECONDS)[1]
        self.assertEqual(process.returncode, 0, text)
        self.assertRegex(text, "list.csv:4: .*opted out")
        self.assertEqual(self.sink.addresses(), self.names("ann", "bob"))

    def test_interrupted(self):
        self.recipients(*(f"p{number}" for number in range(30)))
        process = self.spawn("--rate", "2/h")
        wait_for(lambda: self.sink.mails)
        process.send_signal(signal.SIGTERM)
        text = process.communicate(timeout=4 * SECONDS)[1]
        self.assertEqual(process.returncode, 1)
        self.assertIn("interrupted", text)
        self.assertEqual(len(self.sent()), len(self.sink.mails))
        self.send()
        self.assertEqual(len(set(self.sink.addresses())), 30)
        self.assertEqual((len(self.sink.mails), len(self.sent())), (30, 30))

    def test_progress_on_a_terminal(self):
        """It is drawn for a mail that comes half a second after the last drawing."""
        self.recipients("ann", "bob", "cid")
        sink_at = self.sink.at

        def at(step, to):
            if (step, to) == ("rcpt", "cid@example.com"):
                time.sleep(DRAW_S)
            return sink_at(step, to)
        self.sink.at = at
        try:
            ours, theirs = os.openpty()
        except OSError as trouble:
            self.skipTest(f"there are no terminals here: {trouble}")
        with open(self.mail, "rb") as mail, os.fdopen(ours, "rb", buffering=0) as screen:
            process = subprocess.Popen(self.command(), stdin=mail, stderr=theirs,
                                       env=self.daemon.environment)
            os.close(theirs)
            shown = b""
            try:
                while piece := screen.read(4096):
                    shown += piece
            except OSError:  # how a terminal says that nobody writes to it any more
                pass
            self.assertEqual(process.wait(4 * SECONDS), 0)
        self.assertIn(b"3 messages, line 4", shown)
        self.assertTrue(shown.endswith(b"\r\x1b[K3 messages\r\n"), shown)

    def test_what_does_not_go(self):
        self.recipients("ann")
        cases = ((["--in-doubt", "--mbox", "-"], None), (["--rate", "0"], 64),
                 (["--rate", "2/d"], 64), (["--smtp-tls", "maybe"], 64))
        for options, status in cases:
            with self.subTest(options=options):
                self.send(*options, status=status or 1)
        self.assertIn("--mail-from", self.send("--mail-from", "Us <us@example.com>", status=1))
        command = self.command()
        at = command.index("--smtp")
        for options, named in ((["--rate", "1"], "--rate needs --smtp"),
                               (["--transactional", "--smtp-tls", "none"], "--smtp-tls needs")):
            with open(self.mail, "rb") as mail:
                result = subprocess.run([*command[:at], "--command", "cat", *options], stdin=mail,
                                        capture_output=True, text=True, check=False)
            self.assertEqual(result.returncode, 1)
            self.assertIn(named, result.stderr)
        with open(self.mail, "w", encoding="utf-8") as file:
            file.write("see http://localhost:8090/\n")
        self.assertIn("whole mails", self.send(status=1))
        with open(self.list + ".journal", "w", encoding="utf-8") as file:
            file.write("something else")
        self.assertIn("no journal", self.send(status=1))
        self.assertEqual(self.sink.mails, [])

    def test_a_test_is_in_no_log(self):
        self.recipients("ann")
        self.send("--test", "me@example.com")
        self.assertEqual(self.sink.addresses(), self.names("me"))
        self.assertFalse(os.path.exists(self.list + ".journal"))
        self.assertEqual(self.sent(), [])

    def run_command(self, script):
        """The script has each mail, and $OUT; Return: the exit status, and what $OUT has."""
        out = os.path.join(self.daemon.directory, "out")
        command = self.command()
        command = command[:command.index("--smtp")] + ["--command", script]
        with open(self.mail, "rb") as mail:
            done = subprocess.run([*command, "--journal", out + ".journal"], stdin=mail,
                                  check=False, capture_output=True, timeout=4 * SECONDS,
                                  env={**self.daemon.environment, "OUT": out})
        with open(out, encoding="utf-8") as file:
            return done.returncode, file.read()

    def test_a_command_tells_the_log_too(self):
        self.recipients("ann", "bob")
        for _ in range(2):
            status, out = self.run_command("cat >> $OUT")
            self.assertEqual((status, out.count("Subject:")), (0, 2))
        self.assertEqual(len(self.sent()), 2)

    def test_killed_beside_its_command(self):
        """A mail that the command may have taken is not given to it again; one that it refused
        is."""
        self.recipients("ann", "bob", "cid")
        status, out = self.run_command(
            "cat >> $OUT; case $WAYMARK_RECIPIENT in ann*) exit 75;; bob*) kill -9 $PPID;; esac")
        self.assertEqual((status, out.count("To: ")), (-9, 2))
        status, out = self.run_command("cat >> $OUT")
        self.assertEqual((status, re.findall(r"(?m)^To: (\w+)", out)),
                         (0, ["ann", "bob", "ann", "cid"]))
        self.assertEqual(len(self.sent()), 3)


class Killed(SendCase):
    """Killed at the three instants that matter and resumed: exactly one mail each."""

    def kill_when(self, step, number, answer, *options):
        """Send until the recipient @number is at @step, and kill the sender while it waits."""
        address = f"p{number}@example.com"
        reached, go_on = threading.Event(), threading.Event()
        self.addCleanup(go_on.set)
        sink_at = self.sink.at

        def at(where, to):
            if (where, to) == (step, address):
                reached.set()
                go_on.wait(SECONDS)
                return answer
            return sink_at(where, to)
        self.sink.at = at
        process = self.spawn(*options)
        self.assertTrue(reached.wait(4 * SECONDS), process.poll())
        process.kill()
        process.communicate(timeout=4 * SECONDS)
        before = len(self.sink.mails)
        self.sink.at = sink_at
        go_on.set()
        if step == "end":  # it was given all of it, and takes it
            wait_for(lambda: len(self.sink.mails) == before + 1)

    def test_each_gets_exactly_one(self):
        count = sizes.size("send_recipients")
        suppressed = set(range(7, count, 50))
        self.people("email,opted_out\n" + "".join(f"p{number}@example.com,yes\n"
                                                  for number in suppressed))
        self.recipients(*(f"p{number}" for number in range(count)))
        self.daemon.start()
        self.kill_when("rcpt", count // 4, "250 ok")
        self.daemon.stop()  # the second run has the data itself
        self.kill_when("end", count // 2, None)
        self.daemon.start()
        self.kill_when("data", 3 * count // 4, None)
        self.assertIn("of 1 nobody knows", self.send())
        wanted = [number for number in range(count) if number not in suppressed]
        self.assertEqual(self.sink.addresses(), sorted(f"p{number}@example.com"
                                                       for number in wanted))
        keys = mint.Keys(self.daemon.instance)
        for mail in self.sink.mails:
            self.assertEqual(mint.decode(mail.link[3:])[9:21], keys.prospect_id(mail.to))
        events = self.sent()
        self.assertEqual(len(events), len(wanted))
        self.assertEqual(len({event["prospect"] for event in events}), len(wanted))
        self.assertEqual(len([event for event in events if event.get("reason") == "unanswered"]), 1)
        self.assertNotIn("@", self.journal())
        self.send()
        self.assertEqual((len(self.sink.mails), len(self.sent())), (len(wanted), len(wanted)))
        self.daemon.prove()

    def journal(self):
        with open(self.list + ".journal", encoding="utf-8") as file:
            return file.read()


if __name__ == "__main__":
    unittest.main()

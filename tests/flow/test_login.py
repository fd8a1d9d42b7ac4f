#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Login proofs: they bind the browser that they were minted for, and no other one."""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import threading
import time
import unittest

from daemon import BROWSER, SITE, Daemon
from mint import LOGIN, Keys, encode, flip

SOURCE = pathlib.Path(os.environ.get("WAYMARK_SOURCE",
                                     pathlib.Path(__file__).resolve().parents[2]))
EXAMPLES = {"login.py": sys.executable, "login.mjs": "node", "login.php": "php"}
PAGE = f"{SITE}/account"
FORGED = 'waymark_tokens_forged_total{purpose="login"}'
NOBODY = "0" * 16


class Browser:
    """One browser: it keeps its cookie, and pages of the site send beacons from it."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.cookie = None

    def ask(self, method, target, body=None, origin=SITE):
        headers = {**BROWSER, "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors",
                   "Sec-Fetch-Dest": "empty", "Origin": origin, "Content-Type": "text/plain"}
        if self.cookie:
            headers["Cookie"] = self.cookie
        answer = self.daemon.request(method, target, headers,
                                     body=None if body is None else body.encode())
        for name, value in answer.pairs:
            if name == "set-cookie" and value.startswith("wm="):
                self.cookie = None if "Max-Age=0" in value else value.split(";")[0]
        return answer

    def view(self):
        return self.ask("POST", "/e", f"t=view&u={PAGE}")

    def identify(self, proof, **options):
        return self.ask("POST", "/e", f"t=identify&l={proof}", **options)

    def tag(self):
        return json.loads(self.ask("GET", "/tag").body)["tag"]

    def click(self, url):
        headers = {"Cookie": self.cookie} if self.cookie else {}
        answer = self.daemon.click(url, headers)
        self.cookie = answer.cookie or self.cookie
        return answer


class Login(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.daemon.__enter__()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.daemon.start()
        self.keys = Keys(self.daemon.instance)

    def browser(self):
        browser = Browser(self.daemon)
        self.assertEqual(browser.view().status, 204)
        self.assertIsNotNone(browser.cookie)
        return browser

    def proof(self, email, tag, seconds=120, purpose=LOGIN, host="localhost"):
        expiry = int(time.time()) + seconds
        return self.keys.mint(purpose, self.keys.prospect_id(email) + bytes.fromhex(tag) +
                              expiry.to_bytes(4, "big"), host)

    def log_in(self, browser, email):
        answer = browser.identify(self.proof(email, browser.tag()))
        self.assertEqual(answer.status, 204, answer)

    def handle(self, email):
        return self.daemon.waymark("prospect", "find", email).stdout.strip()

    def forged(self, browser, proof, **options):
        """The proof is worth nothing here: it is counted, and nothing is kept."""
        before, events = self.daemon.metric(FORGED), len(self.daemon.events())
        answer = browser.identify(proof, **options)
        self.assertEqual((answer.status, answer.body),
                         (400, b"line 1: l is no proof of a login in this browser that is valid "
                               b"now"))
        self.assertEqual(self.daemon.metric(FORGED), before + 1)
        self.assertEqual(self.daemon.events()[events:], [])

    def test_it_binds(self):
        browser = self.browser()
        self.log_in(browser, "a@example.com")
        handle = self.handle("a@example.com")
        [login] = self.daemon.events(type="login")
        [bind] = self.daemon.events(type="bind")
        self.assertEqual((login["prospect"], login["evidence"]), (handle, "proof"))
        self.assertEqual((bind["prospect"], bind["evidence"], bind["visitor"]),
                         (handle, "proof", login["visitor"]))
        browser.view()
        view = self.daemon.events(type="view")[-1]
        self.assertEqual((view["prospect"], view["evidence"]), (handle, "proof"))
        self.log_in(browser, "a@example.com")
        self.assertEqual(len(self.daemon.events(type="bind")), 1, "it was known already")
        self.daemon.prove()

    def test_one_beacon_may_hold_it_all(self):
        browser = self.browser()
        proof = self.proof("a@example.com", browser.tag())
        answer = browser.ask("POST", "/e", f"t=identify&l={proof}\nt=view&u={PAGE}")
        self.assertEqual(answer.status, 204)
        [view] = self.daemon.events(type="view")[1:]
        self.assertEqual(view["prospect"], self.handle("a@example.com"))

    def test_it_wins_over_a_claim(self):
        browser = Browser(self.daemon)
        browser.click(self.daemon.link(PAGE, "--to", "a@example.com"))
        self.log_in(browser, "b@example.com")
        claim, proof = self.daemon.events(type="bind")
        self.assertEqual(claim["visitor"], proof["visitor"])
        self.assertEqual([claim["prospect"], proof["prospect"]],
                         [self.handle("a@example.com"), self.handle("b@example.com")])

    def test_a_second_person_begins_anew(self):
        """A shared computer: what the first person did stays theirs."""
        browser = self.browser()
        self.log_in(browser, "a@example.com")
        before = browser.cookie
        self.log_in(browser, "b@example.com")
        self.assertNotEqual(browser.cookie, before)
        first, second = self.daemon.events(type="login")
        self.assertNotEqual(first["visitor"], second["visitor"])
        self.assertEqual([(row["visitor"], row["prospect"])
                          for row in self.daemon.events(type="bind")],
                         [(row["visitor"], row["prospect"]) for row in (first, second)])
        browser.view()
        view = self.daemon.events(type="view")[-1]
        self.assertEqual((view["visitor"], view["prospect"]),
                         (second["visitor"], self.handle("b@example.com")))

    def test_of_another_browser(self):
        victim, thief = self.browser(), self.browser()
        proof = self.proof("a@example.com", victim.tag())
        self.forged(thief, proof)
        self.forged(Browser(self.daemon), proof)
        self.assertEqual(victim.identify(proof).status, 204)
        self.forged(thief, proof)
        self.assertEqual(len(self.daemon.events(type="bind")), 1)

    def test_forged(self):
        browser = self.browser()
        tag = browser.tag()
        good = self.proof("a@example.com", tag)
        for proof in (self.proof("a@example.com", NOBODY),
                      self.proof("a@example.com", tag, host="other.localhost"),
                      self.proof("a@example.com", tag, host=""),
                      self.proof("a@example.com", tag, purpose=10),
                      self.proof("a@example.com", tag, seconds=0),
                      self.proof("a@example.com", tag, seconds=-60),
                      good[:-1], encode(bytes(37)), "x"):
            self.forged(browser, proof)
        self.forged(browser, self.proof("a@example.com", tag, seconds=330))
        for bit in range(0, 37 * 8, 7):
            self.forged(browser, flip(good, bit))
        answer = browser.identify(good + "x")
        self.assertEqual((answer.status, answer.body),
                         (400, b"line 1: l is longer than 50 bytes"))
        self.assertEqual(browser.identify(good, origin="http://evil.example").status, 403)
        self.assertEqual(self.daemon.events(type="login"), [])
        self.assertEqual(browser.identify(self.proof("a@example.com", tag, seconds=299)).status,
                         204)

    def test_a_planted_cookie_binds_nobody(self):
        victim, thief = self.browser(), self.browser()
        proof = self.proof("a@example.com", victim.tag())
        victim.cookie = f"{victim.cookie}; {thief.cookie}"
        self.forged(victim, proof)

    def test_a_rotation_keeps_it(self):
        browser = self.browser()
        tag = browser.tag()
        proof = self.proof("a@example.com", tag)
        self.daemon.waymark("key", "rotate")
        self.assertNotEqual(browser.tag(), tag)
        self.assertEqual(browser.identify(proof).status, 204)

    def test_without_consent_there_is_no_tag(self):
        for consent in ("pending", "denied", "measure"):
            with self.subTest(consent=consent), Daemon(consent=consent) as daemon:
                daemon.start()
                browser = Browser(daemon)
                browser.view()
                self.assertEqual(browser.tag(), NOBODY)
                keys = Keys(daemon.instance)
                expiry = int(time.time()) + 60
                answer = browser.identify(keys.mint(
                    LOGIN, keys.prospect_id("a@example.com") + bytes(8) +
                    expiry.to_bytes(4, "big"), "localhost"))
                self.assertEqual(answer.status, 400)
                self.assertEqual(daemon.events(type="login"), [])

    def test_a_good_proof_ties_nobody_to_a_browser_that_is_only_measured(self):
        with Daemon(consent="measure") as daemon:
            daemon.start()
            keys, browser = Keys(daemon.instance), Browser(daemon)
            browser.view()
            visitor = bytes.fromhex(daemon.events(type="view")[0]["visitor"])
            expiry = int(time.time()) + 60
            proof = keys.mint(LOGIN, keys.prospect_id("a@example.com") +
                              keys.tag(visitor, "localhost") + expiry.to_bytes(4, "big"),
                              "localhost")
            self.assertEqual(browser.identify(proof).status, 204)
            [login] = daemon.events(type="login")
            self.assertIsNone(login["visitor"])
            self.assertEqual(daemon.events(type="bind"), [])

    def report(self, secret, **event):
        body = json.dumps({"events": [{"email": "a@example.com", **event}]})
        answer = self.daemon.admin("/api/v1/events", "POST", body,
                                   headers={"Authorization": f"Bearer {secret}"})
        self.assertEqual(answer.status, 200, answer)

    def test_the_sites_server_reports_with_the_tag(self):
        secret = self.daemon.waymark("token", "new", "shop", "--scope",
                                     "events:write").stdout.strip()
        browser, other = self.browser(), self.browser()
        self.log_in(other, "b@example.com")
        self.report(secret, type="event", name="x", idempotency_key="1", tag=browser.tag())
        self.report(secret, type="login", idempotency_key="2", tag=browser.tag())
        self.report(secret, type="event", name="y", idempotency_key="3", tag=other.tag())
        self.report(secret, type="login", idempotency_key="4", tag=other.tag())
        self.report(secret, type="login", idempotency_key="5", tag="0123456789abcdef")
        visitor = self.daemon.events(type="view")[0]["visitor"]
        first, second = self.daemon.events(type="event")
        self.assertEqual(first["visitor"], visitor)
        self.assertIsNone(second["visitor"], "that browser is another person's")
        logins = self.daemon.events(type="login")[1:]
        self.assertEqual([row["visitor"] for row in logins], [visitor, None, None])
        self.assertEqual([row["evidence"] for row in logins], ["proof", None, None])
        self.assertEqual([row["visitor"] for row in self.daemon.events(type="bind")],
                         [self.daemon.events(type="login")[0]["visitor"], visitor])

    def test_what_is_refused_is_not_counted(self):
        secret = self.daemon.waymark("token", "new", "shop", "--scope",
                                     "events:write").stdout.strip()
        rows = [f'waymark_events_total{{type="{name}"}}' for name in ("bind", "prospect")]
        before = [self.daemon.metric(row) for row in rows]
        login = {"type": "login", "email": "new@example.com", "tag": self.browser().tag(),
                 "idempotency_key": "1"}
        answer = self.daemon.admin(
            "/api/v1/events", "POST", json.dumps({"events": [login, {"type": "view"}]}),
            headers={"Authorization": f"Bearer {secret}"})
        self.assertEqual(answer.status, 400, answer)
        self.assertEqual([self.daemon.metric(row) for row in rows], before)
        self.assertEqual(self.daemon.events(type="bind"), [])
        self.report(secret, **login)
        self.assertEqual([self.daemon.metric(row) for row in rows],
                         [count + 1 for count in before])

    def test_a_browser_that_is_forgotten_is_not_found_by_its_tag(self):
        secret = self.daemon.waymark("token", "new", "shop", "--scope",
                                     "events:write").stdout.strip()
        for number, (target, body) in enumerate((("/consent", "state=denied"),
                                                 ("/consent", "state=measure"),
                                                 ("/privacy/forget", ""))):
            with self.subTest(target=target, body=body):
                browser = self.browser()
                tag = browser.tag()
                self.report(secret, type="event", name="x", idempotency_key=f"b{number}", tag=tag)
                self.assertIsNotNone(self.daemon.events(type="event")[-1]["visitor"])
                self.assertEqual(browser.ask("POST", target, body).status, 204)
                self.report(secret, type="login", idempotency_key=f"a{number}", tag=tag)
                self.assertIsNone(self.daemon.events(type="login")[-1]["visitor"])
                self.assertEqual(browser.tag(), NOBODY)

    def run_example(self, example, *arguments, **environment):
        interpreter = EXAMPLES[example]
        self.assertTrue(shutil.which(interpreter), f"{interpreter} is missing")
        return subprocess.run(
            [interpreter, SOURCE / "deploy/examples" / example, *arguments], capture_output=True,
            text=True, check=False, timeout=60, env={**os.environ, **environment})

    def test_the_examples(self):
        export = pathlib.Path(self.daemon.directory, "login.json")
        export.write_text(self.daemon.waymark("key", "export", "--for", "login", "--tracker",
                                              self.daemon.tracker).stdout, encoding="utf-8")
        secret = self.daemon.waymark("token", "new", "shop", "--scope",
                                     "events:write").stdout.strip()
        api = f"http://127.0.0.1:{self.daemon.admin_port}"
        for number, example in enumerate(EXAMPLES):
            with self.subTest(example=example):
                address = f" P{number}@Example.com"
                browser = self.browser()
                minted = self.run_example(example, "proof", export, address, browser.tag())
                self.assertEqual((minted.returncode, minted.stderr), (0, ""))
                answer = browser.identify(minted.stdout.strip())
                self.assertEqual(answer.status, 204, answer)
                handle = self.handle(address.strip().lower())
                self.assertEqual(self.daemon.events(type="login")[-1]["prospect"], handle)
                event = {"type": "purchase", "email": address, "idempotency_key": example,
                         "amount": "9.90", "currency": "EUR", "tag": browser.tag()}
                for _ in range(2):
                    answer = self.run_example(example, "report", api, json.dumps(event),
                                              WAYMARK_TOKEN=secret)
                    self.assertEqual((answer.returncode, answer.stderr), (0, ""))
                    self.assertEqual(json.loads(answer.stdout),
                                     [{"status": "stored", "prospect": handle}])
                [purchase] = self.daemon.events(type="purchase", source_id=example)
                self.assertEqual(purchase["visitor"],
                                 self.daemon.events(type="login")[-1]["visitor"])
                answer = self.run_example(example, "report", api,
                                          json.dumps({**event, "currency": "euro"}),
                                          WAYMARK_TOKEN=secret)
                self.assertEqual((answer.returncode, answer.stderr),
                                 (1, "events[0].currency: must be a code of ISO 4217, such as "
                                     "JPY\n"))
                answer = self.run_example(example, "report", api, json.dumps(event),
                                          WAYMARK_TOKEN="none")
                self.assertEqual((answer.returncode, answer.stderr),
                                 (1, "this token is not known here, or it was revoked\n"))

    def test_the_examples_send_again_when_an_answer_breaks_off(self):
        event = json.dumps({"type": "event", "name": "x", "idempotency_key": "1"})
        whole = json.dumps({"results": [{"status": "stored", "prospect": "0" * 24}]})
        refused = json.dumps({"error": "events[0]: is wrong"})
        for example in EXAMPLES:
            for broken in (f"Content-Length: {len(whole)}", "Transfer-Encoding: chunked"):
                with self.subTest(example=example, broken=broken), Breaking(
                        [(200, broken, whole[:20]), (200, None, whole)]) as api:
                    answer = self.run_example(example, "report", api.url, event,
                                              WAYMARK_TOKEN="x")
                    self.assertEqual((answer.returncode, answer.stderr), (0, ""))
                    self.assertEqual(json.loads(answer.stdout), json.loads(whole)["results"])
            with self.subTest(example=example), Breaking(
                    [(400, f"Content-Length: {len(refused)}", refused[:9])]) as api:
                answer = self.run_example(example, "report", api.url, event, WAYMARK_TOKEN="x")
                self.assertEqual((answer.returncode, answer.stdout), (1, ""))
                self.assertRegex(answer.stderr, "^http://[^ ]* answers 400\n$")


class Breaking:
    """A server that gives one answer a connection: whole ones, and what breaks off."""

    def __init__(self, answers):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(60)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.answers = answers
        self.thread = threading.Thread(target=self.serve)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.thread.join()
        self.listener.close()

    def serve(self):
        for status, length, text in self.answers:
            connection, _ = self.listener.accept()
            with connection, connection.makefile("rwb") as stream:
                size = 0
                while (line := stream.readline().strip()):
                    name, _, value = line.lower().partition(b":")
                    size = int(value) if name == b"content-length" else size
                stream.read(size)
                if length and length.startswith("Transfer"):
                    text = f"{len(text):x}\r\n{text}\r\n"
                stream.write(f"HTTP/1.1 {status} x\r\nContent-Type: application/json\r\n"
                             f"{length or f'Content-Length: {len(text)}'}\r\n"
                             f"Connection: close\r\n\r\n{text}".encode())
                stream.flush()


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`waymark token`: what tokens open over TCP, and that they open nothing once they are over."""
import json
import os
import re
import signal
import stat
import threading
import unittest

from daemon import Daemon, wait_for

SECRET = re.compile(r"^wmk_[A-Za-z0-9_-]{43}\n$")
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"


class Token(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.daemon.__enter__()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.path = os.path.join(self.daemon.instance, "tokens.json")

    def new(self, name="shop", *arguments, scopes=("events:write",)):
        options = [part for scope in scopes for part in ("--scope", scope)]
        answer = self.daemon.waymark("token", "new", name, *options, *arguments)
        self.assertRegex(answer.stdout, SECRET)
        self.assertEqual(answer.stderr,
                         "waymark token new: this secret is shown once; keep it like a password\n")
        return answer.stdout.strip()

    def refuse(self, status, sentence, *arguments):
        answer = self.daemon.waymark("token", *arguments, check=False)
        self.assertEqual((answer.returncode, answer.stdout), (status, ""))
        self.assertEqual(answer.stderr.split("\n")[0],
                         f"waymark token {arguments[0]}: {sentence}")

    def states(self):
        rows = [line.split() for line in self.daemon.waymark("token", "list").stdout.splitlines()]
        return {row[0]: row[1:] for row in rows}

    def ask(self, secret, path="events", body=None):
        """The answer to an operation over TCP."""
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        return self.daemon.admin(f"/api/v1/{path}", "POST", json.dumps(body or {"events": []}),
                                 headers=headers)

    def expect(self, secret, status, sentence=None, challenge=None, **options):
        answer = self.ask(secret, **options)
        self.assertEqual(answer.status, status, answer)
        if status in (200, 403) or challenge:
            self.assertEqual(answer.header("WWW-Authenticate"), challenge)
        if sentence:
            self.assertEqual(json.loads(answer.body)["error"], sentence)

    def reload(self, result="done"):
        row = f'waymark_reloads_total{{result="{result}"}}'
        before = self.daemon.metric(row)
        self.daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.daemon.metric(row) > before)

    def life(self):
        running = self.daemon.process is not None
        secret = self.new()
        [row] = self.states().values()
        self.assertEqual((row[0], row[2], row[3:]), ("valid", "-", ["shop", "events:write"]))
        self.assertRegex(row[1], TIME)
        if running:
            self.expect(secret, 200)
        self.refuse(1, f"{self.path}: there is a token 'shop', and a name is given once; choose "
                       "another", "new", "shop", "--scope", "events:write")
        self.assertEqual(self.daemon.waymark("token", "revoke", "shop").stdout,
                         "Token shop is revoked.\n")
        self.assertEqual(self.states()["shop"][0], "revoked")
        if running:
            self.expect(secret, 401, "this token is not known here, or it was revoked",
                        'Bearer error="invalid_token"')
        self.daemon.waymark("token", "revoke", "shop")
        self.refuse(1, f"{self.path}: there was a token 'shop', and a name is given once; choose "
                       "another", "new", "shop", "--scope", "events:write")
        self.refuse(1, f"{self.path}: there is no token 'ship'", "revoke", "ship")
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)
        with open(self.path, encoding="utf-8") as file:
            self.assertNotIn(secret[4:], file.read())
        self.assertNotIn(secret[4:], self.daemon.log() if running else "")

    def test_without_a_server(self):
        self.assertEqual(self.states(), {})
        self.life()

    def test_beside_a_server(self):
        self.daemon.start()
        self.life()
        self.assertEqual(self.daemon.stop(), 0)

    def test_a_restart_knows_the_same_tokens(self):
        secret = self.new()
        self.daemon.start()
        self.expect(secret, 200)

    def test_only_what_its_scope_says(self):
        self.daemon.start()
        bodies = {
            "events:write": ("events", {"events": []}),
            "events:import": ("events/import", {"source": "x", "events": []}),
            "links:write": ("links", {"links": []}),
            "prospects:read": ("prospects/find", {"email": "nobody@example.com"}),
            "prospects:write": ("prospects", {"prospects": []}),
        }
        secrets = {scope: self.new(scope.replace(":", "-"), scopes=[scope]) for scope in bodies}
        for held, secret in secrets.items():
            for scope, (path, body) in bodies.items():
                with self.subTest(held=held, scope=scope):
                    if held == scope:
                        status = 404 if scope == "prospects:read" else 200
                        self.assertEqual(self.ask(secret, path, body).status, status)
                        continue
                    self.expect(secret, 403, f"this needs a token with the scope {scope}",
                                f'Bearer error="insufficient_scope", scope="{scope}"', path=path,
                                body=body)
        everything = self.new("all", scopes=bodies)
        for path in ("keys/rotate", "keys/retire", "links/repoint", "people/copy",
                     "prospects/reveal", "readers", "readers/forget", "inspect", "tokens",
                     "tokens/revoke"):
            self.expect(everything, 403, "no token may ask for this; use the command line",
                        path=path, body={})
        self.assertEqual(self.ask(everything, "nothing").status, 404)

    def test_whoever_has_none(self):
        self.daemon.start()
        secret = self.new()
        missing = ("this needs a bearer token, which 'waymark token new' makes; or use the command "
                   "line")
        for path in ("events", "links", "keys/rotate", "nothing"):
            self.expect(None, 401, missing, "Bearer", path=path)
        for header in (secret, f"Basic {secret}", "Bearer", f"Token {secret}"):
            answer = self.daemon.admin("/api/v1/events", "POST", '{"events": []}',
                                       headers={"Authorization": header})
            self.assertEqual(answer.status, 401, header)
        for wrong in ("x", secret[:-1], secret + "x", secret.swapcase(), "wmk_" + "A" * 43):
            self.expect(wrong, 401, "this token is not known here, or it was revoked",
                        'Bearer error="invalid_token"')
        answer = self.daemon.admin("/api/v1/events", "POST", '{"events": []}',
                                   headers={"Authorization": f"bearer  {secret}"})
        self.assertEqual(answer.status, 200, "the scheme's case says nothing")
        large = self.daemon.admin("/api/v1/events/import", "POST", "x" * 100000)
        self.assertEqual(large.status, 401, "a stranger's body is not even read")
        self.assertEqual(self.daemon.get("/api/v1/events").status, 404)
        unauthorised = 'waymark_requests_total{route="api",result="unauthorised"}'
        self.assertEqual(self.daemon.metric(unauthorised), 14)

    def test_one_that_is_over(self):
        self.daemon.start()
        secret = self.new("soon", "--days", "1")
        self.expect(secret, 200)
        with open(self.path, encoding="utf-8") as file:
            tokens = json.load(file)
        tokens["tokens"][0]["expires"] = "2026-01-01T00:00:00Z"
        with open(self.path, "w", encoding="utf-8") as file:
            json.dump(tokens, file)
        self.new("other")  # which takes the file into use
        self.expect(secret, 401, "this token has expired", 'Bearer error="invalid_token"')
        self.assertEqual(self.states()["soon"][0], "expired")

    def test_a_reload_takes_the_file(self):
        self.daemon.start()
        secret = self.new()
        with open(self.path, encoding="utf-8") as file:
            text = file.read()
        self.daemon.waymark("token", "revoke", "shop")
        self.expect(secret, 401)
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)
        self.reload()
        self.expect(secret, 200)
        os.chmod(self.path, 0o644)
        self.reload("refused")
        self.assertIn("its mode is 0644, so that others can get at the tokens", self.daemon.log())
        self.expect(secret, 200)
        os.chmod(self.path, 0o600)

    def test_the_log_says_whose_token_it_was(self):
        self.daemon.start()
        secret = self.new("crm", scopes=["prospects:write", "prospects:read"])
        rows = {"prospects": [{"email": "a@example.com", "fields": {"company": "A"}}]}
        self.assertEqual(self.ask(secret, "prospects", rows).status, 200)
        self.assertEqual(self.ask(secret, "prospects/find",
                                  {"email": "a@example.com", "fields": True}).status, 200)
        [prospect] = self.daemon.events(type="prospect")
        [access] = self.daemon.events(type="access")
        self.assertEqual((prospect["actor"], access["actor"]), ("crm", "crm"))

    def test_no_request_fails_while_tokens_change(self):
        self.daemon.start()
        secret, failures, done = self.new(), [], threading.Event()

        def report():
            while not done.is_set():
                answer = self.ask(secret)
                if answer.status != 200:
                    failures.append(answer)

        thread = threading.Thread(target=report)
        thread.start()
        for number in range(8):
            self.new(f"t{number}")
            self.daemon.waymark("token", "revoke", f"t{number}")
        done.set()
        thread.join()
        self.assertEqual(failures, [])

    def test_command_lines(self):
        scopes = "events:import, events:write, links:write, prospects:read, prospects:write"
        rows = (
            (("new", "shop"), f"--scope is missing: what the token may do, of {scopes}"),
            (("new", "--scope", "events:write"), "the name of the token is missing"),
            (("new", "Shop", "--scope", "events:write"),
             "a token's name is 1 to 64 of a-z 0-9 . _ -, not 'Shop'"),
            (("new", "shop", "--scope", "all"), f"there is no scope 'all'; there are {scopes}"),
            (("new", "shop", "--scope", "events:write", "--source", "a b"),
             "a source is 1 to 64 of a-z 0-9 . _ -, not 'a b'"),
            (("new", "shop", "--scope", "events:write", "--days", "0"),
             "--days is a whole number from 1 to 36500, not '0'"),
            (("new", "shop", "ship", "--scope", "events:write"),
             "'ship' is one argument too many"),
            (("revoke",), "the name of the token is missing; 'waymark token list' shows it"),
        )
        for arguments, sentence in rows:
            with self.subTest(arguments=arguments):
                self.refuse(64, sentence, *arguments)
        self.assertFalse(os.path.exists(self.path))
        text = self.daemon.run("token", "new", "--help").stdout
        self.assertIn("  prospects:read   find people and see what is kept of them\n", text)

    def test_operations_judge_their_bodies(self):
        self.daemon.start()
        good = {"name": "a", "scopes": ["events:write"], "hash": "0" * 64}
        rows = (
            ({**good, "x": 1}, "x: there is no such key here"),
            ({**good, "name": "A"}, "name: must be 1 to 64 of a-z 0-9 . _ -"),
            ({**good, "name": ""}, "name: must not be empty"),
            ({**good, "scopes": []}, "scopes: needs at least one"),
            ({**good, "scopes": ["events:write", 1]}, "scopes[1]: there is no such scope"),
            ({**good, "hash": "0" * 63}, "hash: must be 64 hexadecimal digits, SHA-256 of the "
                                         "secret"),
            ({**good, "expires": "tomorrow"},
             "expires: must be a time such as 2027-11-21T12:00:00Z"),
            ({**good, "expires": "2020-01-01T00:00:00Z"}, "expires: that time has passed"),
        )
        for body, sentence in rows:
            with self.subTest(body=body):
                answer = self.daemon.control("/api/v1/tokens", body)
                self.assertEqual((answer.status, json.loads(answer.body)["error"]),
                                 (400, sentence))
        self.assertFalse(os.path.exists(self.path))


if __name__ == "__main__":
    unittest.main()

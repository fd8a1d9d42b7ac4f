#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`waymark key`: rotation keeps links alive, retirement ends them at once."""
import json
import os
import pathlib
import re
import stat
import subprocess
import sys
import threading
import unittest

from daemon import Daemon
from mint import decode

PAGE = "https://www.example.com/p?a=1&b=2"
EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "deploy/examples/mint.py"


class Key(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.daemon.__enter__()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.keys = os.path.join(self.daemon.instance, "keys.json")

    def key(self, *arguments):
        answer = self.daemon.waymark("key", *arguments)
        self.assertEqual(answer.stderr, "")
        return answer.stdout

    def refuse(self, status, sentence, *arguments):
        answer = self.daemon.waymark("key", *arguments, check=False)
        self.assertEqual(answer.stderr.split("\n")[0],
                         f"waymark key {arguments[0]}: " + sentence)
        self.assertEqual((answer.stdout, answer.returncode), ("", status))

    def failed(self, answer, status, sentence):
        request = answer.header("X-Request-Id")
        self.assertEqual((answer.status, json.loads(answer.body)),
                         (status, {"error": sentence, "request": request}))

    def states(self):
        rows = [line.split() for line in self.key("list").splitlines()]
        for row in rows:
            self.assertRegex(row[2], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        return {int(row[0]): row[1] for row in rows}

    def link(self, address="a@example.com"):
        return self.daemon.link(PAGE, "--to", address, "--mailing", "2026-11")

    def key_of(self, url):
        return decode(url.rsplit("/", 1)[1])[0]

    def expect(self, url, status):
        answer = self.daemon.click(url)
        self.assertEqual(answer.status, status)
        self.assertEqual(answer.location, PAGE if status == 302 else None)

    def change(self):
        """The life of a key; the server, where there is one, follows at once."""
        running = self.daemon.process is not None
        first = self.link()
        self.assertEqual(self.key("rotate"),
                         "Key 2 signs from now on; the keys before it go on verifying.\n")
        self.assertEqual(self.states(), {1: "verifying", 2: "signing"})
        second = self.link()
        self.assertEqual((self.key_of(first), self.key_of(second)), (1, 2))
        if running:
            self.expect(first, 302)
            self.expect(second, 302)
        self.assertEqual(self.key("retire", "1"),
                         "Key 1 is retired: nothing that it signed verifies any more.\n")
        self.assertEqual(self.states(), {1: "retired", 2: "signing"})
        if running:
            forged = 'waymark_requests_total{route="click",result="forged"}'
            before = self.daemon.metric(forged)
            self.expect(first, 404)
            self.expect(second, 302)
            self.assertEqual(self.daemon.metric(forged), before + 1)
        self.refuse(1, f"{self.keys}: key 2 is the signing key; rotate first", "retire", "2")
        self.refuse(1, f"{self.keys}: key 1 is retired already", "retire", "1")
        self.refuse(1, f"{self.keys}: there is no key 9", "retire", "9")
        self.assertEqual(stat.S_IMODE(os.stat(self.keys).st_mode), 0o600)
        self.assertNotIn("keys.json.new", os.listdir(self.daemon.instance))

    def test_without_a_server(self):
        self.change()

    def test_beside_a_server(self):
        self.daemon.start()
        self.change()
        self.assertEqual(self.daemon.stop(), 0)

    def test_a_restart_knows_the_same_keys(self):
        first = self.link()
        self.key("rotate")
        self.daemon.start()
        self.expect(first, 302)
        self.expect(self.link(), 302)

    def test_no_click_fails_while_keys_rotate(self):
        self.daemon.start()
        url, failures, done = self.link(), [], threading.Event()

        def click():
            while not done.is_set():
                answer = self.daemon.click(url)
                if answer.status != 302:
                    failures.append(answer)

        threads = [threading.Thread(target=click) for _ in range(2)]
        for thread in threads:
            thread.start()
        for _ in range(8):
            self.key("rotate")
        done.set()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(self.states()[9], "signing")
        self.assertEqual(self.daemon.stop(), 0)

    def test_the_last_id(self):
        with open(self.keys, encoding="utf-8") as file:
            keyring = json.load(file)
        keyring["keys"][0]["id"] = 255
        with open(self.keys, "w", encoding="utf-8") as file:
            json.dump(keyring, file)
        sentence = (f"{self.keys}: key 255 is there and ids are never reused: this keyring cannot "
                    "be rotated any more")
        self.refuse(1, sentence, "rotate")
        self.daemon.start()
        self.refuse(1, sentence, "rotate")
        self.assertEqual(self.states(), {255: "signing"})

    def test_operations_judge_their_bodies(self):
        self.daemon.start()
        rows = (
            ("rotate", {"x": 1}, 400, "x: there is no such key here"),
            ("retire", {}, 400, "id: is missing"),
            ("retire", {"id": 256}, 400, "id: must be a whole number from 1 to 255"),
            ("retire", {"id": "1"}, 400, "id: must be a whole number from 1 to 255"),
            ("retire", {"id": 7}, 404, f"{self.keys}: there is no key 7"),
            ("retire", {"id": 1}, 409, f"{self.keys}: key 1 is the signing key; rotate first"),
        )
        for name, body, status, sentence in rows:
            with self.subTest(name=name, body=body):
                answer = self.daemon.control(f"/api/v1/keys/{name}", body)
                self.failed(answer, status, sentence)
        self.assertEqual(self.states(), {1: "signing"})

    def test_a_keyring_that_cannot_be_read_changes_nothing(self):
        self.daemon.start()
        url = self.link()
        os.chmod(self.keys, 0o640)
        sentence = (f"{self.keys}: its mode is 0640, so that others can get at the keys; "
                    f"change it: chmod 600 {self.keys}")
        answer = self.daemon.control("/api/v1/keys/rotate", {})
        self.failed(answer, 503, sentence)
        self.expect(url, 302)
        os.chmod(self.keys, 0o600)
        self.assertEqual(self.states(), {1: "signing"})

    def test_exports(self):
        mailer = json.loads(self.key("export", "--for", "mailer"))
        self.assertEqual(list(mailer), ["version", "for", "key_id", "identity", "subkeys"])
        self.assertEqual(list(mailer["subkeys"]), ["1", "2", "3", "4", "5", "6"])
        login = json.loads(self.key("export", "--for", "login"))
        named = self.key("export", "--for", "login", "--tracker", "http://localhost:8080/")
        self.assertEqual(json.loads(named), login)
        self.assertEqual(list(login["subkeys"]), ["9"])
        self.assertEqual(login["tracker"], "localhost")
        with open(self.keys, encoding="utf-8") as file:
            for secret in re.findall(r'"master": "([^"]+)"', file.read()):
                self.assertNotIn(secret, json.dumps([mailer, login]))

    def test_an_export_mints_links_that_the_server_takes(self):
        export = os.path.join(self.daemon.directory, "mailer.json")
        with open(export, "w", encoding="utf-8") as file:
            file.write(self.key("export", "--for", "mailer"))

        def mint(*arguments):
            return subprocess.run([sys.executable, EXAMPLE, export, *arguments], text=True,
                                  capture_output=True, check=True, timeout=60).stdout.strip()

        self.daemon.start()
        ours = self.link()
        link = mint("link-id", "2026-11", "", "", PAGE)
        token = mint("click", link, "A@Example.com")
        self.assertEqual(ours.rsplit("/", 1)[1], token)
        self.expect(f"http://localhost:8080/c/{token}", 302)
        parts = mint("link-part", link), mint("prospect-part", "a@example.com", "2026-11")
        self.expect("http://localhost:8080/c/{}/{}".format(*parts), 302)
        self.expect("http://localhost:8080/u/" +
                    mint("self-contained", "autumn", "a@example.com", PAGE), 302)
        self.key("rotate")
        self.expect(f"http://localhost:8080/c/{token}", 302)
        self.key("retire", "1")
        self.expect(f"http://localhost:8080/c/{token}", 404)

    def test_wrong_command_lines(self):
        rows = (
            ("the id of the key is missing; 'waymark key list' shows it", "retire"),
            ("a key's id is a whole number from 1 to 255, not '0'", "retire", "0"),
            ("a key's id is a whole number from 1 to 255, not '1x'", "retire", "1x"),
            ("a key's id is a whole number from 1 to 255, not '257'", "retire", "257"),
            ("'2' is one argument too many", "retire", "1", "2"),
            ("'1' is one argument too many", "rotate", "1"),
            ("--for mailer or --for login is missing", "export"),
            ("--for must be mailer or login, not 'me'", "export", "--for", "me"),
            ("a mailer's keys are the same for all trackers: --tracker goes with --for login",
             "export", "--for", "mailer", "--tracker", "http://localhost:8080"),
            ("'x' is one argument too many", "list", "x"),
        )
        for sentence, *arguments in rows:
            with self.subTest(arguments=arguments):
                self.refuse(64, sentence, *arguments)
        self.refuse(1, f"{self.daemon.config_path} has no tracker at http://other/, "
                       "but http://localhost:8080", "export", "--for", "login", "--tracker",
                    "http://other/")


if __name__ == "__main__":
    unittest.main()

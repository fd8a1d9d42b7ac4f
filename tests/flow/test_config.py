#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`waymark config`: the reference, the example, and the check with its exact places."""
import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import unittest

from daemon import WAYMARK, Daemon


class Config(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(shutil.rmtree, self.daemon.directory, ignore_errors=True)
        self.environment = {name: value for name, value in os.environ.items()
                            if name != "WAYMARK_CONFIG"}

    def run_at(self, folder, *arguments, **environment):
        return subprocess.run([WAYMARK, "config", *arguments], cwd=folder, text=True,
                              capture_output=True, timeout=120, check=False,
                              env={**self.environment, **environment})

    def write(self, text):
        with open(self.daemon.config_path, "w", encoding="utf-8") as file:
            file.write(text)

    def refuse(self, sentence, *arguments, status=1):
        answer = self.run_at(self.daemon.instance, "check", *arguments)
        self.assertEqual(answer.stderr.split("\n")[0], "waymark config check: " + sentence)
        self.assertEqual((answer.stdout, answer.returncode), ("", status))

    def test_a_configuration_in_order(self):
        answer = self.run_at(self.daemon.instance, "check")
        self.assertEqual((answer.stderr, answer.returncode), ("", 0))
        self.assertEqual(answer.stdout, (
            "waymark.json is in order.\n"
            "tracker   http://localhost:8080 (primary), for http://localhost:8090\n"
            "data      ./data\n"
            "keys      ./keys.json, 1 in all, key 1 signs\n"
            "consent   identify\n"))

    def snippet(self, *arguments):
        answer = self.run_at(self.daemon.instance, "snippet", *arguments)
        self.assertEqual((answer.stderr, answer.returncode), ("", 0))
        return answer.stdout

    def test_the_lines_for_pages(self):
        text = self.snippet()
        self.assertIn('<script async crossorigin="anonymous" src="http://localhost:8080/t.js">'
                      "</script>\n", text)
        self.assertIn('<noscript><img src="http://localhost:8080/e.gif" ', text)
        self.assertNotIn("data-gpc", text)
        self.assertNotIn("integrity", text)
        [inline] = re.findall("<script>(.*)</script>", text)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        self.assertIn(f"script-src http://localhost:8080 'sha256-{digest}'; ", text)
        self.assertLessEqual(len(f"<script>{inline}</script>"), 130)
        self.daemon.configure(consent__gpc=False)
        self.assertIn('/t.js" data-gpc="off">', self.snippet())

    def test_pinned_lines_name_what_is_served(self):
        self.daemon.start()
        pins = re.findall(r'integrity="sha384-([^"]*)" src="http://localhost:8080([^"]*)"',
                          self.snippet("--pin"))
        self.assertEqual(len(pins), 3)
        for integrity, path in pins:
            body = self.daemon.get(path).body
            self.assertEqual(base64.b64encode(hashlib.sha384(body).digest()).decode(), integrity)
        self.assertEqual(self.daemon.get(pins[0][1]).body, self.daemon.get("/t.js").body)
        self.assertEqual(self.daemon.stop(), 0)

    def test_a_key_without_effect_is_named(self):
        sentence = "has no effect"
        self.daemon.configure(consent__default="pending", consent__hold_click_minutes=10)
        self.assertEqual(self.run_at(self.daemon.instance, "check").stderr, "")
        self.daemon.configure(consent__default="measure")
        answer = self.run_at(self.daemon.instance, "check")
        self.assertEqual(answer.returncode, 0)
        self.assertTrue(answer.stdout.startswith("waymark.json is in order.\n"))
        self.assertRegex(answer.stderr, r"\Awaymark config check: waymark\.json:1:\d+: "
                         rf"consent\.hold_click_minutes: {sentence}: no click waits.*\n\Z")
        self.daemon.start()
        self.assertEqual(self.daemon.stop(), 0)
        [line] = [line for line in self.daemon.log().splitlines() if sentence in line]
        self.assertIn("consent.hold_click_minutes", line)
        self.assertIn("level=warning", line)

    def test_it_is_found(self):
        by_option = self.run_at("/", "check", "--config", self.daemon.config_path)
        by_environment = self.run_at("/", "check", WAYMARK_CONFIG=self.daemon.config_path)
        self.assertEqual(by_option.returncode, 0)
        self.assertEqual(by_environment.stdout, by_option.stdout)
        if not os.path.exists("/etc/waymark/waymark.json"):
            answer = self.run_at("/", "check")
            self.assertEqual(answer.returncode, 1)
            self.assertEqual(answer.stderr, (
                "waymark config check: no configuration: neither ./waymark.json nor "
                "/etc/waymark/waymark.json is there; name one with --config, or make one with "
                "`waymark init`\n"))

    def test_places(self):
        tracker = '{"url": "http://localhost:8080", "sites": ["http://localhost:8090"]}'
        rows = (
            ("", "1:1: not valid JSON: '[' or '{' expected near end of file"),
            ('{"trackers": [' + tracker + '],\n  "listen": "x",}',
             "2:17: not valid JSON: string or '}' expected near '}'"),
            ('{"trackers": [' + tracker + '],\n  "lisen": "x"}',
             "2:3: lisen: unknown key; `waymark config reference` lists them all"),
            ('{"trackers": [' + tracker + '],\n"ip": "none",\n "ip": "none"}',
             "3:2: ip: is there twice"),
            ('{"trackers": [' + tracker + '],\n"commit_wait_ms": "100"}',
             "2:19: commit_wait_ms: must be a whole number of milliseconds, not a text"),
            ('{"trackers": [' + tracker + '],\n"commit_wait_ms": 0}',
             "2:19: commit_wait_ms: must be from 1 to 60000 milliseconds, not 0"),
            ("{}", "1:1: trackers: is missing and has no default"),
        )
        for text, sentence in rows:
            with self.subTest(text=text):
                self.write(text)
                self.refuse("waymark.json:" + sentence)

    def test_the_keyring_is_checked_too(self):
        keys = os.path.join(self.daemon.instance, "keys.json")
        os.chmod(keys, 0o640)
        self.refuse("./keys.json: its mode is 0640, so that others can get at the keys; change "
                    "it: chmod 600 ./keys.json")
        os.remove(keys)
        self.refuse("./keys.json: cannot open the keyring: No such file or directory")

    def test_serve_refuses_the_same(self):
        self.write("{}")
        answer = self.daemon.waymark("serve", check=False)
        self.assertEqual(answer.returncode, 1)
        self.assertEqual(answer.stderr, f"waymark serve: {self.daemon.config_path}:1:1: trackers: "
                                        "is missing and has no default\n")

    def test_the_example_is_in_order(self):
        example = self.run_at("/", "example").stdout
        self.write(example)
        answer = self.run_at(self.daemon.instance, "check")
        self.assertEqual((answer.stderr, answer.returncode), ("", 0))
        reference = self.run_at("/", "reference").stdout
        for key, value in json.loads(example).items():
            for name in [f"{key}.{inner}" for inner in value] if isinstance(value, dict) else [key]:
                self.assertIn(f"\n  {name}\n", reference)

    def test_wrong_command_lines(self):
        self.refuse("'x' is one argument too many", "x", status=64)
        answer = self.run_at("/", "verify")
        self.assertEqual(answer.returncode, 64)
        self.assertIn("waymark config: there is no command 'verify'; there are:", answer.stderr)


if __name__ == "__main__":
    unittest.main()

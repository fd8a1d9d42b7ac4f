#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`waymark init`: a complete instance or nothing, and a sentence that says why."""
import json
import os
import resource
import stat
import subprocess
import tempfile
import unittest

from daemon import WAYMARK, Daemon

LOCAL = ("--tracker", "http://localhost:8080", "--site", "http://localhost:8090")
PUBLIC = ("--tracker", "https://go.example.com", "--site", "https://www.example.com")


def no_file_may_grow():
    """Every write to a file fails from here on (Python ignores the signal that would kill)."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


class Init(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def init(self, *arguments, **options):
        return subprocess.run([WAYMARK, "init", *arguments], cwd=self.folder, text=True,
                              capture_output=True, timeout=120, check=False, **options)

    def accept(self, *arguments):
        answer = self.init("--dir", "wm", *arguments)
        self.assertEqual((answer.stderr, answer.returncode), ("", 0))
        self.assertEqual(answer.stdout, "wm/waymark.json is made. It starts with: "
                                        "waymark serve --config wm/waymark.json\n")
        with open(os.path.join(self.folder, "wm/waymark.json"), encoding="utf-8") as file:
            return json.load(file)

    def refuse(self, status, sentence, *arguments, **options):
        answer = self.init(*arguments, **options)
        first = answer.stderr.split("\n")[0]
        self.assertEqual((first, answer.stdout), ("waymark init: " + sentence, ""))
        self.assertEqual(answer.returncode, status)

    def mode(self, path):
        return stat.S_IMODE(os.stat(os.path.join(self.folder, path)).st_mode)

    def test_localhost(self):
        self.assertEqual(self.accept(*LOCAL), {
            "trackers": [{"url": "http://localhost:8080", "sites": ["http://localhost:8090"]}],
            "listen": "127.0.0.1:8080", "admin_listen": "127.0.0.1:8081",
            "data_dir": "data", "keys_file": "keys.json", "consent": {"default": "identify"}})
        self.assertEqual(sorted(os.listdir(os.path.join(self.folder, "wm"))),
                         ["data", "keys.json", "waymark.json"])
        self.assertEqual([self.mode("wm/keys.json"), self.mode("wm/data")], [0o600, 0o700])

    def test_public(self):
        config = self.accept(*PUBLIC, "--site", "https://shop.example.com", "--consent", "measure",
                             "--listen", "unix:/run/waymark/public.sock",
                             "--admin-listen", "127.0.0.1:9000")
        self.assertEqual(config["trackers"][0]["sites"],
                         ["https://www.example.com", "https://shop.example.com"])
        self.assertEqual(config["consent"], {"default": "measure"})
        self.assertEqual(config["listen"], "unix:/run/waymark/public.sock")
        self.assertEqual(config["admin_listen"], "127.0.0.1:9000")

    def test_listens_where_a_local_tracker_is(self):
        for tracker, listen, admin in (("http://localhost", "127.0.0.1:80", "127.0.0.1:8081"),
                                       ("http://localhost:8081", "127.0.0.1:8081",
                                        "127.0.0.1:8082"),
                                       ("http://[::1]:7000", "[::1]:7000", "127.0.0.1:8081"),
                                       ("http://127.0.0.2:7000", "127.0.0.2:7000",
                                        "127.0.0.1:8081")):
            with self.subTest(tracker=tracker), tempfile.TemporaryDirectory() as self.folder:
                config = self.accept("--tracker", tracker, "--site", tracker)
                self.assertEqual((config["listen"], config["admin_listen"]), (listen, admin))

    def test_consent_has_no_default_but_on_localhost(self):
        self.refuse(64, "--consent is missing: what holds until a visitor has said something? "
                        "pending (nothing is kept of the person), measure (a visitor, no person) "
                        "or identify", "--dir", "wm", *PUBLIC)
        for state in ("denied", "Identify", ""):
            self.refuse(64, f'--consent must be pending, measure or identify, not "{state}"',
                        "--dir", "wm", *PUBLIC, "--consent", state)
        self.assertEqual(os.listdir(self.folder), [])

    def test_what_cannot_be_served_is_not_made(self):
        rows = (
            ((), "--tracker URL is missing"),
            (("--tracker", "https://go.example.com"), "--site URL is missing"),
            (("--tracker", "go.example.com", "--site", "x"),
             "--tracker go.example.com: not an address such as https://go.example.com"),
            ((*LOCAL, "--tracker", "http://localhost:1"),
             "one --tracker: add others to waymark.json afterwards"),
            ((*LOCAL, "wm"), "what is 'wm'? Use --dir, --tracker and --site"),
            (("--tracker", "https://go.example.com/x", "--site", "https://www.example.com",
              "--consent", "pending"),
             '--tracker: "https://go.example.com/x" has more than scheme, host and port; leave out '
             "path, query, fragment and user"),
            ((*PUBLIC, "--site", "https://www.example.org", "--consent", "pending"),
             '--site: "https://www.example.org" is not under the tracker\'s registrable domain '
             "example.com: its cookie would be third-party and browsers would drop it; host the "
             "tracker on a subdomain of the site"),
            ((*LOCAL, "--site", ""), "--site: must not be empty"),
            ((*LOCAL, "--listen", ""), "listen: must not be empty"),
        )
        for arguments, sentence in rows:
            with self.subTest(arguments=arguments):
                self.refuse(64, sentence, "--dir", "wm", *arguments)
        self.assertEqual(os.listdir(self.folder), [])

    def test_nothing_is_overwritten(self):
        for name in ("waymark.json", "keys.json", "data"):
            with self.subTest(name=name), tempfile.TemporaryDirectory() as self.folder:
                with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                    file.write("mine")
                self.refuse(1, f"./{name}: is there already, and nothing is ever overwritten; "
                               "choose another --dir, or move it away", *LOCAL)
                self.assertEqual(os.listdir(self.folder), [name])
                with open(os.path.join(self.folder, name), encoding="utf-8") as file:
                    self.assertEqual(file.read(), "mine")

    def test_a_directory_with_other_things_is_used(self):
        os.mkdir(os.path.join(self.folder, "wm"))
        with open(os.path.join(self.folder, "wm/notes"), "w", encoding="utf-8") as file:
            file.write("mine")
        self.accept(*LOCAL)

    def test_nothing_is_left_half_made(self):
        self.refuse(1, "wm/keys.json: cannot write the keyring: File too large",
                    "--dir", "wm", *LOCAL, preexec_fn=no_file_may_grow, restore_signals=False)
        self.assertEqual(os.listdir(self.folder), [])
        os.mkdir(os.path.join(self.folder, "wm"))
        self.refuse(1, "wm/keys.json: cannot write the keyring: File too large",
                    "--dir", "wm", *LOCAL, preexec_fn=no_file_may_grow, restore_signals=False)
        self.assertEqual(os.listdir(os.path.join(self.folder, "wm")), [])
        self.refuse(1, "no/wm: cannot make the directory: No such file or directory",
                    "--dir", "no/wm", *LOCAL)
        self.assertEqual(os.listdir(self.folder), ["wm"])

    def test_what_is_made_serves(self):
        with Daemon() as daemon:
            daemon.start()
            self.assertEqual(daemon.get("/healthz").status, 200)
            self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main()

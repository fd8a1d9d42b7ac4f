# SPDX-License-Identifier: Apache-2.0
"""Backup and restore, and the disaster drill: what keys and configuration alone can do, what a
restored store is, what a kill at any moment leaves."""
import fcntl
import glob
import json
import os
import shutil
import signal
import subprocess
import threading
import time
import unittest

import sizes
from daemon import LIMIT_S, SHIPPED_MS, WAYMARK, Daemon, wait_for

PAGE = "http://localhost:8090/"
FALLBACK = "http://localhost:8090"
KILLS = sizes.size("backup_kills")
KILLED_EVENTS = sizes.size("backup_killed_events")


class Backup(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.data = os.path.join(self.daemon.instance, "data")
        self.copy = os.path.join(self.daemon.directory, "backup")
        self.people = os.path.join(self.daemon.directory, "people.mdb")

    def fill(self, count, *options):
        subprocess.run([os.environ["WAYMARK_FILL_LOG"], self.data, str(count), *options],
                       check=True, timeout=4 * LIMIT_S)

    def backup(self, *options, **keywords):
        return self.daemon.waymark("backup", self.copy, *options, **keywords)

    def restore(self, *options, **keywords):
        return self.daemon.waymark("restore", self.copy, *options, **keywords)

    def lose_data(self):
        shutil.rmtree(self.data)
        os.mkdir(self.data, 0o700)

    def manifest(self):
        with open(os.path.join(self.copy, "manifest.json"), encoding="utf-8") as file:
            return json.load(file)

    def log(self):
        return self.daemon.waymark("events").stdout.splitlines()

    def drop_database(self, environment, name):
        """As if a version of before that database had written last."""
        path = os.path.join(self.data, environment)
        text = subprocess.run(["mdb_dump", "-a", path], check=True, capture_output=True).stdout
        parts = [part + b"DATA=END\n" for part in text.split(b"DATA=END\n")[:-1]]
        kept = [part for part in parts if b"database=" + name.encode() + b"\n" not in part]
        self.assertEqual(len(kept), len(parts) - 1)
        shutil.rmtree(path)
        os.mkdir(path, 0o700)
        subprocess.run(["mdb_load", path], input=b"".join(kept), check=True,
                       capture_output=True)

    def test_the_backup_before_an_upgrade(self):
        """The new program, and a store that only the one of before has opened."""
        self.daemon.link(PAGE, "--slug", "s")
        listed = self.daemon.waymark("link", "list").stdout
        self.drop_database("state", "repoints")
        self.assertEqual(self.daemon.waymark("link", "list").stdout, listed)
        self.assertEqual(self.daemon.waymark("link", "history", "s").stdout, "")
        self.backup()
        self.lose_data()
        self.restore()
        self.assertEqual(self.daemon.waymark("link", "list").stdout, listed)

    def test_the_drill(self):
        """Everything is lost but configuration and keys; then the backup comes back."""
        link = self.daemon.link(PAGE + "a", "--to", "a@example.com")
        mail = "".join(f'<a href="{PAGE}{word}">x</a>' for word in ("b@example.com", "c"))
        rewritten = self.daemon.waymark("rewrite", "--to", "a@example.com", "--campaign", "x",
                                        stdin=mail).stdout
        contained = next(piece.split('"')[0] for piece in rewritten.split('href="')[1:]
                         if "/u/" in piece)
        self.daemon.start()
        self.assertEqual(self.daemon.click(link).location, PAGE + "a")
        before = self.daemon.events(type="click")
        result = self.backup("--people", self.people)
        self.assertIn("keep these apart", result.stderr)
        self.assertEqual(os.stat(self.people).st_mode & 0o777, 0o600)
        self.assertFalse(os.path.exists(os.path.join(self.data, "people.copy")))
        self.daemon.kill()
        self.lose_data()
        self.daemon.start()
        self.assertEqual(self.daemon.click(contained).location, f"{PAGE}b@example.com")
        answer = self.daemon.click(link)
        self.assertEqual((answer.status, answer.location.rstrip("/")), (302, FALLBACK))
        self.assertEqual(self.daemon.stop(), 0)
        refused = self.restore(check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("is not empty", refused.stderr)
        self.lose_data()
        result = self.restore("--people", self.people)
        self.assertEqual(result.stderr, "")
        self.assertIn("new events are of incarnation 2", result.stdout)
        self.daemon.start()
        self.assertEqual(self.daemon.click(link).location, PAGE + "a")
        events = self.daemon.events(type="click")
        self.assertEqual(events[:1], before)
        self.assertTrue(events[0]["id"].startswith("n1.1-"))
        self.assertTrue(events[1]["id"].startswith("n1.2-"))
        self.assertEqual(events[1]["prospect"], events[0]["prospect"])
        self.assertEqual(self.daemon.stop(), 0)

    def test_a_copy_of_people_does_not_outlive_a_killed_server(self):
        """Whoever starts next removes it, even though nobody makes a backup again."""
        left = os.path.join(self.data, "people.copy")
        self.daemon.link(PAGE, "--to", "a@example.com")
        for start in (lambda: self.daemon.start().stop(),
                      lambda: self.daemon.link(PAGE + "b", "--slug", "b")):
            self.daemon.start()

            def is_there():
                answer = self.daemon.control("/api/v1/people/copy", {})
                return json.loads(answer.body)["state"] == "done"
            wait_for(is_there)
            self.daemon.kill()
            self.assertTrue(os.path.exists(os.path.join(left, "data.mdb")))
            start()
            self.assertFalse(os.path.exists(left))

    def test_without_people_everybody_is_new(self):
        link = self.daemon.link(PAGE, "--to", "a@example.com")
        self.daemon.start()
        self.daemon.click(link)
        self.backup()
        self.assertEqual(self.daemon.stop(), 0)
        self.lose_data()
        self.assertIn("people/ was not restored", self.restore().stderr)
        self.daemon.start()
        self.daemon.click(link)
        first, second = self.daemon.events(type="click")
        self.assertNotEqual(first["prospect"], second["prospect"])

    def test_only_what_is_new_is_added(self):
        self.fill(3000)
        self.backup()
        old = {path: os.stat(path).st_mtime_ns for path in glob.glob(self.copy + "/log/*")}
        self.assertEqual(self.manifest()["last"], 3001)
        self.fill(2000)
        result = self.backup()
        self.assertIn("(2001 new) in 2 segments", result.stdout)
        self.assertEqual(result.stderr, "")
        for path, changed in old.items():
            self.assertEqual(os.stat(path).st_mtime_ns, changed)
        self.assertIn("(0 new)", self.backup("--verify").stdout)
        self.assertEqual(len(glob.glob(self.copy + "/state-*")), 1)
        lines = self.log()
        self.lose_data()
        self.restore()
        self.assertEqual(self.log(), lines)

    def test_a_pruned_log(self):
        self.fill(3000, "--days=600", "--until=500")
        link = self.daemon.link(PAGE, "--slug", "s")
        self.daemon.configure(retention_days=1000)
        self.backup()
        self.daemon.configure(retention_days=400)
        self.daemon.start()
        wait_for(lambda: self.daemon.metric("waymark_pruned_through") >= 3000)
        self.backup()
        self.assertEqual(self.manifest()["pruned_through"], 0)
        fresh = self.copy
        self.copy += "-2"
        self.backup()
        self.assertEqual(self.manifest()["pruned_through"], 3000)
        self.assertEqual(self.daemon.stop(), 0)
        lines = self.log()
        self.lose_data()
        self.restore()
        self.assertEqual(self.log(), lines[:len(self.log())])
        self.daemon.start()
        self.assertEqual(self.daemon.click(link).location, PAGE)
        self.assertEqual(self.daemon.stop(), 0)
        self.copy = fresh
        self.lose_data()
        self.restore()
        self.assertEqual(self.daemon.events()[0]["seq"], 1)

    def test_another_history_is_refused(self):
        self.fill(100)
        self.backup()
        self.lose_data()
        self.fill(200)
        result = self.backup(check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("another history", result.stderr)

    def test_a_second_restore_is_another_incarnation(self):
        self.fill(100)
        self.backup()
        for incarnation in (2, 3):
            self.lose_data()
            self.assertIn(f"incarnation {incarnation}\n", self.restore().stdout)
        self.assertFalse(glob.glob(self.copy + "/*.new"))

    def test_one_works_with_a_backup_at_a_time(self):
        """Two restores at once would take one incarnation."""
        self.fill(100)
        self.backup()
        self.lose_data()
        held = os.open(self.copy, os.O_RDONLY)
        self.addCleanup(os.close, held)
        fcntl.flock(held, fcntl.LOCK_EX)
        for refused in (self.backup(check=False), self.restore(check=False)):
            self.assertEqual(refused.returncode, 1)
        self.assertIn("another backup or restore", refused.stderr)
        fcntl.flock(held, fcntl.LOCK_UN)
        self.assertIn("incarnation 2\n", self.restore().stdout)

    def test_a_changed_byte_is_found(self):
        self.fill(1000)
        self.backup()
        [segment] = glob.glob(self.copy + "/log/*")
        [state] = glob.glob(self.copy + "/state-*")
        for path in (segment, state):
            with open(path, "rb") as file:
                whole = file.read()
            for at in (20, len(whole) // 2, len(whole) - 1):
                with open(path, "wb") as file:
                    file.write(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
                self.lose_data()
                result = self.restore(check=False)
                self.assertEqual(result.returncode, 1, path)
                self.assertIn(os.path.basename(path), result.stderr)
                self.assertEqual([name for name in os.listdir(self.data) if name != "lock"], [])
            with open(path, "wb") as file:
                file.write(whole)
        self.restore()

    def test_under_load_it_is_the_log_as_of_a_sequence(self):
        # Clicks that wait for the disk are no load.
        self.daemon.configure(commit_wait_ms=SHIPPED_MS)
        link = self.daemon.link(PAGE, "--to", "a@example.com", "--slug", "s")
        self.daemon.start()
        stop = threading.Event()
        statuses = []

        def click():
            connection = self.daemon.connect()
            while not stop.is_set():
                statuses.append(self.daemon.click(link, connection=connection).status)
            connection.close()
        threads = [threading.Thread(target=click) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(3):
                wait_for(lambda: self.daemon.metric("waymark_log_sequence") >
                         (self.manifest()["last"] if os.path.exists(self.copy) else 0) + 50)
                self.backup()
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(set(statuses), {302})
        self.assertEqual(self.daemon.metric('waymark_account{kind="lost"}'), 0)
        self.assertEqual(self.daemon.stop(), 0)
        lines, last = self.log(), self.manifest()["last"]
        self.lose_data()
        self.restore()
        self.assertEqual(self.log(), lines[:last])
        self.daemon.start()
        self.assertEqual(self.daemon.click(link).location, PAGE)
        self.assertEqual(self.daemon.stop(), 0)
        account = self.daemon.waymark("events", "--account", check=False)
        self.assertEqual(account.returncode, 0, account.stdout + account.stderr)

    def kill_after(self, seconds, *arguments):
        """Run a command and kill it then; True when it was faster."""
        process = subprocess.Popen([WAYMARK, arguments[0], "--config", self.daemon.config_path,
                                    *arguments[1:]], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            return process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return False

    def test_killed_at_many_points_it_works_when_repeated(self):
        self.daemon.link(PAGE, "--slug", "s")
        self.fill(KILLED_EVENTS)
        begun = time.monotonic()
        self.backup()
        whole = time.monotonic() - begun
        shutil.rmtree(self.copy)
        for number in range(KILLS):
            self.kill_after(whole * number / KILLS, "backup", self.copy)
            if number % 3 == 2:
                self.backup()
                shutil.rmtree(self.copy)
        self.fill(1000)
        self.backup()
        lines = self.log()
        self.assertEqual(len(glob.glob(self.copy + "/log/*")), self.segments())
        self.lose_data()
        begun = time.monotonic()
        self.restore()
        whole = time.monotonic() - begun
        for number in range(KILLS):
            self.lose_data()
            done = self.kill_after(whole * number / KILLS, "restore", self.copy)
            if done:
                continue
            left = self.daemon.waymark("events", check=False)
            if left.returncode == 0 and left.stdout:
                self.assertEqual(left.stdout.splitlines(), lines)
            elif "restoring" in os.listdir(self.data):
                self.assertIn("was not finished", left.stderr)
                refused = self.daemon.waymark("serve", check=False)
                self.assertIn("was not finished", refused.stderr)
            if left.returncode != 0 or not left.stdout:
                self.restore()
            self.assertEqual(self.log(), lines)

    def segments(self):
        return len(self.manifest()["segments"])


if __name__ == "__main__":
    unittest.main()

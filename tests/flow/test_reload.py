# SPDX-License-Identifier: Apache-2.0
"""SIGHUP takes changed files into use: whole or not at all, without a request that fails."""
import json
import os
import shutil
import signal
import socket
import threading
import unittest

import mint
from daemon import BROWSER, LIMIT_S, Daemon, wait_for
from sizes import size

PAGE = "http://localhost:8090/p"
OTHER = {"url": "http://other.localhost:8080", "sites": ["http://other.localhost:8090"]}
RESIDENT_GROWTH_KB = 4096  # of thousands of reloads; one copy of the settings is 30 KB


class Reload(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.daemon.start()

    def counts(self):
        figures = self.daemon.metrics()
        return [figures[f'waymark_reloads_total{{result="{result}"}}']
                for result in ("done", "refused")]

    def reload(self):
        """Send the signal; the log lines that it gave rise to."""
        before, size_before = sum(self.counts()), len(self.daemon.log())
        self.daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: sum(self.counts()) > before)
        return [line for line in self.daemon.log()[size_before:].splitlines()
                if "event=reload " in line]

    def apply(self, **settings):
        self.daemon.configure(**settings)
        [line] = self.reload()
        self.assertIn("result=done", line)
        return line

    def refuse(self, *pieces):
        """A reload that is refused: the log's line holds @pieces, and a click still works."""
        [line] = self.reload()
        for piece in ("level=error", "result=refused", *pieces):
            self.assertIn(piece, line)
        answer = self.daemon.get("/healthz")
        self.assertEqual(answer.status, 200)

    def config(self):
        with open(self.daemon.config_path, encoding="utf-8") as file:
            return json.load(file)

    def host(self, name):
        return self.daemon.get("/c/x", {"Host": name}).status

    def test_a_tracker_comes_and_goes_on_an_open_connection(self):
        first = self.config()["trackers"]
        connection = self.daemon.connect()

        def status(host):
            return self.daemon.get("/c/x", {"Host": host}, connection=connection).status
        self.assertEqual((status("localhost:8080"), status("other.localhost")), (404, 421))
        self.apply(trackers=[{**first[0], "primary": True}, OTHER])
        self.assertEqual((status("localhost:8080"), status("other.localhost")), (404, 404))
        self.apply(trackers=[OTHER])
        self.assertEqual((status("localhost:8080"), status("other.localhost")), (421, 404))
        connection.close()
        self.assertEqual(self.daemon.metric("waymark_settings_held"), 1)

    def test_what_is_asked_for_next_follows_the_new_configuration(self):
        url = self.daemon.link(PAGE, "--to", "a@example.com")

        def click(**headers):
            seen = len(self.daemon.events(type="click"))
            answer = self.daemon.click(url + "?a=1&b=2", headers)
            return answer, self.daemon.events(type="click")[seen:]
        answer, [event] = click(**{"X-Forwarded-For": "203.0.113.77"})
        self.assertIsNotNone(answer.cookie)
        self.assertEqual((event["ip"], event["consent"]), ("203.0.113.0", "identify"))
        self.apply(ip="none", consent__default="pending")
        answer, [event] = click()
        self.assertIsNone(answer.cookie)
        self.assertEqual((event["ip"], event["consent"]), (None, "pending"))
        self.apply(ip="truncated", trusted_proxies=[], consent__default="measure")
        _, [event] = click(**{"X-Forwarded-For": "203.0.113.77"})
        self.assertEqual((event["ip"], event["consent"]), ("127.0.0.0", "measure"))

    def test_a_shorter_time_limit_holds_for_who_is_connected(self):
        with socket.create_connection(("127.0.0.1", self.daemon.port), LIMIT_S) as client:
            wait_for(lambda: self.daemon.metric('waymark_connections{listener="public"}') == 1)
            self.apply(limits__request_timeout_s=1)
            self.assertEqual(client.recv(1), b"")

    def test_a_file_with_a_mistake_changes_nothing(self):
        path, keys_path = self.daemon.config_path, os.path.join(self.daemon.instance, "keys.json")
        good = self.config()
        shutil.copy(keys_path, keys_path + ".good")
        with open(keys_path, encoding="utf-8") as file:
            keys = json.load(file)

        def put(text, where=path):
            with open(where, "w", encoding="utf-8") as file:
                file.write(text if isinstance(text, str) else json.dumps(text))
        other_site = {**good["trackers"][0], "sites": ["http://example.com"]}
        rows = (
            ('{\n "trackers": [\n', f"{path}:3:"),
            ({**good, "colour": 1}, f"{path}:1:", "colour"),
            ({**good, "trackers": [other_site]}, f"{path}:1:", "trackers[0].sites[0]: "),
            ({**good, "trackers": []}, f"{path}:1:", "trackers: "),
            ({**good, "trusted_proxies": ["10.0.0.1/8"]}, "trusted_proxies[0]: "),
            ({**good, "node": "n2"}, "node: ", "belongs to node"),
            ({**good, "keys_file": "none.json"}, "none.json: "),
        )
        for text, *pieces in rows:
            with self.subTest(pieces=pieces):
                put(text)
                self.refuse(*pieces)
                self.assertEqual(self.host("localhost:8080"), 404)
        os.unlink(path)
        self.refuse(f"{path}: cannot open the configuration")
        put(good)
        put({**keys, "identity": mint.encode(bytes(range(32)))}, keys_path)
        self.refuse(f"{keys_path}: its identity key is another one")
        os.unlink(keys_path)
        self.refuse(f"{keys_path}: ")
        os.rename(keys_path + ".good", keys_path)
        [line] = self.reload()
        self.assertIn("result=done", line)
        self.assertEqual(self.daemon.metric("waymark_settings_held"), 1)

    def test_what_needs_a_restart_is_named_and_keeps_its_value(self):
        line = self.apply(listen="127.0.0.1:1", limits__queue_clicks=64, data_dir="elsewhere",
                          ip="none")
        self.assertIn('level=warning event=reload result=done restart_needed_for="listen, '
                      'data_dir, limits.queue_clicks" until_then="their old values"', line)
        self.assertEqual(self.host("localhost"), 404)
        self.assertFalse(os.path.exists(os.path.join(self.daemon.instance, "elsewhere")))
        self.daemon.control("/api/v1/keys/rotate", {})
        self.assertEqual(self.host("localhost"), 404)

    def test_a_change_of_keys_loads_no_edit_of_the_configuration(self):
        first = self.config()["trackers"]
        self.daemon.configure(trackers=[OTHER])
        self.assertEqual(self.daemon.control("/api/v1/keys/rotate", {}).status, 200)
        self.assertEqual(self.host("localhost"), 404)
        self.daemon.configure(trackers=first)

    def test_a_request_ends_under_the_settings_that_it_began_with(self):
        """Its tracker goes away between its head and its body, and the key that signed, too."""
        keys = mint.Keys(self.daemon.instance)
        token = keys.mint(mint.CLICK, bytes(8) + keys.prospect_id("a@example.com"))
        self.daemon.configure(limits__request_timeout_s=600, trackers=[
            {**self.config()["trackers"][0], "fallback": "http://localhost:8090/gone"}])
        self.reload()
        head = "".join(f"{name}: {value}\r\n" for name, value in BROWSER.items())
        with socket.create_connection(("127.0.0.1", self.daemon.port), LIMIT_S) as client:
            client.sendall(f"GET /c/{token} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
                           f"{head}\r\nx".encode())
            wait_for(lambda: self.daemon.metric('waymark_connections{listener="public"}') == 1)
            # Its head is there once a reload leaves the old settings with it.
            wait_for(lambda: self.reload() and
                     self.daemon.metric("waymark_settings_held") == 2)
            self.daemon.configure(trackers=[OTHER])
            self.reload()
            self.daemon.waymark("key", "rotate")
            self.daemon.waymark("key", "retire", "1")
            self.assertEqual(self.daemon.metric("waymark_settings_held"), 2)
            client.sendall(b"y")
            answer = client.recv(65536).decode()
        self.assertTrue(answer.startswith("HTTP/1.1 302"), answer)
        self.assertIn("Location: http://localhost:8090/gone\r\n", answer)
        wait_for(lambda: self.daemon.metric("waymark_settings_held") == 1)
        self.assertEqual(self.daemon.events(type="click")[0]["tracker"], "localhost")

    def test_thousands_of_reloads_under_load_fail_no_request_and_leak_nothing(self):
        url, wanted, failures, done = self.daemon.link(PAGE, "--slug", "s"), size("reloads"), [], []

        def click():
            connection = self.daemon.connect()
            while not done:
                answer = self.daemon.click(url, connection=connection)
                if answer.status != 302:
                    failures.append(answer)
            connection.close()

        def resident():
            with open(f"/proc/{self.daemon.process.pid}/status", encoding="ascii") as file:
                return int([line for line in file if line.startswith("VmRSS")][0].split()[1])
        threads = [threading.Thread(target=click) for _ in range(2)]
        for thread in threads:
            thread.start()
        warm = None
        while self.counts()[0] < wanted:
            for _ in range(20):
                self.daemon.process.send_signal(signal.SIGHUP)
            if warm is None and self.counts()[0] >= wanted / 10:
                warm = resident()
        grown = resident() - warm
        done.append(True)
        for thread in threads:
            thread.join()
        figures = self.daemon.metrics()
        stored = figures['waymark_account{kind="stored"}']
        print(f"{self.counts()[0]} reloads beside {stored} clicks: {grown} KB more memory")
        self.assertEqual(failures, [])
        self.assertEqual(figures["waymark_settings_held"], 1)
        if "asan" not in os.environ.get("WAYMARK_BUILD", "") and \
                "tsan" not in os.environ.get("WAYMARK_BUILD", ""):
            self.assertLess(grown, RESIDENT_GROWTH_KB)
        self.assertEqual(self.daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main()

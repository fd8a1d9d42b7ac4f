# SPDX-License-Identifier: Apache-2.0
"""What a service manager sees: readiness, reloads, the end, and that the server lives."""
import fcntl
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import unittest

from daemon import LIMIT_S, WAYMARK, Daemon, read_line, wait_for

WATCHDOG_S = 0.2


DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"


def needs(program):
    return unittest.skipUnless(shutil.which(program), f"left out: {program} is not installed")


def read_proc(process, name):
    with open(f"/proc/{process.pid}/{name}", encoding="ascii") as file:
        return file.read()


class Service(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.path = os.path.join(self.daemon.directory, "notify")
        self.manager = self.listen(self.path)

    def listen(self, path):
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        manager.bind(path)
        manager.settimeout(LIMIT_S)
        self.addCleanup(manager.close)
        return manager

    def next(self, *skipped):
        """The assignments of the next notification but for those that are only @skipped."""
        while True:
            lines = self.manager.recv(4096).decode().split("\n")
            message = dict(line.split("=", 1) for line in lines)
            if not set(message) <= set(skipped):
                return message

    def test_the_life_of_a_server(self):
        self.daemon.start(NOTIFY_SOCKET=self.path)
        ready = self.next()
        self.assertEqual(ready["READY"], "1")
        self.daemon.process.send_signal(signal.SIGHUP)
        reloading = self.next()
        self.assertEqual(reloading["RELOADING"], "1")
        self.assertRegex(reloading["MONOTONIC_USEC"], r"^\d+$")
        ready = self.next()
        self.assertEqual((ready["READY"], ready["STATUS"]), ("1", "Answering."))
        self.daemon.configure(colour="red")
        self.daemon.process.send_signal(signal.SIGHUP)
        self.assertEqual(self.next()["RELOADING"], "1")
        self.assertIn("refused", self.next()["STATUS"])
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(self.next()["STOPPING"], "1")

    def test_an_abstract_socket(self):
        name = "waymark-" + os.path.basename(self.daemon.directory)
        self.manager = self.listen("\0" + name)
        self.daemon.start(NOTIFY_SOCKET="@" + name)
        self.assertEqual(self.next()["READY"], "1")

    def test_nobody_listens_any_more(self):
        self.manager.close()
        os.unlink(self.path)
        self.daemon.start(NOTIFY_SOCKET=self.path, WATCHDOG_USEC="1000")
        self.assertEqual(self.daemon.get("/healthz").status, 200)
        self.assertEqual(self.daemon.stop(), 0)

    def test_strange_environments_are_no_reason_not_to_start(self):
        for variables in ({"NOTIFY_SOCKET": "vsock:2:1"}, {"NOTIFY_SOCKET": "@"},
                          {"NOTIFY_SOCKET": "/" + "x" * 200}, {"WATCHDOG_USEC": "x"},
                          {"LISTEN_FDS": "1", "LISTEN_PID": "x"}, {"LISTEN_FDS": "-1"},
                          {"WATCHDOG_USEC": "99999999999999999999999"}):
            with self.subTest(variables=variables):
                self.daemon.start(**variables)
                self.assertEqual(self.daemon.stop(), 0)

    def watchdog(self, **variables):
        self.daemon.start(NOTIFY_SOCKET=self.path, WATCHDOG_USEC=str(int(WATCHDOG_S * 1e6)),
                          **variables)
        self.assertEqual(self.next()["READY"], "1")

    def test_the_watchdog_is_told_that_the_server_lives(self):
        self.watchdog()
        for _ in range(5):
            self.assertEqual(self.next(), {"WATCHDOG": "1"})

    def test_a_watchdog_of_another_process_is_not_ours(self):
        self.watchdog(WATCHDOG_PID="1")
        self.daemon.process.send_signal(signal.SIGHUP)
        self.assertEqual(self.next()["RELOADING"], "1")

    def test_a_loop_that_does_not_turn_says_nothing(self):
        self.watchdog()
        self.next()
        self.daemon.process.send_signal(signal.SIGSTOP)
        try:
            wait_for(lambda: read_proc(self.daemon.process, "stat").split(") ")[1][0] == "T")
            self.manager.setblocking(False)
            with self.assertRaises(BlockingIOError):
                while True:
                    self.manager.recv(4096)
            self.manager.settimeout(3 * WATCHDOG_S)
            with self.assertRaises(TimeoutError):
                self.manager.recv(4096)
        finally:
            self.daemon.process.send_signal(signal.SIGCONT)
        self.manager.settimeout(LIMIT_S)
        self.assertEqual(self.next(), {"WATCHDOG": "1"})

    def locked(self):
        """data/lock in other hands, as by a server that stops; close what is returned."""
        os.makedirs(os.path.join(self.daemon.instance, "data"), exist_ok=True)
        lock = open(os.path.join(self.daemon.instance, "data", "lock"), "ab+")
        self.addCleanup(lock.close)
        fcntl.flock(lock, fcntl.LOCK_EX)
        return lock

    def test_a_server_that_waits_for_the_data_says_so(self):
        with self.locked():
            process = self.daemon.spawn(NOTIFY_SOCKET=self.path)
            self.assertIn("Waiting", self.next()["STATUS"])
            self.assertIn("event=waiting for=data/lock", self.daemon.log())
        self.assertIn("waymark is ready", read_line(process))
        self.assertEqual(self.next()["READY"], "1")
        self.assertEqual(self.daemon.log().count("event=waiting"), 1)

    def test_keys_that_change_while_a_server_waits_for_the_data(self):
        """Whoever has the data may rotate the keys; what it then mints has to be answered."""
        keys = os.path.join(self.daemon.instance, "keys.json")
        with open(keys, encoding="utf-8") as file:
            before = file.read()
        self.daemon.waymark("key", "rotate")
        with open(keys, encoding="utf-8") as file:
            later = file.read()
        url = self.daemon.waymark("link", "new", "--to", "a@example.com",
                                  "http://localhost:8090/").stdout.strip()
        with open(keys, "w", encoding="utf-8") as file:
            file.write(before)
        lock = self.locked()
        process = self.daemon.spawn()
        wait_for(lambda: "event=waiting" in self.daemon.log())
        with open(keys, "w", encoding="utf-8") as file:
            file.write(later)
        lock.close()
        line = read_line(process)
        self.assertIn("waymark is ready", line)
        self.daemon.port = int(re.search(r":(\d+) \(public\)", line)[1])
        self.assertEqual(self.daemon.click(url).status, 302)

    def test_a_server_that_is_told_to_stop_while_it_waits_stops(self):
        with self.locked():
            process = self.daemon.spawn()
            wait_for(lambda: "event=waiting" in self.daemon.log())
            process.send_signal(signal.SIGTERM)
            self.assertEqual(read_line(process), "")
            self.assertEqual(self.daemon.wait(), 0)
        self.assertIn('event=stopping result="not started"', self.daemon.log())

    def test_a_signal_to_stop_during_a_start_is_not_lost(self):
        for _ in range(10):
            process = self.daemon.spawn()
            wait_for(lambda: "SigBlk:\t0000000000004003" in read_proc(process, "status"))
            process.send_signal(signal.SIGTERM)
            self.assertEqual(self.daemon.wait(), 0)
        self.assertIn("event=stopping", self.daemon.log())
        for account in self.daemon.accounts():
            self.assertNotEqual(account["period"], "unclean")

    def test_a_second_signal_cuts_the_drain(self):
        self.daemon.start(NOTIFY_SOCKET=self.path)
        url = self.daemon.link("http://localhost:8090/", "--slug", "s")
        self.assertEqual(self.daemon.click(url).status, 302)
        with socket.create_connection(("127.0.0.1", self.daemon.port), LIMIT_S) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                           b"Content-Length: 9\r\n\r\nabc")
            wait_for(lambda: self.daemon.metric('waymark_connections{listener="public"}') == 1)
            self.daemon.process.send_signal(signal.SIGTERM)
            wait_for(lambda: "event=draining seconds" in self.daemon.log())
            self.assertEqual(self.daemon.stop(), 0)
        self.assertIn("asked=again", self.daemon.log())
        self.assertIn("result=cut", self.daemon.log())
        self.assertEqual(len(self.daemon.events(type="click")), 1)
        [account] = self.daemon.accounts()
        self.assertEqual(account["period"], "shutdown")


class Systemd(unittest.TestCase):
    """The protocols as systemd's own programs speak them."""

    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    @needs("systemd-analyze")
    def test_the_units(self):
        paths = []
        for name in sorted(path.name for path in DEPLOY.glob("waymark*.s*")):
            paths.append(os.path.join(self.daemon.directory, name))
            text = (DEPLOY / name).read_text(encoding="utf-8")
            with open(paths[-1], "w", encoding="utf-8") as file:
                file.write(text.replace("/usr/local/bin/waymark", os.path.realpath(WAYMARK)))
        result = subprocess.run(["systemd-analyze", "verify", "--man=no", *paths],
                                capture_output=True, text=True, timeout=4 * LIMIT_S, check=False)
        self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))

    @needs("systemd-socket-activate")
    def test_a_socket_of_systemd(self):
        path = os.path.join(self.daemon.directory, "public.sock")
        process = self.daemon.spawn("systemd-socket-activate", "-E", "ASAN_OPTIONS",
                                    "--fdname=public", "-l", path)

        def ask():
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(LIMIT_S)
                client.connect(path)
                client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return client.recv(4096)
        wait_for(lambda: os.path.exists(path) and "Listening on" in self.daemon.log())
        self.assertTrue(ask().startswith(b"HTTP/1.1 200"))
        self.assertIn(f"unix:{path} (public)", read_line(process))
        self.assertEqual(self.daemon.stop(), 0)
        self.assertTrue(os.path.exists(path))


if __name__ == "__main__":
    unittest.main()

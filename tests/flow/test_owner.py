# SPDX-License-Identifier: Apache-2.0
"""Exactly one process owns the data; commands work beside it and without it; it stops cleanly."""
import fcntl
import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import threading
import time
import unittest

import mint
from daemon import LIMIT_S, WAYMARK, Daemon, read_line, wait_for

PAGE = "http://localhost:8090/"
LOCK_WAIT_S = 1  # of the second server


class Owner(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.socket = os.path.join(self.daemon.instance, "data", "waymark.sock")

    def test_a_second_server_is_refused(self):
        self.daemon.start()
        begun = time.monotonic()
        second = self.daemon.waymark("serve", "--lock-wait", str(LOCK_WAIT_S), check=False)
        self.assertGreaterEqual(time.monotonic() - begun, LOCK_WAIT_S)
        self.assertEqual(second.returncode, 1)
        self.assertEqual(second.stdout, "")
        [line] = [line for line in second.stderr.splitlines() if line.startswith("waymark ")]
        self.assertIn("waymark serve: ", line)
        self.assertIn("/data/lock: process "
                      f"{self.daemon.process.pid} owns this data directory; stop it first", line)
        self.assertEqual(self.daemon.get("/healthz").status, 200)

    def test_a_server_waits_for_a_command_that_holds_the_lock(self):
        path = os.path.join(self.daemon.instance, "data", "lock")
        self.daemon.link(PAGE, "--slug", "s")
        with open(path, "rb+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            process = self.daemon.spawn()
            wait_for(lambda: path in self.open_files(process) or process.poll() is not None)
            self.assertIsNone(process.poll(), "it did not wait")
        self.assertIn("waymark is ready", read_line(process))
        self.assertEqual(self.daemon.stop(), 0)

    def open_files(self, process):
        """The paths that @process has open."""
        folder, paths = f"/proc/{process.pid}/fd", []
        for name in os.listdir(folder):
            try:
                paths.append(os.readlink(os.path.join(folder, name)))
            except FileNotFoundError:
                continue
        return paths

    def test_commands_beside_a_server(self):
        self.daemon.start()
        for number in range(20):
            url = self.daemon.link(f"{PAGE}{number}", "--to", "a@example.com")
            answer = self.daemon.click(url)
            self.assertEqual(answer.location, f"{PAGE}{number}")
        self.assertEqual(self.daemon.stop(), 0)

    def test_commands_without_a_server(self):
        url = self.daemon.link(PAGE, "--to", "a@example.com", "--slug", "s")
        people = self.daemon.waymark("prospect", "import", "-", stdin="email\nb@example.com\n")
        self.assertEqual(people.stdout, "1 added, 0 changed, 0 the same, 0 refused\n")
        self.assertIn(f"\ts\t\t\t{PAGE}\n", self.daemon.waymark("link", "list").stdout)
        self.daemon.start()
        self.assertEqual(self.daemon.click(url).location, PAGE)

    def test_a_rewritten_mail_redirects_at_once(self):
        self.daemon.start()
        mail = f'<p><a href="{PAGE}a?b=1&amp;c=2">x</a> <a href=\'{PAGE}d\'>y</a></p>'
        out = self.daemon.waymark("rewrite", "--to", "a@example.com", "--campaign", "autumn",
                                  "--mailing", "2026-11", stdin=mail).stdout
        urls = [piece.split('"')[0].split("'")[0] for piece in out.split("http://localhost:8080")]
        answers = [self.daemon.click("http://localhost:8080" + url) for url in urls[1:]]
        self.assertEqual([answer.location for answer in answers],
                         [f"{PAGE}a?b=1&c=2", f"{PAGE}d"])
        [first, _] = self.daemon.events(type="click")
        self.assertEqual((first["campaign"], first["mailing"]), ("autumn", "2026-11"))

    def test_of_two_that_want_one_slug_at_once_one_gets_it(self):
        self.daemon.start()
        path = os.path.relpath(self.socket)
        for number in range(20):
            pair = [http.client.HTTPConnection("localhost", timeout=LIMIT_S) for _ in range(2)]
            for page, connection in enumerate(pair):
                connection.sock = socket.socket(socket.AF_UNIX)
                connection.sock.connect(path)
                connection.request("POST", "/api/v1/links", body=json.dumps(
                    {"links": [{"destination": f"{PAGE}{page}", "slug": f"s{number}"}]}))
            statuses = [connection.getresponse().status for connection in pair]
            for connection in pair:
                connection.close()
            self.assertEqual(sorted(statuses), [200, 409], number)
            self.assertEqual(self.daemon.get(f"/l/s{number}").location,
                             f"{PAGE}{statuses.index(200)}")

    def test_a_command_waits_for_a_server_that_stops_or_starts(self):
        self.daemon.start()
        failures = []

        def register():
            for number in range(30):
                result = self.daemon.waymark("link", "new", "--slug", f"s{number}",
                                             f"{PAGE}{number}", check=False)
                if result.stdout != f"{self.daemon.tracker}/l/s{number}\n":
                    failures.append((result.stdout, result.stderr))
        thread = threading.Thread(target=register)
        thread.start()
        for _ in range(3):
            seen = len(self.daemon.events(type="link"))
            wait_for(lambda: len(self.daemon.events(type="link")) > seen or
                     not thread.is_alive())
            self.assertEqual(self.daemon.stop(), 0)
            self.daemon.start()
        thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(len(self.daemon.events(type="link")), 30)

    def test_every_writing_command_waits_for_a_server_that_stops_or_starts(self):
        self.daemon.waymark("prospect", "import", "-", stdin="email\na@example.com\n")
        mail = f'<p><a href="{PAGE}">x</a></p>'
        commands = (
            (("link", "new", "--field", "x", PAGE), None),
            (("prospect", "import", "-"), "email\nb@example.com\n"),
            (("prospect", "show", "a@example.com"), None),
            (("rewrite", "--to", "a@example.com"), mail),
            (("key", "rotate"), None),
            (("events", "--reveal"), None),
        )
        self.daemon.start()
        failures, counts, done = [], [0] * len(commands), threading.Event()

        def repeat(index, arguments, stdin):
            while not done.is_set():
                result = self.daemon.waymark(*arguments, stdin=stdin, check=False)
                counts[index] += 1
                if result.returncode != 0:
                    failures.append((arguments, result.stderr))
        threads = [threading.Thread(target=repeat, args=(index, *command))
                   for index, command in enumerate(commands)]
        for thread in threads:
            thread.start()
        for _ in range(4):
            before = list(counts)
            wait_for(lambda: failures or all(now > then for now, then in zip(counts, before)))
            self.assertEqual(self.daemon.stop(), 0)
            self.daemon.start()
        done.set()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        sequences = self.daemon.sequences()
        self.assertEqual(sequences, list(range(1, len(sequences) + 1)))

    @unittest.skipIf(os.getuid() != 0, "needs a second user")
    def test_commands_of_root_leave_the_data_to_its_owner(self):
        """Else the server, which is not root, could not open what they made."""
        owner = 65534
        for folder, _, files in os.walk(self.daemon.instance):
            for path in (folder, *(os.path.join(folder, name) for name in files)):
                os.chown(path, owner, owner)
        os.chmod(self.daemon.directory, 0o755)
        mail = f'<p><a href="{PAGE}">x</a></p>'
        for arguments, stdin in (
                (("link", "new", "--slug", "s", PAGE), None),
                (("prospect", "import", "-"), "email\na@example.com\n"),
                (("prospect", "show", "a@example.com"), None),
                (("rewrite", "--to", "a@example.com"), mail),
                (("key", "rotate"), None),
                (("key", "retire", "1"), None),
                (("token", "new", "shop", "--scope", "events:write"), None),
                (("events", "--reveal"), None),
                (("events", "--reader", "crm"), None)):
            with self.subTest(arguments=arguments):
                self.daemon.waymark(*arguments, stdin=stdin)
                for folder, _, files in os.walk(self.daemon.instance):
                    for path in (folder, *(os.path.join(folder, name) for name in files)):
                        self.assertEqual(os.stat(path).st_uid, owner, path)

    def test_the_control_socket_is_its_owners(self):
        self.daemon.start()
        mode = os.stat(self.socket).st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o600)
        self.assertEqual(self.daemon.stop(), 0)
        self.assertFalse(os.path.exists(self.socket))

    @unittest.skipIf(os.getuid() != 0, "needs a second user")
    def test_another_user_is_refused_even_with_the_socket_open_to_all(self):
        self.daemon.start()
        for path in (self.daemon.directory, self.daemon.instance,
                     os.path.join(self.daemon.instance, "data"), self.socket):
            os.chmod(path, 0o777)
        script = ("import os, socket, sys\n"
                  "os.chdir(sys.argv[1]); os.setuid(65534)\n"
                  "s = socket.socket(socket.AF_UNIX); s.connect('waymark.sock')\n"
                  "s.sendall(b'POST /api/v1/prospects/find HTTP/1.1\\r\\nHost: x\\r\\n"
                  "Content-Length: 2\\r\\nConnection: close\\r\\n\\r\\n{}')\n"
                  "print(s.recv(4096).decode())\n")
        result = subprocess.run(["python3", "-c", script, os.path.dirname(self.socket)],
                                capture_output=True, text=True, timeout=LIMIT_S, check=True)
        self.assertTrue(result.stdout.startswith("HTTP/1.1 403"), result.stdout)

    def test_a_long_path_of_the_data_directory(self):
        deep = os.path.join(self.daemon.directory, *["d" * 50] * 3)
        os.makedirs(deep)
        daemon = Daemon(directory=deep)
        self.addCleanup(daemon.__exit__, None, None, None)
        daemon.start()
        self.assertEqual(daemon.click(daemon.link(PAGE, "--slug", "s")).location, PAGE)
        self.assertEqual(daemon.stop(), 0)

    def test_a_stop_says_shutdown(self):
        self.daemon.start()
        self.daemon.click(self.daemon.link(PAGE, "--slug", "s"))
        self.assertEqual(self.daemon.stop(), 0)
        [account] = self.daemon.accounts()
        self.assertEqual(account["period"], "shutdown")
        self.assertEqual((account["received"], account["stored"], account["pending"]), (2, 2, 0))

    def test_interrupt_stops_too_and_hangup_does_not(self):
        self.daemon.start()
        self.daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "event=reload" in self.daemon.log())
        self.assertEqual(self.daemon.get("/healthz").status, 200)
        self.assertEqual(self.daemon.stop(signal.SIGINT), 0)

    def test_a_hangup_loads_the_keys_again(self):
        link = self.daemon.link(PAGE, "--slug", "s", "--to", "a@example.com")
        path = os.path.join(self.daemon.instance, "keys.json")
        with open(path, encoding="utf-8") as file:
            before = file.read()
        url = self.daemon.waymark("link", "new", "--slug", "s", "--to", "a@example.com",
                                  PAGE).stdout.splitlines()[1]
        self.daemon.waymark("key", "rotate")
        self.daemon.waymark("key", "retire", "1")
        with open(path, encoding="utf-8") as file:
            retired = file.read()

        def replace(text):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        replace(before)
        self.daemon.start()
        self.assertEqual(self.daemon.click(url).status, 302)
        replace("{")
        self.daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "result=refused" in self.daemon.log())
        self.assertEqual(self.daemon.click(url).status, 302)
        replace(retired)
        self.daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "result=done" in self.daemon.log())
        self.assertEqual(self.daemon.click(url).status, 404)
        self.assertEqual(self.daemon.click(link).status, 302)

    def test_a_hangup_refuses_another_identity_key(self):
        """It would give each person and each link another id; the old keyring stays."""
        self.daemon.waymark("prospect", "import", "-", stdin="email\na@example.com\n")
        path = os.path.join(self.daemon.instance, "keys.json")
        with open(path, encoding="utf-8") as file:
            keys = json.load(file)

        def known():
            answer = self.daemon.control("/api/v1/prospects/find", {"email": "a@example.com"})
            return answer.status == 200
        self.daemon.start()
        with open(path, "w", encoding="utf-8") as file:
            json.dump({**keys, "identity": mint.encode(bytes(range(32)))}, file)
        self.daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "event=reload" in self.daemon.log())
        self.assertIn("result=refused", self.daemon.log())
        self.assertIn(f"{path}: its identity key is another one", self.daemon.log())
        self.assertTrue(known())
        result = self.daemon.waymark("key", "rotate", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("its identity key is another one", result.stderr)
        self.assertTrue(known())
        with open(path, "w", encoding="utf-8") as file:
            json.dump(keys, file)
        self.daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "result=done" in self.daemon.log())
        self.assertTrue(known())

    def test_a_kill_is_unclean_and_loses_nothing_that_was_answered(self):
        self.daemon.start()
        url = self.daemon.link(PAGE, "--to", "a@example.com")
        for _ in range(5):
            self.assertEqual(self.daemon.click(url).status, 302)
        self.assertEqual(self.daemon.kill(), -signal.SIGKILL)
        self.assertTrue(os.path.exists(self.socket))
        self.daemon.start()
        self.assertEqual(len(self.daemon.events(type="click")), 5)
        [account] = self.daemon.accounts()
        self.assertEqual(account["period"], "unclean")
        self.assertEqual(self.daemon.click(url).status, 302)
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual([account["period"] for account in self.daemon.accounts()],
                         ["unclean", "shutdown"])
        sequences = self.daemon.sequences()
        self.assertEqual(sequences, list(range(1, len(sequences) + 1)))

    def test_a_drain_finishes_what_is_open_and_takes_nothing_new(self):
        self.daemon.start()
        url = self.daemon.link(PAGE, "--slug", "s")
        open_one = socket.create_connection(("127.0.0.1", self.daemon.port), LIMIT_S)
        self.addCleanup(open_one.close)
        # The rest of a head would have to come within a second.
        open_one.sendall(b"GET /l/s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nx")
        wait_for(lambda: self.daemon.metric('waymark_connections{listener="public"}') == 1)
        self.daemon.process.send_signal(signal.SIGTERM)
        wait_for(lambda: "event=draining" in self.daemon.log())
        with self.assertRaises(OSError):
            self.daemon.click(url)
        open_one.sendall(b"y")
        answer = b""
        while piece := open_one.recv(65536):
            answer += piece
        self.assertTrue(answer.startswith(b"HTTP/1.1 302"), answer)
        self.assertEqual(self.daemon.wait(), 0)
        self.assertEqual(len(self.daemon.events(type="click")), 1)

    def drain_beside(self, *pieces):
        """Stop while clients hold connections on which they have sent @pieces; the last line."""
        self.daemon.configure(limits__request_timeout_s=60)
        self.daemon.start()
        for piece in pieces:
            client = socket.create_connection(("127.0.0.1", self.daemon.port), LIMIT_S)
            self.addCleanup(client.close)
            client.sendall(piece)
            if piece.endswith(b"\r\n\r\n"):
                self.assertIn(b" 200 ", client.recv(4096))
        wait_for(lambda: self.daemon.metric('waymark_connections{listener="public"}')
                 == len(pieces))
        self.daemon.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.daemon.wait(), 0)
        log = self.daemon.log()
        self.assertLess(log.index("event=draining"), log.index("event=stopping"))
        return log.splitlines()[-1]

    def test_a_drain_does_not_wait_for_who_has_not_asked(self):
        get = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
        self.assertIn("result=drained", self.drain_beside(get, get + b"\r\n", b"GET /he", b""))

    def test_a_drain_that_is_cut_says_so(self):
        self.assertIn("result=cut", self.drain_beside(
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc"))

    def test_an_address_in_use_is_said(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.daemon.configure(listen=f"127.0.0.1:{port}")
            result = self.daemon.waymark("serve", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"listen: cannot listen on 127.0.0.1:{port}", result.stderr)

    def test_a_unix_socket_as_public_listener(self):
        path = os.path.join(self.daemon.directory, "public.sock")
        self.daemon.configure(listen=f"unix:{path}")
        process = self.daemon.spawn()
        self.assertIn(f"unix:{path} (public)", read_line(process))
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(path)
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 200"))
        self.assertEqual(self.daemon.stop(), 0)

    def test_followed_events_come_as_they_are_stored(self):
        self.daemon.start()
        url = self.daemon.link(PAGE, "--slug", "s")
        follower = subprocess.Popen(
            [WAYMARK, "events", "--config", self.daemon.config_path, "--follow", "--type",
             "click"], stdout=subprocess.PIPE)
        self.addCleanup(follower.stdout.close)
        self.addCleanup(follower.wait)
        self.addCleanup(follower.kill)
        for _ in range(3):
            self.daemon.click(url)
            self.assertEqual(json.loads(read_line(follower))["type"], "click")
        follower.send_signal(signal.SIGINT)
        self.assertEqual(follower.wait(LIMIT_S), 0)


if __name__ == "__main__":
    unittest.main()

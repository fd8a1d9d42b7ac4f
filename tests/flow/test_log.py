# SPDX-License-Identifier: Apache-2.0
"""The log names what failed, by an id that the answer carries, and holds nothing of any person."""
import json
import os
import re
import subprocess
import time
import unittest

import mint
from daemon import BROWSER, Daemon, read_line, wait_for

HOLD_READERS = os.environ["WAYMARK_HOLD_READERS"]
PAGE = "http://localhost:8090/p"
PERSON, OTHER_PERSON = "erika.mustermann@example.com", "max@example.net"
CLIENT, IPV6_CLIENT = "198.51.100.77", "2001:db8::7:77"
ID = re.compile(r"^[0-9a-f]{12}-[0-9]+$")
LINE = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+Z level=[a-z]+ event=[a-z_]+( \w+=.*)?$")
LINES_PER_SECOND = 20  # of one event


class Log(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(ip="sealed")
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.keys_path = os.path.join(self.daemon.instance, "keys.json")
        self.secrets = {PERSON, OTHER_PERSON, CLIENT, IPV6_CLIENT, "mustermann", "198.51.100"}
        self.ids = []

    def lines(self, **values):
        """The lines of the log whose fields have these values."""
        found = []
        for line in self.daemon.log().splitlines():
            fields = dict(re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)', line))
            if all(fields.get(name) == value for name, value in values.items()):
                found.append(fields)
        return found

    def incident(self, answer, status):
        """The answer is a failure whose id the log has; its line."""
        self.assertEqual(answer.status, status, answer)
        request = answer.header("X-Request-Id")
        self.assertRegex(request, ID)
        self.assertNotIn(request, self.ids)
        self.ids.append(request)
        self.assertIn(request.encode(), answer.body)
        [line] = wait_for(lambda: self.lines(request=request))
        self.assertEqual(line["status"], str(status))
        return line

    def hold_readers(self):
        """Nobody else can read state/ until what is returned is closed."""
        holder = subprocess.Popen(
            [HOLD_READERS, os.path.join(self.daemon.instance, "data", "state")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, "TSAN_OPTIONS": "detect_deadlocks=0"})
        self.addCleanup(holder.kill)
        self.assertGreater(int(read_line(holder)), 0)
        return holder

    def test_a_link_that_cannot_be_read(self):
        self.daemon.start()
        url = self.daemon.link(PAGE, "--to", PERSON)
        with self.hold_readers():
            line = self.incident(self.daemon.click(url), 503)
        self.assertEqual((line["level"], line["event"], line["method"], line["route"]),
                         ("error", "request_failed", "GET", "/c/*"))
        self.assertIsNone(self.daemon.click(url).header("X-Request-Id"))

    def test_operations(self):
        self.daemon.start()
        rows = (
            ("/api/v1/keys/retire", {"id": 77}, 404, "warning"),
            ("/api/v1/prospects/find", {"email": PERSON}, 404, "warning"),
            ("/api/v1/prospects/find", {"email": f"{PERSON} x"}, 400, "warning"),
        )
        for path, body, status, level in rows:
            line = self.incident(self.daemon.control(path, body), status)
            self.assertEqual((line["level"], line["route"], line["reason"]), (level, path, "-"))
        line = self.incident(self.daemon.admin("/api/v1/links", "POST", b"{}"), 401)
        self.assertEqual((line["level"], line["event"]), ("warning", "request_refused"))
        os.chmod(self.keys_path, 0o640)
        line = self.incident(self.daemon.control("/api/v1/keys/rotate", {}), 503)
        self.assertEqual((line["level"], line["event"]), ("error", "request_failed"))
        self.assertIn("its mode is 0640", line["reason"])
        os.chmod(self.keys_path, 0o600)
        with open(self.keys_path, encoding="utf-8") as file:
            keys = json.load(file)
        with open(self.keys_path, "w", encoding="utf-8") as file:
            json.dump({**keys, "identity": mint.encode(bytes(range(32)))}, file)
        result = self.daemon.waymark("key", "rotate", check=False)
        [request] = re.findall(r"\(request (\S+) in the server's log\)", result.stderr)
        self.assertEqual(len(wait_for(lambda: self.lines(request=request))), 1)

    def test_a_flood_of_errors_does_not_flood_the_log(self):
        self.daemon.start()
        connection = self.daemon.connect()
        connection.port = self.daemon.admin_port
        count, begun = 10 * LINES_PER_SECOND, time.monotonic()
        for _ in range(count):
            answer = self.daemon.request("POST", "/api/v1/links", connection=connection, body=b"{}")
            self.assertRegex(answer.header("X-Request-Id"), ID)
        connection.close()

        def told():
            lines = self.lines(event="request_refused")
            held_back = sum(int(line.get("held_back", 0)) for line in lines)
            return sum("request" in line for line in lines) + held_back == count
        wait_for(told)
        # Each second may begin in the middle of one of the log's, and a count is a line, too.
        seconds = int(time.monotonic() - begun) + 2
        self.assertLessEqual(len(self.lines(event="request_refused")),
                             min(count, seconds * (LINES_PER_SECOND + 1)))

    def forge(self, url, token):
        for bit in (0, 40, len(mint.decode(token)) * 8 - 1):
            forged = mint.flip(token, bit)
            self.secrets.add(forged)
            self.daemon.click(url.replace(token, forged))

    def click_in_every_way(self):
        keys = mint.Keys(self.daemon.instance)
        url = self.daemon.link(PAGE, "--to", PERSON, "--mailing", "2026-11")
        slug = self.daemon.link(PAGE + "/2", "--slug", "autumn")
        contained = keys.mint(mint.SELF_CONTAINED, bytes(4) + keys.prospect_id(PERSON) +
                              f"{PAGE}?to={PERSON}".encode())
        token = url.rsplit("/", 1)[1]
        self.secrets |= {token, contained, keys.prospect_id(PERSON).hex()}
        headers = {"X-Forwarded-For": f"{IPV6_CLIENT}, {CLIENT}",
                   "Referer": f"https://mail.example.com/?to={PERSON}",
                   "User-Agent": f"Mozilla/5.0 (compatible; a bot; {PERSON})"}
        cookie = None
        for target in (url, f"{url}?email={PERSON}", slug, f"{slug}?m={PERSON}",
                       f"http://localhost:8080/u/{contained}", f"http://localhost:8080/c/{PERSON}",
                       f"{url}/{token}", f"http://localhost:8080/nothing?a={PERSON}"):
            for method in ("GET", "HEAD", "POST", "BREW"):
                answer = self.daemon.click(target, {**headers, "Cookie": cookie}, method=method)
                cookie = answer.cookie or cookie
        self.secrets.add(cookie.split("=")[1])
        self.forge(url, token)
        self.forge(f"http://localhost:8080/u/{contained}", contained)
        self.daemon.click(url, {"Host": PERSON.rsplit("@", 1)[1]})
        self.daemon.click(url, {"Cookie": f"wm={contained}; wm={cookie.split('=')[1]}"})
        # One that nobody has asked for, so that it is not in memory.
        unread = self.daemon.link(PAGE + "/3", "--to", PERSON, "--mailing", "2026-11")
        self.secrets.add(unread.rsplit("/", 1)[1])
        with self.hold_readers():
            self.assertEqual(self.daemon.click(f"{unread}?email={PERSON}", headers).status, 503)
        return url

    def ask_for_operations(self):
        for path, body in (
                ("/api/v1/prospects", {"prospects": [{"email": OTHER_PERSON, "x": OTHER_PERSON}]}),
                ("/api/v1/prospects/find", {"email": PERSON, "fields": True}),
                ("/api/v1/prospects/find", {"email": PERSON, PERSON: 1}),
                ("/api/v1/links", {"links": [{"destination": f"{PAGE}?{PERSON}", "slug": "s"}]}),
                ("/api/v1/links", {"links": [{"destination": PAGE, "slug": PERSON}]})):
            self.daemon.control(path, body)
            self.daemon.admin(path, "POST", json.dumps(body).encode())
        self.daemon.waymark("prospect", "import", "-", check=False,
                            stdin=f"email,name\n{OTHER_PERSON},M\nnot an address {PERSON},x\n")

    def reload_badly(self):
        with open(self.daemon.config_path, encoding="utf-8") as file:
            good = file.read()
        for change in ({"trackers": []}, {"node": "n2"}, {"colour": PERSON}):
            before = len(self.lines(event="reload"))
            self.daemon.configure(**change)
            self.daemon.process.send_signal(1)
            wait_for(lambda before=before: len(self.lines(event="reload")) > before)
            with open(self.daemon.config_path, "w", encoding="utf-8") as file:
                file.write(good)

    def test_nothing_of_any_person_is_in_the_log(self):
        self.daemon.start()
        url = self.click_in_every_way()
        self.ask_for_operations()
        self.reload_badly()
        wrong = self.daemon.connect()
        wrong.request("GET", f"/c/{PERSON}", headers={**BROWSER, "X": "y" * 20000})
        wrong.close()
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        self.assertEqual(self.daemon.click(url).status, 302)
        self.assertEqual(self.daemon.kill(), -9)
        self.daemon.start()
        self.assertEqual(self.daemon.stop(), 0)
        log = self.daemon.log()
        for event in ("started", "request_failed", "request_refused", "reload", "draining",
                      "stopping"):
            self.assertTrue(self.lines(event=event), f"the log has no {event}, so shows nothing")
        for secret in self.secrets:
            self.assertNotIn(secret, log)
        self.assertEqual(re.findall(r"[\w.+-]+@[\w-]+\.\w+", log), [])
        for line in log.splitlines():
            self.assertRegex(line, LINE)
        self.assertEqual(set(re.findall(r"\b\d{1,3}(?:\.\d{1,3}){3}\b", log)) - {"127.0.0.1"},
                         set())


if __name__ == "__main__":
    unittest.main()

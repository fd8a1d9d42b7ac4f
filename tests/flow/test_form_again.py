# SPDX-License-Identifier: Apache-2.0
"""The second post of a double click, while the disk has not taken the first one yet."""
import http.client
import json
import os
import pathlib
import select
import unittest
import urllib.parse

from daemon import BROWSER, LIMIT_S, SITE, Daemon, wait_for

WAITING = 'waymark_requests_waiting{listener="public"}'
ABORTED = 'waymark_requests_total{route="none",result="aborted"}'
FORM = {"name": "contact", "success": SITE + "/thanks",
        "fields": [{"name": "email", "type": "email", "required": True}]}
BODY = urllib.parse.urlencode({"email": "a@example.com", "waymark-key": "k"}).encode()
POST = {**BROWSER, "Origin": SITE, "Content-Type": "application/x-www-form-urlencoded",
        "Host": "localhost:8080"}


class Again(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.stall = pathlib.Path(self.daemon.directory) / "stall"
        self.daemon.start(LD_PRELOAD=os.environ["WAYMARK_DISK_PRELOAD"],
                          WAYMARK_DISK_STALL=str(self.stall))
        path = pathlib.Path(self.daemon.directory) / "form.json"
        path.write_text(json.dumps(FORM), encoding="utf-8")
        self.daemon.waymark("form", "set", str(path))

    def post(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=LIMIT_S)
        self.addCleanup(connection.close)
        connection.request("POST", "/f/contact", BODY, POST)
        return connection

    def wait(self, count, *connections):
        """So many have come, or one of these is answered: what for is in the log by then."""
        def answered():
            return select.select([one.sock for one in connections], [], [], 0)[0]
        wait_for(lambda: answered() or
                 self.daemon.metric(WAITING) + self.daemon.metric(ABORTED) >= count)
        if answered():
            self.assert_recorded()

    def assert_recorded(self):
        self.assertEqual(len(self.daemon.events(type="submit")), 1)

    def thanked(self, connection):
        answer = connection.getresponse()
        self.assertEqual((answer.status, answer.getheader("Location")), (303, SITE + "/thanks"))
        self.assert_recorded()

    def test_it_is_thanked_when_the_first_is_in_the_log(self):
        self.stall.touch()
        first = self.post()
        self.wait(1, first)
        second = self.post()
        self.wait(2, second)
        self.stall.unlink()
        self.thanked(second)
        self.thanked(first)
        self.daemon.prove()

    def test_so_it_is_when_the_browser_has_given_up_the_first(self):
        self.stall.touch()
        first = self.post()
        self.wait(1, first)
        second = self.post()
        self.wait(2, second)
        first.close()
        third = self.post()
        self.wait(3, second, third)
        self.stall.unlink()
        self.thanked(second)
        self.thanked(third)
        self.daemon.prove()


if __name__ == "__main__":
    unittest.main()

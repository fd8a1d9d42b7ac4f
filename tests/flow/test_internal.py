# SPDX-License-Identifier: Apache-2.0
"""What the owner's own people do is kept with the reason and told apart: by their network, by the
mark that the staff's link leaves in a browser, and by pages that say nothing of interest."""
import re
import time
import unittest

import mint
from daemon import SITE, Daemon

PAGE = SITE + "/a"
OFFICE = {"X-Forwarded-For": "203.0.113.9"}
VIEW = "t=view&v=0123456789abcdef&u="


class Internal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(internal={"networks": ["203.0.113.0/24", "2001:db8:1::/48"],
                                      "pages": ["/careers", SITE + "/press/"]})
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.daemon.start()
        cls.keys = mint.Keys(cls.daemon.instance)
        cls.url = cls.daemon.link(PAGE, "--to", "a@example.com")

    def setUp(self):
        self.last = self.daemon.events()[-1]["seq"]

    def excluded(self):
        """The reasons of each event since the test began."""
        return [event.get("excluded") for event in self.daemon.events("--after", str(self.last))
                if event["type"] in ("click", "view", "probe")]


class Reasons(Internal):
    def test_a_network(self):
        before = self.daemon.metric("waymark_events_excluded_total")
        for address in ("203.0.113.9", "2001:db8:1::7", "203.0.114.9", "2001:db8:2::7"):
            self.assertEqual(
                self.daemon.click(self.url, headers={"X-Forwarded-For": address}).status, 302)
        self.assertEqual(self.excluded(), [["network"], ["network"], None, None])
        self.assertEqual(self.daemon.metric("waymark_events_excluded_total") - before, 2)

    def test_a_page_by_beacon_and_by_link(self):
        job = self.daemon.link(SITE + "/careers/42", "--to", "a@example.com")
        self.last = self.daemon.events()[-1]["seq"]
        lines = [VIEW + SITE + path for path in ("/careers", "/careers-fair", "/press/1", "/")]
        self.assertEqual(self.daemon.beacon("\n".join(lines)).status, 204)
        self.daemon.click(job)
        self.assertEqual(self.excluded(), [["page"], None, ["page"], None, ["page"]])

    def test_what_is_excluded_is_kept_whole(self):
        self.daemon.click(self.url, headers=OFFICE)
        [event] = [event for event in self.daemon.events("--after", str(self.last))
                   if event["type"] == "click"]
        self.assertIsNotNone(event["visitor"])
        self.assertIsNotNone(event["prospect"])
        self.assertEqual(event["ip"], "203.0.113.0")


class Staff(Internal):
    def setUp(self):
        super().setUp()
        self.link = self.daemon.waymark("link", "staff").stdout.strip()
        self.path = self.link[len("http://localhost:8080"):]

    def post(self, path, body, headers=None):
        return self.daemon.request("POST", path, headers, body=body)

    def mark(self, seconds=86400, host="localhost"):
        second = int(time.time()) + seconds
        return self.keys.mint(mint.STAFF, second.to_bytes(4, "big"), host)

    def test_looking_changes_nothing(self):
        for method in ("GET", "HEAD"):
            answer = self.daemon.request(method, self.path, {"Accept-Language": "en"})
            self.assertEqual((answer.status, answer.cookie), (200, None))
        answer = self.daemon.get(self.path, {"Accept-Language": "en"})
        self.assertIn(b"This browser is counted.", answer.body)
        self.assertIn(b'name="count" value="no"', answer.body)
        self.assertNotIn(b"<script", answer.body)
        self.assertEqual(self.excluded(), [])

    def test_both_languages(self):
        self.assertIn("除外".encode(), self.daemon.get(self.path, {"Accept-Language": "ja"}).body)
        self.assertIn("除外".encode(), self.daemon.get(self.path + "?lang=ja").body)

    def test_marked_and_unmarked(self):
        answer = self.post(self.path, b"count=no&lang=en")
        self.assertEqual((answer.status, answer.location), (303, self.path + "?lang=en"))
        [whole] = [value for name, value in answer.pairs if name == "set-cookie"]
        self.assertRegex(whole, r"^wm-staff=[\w-]{23}; Path=/; Max-Age=34128000; HttpOnly; "
                                r"SameSite=Lax$")
        marked = {"Cookie": answer.cookie}
        self.daemon.click(self.url, headers=marked)
        self.daemon.beacon(VIEW + PAGE, marked)
        self.daemon.click(self.url, headers={**marked, **OFFICE})
        self.assertEqual(self.excluded(), [["staff"], ["staff"], ["network", "staff"]])
        page = self.daemon.get(self.path + "?lang=en", marked)
        self.assertIn(b"This browser is left out.", page.body)
        self.assertIn(b'name="count" value="yes"', page.body)
        undone = self.post(self.path, b"count=yes", marked)
        self.assertEqual((undone.status, undone.cookie), (303, "wm-staff="))
        self.assertTrue(re.search("Max-Age=0", undone.header("Set-Cookie")))

    def test_the_page_is_not_fetched_before_its_reader_looks(self):
        answer = self.daemon.get(self.path, {"Sec-Purpose": "prefetch"})
        self.assertEqual((answer.status, answer.header("Cache-Control")), (503, "no-store"))

    def test_a_post_that_says_neither_changes_nothing(self):
        for body in (b"", b"count=", b"count=maybe", b"=no", b"COUNT=no"):
            answer = self.post(self.path, body)
            self.assertEqual((answer.status, answer.cookie), (303, None))

    def test_a_link_whose_time_is_over_marks_nobody_and_still_undoes(self):
        path = "/staff/" + self.mark(seconds=-1)
        page = self.daemon.get(path + "?lang=en")
        self.assertEqual(page.status, 200)
        self.assertIn(b"The time of this link is over.", page.body)
        self.assertIsNone(self.post(path, b"count=no").cookie)
        marked = {"Cookie": "wm-staff=" + self.mark(seconds=-1)}
        self.assertIn(b'value="yes"', self.daemon.get(path, marked).body)
        self.assertEqual(self.post(path, b"count=yes", marked).cookie, "wm-staff=")
        self.daemon.click(self.url, headers=marked)
        self.assertEqual(self.excluded(), [["staff"]])

    def test_what_we_did_not_sign(self):
        good = self.path.rpartition("/")[2]
        forged = [mint.flip(good, bit) for bit in range(0, 136, 7)]
        forged += [self.mark(host="go.example.net"), self.mark(host=""), good[:-1], good + "A", "",
                   self.keys.mint(mint.VISITOR, bytes(4), "localhost")]
        name = 'waymark_tokens_forged_total{purpose="staff"}'
        before = self.daemon.metric(name)
        for token in forged:
            for answer in (self.daemon.get("/staff/" + token),
                           self.post("/staff/" + token, b"count=no")):
                self.assertEqual((answer.status, answer.cookie), (404, None), token)
        self.assertEqual(self.daemon.metric(name) - before, 2 * len(forged))
        for token in forged:
            self.daemon.click(self.url, headers={"Cookie": "wm-staff=" + token})
        self.assertEqual(self.excluded(), [None] * len(forged))

    def test_the_command(self):
        self.assertRegex(self.link, r"^http://localhost:8080/staff/[\w-]{23}$")
        link = self.daemon.waymark("link", "staff", "--days", "1").stdout.strip()
        second = int.from_bytes(mint.decode(link.rpartition("/")[2])[1:5], "big")
        self.assertAlmostEqual(second, time.time() + 86400, delta=120)
        for wrong in ("0", "3651", "x", "-1", "1.5", ""):
            done = self.daemon.waymark("link", "staff", "--days", wrong, check=False)
            self.assertEqual(done.returncode, 64, wrong)
        done = self.daemon.waymark("link", "staff", "--tracker", "https://go.example.net",
                                   check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("http://localhost:8080", done.stderr)


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""The cases that other trackers test theirs with (peers.json of the corpora), of the kinds that a
request decides: http, pageview-url, client-ip, referrer, allowed-site. Each is put to the real
server and must come out as the peer says, or as peers.json beside this file says, with the reason;
a row there whose difference is gone is a failure, too. Kind "session" is unit/summary/session, the
kinds of REWRITING are flow/rewrite_corpora."""
import json
import pathlib
import unittest
import urllib.parse

import corpora
from daemon import SITE, Daemon

HERE = {row["id"]: row for row in
        json.loads(pathlib.Path(__file__).with_name("peers.json").read_text(encoding="utf-8"))}
KINDS = ("http", "pageview-url", "client-ip", "referrer", "allowed-site")
REWRITING = ("html-rewrite", "text-rewrite", "append-query")
PIXEL = "/e.gif?u=" + urllib.parse.quote(SITE + "/a")


class Peers(unittest.TestCase):
    kind = None
    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.rows = {row["id"]: row for row in corpora.whole("peers.json")
                    if row["kind"] == cls.kind}
        cls.daemon = Daemon(**cls.settings)
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.daemon.start()

    def here(self, row):
        return HERE.get(row["id"], {}).get("here", {})

    def expect(self, row, key, got):
        """@got is what the peer has under @key; or what we have instead, which must differ."""
        theirs = row["expect"][key]
        if key not in self.here(row):
            self.assertEqual(got, theirs, row["id"])
            return
        self.assertEqual(got, self.here(row)[key], row["id"])
        self.assertNotEqual(got, theirs, f"{row['id']}: not different any more")

    def last(self):
        return ([0] + [event["seq"] for event in self.daemon.events()])[-1]

    def view(self, keys, headers=None):
        """The one event of a beacon with these keys."""
        last = self.last()
        body = urllib.parse.urlencode({"t": "view", "v": "0123456789abcdef", **keys})
        self.assertEqual(self.daemon.beacon(body, headers).status, 204)
        [event] = self.daemon.events("--after", str(last), "--type", "view")
        return event


@corpora.needs("peers.json")
class Http(Peers):
    kind = "http"

    def test_every_row_is_here(self):
        self.assertEqual(set(self.rows), {f"snowplow-{number}" for number in (1, 2, 3, 5, 6, 7)})

    def test_health(self):
        row = self.rows["snowplow-1"]
        self.expect(row, "status", self.daemon.get(self.here(row)["path"]).status)
        self.assertEqual(self.daemon.get(row["input"]["path"]).status, 404)

    def test_head_is_get_without_a_body(self):
        row = self.rows["snowplow-2"]
        url = self.daemon.link(SITE + "/", "--to", "a@example.com")
        for path in (url[len("http://localhost:8080"):], PIXEL):
            headers = {"Sec-Fetch-Site": "same-site"}
            get = self.daemon.get(path, headers)
            head = self.daemon.request("HEAD", path, headers)
            self.expect(row, "status_same_as_get", head.status == get.status)
            self.expect(row, "body_len", len(head.body))

    def test_a_click_without_a_destination(self):
        row = self.rows["snowplow-3"]
        for path in ("/c/", "/u/", "/l/"):
            answer = self.daemon.get(path)
            self.assertIsNone(answer.location)
            self.expect(row, "status", answer.status)

    def test_the_address_of_a_pixel(self):
        row = self.rows["snowplow-5"]
        last = self.last()
        self.daemon.get(PIXEL, {**row["input"]["headers"], "Sec-Fetch-Site": "same-site"})
        [event] = self.daemon.events("--after", str(last), "--type", "view")
        self.expect(row, "ip", event["ip"])

    def test_the_pixel_is_a_picture_that_nobody_keeps(self):
        row = self.rows["snowplow-6"]
        answer = self.daemon.get(PIXEL, {"Sec-Fetch-Site": "same-site"})
        self.expect(row, "content_type", answer.header("Content-Type"))
        self.assertEqual(answer.header("Cache-Control"), self.here(row)["cache_control"])

    def test_a_preflight(self):
        row = self.rows["snowplow-7"]
        answer = self.daemon.request("OPTIONS", "/e", row["input"]["headers"])
        self.expect(row, "acao", answer.header("Access-Control-Allow-Origin"))
        self.expect(row, "acac", answer.header("Access-Control-Allow-Credentials"))


@corpora.needs("peers.json")
class PageUrl(Peers):
    kind = "pageview-url"

    def test_each_row(self):
        self.assertEqual(len(self.rows), 5)
        for row in self.rows.values():
            parts = urllib.parse.urlsplit(self.view({"u": row["input"]["url"]})["url"])
            query = dict(urllib.parse.parse_qsl(parts.query))
            for key in row["expect"]:
                self.expect(row, key, {"path": parts.path,
                                       "path_decoded": urllib.parse.unquote(parts.path),
                                       **query}[key])


@corpora.needs("peers.json")
class ClientAddress(Peers):
    kind = "client-ip"
    settings = {"ip": "sealed"}

    def test_each_row(self):
        url = self.daemon.link(SITE + "/", "--to", "a@example.com")
        self.assertEqual(len(self.rows), 3)
        for row in self.rows.values():
            last = self.last()
            self.daemon.click(url, headers=row["input"])
            [hidden] = self.daemon.events("--after", str(last), "--type", "click")
            [event] = self.daemon.events("--after", str(last), "--type", "click", "--reveal")
            self.assertEqual(hidden["ip_sealed"], {"sealed": self.here(row)["sealed"]})
            self.expect(row, "ip", event["ip_sealed"])
            self.assertNotEqual(event["ip"], event["ip_sealed"])


@corpora.needs("peers.json")
class Referrer(Peers):
    kind = "referrer"

    def test_each_row(self):
        self.assertEqual(len(self.rows), 4)
        for row in self.rows.values():
            got = self.view({"u": SITE + "/a", "r": row["input"]["referrer"]})["referrer"] or ""
            if "referrer" in row["expect"]:
                self.expect(row, "referrer", got)
            else:
                self.assertEqual(got, self.here(row)["referrer"])


def over_https(site, page):
    """A tracker with a name needs https: the site gets it, and the page keeps its relation."""
    same = site.split(":")[0] == page.split(":")[0]
    return (site.replace("http://", "https://"),
            "https://" + page.split("://")[1] if same else "http://" + page.split("://")[1])


@corpora.needs("peers.json")
class AllowedSite(unittest.TestCase):
    def check(self, row):
        here = HERE.get(row["id"], {}).get("here", {})
        site, page = over_https(row["input"]["site"], row["input"]["page_url"])
        parts = urllib.parse.urlsplit(page)
        with Daemon() as daemon:
            name = ".".join(urllib.parse.urlsplit(site).hostname.split(".")[-2:])
            daemon.configure(trackers=[{"url": f"https://go.{name}", "sites": [site]}])
            if "refused" in here:
                self.assertRegex(self.refusal(daemon), here["refused"].replace("[", r"\["))
                return
            daemon.start()
            answer = daemon.beacon(urllib.parse.urlencode({"t": "view", "u": page}),
                                   {"Host": f"go.{name}",
                                    "Origin": f"{parts.scheme}://{parts.netloc}"})
            tracked = answer.status == 204 and len(daemon.events(type="view")) == 1
            self.assertEqual(tracked, here.get("tracked", row["expect"]["tracked"]), row["id"])
            if "tracked" in here:
                self.assertNotEqual(tracked, row["expect"]["tracked"], row["id"])

    def refusal(self, daemon):
        done = daemon.waymark("config", "check", check=False)
        self.assertEqual(done.returncode, 1)
        return done.stdout + done.stderr

    def test_each_row(self):
        rows = [row for row in corpora.whole("peers.json") if row["kind"] == "allowed-site"]
        self.assertEqual(len(rows), 8)
        for row in rows:
            with self.subTest(row["id"]):
                self.check(row)


@corpora.needs("peers.json")
class Differences(unittest.TestCase):
    def test_each_is_of_a_row_and_says_why(self):
        rows = {row["id"]: row for row in corpora.whole("peers.json")}
        for name, row in HERE.items():
            self.assertIn(rows[name]["kind"], (*KINDS, *REWRITING, "session"))
            self.assertEqual(set(row), {"id", "here", "why"})
            self.assertGreater(len(row["why"].split()), 0)


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""Two trackers in one server: Host alone decides whose visit it is, and cookies, choices, marks,
sites and fallbacks of one are nothing to the other. People and links are the owner's, so they are
known on both."""
import unittest
import urllib.parse

import mint
from daemon import BROWSER, Daemon, wait_for

ONE, OTHER = "https://go.example.com", "https://go.example.net"
SITES = {ONE: "https://www.example.com", OTHER: "https://www.example.net"}
NAME = "__Host-Http-wm"


def host(tracker):
    return urllib.parse.urlsplit(tracker).netloc


class Trackers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(
            tracker=ONE, site=SITES[ONE],
            trackers=[{"url": ONE, "sites": [SITES[ONE]], "primary": True, "campaign": "com"},
                      {"url": OTHER, "sites": [SITES[OTHER]], "campaign": "net",
                       "fallback": "https://www.example.net/lost"}])
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.daemon.start()
        cls.keys = mint.Keys(cls.daemon.instance)
        url = cls.daemon.link("https://www.example.com/p", "--to", "a@example.com")
        cls.path = url[len(ONE):]

    def setUp(self):
        self.last = self.daemon.events()[-1]["seq"]

    def events(self, *types):
        return [event for event in self.daemon.events("--after", str(self.last))
                if event["type"] in types]

    def click(self, tracker, path=None, **headers):
        return self.daemon.click(tracker + (path or self.path), headers=headers)

    def view(self, tracker, site, **headers):
        return self.daemon.beacon(f"t=view&v=0123456789abcdef&u={site}/a",
                                  {"Host": host(tracker), "Origin": site, **headers})

    def owners(self, cookies):
        """Whom a page view at each tracker is told of."""
        for tracker, cookie in cookies.items():
            self.view(tracker, SITES[tracker], Cookie=cookie)
        return [event["prospect"] for event in self.events("view")[-len(cookies):]]

    def forged(self, purpose):
        return self.daemon.metric(f'waymark_tokens_forged_total{{purpose="{purpose}"}}')


class Apart(Trackers):
    def test_host_decides(self):
        for tracker in (ONE, OTHER):
            answer = self.click(tracker)
            self.assertEqual((answer.status, answer.location), (302, "https://www.example.com/p"))
            self.assertTrue(answer.cookie.startswith(NAME + "="))
        for name in ("GO.EXAMPLE.NET", "go.example.net:443", "go.example.net."):
            self.assertEqual(self.click(OTHER, Host=name).status, 302)
        self.assertEqual([event["tracker"] for event in self.events("click")],
                         [host(ONE)] + 4 * [host(OTHER)])
        self.assertEqual(self.click(OTHER, Host="www.example.net").status, 421)

    def test_one_person_two_browsers_ids(self):
        self.click(ONE)
        self.click(OTHER)
        one, other = self.events("click")
        self.assertEqual(one["prospect"], other["prospect"])
        self.assertIsNotNone(one["prospect"])
        self.assertNotEqual(one["visitor"], other["visitor"])

    def test_a_binding_holds_for_one(self):
        """A browser that is somebody's at one tracker is nobody's at the other; what ends a binding
        there, or makes one to another person, changes nothing here."""
        cookies, visitors = {}, {}
        for tracker in (ONE, OTHER):
            answer = self.view(tracker, SITES[tracker])
            cookies[tracker] = answer.cookie
            visitors[tracker] = self.events("view")[-1]["visitor"]
        colleague = self.daemon.link("https://www.example.com/q", "--to", "b@example.com")
        self.click(ONE, Cookie=cookies[ONE])
        handle = self.daemon.waymark("prospect", "find", "a@example.com").stdout.strip()
        self.assertEqual(self.owners(cookies), [handle, None])
        self.click(OTHER, colleague[len(ONE):], Cookie=cookies[OTHER])
        other = self.daemon.waymark("prospect", "find", "b@example.com").stdout.strip()
        self.assertEqual(self.owners(cookies), [handle, other])
        self.assertEqual([(bind["visitor"], bind["tracker"], bind["prospect"])
                          for bind in self.events("bind")],
                         [(visitors[ONE], host(ONE), handle),
                          (visitors[OTHER], host(OTHER), other)])
        self.assertEqual(self.events("conflict"), [])
        [row] = wait_for(lambda: self.daemon.bindings("--visitor", visitors[ONE]))
        self.daemon.waymark("binding", "undo", row["event"])
        self.assertEqual(self.owners(cookies), [None, other])
        self.click(OTHER, Cookie=cookies[OTHER])
        [conflict] = self.events("conflict")
        self.assertEqual((conflict["visitor"], conflict["prospect"]), (visitors[OTHER], handle))
        forgotten = self.daemon.request(
            "POST", "/privacy/forget", {**BROWSER, "Host": host(ONE), "Origin": SITES[ONE],
                                        "Cookie": cookies[ONE], "Sec-Fetch-Site": "same-site"},
            body=b"")
        self.assertEqual(forgotten.status, 204)
        self.assertEqual(self.owners(cookies), [None, other])
        # Nor does the cookie of the one lead to the binding of the other.
        self.view(ONE, SITES[ONE], Cookie=cookies[OTHER])
        self.assertIsNone(self.events("view")[-1]["prospect"])

    def test_a_cookie_of_the_other_is_no_cookie(self):
        before = self.forged("visitor")
        cookie = self.click(ONE).cookie
        again = self.click(ONE, Cookie=cookie)
        self.assertIsNone(again.cookie)
        planted = self.click(OTHER, Cookie=cookie)
        self.assertNotIn(planted.cookie, (None, cookie))
        self.assertEqual(self.view(OTHER, SITES[OTHER], Cookie=cookie).status, 204)
        first, second, third = self.events("click")
        [view] = self.events("view")
        self.assertEqual(first["visitor"], second["visitor"])
        self.assertNotIn(first["visitor"], (third["visitor"], view["visitor"]))
        self.assertEqual(self.forged("visitor") - before, 2)

    def test_a_page_talks_to_its_own_tracker(self):
        for tracker, site, status in ((ONE, SITES[ONE], 204), (OTHER, SITES[OTHER], 204),
                                      (ONE, SITES[OTHER], 403), (OTHER, SITES[ONE], 403),
                                      (ONE, OTHER, 403), (OTHER, OTHER, 204)):
            self.assertEqual(self.view(tracker, site).status, status, (tracker, site))
        self.assertEqual([event["tracker"] for event in self.events("view")],
                         [host(ONE), host(OTHER), host(OTHER)])

    def test_a_choice_holds_for_one(self):
        answer = self.daemon.request(
            "POST", "/consent", {**BROWSER, "Host": host(ONE), "Origin": SITES[ONE],
                                 "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors",
                                 "Content-Type": "application/x-www-form-urlencoded"},
            body=b"state=denied")
        self.assertEqual(answer.status, 204)
        for tracker in (ONE, OTHER):
            self.click(tracker, Cookie=answer.cookie)
        denied, default = self.events("click")
        self.assertEqual((denied["consent"], denied["visitor"]), ("denied", None))
        self.assertEqual((default["consent"], default["consent_reason"]), ("identify", "default"))

    def test_a_mark_of_the_staff_holds_for_one(self):
        link = self.daemon.waymark("link", "staff", "--tracker", OTHER).stdout.strip()
        self.assertTrue(link.startswith(OTHER + "/staff/"))
        path = link[len(OTHER):]
        self.assertEqual(self.daemon.get(path, {"Host": host(ONE)}).status, 404)
        answer = self.daemon.request("POST", path, {"Host": host(OTHER)}, body=b"count=no")
        for tracker in (ONE, OTHER):
            self.click(tracker, Cookie=answer.cookie)
        self.assertEqual([event.get("excluded") for event in self.events("click")],
                         [None, ["staff"]])

    def test_each_has_its_own_fallback_and_its_own_page(self):
        unknown = "/c/" + self.keys.mint(mint.CLICK, b"unknown!" + bytes(12))
        self.assertEqual(self.click(ONE, unknown).location, "https://www.example.com/")
        self.assertEqual(self.click(OTHER, unknown).location, "https://www.example.net/lost")
        for tracker in (ONE, OTHER):
            answer = self.daemon.get("/privacy", {"Host": host(tracker)})
            self.assertIn(host(tracker).encode(), answer.body)
            self.assertNotIn(host(OTHER if tracker == ONE else ONE).encode(), answer.body)


class Minted(Trackers):
    MAIL = '<a href="https://www.example.com/q">q</a>'

    def test_links_are_of_the_tracker_that_was_named(self):
        for slug, arguments, tracker in (("a", [], ONE), ("b", ["--tracker", OTHER], OTHER),
                                         ("c", ["--tracker", OTHER + "/any/page"], OTHER)):
            printed = self.daemon.waymark("link", "new", *arguments, "--slug", slug, "--to",
                                          "a@example.com", "--field", "*|W|*",
                                          "https://www.example.com/r").stdout.split()
            self.assertEqual(len(printed), 3)
            for url in printed:
                self.assertTrue(url.startswith(tracker + "/"), url)

    def test_rewriting_takes_host_and_campaign_of_the_tracker(self):
        for arguments, tracker, campaign in (([], ONE, "com"),
                                             (["--tracker", OTHER], OTHER, "net")):
            mail = self.daemon.waymark("rewrite", *arguments, "--to", "b@example.com",
                                       stdin=self.MAIL).stdout
            self.assertIn(f'href="{tracker}/c/', mail)
            self.daemon.click(mail.split('"')[1])
            self.assertEqual(self.events("click")[-1]["campaign"], campaign)

    def test_a_link_to_the_other_tracker_is_ours(self):
        tracked = self.daemon.waymark("rewrite", "--tracker", OTHER, "--to", "b@example.com",
                                      stdin=self.MAIL).stdout
        again = self.daemon.waymark("rewrite", "--to", "b@example.com", stdin=tracked).stdout
        self.assertEqual(again, tracked)

    def test_a_tracker_that_is_none_is_named_with_those_that_are(self):
        for arguments in (["rewrite", "--to", "b@example.com"],
                          ["link", "new", "--slug", "x", "https://www.example.com/"],
                          ["link", "staff"], ["key", "export", "--for", "login"]):
            done = self.daemon.waymark(*arguments, "--tracker", "https://go.example.org",
                                       check=False, stdin="")
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(f"no tracker at https://go.example.org, but {ONE}, {OTHER}", done.stderr)


if __name__ == "__main__":
    unittest.main()

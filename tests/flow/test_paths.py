# SPDX-License-Identifier: Apache-2.0
"""The links of a former system of the tracker's host, and links that are led elsewhere."""
import json
import os
import re
import shutil
import unittest

from daemon import BROWSER, Daemon, wait_for

PAGE = "http://localhost:8090/"
OLD = "/e/1234/www-example-com-spring/abc"


class Paths(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def load(self, text, *options, status=0):
        result = self.daemon.waymark("link", "import", *options, "-", stdin=text, check=False)
        self.assertEqual(result.returncode, status, result.stderr)
        return result

    def leads(self, path, **options):
        answer = self.daemon.click("http://localhost:8080" + path, **options)
        self.assertIn(answer.status, (302, 404), answer)
        return answer.location if answer.status == 302 else None

    def test_old_paths_lead_on(self):
        result = self.load("path,destination,campaign,pass\n"
                           f"{OLD}/*,{PAGE}spring?a=1,autumn,gclid\n"
                           f"http://localhost:8080/l/1234/2020-01-01/x,{PAGE}form,,\n"
                           f"/vanity?from=paper,{PAGE}vanity,,\n")
        self.assertEqual(result.stdout, "3 added, 0 known, 0 refused\n")
        self.daemon.start()
        self.assertEqual(self.leads(OLD + "/their-number?h=secret&gclid=7"),
                         PAGE + "spring?a=1&gclid=7")
        self.assertEqual(self.leads(OLD + "/9"), PAGE + "spring?a=1")
        self.assertEqual(self.leads("/l/1234/2020-01-01/x"), PAGE + "form")
        self.assertEqual(self.leads("/l/1234/2020%2D01%2D01/x"), PAGE + "form")
        self.assertEqual(self.leads("/vanity"), PAGE + "vanity")
        self.assertIsNone(self.leads(OLD))
        self.assertIsNone(self.leads("/vanity/x"))
        self.assertIsNone(self.leads("/unknown"))
        clicks = self.daemon.events(type="click")
        self.assertEqual([click["slug"] for click in clicks],
                         [OLD + "/*", OLD + "/*", "1234/2020-01-01/x", "1234/2020-01-01/x",
                          "/vanity"])
        self.assertEqual(clicks[0]["campaign"], "autumn")
        self.assertTrue(all(click["prospect"] is None for click in clicks))
        everything = self.daemon.waymark("events").stdout
        self.assertNotIn("their-number", everything)
        self.assertNotIn("secret", everything)

    def test_methods_probes_and_prefetches(self):
        self.load(f"path,destination\n/old/x,{PAGE}\n")
        self.daemon.start()
        head = self.daemon.click("http://localhost:8080/old/x", method="HEAD")
        self.assertEqual((head.status, head.location, head.cookie), (302, PAGE, None))
        ahead = self.daemon.get("/old/x", {**BROWSER, "Sec-Purpose": "prefetch"})
        self.assertEqual((ahead.status, ahead.cookie), (503, None))
        for method in ("POST", "OPTIONS", "DELETE"):
            known = self.daemon.request(method, "/old/x")
            self.assertEqual(known.status, self.daemon.request(method, "/other").status, method)
            self.assertGreaterEqual(known.status, 400, method)
        self.assertEqual(len(self.daemon.events(type="probe")), 2)
        self.assertEqual(self.daemon.events(type="click"), [])
        metrics = self.daemon.metrics()
        for result in ("probe", "prefetch"):
            row = f'waymark_requests_total{{route="path",result="{result}"}}'
            self.assertEqual(metrics[row], 1, row)

    def test_over_a_limit_an_old_link_leads_on(self):
        self.daemon.configure(limits__address_rate=1, limits__address_burst=1)
        self.load(f"path,destination\n/old/*,{PAGE}\n")
        self.daemon.start()
        client = {"X-Forwarded-For": "203.0.113.7"}
        wait_for(lambda: self.daemon.get("/unknown", client).status == 429)
        self.assertEqual(self.leads("/old/x", headers=client), PAGE)

    def test_bad_rows_are_named_and_cost_no_other(self):
        rows = ["path,destination", f"/a,{PAGE}a", f"a,{PAGE}", "/b,", f"/c/x,{PAGE}",
                f"http://other.example.com/x,{PAGE}", "/d,javascript:alert(1)",
                f"/a,{PAGE}other", f"/e,{PAGE}", f"/x/../y,{PAGE}", f"/y%0A,{PAGE}",
                f"/someone@example.com/x,{PAGE}", "/d,http://localhost:8080/a",
                f"/long{'x' * 300},{PAGE}", f",{PAGE}", f"/a,{PAGE}a",
                f'/g,"{PAGE}g"', "/d,http://localhost:8090/?m=someone@example.com"]
        result = self.load("\n".join(rows) + "\n", status=2)
        self.assertEqual(result.stdout, "2 added, 1 known, 14 refused\n")
        said = {int(line): sentence for line, sentence in
                re.findall(r"-:(\d+): (.*)", result.stderr)}
        for number, word in ((3, "path: is neither a path"), (4, "destination: is missing"),
                             (5, "path: is an address of the tracker's own"),
                             (6, "path: is an address of another host"), (7, "destination: "),
                             (8, "path: '/a' leads to another link"),
                             (9, "path: is an address of the tracker's own"),
                             (10, "path: holds a part"), (11, "path: may hold only"),
                             (12, "path: holds an e-mail address"),
                             (13, "destination: is a link of this tracker"),
                             (14, "path: is longer than 255 bytes"), (15, "path: is missing"),
                             (18, "destination: holds an e-mail address")):
            self.assertIn(word, said.get(number, ""), (number, said))
        self.assertEqual(len(self.daemon.events(type="link")), 2)

    def test_strict_stops_at_the_first_bad_row(self):
        text = f"path,destination\n/a,{PAGE}a\n/c/x,{PAGE}\n/b,{PAGE}b\n"
        result = self.load(text, "--strict", status=1)
        self.assertIn("stopped at a bad row", result.stderr)
        self.assertEqual([event["slug"] for event in self.daemon.events(type="link")], ["/a"])

    def test_headers_charsets_and_formats(self):
        self.load(f"\ufeffOld URL;Target URL\r\n/a;{PAGE}a\r\n")
        self.load(json.dumps({"path": "/b", "destination": PAGE + "ü", "campaign": "c"}) + "\n",
                  "--mailing", "m")
        self.load(f"alt\tziel\tx\n/c1\t{PAGE}\t9\n", "--map", "alt=path", "--map",
                  "ziel=destination", "--map", "x=")
        listed = self.daemon.waymark("link", "list").stdout
        self.assertIn(f"\t/b\tc\tm\t{PAGE}%C3%BC\n", listed)
        self.assertIn("/c1\t", listed)
        self.assertIn("is none that is known", self.load("path,nothing\n", status=1).stderr)

    def test_many_beside_a_server_and_again(self):
        self.daemon.start()
        rows = "".join(f"/e/1/x/{number}/*,{PAGE}{number}\n" for number in range(1200))
        text = "path,destination\n" + rows
        self.assertEqual(self.load(text).stdout, "1200 added, 0 known, 0 refused\n")
        self.assertEqual(self.load(text).stdout, "0 added, 1200 known, 0 refused\n")
        self.assertEqual(self.leads("/e/1/x/1199/7"), PAGE + "1199")

    def test_a_slug_with_a_slash_is_a_path(self):
        self.daemon.start()
        self.assertEqual(self.daemon.link(PAGE + "x", "--slug", "/paper"),
                         "http://localhost:8080/paper")
        self.assertEqual(self.leads("/paper"), PAGE + "x")
        shown = self.daemon.waymark("link", "show", "/paper").stdout
        self.assertRegex(shown, r"address +http://localhost:8080/paper\n")
        refused = self.daemon.waymark("link", "new", "--slug", "/t.js", PAGE, check=False)
        self.assertIn("address of the tracker's own", refused.stderr)


class Repointing(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def repoint(self, *words, status=0):
        result = self.daemon.waymark("link", "repoint", *words, check=False)
        self.assertEqual(result.returncode, status, result.stderr)
        return result.stdout if status == 0 else result.stderr

    def test_a_link_that_was_sent_leads_elsewhere(self):
        self.daemon.start()
        url = self.daemon.link(PAGE + "old", "--to", "a@example.com", "--slug", "s", "--campaign",
                               "autumn", "--mailing", "m")
        sent = self.daemon.waymark("link", "new", "--to", "a@example.com", "--slug", "s",
                                   "--campaign", "autumn", "--mailing", "m",
                                   PAGE + "old").stdout.splitlines()[1]
        self.assertEqual(self.daemon.click(sent).location, PAGE + "old")
        said = self.repoint("s", PAGE + "new", "--reason", "the page has moved")
        self.assertIn(f"leads to {PAGE}new, and no more to {PAGE}old", said)
        self.assertEqual(self.daemon.click(sent).location, PAGE + "new")
        self.assertEqual(self.daemon.click(url).location, PAGE + "new")
        self.assertIn("already", self.repoint("s", PAGE + "new"))
        self.repoint("s", PAGE + "newest", "--from", PAGE + "new")
        self.assertIn(f"leads to '{PAGE}newest' by now",
                      self.repoint("s", PAGE + "x", "--from", PAGE + "new", status=1))
        lines = [line.split("\t") for line in
                 self.daemon.waymark("link", "history", "s").stdout.splitlines()]
        self.assertEqual([line[1:] for line in lines],
                         [["owner", PAGE + "old", PAGE + "new", "the page has moved"],
                          ["owner", PAGE + "new", PAGE + "newest", ""]])
        self.assertLess(lines[0][0], lines[1][0])
        shown = self.daemon.waymark("link", "show", "s").stdout
        self.assertRegex(shown, r"repointed +2 times")
        self.assertRegex(shown, r"campaign +autumn")
        events = self.daemon.events(type="link")
        self.assertEqual([event["destination"] for event in events],
                         [PAGE + "old", PAGE + "new", PAGE + "newest"])
        self.assertEqual(len({event["link"] for event in events}), 1)
        self.assertEqual({event["mailing"] for event in events}, {"m"})

    def test_what_was_registered_is_known_by_where_it_led_first(self):
        self.daemon.link(PAGE + "old", "--slug", "/paper")
        self.repoint("/paper", PAGE + "new")
        again = self.daemon.waymark("link", "new", "--slug", "/paper", PAGE + "old")
        self.assertIn(f"was repointed since, and still leads to {PAGE}new", again.stderr)
        imported = self.daemon.waymark("link", "import", "-",
                                       stdin=f"path,destination\n/paper,{PAGE}old\n")
        self.assertEqual(imported.stdout, "0 added, 1 known, 0 refused\n")
        self.assertIn(f"still leads to {PAGE}new", imported.stderr)
        self.assertEqual(len(self.daemon.events(type="link")), 2)
        other = self.daemon.waymark("link", "new", "--slug", "/paper", PAGE + "new", check=False)
        self.assertIn("leads to another link", other.stderr)

    def test_the_same_mail_again_says_where_its_link_leads(self):
        mail = f'<a href="{PAGE}old">x</a>'
        words = ("rewrite", "--to", "a@example.com", "--campaign", "c", "--mailing", "m")
        first = self.daemon.waymark(*words, stdin=mail)
        [link] = self.daemon.events(type="link")
        self.repoint(link["link"], PAGE + "new")
        again = self.daemon.waymark(*words, stdin=mail)
        self.assertEqual(again.stdout, first.stdout)
        self.assertIn(f"the link to {PAGE}old was repointed, and leads to {PAGE}new", again.stderr)
        self.assertNotIn("repointed", first.stderr)

    def test_what_is_refused(self):
        self.daemon.link(PAGE + "old", "--slug", "s")
        for url, word in (("javascript:alert(1)", ""), ("/relative", ""),
                          ("http://localhost:8080/l/s", "is a link of this tracker"),
                          (PAGE + "?m=a@example.com", "holds an e-mail address")):
            self.assertIn(word, self.repoint("s", url, status=1))
        self.assertIn("there is none", self.repoint("nothing", PAGE, status=1))
        self.assertIn("e-mail address",
                      self.repoint("s", PAGE, "--reason", "for a@example.com", status=1))
        self.repoint("s", status=64)
        self.assertEqual(len(self.daemon.events(type="link")), 1)

    def test_history_outlives_the_fold(self):
        """state/ is made again from the log, with the same history."""
        self.daemon.link(PAGE + "old", "--slug", "s")
        self.repoint("s", PAGE + "new")
        before = self.daemon.waymark("link", "history", "s").stdout
        shutil.rmtree(os.path.join(self.daemon.instance, "data", "state"))
        self.daemon.start()
        self.assertEqual(self.daemon.waymark("link", "history", "s").stdout, before)


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""Consent by country: what holds before a choice, for a visitor, for /t.js, for the doctor."""
import json
import os
import unittest

import mmdb
from daemon import Daemon, wait_for

GERMAN, FRENCH, JAPANESE, NOWHERE = "203.0.113.9", "192.0.2.9", "198.51.100.9", "8.8.8.8"
NETWORKS = {"203.0.113.0/24": "DE", "192.0.2.0/24": "FR", "198.51.100.0/24": "JP",
            "2001:db8::/32": "DE"}
COUNTRIES = ["DE=pending", "EU=denied", "JP=identify"]


class Country(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(consent="measure",
                             consent__country_file="countries.mmdb", consent__countries=COUNTRIES)
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.path = os.path.join(self.daemon.instance, "countries.mmdb")
        mmdb.write(self.path, NETWORKS)

    def click(self, address):
        """(consent, reason, visitor?) of a click from there."""
        answer = self.daemon.click(self.url, {"X-Forwarded-For": address})
        self.assertEqual(answer.status, 302)
        event = self.daemon.events(type="click")[-1]
        self.assertEqual(answer.cookie is not None, event["visitor"] is not None)
        return event["consent"], event["consent_reason"], event["visitor"] is not None

    def start(self):
        self.daemon.start()
        self.url = self.daemon.link("http://localhost:8090/", "--to", "a@example.com")

    def test_what_is_listed_holds_before_a_choice(self):
        self.start()
        self.assertEqual(self.click(GERMAN), ("pending", "country", False))
        self.assertEqual(self.click("2001:db8::9"), ("pending", "country", False))
        self.assertEqual(self.click(FRENCH), ("denied", "country", False))
        self.assertEqual(self.click(JAPANESE), ("identify", "country", True))
        self.assertEqual(self.click(NOWHERE), ("measure", "default", True))

    def test_the_snippet_is_the_visitors(self):
        self.start()
        scripts = {}
        for address in (GERMAN, FRENCH, JAPANESE, NOWHERE):
            answer = self.daemon.get("/t.js", {"X-Forwarded-For": address})
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.header("Cache-Control"), "private, max-age=3600")
            scripts[address] = answer.header("ETag")
        self.assertEqual(len(set(scripts.values())), 4)

    def test_the_page_says_where_it_comes_from(self):
        self.start()
        page = self.daemon.get("/privacy?lang=en", {"X-Forwarded-For": GERMAN}).body.decode()
        self.assertIn("for the country of your network address", page)
        page = self.daemon.get("/privacy?lang=en", {"X-Forwarded-For": NOWHERE}).body.decode()
        self.assertNotIn("for the country of your network address", page)

    def test_a_new_database_is_taken_by_a_reload(self):
        self.start()
        self.assertEqual(self.click(GERMAN)[0], "pending")
        mmdb.write(self.path + ".new", {"203.0.113.0/24": "JP"})
        os.rename(self.path + ".new", self.path)
        self.daemon.process.send_signal(1)
        wait_for(lambda: self.daemon.metric('waymark_reloads_total{result="done"}') == 1)
        self.assertEqual(self.click(GERMAN), ("identify", "country", True))
        with open(self.path + ".new", "wb") as file:
            file.write(b"no database")
        os.rename(self.path + ".new", self.path)
        self.daemon.process.send_signal(1)
        wait_for(lambda: self.daemon.metric('waymark_reloads_total{result="refused"}') == 1)
        self.assertEqual(self.click(GERMAN), ("identify", "country", True))

    def test_a_mistake_is_told_by_its_key(self):
        for settings, key in [({"consent__countries": ["Germany=pending"]}, r"countries\[0\]"),
                              ({"consent__countries": ["DE=pending", "DE=denied"]},
                               r"countries\[1\]"),
                              ({"consent__country_file": ""}, "countries"),
                              ({"consent__country_file": "absent.mmdb"}, "country_file")]:
            self.daemon.configure(consent__country_file="countries.mmdb",
                                  consent__countries=COUNTRIES)
            self.daemon.configure(**settings)
            result = self.daemon.waymark("config", "check", check=False)
            self.assertEqual(result.returncode, 1)
            self.assertRegex(result.stderr, rf"waymark\.json:1:\d+: consent\.{key}: ")

    def test_only_a_server_needs_the_database(self):
        os.unlink(self.path)
        self.assertEqual(self.daemon.waymark("events").stdout, "")
        self.assertIn("http://localhost:8080/c/",
                      self.daemon.link("http://localhost:8090/", "--to", "a@example.com"))
        self.assertEqual(self.daemon.waymark("config", "check", check=False).returncode, 1)
        self.assertIn("consent.country_file", self.daemon.run(
            "serve", "--config", self.daemon.config_path, check=False).stderr)

    def findings(self):
        done = self.daemon.waymark("doctor", "--json", check=False)
        return [finding for finding in json.loads(done.stdout)["findings"]
                if finding["check"] == "consent"]

    def test_the_doctor_looks_at_the_database(self):
        found = self.findings()
        self.assertEqual([finding["result"] for finding in found], ["ok", "fail"])
        self.assertIn("knows the country of no address", found[1]["finding"])
        mmdb.write(self.path, {"8.8.8.0/24": "US"}, built=1_700_000_000)
        self.assertEqual([finding["result"] for finding in self.findings()], ["ok", "note"])
        mmdb.write(self.path, {"8.8.8.0/24": "US"})
        self.assertEqual([finding["result"] for finding in self.findings()], ["ok", "ok"])


if __name__ == "__main__":
    unittest.main()

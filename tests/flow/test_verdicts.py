# SPDX-License-Identifier: Apache-2.0
"""Rules and networks of an operator's own, in force by SIGHUP; verdicts that are settled, and what
other rules would say. Scenes of scanners over time are crash/scanners.py."""
import json
import os
import re
import resource
import signal
import subprocess
import unittest

from daemon import BROWSER, LIMIT_S, SITE, WAYMARK, Daemon, wait_for

PAGE = SITE + "/p"
ACME = {**BROWSER, "User-Agent": BROWSER["User-Agent"] + " AcmeView/2"}


class Verdicts(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.links = [self.daemon.link(PAGE, "--to", "a@example.com", "--mailing", "m",
                                       "--label", str(i)) for i in range(3)]

    def write(self, name, text):
        path = os.path.join(self.daemon.instance, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text if isinstance(text, str) else json.dumps(text))
        return path

    def click(self, headers=None, link=0, address="203.0.113.9"):
        answer = self.daemon.click(self.links[link],
                                   {**(headers or {}), "X-Forwarded-For": address})
        self.assertEqual((answer.status, answer.location), (302, PAGE))
        return self.daemon.events(type="click")[-1]

    def reload(self, result="done"):
        name = f'waymark_reloads_total{{result="{result}"}}'
        before = self.daemon.metric(name)
        self.daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.daemon.metric(name) > before)

    def test_a_scanners_network_is_recorded(self):
        self.daemon.start()
        event = self.click(address="40.107.3.9")
        self.assertEqual(event["signals"]["net"], "microsoft-365-protection")
        self.assertEqual(event["verdict"], {"class": "machine", "reasons": ["scanner_net"]})
        event = self.click()
        self.assertIsNone(event["signals"]["net"])
        self.assertEqual(event["verdict"], {"class": "human", "reasons": []})

    def test_the_operators_rules_and_networks_come_and_go_by_sighup(self):
        self.daemon.start()
        self.assertEqual(self.click(ACME)["verdict"]["class"], "human")
        self.assertEqual(self.click(ACME)["verdict"]["class"], "human")
        self.daemon.configure(verdict__rules_file="rules.json", verdict__networks_file="nets.txt")
        self.write("rules.json", {"agents": [{"contains": "acmeview/", "class": "machine"}],
                                  "weights": {"weak_net": 30}})
        self.write("nets.txt", "203.0.113.0/24 weak acme\n")
        self.reload()
        event = self.click(ACME)
        self.assertEqual(event["signals"]["net"], "acme")
        self.assertEqual(event["verdict"], {"class": "machine",
                                            "reasons": ["own_agent", "weak_net"]})
        self.assertEqual(self.click()["verdict"], {"class": "unknown", "reasons": ["weak_net"]})
        self.write("nets.txt", "203.0.113.0/24 weak acme\nnothing\n")
        self.reload("refused")
        self.assertIn("nets.txt:2: a line is a network", self.daemon.log())
        self.write("nets.txt", "198.51.100.0/24 weak other\n")
        self.assertEqual(self.click()["signals"]["net"], "acme")  # nobody has asked to load that

    def test_a_start_refuses_rules_that_are_wrong(self):
        self.daemon.configure(verdict__rules_file="rules.json")
        self.write("rules.json", '{\n "weights": {"bursts": 1}}')
        result = self.daemon.waymark("config", "check", check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("rules.json:2:", result.stderr)
        self.assertIn("weights.bursts", result.stderr)

    def rule(self, *arguments, **options):
        return self.daemon.waymark("rule", *arguments, **options)

    def test_the_rules_in_force_are_listed(self):
        listed = self.rule("list").stdout
        self.assertRegex(listed, r"\nburst +55  later    three links of one mail within ten "
                                 r"seconds \(Mautic and [^)]*\)\n")
        self.assertRegex(listed, r"\nburst_seconds +10  ")
        self.assertRegex(listed, r"\nsubmit +50  a form was taken\n")
        self.daemon.configure(verdict__rules_file="rules.json", summary__rules_file="points.json")
        self.write("rules.json", '{"weights": {"burst": 80}, "limits": {"burst_seconds": 5}}')
        self.write("points.json", '{"points": {"submit": 7}, "half_life_days": 30}')
        listed = self.rule("list").stdout
        self.assertRegex(listed, r"\nburst +80  later .*; by default 55\n")
        self.assertRegex(listed, r"\nburst_seconds +5  .* By default 10\.\n")
        self.assertRegex(listed, r"\nscores: half of the points are left after 30 days\n")
        self.assertRegex(listed, r"\nsubmit +7  a form was taken\n")

    def test_a_file_of_rules_is_checked(self):
        path = os.path.join(self.daemon.instance, "new.json")
        for text, answer in (('{"weights": {"burst": 80}}', "as verdict.rules_file"),
                             ('{"points": {"submit": 7}}', "as summary.rules_file"),
                             ("{}", "changes nothing")):
            self.write("new.json", text)
            self.assertIn(answer, self.rule("check", path).stdout)
        for text, place in (('{\n "weights": {"bursts": 1}}', "new.json:2:"),
                            ('{\n\n "points": {"submits": 1}}', "new.json:3:"),
                            ('{\n "weights": ', "new.json:2:"), ("", "new.json")):
            self.write("new.json", text)
            refused = self.rule("check", path, check=False)
            self.assertEqual((refused.returncode, refused.stdout), (1, ""))
            self.assertIn(place, refused.stderr)
        os.remove(path)
        self.assertEqual(self.rule("check", path, check=False).returncode, 1)

    def test_what_summarize_would_refuse_config_check_refuses(self):
        self.daemon.configure(summary__rules_file="points.json")
        self.write("points.json", '{\n "points": {"submits": 1}}')
        refused = self.daemon.waymark("config", "check", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("points.json:2:", refused.stderr)
        self.write("points.json", "{}")
        self.daemon.configure(summary__time_zone="Asia/Nowhere")
        refused = self.daemon.waymark("config", "check", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("summary.time_zone", refused.stderr)

    def test_settled_verdicts_are_joined(self):
        # Of a machine that takes its time, the clicks would not be a burst by the default of 10.
        self.daemon.configure(verdict__rules_file="rules.json")
        self.write("rules.json", {"limits": {"burst_seconds": 60}})
        self.daemon.start()
        for url in self.links:
            self.assertEqual(self.daemon.click(url).location, PAGE)
        answer = self.daemon.click(self.links[0], {"User-Agent": "curl/8.0"})
        self.assertEqual(answer.status, 302)
        clicks = self.daemon.events("--settled", type="click")
        for event in clicks[:3]:
            self.assertEqual(event["verdict"]["class"], "human")
            self.assertIn(event["settled"]["class"], ("unknown", "machine"))
            self.assertFalse(event["settled"]["settled"])
            self.assertTrue({"burst", "burst_fast"} & set(event["settled"]["reasons"]))
        self.assertEqual(clicks[3]["settled"]["class"], "machine")
        self.assertTrue(clicks[3]["settled"]["settled"])
        self.assertEqual(clicks[3]["settled"]["reasons"][0], "known_agent")
        others = [event for event in self.daemon.events("--settled")
                  if event["type"] in ("name", "link", "prospect")]
        self.assertTrue(others and not any("settled" in event for event in others))
        result = self.daemon.waymark("events", "--settled", "--follow", check=False)
        self.assertEqual(result.returncode, 64)

    def test_settling_one_person_of_many_events_takes_no_more_memory(self):
        with open(WAYMARK, "rb") as program:
            if re.search(rb"__[at]san_init", program.read()):
                self.skipTest("sanitizers take more than there is to give")
        data = os.path.join(self.daemon.instance, "data")
        subprocess.run([os.environ["WAYMARK_FILL_LOG"], data, "300000", "--people=1", "--days=30"],
                       check=True, timeout=8 * LIMIT_S)

        def limit():  # all of them in memory are more
            resource.setrlimit(resource.RLIMIT_DATA, (40 << 20, 40 << 20))
        done = subprocess.run(
            [WAYMARK, *self.daemon.words("events", "--settled", "--type", "open")], text=True,
            timeout=4 * LIMIT_S, capture_output=True, check=False, preexec_fn=limit)
        self.assertEqual((done.stderr, done.returncode), ("", 0))

    def test_what_other_rules_would_change(self):
        self.daemon.start()
        first, second = self.click(ACME), self.click()
        self.assertEqual(self.reclassify(), ["--- recorded", "+++ rules in force",
                                             "# 0 of 2 events change"])
        rules = self.write("new.json", {"agents": [{"contains": "AcmeView/",
                                                    "class": "machine"}]})
        lines = self.reclassify("--rules", rules)
        self.assertEqual(lines[:2], ["--- rules in force", "+++ " + rules])
        self.assertTrue(lines[2].startswith(f"@@ {first['id']} {first['time']} click \"Mozilla"))
        self.assertEqual(lines[3:5], ["-human", "+machine own_agent"])
        # The program at the same address speaks against the other click of the mail.
        self.assertTrue(lines[5].startswith(f"@@ {second['id']} "))
        self.assertEqual(lines[6:], ["-human", "+unknown machine_address", "# 2 of 2 events change",
                                     "# human -> unknown: 1", "# human -> machine: 1"])
        networks = self.write("nets.txt", "203.0.113.0/24 certain acme\n")
        lines = self.reclassify("--networks", networks)
        self.assertEqual(lines[-2:], ["# 2 of 2 events change", "# human -> machine: 2"])
        self.daemon.configure(verdict__rules_file="new.json")
        self.assertEqual(self.reclassify()[-2:], ["# 1 of 2 events change",
                                                  "# human -> machine: 1"])

    def reclassify(self, *arguments):
        return self.daemon.waymark("events", "--reclassify", *arguments).stdout.splitlines()


if __name__ == "__main__":
    unittest.main()

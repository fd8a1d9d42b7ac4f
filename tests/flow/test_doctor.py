# SPDX-License-Identifier: Apache-2.0
"""`waymark doctor`: it finds nothing where all is well, and names what is broken where it is, with
the real server behind the shipped nginx configuration and behind spoiled ones.
"""
import json
import os
import shutil
import tempfile
import unittest

import resolver
from daemon import Daemon
from front import Front

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
TRACKER, SITE = "https://go.example.com", "https://www.example.com"


def examine(daemon, *arguments):
    """(exit status, findings) of `doctor --json`."""
    done = daemon.waymark("doctor", "--json", *arguments, check=False)
    assert not done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)["findings"]


def failures(findings):
    return {finding["check"]: finding for finding in findings if finding["result"] == "fail"}


class Local(unittest.TestCase):
    def test_a_running_server_has_nothing_to_mend(self):
        with Daemon() as daemon:
            daemon.start()
            daemon.configure(trackers=[{"url": f"http://localhost:{daemon.port}",
                                        "sites": ["http://localhost:8090"]}])
            status, findings = examine(daemon)
            self.assertEqual((status, failures(findings)), (0, {}))
            self.assertEqual({finding["check"] for finding in findings},
                             {"config", "keys", "consent", "privacy", "clock", "disk", "store",
                              "server", "listen", "proxy", "cookie"})
            text = daemon.waymark("doctor").stdout
            self.assertIn("0 to mend", text)
            self.assertIn("ok    server   it answers", text)

    def test_a_broken_configuration_is_the_one_finding(self):
        with Daemon() as daemon:
            daemon.configure(liste="127.0.0.1:0")
            status, findings = examine(daemon)
            self.assertEqual(status, 1)
            self.assertEqual([finding["check"] for finding in findings], ["config"])
            self.assertIn("waymark.json:1:", findings[0]["finding"])

    def test_without_a_server_it_says_what_it_could_not_look_at(self):
        # A port of those that no server here is given.
        with Daemon(tracker="http://localhost:1") as daemon:
            status, findings = examine(daemon)
            self.assertEqual((status, list(failures(findings))), (1, ["proxy"]))
            self.assertIn(f"no server runs on {daemon.instance}/data",
                          [finding["finding"] for finding in findings])

    def test_a_data_directory_that_is_not_there(self):
        with Daemon() as daemon:
            daemon.configure(data_dir="elsewhere")
            failed = failures(examine(daemon)[1])
            self.assertIn("elsewhere: No such file", failed["disk"]["finding"])
            self.assertFalse(os.path.exists(os.path.join(daemon.instance, "elsewhere")))

    def test_an_admin_listener_that_others_reach(self):
        with Daemon() as daemon:
            daemon.configure(admin_listen="0.0.0.0:8081", listen="[::]:8080")
            findings = examine(daemon)[1]
            self.assertIn("0.0.0.0:8081", failures(findings)["listen"]["finding"])
            self.assertIn("note", [finding["result"] for finding in findings
                                   if "[::]:8080" in finding["finding"]])

    def test_whether_the_resolver_answers(self):
        def look(daemon, value):
            daemon.configure(forms__resolver=value)
            found = [finding for finding in examine(daemon)[1] if finding["check"] == "resolver"]
            self.assertEqual(len(found), 1)
            return found[0]["result"]

        with Daemon(tracker=TRACKER, site=SITE) as daemon:
            answers = resolver.Resolver({})
            self.addCleanup(answers.close)
            silent = resolver.Resolver({"go.example.com": None})
            self.addCleanup(silent.close)
            self.assertEqual(look(daemon, answers.address), "ok")
            # Twice, where the answer took long.
            self.assertEqual(set(answers.asked), {("go.example.com", resolver.MX)})
            self.assertEqual(look(daemon, silent.address), "note")
            self.assertEqual(look(daemon, "nonsense"), "fail")

    def test_the_secret_of_an_inspection_is_needed(self):
        with Daemon() as daemon:
            daemon.start()
            secret = json.loads(daemon.control("/api/v1/inspect", {}).body)["secret"]
            self.assertEqual(daemon.get("/healthz?inspect=" + "0" * 32).body, b"ok\n")
            self.assertEqual(daemon.get("/healthz?inspect=").body, b"ok\n")
            self.assertEqual(daemon.get(f"/healthz?inspect={secret[:-1]}").body, b"ok\n")
            seen = daemon.get(f"/healthz?inspect={secret}")
            self.assertEqual(json.loads(seen.body), {"tracker": True, "proxy": False,
                                                     "cookie": False, "hop": ""})
            self.assertEqual(len(seen.header("X-Waymark-Fill")), 8192)
            self.assertEqual(daemon.admin("/api/v1/inspect", "POST", "{}").status, 401)
            later = json.loads(daemon.control("/api/v1/inspect", {}).body)["secret"]
            self.assertEqual(daemon.get(f"/healthz?inspect={secret}").body, b"ok\n")
            self.assertIn(b"tracker", daemon.get(f"/healthz?inspect={later}").body)


@unittest.skipUnless(NGINX, "nginx is not installed")
class Proxied(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(tracker=TRACKER, site=SITE)
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.daemon.start()

    def look(self, *edit, upstream=None):
        with tempfile.TemporaryDirectory() as folder, \
                Front(folder, upstream or self.daemon.port, edit) as front:
            status, findings = examine(self.daemon, "--connect", f"127.0.0.1:{front.port}",
                                       "--ca", os.path.join(folder, "ca.pem"))
            return status, findings, failures(findings)

    def test_behind_the_shipped_configuration(self):
        status, findings, failed = self.look()
        self.assertEqual((status, failed), (0, {}))
        said = [finding["finding"] for finding in findings]
        self.assertIn("https://go.example.com reaches this server, and visitors keep their address",
                      said)
        self.assertTrue(any("is good for" in text for text in said), said)

    def test_small_buffers(self):
        failed = self.look(("proxy_buffer_size 16k;", ""), ("proxy_buffers 8 16k;", ""),
                           ("proxy_busy_buffers_size 32k;", ""))[2]
        self.assertIn("proxy_buffer_size", failed["proxy"]["advice"])

    def test_no_forwarded_address(self):
        failed = self.look(("proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
                            'proxy_set_header X-Forwarded-For "";'))[2]
        self.assertIn("every visitor", failed["proxy"]["finding"])

    def test_a_forwarded_address_that_a_visitor_chooses(self):
        failed = self.look(("proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
                            "proxy_set_header X-Forwarded-For $http_x_forwarded_for;"))[2]
        self.assertIn("that a visitor wrote", failed["proxy"]["finding"])

    def test_the_host_is_not_handed_on(self):
        failed = self.look(("proxy_set_header Host $host;", ""))[2]
        self.assertIn("Host", failed["proxy"]["advice"] + failed["proxy"]["finding"])

    def test_cookies_are_taken_away(self):
        failed = self.look(("proxy_set_header Host $host;",
                            'proxy_set_header Host $host; proxy_set_header Cookie "";'))[2]
        self.assertIn("does not come through", failed["cookie"]["finding"])

    def test_another_server_answers(self):
        with Daemon(tracker=TRACKER, site=SITE) as other:
            other.start()
            failed = self.look(upstream=other.port)[2]
        self.assertIn("somebody else", failed["proxy"]["finding"])

    def test_a_certificate_that_nobody_knows(self):
        with tempfile.TemporaryDirectory() as folder, Front(folder, self.daemon.port) as front:
            failed = failures(examine(self.daemon, "--connect", f"127.0.0.1:{front.port}")[1])
            self.assertNotIn("inspect=", str(failed))
        self.assertIn("certificate", failed["tls"]["finding"])


if __name__ == "__main__":
    unittest.main()

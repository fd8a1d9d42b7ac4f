# SPDX-License-Identifier: Apache-2.0
"""The scripts that a site loads: which one, in which coding, for how long, and readable by all."""
import gzip
import os
import pathlib
import re
import subprocess
import unittest

from daemon import Daemon

UNKNOWN = 'waymark_requests_total{route="asset",result="unknown_script"}'
STATIC = pathlib.Path(os.environ["WAYMARK_BUILD"]) / "static"


class Asset(unittest.TestCase):
    def setUp(self):
        self.daemon = self.enterContext(Daemon(consent="measure"))
        self.daemon.start()

    def get(self, path="/t.js", method="GET", **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.daemon.request(method, path, named)

    def pinned(self, answer):
        return "/t/" + re.match(r'"([0-9a-f]{16})', answer.header("ETag"))[1] + ".js"

    def test_each_coding_is_the_script_in_force(self):
        plain = (STATIC / "t.measure.js").read_bytes()
        unpack = {
            None: lambda body: body,
            "gzip": gzip.decompress,
            "br": lambda body: subprocess.run(["brotli", "-dc"], input=body, check=True,
                                              capture_output=True).stdout,
        }
        tags = set()
        for accept, coding in (
                (None, None), ("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"),
                ("br;q=0, gzip", "gzip"), ("identity", None), ("*", "br"), ("br;q=0.1", "br")):
            answer = self.get(**({"Accept_Encoding": accept} if accept else {}))
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.header("Content-Encoding"), coding, accept)
            self.assertEqual(unpack[coding](answer.body), plain)
            self.assertEqual(answer.header("Content-Type"), "text/javascript; charset=utf-8")
            self.assertEqual(answer.header("Cache-Control"), "public, max-age=3600")
            self.assertEqual(answer.header("Vary"), "Accept-Encoding")
            self.assertEqual(answer.header("Access-Control-Allow-Origin"), "*")
            self.assertEqual(answer.header("X-Content-Type-Options"), "nosniff")
            self.assertIsNone(answer.cookie)
            tags.add(answer.header("ETag"))
        self.assertEqual(len(tags), 3)

    def test_what_is_known_is_not_sent_again(self):
        tag = self.get(Accept_Encoding="br").header("ETag")
        for condition in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            answer = self.get(Accept_Encoding="br", If_None_Match=condition)
            self.assertEqual((answer.status, answer.body), (304, b""), condition)
            self.assertEqual(answer.header("ETag"), tag)
            self.assertEqual(answer.header("Cache-Control"), "public, max-age=3600")
            self.assertEqual(answer.header("Vary"), "Accept-Encoding")
            self.assertIsNone(answer.header("Content-Encoding"))
        self.assertEqual(self.get(If_None_Match=tag).status, 200, "another coding's")
        self.assertEqual(self.get(Accept_Encoding="br", If_None_Match='"other"').status, 200)

    def test_a_pinned_script_never_changes(self):
        path = self.pinned(self.get())
        answer = self.get(path, Accept_Encoding="br")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.header("Cache-Control"), "public, max-age=31536000, immutable")
        self.assertEqual(answer.body, (STATIC / "t.measure.js.br").read_bytes())
        self.assertEqual(self.get(path, method="HEAD").body, b"")
        for wrong in ("/t/", "/t/.js", "/t/0123456789abcdef.js", path[:-3], path + "x", "/t/t.js"):
            self.assertEqual(self.get(wrong).status, 404, wrong)
        self.assertEqual(self.daemon.request("POST", path).status, 405)
        self.assertEqual(self.daemon.metric(UNKNOWN), 6, "a page that pinned what is gone shows")

    def test_a_pinned_script_that_is_gone(self):
        for _ in range(30):
            answer = self.get("/t/0123456789abcdef.js", Accept_Encoding="br")
            self.assertEqual(answer.status, 404)
            self.assertEqual(answer.header("Cache-Control"), "no-store")
            self.assertEqual(answer.header("Content-Type"), "text/plain; charset=utf-8")
            # Readable, so that the browser's console says 404 and nothing about origins.
            self.assertEqual(answer.header("Access-Control-Allow-Origin"), "*")
            self.assertLess(len(answer.body), 100)
        self.assertEqual(self.daemon.metric(UNKNOWN), 30)
        self.assertEqual(self.daemon.log().count("event=script_unknown"), 1)
        self.assertIn("config snippet --pin", self.daemon.log())
        self.assertNotIn("0123456789abcdef", self.daemon.log())

    def test_the_other_scripts(self):
        for path, name in (("/banner.js", "banner"), ("/t/adapters.js", "adapters")):
            answer = self.get(path, Accept_Encoding="br")
            self.assertEqual(answer.body, (STATIC / f"{name}.js.br").read_bytes())
            self.assertEqual(answer.header("Cache-Control"), "public, max-age=3600")
            pinned = self.get(self.pinned(answer))
            self.assertEqual(pinned.body, (STATIC / f"{name}.js").read_bytes())

    def test_a_page_that_is_prerendered_gets_its_script(self):
        self.assertEqual(self.get(Sec_Purpose="prefetch;prerender").status, 200)

    def test_each_default_has_its_variant(self):
        paths = set()
        for consent in ("pending", "denied", "measure", "identify"):
            self.daemon.configure(consent__default=consent)
            self.daemon.stop()
            self.daemon.start()
            answer = self.get()
            self.assertEqual(answer.body, (STATIC / f"t.{consent}.js").read_bytes())
            paths.add(self.pinned(answer))
        self.assertEqual(len(paths), 4)
        for path in paths:
            self.assertEqual(self.get(path).status, 200, "a page may pin any of them")


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""What browsers load keeps to its budget, and every coding of it is the same script.

Arguments: name and most bytes of brotli, for each script of static/meson.build.
"""
import gzip
import os
import pathlib
import re
import subprocess
import sys
import unittest

STATIC = pathlib.Path(os.environ["WAYMARK_BUILD"]) / "static"
SOURCE = pathlib.Path(os.environ["WAYMARK_SOURCE"])
BUDGETS = dict(zip(sys.argv[1::2], map(int, sys.argv[2::2])))


class Sizes(unittest.TestCase):
    def test_there_are_scripts(self):
        self.assertGreaterEqual(len(BUDGETS), 4)

    def test_brotli_is_within_the_budget(self):
        for name, budget in BUDGETS.items():
            size = (STATIC / f"{name}.js.br").stat().st_size
            print(f"{name}: {size} of {budget} bytes")
            self.assertLessEqual(size, budget, name)

    def test_the_guide_says_what_is_built(self):
        guide = (SOURCE / "deploy/guides/site.md").read_text(encoding="utf-8")
        for script, name in (("t.js", "t.pending"), ("adapters.js", "adapters"),
                             ("banner.js", "banner")):
            row = re.search(rf"Waymark `{script}`[^|]*((?:\| [\d,]+ )+)\|", guide)
            self.assertIsNotNone(row, script)
            said = [int(number.replace(",", "")) for number in re.findall(r"[\d,]+", row[1])]
            built = [(STATIC / f"{name}.js{suffix}").stat().st_size
                     for suffix in ("", ".gz", ".br")]
            # Another version of a tool may differ by a few bytes.
            for one, other in zip(said, built, strict=True):
                self.assertLessEqual(abs(one - other), 12, f"{script}: {said} is {built}")

    def test_every_coding_is_the_same_script(self):
        for name in BUDGETS:
            path = STATIC / f"{name}.js"
            plain = path.read_bytes()
            self.assertGreater(len(plain), 200, name)
            self.assertEqual(gzip.decompress(pathlib.Path(f"{path}.gz").read_bytes()), plain)
            unpacked = subprocess.run(["brotli", "--decompress", "--stdout", f"{path}.br"],
                                      check=True, capture_output=True).stdout
            self.assertEqual(unpacked, plain)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

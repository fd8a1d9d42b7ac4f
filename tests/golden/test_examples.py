#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The examples of deploy/examples mint, from an export alone, the very tokens of the vectors."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("WAYMARK_SOURCE",
                                     pathlib.Path(__file__).resolve().parents[2]))
VECTORS = json.loads((SOURCE / "tests/golden/tokens.json").read_text(encoding="utf-8"))
EXAMPLES = {"mint.py": ("python3", sys.executable), "mint.mjs": ("nodejs", "node"),
            "mint.php": ("php-cli", "php")}


class Examples(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.exports = {None: self.write("mailer", VECTORS["exports"]["mailer"])}
        for tracker, export in enumerate(VECTORS["exports"]["login"]):
            self.exports[tracker] = self.write(f"login{tracker}", export)

    def write(self, name, export):
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(export), encoding="utf-8")
        return path

    def mint(self, example, export, *arguments):
        package, interpreter = EXAMPLES[example]
        self.assertTrue(shutil.which(interpreter),
                        f"{interpreter} is missing: apt-get install {package}")
        answer = subprocess.run(
            [interpreter, SOURCE / "deploy/examples" / example, export, *arguments],
            capture_output=True, text=True, encoding="utf-8", check=False, timeout=60,
            env={**os.environ, "LC_ALL": "C.UTF-8"})
        self.assertEqual(answer.stderr, "")
        self.assertEqual(answer.returncode, 0)
        return answer.stdout.rstrip("\n")

    def judge(self, example):
        minted = set()
        for row in VECTORS["tokens"]:
            if "mint" not in row:
                continue
            with self.subTest(example=example, name=row["name"]):
                export = self.exports[row.get("tracker")]
                self.assertEqual(self.mint(example, export, *row["mint"]), row["token"])
            minted.add(row["purpose"])
        self.assertEqual(minted, {1, 2, 3, 4, 5, 6, 9})
        for link in VECTORS["ids"]["links"]:
            parts = [link[part] for part in ("mailing", "campaign", "label", "url")]
            self.assertEqual(self.mint(example, self.exports[None], "link-id", *parts),
                             link["id"])

    def test_python(self):
        self.judge("mint.py")

    def test_node(self):
        self.judge("mint.mjs")

    def test_php(self):
        self.judge("mint.php")


if __name__ == "__main__":
    unittest.main()

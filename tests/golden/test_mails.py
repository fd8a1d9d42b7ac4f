#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Small mails of the project's own, tracked with fixed keys, byte for byte.

With PYTHONPATH=tests/lib and WAYMARK_BUILD set, `test_mails.py --write` writes the .tracked files
again; read their difference before committing."""
import json
import pathlib
import subprocess
import sys
import unittest

from daemon import WAYMARK, Daemon

HERE = pathlib.Path(__file__).parent
MAILS = HERE / "mails"
PERSON = ["--campaign", "autumn", "--mailing", "2026-11"]
FORMS = {"person": ["--to", "reader@example.com"], "field": ["--field", "*|WAYMARK|*"]}


def rewrite(daemon, message, *arguments):
    answer = subprocess.run([WAYMARK, "rewrite", "--config", daemon.config_path, *arguments],
                            input=message, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            check=False, timeout=60)
    if answer.returncode != 0:
        raise AssertionError(answer.stderr.decode())
    return answer.stdout


def cases(daemon):
    """Each mail in each form: the file that holds what comes out, what comes out, the mail."""
    with open(HERE / "tokens.json", encoding="utf-8") as file:
        keyring = json.load(file)["keyring"]
    keys = pathlib.Path(daemon.instance) / "keys.json"
    keys.write_text(json.dumps(keyring), encoding="utf-8")
    keys.chmod(0o600)
    for mail in sorted(MAILS.iterdir()):
        if ".tracked" in mail.name:
            continue
        for form, arguments in FORMS.items():
            message = mail.read_bytes()
            output = rewrite(daemon, message, *arguments, *PERSON)
            yield MAILS / f"{mail.stem}.{form}.tracked{mail.suffix}", output, message


class Mails(unittest.TestCase):
    def test_every_mail(self):
        with Daemon() as daemon:
            for expected, output, message in cases(daemon):
                with self.subTest(expected=expected.name):
                    self.assertEqual(output, expected.read_bytes())
                    self.assertNotEqual(output, message)
                    form = "person" if ".person." in expected.name else "field"
                    again = rewrite(daemon, output, *FORMS[form], *PERSON)
                    self.assertEqual(again, output)


def write():
    with Daemon() as daemon:
        for expected, output, _ in cases(daemon):
            expected.write_bytes(output)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write()
    else:
        unittest.main()

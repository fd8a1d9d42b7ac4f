# SPDX-License-Identifier: Apache-2.0
"""Real material for tests, which lies beside the checkout and is no part of it.

    @corpora.needs("html")
    class Html(unittest.TestCase): ...

Without it such a test is left out, and says so; WAYMARK_CORPORA_REQUIRED=1 makes that a failure.
"""
import json
import os
import pathlib
import unittest

SOURCE = pathlib.Path(os.environ.get("WAYMARK_SOURCE") or pathlib.Path(__file__).parents[2])
FOLDER = pathlib.Path(os.environ.get("WAYMARK_CORPORA") or SOURCE.parent / "shared/corpora")


def needs(*names):
    missing = [name for name in names if not (FOLDER / name).exists()]
    if missing and os.environ.get("WAYMARK_CORPORA_REQUIRED") == "1":
        raise SystemExit(f"missing, and WAYMARK_CORPORA_REQUIRED=1: {', '.join(missing)}")
    return unittest.skipIf(missing, f"left out: {', '.join(missing)} is not there")


def lines(name):
    with open(FOLDER / name, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def whole(name):
    with open(FOLDER / name, encoding="utf-8") as file:
        return json.load(file)

# SPDX-License-Identifier: Apache-2.0
"""The small or the full size of what tests/sizes.json lists, by WAYMARK_TEST_SIZE."""
import json
import os
import pathlib

TABLE = pathlib.Path(__file__).resolve().parent.parent / "sizes.json"


def size(name):
    with open(TABLE, encoding="utf-8") as file:
        return json.load(file)[name][os.environ.get("WAYMARK_TEST_SIZE") or "small"]


def is_full():
    """Whether the machine is the test's alone, so that how soon something happens can be judged."""
    return os.environ.get("WAYMARK_TEST_SIZE") == "full"

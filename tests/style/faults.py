# SPDX-License-Identifier: Apache-2.0
"""The table of faults in tests/README.md names tests that there are, as tests/run takes them."""
import re

import results
from tree import BUILD

PAGE = "tests/README.md"


def problems(tree):
    if PAGE not in tree.paths:
        return
    known = {name for test in results.tests_of(BUILD)
             for name in results.full_names(test)}
    for number, line in enumerate(tree.lines(PAGE), 1):
        cells = line.split("|")
        if len(cells) != 6 or not cells[2].strip()[:1].isdigit():
            continue
        names = re.findall("`([^`]+)`", cells[3])
        for name in names or [""]:
            if name not in known:
                yield f"{PAGE}:{number}: there is no test '{name}'"

# SPDX-License-Identifier: Apache-2.0
"""Run one style check over the source tree: check.py NAME. Status 1 and a line for each problem."""
import sys

import faults
import includes
import manual
import programs
import sizes
import tree
import words

CHECKS = {
    "documented": manual.problems,
    "faults": faults.problems,
    "format": programs.format_problems,
    "includes": includes.problems,
    "manual": programs.manual_problems,
    "shell": programs.shell_problems,
    "sizes": sizes.problems,
    "spelling": programs.spelling_problems,
    "tidy": programs.tidy_problems,
    "words": words.problems,
}


def main():
    name = sys.argv[1]
    found = list(CHECKS[name](tree.read_tree(tree.SOURCE)))
    for problem in found:
        print(problem)
    print(f"{name}: {len(found)} lines of problems" if found else f"{name}: clean")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

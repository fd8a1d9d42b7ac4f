# SPDX-License-Identifier: Apache-2.0
"""Sizes: functions, files, headers, the comment that a .c opens with.

A function over 80 lines, a .c over 500 and a header over 150 (of the program) need a comment with
the words "long because" and the reason: for a function in or just above it, for a file in its
opening comment.
Tables (between clang-format off and on) are no code and are not counted.
"""
import re
import statistics

FUNCTION_LINES = 80
FUNCTION_NINE_IN_TEN = 50
SOURCE_LINES = 500
HEADER_LINES = 150
OPENING_FROM_LINES = 100  # shorter files explain themselves
OPENING_MINIMUM, OPENING_MAXIMUM = 5, 25

REASON = re.compile(r"long because", re.IGNORECASE)


def without_tables(lines):
    kept, table = [], False
    for line in lines:
        if "clang-format off" in line:
            table = True
        if not table:
            kept.append(line)
        if "clang-format on" in line:
            table = False
    return kept


def functions(lines):
    """(first line from 1, lines of the body's braces and between, text with the comment above).

    The formatter puts the braces of a function, and of nothing else that follows a ')', alone at
    the line's start.
    """
    start = None
    for index, line in enumerate(lines):
        if line == "{" and index > 0 and lines[index - 1].rstrip().endswith(")"):
            start = index
        elif line == "}" and start is not None:
            above = max(0, start - 30)
            comment = "\n".join(lines[above:start]).rpartition("/*")[2]
            yield start + 1, index - start + 1, comment + "\n".join(lines[start:index])
            start = None


def opening_lines(lines):
    """Lines of the comment that follows the SPDX line; 0 when there is none."""
    if len(lines) < 2 or not lines[1].startswith("/*"):
        return 0
    for index, line in enumerate(lines[1:], 1):
        if "*/" in line:
            return index
    return 0


def judge_file(path, lines):
    limit = HEADER_LINES if path.endswith(".h") else SOURCE_LINES
    counted = len(without_tables(lines))
    opening = opening_lines(lines)
    if path.startswith("tests/") and path.endswith(".h"):
        return  # what tests share is read from the top, not looked up
    if counted > limit and not REASON.search("\n".join(lines[:opening + 1])):
        yield f'{path}: {counted} lines; over {limit} the opening comment says "long because …"'
    if path.endswith(".c") and not path.startswith("tests/") and counted >= OPENING_FROM_LINES:
        if not OPENING_MINIMUM <= opening <= OPENING_MAXIMUM:
            yield (f"{path}: opens with {opening} lines of comment; {OPENING_MINIMUM} to "
                   f"{OPENING_MAXIMUM} say what it is, why it is so, and what is invariant")


def problems(tree):
    lengths = []
    for path in tree.named(".c", ".h"):
        lines = tree.lines(path)
        if not path.endswith("_table.h"):
            yield from judge_file(path, lines)
        for number, length, text in functions(lines):
            lengths.append(length)
            if length > FUNCTION_LINES and not REASON.search(text):
                yield (f"{path}:{number}: a function of {length} lines; over {FUNCTION_LINES} "
                       'a comment says "long because …"')
    if len(lengths) >= 20:
        ninth = statistics.quantiles(lengths, n=10)[8]
        print(f"{len(lengths)} functions: median {statistics.median(lengths):.0f} lines, "
              f"nine in ten up to {ninth:.0f}")
        if ninth > FUNCTION_NINE_IN_TEN:
            yield f"nine in ten functions have under {FUNCTION_NINE_IN_TEN} lines, not {ninth:.0f}"

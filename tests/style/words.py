# SPDX-License-Identifier: Apache-2.0
"""Text of every file: licence line, no left-over marks, no machine's paths or mirrors, plain names.

The forbidden words are put together here from halves, so that this file does not hold them.
"""
import re

NO_COMMENTS = (".json", ".md", ".jsonl", ".txt", ".html", ".csv", ".eml")
NO_LICENCE_LINE = {"LICENSE", ".gitignore", ".editorconfig", ".clang-format", ".clang-tidy",
                   ".codespellrc"}
SPDX = "SPDX-License-Identifier: Apache-2.0"
WIDTH = 100
WIDTH_SUFFIXES = (".c", ".h", ".py", ".mjs", ".js")

FORBIDDEN = [
    (re.compile(r"\b(%s)\b" % "|".join(["TO" "DO", "FIX" "ME", "XX" "X"])),
     "a mark of something left undone"),
    (re.compile(r"(?<![\w.$}>~*-])/(wo" r"rk|ro" r"ot|fa" r"rm|ho" r"me/\w+)/"),
     "a path of one machine"),
    (re.compile(r"/tmp/ba" r"sh_jobs"), "a path of one machine"),
    (re.compile(r"registry\.np" r"mjs|registry\.ya" r"rnpkg|deb\.de" r"bian\.o" r"rg|py" r"pi\.org"
                r"|docker\.i" r"o/|gh" r"cr\.io"), "the host of a package registry"),
]
VAGUE_NAME = re.compile(r"(^|[_/.-])(util|utils|helper|helpers|manager|misc)([_/.-]|$)")
TYPEDEF_STRUCT = re.compile(r"^\s*typedef\s+(struct|union)\b")


def wants_licence(path):
    name = path.rpartition("/")[2]
    return not path.endswith(NO_COMMENTS) and name not in NO_LICENCE_LINE


def width(line):
    return len(line.expandtabs(8))


def may_be_wide(path, line):
    """An address, and in C a string, which the formatter has moved as far left as it goes."""
    return "http" in line or path.endswith((".c", ".h")) and '"' in line


def judge_line(path, line, in_table):
    for pattern, what in FORBIDDEN:
        if pattern.search(line):
            yield f"{what}: {pattern.search(line).group(0)}"
    if line != line.rstrip() and not path.endswith((".md", ".html", ".eml")):
        yield "white space at the end"
    if path.endswith(WIDTH_SUFFIXES) and width(line) > WIDTH and not in_table:
        yield f"{width(line)} columns, over {WIDTH}"
    if path.endswith((".c", ".h")) and TYPEDEF_STRUCT.match(line):
        yield "structs and unions are not hidden behind a typedef"


def problems(tree):
    for path in tree.paths:
        if VAGUE_NAME.search(path):
            yield f"{path}: a name that says nothing"
        if path == "LICENSE" or path.startswith(tree.material):
            continue
        try:
            lines = tree.lines(path)
        except UnicodeDecodeError:
            continue
        if wants_licence(path) and not any(SPDX in line for line in lines[:3]):
            yield f"{path}:1: the first line (after #! and <?php) is: {SPDX}"
        in_table = path.endswith("_table.h")
        for number, line in enumerate(lines, 1):
            in_table = (in_table or "clang-format off" in line) and "clang-format on" not in line
            for problem in judge_line(path, line, in_table or may_be_wide(path, line)):
                yield f"{path}:{number}: {problem}"

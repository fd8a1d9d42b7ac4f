# SPDX-License-Identifier: Apache-2.0
"""The manuals hold what the program says of itself.

waymark(1) names every command, subcommand and long option that --help lists. waymark.json(5) has,
between two marks, what `waymark config reference` says of every key, and the guide to verdicts the
rows of their table; `manual.py --write` puts both there anew. README names no command that does
not exist.
"""
import functools
import re
import subprocess
import sys

import tree

PAGE_COMMANDS = "deploy/man/waymark.1"
PAGE_KEYS = "deploy/man/waymark.json.5"
GUIDE, RULES = "deploy/guides/verdicts.md", "common/track/verdict_rules_table.h"
RULE = re.compile(r'^VERDICT_RULE\(\d+, (\w+), (-?\d+), (\w+), "(.*?)", "(.*?)"\)$', re.MULTILINE)
LIMIT = re.compile(r'^VERDICT_LIMIT\(\w+, "(\w+)", (\d+), (\d+), (\d+), .*, "(.*?)"\)$',
                   re.MULTILINE)
STAGES = {"REQUEST": "request", "LATER": "around it", "PERSON": "a person"}
ROW = re.compile(r"^  ([a-z][a-z-]*) +\S", re.MULTILINE)
LONG_OPTION = re.compile(r"--([a-z][a-z-]+)")
GUIDE_BEGIN, GUIDE_END = ("<!-- Written by tests/style/manual.py from here -->",
                          "<!-- to here. -->")
BEGIN, END = '.\\" Written by tests/style/manual.py from here', '.\\" to here.'
GENERATED_BY_ARGP = {"help", "usage", "version", "config"}


def program():
    return tree.BUILD / "server/waymark"


def ask(*arguments):
    done = subprocess.run([str(program()), *arguments], stdin=subprocess.DEVNULL, check=True,
                          stdout=subprocess.PIPE, text=True, timeout=30)
    return done.stdout


@functools.cache
def commands():
    return list(walk_commands())


def walk_commands(prefix=()):
    """(name, options) of each command, subcommands by their whole name."""
    text = ask(*prefix, "--help")
    if " COMMAND [OPTION" not in text.splitlines()[0]:
        yield " ".join(prefix), set(LONG_OPTION.findall(text)) - GENERATED_BY_ARGP
        return
    for name in ROW.findall(text.partition("\n\n")[2]):
        yield from walk_commands((*prefix, name))


def rendered(path):
    """The page as it is read, on one line."""
    done = subprocess.run(["mandoc", "-T", "ascii", "-O", "width=1000", str(path)], check=True,
                          stdout=subprocess.PIPE, text=True)
    return " ".join(re.sub(r".\x08", "", done.stdout).split())


def command_problems(files):
    page = rendered(files.root / PAGE_COMMANDS)
    for name, options in commands():
        if f"waymark {name}" not in page:
            yield f"{PAGE_COMMANDS}: does not describe 'waymark {name}'"
        for option in sorted(options):
            if f"--{option}" not in page:
                yield f"{PAGE_COMMANDS}: does not describe --{option} of 'waymark {name}'"


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def one_key(block):
    """A key's lines in the reference as mdoc; the sentences come wrapped, a default last."""
    name, kind, *rest = (line.strip() for line in block.splitlines())
    default = [line for line in rest if "default below" in kind]
    cut = next((i for i, line in enumerate(default) if line.startswith("[")), len(rest))
    text = " ".join(rest[:cut])
    yield f".It Cm {escaped(name)}"
    yield f".Pq {escaped(kind.replace('default below', 'default: last line'))}"
    for sentence in re.split(r"(?<=[.;:]) (?=[A-Z0-9])", text):
        yield escaped(sentence)
    if cut < len(rest):
        yield ".Pp"
        yield escaped(" ".join(rest[cut:]))


def key_lines():
    blocks = ask("config", "reference").split("\n\n")[1:]
    return [line for block in blocks for line in one_key(block)]


def rule_lines(table):
    """The rows of the table of rules and of that of limits."""
    yield "| rule | weight | seen in | when | by |"
    yield "| --- | ---: | --- | --- | --- |"
    for name, weight, stage, why, source in RULE.findall(table):
        yield f"| `{name}` | {weight} | {STAGES[stage]} | {why} | {source} |"
    yield ""
    yield "| limit | default | from | to | |"
    yield "| --- | ---: | ---: | ---: | --- |"
    for key, least, most, default, sentence in LIMIT.findall(table):
        yield f"| `{key}` | {default} | {least} | {most} | {sentence} |"


def split_page(lines, marks=(BEGIN, END)):
    """What stands before the generated part, in it, and after."""
    begin, end = map(lines.index, marks)
    return lines[:begin + 1], lines[begin + 1:end], lines[end:]


def key_problems(files):
    _, inside, _ = split_page(files.lines(PAGE_KEYS))
    wanted = key_lines()
    for line in wanted:
        if line not in inside:
            yield f"{PAGE_KEYS}: misses {line!r}; tests/style/manual.py --write puts it there"
    for line in inside:
        if line not in wanted:
            yield f"{PAGE_KEYS}: holds {line!r}, which the program does not say"


def guide_problems(files):
    _, inside, _ = split_page(files.lines(GUIDE), (GUIDE_BEGIN, GUIDE_END))
    if inside != list(rule_lines("\n".join(files.lines(RULES)))):
        yield f"{GUIDE}: is not what {RULES} says; tests/style/manual.py --write puts it there"


def readme_problems(files):
    known = {name.split(" ")[0] for name, _ in commands()}
    for number, line in enumerate(files.lines("README.md"), 1):
        for name in re.findall(r"(?:`waymark|\$W) ([a-z]+)", line):
            if name not in known:
                yield f"README.md:{number}: there is no command 'waymark {name}'"


def problems(files):
    yield from command_problems(files)
    yield from key_problems(files)
    yield from guide_problems(files)
    yield from readme_problems(files)


def write_into(page, lines, marks):
    path = tree.SOURCE / page
    before, _, after = split_page(path.read_text(encoding="utf-8").splitlines(), marks)
    path.write_text("\n".join([*before, *lines, *after]) + "\n", encoding="utf-8")


def write():
    write_into(PAGE_KEYS, key_lines(), (BEGIN, END))
    table = (tree.SOURCE / RULES).read_text(encoding="utf-8")
    write_into(GUIDE, rule_lines(table), (GUIDE_BEGIN, GUIDE_END))


if __name__ == "__main__" and sys.argv[1:] == ["--write"]:
    write()

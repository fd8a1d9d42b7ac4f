# SPDX-License-Identifier: Apache-2.0
"""Checks that other programs make: clang-format, clang-tidy, codespell, shellcheck, mandoc, nginx.

Each runs over files of the tree in batches and passes its complaints on. A program that is not
installed is a problem, not a skipped check: deploy/packages names them all.
"""
import concurrent.futures
import os
import subprocess

from tree import BUILD


def run(command, root):
    """Exit status and all output."""
    try:
        done = subprocess.run(
            command, cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
        )
    except FileNotFoundError:
        return 127, f"{command[0]} is not installed; deploy/install test"
    return done.returncode, done.stdout


def complain(command, root, paths):
    if not paths:
        return
    status, output = run(command + paths, root)
    if status != 0:
        yield from output.splitlines() or [f"{command[0]} ended with status {status}"]


def is_script(tree, path):
    with open(tree.root / path, "rb") as file:
        first = file.readline(80)
    return first.startswith(b"#!") and b"sh" in first.split(b"/")[-1]


def format_problems(tree):
    paths = [path for path in tree.named(".c", ".h") if not path.endswith("_table.h")]
    yield from complain(["clang-format", "--dry-run", "-Werror"], tree.root, paths)


def spelling_problems(tree):
    paths = [path for path in tree.paths if not path.startswith(tree.material)]
    command = ["codespell", "--config", str(tree.root / ".codespellrc")]
    yield from complain(command, tree.root, paths)


def shell_problems(tree):
    paths = [path for path in tree.paths if path.endswith(".sh") or is_script(tree, path)]
    yield from complain(["shellcheck", "--severity=style"], tree.root, paths)


def manual_problems(tree):
    paths = [path for path in tree.paths if path.startswith("deploy/man/")]
    for path in paths:
        yield from complain(["mandoc", "-T", "lint", "-W", "warning"], tree.root, [path])


def tidy_one(tree, build, path):
    command = ["clang-tidy", "--quiet", "-p", build, "--warnings-as-errors=*",
               "--extra-arg=-Wno-unknown-warning-option",
               "--extra-arg=-Wno-string-concatenation", str(tree.root / path)]
    if os.environ.get("WAYMARK_TEST_SIZE") != "full":
        # The analyzer takes fifty times as long as all other checks together.
        command.append("--checks=-clang-analyzer-*")
    status, output = run(command, tree.root)
    errors = [line for line in output.splitlines() if ": error: " in line]
    return errors or output.splitlines() if status != 0 else []


def tidy_problems(tree):
    """Needs a build's compile_commands.json; a tree that has one of its own uses that."""
    build = str(BUILD)
    if (tree.root / "compile_commands.json").exists():
        build = str(tree.root)
    paths = [path for path in tree.named(".c") if path.startswith(("common/", "server/"))]
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for lines in pool.map(lambda path: tidy_one(tree, build, path), paths):
            yield from lines

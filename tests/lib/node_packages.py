# SPDX-License-Identifier: Apache-2.0
"""The npm packages that tests use, pinned in tests/package.json, installed only when missing.

As a program: node_packages.py FOLDER makes FOLDER/node_modules. As a module: folder() is the folder
that holds node_modules for this build. Node resolves imports from where a script lies, so a test
copies its .mjs files to a temporary folder inside it.
"""
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys

TESTS = pathlib.Path(__file__).resolve().parent.parent
PINS = ("package.json", "package-lock.json")


def is_current(folder):
    """Whether the packages in @folder are those that the pins name."""
    for name in PINS:
        copy = folder / "node_modules" / f".waymark-{name}"
        if not copy.is_file() or copy.read_bytes() != (TESTS / name).read_bytes():
            return False
    return True


def install(folder):
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".node_packages.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_current(folder):
            return
        for name in PINS:
            shutil.copyfile(TESTS / name, folder / name)
        subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=folder, check=True, stdin=subprocess.DEVNULL,
        )
        for name in PINS:
            shutil.copyfile(TESTS / name, folder / "node_modules" / f".waymark-{name}")


def folder():
    """The folder with node_modules: what tests/run made around the build, or the build."""
    build = pathlib.Path(os.environ["WAYMARK_BUILD"])
    for candidate in (build, build.parent):
        if is_current(candidate):
            return candidate
    install(build)
    return build


if __name__ == "__main__":
    install(pathlib.Path(sys.argv[1]).resolve())

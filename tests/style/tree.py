# SPDX-License-Identifier: Apache-2.0
"""The files that style checks look at: what git tracks or would track, or all of a plain folder.

By hand, without meson, the checks take the build in build/.
"""
import dataclasses
import os
import pathlib
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WAYMARK_BUILD", SOURCE / "build"))

BINARY_SUFFIXES = {".gif", ".ico", ".png", ".mdb", ".woff2"}


@dataclasses.dataclass
class Tree:
    root: pathlib.Path
    paths: list  # relative to root, as text, sorted
    material = ("tests/golden/", "tests/fuzz/corpus/")  # input for tests: whatever it needs to be

    def named(self, *suffixes, under=""):
        return [p for p in self.paths if p.startswith(under) and p.endswith(suffixes)]

    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8")

    def lines(self, path):
        return self.text(path).splitlines()


def listed_by_git(root):
    command = ["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True)
    return listed.stdout.split("\0")


def read_tree(root):
    root = pathlib.Path(root)
    if (root / ".git").exists():
        names = listed_by_git(root)
    else:
        names = [
            str(path.relative_to(root)) for path in root.rglob("*")
            if not path.relative_to(root).parts[0].startswith("build")
        ]
    paths = [
        name for name in names
        if name and (root / name).is_file() and not (root / name).is_symlink()
        and pathlib.Path(name).suffix not in BINARY_SUFFIXES
    ]
    return Tree(root, sorted(set(paths)))

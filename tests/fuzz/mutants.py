#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The corpora's real mails and pages through a fuzz target, each as it is and changed by chance.

mutants.py PROGRAM FOLDER: a program of mutants.c, a folder of the corpora."""
import pathlib
import subprocess
import sys

import corpora
import sizes

FAULTS = "fuzz-faults"


def main(program, name):
    folder = corpora.FOLDER / name
    corpora.needs(name)
    if not folder.is_dir():
        print(f"left out: {name} is not there")
        return 77
    files = sorted(map(str, folder.iterdir()))
    faults = pathlib.Path(program).resolve().parents[2] / FAULTS
    return subprocess.run([program, str(sizes.size("mutants")), faults, *files], check=False,
                          stdin=subprocess.DEVNULL).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

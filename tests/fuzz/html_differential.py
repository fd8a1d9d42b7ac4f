#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The link finder against parse5, see html_differential.mjs: runs it where npm's packages are."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

import corpora
import node_packages
import sizes

HERE = pathlib.Path(__file__).resolve().parent


def main():
    seeds = [HERE / "corpus" / "html_links"]
    corpora.needs("html")
    if (corpora.FOLDER / "html").is_dir():
        seeds.append(corpora.FOLDER / "html")
    else:
        print("no corpora; documents are made of the project's own seeds only")
    with tempfile.TemporaryDirectory(dir=node_packages.folder()) as folder:
        for name in ("html_differential.mjs", "html_documents.mjs"):
            shutil.copyfile(HERE / name, pathlib.Path(folder) / name)
        done = subprocess.run(
            ["node", f"{folder}/html_differential.mjs", sys.argv[1],
             str(sizes.size("html_differential_documents")), "0", *map(str, seeds)],
            check=False,
        )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())

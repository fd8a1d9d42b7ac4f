# SPDX-License-Identifier: Apache-2.0
"""Runs snippet.mjs: the built snippet in a real Chromium, and a tracker that takes all of it down.

What the real tracker makes of the lines is for the tests of its routes.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import node_packages

SOURCE = pathlib.Path(__file__).with_name("snippet.mjs")


def main():
    assets = pathlib.Path(os.environ["WAYMARK_BUILD"]).resolve() / "static"
    with tempfile.TemporaryDirectory(prefix="snippet-", dir=node_packages.folder()) as folder:
        script = pathlib.Path(folder) / SOURCE.name
        shutil.copyfile(SOURCE, script)
        return subprocess.run(["node", str(script), str(assets)], check=False,
                              stdin=subprocess.DEVNULL).returncode


if __name__ == "__main__":
    sys.exit(main())

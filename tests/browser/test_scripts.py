# SPDX-License-Identifier: Apache-2.0
"""Runs one of snippet.mjs, adapters.mjs and banner.mjs: the built scripts in a real Chromium.

Their tracker takes down what it is told (stage.mjs); what the real one makes of that is for the
tests of its routes.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import chromium
import node_packages

HERE = pathlib.Path(__file__).parent


def main(name):
    assets = pathlib.Path(os.environ["WAYMARK_BUILD"]).resolve() / "static"
    with tempfile.TemporaryDirectory(prefix="scripts-", dir=node_packages.folder()) as folder:
        for source in ("stage.mjs", name):
            shutil.copyfile(HERE / source, pathlib.Path(folder) / source)
        return subprocess.run(["node", f"{folder}/{name}", str(assets)], check=False,
                              stdin=subprocess.DEVNULL, env=chromium.environment()).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

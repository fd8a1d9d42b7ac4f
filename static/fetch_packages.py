#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Install the npm packages that the build compiles in, as the lock file pins them.

    fetch_packages.py PACKAGE.JSON PACKAGE-LOCK.JSON STAMP NPM

They go into packages/ beside STAMP. What npm has fetched once, for whatever build, it keeps:
another build needs no network. Each package is checked against the digest in the lock file.
"""
import pathlib
import shutil
import subprocess
import sys

FLAGS = ("--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error")


def main(package, lock, stamp, npm):
    folder = pathlib.Path(stamp).parent / "packages"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(package, folder / "package.json")
    shutil.copyfile(lock, folder / "package-lock.json")
    result = subprocess.run([npm, "ci", *FLAGS], cwd=folder, stdin=subprocess.DEVNULL,
                            capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.stderr.write(result.stdout + result.stderr)
        sys.exit("The lists of agents (static/package.json) could not be installed: the first "
                 "build on a machine fetches them with npm and needs the network; later ones do "
                 "not.")
    pathlib.Path(stamp).touch()


if __name__ == "__main__":
    main(*sys.argv[1:])

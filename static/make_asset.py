#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Minify one script, and compress it as far as it goes.

make_asset.py SOURCE FOLDER NAME DEFINITION ESBUILD BROTLI ZOPFLI writes FOLDER/NAME.js, NAME.js.br
and NAME.js.gz. A DEFINITION is NAME="value", or empty. The same tools make the same bytes.
"""
import pathlib
import subprocess
import sys


def main(source, folder, name, definition, esbuild, brotli, zopfli):
    plain = pathlib.Path(folder) / f"{name}.js"
    options = [f"--define:{definition}"] if definition else []
    # Browsers since 2017 read it; an older one finds a syntax error, and its page goes on.
    subprocess.run([esbuild, "--log-level=warning", "--minify", "--target=es2017",
                    "--charset=utf8", *options, f"--outfile={plain}", source], check=True)
    with open(f"{plain}.br", "wb") as file:
        subprocess.run([brotli, "--stdout", "--quality=11", "--lgwin=24", plain], stdout=file,
                       check=True)
    with open(f"{plain}.gz", "wb") as file:
        subprocess.run([zopfli, "-c", "--i100", plain], stdout=file, check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

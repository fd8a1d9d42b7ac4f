#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write a file of text as a C array with a NUL behind it: make_text.py INPUT OUTPUT NAME."""
import pathlib
import sys


def main(source, output, name):
    data = pathlib.Path(source).read_bytes() + b"\0"
    lines = ["\t" + "".join(f"{byte}," for byte in data[at:at + 24])
             for at in range(0, len(data), 24)]
    pathlib.Path(output).write_text(
        f"static const unsigned char {name}[] = {{\n" + "\n".join(lines) + "\n};\n",
        encoding="ascii")


if __name__ == "__main__":
    main(*sys.argv[1:])

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the built scripts as C: one row of public/asset.h each, in the order of the arguments.

make_asset_table.py OUTPUT FILE... takes X.js, X.js.br and X.js.gz for each X.
"""
import base64
import hashlib
import pathlib
import sys

CODINGS = (("PLAIN", "", ""), ("GZIP", ".gz", "-gz"), ("BROTLI", ".br", "-br"))


def c_bytes(data):
    lines = [data[at:at + 24] for at in range(0, len(data), 24)]
    return "\n".join("\t" + "".join(f"{byte}," for byte in line) for line in lines)


def row(index, path):
    plain = path.read_bytes()
    digest = hashlib.sha256(plain).hexdigest()[:16]
    integrity = base64.b64encode(hashlib.sha384(plain).digest()).decode()
    arrays, bodies = [], []
    for coding, suffix, mark in CODINGS:
        data = pathlib.Path(f"{path}{suffix}").read_bytes()
        symbol = f"asset_{index}_{coding.lower()}"
        arrays.append(f"static const uint8_t {symbol}[] = {{\n{c_bytes(data)}\n}};\n")
        bodies.append(f'\t\t\t[CODING_{coding}] = {{{{{symbol}, sizeof({symbol})}}, '
                      f'"\\"{digest}{mark}\\""}},\n')
    return "".join(arrays), (
        f'\t{{\n\t\t.name = "{path.stem}",\n\t\t.hash = "{digest}",\n'
        f'\t\t.integrity = "sha384-{integrity}",\n'
        f'\t\t.bodies = {{\n{"".join(bodies)}\t\t}},\n\t}},\n')


def main(output, *paths):
    rows = [row(index, pathlib.Path(path)) for index, path in
            enumerate(path for path in paths if path.endswith(".js"))]
    with open(output, "w", encoding="ascii") as file:
        file.write('/* SPDX-License-Identifier: Apache-2.0 */\n#include "public/asset.h"\n\n')
        file.write("\n".join(arrays for arrays, _ in rows))
        file.write("\nconst struct asset asset_table[] = {\n")
        file.write("".join(text for _, text in rows))
        file.write("};\n\nconst size_t asset_count = sizeof(asset_table) / "
                   "sizeof(asset_table[0]);\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

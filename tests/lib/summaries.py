# SPDX-License-Identifier: Apache-2.0
"""data/summary/ as it is on disk, for comparing: rows of totals with the texts behind their ids,
which differ from one directory to the next. It is read by mdb_dump (lmdb-utils)."""
import os
import subprocess

# Where a kind of total has ids of texts: offsets of four bytes each (totals.h).
TEXTS = {1: [0], 5: [0], 8: [1, 5], 9: [0, 4], 10: [0], 11: [4], 13: [0], 14: [0]}


def rows(directory, database):
    """(key, value) of each row."""
    done = subprocess.run(["mdb_dump", "-s", database, directory], check=True,
                          stdout=subprocess.PIPE, text=True)
    lines = [bytes.fromhex(line[1:]) for line in done.stdout.splitlines() if line[:1] == " "]
    return list(zip(lines[::2], lines[1::2]))


def counters(value):
    """Signed LEB128, one behind the other."""
    numbers, number, shift = [], 0, 0
    for byte in value:
        number |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(number - (1 << shift) if byte & 0x40 else number)
            number, shift = 0, 0
    return tuple(numbers)


def name_of(kind, identity, texts):
    parts, at = [], 0
    for offset in TEXTS.get(kind, []):
        parts.append(identity[at:offset].hex())
        parts.append(texts.get(identity[offset:offset + 4], identity[offset:offset + 4].hex()))
        at = offset + 4
    return (*parts, identity[at:].hex())


def totals(instance):
    """{(kind, name, day): counters}; equal for equal summaries."""
    directory = os.path.join(instance, "data", "summary")
    texts = {key: value.decode() for key, value in rows(directory, "texts")}
    return {(key[0], name_of(key[0], key[1:-2], texts), int.from_bytes(key[-2:], "big")):
            counters(value) for key, value in rows(directory, "totals")}


def meta(instance, name):
    for key, value in rows(os.path.join(instance, "data", "summary"), "meta"):
        if key == name.encode():
            return int.from_bytes(value, "big")
    raise KeyError(name)


def differences(one, other, limit=10):
    """Some rows in which they differ, in words."""
    return [f"{key}: {one.get(key)} and {other.get(key)}"
            for key in sorted(set(one) | set(other), key=repr)
            if one.get(key) != other.get(key)][:limit]

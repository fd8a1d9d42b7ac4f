# SPDX-License-Identifier: Apache-2.0
"""What a function of a program costs, in instructions counted by callgrind: the machine, and what
else it does, do not matter."""
import os
import pathlib
import re
import subprocess
import tempfile

import html_links_program

LIMIT = 2 * 1.10  # of a document twice as long


def document(pattern, size):
    """A pattern is head, piece and tail: the piece repeated to @size; or made from its number."""
    head, piece, tail = pattern
    if callable(piece):
        pieces, length, number = [], 0, 0
        while length < size:
            pieces.append(piece(number))
            length += len(pieces[-1])
            number += 1
        return head + b"".join(pieces) + tail
    return head + piece * (size // len(piece)) + tail


def count(program, function, documents):
    """For each of @documents, which the program reads framed, one call of @function."""
    # meson's setting has malloc() fill what it gives, which costs by where things come to lie.
    environment = {name: value for name, value in os.environ.items() if name != "MALLOC_PERTURB_"}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out",
             f"--toggle-collect={function}", f"--dump-after={function}", program],
            input=b"".join(map(html_links_program.frame, documents)), check=True,
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for number in range(1, len(documents) + 1):
            text = (pathlib.Path(folder) / f"out.{number}").read_text(encoding="utf-8")
            yield int(re.search(r"^(?:summary|totals): (\d+)", text, re.M).group(1))


def judge(program, function, patterns, size, free=0):
    """Print what each pattern costs at @size and twice that; the number of those that more than
    double, and cost more than @free instructions."""
    documents = [
        document(pattern, bytes_) for pattern in patterns.values() for bytes_ in (size, 2 * size)
    ]
    counts = list(count(program, function, documents))
    failed = 0
    for name, once, twice in zip(patterns, counts[::2], counts[1::2]):
        wrong = twice > max(LIMIT * once, free)
        failed += wrong
        print(f"{name:42}{once / size:9.1f} a byte, doubled {twice / once:.3f}"
              f"{'  TOO MUCH' if wrong else ''}")
    print(f"{len(patterns)} documents of {size} bytes, {failed} more than double")
    return failed

# SPDX-License-Identifier: Apache-2.0
"""Runs html_links_lines over documents."""
import json
import subprocess

BODY, CONDITIONAL_COMMENT, VML = range(3)


class Link:
    def __init__(self, fields):
        self.start, self.end, self.place, notrack, self.line, value = fields
        self.notrack = bool(notrack)
        self.value = value.encode("latin-1")


def frame(document):
    return b"%d\n" % len(document) + document


def find(program, documents):
    """For each document (bytes) its links, in order."""
    done = subprocess.run(
        [program], input=b"".join(map(frame, documents)), stdout=subprocess.PIPE, check=True,
    )
    return [
        [Link(fields) for fields in json.loads(line)]
        for line in done.stdout.decode("ascii").splitlines()
    ]

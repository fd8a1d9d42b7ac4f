#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Doubling a hostile notification at most doubles the instructions that its bounces take.

It is told by larger ones than other mails: what is done for each recipient begins at nothing."""
import sys

import instructions
import sizes

FREE = 5_000_000  # instructions: some milliseconds

REPORT = (b"Date: Sat, 21 Nov 2026 12:00:00 +0000\n"
          b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n")
STATUS = b"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n"
RETURNED = b"\n--b\nContent-Type: message/rfc822\n\n"
GONE = b"Final-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.1.1\n"
HEAD, TAIL = REPORT + STATUS + b"\n", RETURNED + b"To: a@example.com\n\nx\n--b--\n"


def nested(number):
    return b"Content-Type: multipart/mixed; boundary=c%d\n\n--c%d\n" % (number, number)


PATTERNS = {
    # around it
    "fields of the header": (b"", b"X: y\n", HEAD + GONE + TAIL),
    "parts before it": (REPORT, b"--b\n\nx\n", STATUS + b"\n" + GONE + TAIL),
    "multiparts around it": (b"", nested, HEAD + GONE + TAIL),
    "almost a boundary": (REPORT, b"--bc\n", STATUS + b"\n" + GONE + TAIL),

    # the notification
    "recipients": (HEAD, GONE + b"\n", TAIL),
    "short recipients": (HEAD, b"Final-Recipient:a@b\nStatus:5.1.1\n\n", TAIL),
    "recipients without an address": (HEAD, b"Status: 5.1.1\n\n", TAIL),
    "recipients behind a long field": (
        REPORT + STATUS + b"X: " + b"y" * 1000 + b"\n\n", GONE + b"\n", TAIL),
    "fields of the mail": (REPORT + STATUS, b"X: y\n", b"\n" + GONE + TAIL),
    "fields of a recipient": (HEAD + GONE, b"X: y\n", TAIL),
    "folded lines": (HEAD + GONE + b"Diagnostic-Code: smtp; 550 x\n", b" y\n", TAIL),
    "empty lines": (HEAD, b"\n", GONE + TAIL),
    "escapes of an address": (HEAD + b"Final-Recipient: utf-8; ", rb"\x{5CF6}", b"\n" + TAIL),
    "encoded words": (HEAD + GONE + b"Diagnostic-Code: smtp; 550", b" =?utf-8?q?a?=", b"\n" + TAIL),
    "comments of a date": (HEAD + GONE + b"Last-Attempt-Date: ", b"(", b"\n" + TAIL),

    # the mail that came back
    "fields of To": (HEAD + GONE + RETURNED, b"To: a@example.com\n", b"\nx\n--b--\n"),
    "addresses of To": (HEAD + GONE + RETURNED + b"To: a@b", b",\n a@b", b"\n\nx\n--b--\n"),
    "almost links": (HEAD + GONE + RETURNED + b"\n", b"/o/AAAA/c/", b"\n--b--\n"),
    "multiparts in each other": (HEAD + GONE + RETURNED, nested, b"\n--b--\n"),
    "recipients of a mail that came back": (
        HEAD, GONE + b"\n", RETURNED + b"To: a@example.com\n\n" + b"/o/AAAA/" * 500 + b"\n--b--\n"),
}


def main():
    failed = instructions.judge(sys.argv[1], "bounces_of", PATTERNS,
                                4 * sizes.size("mail_linear_bytes"), FREE)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

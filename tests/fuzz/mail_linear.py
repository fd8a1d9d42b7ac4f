#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Doubling a hostile mail at most doubles the instructions that it takes to track and strip it.

What GMime does counts as well. It may take more where the whole costs next to nothing."""
import base64
import sys

import instructions
import sizes

FREE = 5_000_000  # instructions: some milliseconds

TEXT = b"Content-Type: text/plain\n"
HTML = b"Content-Type: text/html\n"
MIXED = b"Content-Type: multipart/mixed; boundary=b\n\n"
QUOTED = b"Content-Transfer-Encoding: quoted-printable\n"
BASE64 = b"Content-Transfer-Encoding: base64\n"
FLOWED = b"Content-Type: text/plain; format=flowed; delsp=yes\n\n"
LINK = b'<a href="https://a.example/?b=c&amp;d=e">x</a>'
URL = b"https://a.example/ "


def nested(number):
    return b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (number, number)


PATTERNS = {
    # the header block
    "fields": (b"", b"X-A: b\n", b"\n" + URL),
    "fields of different names": (b"", lambda number: b"X-%d: b\n" % number, b"\n" + URL),
    "folded lines": (b"Subject: a\n", b" b\n", b"\n" + URL),
    "folded lines before the first field": (b"", b" b\n", b"Subject: a\n\n" + URL),
    "a long line": (b"Subject: ", b"a", b"\n\n" + URL),
    "a long name": (b"", b"a", b": b\n\n" + URL),
    "no end of the header": (b"Subject: a", b"b", b""),
    "To": (b"", b"To: a@example.com\n", b"\n" + URL),
    "addresses": (b"To: a@example.com", b",\n b@example.com", b"\n\n" + URL),
    "groups": (b"To: ", b"a:", b"\n\n" + URL),
    "comments in comments": (b"To: ", b"(", b"\n\n" + URL),
    "quotes": (b"From: ", b'"\\', b"\n\n" + URL),
    "encoded words": (b"Subject: a", b"\n =?utf-8?q?a?=", b"\n\n" + URL),
    "references": (b"References: ", b"<a@b>\n ", b"\n\n" + URL),
    "Content-Type": (b"", HTML, b"\n" + LINK),
    "Content-Disposition": (HTML, b"Content-Disposition: inline\n", b"\n" + LINK),
    "Content-Transfer-Encoding": (HTML, QUOTED, b"\n" + LINK),
    "parameters": (b"Content-Type: text/html", b"; a=b", b"\n\n" + LINK),
    "different parameters": (b"Content-Type: text/html", lambda number: b";\n a%d=b" % number,
                             b"\n\n" + LINK),
    "parameters in pieces": (b"Content-Type: text/html", lambda number: b"; a*%d=b" % number,
                             b"\n\n" + LINK),
    "pieces of different parameters": (b"Content-Type: text/html",
                                       lambda number: b"; a%d*0*=b'c'd" % number, b"\n\n" + LINK),
    "semicolons": (b"Content-Type: text/html", b";", b"\n\n" + LINK),
    "comments in a type": (b"Content-Type: text/html", b"(", b"\n\n" + LINK),
    "escapes in a parameter": (b'Content-Type: text/html; a="', b"\\", b"\n\n" + LINK),
    "List-Unsubscribe": (b"", b"List-Unsubscribe: <https://go.example.com/s/x>\n", b"\n" + URL),
    "our addresses in a field": (b"List-Unsubscribe: ", b"<https://go.example.com/s/x>\n ",
                                 b"\n\n" + URL),
    "DKIM-Signature": (b"", b"DKIM-Signature: v=1\n", b"\n" + URL),

    # what a mail is made of
    "parts": (MIXED, b"--b\n\n" + URL + b"\n", b"--b--\n"),
    "parts of HTML": (MIXED, b"--b\n" + HTML + QUOTED + b"\n" + LINK.replace(b"=", b"=3D") + b"\n",
                      b"--b--\n"),
    "parts in base64": (MIXED, b"--b\n" + HTML + BASE64 + b"\n" + base64.b64encode(LINK) + b"\n",
                        b"--b--\n"),
    "empty parts": (MIXED, b"--b\n", b""),
    "ends": (MIXED, b"--b--\n", b""),
    "attachments": (MIXED, b"--b\nContent-Disposition: attachment\n\nx\n", b"--b--\n"),
    "almost a boundary": (MIXED, b"--bc\n", b"--b\n\n" + URL + b"\n--b--\n"),
    "blanks behind a boundary": (MIXED + b"--b", b" ", b"\n\n" + URL + b"\n--b--\n"),
    "a long boundary": (b"Content-Type: multipart/mixed; boundary=", b"b", b"\n\n" + URL),
    "before the first part": (MIXED, b"x\r\n", b"--b\n\n" + URL + b"\n--b--\n"),
    "multiparts in each other": (b"", nested, URL),
    "multiparts in each other, one boundary": (
        b"", b"Content-Type: multipart/mixed; boundary=b\n\n--b\n", URL),
    "dashes in multiparts in each other": (b"".join(map(nested, range(100))), b"--\n", URL),
    "messages in each other": (b"", b"Content-Type: message/rfc822\n\n", URL),
    "messages with fields": (b"", b"Content-Type: message/rfc822\n\nTo: a@example.com\n", URL),
    "digests in each other": (b"", b"Content-Type: multipart/digest; boundary=b\n\n--b\n\n", URL),

    # what parts say
    "links on a line": (TEXT + b"\n", URL, b"\n"),
    "links on lines": (TEXT + b"\n", URL + b"\n", b""),
    "different links": (TEXT + b"\n", lambda number: b"https://a.example/%d\n" % number, b""),
    "links of HTML on a line": (HTML + b"\n", LINK, b"\n"),
    "links of HTML on lines": (HTML + b"\n", LINK + b"\n", b""),
    "links in quoted-printable": (HTML + QUOTED + b"\n", LINK.replace(b"=", b"=3D"), b"\n"),
    "one link in quoted-printable": (TEXT + QUOTED + b"\nhttps://a.example/", b"=\n", b""),
    "soft breaks": (TEXT + QUOTED + b"\n", b"=\n", URL),
    "blanks before a line end": (TEXT + QUOTED + b"\n", b" \n", URL),
    "soft breaks that are none": (TEXT + QUOTED + b"\n", b"= ", URL),
    "escapes": (TEXT + QUOTED + b"\n", b"=3D", URL),
    "base64": (TEXT + BASE64 + b"\n" + base64.b64encode(URL[:18]), b"AAAA", b"\n"),
    "short lines of base64": (TEXT + BASE64 + b"\n" + base64.b64encode(URL[:18]), b"AAAA\n", b""),
    "links in base64": (TEXT + BASE64 + b"\n", base64.b64encode(b"https://a.example "), b"\n"),
    "behind base64": (TEXT + BASE64 + b"\n" + base64.b64encode(URL + b"..") + b"\n", b"=\n", b""),
    "flowed lines": (FLOWED, b"a \n", URL),
    "a flowed link": (FLOWED + b"https://a.example/", b"a \n", b""),
    "flowed quotes": (FLOWED, b"> \n", URL),
    "depths of quotes": (FLOWED, b">", URL),
    "places for the page": (TEXT + b"\n", b"{{unsubscribe}}", b"\n"),
    "merge tags": (TEXT + b"\n", b"https://a.example/{{", b"\n"),
    "addresses of ours": (HTML + b"\n", b"https://go.example.com/o/ ", b"\n"),
    "almost tokens of ours": (HTML + b"\n", b"https://go.example.com/c/AAAA/", b"\n"),
    "a long token": (TEXT + b"\nhttps://go.example.com/u/", b"A", b"\n"),
    "bodies": (HTML + b"\n", b"<body>", LINK),
    "anchors of URLs": (HTML + b"\n", b"<a href=https://a.example/>https://b.example", b"\n"),
    "masked Japanese": (b"Content-Type: text/html; charset=iso-2022-jp\n\n",
                        b'\x1b$B"<\x1b(B' + LINK, b"\n"),
}


def main():
    failed = instructions.judge(sys.argv[1], "rewrite_and_strip", PATTERNS,
                                sizes.size("mail_linear_bytes"), FREE)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Doubling a hostile document at most doubles the instructions of the link finder.

Counted by callgrind, so that the machine does not matter. A document is a pattern repeated to a
size, between a head and a tail.
"""
import sys

import instructions
import sizes

PATTERNS = {
    "nested div": (b"", b"<div>", b""),
    "nested p div": (b"", b"<p><div>", b""),
    "nested unknown": (b"", b"<x-y>", b""),
    "nested table": (b"", b"<table><tr><td>", b""),
    "nested template": (b"", b"<template>", b""),
    "nested select": (b"", b"<select><option>", b""),
    "nested svg": (b"", b"<svg>", b""),
    "nested integration points": (b"", b"<svg><foreignObject>", b""),
    "end tags of nothing": (b"<div>" * 600, b"</span>", b""),
    "end tags of unknown": (b"<x-y>" * 600, b"</x-z>", b""),
    "end of p far below": (b"<p><object>" + b"<i>" * 600, b"</p>", b""),
    "list items": (b"<ul>" + b"<b>" * 600, b"<li><i>", b""),
    "unclosed formatting": (b"", b"<b><i><font><a href=x>", b""),
    "different formatting": (b"", lambda number: b"<b x=%06d><p>" % number, b""),
    "formatting reopened": (b"".join(b"<b x=%d>" % i for i in range(400)), b"<p>x</p>", b""),
    "adoption": (b"", b"<a href=x><div>", b""),
    "adoption by end tag": (b"", b"<b><i><u><p></b>", b""),
    "nobr": (b"", b"<nobr><div>", b""),
    "unclosed comments": (b"", b"<!--", b""),
    "comments that almost end": (b"<!--", b"--!", b""),
    "dashes in a comment": (b"<!--", b"-", b""),
    "greater-than in a comment": (b"<!-- ", b">", b""),
    "unclosed conditional comments": (b"", b"<!--[if mso]>", b""),
    "conditional comments": (b"", b"<!--[if mso]><a href=x><![endif]-->", b""),
    "conditional comments that hold comments": (b"<!--[if mso]>", b"<!-", b""),
    "cdata outside": (b"", b"<![CDATA[", b""),
    "cdata in svg": (b"<svg>", b"<![CDATA[", b""),
    "cdata ends in svg": (b"<svg><![CDATA[", b"]>", b""),
    "bogus comments": (b"", b"<?", b""),
    "empty end tags": (b"", b"</", b""),
    "less-than": (b"", b"<", b""),
    "doctypes": (b"", b"<!doctype ", b""),
    "many attributes": (b"<a ", b"a=b ", b"href=x>"),
    "many href": (b"<a ", b"href=x ", b">"),
    "equals": (b"<a ", b"=", b">"),
    "slashes": (b"<a ", b"/", b">"),
    "unclosed double quote": (b"", b'<a href="', b""),
    "unclosed single quote": (b"", b"<a href='x", b""),
    "long name": (b"<", b"a", b">"),
    "ampersands": (b'<a href="', b"&", b'">'),
    "longest reference": (b'<a href="', b"&CounterClockwiseContourIntegra", b'">'),
    "numeric references": (b'<a href="', b"&#9999999999", b'">'),
    "digits": (b'<a href="&#', b"1", b'">'),
    "script escapes": (b"", b"<script><!--<script>", b""),
    "script ends": (b"<script><!--<script>", b"</script", b""),
    "title ends": (b"<title>", b"</titl", b""),
    "textarea": (b"", b"<textarea>", b""),
    "framesets": (b"", b"<frameset>", b""),
    "frameset late": (b"", b"<a href=x>", b"<frameset>"),
    "links": (b"", b"<a href=https://example.com/>x</a>\n", b""),
    "anchors with areas": (b"<a href=x>", b"<area href=y>", b""),
    "text": (b"", b"x \0", b""),
    "line ends": (b"", b"\r\n<a href=x>", b""),
}


def main():
    failed = instructions.judge(sys.argv[1], "html_links_find", PATTERNS,
                                sizes.size("html_linear_bytes"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

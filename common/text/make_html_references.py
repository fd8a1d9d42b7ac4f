#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the table of named character references as C rows, sorted by the bytes of the name.

The names and what they stand for are Python's html.entities.html5, which is the table of the HTML
Standard, section 13.5. Each row is HTML_REFERENCE(name without '&', UTF-8 as a C string).
"""
import html.entities
import sys


def c_string(text):
    return ''.join('\\x%02x' % byte for byte in text.encode('utf-8'))


def main(path):
    with open(path, 'w', encoding='ascii') as file:
        for name in sorted(html.entities.html5, key=lambda name: name.encode('ascii')):
            value = c_string(html.entities.html5[name])
            file.write('HTML_REFERENCE("%s", "%s")\n' % (name, value))


if __name__ == '__main__':
    main(sys.argv[1])

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the C header with the indexes of the Encoding Standard's legacy charsets.

Python knows these charsets, too. Where its tables and the indexes that browsers have differ, the
rows below say what browsers do (https://encoding.spec.whatwg.org/, section 5). A code point of 0
means that the bytes stand for nothing.
"""
import sys

# name here, Python's codec, and bytes that differ.
SINGLE = [
    ("ibm866", "cp866", {}),
    ("iso_8859_2", "iso8859_2", {}),
    ("iso_8859_3", "iso8859_3", {}),
    ("iso_8859_4", "iso8859_4", {}),
    ("iso_8859_5", "iso8859_5", {}),
    ("iso_8859_6", "iso8859_6", {}),
    ("iso_8859_7", "iso8859_7", {}),
    ("iso_8859_8", "iso8859_8", {}),
    ("iso_8859_10", "iso8859_10", {}),
    ("iso_8859_13", "iso8859_13", {}),
    ("iso_8859_14", "iso8859_14", {}),
    ("iso_8859_15", "iso8859_15", {}),
    ("iso_8859_16", "iso8859_16", {}),
    ("koi8_r", "koi8_r", {}),
    ("koi8_u", "koi8_u", {0xAE: 0x045E, 0xBE: 0x040E}),
    ("macintosh", "mac_roman", {}),
    ("windows_874", "cp874", {}),
    ("windows_1250", "cp1250", {}),
    ("windows_1251", "cp1251", {}),
    ("windows_1252", "cp1252", {}),
    ("windows_1253", "cp1253", {}),
    ("windows_1254", "cp1254", {}),
    ("windows_1255", "cp1255", {0xCA: 0x05BA}),
    ("windows_1256", "cp1256", {}),
    ("windows_1257", "cp1257", {}),
    ("windows_1258", "cp1258", {}),
    ("x_mac_cyrillic", "mac_cyrillic", {0xA2: 0x0490, 0xB6: 0x0491, 0xFF: 0x20AC}),
]


def decode(data, codec):
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        return 0
    return ord(text) if len(text) == 1 else 0


def single(codec, differing):
    table = [decode(bytes([byte]), codec) for byte in range(0x80, 0x100)]
    for byte in range(0x80, 0xA0):  # browsers read what is left there as C1 controls
        table[byte - 0x80] = table[byte - 0x80] or byte
    for byte, point in differing.items():
        table[byte - 0x80] = point
    return table


def is_private(point):
    return 0xE000 <= point < 0xF900


def jis0208():
    table = []
    for lead in [*range(0x81, 0xA0), *range(0xE0, 0xFD)]:
        for trail in [*range(0x40, 0x7F), *range(0x80, 0xFD)]:
            point = decode(bytes([lead, trail]), "cp932")
            table.append(0 if is_private(point) else point)
    return table


def jis0212():
    table = [decode(bytes([0x8F, lead, trail]), "euc_jp")
             for lead in range(0xA1, 0xFF) for trail in range(0xA1, 0xFF)]
    table[116] = 0xFF5E
    return table


def big5():
    """Without what no browser posts: doubles of other characters, and a few of Hong Kong's."""
    table = []
    for lead in range(0x81, 0xFF):
        for trail in [*range(0x40, 0x7F), *range(0xA1, 0xFF)]:
            codec = "cp950" if lead == 0xA1 or (lead == 0xA2 and trail < 0x60) else "big5hkscs"
            table.append(decode(bytes([lead, trail]), codec))
    return table


def euc_kr():
    return [decode(bytes([lead, trail]), "cp949")
            for lead in range(0x81, 0xFF) for trail in range(0x41, 0xFF)]


# Characters that the standard of 2022 has moved out of private use.
GB18030_2022 = {
    6555: 0x3000, 7182: 0xFE10, 7183: 0xFE12, 7184: 0xFE11, 7185: 0xFE13, 7186: 0xFE14,
    7187: 0xFE15, 7188: 0xFE16, 7201: 0xFE17, 7202: 0xFE18, 7208: 0xFE19, 7533: 0x1E3F,
    23775: 0x9FB4, 23783: 0x9FB5, 23788: 0x9FB6, 23789: 0x9FB7, 23795: 0x9FB8, 23812: 0x9FB9,
    23829: 0x9FBA, 23845: 0x9FBB,
}


def gb18030():
    table = [decode(bytes([lead, trail]), "gb18030")
             for lead in range(0x81, 0xFF) for trail in [*range(0x40, 0x7F), *range(0x80, 0xFF)]]
    for pointer, point in GB18030_2022.items():
        table[pointer] = point
    return table


def gb18030_ranges():
    """Where a run of four-byte pointers begins, and the code point that it begins with."""
    ranges, last = [], None
    for pointer in range(39420):
        four = bytes([0x81 + pointer // 12600, 0x30 + pointer // 1260 % 10,
                      0x81 + pointer // 10 % 126, 0x30 + pointer % 10])
        point = decode(four, "gb18030")
        if last is None or point != last + 1:
            ranges.append((pointer, point))
        last = point
    return ranges


def write_table(to, name, table):
    print(f"static const uint16_t {name}[{len(table)}] = {{", file=to)
    for at in range(0, len(table), 12):
        print("\t" + " ".join(f"0x{point & 0xFFFF:04X}," for point in table[at:at + 12]), file=to)
    print("};", file=to)


def write_big5(to, table):
    """Some of its characters are beyond the first plane, all of them in the third."""
    write_table(to, "table_big5", table)
    beyond = bytearray((len(table) + 7) // 8)
    for pointer, point in enumerate(table):
        assert point < 0x10000 or point >> 16 == 2
        beyond[pointer // 8] |= (point >> 16 == 2) << pointer % 8
    print(f"static const uint8_t table_big5_beyond[{len(beyond)}] = {{", file=to)
    for at in range(0, len(beyond), 16):
        print("\t" + " ".join(f"0x{byte:02X}," for byte in beyond[at:at + 16]), file=to)
    print("};", file=to)


def main(path):
    with open(path, "w", encoding="utf-8") as to:
        print("/* Made by make_charset_tables.py. */", file=to)
        for name, codec, differing in SINGLE:
            write_table(to, f"table_{name}", single(codec, differing))
        write_table(to, "table_jis0208", jis0208())
        write_table(to, "table_jis0212", jis0212())
        write_big5(to, big5())
        write_table(to, "table_euc_kr", euc_kr())
        write_table(to, "table_gb18030", gb18030())
        ranges = gb18030_ranges()
        print(f"static const uint16_t table_gb18030_ranges[{len(ranges)}][2] = {{", file=to)
        for pointer, point in ranges:
            print(f"\t{{{pointer}, 0x{point:04X}}},", file=to)
        print("};", file=to)


main(sys.argv[1])

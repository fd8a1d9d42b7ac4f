# SPDX-License-Identifier: Apache-2.0
"""Write a small database of countries in MaxMind's format (MaxMind DB, version 2.0).

    mmdb.write("countries.mmdb", {"203.0.113.0/24": "DE", "2001:db8::/32": "JP"})
    mmdb.py countries.mmdb 203.0.113.0/24=DE 2001:db8::/32=JP 198.51.100.0/24=

A network without a country has a record that names none, as anonymous proxies do. What is no
network is refused. Networks must not overlap.
"""
import ipaddress
import sys
import time

EU = {"AT", "BE", "DE", "FR", "IE", "IT", "NL"}
MARKER = b"\xab\xcd\xefMaxMind.com"
TEXT, UINT16, UINT32, MAP, UINT64, ARRAY, BOOLEAN = 2, 5, 6, 7, 9, 11, 14


def field(kind, size, data=b""):
    """One field: its control byte (and the extended type, the extended size), then its bytes."""
    extra = b""
    if size >= 29:
        extra, size = bytes([size - 29]), 29
    if kind < 8:
        return bytes([kind << 5 | size]) + extra + data
    return bytes([size, kind - 7]) + extra + data


def number(kind, value):
    data = value.to_bytes(8, "big").lstrip(b"\0")
    return field(kind, len(data), data)


def encode(value):
    if isinstance(value, bool):
        return field(BOOLEAN, int(value))
    if isinstance(value, str):
        return field(TEXT, len(value.encode()), value.encode())
    if isinstance(value, tuple):
        return number(*value)
    if isinstance(value, list):
        return field(ARRAY, len(value)) + b"".join(map(encode, value))
    return field(MAP, len(value)) + b"".join(encode(key) + encode(item)
                                             for key, item in value.items())


def bits_of(network):
    """The bits of a network in the tree, in which IPv4 lies at ::/96."""
    network = ipaddress.ip_network(network)
    size = network.max_prefixlen
    bits = format(int(network.network_address), f"0{size}b")[:network.prefixlen]
    return bits if size == 128 else "0" * 96 + bits


def record(code):
    if not code:
        return encode({"traits": {"is_anonymous_proxy": True}})
    country = {"iso_code": code}
    if code in EU:
        country["is_in_european_union"] = True
    return encode({"country": country})


def plant(nodes, bits, leaf):
    node = 0
    for bit in bits[:-1]:
        if nodes[node][int(bit)] is None:
            nodes.append([None, None])
            nodes[node][int(bit)] = len(nodes) - 1
        node = nodes[node][int(bit)]
    nodes[node][int(bits[-1])] = ("data", leaf)


def build(networks, kind="Test-Country", built=None):
    nodes, data, offsets = [[None, None]], b"", {}
    for network, code in networks.items():
        if code not in offsets:
            offsets[code] = len(data)
            data += record(code)
        plant(nodes, bits_of(network), offsets[code])

    def value(entry):
        if entry is None:
            return len(nodes)
        return len(nodes) + 16 + entry[1] if isinstance(entry, tuple) else entry

    tree = b"".join(value(entry).to_bytes(3, "big") for node in nodes for entry in node)
    metadata = encode({
        "binary_format_major_version": (UINT16, 2), "binary_format_minor_version": (UINT16, 0),
        "build_epoch": (UINT64, int(time.time() if built is None else built)),
        "database_type": kind, "description": {"en": "networks of tests"},
        "ip_version": (UINT16, 6), "languages": ["en"], "node_count": (UINT32, len(nodes)),
        "record_size": (UINT16, 24)})
    return tree + bytes(16) + data + MARKER + metadata


def write(path, networks, **options):
    with open(path, "wb") as file:
        file.write(build(networks, **options))


if __name__ == "__main__":
    write(sys.argv[1], dict(pair.split("=") for pair in sys.argv[2:]))

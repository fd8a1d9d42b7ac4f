#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write tests/golden/tokens.json: ids and tokens from fixed keys.

An implementation of its own, from the format's description and with nothing of the server, so that
the vectors say what the format is and not what the server happens to do. --check compares only.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import sys

FILE = pathlib.Path(__file__).with_name("tokens.json")

IDENTITY = bytes(range(0x40, 0x60))
MASTERS = {1: bytes(range(0x00, 0x20)), 3: bytes(range(0x80, 0xA0))}
SIGNING = 3
TRACKERS = ["go.example.com", "go.example.net"]

ADDRESSES = [
    "reader@example.com",
    " \tSome.Reader+News@Example.COM\r\n",
    "\u00c4rger@b\u00fccher.example",
]
LINKS = [
    ("2026-11", "autumn", "", "https://www.example.com/p?a=1&b=2#top"),
    ("2026-11", "autumn", "hero", "https://www.example.com/p?a=1&b=2#top"),
    ("", "", "spring", "https://www.example.com/x"),
    ("\u79cb\u306e\u6848\u5185", "\u79cb", "", "https://www.example.com/%E6%97%A5%E6%9C%AC"),
]
NAMES = [
    ("campaign", "autumn"),
    ("campaign", "\u79cb"),
    ("mailing", "2026-11"),
    ("list", "newsletter"),
    ("form", "newsletter"),
]
VISITOR = bytes(range(0xC0, 0xD0))


def text64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def subkey(master, purpose, host=""):
    return mac(master, b"waymark 1" + bytes([purpose]) + host.encode())


def normal(address):
    return address.strip(" \t\n\r\f").translate(
        {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)})


def prospect_id(address):
    return mac(IDENTITY, b"prospect\0" + normal(address).encode())[:12]


def link_id(*parts):
    data = b"link\0"
    for part in parts:
        data += len(part.encode()).to_bytes(4, "big") + part.encode()
    return mac(IDENTITY, data)[:8]


def name_id(kind, name):
    size = {"campaign": 4, "mailing": 8, "list": 4, "form": 8}[kind]
    return hashlib.sha256(kind.encode() + b"\0" + name.encode()).digest()[:size]


def visitor_tag(host, visitor):
    return mac(subkey(MASTERS[SIGNING], 7, host), b"tag\0" + visitor)[:8]


def token(purpose, payload, key=SIGNING, host=""):
    signed = bytes([key]) + payload
    return text64(signed + mac(subkey(MASTERS[key], purpose, host), signed)[:12])


def vector(purpose, name, fields, key=SIGNING, tracker=None, mint=None):
    host = "" if tracker is None else TRACKERS[tracker]
    payload = b"".join(value for _, value in fields)
    row = {"purpose": purpose, "name": name, "key_id": key}
    if tracker is not None:
        row["tracker"] = tracker
    for field, value in fields:
        if field == "url":
            row[field] = value.decode()
        elif field in ("day", "flags", "second"):
            row[field] = int.from_bytes(value, "big")
        else:
            row[field] = value.hex()
    if mint:
        row["mint"] = mint
    row["token"] = token(purpose, payload, key, host)
    return row


def mailed_vectors(address, link, key=SIGNING):
    """Purposes 1 to 6, each with the arguments of deploy/examples that mint it."""
    prospect = ("prospect", prospect_id(address))
    link_field = ("link", link_id(*link))
    mailing = ("mailing", name_id("mailing", link[0]))
    campaign = ("campaign", name_id("campaign", link[1]))
    hexed = link_field[1].hex()
    return [
        vector(1, "click", [link_field, prospect], key, mint=["click", hexed, address]),
        vector(2, "link part", [link_field], key, mint=["link-part", hexed]),
        vector(3, "prospect part", [prospect, mailing], key,
               mint=["prospect-part", address, link[0]]),
        vector(3, "prospect part of any mailing", [prospect, ("mailing", bytes(8))], key,
               mint=["prospect-part", address, ""]),
        vector(4, "self-contained", [campaign, prospect, ("url", link[3].encode())], key,
               mint=["self-contained", link[1], address, link[3]]),
        vector(5, "open", [mailing, prospect], key, mint=["open", link[0], address]),
        vector(6, "subscription", [prospect, ("list", name_id("list", "newsletter"))], key,
               mint=["subscription", address, "newsletter"]),
    ]


def tracker_vectors(tracker, key=SIGNING):
    """Purposes from 7 on at one tracker."""
    tag = visitor_tag(TRACKERS[tracker], VISITOR)
    second = 1795262400
    rows = []
    for name, visitor, flags in [("visitor", VISITOR, 7), ("visitor, measured", VISITOR, 2),
                                 ("visitor, denied", bytes(16), 1),
                                 ("visitor, not chosen", VISITOR, 4)]:
        rows.append(vector(7, name, [("visitor", visitor), ("day", (20778).to_bytes(2, "big")),
                                     ("flags", bytes([flags]))], key, tracker))
    rows.append(vector(8, "form view", [("form", name_id("form", "newsletter")), ("tag", tag),
                                        ("second", second.to_bytes(4, "big"))], key, tracker))
    rows.append(vector(9, "login proof", [("prospect", prospect_id(ADDRESSES[0])), ("tag", tag),
                                          ("second", (second + 300).to_bytes(4, "big"))],
                       key, tracker,
                       mint=["login", ADDRESSES[0], tag.hex(), str(second + 300)]))
    rows.append(vector(10, "hand-over", [("nonce", bytes(range(0xB0, 0xBC))),
                                         ("second", (second + 120).to_bytes(4, "big")),
                                         ("url", b"https://www.example.net/p?a=b#c")],
                       key, tracker))
    rows.append(vector(11, "staff", [("second", (second + 2592000).to_bytes(4, "big"))], key,
                       tracker))
    rows.append(vector(12, "held click", [("prospect", prospect_id(ADDRESSES[0])),
                                          ("link", link_id(*LINKS[0])),
                                          ("mailing", name_id("mailing", LINKS[0][0])),
                                          ("campaign", name_id("campaign", LINKS[0][1])),
                                          ("second", second.to_bytes(4, "big"))], key, tracker))
    rows.append(vector(14, "confirmation", [("prospect", prospect_id(ADDRESSES[0])), ("tag", tag),
                                            ("second", (second + 604800).to_bytes(4, "big"))],
                       key, tracker))
    return rows


def export(holder, purposes, tracker=None):
    host = "" if tracker is None else TRACKERS[tracker]
    document = {"version": 1, "for": holder, "key_id": SIGNING}
    if tracker is not None:
        document["tracker"] = host
    document["identity"] = text64(IDENTITY)
    document["subkeys"] = {str(purpose): text64(subkey(MASTERS[SIGNING], purpose, host))
                           for purpose in purposes}
    return document


def keyring():
    created = "2026-11-21T12:00:00.000000Z"
    return {"version": 1, "identity": text64(IDENTITY), "keys": [
        {"id": 1, "state": "verifying", "created": created, "master": text64(MASTERS[1])},
        {"id": 2, "state": "retired", "created": created},
        {"id": 3, "state": "signing", "created": created, "master": text64(MASTERS[3])},
    ]}


def document():
    prospects = [prospect_id(address) for address in ADDRESSES]
    ids = {
        "prospects": [{"address": address, "normal": normal(address), "id": prospect.hex()}
                      for address, prospect in zip(ADDRESSES, prospects)],
        "links": [dict(zip(("mailing", "campaign", "label", "url"), link), id=link_id(*link).hex())
                  for link in LINKS],
        "names": [{"kind": kind, "name": name, "id": name_id(kind, name).hex()}
                  for kind, name in NAMES],
        "erased": [{"prospect": prospect.hex(), "mark": mac(IDENTITY, b"erased\0" + prospect).hex()}
                   for prospect in prospects],
        "tags": [{"tracker": tracker, "visitor": VISITOR.hex(),
                  "tag": visitor_tag(host, VISITOR).hex()}
                 for tracker, host in enumerate(TRACKERS)],
    }
    tokens = []
    for address, link in zip(ADDRESSES, (LINKS[0], LINKS[1], LINKS[3])):
        tokens += mailed_vectors(address, link)
    for tracker in range(len(TRACKERS)):
        tokens += tracker_vectors(tracker)
    older = mailed_vectors(ADDRESSES[0], LINKS[0], 1) + tracker_vectors(1, 1)
    for row in older:
        row.pop("mint", None)
    return {
        "keyring": keyring(), "trackers": TRACKERS, "ids": ids, "tokens": tokens + older,
        "exports": {"mailer": export("mailer", range(1, 7)),
                    "login": [export("login", [9], tracker)
                              for tracker in range(len(TRACKERS))]},
    }


def main():
    text = json.dumps(document(), indent=1, ensure_ascii=False) + "\n"
    if sys.argv[1:] == ["--check"]:
        if FILE.read_text(encoding="utf-8") != text:
            sys.exit(f"{FILE} is not what {sys.argv[0]} writes: run it without --check")
    elif sys.argv[1:]:
        sys.exit("usage: make_tokens.py [--check]")
    else:
        FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

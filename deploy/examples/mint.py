#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mint Waymark's links outside of Waymark: in a mailer, or a site's login.

The keys come from `waymark key export --for mailer` or `--for login --tracker URL`. Keep the file
like a password: who holds it can mint links to anywhere. Nothing but the standard library is used;
copy the functions that you need.

    mint.py EXPORT click LINK_ID ADDRESS             the token of https://TRACKER/c/<token>
    mint.py EXPORT link-part LINK_ID                 the first part of /c/<part>/<part>
    mint.py EXPORT prospect-part ADDRESS MAILING     the second; MAILING "" for any mailing
    mint.py EXPORT self-contained CAMPAIGN ADDRESS URL           of /u/<token>
    mint.py EXPORT open MAILING ADDRESS              of /o/<token>.gif
    mint.py EXPORT subscription ADDRESS LIST         of /s/<token>
    mint.py EXPORT login ADDRESS VISITOR_TAG EXPIRY  the proof of a login, at most 5 minutes ahead
    mint.py EXPORT link-id MAILING CAMPAIGN LABEL URL            the id of a link
"""

import base64
import hashlib
import hmac
import json
import sys


def decode64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def prospect_id(keys, address):
    """White space stripped, A-Z lowered, nothing else."""
    address = address.strip(" \t\n\f\r").encode().lower()
    return mac(decode64(keys["identity"]), b"prospect\0" + address)[:12]


def link_id(keys, mailing, campaign, label, url):
    data = b"link\0"
    for part in (mailing, campaign, label, url):
        part = part.encode()
        data += len(part).to_bytes(4, "big") + part
    return mac(decode64(keys["identity"]), data)[:8]


def name_id(kind, name, size):
    return hashlib.sha256(kind + b"\0" + name.encode()).digest()[:size]


def mailing_id(name):
    return name_id(b"mailing", name, 8) if name else bytes(8)


def token(keys, purpose, payload):
    signed = bytes([keys["key_id"]]) + payload
    signature = mac(decode64(keys["subkeys"][str(purpose)]), signed)[:12]
    return base64.urlsafe_b64encode(signed + signature).rstrip(b"=").decode()


def click(keys, link, address):
    return token(keys, 1, bytes.fromhex(link) + prospect_id(keys, address))


def link_part(keys, link):
    return token(keys, 2, bytes.fromhex(link))


def prospect_part(keys, address, mailing):
    return token(keys, 3, prospect_id(keys, address) + mailing_id(mailing))


def self_contained(keys, campaign, address, url):
    """The URL must be as a browser requests it: http(s), ASCII, at most 2,048 bytes."""
    payload = name_id(b"campaign", campaign, 4) + prospect_id(keys, address)
    return token(keys, 4, payload + url.encode("ascii"))


def open_pixel(keys, mailing, address):
    return token(keys, 5, mailing_id(mailing) + prospect_id(keys, address))


def subscription(keys, address, mailing_list):
    return token(keys, 6, prospect_id(keys, address) + name_id(b"list", mailing_list, 4))


def login(keys, address, visitor_tag, expiry):
    payload = prospect_id(keys, address) + bytes.fromhex(visitor_tag)
    return token(keys, 9, payload + int(expiry).to_bytes(4, "big"))


COMMANDS = {
    "click": click,
    "link-part": link_part,
    "prospect-part": prospect_part,
    "self-contained": self_contained,
    "open": open_pixel,
    "subscription": subscription,
    "login": login,
    "link-id": lambda *arguments: link_id(*arguments).hex(),
}


def main():
    if len(sys.argv) < 4 or sys.argv[2] not in COMMANDS:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        keys = json.load(file)
    print(COMMANDS[sys.argv[2]](keys, *sys.argv[3:]))


if __name__ == "__main__":
    main()

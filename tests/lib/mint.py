# SPDX-License-Identifier: Apache-2.0
"""Tokens made from keys.json with nothing but the standard library, to forge and to compare."""
import base64
import hashlib
import hmac
import json
import os

CLICK, LINK_PART, PROSPECT_PART, SELF_CONTAINED, OPEN, SUBSCRIPTION, VISITOR = range(1, 8)
LOGIN, HANDOVER, STAFF, HELD_CLICK, CONFIRM = 9, 10, 11, 12, 14


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Keys:
    def __init__(self, instance):
        with open(os.path.join(instance, "keys.json"), encoding="utf-8") as file:
            keys = json.load(file)
        signing = [key for key in keys["keys"] if key["state"] == "signing"][0]
        self.identity = decode(keys["identity"])
        self.key_id = signing["id"]
        self.master = decode(signing["master"])

    def mac(self, purpose, message, host=""):
        subkey = hmac.digest(self.master, b"waymark 1" + bytes([purpose]) + host.encode(), "sha256")
        return hmac.digest(subkey, message, "sha256")[:12]

    def mint(self, purpose, payload, host=""):
        message = bytes([self.key_id]) + payload
        return encode(message + self.mac(purpose, message, host))

    def tag(self, visitor, host):
        """The visitor tag: what a login proof is bound to."""
        subkey = hmac.digest(self.master, b"waymark 1" + bytes([VISITOR]) + host.encode(), "sha256")
        return hmac.digest(subkey, b"tag\0" + visitor, "sha256")[:8]

    def prospect_id(self, address):
        return hmac.digest(self.identity, b"prospect\0" + address.encode(), "sha256")[:12]


def name_id(kind, name, size):
    return hashlib.sha256(kind.encode() + b"\0" + name.encode()).digest()[:size]


def flip(token, bit):
    """The token with one bit of its bytes turned."""
    data = bytearray(decode(token))
    data[bit // 8] ^= 0x80 >> bit % 8
    return encode(bytes(data))

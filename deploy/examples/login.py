#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a site's own server does for Waymark when somebody logs in or buys something.

    login.py proof EXPORT ADDRESS TAG   the proof of a login, for waymark.identify() in the page
    login.py report API EVENT           report one event (JSON); the token is in $WAYMARK_TOKEN

EXPORT comes from `waymark key export --for login --tracker URL`, the token from `waymark token new
NAME --scope events:write`; keep both like passwords. TAG is what the page got from the tracker's
/tag: it ties the proof to that one browser. API is the admin listener, as http://127.0.0.1:8081.
Nothing but the standard library is used; copy the functions that you need.
"""

import base64
import hashlib
import hmac
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request

PROOF_SECONDS = 120  # how long a proof is good; at most 300
ATTEMPTS = 5


def decode64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def prospect_id(keys, address):
    """White space stripped, A-Z lowered, nothing else."""
    address = address.strip(" \t\n\f\r").encode().lower()
    return mac(decode64(keys["identity"]), b"prospect\0" + address)[:12]


def proof(keys, address, tag):
    """Only after the password was right, and only for the address of that account."""
    expiry = int(time.time()) + PROOF_SECONDS
    signed = (bytes([keys["key_id"]]) + prospect_id(keys, address) + bytes.fromhex(tag)
              + expiry.to_bytes(4, "big"))
    signature = mac(decode64(keys["subkeys"]["9"]), signed)[:12]
    return base64.urlsafe_b64encode(signed + signature).rstrip(b"=").decode()


def refusal(error):
    """Why, as the answer says; not all of it may have come, or a proxy has made it."""
    try:
        return json.load(error)["error"]
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
        return f"{error.url} answers {error.code}"


def report(api, token, events):
    """Send events until they are stored. Sending again is safe: each has an idempotency key."""
    request = urllib.request.Request(
        api + "/api/v1/events", json.dumps({"events": events}).encode(),
        {"Authorization": "Bearer " + token, "Content-Type": "application/json"})
    for attempt in range(ATTEMPTS):
        if attempt > 0:
            time.sleep(2 ** attempt / 10)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)["results"]
        except urllib.error.HTTPError as error:
            if error.code < 500:  # a mistake in the events, or the token: the answer says which
                raise ValueError(refusal(error)) from None
        except (OSError, http.client.HTTPException, ValueError):
            pass  # no answer, or not all of it; it may be stored all the same
    raise TimeoutError(f"{api} does not store events now; keep these and send them later")


def main():
    command, *values = sys.argv[1:] or [""]
    if command == "proof" and len(values) == 3:
        with open(values[0], encoding="utf-8") as file:
            print(proof(json.load(file), values[1], values[2]))
    elif command == "report" and len(values) == 2:
        try:
            print(json.dumps(report(values[0], os.environ["WAYMARK_TOKEN"],
                                    [json.loads(values[1])])))
        except (ValueError, TimeoutError) as error:
            sys.exit(str(error))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()

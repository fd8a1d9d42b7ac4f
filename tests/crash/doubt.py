# SPDX-License-Identifier: Apache-2.0
"""A registration that was answered "queued" on a stalled disk still takes its slug: the next one
waits for it or is refused, so that one slug never leads to two links. Whoever only looks, as the
doctor does, waits for nobody.

doubt.py PRELOAD
"""
import os
import sys

import mint
from daemon import SHIPPED_MS, SITE, Daemon, wait_for

TARGET = "/api/v1/links"


def body(page):
    return {"links": [{"destination": f"{SITE}/{page}", "slug": "s"}]}


def click(daemon):
    keys = mint.Keys(daemon.instance)
    token = keys.mint(mint.SELF_CONTAINED, bytes(16) + f"{SITE}/p".encode())
    assert daemon.click(f"http://localhost:8080/u/{token}").status == 302


def unless_refused(answer):
    return None if answer.status == 503 else answer


def main():
    with Daemon(commit_wait_ms=SHIPPED_MS) as daemon:
        stall = os.path.join(daemon.directory, "stall")
        daemon.start(LD_PRELOAD=sys.argv[1], WAYMARK_DISK_STALL=stall)
        with open(stall, "w", encoding="ascii"):
            pass
        # The registration waits behind this click, then for its own two commits: over ten seconds.
        click(daemon)
        answer = daemon.control(TARGET, body("first"))
        assert answer.status == 503 and b"queued" in answer.body, answer
        answer = daemon.control("/api/v1/inspect", {})
        assert answer.status == 200, answer
        answer = daemon.control(TARGET, body("second"))
        assert answer.status in (409, 503), answer
        os.unlink(stall)
        answer = wait_for(lambda: unless_refused(daemon.control(TARGET, body("second"))))
        assert answer.status == 409, answer
        answer = daemon.get("/l/s")
        assert (answer.status, answer.location) == (302, f"{SITE}/first"), answer
        assert daemon.stop() == 0


if __name__ == "__main__":
    sys.exit(main())

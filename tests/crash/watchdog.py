# SPDX-License-Identifier: Apache-2.0
"""A disk that does not answer is no reason for the watchdog: the server goes on telling it that it
lives, and goes on redirecting, for longer than the watchdog waits.

watchdog.py PRELOAD
"""
import os
import socket
import sys
import time

from daemon import LIMIT_S, SITE, Daemon, wait_for

WATCHDOG_S = 0.5
STALLED_S = 3.0
TOLD = int(STALLED_S / WATCHDOG_S)  # times at least, however long a busy machine takes for it


def main():
    with Daemon(commit_wait_ms=50) as daemon, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        path, stall = (os.path.join(daemon.directory, name) for name in ("notify", "stall"))
        manager.bind(path)
        manager.settimeout(LIMIT_S)
        url = daemon.link(SITE, "--slug", "s")
        daemon.start(LD_PRELOAD=sys.argv[1], WAYMARK_DISK_STALL=stall, NOTIFY_SOCKET=path,
                     WATCHDOG_USEC=str(int(WATCHDOG_S * 1e6)))
        assert manager.recv(4096).startswith(b"READY=1")
        with open(stall, "w", encoding="ascii"):
            pass
        end, told, longest, last = time.monotonic() + STALLED_S, 0, 0.0, time.monotonic()
        while time.monotonic() < end or told < TOLD:
            answer = daemon.click(url)
            assert answer.status == 302, answer
            while b"WATCHDOG=1" not in manager.recv(4096):
                pass
            told, longest, last = told + 1, max(longest, time.monotonic() - last), time.monotonic()
        late = daemon.metric("waymark_late_total")
        assert late > 0, "the disk did not stall, so this shows nothing"
        os.unlink(stall)
        print(f"{told} times while the disk stalled, at most {longest * 1000:.0f} ms apart; "
              f"{late} late")
        wait_for(lambda: daemon.metric('waymark_account{kind="pending"}') == 0)
        assert daemon.stop() == 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""Hand listening sockets to a server as systemd does: descriptors from 3 on, and $LISTEN_FDS.

    listening = socket.create_server(("127.0.0.1", 0))
    with activated(daemon, public=listening):
        daemon.start()
"""
import contextlib
import sys

# $LISTEN_PID is the process that the wrapper becomes, so the wrapper itself has to say it.
WRAPPER = """
import os, sys
count = int(sys.argv[1])
moved = [os.dup(int(fd)) for fd in sys.argv[2:2 + count]]
moved = [fd if fd >= 3 + count else __import__("fcntl").fcntl(fd, 0, 3 + count) for fd in moved]
for place, fd in enumerate(moved):
    os.dup2(fd, 3 + place)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.argv[2 + count], sys.argv[2 + count:])
"""


def wrapper(sockets):
    return [sys.executable, "-c", WRAPPER, str(len(sockets)),
            *[str(one.fileno()) for one in sockets]]


@contextlib.contextmanager
def activated(daemon, **sockets):
    """Servers that @daemon starts are given @sockets under their names, in that order."""
    before = daemon.wrapper, daemon.pass_fds, dict(daemon.environment)
    daemon.wrapper = wrapper(sockets.values())
    daemon.pass_fds = [one.fileno() for one in sockets.values()]
    daemon.environment.update(LISTEN_FDS=str(len(sockets)), LISTEN_FDNAMES=":".join(sockets))
    try:
        yield daemon
    finally:
        daemon.wrapper, daemon.pass_fds, daemon.environment = before

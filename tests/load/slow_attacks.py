# SPDX-License-Identifier: Apache-2.0
"""Clients that hold connections and give nothing: slowhttptest's three attacks with more and with
fewer connections than the listener has, and ten thousand idle ones. Others click meanwhile, each
click on a new connection, and all of theirs are answered and recorded; memory stays in its bounds.
"""
import contextlib
import os
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import threading

from daemon import LIMIT_S, Daemon, wait_for
from flood import DESTINATION, Humans
from sizes import is_full, size

# The body of a GET is read and dropped, so it can be slow; a POST is refused with its head.
ATTACKS = {
    "slow headers": ["-H"],
    "slow body": ["-B", "-t", "GET", "-s", "8192"],
    "slow read": ["-X", "-k", "4", "-w", "1", "-y", "64", "-n", "1", "-z", "8"],
}
ATTACKERS = 400
MORE, FEWER = 2 * ATTACKERS, ATTACKERS * 3 // 4  # connections of the listener
# Of a click, at full size. Where all connections are young, the next one waits half a second for
# room, behind the attackers that came before it.
MEDIAN_MS, LONGEST_MS = 250, 5000
IDLE = 10000
IDLE_BYTES, EACH_BYTES = 16 << 20, 12 << 10
SPARE_DESCRIPTORS = 500
SPARE_S = 200  # an attack is ended when it has been seen, and must not end before
HUMAN_ADDRESS = "127.0.0.77"


def memory(daemon):
    with open(f"/proc/{daemon.process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) * 1024


def serve(connections, **settings):
    """Without proxies: an address of loopback is a client like any other. meson's setting would
    have malloc() touch memory that nobody uses."""
    os.environ.pop("MALLOC_PERTURB_", None)
    return Daemon(trusted_proxies=[], limits__connections=connections,
                  limits__connections_per_address=0, **settings)


def link(daemon):
    return daemon.link(DESTINATION + "human", "--campaign", "human", "--to", "a@example.com")


def check(daemon, humans, what):
    humans.show(what)
    wait_for(lambda: daemon.metric('waymark_account{kind="pending"}') == 0)
    metrics = daemon.metrics()
    count = len(humans.times_ms)
    assert metrics['waymark_account{kind="stored"}'] == count + daemon.bound(metrics), \
        "a click was lost"
    assert metrics["waymark_late_total"] == 0
    if is_full():
        assert statistics.median(humans.times_ms) < MEDIAN_MS
        assert max(humans.times_ms) < LONGEST_MS
    print("  connections: {} accepted, {} closed to make room, {} over their time; "
          "{} MiB resident".format(
              *(metrics[f'waymark_connections_{name}_total{{listener="public"}}']
                for name in ("accepted", "evicted", "timed_out")), memory(daemon) >> 20))
    return metrics


def attack(name, connections, seconds):
    """Return how many connections were closed to make room."""
    with serve(connections, limits__request_timeout_s=60) as daemon:
        url = link(daemon)
        daemon.start()
        attacker = subprocess.Popen(
            ["slowhttptest", *ATTACKS[name], "-c", str(ATTACKERS), "-r", str(ATTACKERS), "-i", "1",
             "-l", str(seconds + SPARE_S), "-p", "60", "-v", "0",
             "-u", f"http://localhost:{daemon.port}/robots.txt"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            # All are there, or as many as fit.
            wait_for(lambda: daemon.metric(
                'waymark_connections_accepted_total{listener="public"}')
                >= min(connections - connections // 8, ATTACKERS - 20))
            humans = Humans(daemon.port, url, HUMAN_ADDRESS).run(seconds)
            assert attacker.poll() is None, "the attack ended before its time"
        finally:
            attacker.kill()
            attacker.wait()
        metrics = check(daemon, humans, f"{name}, {ATTACKERS} attackers, {connections} connections")
        return metrics['waymark_connections_evicted_total{listener="public"}']


class Idle:
    """A process with @count connections, each of which has had one answer."""

    def __init__(self, port, count):
        self.process = subprocess.Popen([sys.executable, __file__, "--idle", str(port), str(count)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        line = self.process.stdout.readline()
        assert line == b"open\n", "the idle connections could not be opened"

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(LIMIT_S) == 0, "an idle connection was closed"
        self.process.stdout.close()


def be_idle(port, count):
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, hard_limit()))
    request = b"GET /robots.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with contextlib.ExitStack() as stack:
        held = []
        for number in range(count):
            connection = stack.enter_context(socket.create_connection(
                ("127.0.0.1", port), LIMIT_S, (f"127.0.1.{1 + number % 250}", 0)))
            connection.sendall(request)
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
            held.append(connection)
        print("open", flush=True)
        sys.stdin.read()
        for connection in held:
            connection.setblocking(False)
            try:
                assert connection.recv(1) != b""
            except BlockingIOError:
                pass


def hard_limit():
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def idle(seconds):
    count = IDLE
    if hard_limit() != resource.RLIM_INFINITY:
        count = min(count, hard_limit() - SPARE_DESCRIPTORS)
    if count < IDLE:
        print(f"only {count} idle connections: the hard limit of open files is {hard_limit()}")
    with serve(count + 200, limits__request_timeout_s=600) as daemon:
        url = link(daemon)
        daemon.start()
        before = memory(daemon)
        assert before < IDLE_BYTES, f"{before} bytes when idle"
        connections = Idle(daemon.port, count)
        held = memory(daemon)
        humans = Humans(daemon.port, url, HUMAN_ADDRESS).run(seconds)
        check(daemon, humans, f"{count} idle connections")
        after = memory(daemon)
        each = (held - before) / count
        print(f"  idle {before / 2**20:.1f} MiB, with them {held / 2**20:.1f} MiB "
              f"({each / 1024:.2f} KiB each), after the clicks {after / 2**20:.1f} MiB")
        assert each < EACH_BYTES, f"{each} bytes for an idle connection"
        connections.close()


def main():
    if sys.argv[1:2] == ["--idle"]:
        be_idle(int(sys.argv[2]), int(sys.argv[3]))
        return
    seconds = size("slow_attack_seconds")
    idle(seconds)
    if not shutil.which("slowhttptest"):
        assert os.environ.get("WAYMARK_SLOWHTTPTEST_REQUIRED") != "1", "slowhttptest is missing"
        print("left out: slowhttptest is not installed")
        return
    for name in ATTACKS:
        assert attack(name, MORE, seconds) == 0, "there was room for all"
        assert attack(name, FEWER, seconds) > 0, "nobody had to make room"


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""The store's bad days, one after another against the real server: a disk that is full or read-
only, at the start and while running; environments that cannot be opened or are cut while they
are used. Redirects of self-contained links always leave, those of registered links whenever
state/ can be read, everything is counted, and the server recovers by itself.

fault_disk.py PRELOAD
"""
import os
import shutil
import sys

import mint
from daemon import SITE, Daemon, wait_for

PAGE = f"{SITE}/p"
ENVIRONMENTS = ("events", "state", "people")
QUEUE = 200
KINDS = ("stored", "dropped", "rejected", "lost", "pending")


class Bad:
    """A server with a link, whose disk obeys files in its directory."""

    def __init__(self, preload, **settings):
        self.daemon = Daemon(**settings)
        self.data = os.path.join(self.daemon.instance, "data")
        self.environment = {"LD_PRELOAD": preload}
        for name in ("full", "frozen"):
            self.environment[f"WAYMARK_FAULT_{name.upper()}"] = self.switch(name)
        self.keys = mint.Keys(self.daemon.instance)
        self.number = 0

    def __enter__(self):
        return self

    def __exit__(self, *arguments):
        for name in ("full", "frozen"):
            self.turn(name, False)
        self.daemon.__exit__(*arguments)

    def switch(self, name):
        return os.path.join(self.daemon.directory, name)

    def turn(self, name, on):
        if on:
            with open(self.switch(name), "w", encoding="ascii"):
                pass
        elif os.path.exists(self.switch(name)):
            os.unlink(self.switch(name))

    def start(self):
        self.daemon.start(**self.environment)

    def make(self):
        """A store with one link in it."""
        self.start()
        self.link = self.daemon.link(PAGE, "--to", "known@example.com")
        self.redirects(self.link, PAGE)
        assert self.daemon.stop() == 0

    def redirects(self, url, page):
        answer = self.daemon.click(url)
        assert (answer.status, answer.location) == (302, page), answer

    def contained(self, person=None):
        """A self-contained link of a person, by default of one that nobody has seen."""
        self.number += 1
        page = f"{PAGE}/{self.number}"
        who = self.keys.prospect_id(person or f"p{self.number}@example.com")
        token = self.keys.mint(mint.SELF_CONTAINED, bytes(4) + who + page.encode())
        return f"http://localhost:8080/u/{token}", page

    def clicks(self, count=3, person=None):
        for _ in range(count):
            self.redirects(*self.contained(person))
        return count

    def unreadable(self):
        answer = self.daemon.click(self.link)
        assert answer.status == 503 and int(answer.header("Retry-After")) > 0, answer

    def ready(self):
        answer = self.daemon.admin("/readyz")
        assert answer.status == 200, answer
        return answer.body.decode().strip()

    def failing(self, name):
        return self.daemon.metric(f'waymark_store_failing{{store="{name}"}}')

    def account(self):
        metrics = self.daemon.metrics()
        account = {kind: metrics[f'waymark_account{{kind="{kind}"}}'] for kind in KINDS}
        assert metrics['waymark_account{kind="received"}'] == sum(account.values()), account
        return account

    def recovers(self):
        wait_for(lambda: self.ready() == "ready" and self.account()["pending"] == 0, limit=100)

    def stop(self):
        assert self.daemon.stop() == 0
        return self.daemon.prove()


def refused_disk(bad, switch):
    """Full or read-only: from the start on, then again while it runs."""
    bad.make()
    before = len(bad.daemon.events(type="click"))
    bad.turn(switch, True)
    bad.start()
    bad.redirects(bad.link, PAGE)
    sent = 1
    # On a full disk the pages that are free within the file still take some.
    while bad.failing("events") == 0:
        sent += bad.clicks(1, "known@example.com")
        assert sent < 500, "the disk refuses nothing"
    assert bad.ready() == "degraded"
    wait_for(lambda: "event=degraded store=events" in bad.daemon.log())
    result = bad.daemon.waymark("link", "new", "--slug", "new", f"{PAGE}/new", check=False)
    assert result.returncode != 0 and result.stderr.strip(), result
    bad.turn(switch, False)
    bad.recovers()
    wait_for(lambda: "event=recovered store=events" in bad.daemon.log())
    wait_for(lambda: os.path.exists(os.path.join(bad.data, "waymark.sock")))
    bad.daemon.link(f"{PAGE}/later", "--slug", "later")
    bad.turn(switch, True)
    sent += bad.clicks(20)
    bad.redirects(bad.link, PAGE)
    sent += 1
    bad.turn(switch, False)
    bad.recovers()
    bad.stop()
    found = len(bad.daemon.events(type="click"))
    assert found == before + sent, f"{sent} redirects, {found - before} in the log"
    return sent


def full_queue(bad):
    """The disk stays full: what the queue cannot hold is lost, and counted; links redirect."""
    bad.make()
    bad.turn("full", True)
    bad.start()
    sent = bad.clicks(2 * QUEUE, "known@example.com")
    account = bad.account()
    assert account["lost"] > 0, account
    bad.turn("full", False)
    bad.recovers()
    account = bad.account()
    assert account["stored"] >= sent - account["lost"], (sent, account)
    bad.stop()
    return account["lost"]


def no_store(bad):
    """The keys and the configuration alone, on a disk that cannot be written."""
    shutil.rmtree(bad.data, ignore_errors=True)
    bad.turn("frozen", True)
    bad.start()
    sent = bad.clicks()
    assert bad.ready() == "degraded"
    bad.turn("frozen", False)
    bad.recovers()
    bad.stop()
    assert len(bad.daemon.events(type="click")) == sent
    return sent


def unopenable(bad, name):
    """One environment is rubbish from the start, until somebody brings it back."""
    bad.make()
    path = os.path.join(bad.data, name, "data.mdb")
    os.rename(path, path + ".kept")
    with open(path, "wb") as file:
        file.write(os.urandom(65536))
    result = bad.daemon.waymark("link", "new", "--slug", "new", f"{PAGE}/new", check=False)
    assert result.returncode != 0 and f"/{name}: " in result.stderr, result
    bad.start()
    sent = bad.clicks()
    if name == "state":
        bad.unreadable()
    else:
        bad.redirects(bad.link, PAGE)
        sent += 1
    assert bad.ready().startswith("degraded") and bad.failing(name) == 1
    wait_for(lambda: f"event=degraded store={name}" in bad.daemon.log())
    os.rename(path + ".kept", path)
    wait_for(lambda: bad.failing(name) == 0, limit=100)
    bad.recovers()
    bad.redirects(bad.link, PAGE)
    account = bad.account()
    assert account["lost"] == 0
    bad.stop()
    return sent


def people_apart(bad):
    """people/ fails: clicks that do not need it are stored meanwhile, the others afterwards."""
    bad.make()
    path = os.path.join(bad.data, "people", "data.mdb")
    os.rename(path, path + ".kept")
    with open(path, "wb") as file:
        file.write(os.urandom(65536))
    bad.start()
    anonymous = {"Sec-GPC": "1"}
    for number in range(5):
        bad.clicks(1)
        answer = bad.daemon.click(bad.link, anonymous)
        assert answer.status == 302
    wait_for(lambda: bad.account()["stored"] >= 5)
    os.rename(path + ".kept", path)
    wait_for(lambda: bad.failing("people") == 0, limit=100)
    bad.recovers()
    bad.stop()
    return 5


def cut_while_running(bad, name):
    """The file is cut under the map: reading it is a SIGBUS, and must not end the server."""
    bad.make()
    path = os.path.join(bad.data, name, "data.mdb")
    bad.start()
    bad.redirects(bad.link, PAGE)
    with open(path, "rb") as file:
        whole = file.read()
    os.truncate(path, 0)
    for _ in range(3):
        bad.clicks(2)
        answer = bad.daemon.click(bad.link)
        assert answer.status in (302, 503), answer
    assert bad.daemon.process.poll() is None
    wait_for(lambda: bad.ready().startswith("degraded"))
    account = bad.account()
    bad.daemon.kill()
    # The next start finds the damage, and begins degraded instead of failing again and again.
    bad.start()
    bad.clicks()
    assert bad.ready().startswith("degraded")
    bad.daemon.kill()
    with open(path, "wb") as file:
        file.write(whole)
    bad.start()
    bad.redirects(bad.link, PAGE)
    bad.recovers()
    bad.stop()
    return account["pending"]


def main():
    preload = sys.argv[1]
    cases = [("full", refused_disk, "full"), ("read-only", refused_disk, "frozen"),
             ("a full queue", full_queue), ("no store", no_store), ("people apart", people_apart)]
    cases += [(f"unopenable {name}", unopenable, name) for name in ENVIRONMENTS]
    cases += [(f"cut {name}", cut_while_running, name) for name in ENVIRONMENTS]
    chosen = sys.argv[2:]
    for name, case, *arguments in cases:
        if chosen and name not in chosen:
            continue
        settings = {"commit_wait_ms": 20}
        if case is full_queue:
            settings["limits__queue_clicks"] = QUEUE
        with Bad(preload, **settings) as bad:
            print(f"{name}: {case(bad, *arguments)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

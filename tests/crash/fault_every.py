# SPDX-License-Identifier: Apache-2.0
"""The n-th write, sync, change of size, mapping or allocation of the server fails, for every n from
the first until none fires, from the start through clicks to the stop.

fault_every.py PRELOAD KIND [ERRNO]

Each run has its own copy of one store. A run either refuses to start, saying why, or redirects, and
then every event is accounted for, in /metrics and in the log, and each click that was acknowledged
is there. A redirect may be asked for once more where its connection had no memory.
"""
import http.client
import os
import shutil
import signal
import subprocess
import sys
import time

import mint
from daemon import LIMIT_S, SITE, Daemon, read_line, wait_for
from sizes import size

PAGE = f"{SITE}/p"
CLICKS = 4
KINDS = ("received", "stored", "dropped", "rejected", "lost", "pending")
GIVE_UP = 20000  # calls of one run; more is a loop


class Fixture:
    """One store with a link and a person, made once, and copied for each run."""

    def __init__(self, preload, kind, error):
        self.preload, self.kind, self.error = preload, kind, error
        self.daemon = Daemon(commit_wait_ms=2000)
        self.daemon.start()
        self.link = self.daemon.link(PAGE, "--to", "known@example.com")
        assert self.daemon.stop() == 0
        self.keys = mint.Keys(self.daemon.instance)
        self.figures = dict.fromkeys(
            ("fired", "refused", "asked_again", "unreadable", "late", "lost"), 0)

    def contained(self, number):
        payload = bytes(4) + self.keys.prospect_id(f"p{number}@example.com")
        url = f"{PAGE}/{number}"
        token = self.keys.mint(mint.SELF_CONTAINED, payload + url.encode())
        return f"http://localhost:8080/u/{token}", url

    def run(self, number):
        """One run, whose @number-th call fails. False: there is no such call."""
        directory = os.path.join(self.daemon.directory, "run")
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory)
        shutil.copytree(self.daemon.instance, os.path.join(directory, "wm"),
                        ignore=shutil.ignore_patterns("*.sock"))
        fired = os.path.join(directory, "fired")
        run = Run(self, Daemon(directory=directory))
        try:
            run.go({"LD_PRELOAD": self.preload, "WAYMARK_FAULT_KIND": self.kind,
                    "WAYMARK_FAULT_AT": str(number), "WAYMARK_FAULT_ERRNO": str(self.error),
                    "WAYMARK_FAULT_FIRED": fired})
        except BaseException:
            print(f"{self.kind} {number}, errno {self.error}:\n{run.daemon.log()[-4000:]}")
            if run.daemon.process:
                run.daemon.process.kill()
                run.daemon.wait()
            raise
        return os.path.exists(fired)


class Run:
    def __init__(self, fixture, daemon):
        self.fixture, self.daemon = fixture, daemon
        self.figures = fixture.figures

    def go(self, environment):
        self.daemon.spawn(**environment)
        line = read_line(self.daemon.process)
        if not line:
            self.refused()
            return
        self.daemon.take_ready_line(line)
        urls = self.clicks()
        metrics = self.metrics()
        account = {name: metrics[f'waymark_account{{kind="{name}"}}']
                   for name in KINDS}
        assert account["received"] == sum(account.values()) - account["received"], account
        assert account["received"] >= len(urls), (account, urls)
        missed = account["lost"] + metrics["waymark_late_total"]
        self.figures["late"] += metrics["waymark_late_total"]
        self.figures["lost"] += account["lost"]
        status = self.daemon.stop()
        assert status == 0, f"it ended with status {status}"
        self.daemon.prove()
        found = [event["url"] for event in self.daemon.events(type="click")]
        missing = [url for url in urls if url not in found]
        # Where a field has no memory the click is stored without it.
        assert len(missing) <= missed + found.count(None), f"acknowledged, not stored: {missing}"

    def refused(self):
        """No line means that it refused: it must have said why, and not have crashed."""
        try:
            status = self.daemon.process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            raise AssertionError("it neither started nor refused") from None
        self.daemon.wait()
        assert status > 0, f"it ended with status {status} ({signal.Signals(-status).name})" \
            if status < 0 else "it ended without a word"
        assert self.daemon.log().strip(), "it refused without saying why"
        self.figures["refused"] += 1

    def clicks(self):
        """Redirected addresses."""
        wanted = [self.fixture.contained(number) for number in range(CLICKS)]
        wanted.append((self.fixture.link, PAGE))
        for url, page in wanted:
            self.click(url, page)
        return [page for _, page in wanted]

    def click(self, url, page):
        if url == self.fixture.link:
            # A link unreadable: 503 with Retry-After, until the store has been opened again.
            wait_for(lambda: not self.is_unreadable(url))
        for attempt in range(2):
            try:
                answer = self.daemon.click(url)
            except (OSError, http.client.HTTPException):
                answer = None
            if answer and answer.status == 302:
                assert answer.location == page, answer
                return
            assert attempt == 0, f"no redirect: {answer}"
            assert self.daemon.process.poll() is None, "it died"
            self.figures["asked_again"] += 1

    def is_unreadable(self, url):
        try:
            answer = self.daemon.click(url, method="HEAD")
        except (OSError, http.client.HTTPException):
            return False
        if answer.status != 503:
            return False
        assert int(answer.header("Retry-After")) > 0
        self.figures["unreadable"] += 1
        time.sleep(0.1)
        return True

    def metrics(self):
        for attempt in range(2):
            try:
                return self.daemon.metrics()
            except (OSError, http.client.HTTPException, ValueError):
                assert attempt == 0
                self.figures["asked_again"] += 1
        return None


def main():
    preload, kind = sys.argv[1:3]
    fixture = Fixture(preload, kind, int(sys.argv[3]) if len(sys.argv) > 3 else 0)
    step = size("fault_step_memory" if kind == "memory" else "fault_step_disk")
    number, beyond = int(os.environ.get("WAYMARK_FAULT_FIRST", "1")), 0
    while number < GIVE_UP:
        if fixture.run(number):
            fixture.figures["fired"] += 1
            beyond = 0
        else:
            beyond += 1
            # What threads do has no fixed number: one run without the call may be chance.
            if beyond == 3:
                break
        number += step
    print(f"{kind}: every {step}. call up to {number}: {fixture.figures}")
    assert number < GIVE_UP and fixture.figures["fired"] > 0
    if kind in ("write", "sync"):
        assert fixture.figures["refused"] == 0, "a disk that fails must not refuse a start"
    fixture.daemon.__exit__(None, None, None)


if __name__ == "__main__":
    sys.exit(main())

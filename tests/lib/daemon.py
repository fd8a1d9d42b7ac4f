# SPDX-License-Identifier: Apache-2.0
"""The real program on a directory of its own: `init`, then commands and a server on free ports.

    with Daemon(consent="identify") as daemon:
        daemon.start()
        url = daemon.waymark("link", "new", "--to", "a@example.com", "https://…").stdout.strip()
        answer = daemon.click(url)
        assert daemon.events(type="click")[0]["prospect"]

Nothing here sleeps to be safe: what has to happen is waited for, with a limit that only a failure
reaches.
"""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

WAYMARK = os.environ.get("WAYMARK_BINARY") or os.path.join(
    os.environ.get("WAYMARK_BUILD", "build"), "server", "waymark")
LIMIT_S = 30  # no step takes so long unless something is broken, sanitizers included
# An answer tells that its event is in the log, however slow the disk. Who measures, or whose disk
# fails, takes what is shipped instead.
PATIENT_MS, SHIPPED_MS = 20000, 100
TRACKER = "http://localhost:8080"
SITE = "http://localhost:8090"

BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
                  "Chrome/126.0.0.0 Safari/537.36",
    "Accept-Language": "ja,en;q=0.8",
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}

# sendBeacon() of a page of the site.
BEACON = {
    **BROWSER,
    "Origin": SITE,
    "Content-Type": "text/plain;charset=UTF-8",
    "Sec-Fetch-Site": "same-site",
    "Sec-Fetch-Mode": "no-cors",
    "Sec-Fetch-Dest": "empty",
}


class Answer:
    """One response: status, headers as they came (names in lower case), body."""

    def __init__(self, response, body):
        self.status = response.status
        self.reason = response.reason
        self.pairs = [(name.lower(), value) for name, value in response.getheaders()]
        self.body = body

    def header(self, name):
        values = [value for key, value in self.pairs if key == name.lower()]
        return values[0] if values else None

    @property
    def location(self):
        return self.header("Location")

    @property
    def cookie(self):
        """name=value of the one Set-Cookie, or None."""
        values = [value for key, value in self.pairs if key == "set-cookie"]
        assert len(values) <= 1, values
        return values[0].split(";")[0] if values else None

    def __repr__(self):
        return f"<{self.status} {self.pairs} {self.body[:200]!r}>"


def wait_for(what, limit=LIMIT_S):
    """Call @what until it returns something true, and return that."""
    end = time.monotonic() + limit
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"did not happen within {limit} s: {what}")
        time.sleep(0.01)


def read_line(process, limit=LIMIT_S):
    """The first line of the process's standard output; '' when it ends before."""
    stream = process.stdout
    os.set_blocking(stream.fileno(), False)
    data = b""
    end = time.monotonic() + limit
    while not data.endswith(b"\n"):
        piece = stream.read(1)
        if piece:
            data += piece
        elif piece == b"":
            break
        elif time.monotonic() > end:
            raise AssertionError(f"no line within {limit} s, only {data!r}")
        else:
            time.sleep(0.005)
    return data.decode()


def send(method, *arguments, **options):
    """Call what sends a request of http.client's. A server that refuses it by its head may be gone
    before its body is sent; the answer is there all the same."""
    try:
        method(*arguments, **options)
    except (BrokenPipeError, ConnectionResetError):
        pass


class Daemon:
    def __init__(self, consent="identify", tracker=TRACKER, site=SITE, directory=None, **settings):
        self.directory = directory or tempfile.mkdtemp(prefix="waymark-flow-")
        self.owns_directory = directory is None
        self.instance = os.path.join(self.directory, "wm")
        self.config_path = os.path.join(self.instance, "waymark.json")
        self.tracker = tracker
        self.process = None
        self.port = self.admin_port = None
        self.log_path = os.path.join(self.directory, "log")
        self.requests = 0  # sent through request(), by us
        self.environment = dict(os.environ)
        self.wrapper, self.pass_fds = [], []  # of every server; lib/activation.py
        if not os.path.exists(self.config_path):
            self.run("init", "--dir", self.instance, "--tracker", tracker, "--site", site,
                     "--consent", "pending")
            self.configure(listen="127.0.0.1:0", admin_listen="127.0.0.1:0",
                           **{"consent__default": consent, "commit_wait_ms": PATIENT_MS,
                              **settings})

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        """Stop what runs, which must end well: under sanitizers a leak is a bad end."""
        status = 0
        if self.process:
            try:
                status = self.stop() if self.process.poll() is None else self.wait()
            except subprocess.TimeoutExpired:
                status = "none: it did not stop"
                self.process.kill()
                self.wait()
        log = self.log() if os.path.exists(self.log_path) else ""
        if self.owns_directory:
            shutil.rmtree(self.directory, ignore_errors=True)
        if kind or status != 0:
            print("the server's log:\n" + log[-8000:])
        if not kind and status != 0:
            raise AssertionError(f"the server ended with status {status}")

    # configuration

    def configure(self, **settings):
        """Set keys of waymark.json; "consent__gpc" is the key gpc of the object consent."""
        with open(self.config_path, encoding="utf-8") as file:
            config = json.load(file)
        for name, value in settings.items():
            target = config
            *parents, leaf = name.split("__")
            for parent in parents:
                target = target.setdefault(parent, {})
            target[leaf] = value
        # Whoever follows the file never sees half of it.
        with open(self.config_path + ".new", "w", encoding="utf-8") as file:
            json.dump(config, file)
        shutil.copymode(self.config_path, file.name)
        os.replace(file.name, self.config_path)

    # commands

    def run(self, *arguments, stdin=None, check=True, limit=4 * LIMIT_S):
        """Any command line; text in, text out."""
        result = subprocess.run([WAYMARK, *arguments], input=stdin, capture_output=True, text=True,
                                env=self.environment, timeout=limit, check=False)
        if check and result.returncode != 0:
            raise AssertionError(f"waymark {' '.join(arguments)}: status {result.returncode}\n"
                                 f"{result.stdout}{result.stderr}")
        return result

    def words(self, *arguments):
        """A command line for this instance; --config goes behind the (sub)command's words."""
        two = ("binding", "config", "form", "key", "link", "prospect", "rule", "token")
        words = 2 if arguments[0] in two else 1
        words += arguments[:2] in (("events", "import"), ("summarize", "report"))
        return [*arguments[:words], "--config", self.config_path, *arguments[words:]]

    def waymark(self, *arguments, **options):
        """A command on this instance; options as of run()."""
        return self.run(*self.words(*arguments), **options)

    def lines(self, *arguments):
        """The output of a command that prints much, line by line."""
        with subprocess.Popen([WAYMARK, *self.words(*arguments)], stdout=subprocess.PIPE, text=True,
                              env=self.environment) as process:
            yield from process.stdout
        assert process.returncode == 0, (arguments, process.returncode)

    def link(self, url, *arguments):
        """`link new`: the first address that it prints."""
        return self.waymark("link", "new", *arguments, url).stdout.splitlines()[0]

    def events(self, *arguments, **filters):
        """What `events` prints, of those that are as @filters say. Without the account that a
        server adds each minute, which is nobody's doing; type="account" names them all."""
        lines = self.waymark("events", *arguments).stdout.splitlines()
        found = [json.loads(line) for line in lines]
        if filters.get("type") != "account":
            found = [event for event in found
                     if event.get("account", {}).get("period") != "minute"]
        return [event for event in found
                if all(event.get(name) == value for name, value in filters.items())]

    def sequences(self):
        """The numbers of all events, those of each minute's account among them."""
        return [json.loads(line)["seq"] for line in self.waymark("events").stdout.splitlines()]

    def accounts(self):
        """What the server has told of itself when it started and stopped."""
        accounts = [event["account"] for event in self.events(type="account")]
        return [account for account in accounts if account["period"] != "minute"]

    def wait_logged(self, what, limit=LIMIT_S):
        """wait_for() of what the log says: asked again when something was written to it. Asking is
        a program that starts, and what is waited for often needs the machine to itself."""
        path = os.path.join(self.instance, "data", "events", "data.mdb")
        end = time.monotonic() + limit
        while True:
            seen, again = os.stat(path).st_mtime_ns, time.monotonic() + 1
            value = what()
            if value:
                return value
            if time.monotonic() > end:
                raise AssertionError(f"did not happen within {limit} s: {what}")
            # Two writes may have the same time.
            while os.stat(path).st_mtime_ns == seen and time.monotonic() < min(again, end):
                time.sleep(0.005)

    def bindings(self, *arguments):
        """`binding list`: a dictionary for each."""
        names = ("event", "time", "visitor", "prospect", "evidence", "link", "state")
        return [dict(zip(names, line.split("\t"))) for line in
                self.waymark("binding", "list", *arguments).stdout.splitlines()]

    def wait_folded(self):
        """state/ has whose the browsers are by what was answered, as commands find it that read it
        beside a server: it is folded behind the commits."""
        made = {str(event["seq"]) for event in self.events(type="bind")}
        wait_for(lambda: made <= {row["event"] for row in self.bindings()})

    def bound(self, metrics=None):
        """Events that clicks have brought along: what they say of browsers (test_binding.py)."""
        metrics = metrics or self.metrics()
        return sum(metrics[f'waymark_events_total{{type="{kind}"}}']
                   for kind in ("bind", "conflict", "unbind"))

    def prove(self, config=None):
        """`events --account`: the log adds up, or the test fails with what does not. Its totals,
        with the rows of all runs as "rows"."""
        result = self.run("events", "--config", config or self.config_path, "--account", "--json",
                          check=False)
        *rows, totals = map(json.loads, result.stdout.splitlines())
        wrong = [row for row in rows if not row["adds_up"]]
        assert result.returncode == 0 and totals["adds_up"], f"{result.stderr}{wrong}"
        return {**totals, "rows": rows}

    # the server

    def spawn(self, *wrapper, **environment):
        """Start the server without waiting for it."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*wrapper, *self.wrapper, WAYMARK, "serve", "--config", self.config_path],
                stdout=subprocess.PIPE, stderr=log, env={**self.environment, **environment},
                pass_fds=self.pass_fds)
        return self.process

    def start(self, *wrapper, **environment):
        process = self.spawn(*wrapper, **environment)
        self.take_ready_line(read_line(process))
        return self

    def take_ready_line(self, line):
        """Learn the ports from the line that a server prints when it is ready."""
        addresses = re.findall(r"(http://[^ ]+|unix:[^ ]+) \((public|admin)\)", line)
        if len(addresses) != 2:
            raise AssertionError(f"no ready line but {line!r}; log:\n{self.log()}")
        for address, kind in addresses:
            port = urllib.parse.urlsplit(address).port
            if kind == "public":
                self.port = port
            else:
                self.admin_port = port

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def stop(self, number=signal.SIGTERM):
        """Ask it to stop; the exit status."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self):
        status = self.process.wait(LIMIT_S)
        self.process.stdout.close()
        self.process = None
        return status

    def kill(self):
        return self.stop(signal.SIGKILL)

    # requests

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_S)

    def request(self, method, target, headers=None, connection=None, body=None):
        """One request to the public listener; counted in self.requests."""
        ours = connection or self.connect()
        headers = {"Host": urllib.parse.urlsplit(self.tracker).netloc, **(headers or {})}
        ours.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            for one in value if isinstance(value, list) else [value]:
                ours.putheader(name, one)
        if body is not None:
            ours.putheader("Content-Length", str(len(body)))
        send(ours.endheaders, body)
        self.requests += 1
        response = ours.getresponse()
        answer = Answer(response, response.read())
        if not connection:
            ours.close()
        return answer

    def get(self, target, headers=None, **options):
        return self.request("GET", target, headers, **options)

    def click(self, url, headers=None, method="GET", **options):
        """Follow a tracked URL as a browser does; headers given as None are left out."""
        parts = urllib.parse.urlsplit(url)
        sent = {**BROWSER, "Host": parts.netloc, **(headers or {})}
        return self.request(method, url[len(f"{parts.scheme}://{parts.netloc}"):],
                            {name: value for name, value in sent.items() if value is not None},
                            **options)

    def beacon(self, body, headers=None, **options):
        """What a page sends; headers given as None are left out."""
        sent = {**BEACON, **(headers or {})}
        return self.request("POST", "/e", {name: value for name, value in sent.items()
                                           if value is not None}, body=body.encode(), **options)

    def admin(self, target, method="GET", body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=LIMIT_S)
        send(connection.request, method, target, body=body, headers=headers or {})
        response = connection.getresponse()
        answer = Answer(response, response.read())
        connection.close()
        return answer

    def control(self, target, body):
        """POST to the control socket, as a command does."""
        connection = http.client.HTTPConnection("localhost", timeout=LIMIT_S)
        connection.sock = socket.socket(socket.AF_UNIX)
        # By its folder, since the path of a socket may be short only, and the tests' may not.
        folder = os.open(os.path.join(self.instance, "data"), os.O_PATH)
        try:
            connection.sock.connect(f"/proc/self/fd/{folder}/waymark.sock")
        finally:
            os.close(folder)
        connection.request("POST", target, body=json.dumps(body))
        response = connection.getresponse()
        answer = Answer(response, response.read())
        connection.close()
        return answer

    def metrics(self):
        """{'name{labels}': number} of /metrics."""
        text = self.admin("/metrics").body.decode()
        rows = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) if "." in value else int(value) for name, value in rows}

    def metric(self, name):
        return self.metrics()[name]

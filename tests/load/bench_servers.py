# SPDX-License-Identifier: Apache-2.0
"""The servers that the benchmarks compare, each a process of ours on one core: start, CPU, stop."""
import concurrent.futures
import http.client
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import sys
import time

READY_SECONDS = 60
STOP_SECONDS = 60
LANDING = "https://www.example.com/landing"

NGINX = """\
{user}daemon off;
worker_processes 1;
worker_rlimit_nofile 8192;
error_log {folder}/nginx.log warn;
pid {folder}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/nginx-body;
  proxy_temp_path {folder}/nginx-proxy;
  fastcgi_temp_path {folder}/nginx-fastcgi;
  uwsgi_temp_path {folder}/nginx-uwsgi;
  scgi_temp_path {folder}/nginx-scgi;
  userid on;
  userid_expires max;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ return {answer}; }}
  }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One process, and its children, on @core; stop() ends it, by its id."""

    def __init__(self, name, folder, core):
        self.name, self.folder, self.core = name, pathlib.Path(folder), core
        self.port = free_port()
        self.process = None

    def start(self, command, ready_line=False):
        with open(self.folder / f"{self.name}.txt", "ab") as log:
            self.process = subprocess.Popen(
                # Killed together with us, should we be killed without a chance to stop it.
                ["setpriv", "--pdeathsig", "TERM", "taskset", "-c", str(self.core),
                 *map(str, command)],
                stdin=subprocess.DEVNULL, stderr=log,
                stdout=subprocess.PIPE if ready_line else log,
            )
        if ready_line:
            self.wait_for_line()
        else:
            self.wait_for_port()

    def fail(self, what):
        log = (self.folder / f"{self.name}.txt").read_text(errors="replace")[-2000:]
        raise SystemExit(f"{self.name} {what}:\n{log}")

    def wait_for_line(self):
        readable, _, _ = select.select([self.process.stdout], [], [], READY_SECONDS)
        if not readable or not self.process.stdout.readline():
            self.fail("did not say that it is ready")

    def wait_for_port(self):
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.fail("does not accept connections")

    def process_ids(self):
        ids = [self.process.pid]
        for parent in ids:
            children = pathlib.Path(f"/proc/{parent}/task/{parent}/children")
            ids += map(int, children.read_text().split())
        return ids

    def cpu_seconds(self):
        """What all threads have run so far, in nanosecond steps."""
        total = 0
        for process_id in self.process_ids():
            for task in pathlib.Path(f"/proc/{process_id}/task").iterdir():
                total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def cookies_of(self, paths):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        found = []
        for path in paths:
            connection.request("GET", path, headers={"Host": f"localhost:{self.port}", **BROWSER})
            answer = connection.getresponse()
            answer.read()
            cookie = answer.getheader("Set-Cookie")
            if answer.status != 302 or not cookie:
                self.fail(f"answers {answer.status}, cookie {cookie}, to {path}")
            found.append(cookie.split(";")[0])
        connection.close()
        return found

    def cookies(self, paths):
        """The cookie that each of @paths gives to a browser without one, as "name=value"."""
        slices = [paths[at:at + 250] for at in range(0, len(paths), 250)]
        with concurrent.futures.ThreadPoolExecutor(16) as threads:
            return [cookie for part in threads.map(self.cookies_of, slices) for cookie in part]

    def stop(self):
        if not self.process:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                print(f"{self.name} had to be killed", file=sys.stderr)
        if self.process.stdout:
            self.process.stdout.close()


# What a click from a mail sends behind a proxy that ends TLS.
BROWSER = {
    "X-Forwarded-For": "203.0.113.7",
    "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
                  " Chrome/131.0.0.0 Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
              "image/apng,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "ja,en-US;q=0.9,en;q=0.8",
    "Referer": "https://mail.example.com/",
    "Sec-CH-UA": '"Chromium";v="131", "Not_A Brand";v="24"',
    "Sec-CH-UA-Mobile": "?0",
    "Sec-CH-UA-Platform": '"Windows"',
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-User": "?1",
    "Upgrade-Insecure-Requests": "1",
}


def start_nginx(folder, core, answer=f"302 {LANDING}"):
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    server = Server("nginx", folder, core)
    config = server.folder / "nginx.conf"
    user = "user root;\n" if os.geteuid() == 0 else ""
    config.write_text(NGINX.format(folder=server.folder, port=server.port, user=user,
                                   answer=answer))
    server.start([program, "-p", server.folder, "-c", config])
    return server


def start_fixed_302(program, folder, core):
    server = Server("fixed_302", folder, core)
    server.start([program, server.port])
    return server


class Waymark(Server):
    def __init__(self, program, folder, core):
        super().__init__("waymark", folder, core)
        self.program = program
        self.admin_port = free_port()
        self.instance = self.folder / "instance"
        self.config = self.instance / "waymark.json"
        self.site = f"http://localhost:{free_port()}"

    def run(self, *arguments):
        done = subprocess.run([self.program, *map(str, arguments)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise SystemExit(f"waymark {arguments[0]}: {done.stderr}")
        return done.stdout

    def init(self):
        """The shipped configuration."""
        self.run("init", "--dir", self.instance, "--tracker", f"http://localhost:{self.port}",
                 "--site", self.site,
                 "--listen", f"127.0.0.1:{self.port}",
                 "--admin-listen", f"127.0.0.1:{self.admin_port}")

    def set_up(self, addresses):
        """@addresses as prospects, one link; init() before, unless it was. The keys of a mailer."""
        if not self.config.exists():
            self.init()
        people = self.folder / "people.csv"
        people.write_text("email\n" + "".join(f"{address}\n" for address in addresses))
        self.run("prospect", "import", "--config", self.config, people)
        self.run("link", "new", "--config", self.config, "--campaign", "bench",
                 "--mailing", "bench", "--field", "*|WAYMARK|*", LANDING)
        return json.loads(self.run("key", "export", "--for", "mailer", "--config", self.config))

    def serve(self):
        self.start([self.program, "serve", "--config", self.config], ready_line=True)

    def metrics(self):
        """Every figure of /metrics, by name and labels as printed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=60)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        rows = (line.rpartition(" ") for line in text.splitlines() if line[:1] not in ("#", ""))
        return {name: float(value) for name, _, value in rows}

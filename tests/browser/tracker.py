# SPDX-License-Identifier: Apache-2.0
"""A tracker for https://go.example.com, made by `waymark init`, served on free ports of loopback."""
import json
import os
import pathlib
import re
import subprocess

PROGRAM = pathlib.Path(os.environ["WAYMARK_BUILD"]) / "server/waymark"
READY = re.compile(r"http://127\.0\.0\.1:(\d+) \(public\), http://127\.0\.0\.1:(\d+) \(admin\)")


def waymark(*arguments, stdin=""):
    done = subprocess.run([str(PROGRAM), *arguments], input=stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60)
    if done.returncode != 0:
        raise AssertionError(f"waymark {' '.join(arguments)}: {done.stderr}")
    return done.stdout


class Tracker:
    """`waymark serve` for as long as the context lasts."""

    def __init__(self, folder, consent):
        self.config = str(pathlib.Path(folder) / "wm/waymark.json")
        waymark("init", "--dir", str(pathlib.Path(folder) / "wm"), "--consent", consent,
                "--tracker", "https://go.example.com", "--site", "https://www.example.com")
        text = json.loads(pathlib.Path(self.config).read_text())
        text["listen"] = text["admin_listen"] = "127.0.0.1:0"
        pathlib.Path(self.config).write_text(json.dumps(text))

    def __enter__(self):
        self.process = subprocess.Popen(
            [str(PROGRAM), "serve", "--config", self.config], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        match = READY.search(line)
        if not match:
            self.process.kill()
            raise AssertionError(f"serve said {line!r} and ended with {self.process.wait()}")
        self.port, self.admin_port = int(match[1]), int(match[2])
        return self

    def __exit__(self, *_):
        self.process.terminate()
        status = self.process.wait(30)
        self.process.stdout.close()
        if status != 0:
            raise AssertionError(f"serve ended with {status}")

    def run(self, command, *arguments, stdin=""):
        return waymark(*command.split(), "--config", self.config, *arguments, stdin=stdin)

    def events(self, kind):
        lines = self.run("events", "--after", "0", "--type", kind).splitlines()
        return [json.loads(line) for line in lines]

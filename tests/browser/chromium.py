# SPDX-License-Identifier: Apache-2.0
"""A real Chromium, driven through driver.mjs, and the profiles of its readers.

    with Chromium(rules, spki) as browser:
        reader = browser.profile()
        reader.open("https://www.example.com/")
        reader.cookies()
"""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import node_packages

WHOLE = "/usr/bin/chromium"
WINDOWLESS = "/usr/bin/chromium-headless-shell"


def environment():
    """Which Chromium is driven. The one without windows is built from the same source and takes a
    third of the time; at full size, or where it is missing, it is the one that people have."""
    small = os.environ.get("WAYMARK_TEST_SIZE", "small") == "small"
    path = WINDOWLESS if small and os.path.exists(WINDOWLESS) else WHOLE
    return {"WAYMARK_CHROMIUM": path, **os.environ}


class Profile:
    """One reader's browser: cookies, storage and caches of its own, and one page."""

    def __init__(self, browser, name):
        self.browser = browser
        self.name = name

    def call(self, command, **arguments):
        return self.browser.call(command, name=self.name, **arguments)

    def open(self, url, early=False):
        """@early: whatever the page at hand still waits for."""
        return self.call("open", url=url, early=early)

    def click(self, selector):
        """Press what leads to another page. Where that is: url, title, referrer."""
        return self.call("click", selector=selector)

    def press(self, selector):
        self.call("press", selector=selector)

    def where(self):
        return self.call("where")

    def evaluate(self, script):
        return self.call("evaluate", script=script)

    def wait(self, script):
        self.call("wait", script=script)

    def quiet(self):
        """Whatever its pages have asked for has been answered, and the answers' cookies are in."""
        self.call("quiet")

    def pause(self, milliseconds):
        """Let the page live for so long, by its own clock."""
        self.evaluate(f"new Promise(resolve => setTimeout(resolve, {milliseconds}))")

    def cookies(self, url="https://go.example.com/"):
        return self.call("cookies", url=url)

    def plant(self, name, value, url="https://go.example.com/"):
        """Put a cookie where a page could not put it: for what only the server can refuse."""
        self.call("plant", cookies=[{"name": name, "value": value, "url": url, "httpOnly": True,
                                     "secure": True, "sameSite": "Lax"}])

    def drop_cookies(self):
        self.call("drop")

    def requests(self, url="", method=None):
        """What it asked of the network so far, of addresses that begin with @url."""
        return [request for request in self.call("requests") if request["url"].startswith(url)
                and method in (None, request["method"])]

    def troubles(self):
        """{"errors": what its pages threw, "console": what they, or the browser, wrote}."""
        return self.call("troubles")

    def leave(self):
        """Close the page, as its reader does, for an empty one."""
        self.call("leave")

    def end(self):
        """What its pages have told is in the log; only that they were left may still come."""
        self.call("end")


class Chromium:
    def __init__(self, rules, spki):
        self.folder = tempfile.mkdtemp(prefix="browser-", dir=node_packages.folder())
        driver = pathlib.Path(self.folder) / "driver.mjs"
        shutil.copyfile(pathlib.Path(__file__).with_name("driver.mjs"), driver)
        self.count = 0
        self.process = subprocess.Popen(
            ["node", str(driver), rules, spki], text=True, env=environment(),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(30)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def profile(self, folder=None, **options):
        """A new one. @folder: where it lives on; all else: driver.mjs."""
        self.count += 1
        name = f"profile {self.count}"
        self.call("profile", name=name, folder=folder and str(folder), **options)
        return Profile(self, name)

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the browser's driver ended with {self.process.wait()}")
        return json.loads(line)

    def call(self, command, **arguments):
        self.process.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
        self.process.stdin.flush()
        answer = self.read()
        if "error" in answer:
            raise AssertionError(f"{command} {arguments}: {answer['error']}")
        return answer["value"]

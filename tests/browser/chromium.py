# SPDX-License-Identifier: Apache-2.0
"""A real Chromium with a fresh profile, driven through driver.mjs."""
import json
import pathlib
import shutil
import subprocess
import tempfile

import node_packages


class Chromium:
    def __init__(self, rules, spki):
        self.folder = tempfile.mkdtemp(prefix="browser-", dir=node_packages.folder())
        driver = pathlib.Path(self.folder) / "driver.mjs"
        shutil.copyfile(pathlib.Path(__file__).with_name("driver.mjs"), driver)
        self.process = subprocess.Popen(
            ["node", str(driver), rules, spki, self.folder + "/profile"], text=True,
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

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the browser's driver ended with {self.process.wait()}")
        return json.loads(line)

    def call(self, name, **arguments):
        self.process.stdin.write(json.dumps({"do": name, **arguments}) + "\n")
        self.process.stdin.flush()
        answer = self.read()
        if "error" in answer:
            raise AssertionError(f"{name} {arguments}: {answer['error']}")
        return answer["value"]

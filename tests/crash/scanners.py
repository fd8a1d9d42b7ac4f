# SPDX-License-Identifier: Apache-2.0
"""Mail scanners as they are reported, second by second, and people beside them, through the real
server: every redirect is served, no person's click is called a machine's, and no machine's click
settles as a person's, which is all that scores.

scanners.py PRELOAD

The preload sets the server's clock, which stands between two steps of a scene: a scene of minutes
takes no longer than its requests, and one of milliseconds is that on a busy machine, too.
"""
import concurrent.futures
import json
import os
import sys
import time
import urllib.parse

from daemon import Daemon

TRACKER, SITE = "https://go.example.com", "https://www.example.com"
DAY = 86400
SCENE_S = 3600
# A day ago, and no scene goes on beyond the end of its hour.
BEGIN = int(time.time()) // SCENE_S * SCENE_S - DAY + 600

CHROME = ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
          "Chrome/126.0.0.0 Safari/537.36")
MAC = ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
       "Chrome/124.0.0.0 Safari/537.36")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
OLD_SAFARI = ("Mozilla/5.0 (iPhone; CPU iPhone OS 15_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
              "like Gecko) Version/15.6 Mobile/15E148 Safari/604.1")
IN_APP_IOS = ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
              "like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/470.0.0.0]")
IN_APP_ANDROID = ("Mozilla/5.0 (Linux; Android 13; SO-52C; wv) AppleWebKit/537.36 (KHTML, like "
                  "Gecko) Version/4.0 Chrome/120.0.0.0 Mobile Safari/537.36 YJApp-ANDROID")
FETCH = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
BEACON = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "empty",
          "Origin": SITE, "Content-Type": "text/plain;charset=UTF-8"}
NOTHING = dict.fromkeys(FETCH)


class Client:
    """Something that follows links: a browser that keeps its cookie, or a program that does not."""

    def __init__(self, scene, is_person, agent, address, language="ja", fetch=FETCH, keeps=None):
        self.scene, self.is_person = scene, is_person
        self.headers = {"User-Agent": agent, "Accept-Language": language, **fetch,
                        "X-Forwarded-For": address}
        self.keeps = is_person if keeps is None else keeps
        self.cookie = None
        self.views = 0

    def click(self, link, method="GET"):
        answer = self.scene.daemon.click(link, {**self.headers, "Cookie": self.cookie}, method)
        assert answer.status == 302, (self.scene.name, answer)
        assert answer.location == self.scene.pages[link], (self.scene.name, answer)
        if self.keeps:
            self.cookie = answer.cookie or self.cookie
        return answer.cookie

    def at_once(self, links):
        """All of them together, each as by a browser that nobody has seen."""
        with concurrent.futures.ThreadPoolExecutor(len(links)) as pool:
            return list(pool.map(self.click, links))

    def see(self, seconds, hand, cookie=None):
        """The landing page, from its view to its leave."""
        self.views += 1
        view = f"{self.views:016x}"
        for line in (f"t=view&v={view}&u=", f"t=leave&v={view}&w={int(seconds * 1000)}"
                                            f"&i={int(hand)}&u="):
            body = line + urllib.parse.quote(SITE + "/landing", safe="")
            headers = {**self.headers, **BEACON, "Cookie": cookie or self.cookie}
            assert self.scene.daemon.beacon(body, headers).status == 204
            self.scene.wait(seconds)


class Scene:
    """One mail to one person, with its own hour."""

    def __init__(self, stage, name, links=4):
        self.daemon, self.clock = stage.daemon, stage.clock
        self.name = name
        self.at = BEGIN + stage.scenes * SCENE_S
        stage.scenes += 1
        self.clock(self.at)
        self.pages, self.owners = {}, stage.owners
        person = f"{name.replace(' ', '-')}@example.com"
        for i in range(links):
            page = f"{SITE}/{i}"
            self.pages[self.daemon.link(page, "--to", person, "--campaign", "autumn", "--mailing",
                                        name, "--label", str(i))] = page
        self.links = list(self.pages)

    def wait(self, seconds):
        self.at += seconds
        self.clock(self.at)

    def person(self, agent, address, **options):
        return self.client(True, agent, address, options)

    def machine(self, agent, address, **options):
        return self.client(False, agent, address, options)

    def client(self, is_person, agent, address, options):
        """Who a click was is known again by mailing and address."""
        client = Client(self, is_person, agent, address, **options)
        network = address.rpartition(".")[0] + ".0"
        key = (self.name, network, agent)
        assert self.owners.setdefault(key, is_person) == is_person
        return client


def defender(stage):
    scene = Scene(stage, "all links within milliseconds")
    scene.wait(40)
    scene.machine(CHROME, "20.10.1.1").at_once(scene.links)


def slow_gateway(stage):
    scene = Scene(stage, "a link each second, without a browsers headers")
    gateway = scene.machine(CHROME, "20.11.1.1", language=None, fetch=NOTHING)
    for link in scene.links:
        gateway.click(link)
        scene.wait(1)


def head_then_get(stage):
    scene = Scene(stage, "head and then get")
    gateway = scene.machine(CHROME, "20.12.1.1")
    gateway.click(scene.links[0], "HEAD")
    scene.wait(3)
    gateway.click(scene.links[0])


def library(stage):
    scene = Scene(stage, "a library says its name")
    gateway = scene.machine("python-requests/2.31.0", "20.13.1.1", language=None, fetch=NOTHING)
    gateway.click(scene.links[0])


def known_network(stage):
    scene = Scene(stage, "a filter's network")
    scene.machine(CHROME, "40.107.3.9").click(scene.links[0])


def scripted(stage):
    scene = Scene(stage, "a scanner that runs scripts")
    scanner = scene.machine(CHROME, "20.14.1.1")
    for cookie in scanner.at_once(scene.links):
        scanner.see(5, False, cookie)
    scene.wait(5)
    assert scanner.views == len(scene.links)


def two_links(stage):
    scene = Scene(stage, "a mail of two links", links=2)
    scene.machine(CHROME, "20.15.1.1").at_once(scene.links)


def trap(stage):
    scene = Scene(stage, "a link that no person sees", links=1)
    hidden = scene.daemon.link(f"{SITE}/trap", "--slug", "trap", "--trap")
    scene.pages[hidden] = f"{SITE}/trap"
    scene.owners[(None, "20.16.1.0", CHROME)] = False
    scene.machine(CHROME, "20.16.1.1").click(hidden)


def repeated(stage):
    scene = Scene(stage, "a gateway repeats a click")
    reader = scene.person(MAC, "198.51.100.7")
    reader.click(scene.links[0])
    scene.wait(1)
    reader.see(8, False)
    scene.wait(3)
    scene.machine(CHROME, "20.17.1.1").click(scene.links[0])


def at_the_click(stage):
    scene = Scene(stage, "checked when it is clicked")
    scene.machine(CHROME, "52.101.1.1").click(scene.links[0])
    reader = scene.person(MAC, "198.51.100.8")
    reader.click(scene.links[0])
    reader.see(4, True)


def old_safari(stage):
    scene = Scene(stage, "old safari")
    reader = scene.person(OLD_SAFARI, "198.51.100.9", fetch=NOTHING)
    reader.click(scene.links[0])
    reader.see(20, False)


def in_app(stage):
    for number, agent in enumerate((IN_APP_IOS, IN_APP_ANDROID)):
        scene = Scene(stage, f"inside of a program {number}")
        scene.person(agent, "198.51.100.10", fetch=NOTHING).click(scene.links[0])


def tabs(stage):
    scene = Scene(stage, "three links in tabs")
    reader = scene.person(FIREFOX, "198.51.100.11")
    for link in scene.links[:3]:
        reader.click(link)
        scene.wait(2)
    reader.see(6, True)


def quick(stage):
    scene = Scene(stage, "quick and without pages of ours")
    reader = scene.person(CHROME, "198.51.100.12", keeps=False)
    for link in scene.links:
        reader.click(link)
        scene.wait(2)


def twice(stage):
    scene = Scene(stage, "a double click")
    reader = scene.person(CHROME, "198.51.100.13")
    reader.click(scene.links[0])
    reader.click(scene.links[0])
    scene.wait(1)
    reader.see(5, False)


def office(stage):
    scene = Scene(stage, "a company's proxy")
    scene.machine("python-requests/2.31.0", "192.0.2.20", fetch=NOTHING).click(scene.links[0])
    scene.wait(120)
    reader = scene.person(CHROME, "192.0.2.21")
    reader.click(scene.links[0])
    reader.see(3, False)


def stripped(stage):
    scene = Scene(stage, "a proxy that strips headers")
    reader = scene.person(CHROME, "192.0.2.30", language=None, fetch=NOTHING)
    reader.click(scene.links[0])
    scene.wait(60)
    reader.click(scene.links[1])


SCENES = (defender, slow_gateway, head_then_get, library, known_network, scripted, two_links, trap,
          repeated, at_the_click, old_safari, in_app, tabs, quick, twice, office, stripped)
# Whose page was seen, or whose browser says nothing strange: they are to count.
COUNTED = {"a gateway repeats a click", "checked when it is clicked", "old safari",
           "inside of a program 0", "inside of a program 1", "three links in tabs",
           "a double click", "a company's proxy"}


class Stage:
    def __init__(self, daemon, path):
        self.daemon, self.path = daemon, path
        self.scenes, self.owners = 0, {}

    def clock(self, seconds):
        with open(self.path + ".new", "w", encoding="ascii") as file:
            file.write(f"@{int(seconds)}")
        os.rename(self.path + ".new", self.path)


def judge(stage, events):
    wrong, seen = [], {True: 0, False: 0}
    for event in events:
        if event["type"] not in ("click", "probe"):
            continue
        is_person = stage.owners[(event["mailing"], event["ip"], event["agent"])]
        settled = event["settled"]
        assert settled["settled"], event
        seen[is_person] += 1
        classes = {settled["class"], event["verdict"]["class"]}
        if is_person and "machine" in classes or not is_person and settled["class"] == "human" or \
                is_person and event["mailing"] in COUNTED and settled["class"] != "human":
            wrong.append((event["mailing"], is_person, event["verdict"], settled))
    return wrong, seen


def judge_pages(events):
    """What a scanner's script shows is no more a person's than its click."""
    pages = [event["settled"]["class"] for event in events if event["type"] == "view"
             and event["ip"] == "20.14.1.0"]
    return [] if pages and "human" not in pages else [("pages of a scanner", pages)]


def main():
    with Daemon(tracker=TRACKER, site=SITE) as daemon:
        path = os.path.join(daemon.directory, "clock")
        stage = Stage(daemon, path)
        stage.clock(BEGIN)
        daemon.start(LD_PRELOAD=sys.argv[1], WAYMARK_FAULT_CLOCK=path)
        for scene in SCENES:
            scene(stage)
        assert daemon.stop() == 0
        events = daemon.events("--settled")
        wrong, seen = judge(stage, events)
        wrong += judge_pages(events)
        for row in wrong:
            print(json.dumps(row))
        assert not wrong
    print(f"{stage.scenes} scenes: {seen[True]} clicks of people, {seen[False]} of machines")


if __name__ == "__main__":
    main()

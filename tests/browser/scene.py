# SPDX-License-Identifier: Apache-2.0
"""What the browser tests play in: a tracker behind its nginx, its sites and strangers' ones, and
readers with profiles of their own.

One stage serves all tests of a file that want the same consent and settings, since a browser, a
tracker and an nginx take longer to start than a test takes. So each test has its own people and its
own profiles, and looks only at the events that are newer than itself.
"""
import itertools
import json
import pathlib
import tempfile
import time
import unittest

import chromium
import daemon
import front
import mint

TRACKER = "https://go.example.com"
SITE = "https://www.example.com"
SHOP = "https://shop.example.com"  # the tracker's other site
OTHER_TRACKER = "https://go.example.org"  # of the same server, on another domain
OTHER_SITE = "https://www.example.org"
SIBLING = "https://blog.example.com"  # nobody's site, on the same domain
EVIL = "https://evil.example.net"
MAIL = "https://mail.example.net"
COOKIE = "__Host-Http-wm"
LIMIT_S = 60  # only what is broken takes so long
LOGIN_PROOF = 9
CAUSED = ("click", "probe", "view", "leave", "event", "search", "download", "consent", "login",
          "prefill", "bind", "conflict", "unbind")

STUB = ("<script>window.waymark=window.waymark||function()"
        "{(waymark.q=waymark.q||[]).push(arguments)}</script>")


def tag(attributes="", name="t.js", tracker=TRACKER):
    """The snippet's tag; a page can tell when it has run."""
    return (f'<script async crossorigin="anonymous" src="{tracker}/{name}" {attributes} '
            'onload="window.loaded = performance.now()"></script>')


class Stage:
    """A tracker with this consent and these settings, what is in front of it, and a browser; until
    the file's last test."""
    made = {}

    def __init__(self, consent, settings):
        self.folder = pathlib.Path(unittest.enterModuleContext(tempfile.TemporaryDirectory()))
        self.tracker = unittest.enterModuleContext(daemon.Daemon(
            consent, tracker=TRACKER, site=SITE, trackers=[
                {"url": TRACKER, "sites": [SITE, SHOP], "primary": True},
                {"url": OTHER_TRACKER, "sites": [OTHER_SITE]},
            ], **settings))
        self.tracker.start()
        self.front = unittest.enterModuleContext(front.Front(self.folder, self.tracker.port))
        self.browser = unittest.enterModuleContext(chromium.Chromium(
            self.front.resolver_rules(), self.front.spki))
        self.keys = mint.Keys(self.tracker.instance)
        self.numbers = itertools.count(1)

    @classmethod
    def of(cls, consent, settings):
        key = json.dumps([consent, settings])
        if key not in cls.made:
            cls.made[key] = cls(consent, settings)
        return cls.made[key]


class Scene(unittest.TestCase):
    consent = "identify"
    settings = {}

    @classmethod
    def setUpClass(cls):
        stage = Stage.of(cls.consent, cls.settings)
        cls.tracker, cls.front, cls.browser = stage.tracker, stage.front, stage.browser
        cls.keys, cls.numbers = stage.keys, stage.numbers

    def setUp(self):
        before = self.tracker.events()
        self.after = max((event["seq"] for event in before), default=0)
        # A page that a test has closed may still say that it was left.
        self.closed = {event["props"].get("view") for event in before} - {None}

    # pages and links

    def put(self, body, host=SITE, path=None):
        """A page with this in it; its address."""
        path = path or f"/page{next(self.numbers)}.html"
        file = self.front.folder / host.partition("//")[2] / path[1:]
        file.write_text(f'<!DOCTYPE html><meta charset="utf-8"><title>Page</title>{body}')
        return host + path

    def person(self):
        """The address of somebody new."""
        return f"reader{next(self.numbers)}@example.com"

    def link(self, person, url):
        """A tracked link for them; one with a label, which tells the links to one page apart."""
        return self.tracker.link(url, "--to", person, "--campaign", "autumn",
                                 "--label", f"label{next(self.numbers)}")

    def handle(self, person):
        return self.tracker.waymark("prospect", "find", person).stdout.strip()

    def proof(self, person, visitor, seconds=200, host="go.example.com"):
        """What the site's own server signs for who has just logged in, in the browser @visitor."""
        payload = (self.keys.prospect_id(person) + self.keys.tag(bytes.fromhex(visitor), host) +
                   (int(time.time()) + seconds).to_bytes(4, "big"))
        return self.keys.mint(LOGIN_PROOF, payload, host)

    # readers

    def reader(self, **options):
        profile = self.browser.profile(**options)
        self.addCleanup(profile.end)
        return profile

    def click(self, reader, link):
        """Follow it out of a mail; where that leads."""
        reader.open(self.put(f'<a id="link" href="{link}">Read</a>', MAIL))
        return reader.click("#link")

    def show(self, reader, url):
        """Open a page and wait for its snippet, and for the answers to what that says."""
        reader.open(url)
        reader.wait("window.loaded")
        reader.quiet()

    def cookie(self, reader, tracker=TRACKER):
        """The tracker's cookie as the browser has it; None without one."""
        ours = [cookie for cookie in reader.cookies(tracker + "/") if cookie["name"] == COOKIE]
        return ours[0] if ours else None

    def visitor(self, reader, tracker=TRACKER):
        """Who a browser's cookie says that it is."""
        cookie = self.cookie(reader, tracker)
        return cookie and mint.decode(cookie["value"])[1:17].hex()

    def flags(self, reader):
        return mint.decode(self.cookie(reader)["value"])[19]

    def unharmed(self, reader):
        self.assertEqual(reader.troubles()["errors"], [])

    # events

    def events(self, *types):
        """Those of the test so far; all that readers cause when no type is named."""
        return [event for event in self.tracker.events("--after", str(self.after))
                if event["type"] in (types or CAUSED) and
                event["props"].get("view") not in self.closed]

    def forget(self):
        """What there is so far is no longer looked at."""
        self.after = max((event["seq"] for event in self.tracker.events()), default=0)

    def wait(self, count, *types):
        """The events of these types, as soon as there are so many."""
        def enough():
            found = self.events(*types)
            return found if len(found) >= count else None
        try:
            return self.tracker.wait_logged(enough, LIMIT_S)
        except AssertionError as error:
            found = json.dumps(self.events(), indent=1)
            raise AssertionError(f"no {count} of {types}, but {found}") from error

    def view(self, reader):
        """What a page view of theirs is recorded as, from here on."""
        page = self.put(tag())

        def recorded():
            return [event for event in self.events("view") if event["url"] == page]
        self.show(reader, page)
        [event] = self.tracker.wait_logged(recorded, LIMIT_S)
        return event

    def wait_requests(self, reader, count, url, method=None, body=""):
        """What a browser asked of addresses that begin with @url, with this in its body, once it
        was answered so often."""
        def enough():
            found = [request for request in reader.requests(url, method)
                     if body in (request["body"] or "")]
            return found if len(found) >= count else None
        return daemon.wait_for(enough, LIMIT_S)

    def settle(self, reader):
        """Whatever the page of @reader had to say has arrived."""
        before = len(self.events("search"))
        reader.pause(80)  # longer than several changes of an address are taken together
        reader.evaluate("waymark('search', 'settled')")
        self.wait(before + 1, "search")
        reader.quiet()  # the last request may have overtaken others

    def metric(self, name):
        return self.tracker.metric(name)

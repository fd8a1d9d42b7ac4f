# SPDX-License-Identifier: Apache-2.0
"""From the click to the page and what is told of it, through TLS and nginx: who it was, for how
long, and how often.
"""
import signal
import tempfile
import time
import unittest

import daemon
from scene import COOKIE, EVIL, SHOP, SIBLING, SITE, STUB, TRACKER, Scene, tag

BY_NAVIGATION = 4
COOKIE_SECONDS = 395 * 86400
REFUSED = 'waymark_requests_total{route="beacon",result="other_origin"}'


class Joined(Scene):
    def test_the_landing_page_joins_the_click(self):
        page = self.put(tag())
        person = self.person()
        link = self.link(person, page + "?x=1")
        reader = self.reader()
        landed = self.click(reader, link)
        self.assertEqual((landed["url"], landed["referrer"]), (page + "?x=1", ""))
        [click] = self.wait(1, "click")
        [view] = self.wait(1, "view")
        self.assertEqual((click["visitor"], view["visitor"]), (self.visitor(reader),) * 2)
        self.assertEqual((view["url"], view["referrer"], view["props"]["kind"]),
                         (page, None, "load"))
        self.assertIs(reader.evaluate("navigator.webdriver"), True, "and is counted all the same")
        others = [request for request in reader.requests() if not request["url"] == link]
        self.assertNotIn(link.rpartition("/")[2], str(others))
        self.assertNotIn("OPTIONS", self.front.tracker_log())
        [beacon] = self.wait_requests(reader, 1, TRACKER + "/e")
        self.assertEqual((beacon["method"], beacon["status"]), ("POST", 204))
        self.unharmed(reader)

    def test_a_cookie_of_the_click_is_never_sent_again_by_a_beacon(self):
        page = self.put(tag())
        reader = self.reader()
        self.click(reader, self.link(self.person(), page))
        before = self.cookie(reader)
        self.assertTrue(self.flags(reader) & BY_NAVIGATION)
        self.show(reader, page)
        self.wait(2, "view")
        self.assertEqual(self.cookie(reader), before)

    def test_a_beacon_sets_the_cookie_where_there_is_none(self):
        reader = self.reader()
        self.show(reader, self.put(tag()))
        [view] = self.wait(1, "view")
        self.assertEqual(view["visitor"], self.visitor(reader))
        cookie = self.cookie(reader)
        self.assertFalse(self.flags(reader) & BY_NAVIGATION)
        self.assertAlmostEqual(cookie.pop("expires") - time.time(), COOKIE_SECONDS, delta=300)
        cookie.pop("value")
        self.assertEqual(cookie, {
            "name": COOKIE, "domain": "go.example.com", "path": "/", "httpOnly": True,
            "secure": True, "sameSite": "Lax",
        })
        self.assertEqual(reader.evaluate("document.cookie"), "")
        self.assertEqual(reader.evaluate("Object.keys(localStorage)"), [])

    def waiting(self):
        """How many requests have been sent to the tracker that it has not read."""
        with open("/proc/net/tcp", encoding="ascii") as sockets:
            rows = [row.split() for row in sockets][1:]
        # Its end of a connection, which is established, with something in the queue.
        return sum(row[1] == f"0100007F:{self.tracker.port:04X}" and row[3] == "01" and
                   not row[4].endswith(":00000000") for row in rows)

    def test_who_leaves_before_the_first_answer_is_one_visitor(self):
        page, quiet = self.put(tag('data-auto="off"')), self.put("")
        reader = self.reader()
        self.show(reader, page)
        self.tracker.process.send_signal(signal.SIGSTOP)
        try:
            reader.evaluate("waymark('page')")
            reader.open(quiet, early=True)
            daemon.wait_for(lambda: self.waiting() >= 2)
        finally:
            self.tracker.process.send_signal(signal.SIGCONT)
        [view] = self.wait(1, "view")
        [leave] = self.wait(1, "leave")
        self.assertEqual((leave["visitor"], leave["props"]["view"]),
                         (None, view["props"]["view"]))
        daemon.wait_for(lambda: self.visitor(reader))
        self.assertEqual(self.visitor(reader), view["visitor"])
        self.show(reader, self.put(tag()))
        self.assertEqual({one["visitor"] for one in self.wait(2, "view")}, {view["visitor"]})

    def test_a_browser_is_the_same_after_it_was_closed(self):
        page = self.put(tag())
        with tempfile.TemporaryDirectory() as folder:
            reader = self.browser.profile(folder)
            self.click(reader, self.link(self.person(), page))
            [view] = self.wait(1, "view")
            reader.end()
            reader = self.reader(folder=folder)
            self.show(reader, page)
            self.assertEqual({one["visitor"] for one in self.wait(2, "view")}, {view["visitor"]})

    def test_both_sites_of_a_tracker_know_the_browser(self):
        reader = self.reader()
        for host in (SITE, SHOP):
            self.show(reader, self.put(tag(), host))
        first, second = self.wait(2, "view")
        self.assertEqual(first["visitor"], second["visitor"])

    def test_no_other_page_can_tell_anything(self):
        reader = self.reader()
        self.click(reader, self.link(self.person(), self.put("")))
        before = self.cookie(reader)
        refused = self.metric(REFUSED)
        for host in (SIBLING, EVIL):
            self.show(reader, self.put(tag(), host))
            daemon.wait_for(lambda: self.metric(REFUSED) > refused)
            refused = self.metric(REFUSED)
        self.show(reader, self.put(tag()))
        self.wait(1, "view")
        self.assertEqual([view["url"][:len(SITE)] for view in self.events("view")], [SITE])
        self.assertEqual(self.cookie(reader), before)


class Told(Scene):
    def test_what_was_said_before_the_script_was_there(self):
        reader = self.reader()
        self.show(reader, self.put(STUB + "<script>waymark('event', 'early', {n: 1});"
                                   "waymark('search', '秋 山')</script>" + tag()))
        view, early, search = self.wait(3, "view", "event", "search")
        self.assertEqual([view["type"], early["type"], search["type"]],
                         ["view", "event", "search"])
        self.assertEqual((early["name"], early["props"]["props"]), ("early", {"n": 1}))
        self.assertEqual(search["props"]["term"], "秋 山")
        self.assertEqual(len({one["props"]["view"] for one in (view, early, search)}), 1)

    def test_a_script_that_cannot_be_had_harms_no_page(self):
        for options, name in (({"blocked": r"/t\.js"}, "t.js"), ({}, "t/0123456789abcdef.js")):
            reader = self.reader(**options)
            reader.open(self.put(STUB + tag(name=name) + "<button onclick=\"waymark('event', 'x');"
                                 "done = 1\">Do</button>"))
            reader.press("button")
            self.assertEqual(reader.evaluate("done"), 1)
            self.unharmed(reader)
        view = self.view(self.reader())
        self.assertEqual(self.events(), [view])

    def tell_much(self, reader):
        """230 KB in Japanese, in one turn."""
        self.show(reader, self.put(tag()))
        reader.evaluate("""(() => {
            for (let n = 0; n < 60; n++)
                waymark('event', 'n' + n, { text: '日本'.repeat(200) });
        })()""")
        events = self.wait(60, "event")
        self.assertEqual(sorted(int(event["name"][1:]) for event in events), list(range(60)))
        self.assertEqual({event["props"]["props"]["text"] for event in events}, {"日本" * 200})
        self.assertEqual({event["visitor"] for event in events}, {self.visitor(reader)})
        self.assertNotIn("OPTIONS", self.front.tracker_log())
        self.unharmed(reader)

    def test_more_than_64_kib_at_once(self):
        self.tell_much(self.reader())

    def test_without_beacons(self):
        self.tell_much(self.reader(script="delete Navigator.prototype.sendBeacon"))


class Dwell(Scene):
    # All times are by the page's own clock, and from both sides: a busy machine does not count.
    # This listener is behind the snippet's, which captures.
    CLOCK = """addEventListener('pagehide', () => window.begun &&
        localStorage.setItem('there', performance.now() - window.begun))"""
    BEGUN = "<script>begun = performance.now()</script>"

    def check(self, leave):
        """Wait on a page, let @leave leave it, and compare."""
        reader = self.reader(script=self.CLOCK)
        quiet = self.put("")
        self.show(reader, self.put(self.BEGUN + tag() + f'<a href="{quiet}">Go</a>'))
        reader.pause(700)
        least = reader.evaluate("performance.now() - loaded")
        leave(reader)
        [event] = self.wait(1, "leave")
        reader.open(quiet)
        most = float(reader.evaluate("localStorage.getItem('there')"))
        self.assertGreaterEqual(least, 700)
        self.assert_between(event["props"]["visible_ms"], least, most)
        self.assertEqual(len(self.events("view", "leave")), 2)
        [view] = self.events("view")
        self.assertEqual((view["props"]["view"], view["visitor"]),
                         (event["props"]["view"], event["visitor"]))

    def assert_between(self, told, least, most):
        self.assertTrue(least - 1 <= told <= most + 1, (least, told, most))

    def test_by_a_link(self):
        self.check(lambda reader: reader.click("a"))

    def test_by_closing_the_page(self):
        self.check(lambda reader: reader.leave())

    def turn(self, reader, state):
        """Make the page visible or hidden, as changing the tab does; by its own clock when it was
        not yet, and when it was."""
        return reader.evaluate(f"""(() => {{
            const before = performance.now();
            Object.defineProperty(document, 'visibilityState',
                {{ value: '{state}', configurable: true }});
            document.dispatchEvent(new Event('visibilitychange', {{ bubbles: true }}));
            return [before, performance.now()];
        }})()""")

    def test_hidden_time_does_not_count(self):
        reader = self.reader()
        self.show(reader, self.put(tag()))
        self.turn(reader, "hidden")
        [first] = self.wait(1, "leave")
        reader.pause(400)
        hidden, shown = self.turn(reader, "visible")
        reader.pause(300)
        still, gone = self.turn(reader, "hidden")
        _, last = self.wait(2, "leave")
        self.assertGreaterEqual(still - shown, 300)
        self.assert_between(last["props"]["visible_ms"] - first["props"]["visible_ms"],
                            still - shown, gone - hidden)

    def test_a_trusted_input_and_how_far(self):
        reader = self.reader()
        self.show(reader, self.put(tag() + "<p style='height: 5000px'><button>Press</button>"))
        reader.press("button")
        reader.evaluate("scrollTo(0, 99999)")
        reader.pause(50)
        reader.leave()
        [event] = self.wait(1, "leave")
        self.assertEqual((event["props"]["input"], event["props"]["depth"]), (True, 100))


class OnePage(Scene):
    """A site of one page: each change of the address that a reader would call a page is one."""
    WITHOUT = "Object.defineProperty(window, 'navigation', { value: undefined })"

    def app(self):
        self.put(tag(), path="/app.html")
        return SITE + "/app/"

    def walk(self, reader):
        app = self.app()
        self.show(reader, app + "start")
        steps = (
            ("history.pushState(0, '', '/app/one')", "one", "one"),
            ("history.replaceState(0, '', '/app/two')", "two", "two"),
            ("location.hash = 'part'", "two#part", None),
            ("history.back()", "two", None),
            ("history.back()", "start", "start"),
            # What a router does in several steps is one.
            ("['/app/a', '/app/b', '/app/c'].map(at => history.pushState(0, '', at))", "c", "c"),
            ("history.replaceState(1, '', location.href)", "c", None),
        )
        expected = ["start"]
        for script, at, counted in steps:
            reader.evaluate(f"void ({script})")
            reader.wait(f"location.href == '{app}{at}'")
            expected += [counted] if counted else []
            self.settle(reader)
            self.assertEqual([view["url"] for view in self.events("view")],
                             [app + name for name in expected], script)
        views = self.events("view")
        self.assertEqual([view["props"]["kind"] for view in views], ["load"] + 4 * ["spa"])
        self.assertEqual(len({view["props"]["view"] for view in views}), 5)
        # Each that was left has told for how long, before the next one began.
        left = {leave["props"]["view"] for leave in self.events("leave")}
        self.assertEqual(left, {view["props"]["view"] for view in views[:-1]})
        self.unharmed(reader)

    def test_by_the_navigation_api(self):
        self.walk(self.reader())

    def test_by_history_alone(self):
        self.walk(self.reader(script=self.WITHOUT))

    def test_a_page_out_of_the_cache_is_a_view(self):
        reader = self.reader()
        self.show(reader, self.put(tag()))
        reader.evaluate("void dispatchEvent(new PageTransitionEvent('pageshow',"
                        "{ persisted: true }))")
        views = self.wait(2, "view")
        self.assertEqual([view["props"]["kind"] for view in views], ["load", "bfcache"])
        self.assertNotEqual(views[0]["props"]["view"], views[1]["props"]["view"])

    def test_a_prerendered_page_counts_when_it_is_shown(self):
        reader = self.reader(script="""
            let hidden = true;
            Object.defineProperty(document, 'prerendering', { get: () => hidden });
            window.activate = () => {
                hidden = false;
                document.dispatchEvent(new Event('prerenderingchange'));
            };""")
        self.show(reader, self.put(tag()))
        reader.pause(100)
        self.assertEqual(reader.requests(TRACKER + "/e"), [])
        reader.evaluate("activate()")
        [view] = self.wait(1, "view")
        self.assertEqual(view["props"]["kind"], "prerender")


if __name__ == "__main__":
    unittest.main()

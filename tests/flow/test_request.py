# SPDX-License-Identifier: Apache-2.0
"""Every request gets its one answer and ends in exactly one counter, on every listener."""
import contextlib
import http.client
import socket
import unittest

from daemon import LIMIT_S, Daemon, wait_for
from wire import read_all

PAGE = "http://localhost:8090/"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Request(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.daemon.start()

    def counters(self):
        return {name: value for name, value in self.daemon.metrics().items()
                if name.startswith("waymark_requests_total")}

    def test_the_host_must_be_a_trackers(self):
        for host in ("localhost", "localhost:8080", "LOCALHOST.", "localhost:1"):
            self.assertEqual(self.daemon.get("/robots.txt", {"Host": host}).status, 200, host)
        for host in ("example.com", "127.0.0.1", "localhost.example.com", "xlocalhost", ""):
            answer = self.daemon.get("/robots.txt", {"Host": host})
            self.assertIn(answer.status, (400, 421), host)
            self.assertNotIn(b"example.com", answer.body)
        self.assertEqual(self.daemon.get("/robots.txt", {"Host": "example.com"}).status, 421)

    def test_two_hosts_and_a_foreign_absolute_target_are_bad(self):
        self.assertEqual(
            self.daemon.get("/robots.txt", {"Host": ["localhost", "localhost"]}).status, 400)
        self.assertEqual(self.daemon.get("http://example.com/robots.txt").status, 400)
        self.assertEqual(self.daemon.get("http://localhost:8080/robots.txt").status, 200)

    def test_health_answers_any_host(self):
        answer = self.daemon.get("/healthz", {"Host": "10.1.2.3"})
        self.assertEqual((answer.status, answer.body), (200, b"ok\n"))

    def test_fixed_answers(self):
        robots = self.daemon.get("/robots.txt")
        self.assertEqual(robots.body, b"User-agent: *\nDisallow: /\n")
        icon = self.daemon.get("/favicon.ico")
        self.assertEqual((icon.status, icon.body), (204, b""))
        for answer in (robots, icon):
            self.assertEqual(answer.header("Cache-Control"), "public, max-age=86400")
            self.assertEqual(answer.header("X-Content-Type-Options"), "nosniff")
            self.assertIsNone(answer.cookie)

    def test_methods(self):
        for method in ("POST", "PUT", "DELETE", "TRACE"):
            answer = self.daemon.request(method, "/c/x")
            self.assertEqual((answer.status, answer.header("Allow")),
                             (405, "GET, HEAD, OPTIONS"), method)
        answer = self.daemon.request("OPTIONS", "/c/x")
        self.assertEqual((answer.status, answer.header("Allow")), (204, "GET, HEAD, OPTIONS"))
        self.assertEqual(self.daemon.get("/nothing").status, 404)

    def test_operations_need_a_token_over_tcp(self):
        for path in ("links", "prospects", "prospects/find", "prospects/reveal", "keys/rotate",
                     "keys/retire"):
            answer = self.daemon.admin("/api/v1/" + path, "POST", "{}")
            self.assertEqual(answer.status, 401, path)
            self.assertEqual(answer.header("WWW-Authenticate"), "Bearer")
        large = self.daemon.admin("/api/v1/links", "POST", "x" * 100000)
        self.assertEqual(large.status, 401, "a stranger's body is not even read")
        self.assertEqual(self.daemon.get("/metrics").status, 404)
        self.assertEqual(self.daemon.get("/api/v1/links").status, 404)

    def test_ready(self):
        answer = self.daemon.admin("/readyz")
        self.assertEqual((answer.status, answer.body), (200, b"ready\n"))

    def test_bodies_of_operations(self):
        def refusal(path, body):
            answer = self.daemon.control("/api/v1/" + path, body)
            return answer.status, answer.body.decode()

        link = {"destination": PAGE}
        for item, where in (
                ({}, "links[0].destination: is missing"),
                ({**link, "colour": 1}, "links[0].colour: there is no such key"),
                ({**link, "label": 1}, "links[0].label: must be a text"),
                ({**link, "slug": "a b"}, "links[0].slug: may hold only"),
                ({**link, "slug": "x" * 256}, "links[0].slug: is longer than 255"),
                ({**link, "pass": ["a b"]}, "links[0].pass: holds a name"),
                ({**link, "mailing": "a\n"}, "links[0].mailing: must be text"),
                ({"destination": "mailto:a@example.com"}, "links[0].destination: "),
                ({"destination": "http://a.example/?m=b@example.com"}, "e-mail address"),
                ({"destination": "http://a.example/\u00fc"}, "http://a.example/%C3%BC"),
                ({"destination": "http://a.example/\r\nX: 1"}, "links[0].destination: "),
                ({"destination": "http://a.example/" + "x" * 8192}, "longer than 8192")):
            status, text = refusal("links", {"links": [item]})
            self.assertEqual(status, 400, (item, text))
            self.assertIn(where, text)
        self.assertEqual(refusal("links", {"links": {}})[0], 400)
        self.assertEqual(refusal("links", [])[0], 400)
        self.assertEqual(refusal("links", {"links": [link] * 501})[0], 400)
        self.assertEqual(refusal("prospects/find", {"email": "a@b", "prospect": "00"})[0], 400)
        self.assertEqual(refusal("prospects/find", {"prospect": "0" * 23})[0], 400)
        self.assertEqual(refusal("prospects/find", {"prospect": "0" * 24})[0], 404)
        self.assertEqual(self.daemon.events(type="link"), [])

    def test_registering_is_idempotent_and_conflicts_are_refused(self):
        def register(*items):
            answer = self.daemon.control("/api/v1/links", {"links": list(items)})
            return answer.status, answer.body.decode()

        one = {"destination": PAGE, "campaign": "autumn", "slug": "one", "pass": ["a"]}
        status, text = register(one, one, {"destination": PAGE + "2", "campaign": "autumn"})
        self.assertEqual(status, 200, text)
        self.assertEqual([text.count('"known":false'), text.count('"known":true')], [2, 1])
        self.assertEqual(register(one)[1].count('"known":true'), 1)
        self.assertEqual(len(self.daemon.events(type="link")), 2)
        self.assertEqual(len(self.daemon.events(type="name")), 1)
        for other in ({**one, "destination": PAGE + "3"}, {**one, "label": "other"}):
            status, text = register(other)
            self.assertEqual(status, 409, text)
            self.assertIn("links[0].slug: 'one' leads to another link", text)
        status, text = register({**one, "pass": ["b"]})
        self.assertEqual(status, 409, text)
        new = {"destination": PAGE + "4", "label": "x"}
        status, text = register({**new, "slug": "p"}, {**new, "slug": "q"})
        self.assertEqual(status, 409, text)
        self.assertIn("links[1]", text)
        status, text = register(new, {**new, "slug": "one"})
        self.assertEqual(status, 409, text)
        self.assertEqual(len(self.daemon.events(type="link")), 2, "a refused list writes nothing")

    def raw(self, data):
        """Bytes on a connection of their own; what comes back until the server closes it."""
        with socket.create_connection(("127.0.0.1", self.daemon.port), LIMIT_S) as connection:
            connection.sendall(data)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        self.daemon.requests += 1
        return answer

    def test_every_request_is_in_exactly_one_counter(self):
        before = sum(self.counters().values())
        url = self.daemon.link(PAGE, "--to", "a@example.com")
        operations = 1
        for _ in range(20):
            self.daemon.click(url)
            self.daemon.click(url, method="HEAD")
            self.daemon.click(url, {"Sec-Purpose": "prefetch"})
            self.daemon.click(url[:-1])
            self.daemon.get("/l/none")
            self.daemon.get("/u/x")
            self.daemon.get("/healthz")
            self.daemon.get("/nothing")
            self.daemon.get("/robots.txt", {"Host": "example.com"})
            self.daemon.request("POST", "/c/x", body=b"x" * 100)
            self.daemon.request("POST", "/healthz", body=b"x" * 100000)
            self.daemon.request("OPTIONS", "/favicon.ico")
            self.daemon.request("BREW", "/favicon.ico")
        for data in (b"GET / HTTP/1.1\r\n\r\n", b"GET /%zz HTTP/1.1\r\nHost: localhost\r\n"
                     b"Connection: close\r\n\r\n",
                     b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                     b"POST /c/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                     b"GET /healthz HTTP/1.0\r\n\r\n"):
            self.raw(data)
        connection = self.daemon.connect()
        for _ in range(10):
            self.daemon.get("/healthz", connection=connection)
        connection.close()
        expected = self.daemon.requests + operations + 1  # and the /metrics before

        def counted():
            counters = self.counters()
            counted.metrics += 1
            return sum(counters.values()) - before - counted.metrics == expected - 1
        counted.metrics = 0
        wait_for(counted)

    def counted(self, *connections):
        """What talking on each connection of its own adds to the counters, by result. Each is a
        list of pieces, sent as the server has answered or read the one before."""
        def results():
            found = {}
            for name, value in self.counters().items():
                result = name.partition('result="')[2].partition('"')[0]
                if 'route="metrics"' not in name:
                    found[result] = found.get(result, 0) + value
            return found

        before = results()
        for data in connections:
            with socket.create_connection(("127.0.0.1", self.daemon.port), LIMIT_S) as connection:
                # What is too long is refused, and the connection gone, before all of it is sent.
                with contextlib.suppress(OSError):
                    for piece in data:
                        connection.sendall(piece)
                        if piece.endswith(HEALTH):
                            self.assertIn(b" 200 ", connection.recv(65536))
                    connection.shutdown(socket.SHUT_WR)
                    read_all(connection)
        wait_for(lambda: self.daemon.metric('waymark_connections{listener="public"}') == 0)
        return {name: value - before[name] for name, value in results().items()
                if value != before[name]}

    def test_what_the_library_refuses_is_counted_once(self):
        long_line = b"GET /" + b"a" * 40000 + b" HTTP/1.1\r\n\r\n"
        long_head = b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 40000 + b"\r\n\r\n"
        huge = b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: " + b"9" * 40 + b"\r\n\r\n"
        for expected, cases in {
                "bad_request": (b"GET /\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
                                b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/0.9\r\n\r\n",
                                b"garbage\r\n\r\n",
                                b"\x16\x03\x01\x02\x00\x01\r\n", b"GET\r\n" + HEALTH[:-1],
                                b"GET / HTTP/9.9\r\n\r\n" * 3,
                                b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n"),
                "too_large": (long_line, long_head, huge),
                "aborted": (b"GET /heal", b"GET /healthz HTTP/1.1\r\nHost: a\r\n")}.items():
            for raw in cases:
                for served in (0, 2):
                    with self.subTest(raw=raw[:60], served=served):
                        good = {"ok": served} if served else {}
                        self.assertEqual(self.counted([HEALTH] * served + [raw]),
                                         {**good, expected: 1})
                        self.assertEqual(self.counted([HEALTH * served + raw]),
                                         {**good, expected: 1}, "in one packet")

    def test_many_refusals_at_once_are_counted_once_each(self):
        raw = [b"GET / HTTP/9.9\r\n\r\n", b"garbage\r\n", b"GET /" + b"a" * 40000, b"GET /x"] * 20
        sockets = [socket.create_connection(("127.0.0.1", self.daemon.port), LIMIT_S)
                   for _ in raw]
        for data, connection in zip(raw, sockets):
            connection.sendall(data)
        for connection in sockets:
            with contextlib.suppress(OSError):  # refused, and gone already
                connection.shutdown(socket.SHUT_WR)
        for connection in sockets:
            read_all(connection)
            connection.close()
        wait_for(lambda: self.daemon.metric('waymark_connections{listener="public"}') == 0)
        metrics = self.daemon.metrics()
        total = sum(value for name, value in metrics.items()
                    if name.startswith("waymark_requests_total{") and 'route="metrics"' not in name)
        self.assertEqual(total, len(raw))

    def test_what_is_no_request_is_not_counted(self):
        for expected, pieces in (({}, []), ({}, [b"\r\n"]), ({"ok": 1}, [HEALTH]),
                                 ({"ok": 2}, [HEALTH, HEALTH]), ({"ok": 2}, [HEALTH + HEALTH]),
                                 ({"ok": 1}, [b"\r\n" + HEALTH]),
                                 ({"ok": 3}, [(b"\r\n" + HEALTH) * 3]),
                                 ({"ok": 3}, [b"\r\n" + HEALTH] * 3),
                                 ({"ok": 1}, [HEALTH, b"\r\n"]),
                                 ({"ok": 1}, [b"GET /healthz HTTP/1.0\r\n\r\n" + HEALTH[:-1]]),
                                 ({"ok": 1}, [b"GET /healthz HTTP/1.1\r\nHost: a\r\n"
                                              b"Connection: x, Close\r\n\r\nmore of it"])):
            with self.subTest(pieces=pieces):
                self.assertEqual(self.counted(pieces), expected)

    def test_a_client_that_goes_away_is_counted_once(self):
        before = sum(self.counters().values())
        with socket.create_connection(("127.0.0.1", self.daemon.port), LIMIT_S) as connection:
            connection.sendall(b"POST /healthz HTTP/1.1\r\nHost: localhost\r\n"
                               b"Content-Length: 10\r\n\r\nabc")
        reads = 0

        def counted():
            nonlocal reads
            reads += 1
            return sum(self.counters().values()) - before == reads + 1
        wait_for(counted)

    def test_no_token_and_no_address_is_in_the_log(self):
        url = self.daemon.link(PAGE, "--to", "a@example.com")
        self.daemon.click(url + "?q=b@example.com")
        self.daemon.click(url[:-1])
        self.assertEqual(self.daemon.stop(), 0)
        log = self.daemon.log()
        self.assertIn("event=started", log)
        for secret in (url[-20:], "example.com"):
            self.assertNotIn(secret, log)

    def test_a_thousand_connections_that_wait_do_not_spin(self):
        """The loop turns a few times per event, not as often as it can."""
        url = self.daemon.link(PAGE, "--to", "a@example.com")
        before = self.daemon.metric("waymark_loop_turns_total")
        target = url[len("http://localhost:8080"):]
        connections = [http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=LIMIT_S)
                       for _ in range(300)]
        for connection in connections:
            connection.request("GET", target, headers={"Host": "localhost"})
        for connection in connections:
            self.assertEqual(connection.getresponse().status, 302)
            connection.close()
        turns = self.daemon.metric("waymark_loop_turns_total") - before
        self.assertLess(turns, 300 * 8)


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""What commands say, refuse and return: statuses, sentences, files of people, filters of events."""
import json
import os
import subprocess
import unittest

from daemon import WAYMARK, Daemon

PAGE = "http://localhost:8090/"


class Commands(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def fails(self, *arguments, status=1, stdin=None):
        result = self.daemon.waymark(*arguments, check=False, stdin=stdin)
        self.assertEqual(result.returncode, status, (arguments, result.stderr))
        return result.stderr

    def write(self, text, name="people"):
        path = os.path.join(self.daemon.directory, name)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path

    def show(self, who):
        return json.loads(self.daemon.waymark("prospect", "show", who).stdout)

    def test_help_version_and_usage(self):
        commands = self.daemon.run("--help").stdout
        names = [line.split()[0] for line in commands.splitlines() if line.startswith("  ")]
        self.assertEqual(names, sorted(names))
        for name in names:
            text = self.daemon.run(name, "--help").stdout
            self.assertIn("Usage: waymark " + name, text)
        self.assertRegex(self.daemon.run("--version").stdout, r"^waymark \d+\.\d+")
        self.assertRegex(self.daemon.run("serve", "--version").stdout, r"^waymark \d+\.\d+")
        for words in ([], ["nothing"], ["link"], ["link", "nothing"], ["serve", "x"],
                      ["serve", "--nothing"], ["link", "new"], ["link", "new", "http://x/"],
                      ["events", "--after", "x"], ["events", "--type", "click,nothing"]):
            result = self.daemon.run(*words, check=False)
            self.assertEqual(result.returncode, 64, words)
            self.assertEqual(result.stdout, "", words)
            self.assertTrue(result.stderr.startswith("waymark"), (words, result.stderr))

    def test_a_missing_configuration_is_named(self):
        result = self.daemon.run("serve", "--config", "/nonexistent/waymark.json", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("/nonexistent/waymark.json", result.stderr)

    def test_a_keyring_that_others_can_read_is_refused(self):
        os.chmod(os.path.join(self.daemon.instance, "keys.json"), 0o644)
        self.assertIn("keys.json", self.fails("serve"))

    def test_closed_standard_files_are_not_the_stores(self):
        """Else what is printed goes into the file that was opened under the number."""
        path = self.write("email\na@example.com\n")
        line = [WAYMARK, "prospect", "import", "--config", self.daemon.config_path, path]
        for closed, status in ((">&-", 1), ("2>&-", 0), (">&- 2>&-", 1), ("<&- >&- 2>&-", 1)):
            result = subprocess.run(["sh", "-c", f'"$@" {closed}', "sh", *line], check=False)
            self.assertEqual(result.returncode, status, closed)
        shell = [*line[:-1], "-"]
        result = subprocess.run(["sh", "-c", '"$@" <&-', "sh", *shell], check=False,
                                stderr=subprocess.PIPE, text=True)
        self.assertEqual(result.returncode, 1)
        self.assertIn("Bad file descriptor", result.stderr)
        for folder, _, names in os.walk(os.path.join(self.daemon.instance, "data")):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertNotIn(b"the same", file.read(), name)

    def test_people_from_csv(self):
        path = self.write('\ufeffEmail,company,note\r\n'
                          'A@Example.com ,"Acme, Inc.","two\nlines"\n'
                          'not an address,x,y\n'
                          'b@example.com,B\n'
                          'c@example.com,C,n,too many\n'
                          '\n'
                          'd@example.com,D,\n')
        result = self.daemon.waymark("prospect", "import", path, check=False)
        self.assertEqual(result.returncode, 2)
        self.assertEqual(result.stdout, "3 added, 0 changed, 0 the same, 2 refused\n")
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), 2, lines)
        self.assertIn(f"{path}:4: that is not an e-mail address", result.stderr)
        self.assertIn(f"{path}:6: has more values than there are columns", result.stderr)
        person = self.show("a@example.com")
        self.assertEqual(person["email"], "a@example.com")
        self.assertEqual(person["fields"], {"company": "Acme, Inc.", "note": "two\nlines"})

    def test_people_from_ndjson(self):
        path = self.write('{"email": "a@example.com", "fields": {"company": "A"}, "city": "Ulm"}\n'
                          '{"email": "b@example.com"\n'
                          '\n'
                          '{"email": 7}\n'
                          '{"email": "c@example.com", "age": 7}\n'
                          '{"email": "d@example.com"}')
        result = self.daemon.waymark("prospect", "import", path, check=False)
        self.assertEqual(result.stdout, "2 added, 0 changed, 0 the same, 3 refused\n")
        for line in (2, 4, 5):
            self.assertIn(f"{path}:{line}: ", result.stderr)
        self.assertEqual(self.show("a@example.com")["fields"], {"company": "A", "city": "Ulm"})

    def test_an_import_again_changes_what_differs(self):
        self.daemon.waymark("prospect", "import", "-", stdin="email,a,b\nx@example.com,1,2\n")
        again = self.daemon.waymark("prospect", "import", "-", stdin="email,a\nx@example.com,1\n")
        self.assertEqual(again.stdout, "0 added, 0 changed, 1 the same, 0 refused\n")
        other = self.daemon.waymark("prospect", "import", "-",
                                    stdin='{"email":"X@example.com","a":"","c":"3"}')
        self.assertEqual(other.stdout, "0 added, 1 changed, 0 the same, 0 refused\n")
        self.assertEqual(self.show("x@example.com")["fields"], {"b": "2", "c": "3"})
        events = self.daemon.events(type="prospect")
        self.assertEqual([event["reason"] for event in events], ["added", "changed"])
        self.assertEqual(events[1]["props"], {"fields": ["a", "c"]})

    def test_one_person_in_many_rows(self):
        rows = "".join(f"x@example.com,{number}\n" for number in range(5))
        result = self.daemon.waymark("prospect", "import", "-", stdin="email,n\n" + rows)
        self.assertEqual(result.stdout, "1 added, 0 changed, 0 the same, 0 refused, "
                         "4 superseded by a later row\n")
        self.assertIn("-:2: the same address as in line 6", result.stderr)
        self.assertEqual(self.show("x@example.com")["fields"], {"n": "4"})
        self.assertEqual(len(self.daemon.events(type="prospect")), 1)

    def test_many_people_beside_a_server(self):
        self.daemon.start()
        rows = "".join(f"p{number}@example.com,{number}\n" for number in range(1500))
        result = self.daemon.waymark("prospect", "import", "-", stdin="email,n\n" + rows)
        self.assertEqual(result.stdout, "1500 added, 0 changed, 0 the same, 0 refused\n")
        self.assertEqual(self.show("p1499@example.com")["fields"], {"n": "1499"})

    def test_files_that_are_no_list_of_people(self):
        self.assertIn("first row must name the columns", self.fails(
            "prospect", "import", "-", stdin="mail,x\na@example.com,1\n"))
        self.assertIn("nothing in this file", self.fails("prospect", "import", "-", stdin=""))
        self.assertIn("No such file", self.fails("prospect", "import", "/nonexistent"))
        path = self.write('email\n"' + "x\n" * 40000)
        self.assertIn("is a quote missing?", self.fails("prospect", "import", path, status=2))
        path = self.write("email\n" + "x" * 70000)
        self.assertIn("longer than 65536", self.fails("prospect", "import", path, status=2))
        path = self.write(b"email,n\na@example.com,\xff\nb@example.com,\xc3\xbc\n")
        self.assertIn(":2: column 2 is not UTF-8",
                      self.fails("prospect", "import", path, status=2))
        self.assertEqual(self.show("b@example.com")["fields"], {"n": "\u00fc"})

    def test_looking_somebody_up(self):
        self.assertIn("nobody is known by that address",
                      self.fails("prospect", "find", "a@example.com"))
        self.daemon.waymark("prospect", "import", "-", stdin="email\na@example.com\n")
        handle = self.daemon.waymark("prospect", "find", " A@EXAMPLE.COM").stdout.strip()
        self.assertRegex(handle, "^[0-9a-f]{24}$")
        self.assertEqual(self.daemon.events(type="access"), [])
        self.assertEqual(self.show(handle)["email"], "a@example.com")
        [access] = self.daemon.events(type="access")
        self.assertEqual((access["prospect"], access["reason"]), (handle, "show"))
        self.assertIn("a handle is 24", self.fails("prospect", "show", "abc"))

    def test_no_address_is_in_the_stores_but_people(self):
        self.daemon.waymark("prospect", "import", "-", stdin="email\nneedle@example.com\n")
        self.daemon.link(PAGE, "--to", "needle@example.com")
        for store, expected in (("events", False), ("state", False), ("people", True)):
            with open(os.path.join(self.daemon.instance, "data", store, "data.mdb"), "rb") as file:
                self.assertEqual(b"needle@example.com" in file.read(), expected, store)

    def test_links(self):
        self.assertEqual(self.daemon.waymark("link", "list").stdout, "")
        self.fails("link", "show", "x")
        self.daemon.link(PAGE + "a#b", "--slug", "s/1", "--campaign", "autumn", "--mailing", "m",
                         "--pass", "x", "--pass", "y")
        [line] = self.daemon.waymark("link", "list").stdout.splitlines()
        link, *rest = line.split("\t")
        self.assertEqual(rest, ["s/1", "autumn", "m", PAGE + "a#b"])
        shown = self.daemon.waymark("link", "show", link).stdout
        self.assertEqual(shown, self.daemon.waymark("link", "show", "s/1").stdout)
        rows = dict(row.split(None, 1) for row in shown.splitlines())
        self.assertEqual((rows["pass"], rows["address"]),
                         ("x,y", "http://localhost:8080/l/s/1"))
        self.assertIn("there is no link", self.fails("link", "show", "nothing"))

    def test_a_url_as_people_write_it_is_registered_as_browsers_ask_for_it(self):
        result = self.daemon.waymark("link", "new", "--slug", "s",
                                     "http://B\u00fccher.example/\u00fc x")
        self.assertIn("http://xn--bcher-kva.example/%C3%BC%20x", result.stderr)
        self.daemon.start()
        self.assertEqual(self.daemon.click(result.stdout.strip()).location,
                         "http://xn--bcher-kva.example/%C3%BC%20x")

    def test_urls_that_are_refused(self):
        for url in ("mailto:a@example.com", "/relative", "javascript:alert(1)", "http://",
                    "http://a.example/?to=b@example.com", "http://a.example:99999/",
                    "http://a.example/" + "x" * 8192, "//a.example/", "#x"):
            self.fails("link", "new", "--slug", "s", url)
        self.assertIn("--to:", self.fails("link", "new", "--to", "nobody", PAGE))

    def test_names_that_hold_an_address_are_refused(self):
        for option in ("--campaign", "--mailing", "--label"):
            self.assertIn("e-mail address",
                          self.fails("link", "new", "--slug", "s", option, "for b@example.com",
                                     PAGE))
        result = self.daemon.waymark("prospect", "import", "-",
                                     stdin="email,b@example.com\na@example.com,x\n", check=False)
        self.assertEqual(result.stdout, "0 added, 0 changed, 0 the same, 1 refused\n")
        self.daemon.start()
        answer = self.daemon.control("/api/v1/links", {
            "links": [], "names": [{"kind": "list", "name": "b@example.com"}]})
        self.assertEqual(answer.status, 400)
        self.assertNotIn("b@example.com", self.daemon.waymark("events").stdout)

    def test_filters_of_events(self):
        self.daemon.waymark("prospect", "import", "-",
                            stdin="email\na@example.com\nb@example.com\n")
        self.daemon.link(PAGE, "--slug", "s")
        handle = self.daemon.waymark("prospect", "find", "a@example.com").stdout.strip()
        everything = self.daemon.events()
        self.assertEqual([event["seq"] for event in everything],
                         list(range(1, len(everything) + 1)))
        self.assertEqual(self.daemon.events("--after", "2"), everything[2:])
        self.assertEqual(self.daemon.events("--type", "link,prospect"),
                         [event for event in everything if event["type"] in ("link", "prospect")])
        for who in (handle, "A@example.com"):
            [event] = self.daemon.events("--prospect", who)
            self.assertEqual(event["prospect"], handle)
        self.assertIn("nobody is known", self.fails("events", "--prospect", "x@example.com"))
        self.assertIn("neither a handle", self.fails("events", "--prospect", "xyz"))

    def test_what_is_sealed_opens_without_a_server_too(self):
        self.daemon.start()
        for number in range(10):
            url = self.daemon.link(PAGE, "--to", f"p{number}@example.com")
            self.daemon.click(url + f"?q={number}")
        self.assertEqual(self.daemon.stop(), 0)
        sealed = self.daemon.events(type="click")
        self.assertEqual([event["query_sealed"] for event in sealed], [{"sealed": True}] * 10)
        opened = self.daemon.events("--reveal", type="click")
        self.assertEqual([event["query_sealed"] for event in opened],
                         [f"q={number}" for number in range(10)])
        self.assertEqual([event["prospect"] for event in self.daemon.events(type="access")],
                         [event["prospect"] for event in sealed])

    def test_events_of_an_instance_that_never_ran(self):
        self.assertEqual(self.daemon.events(), [])


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""`prospect import` against files as they come: mapped, separated, encoded, broken, hostile."""
import contextlib
import json
import os
import pty
import re
import resource
import subprocess
import unittest

import daemon as lib
from daemon import Daemon

COUNTS = "{} added, {} changed, {} the same, {} refused"
MEMORY_BYTES = 48 << 20


class ImportPeople(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__, None, None, None)

    def write(self, data, name="people"):
        path = os.path.join(self.daemon.directory, name)
        with open(path, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())
        return path

    def load(self, data, *arguments, status=0):
        """Import a file with this content; the result, whose standard error is kept short."""
        result = self.daemon.waymark("prospect", "import", *arguments, self.write(data),
                                     check=False)
        self.assertEqual(result.returncode, status, (result.stdout, result.stderr))
        self.assertLess(len(result.stderr), 20000)
        return result

    def counts(self, result, *numbers):
        self.assertTrue(result.stdout.startswith(COUNTS.format(*numbers)), result.stdout)

    def fields(self, who):
        return json.loads(self.daemon.waymark("prospect", "show", who).stdout)["fields"]

    def prospect_events(self):
        return self.daemon.events("--type", "prospect")

    def test_separators_are_seen_or_said(self):
        for number, separator in enumerate((",", ";", "\t")):
            address = f"a{number}@example.com"
            self.load(separator.join(["email", "a", "b"]) + "\n" +
                      separator.join([address, "1,1" if separator != "," else "1", "2"]) + "\n")
            self.assertEqual(self.fields(address)["b"], "2")
        self.load("email;a,b,c\nx@example.com;1\n", "--separator", ";")
        self.assertEqual(self.fields("x@example.com"), {"a,b,c": "1"})
        self.load("email\ta\ny@example.com\t1\n", "--separator", "tab")
        result = self.daemon.waymark("prospect", "import", "--separator", "|", "x", check=False)
        self.assertEqual(result.returncode, 64)

    def test_columns_are_mapped(self):
        self.load("Kunde=Mail,Firma,Notes\na@example.com,Acme,secret\n",
                  "--map", "Kunde=Mail=email", "--map", "Firma=company", "--map", "Notes=")
        self.assertEqual(self.fields("a@example.com"), {"company": "Acme"})
        for column in ("E-Mail", "EMAIL", "e_mail", "E-mail Address"):
            self.load(f"{column},n\nb@example.com,{column}\n")
            self.assertEqual(self.fields("b@example.com"), {"n": column})
        self.load('{"E-Mail": "c@example.com", "Firma": "C", "x": "y"}\n',
                  "--map", "Firma=company", "--map", "x=")
        self.assertEqual(self.fields("c@example.com"), {"company": "C"})
        result = self.load("email,a\nd@example.com,1\n", "--map", "Firma=company", status=1)
        self.assertIn('no column "Firma"', result.stderr)
        result = self.daemon.waymark("prospect", "import", "--map", "nothing", "x", check=False)
        self.assertEqual(result.returncode, 64)

    def test_two_columns_of_one_field_are_refused(self):
        for header in ("email,a,a", "email,E-Mail,a", "email,a,b,a"):
            result = self.load(header + "\na@example.com,b,c,d\n", status=1)
            self.assertIn("are both", result.stderr)
        self.load("email,a,a\na@example.com,1,1\n", "--map", "a=")

    def test_a_refusal_names_the_field(self):
        result = self.load('{"email": "a@example.com", "age": 5}\n'
                           '{"email": "b@example.com", "a": "1", "b": "%s"}\n' % ("x" * 5000),
                           status=2)
        self.assertIn(":1: age: a field's value must be a text", result.stderr)
        self.assertIn(":2: b: a field's value is longer", result.stderr)

    def test_a_list_of_objects_is_told_from_a_table(self):
        for data in ('[{"email": "a@example.com"}]\n', '[\n{"email": "a@example.com"}\n]\n'):
            self.assertIn("JSON array", self.load(data, status=1).stderr)
        self.load("[Name],email\nA,a@example.com\n")
        self.assertEqual(self.fields("a@example.com"), {"[Name]": "A"})

    def test_charsets(self):
        text = "email,name\nj@example.com,J\u00fcrgen\n"
        result = self.load(text.encode("latin-1"), status=2)
        self.assertIn(":2: column 2 is not UTF-8; --charset", result.stderr)
        self.load(text.encode("latin-1"), "--charset", "ISO-8859-1")
        self.assertEqual(self.fields("j@example.com"), {"name": "J\u00fcrgen"})
        for charset in ("SHIFT_JIS", "ISO-2022-JP", "EUC-JP"):
            self.load("email,\u540d\u524d\nk@example.com,\u8868\u793a\n".encode(charset),
                      "--charset", charset)
            self.assertEqual(self.fields("k@example.com"), {"\u540d\u524d": "\u8868\u793a"})
        self.assertIn("UTF-16", self.load(text.encode("utf-16"), status=1).stderr)
        self.assertIn("line by line",
                      self.load(text.encode("utf-16"), "--charset", "UTF-16", status=1).stderr)
        self.assertIn("not known", self.load(text, "--charset", "x-none", status=1).stderr)
        self.assertIn(":2: ", self.load(b"email,n\na@example.com,\xff\nb@example.com,b\n",
                                        "--charset", "EUC-JP", status=2).stderr)

    def test_ends_of_lines(self):
        for number, end in enumerate(("\n", "\r\n", "\r")):
            result = self.load(f"email,n{end}l{number}a@example.com,1{end}"
                               f"nobody,2{end}l{number}b@example.com,3", status=2)
            self.counts(result, 2, 0, 0, 1)
            self.assertIn(":3: that is not an e-mail address", result.stderr)
        self.load('email,n\r\nq@example.com,"a\r\nb\rc""d"\r\n')
        self.assertEqual(self.fields("q@example.com"), {"n": 'a\r\nb\rc"d'})

    def test_a_quote_that_is_never_closed_takes_only_its_row(self):
        rows = "".join(f"p{number}@example.com,{number}\n" for number in range(50))
        result = self.load('email,n\nbad@example.com,"open\n' + rows + 'end@example.com,"x"\n',
                           status=2)
        self.counts(result, 51, 0, 0, 1)
        self.assertIn(":2: ", result.stderr)
        result = self.load('email,n\nu@example.com,a"b\nv@example.com,c\n', status=2)
        self.counts(result, 1, 0, 0, 1)
        self.assertIn(":2: a quote stands where none may", result.stderr)
        result = self.load('email,n\nlast@example.com,"open', status=2)
        self.assertIn(":2: the file ends inside of a quoted value", result.stderr)

    def test_an_open_quote_in_every_line(self):
        for line in ('"a@example.com', '"a@example.com,""', 'a@example.com,"""'):
            result = self.load("email,n\n" + (line + "\n") * 20001, status=2)
            self.assertRegex(result.stdout, r"^[01] added, .* \d+ refused")

    def test_hostile_files(self):
        good = "good@example.com,1\n"
        for data, status, message in (
                (b"", 1, "nothing in this file"),
                (b"\xef\xbb\xbf", 1, "nothing in this file"),
                (b"\n\r\n \n", 1, "nothing in this file"),
                (b"\0\0\0\0", 1, "the header holds a NUL byte"),
                (b"email\xff,n\n", 1, "the header is not UTF-8"),
                (",".join(f"c{n}" for n in range(100000)).encode(), 1, "longer than 65536"),
                (b"email" + b"," * 60000 + b"\n", 1, "more than 1000 columns"),
                (b"email,n\nx\0@example.com,1\n" + good.encode(), 2, ":2: column 1 holds a NUL"),
                (b"email,n\n" + b"x" * (10 << 20) + b"\n" + good.encode(), 2,
                 ":2: the line is longer than 65536 bytes"),
                (b'email,n\n"' + b"x" * (10 << 20) + b'"\n' + good.encode(), 2,
                 ":2: the line is longer than 65536 bytes"),
                (b"email,n\n" + b"," * 60000 + b"\n" + good.encode(), 2,
                 ":2: has more values than there are columns"),
                (b'{"email": "\xff@example.com"}\n{"email":"good@example.com"}', 2,
                 ":1: is not UTF-8"),
                (b'{"email": "a@example.com\\u0000"}\n{"email":"good@example.com"}', 2, ":1: "),
                (b'{"a":' + b"[" * 30000 + b"\n" + b'{"email":"good@example.com"}', 2, ":1: "),
                (b'{"email":"a@example.com","email":"b@example.com"}\n'
                 b'{"email":"good@example.com"}', 2, ":1: duplicate object key"),
                (b'{"x":"' + b"x" * (10 << 20) + b'"}\n{"email":"good@example.com"}', 1,
                 ":1: the line is longer than 65536 bytes"),
                (b'{"email":"good@example.com"}\n{"x":"' + b"x" * (10 << 20) + b'"}\n', 2,
                 ":2: the line is longer than 65536 bytes"),
        ):
            with self.subTest(data[:40]):
                result = self.load(data, status=status)
                if message:
                    self.assertIn(message, result.stderr)
                if status == 2:
                    self.assertIn("1 refused", result.stdout)
                    self.assertRegex(result.stdout, "^(1 added|0 added, 1 changed|"
                                                    "0 added, 0 changed, 1 the same)")

    def test_the_first_bad_rows_are_shown_and_the_rest_counted(self):
        result = self.load("email\n" + "nobody\n" * 1000 + "a@example.com\n", status=2)
        self.counts(result, 1, 0, 0, 1000)
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), 21)
        self.assertIn("and 980 more bad rows", lines[-1])

    def test_strict_stops_at_the_first_bad_row(self):
        rows = "email\n" + "".join(f"s{number}@example.com\n" for number in range(700))
        for beside_server in (False, True):
            if beside_server:
                self.daemon.start()
            for bad in ("nobody\n", '"a"b@example.com\n'):
                result = self.load(rows + bad + "late@example.com\nnobody\n", "--strict", status=1)
                self.assertRegex(result.stdout, "^(700 added|0 added, 0 changed, 700 the same)")
                self.assertIn(":702: ", result.stderr)
                self.assertNotIn(":704: ", result.stderr)
                self.assertIn("stopped at a bad row", result.stderr)
        missing = self.daemon.waymark("prospect", "find", "late@example.com", check=False)
        self.assertEqual(missing.returncode, 1)

    def test_the_last_row_of_an_address_counts_however_often_it_is_imported(self):
        rows = "".join(f"d{number % 100}@example.com,{number}\n" for number in range(1000))
        for beside_server in (False, True):
            if beside_server:
                self.daemon.start()
            result = self.load("email,n\n" + rows)
            self.assertIn("900 superseded by a later row", result.stdout)
            self.assertIn("the same address as in line 902", result.stderr)
        self.assertEqual(self.fields("d7@example.com"), {"n": "907"})
        self.assertEqual(len(self.prospect_events()), 100)

    def test_memory_does_not_grow_with_the_file(self):
        with open(lib.WAYMARK, "rb") as program:
            if re.search(rb"__[at]san_init", program.read()):
                self.skipTest("sanitizers take more than there is to give")
        rows = "".join(f"m{number}@example.com,{'x' * 2000}\n" for number in range(100))
        path = self.write("email,n\n" + rows * 400)  # 80 MB of 100 people

        def limit():
            resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
        done = subprocess.run([lib.WAYMARK, "prospect", "import", "--config",
                               self.daemon.config_path, path], preexec_fn=limit, text=True,
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(done.stdout.startswith("100 added"), done.stdout)

    def test_a_pipe_is_read_like_a_file(self):
        rows = "".join(f"p{number}@example.com,{'y' * 1000}\n" for number in range(3000))
        done = self.daemon.run("prospect", "import", "--config", self.daemon.config_path, "-",
                               stdin="email,n\n" + rows)
        self.assertTrue(done.stdout.startswith("3000 added"), done.stdout)

    def test_a_terminal_shows_how_far_it_is(self):
        path = self.write("email\n" + "".join(f"t{n}@example.com\n" for n in range(500)))
        ours, theirs = pty.openpty()
        done = subprocess.run([lib.WAYMARK, "prospect", "import", "--config",
                               self.daemon.config_path, path], stdout=subprocess.PIPE,
                              stderr=theirs, env=self.daemon.environment, check=True)
        os.close(theirs)
        text = b""
        with open(ours, "rb", buffering=0) as terminal, contextlib.suppress(OSError):  # its end
            while piece := terminal.read(4096):
                text += piece
        text = text.decode()
        self.assertRegex(text, r"\d+ rows, \d+ rows/s, \d+\.\d of \d+\.\d MB \(\d+ %\)")
        self.assertTrue(done.stdout.startswith(b"500 added"))


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""The page of `waymark summarize report --html`, as a browser shows it: in both languages, light
and dark, on a screen and on a telephone, with names that its reader chose and with an attacker's.

It may ask for nothing, run nothing and complain of nothing, its policy allows no more than it has,
and what it says can be read: contrast is measured on each text.
"""
import http.server
import os
import pathlib
import subprocess
import threading
import unittest

import chromium

PROGRAM = pathlib.Path(os.environ["WAYMARK_BUILD"]) / "tests/browser/report_page"
SIZES = {"screen": 1280, "telephone": 360}
# Any two of their values come together in one.
LOOKS = [("screen", "light", "en", "plain"), ("screen", "dark", "ja", "attack"),
         ("telephone", "light", "ja", "plain"), ("telephone", "dark", "en", "attack"),
         ("telephone", "light", "en", "attack"), ("screen", "dark", "en", "plain")]

# What could run, be fetched, or lead away.
FOREIGN = """[...document.querySelectorAll('*')].flatMap(element => [
  ...['SCRIPT', 'IMG', 'IFRAME', 'OBJECT', 'EMBED', 'LINK', 'FORM', 'BASE', 'use', 'image',
    'foreignObject', 'animate', 'set'].includes(element.tagName) ? [element.outerHTML] : [],
  ...[...element.attributes].filter(({ name, value }) => /^on|^style$|^src|^xlink/i.test(name) ||
    name === 'href' && !value.startsWith('#')).map(({ name }) => `${element.tagName} ${name}`)])"""

# Texts that are too close in colour to what is behind them, with their contrast.
FAINT = r"""(() => {
  const numbers = color => color.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v =>
    v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (; element; element = element.parentElement) {
      const color = numbers(getComputedStyle(element).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll('body *')].filter(element => element.checkVisibility() &&
    [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())).map(element => {
    const style = getComputedStyle(element);
    const front = numbers(element instanceof SVGElement ? style.fill : style.color);
    const values = [light(front), light(behind(element))].sort((a, b) => b - a);
    return [element.textContent.slice(0, 40), (values[0] + 0.05) / (values[1] + 0.05)];
  }).filter(([, contrast]) => contrast < 4.5);
})()"""

# What a reader who cannot see it would miss.
SILENT = """[
  ...[...document.querySelectorAll('svg')].filter(svg => svg.getAttribute('aria-hidden') !== 'true'
    && !(svg.getAttribute('role') === 'img' && svg.getAttribute('aria-label')))
    .map(svg => svg.outerHTML.slice(0, 80)),
  ...[...document.querySelectorAll('figure')].filter(figure => !figure.querySelector('table'))
    .map(() => 'a chart without a table'),
  ...[...document.querySelectorAll('table')].filter(table => !table.querySelector('thead th') ||
    table.querySelector('tbody tr > td:first-child')).map(table => table.textContent.slice(0, 80)),
  ...[...document.querySelectorAll('section')].filter(section =>
    !document.getElementById(section.getAttribute('aria-labelledby')))
    .map(section => `a section without its heading: ${section.id}`),
  ...[...document.querySelectorAll('a')].filter(link =>
    !document.getElementById(link.getAttribute('href').slice(1))).map(link => link.outerHTML),
]"""


class Handler(http.server.BaseHTTPRequestHandler):
    pages = {}
    asked = []

    def do_GET(self):
        self.asked.append(self.path)
        page = self.pages.get(self.path)
        self.send_response(200 if page else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(page or b"")

    def log_message(self, *_):
        pass


def make(language, names):
    return subprocess.run([PROGRAM, language, names], check=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE).stdout


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        Handler.pages = {f"/{language}/{names}": make(language, names)
                         for language in ("en", "ja") for names in ("plain", "attack")}
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        cls.thread = threading.Thread(target=cls.server.serve_forever)
        cls.thread.start()
        cls.browser = chromium.Chromium("", "")

    @classmethod
    def tearDownClass(cls):
        cls.browser.__exit__()
        cls.server.shutdown()
        cls.thread.join()
        cls.server.server_close()

    def look(self, size="screen", colors="light", path="/en/plain"):
        reader = self.browser.profile(width=SIZES[size], colors=colors)
        self.addCleanup(reader.end)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}{path}"
        reader.open(self.url)
        return reader

    def test_it_fits_and_asks_for_nothing(self):
        for size, colors, language, names in LOOKS:
            with self.subTest(size=size, colors=colors, language=language, names=names):
                reader = self.look(size, colors, f"/{language}/{names}")
                self.assertEqual(reader.evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth"),
                    0)
                self.assertEqual(reader.evaluate(FAINT), [])
                asked = [request["url"] for request in reader.requests()]
                self.assertLessEqual({url for url in asked if not url.endswith("/favicon.ico")},
                                     {self.url})
                self.assertEqual(reader.troubles(), {"errors": [], "console": []})

    def test_names_of_an_attacker_are_text(self):
        for language in ("en", "ja"):
            reader = self.look(path=f"/{language}/attack")
            self.assertEqual(reader.evaluate(FOREIGN), [])
            self.assertTrue(reader.evaluate(
                "[...document.querySelectorAll('tbody th')].some(cell => "
                "cell.textContent.includes('<script>alert(1)</script>'))"))
            self.assertEqual(reader.evaluate("document.querySelectorAll('style').length"), 1)

    def test_its_policy_would_stop_them_anyway(self):
        """Were a text not escaped: the page with what an attacker would add to it."""
        Handler.pages["/worse"] = make("en", "plain").replace(
            b"</main>", b"<script>window.owned = 1</script><img src='/picture' onerror='owned = 1'>"
                        b"<p id='styled' style='color: rgb(1, 2, 3)'>x</p></main>")
        reader = self.look(path="/worse")
        self.assertEqual(reader.evaluate("typeof window.owned"), "undefined")
        self.assertNotIn("/picture", Handler.asked)
        self.assertNotEqual(reader.evaluate(
            "getComputedStyle(document.getElementById('styled')).color"), "rgb(1, 2, 3)")

    def test_who_cannot_see_it_misses_nothing(self):
        for language in ("en", "ja"):
            reader = self.look(path=f"/{language}/plain")
            self.assertEqual(reader.evaluate(SILENT), [])
            self.assertEqual(reader.evaluate("document.documentElement.lang"), language)
            self.assertEqual(reader.evaluate("document.querySelectorAll('h1').length"), 1)

    def test_its_own_style_is_in_force(self):
        reader = self.look()
        self.assertEqual(reader.evaluate(
            "getComputedStyle(document.querySelector('.tiles')).display"), "grid")


if __name__ == "__main__":
    unittest.main()

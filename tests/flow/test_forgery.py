# SPDX-License-Identifier: Apache-2.0
"""No token that we did not make is taken, is followed, or leaves an event; all are counted."""
import concurrent.futures
import unittest

import mint
from daemon import Daemon

PAGE = "http://localhost:8090/"


class Forgery(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.daemon.start()
        cls.keys = mint.Keys(cls.daemon.instance)
        cls.url = cls.daemon.link(PAGE, "--to", "a@example.com")
        cls.click = cls.url.rsplit("/", 1)[1]
        data = mint.decode(cls.click)
        cls.link, cls.prospect = data[1:9], data[9:21]
        mint_one = cls.keys.mint
        cls.part = mint_one(mint.LINK_PART, cls.link)
        cls.person = mint_one(mint.PROSPECT_PART, cls.prospect + bytes(8))
        cls.own = mint_one(mint.SELF_CONTAINED, bytes(4) + cls.prospect + PAGE.encode())

    def setUp(self):
        self.last = self.daemon.events()[-1]["seq"]

    def status(self, target):
        return self.daemon.click("http://localhost:8080" + target)

    def refused(self, targets, purpose):
        """Each is a 404 page without Location, cookie or event, counted under @purpose."""
        name = f'waymark_tokens_forged_total{{purpose="{purpose}"}}'
        before = self.daemon.metric(name)
        for target in targets:
            answer = self.status(target)
            self.assertEqual(answer.status, 404, target)
            self.assertIsNone(answer.location)
            self.assertIsNone(answer.cookie)
            self.assertIn(b'href="http://localhost:8090', answer.body)
        self.assertEqual(self.daemon.metric(name) - before, len(targets))
        self.assertEqual(self.daemon.events("--after", str(self.last)), [])

    def flips(self, token):
        return [mint.flip(token, bit) for bit in range(len(mint.decode(token)) * 8)]

    def mangled(self, token):
        yield from (token[:-1], token + "A", token + "=", token[:-1] + "%", token.lower(),
                    token[:20] + "." + token[21:], token.replace(token[0], "+", 1), "", "A")

    def test_the_tokens_themselves_are_good(self):
        for target in ("/c/" + self.click, f"/c/{self.part}/{self.person}", "/u/" + self.own):
            self.assertEqual(self.status(target).location, PAGE)

    def test_every_bit_of_a_click(self):
        self.refused(["/c/" + token for token in self.flips(self.click)], "click")

    def test_every_bit_of_a_link_part(self):
        self.refused([f"/c/{token}/{self.person}" for token in self.flips(self.part)],
                     "link_part")

    def test_every_bit_of_a_self_contained_link(self):
        self.refused(["/u/" + token for token in self.flips(self.own)], "self_contained")

    def test_every_bit_of_a_prospect_part_is_anonymous(self):
        name = 'waymark_tokens_forged_total{purpose="prospect_part"}'
        before = self.daemon.metric(name)
        tokens = self.flips(self.person)
        # Several at a time, since each waits for the disk.
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            for answer in pool.map(self.daemon.click, [
                    f"http://localhost:8080/c/{self.part}/{token}" for token in tokens]):
                self.assertEqual(answer.location, PAGE)
        self.assertEqual(self.daemon.metric(name) - before, len(tokens))
        events = self.daemon.events("--after", str(self.last))
        self.assertEqual([event["prospect"] for event in events], [None] * len(tokens))

    def test_mangled_tokens(self):
        self.refused(["/c/" + token for token in self.mangled(self.click)], "click")
        self.refused(["/u/" + token for token in self.mangled(self.own)], "self_contained")

    def test_a_token_of_another_purpose(self):
        payload = self.link + self.prospect
        others = [purpose for purpose in range(1, 10) if purpose != mint.CLICK]
        self.refused(["/c/" + self.keys.mint(purpose, payload) for purpose in others] +
                     ["/c/" + self.keys.mint(mint.CLICK, payload, "localhost"),
                      "/c/" + self.part, "/c/" + self.own], "click")
        self.refused(["/u/" + self.click, "/u/" + self.person], "self_contained")

    def test_a_token_of_an_unknown_key(self):
        data = bytes([self.keys.key_id + 1]) + self.link + self.prospect
        token = mint.encode(data + self.keys.mac(mint.CLICK, data))
        self.refused(["/c/" + token], "click")

    def test_paths_that_only_look_like_tokens(self):
        self.refused(["/c/" + self.click + "%00", "/c/%20" + self.click,
                      "/c/" + self.click.replace(self.click[5], f"%{ord(self.click[5]):02X}", 1)],
                     "click")


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""Each style check can fail: on a small tree with one fault in it, it complains of just that."""
import json
import pathlib
import shutil
import tempfile
import unittest

import check
import tree
from tree import SOURCE

C = "/* SPDX-License-Identifier: Apache-2.0 */\n"
SHELL = "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n"
LONG_BODY = "{\n" + "\tfunction();\n" * 80 + "}\n"
UNDONE = "TO" + "DO"

PAGES = {
    path: (SOURCE / path).read_text(encoding="utf-8")
    for path in ("README.md", "deploy/man/waymark.1", "deploy/man/waymark.json.5",
                 "deploy/guides/verdicts.md", "common/track/verdict_rules_table.h")
}


def altered(path, old, new):
    """A page with a fault in it."""
    assert old in PAGES[path], (path, old)
    return PAGES[path].replace(old, new)


# Check, files that are clean for it, file with the fault, its text, what the complaint says.
CASES = [
    ("includes", {"common/base/bytes.h": C}, "common/text/url.c",
     C + '#include "store/event.h"\n', "neither in common/"),
    ("includes", {"common/store/event.h": C}, "common/text/url.c",
     C + '#include "store/event.h"\n', "floor 2"),
    ("includes", {"common/crypto/token.h": C}, "common/text/url.c",
     C + '#include "crypto/token.h"\n', "floor 1"),
    ("includes", {"server/admin/links.h": C}, "server/public/click.c",
     C + '#include "admin/links.h"\n', "floor 6"),
    ("includes", {"common/base/log.h": C}, "common/store/event.c",
     C + '#include "base/log.h"\n', "never logs"),
    ("includes", {"common/store/txn.c": C + "#include <lmdb.h>\n"}, "server/public/click.c",
     C + "#include <lmdb.h>\n", "has its home in common/store/*"),
    ("includes", {"common/text/url.c": C + "#include <idn2.h>\n"}, "common/text/mime.c",
     C + "#include <idn2.h>\n", "has its home"),
    ("includes", {"common/track/rewrite.c": C + "#include <jansson.h>\n"}, "common/base/bytes.c",
     C + "#include <jansson.h>\n", "has its home"),
    ("includes", {"common/base/bytes.c": C + "#include <sys/stat.h>\n"}, "common/base/arena.c",
     C + "#include <zstd.h>\n", "has no home"),
    ("includes", {}, "common/cache/lru.c", C, "no floor"),
    ("sizes",
     {"common/base/a.c": C + "/* Long because it is\n * a table. */\nint f(void)\n" + LONG_BODY},
     "common/base/b.c", C + "int f(void)\n" + LONG_BODY, "a function of 82 lines"),
    ("sizes", {"common/base/a.c": C + "/*\n" + " * Why.\n" * 5 + " */\n" + "int a;\n" * 480},
     "common/base/b.c", C + "/*\n" + " * Why.\n" * 5 + " */\n" + "int a;\n" * 510, "over 500"),
    ("sizes", {"common/base/a_table.h": C + "int a;\n" * 200}, "common/base/b.h",
     C + "int a;\n" * 160, "over 150"),
    ("sizes", {"common/base/a.c": C + "int a;\n"}, "common/base/b.c", C + "int a;\n" * 120,
     "opens with 0 lines"),
    ("words", {"common/base/a.h": C}, "common/base/b.h", "int a;\n", "SPDX"),
    ("words", {"common/base/a.h": C}, "common/base/b.h", C + f"/* {UNDONE} */\n", "left undone"),
    ("words", {"common/base/a.h": C}, "tests/b.py", "# SPDX-License-Identifier: Apache-2.0\n"
     + "A = '/wo" + "rk/main'\n", "path of one machine"),
    ("words", {"common/base/a.h": C}, "tests/b.json", '"https://registry.np' + 'mjs.org/a"\n',
     "package registry"),
    ("words", {"common/base/a.h": C}, "common/base/b.h", C + "int a; \n", "white space"),
    ("words", {"common/base/a.h": C}, "common/base/b.h", C + "/*" + "a" * 100 + "*/\n", "columns"),
    ("words", {"common/base/a.h": C}, "common/base/b.h", C + "typedef struct a a_t;\n", "typedef"),
    ("words", {"common/base/a.h": C}, "common/base/string_util.h", C, "says nothing"),
    ("documented", PAGES, "deploy/man/waymark.1",
     altered("deploy/man/waymark.1", "Cm link verify", "Cm link prove"), "'waymark link verify'"),
    ("documented", PAGES, "deploy/man/waymark.1",
     altered("deploy/man/waymark.1", "self-contained", "standalone"), "--self-contained"),
    ("documented", PAGES, "deploy/man/waymark.json.5",
     altered("deploy/man/waymark.json.5", "commit_wait_ms", "commit_wait"), "misses"),
    ("documented", PAGES, "common/track/verdict_rules_table.h",
     altered("common/track/verdict_rules_table.h", "with GET", "by GET"), "verdicts.md"),
    ("documented", PAGES, "README.md", PAGES["README.md"] + "`waymark fly`\n", "'waymark fly'"),
    ("faults", {}, "tests/README.md", "| a | 1 | `crash/none` | 2 |\n", "'crash/none'"),
    ("format", {"common/base/a.c": C + "int a;\n"}, "common/base/b.c", C + "int  b ;\n", "b.c:2"),
    ("spelling", {"common/base/a.c": C + "/* receive */\n"}, "common/base/b.c",
     C + "/* rec" + "ieve */\n", "receive"),
    ("shell", {"deploy/up": SHELL + 'echo "$1"\n'}, "deploy/down", SHELL + "echo $1\n", "SC2086"),
    ("tidy", {"common/base/a.c": C + "int f(int a);\nint f(int a)\n{\n\treturn a;\n}\n"},
     "common/base/b.c", C + "int g(int a);\nint g(int a)\n{\n\tif (a > 1);\n\t\ta = 1;\n"
     "\treturn a;\n}\n", "unintended semicolon"),
    ("manual", {}, "deploy/man/a.1",
     '.\\" SPDX-License-Identifier: Apache-2.0\n.Dd November 21, 2026\n.Dt A 1\n.Os\n.Xx\n',
     "unknown macro"),
]


class StyleChecksCanFail(unittest.TestCase):
    def run_check(self, name, files):
        with tempfile.TemporaryDirectory() as folder:
            for dotfile in (".clang-format", ".clang-tidy", ".codespellrc"):
                shutil.copy(SOURCE / dotfile, folder)
            for path, text in files.items():
                target = pathlib.Path(folder) / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
            commands = [
                {"directory": folder, "file": path, "arguments": ["gcc", "-c", path]}
                for path in files if path.endswith(".c")
            ]
            (pathlib.Path(folder) / "compile_commands.json").write_text(json.dumps(commands))
            return list(check.CHECKS[name](tree.read_tree(folder)))

    def test_every_case(self):
        for name, clean, path, text, complaint in CASES:
            with self.subTest(check=name, complaint=complaint):
                self.assertEqual(self.run_check(name, clean), [])
                found = self.run_check(name, {**clean, path: text})
                self.assertTrue(any(complaint in problem for problem in found), found)

    def test_every_check_has_a_case(self):
        self.assertEqual({case[0] for case in CASES}, set(check.CHECKS))


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""Floors: a file includes lower floors and its own folder only, and third-party headers at home.

A new library gets its home in HOMES, a new folder its floor in FLOORS; everything not named there
or in LIBC is a problem, so that nothing gets in unnoticed.
"""
import fnmatch
import re

FLOORS = {
    "common/base": 0,
    "common/config": 1, "common/crypto": 1, "common/text": 1,
    "common/store": 2,
    "common/track": 3,
    "server/http": 4,
    "server/app": 5, "server/ship": 5,
    "server/public": 6, "server/admin": 6, "server/summary": 6,
    "server/commands": 7,
    "server": 8,
}

# Header, as a shell pattern: the files that may include it.
HOMES = {
    "lmdb.h": ["common/store/*"],
    "nettle/*": ["common/crypto/*"],
    "sodium.h": ["common/crypto/*"],
    "microhttpd.h": ["server/http/*"],
    "nats/*.h": ["server/ship/*"], "nats.h": ["server/ship/*"],
    "gmime/*.h": ["common/text/mime*"], "dlfcn.h": ["common/text/mime_library.c"],
    "libpsl.h": ["common/text/url*"],
    "idn2.h": ["common/text/url*"],
    "unicode/*.h": ["server/summary/company*"],
    "ares.h": ["server/ship/dns.c"],
    "curl/*.h": ["server/ship/*"],
    "jwt.h": ["server/summary/deliver*"],
    "maxminddb.h": ["common/track/country*"],
    "csv.h": ["server/commands/*import*", "server/commands/prospect*", "server/commands/rewrite*",
              "server/summary/render*"],
    "libmilter/*.h": ["server/commands/milter*"],
    "jansson.h": ["common/[!b]*", "server/*"],
}

LIBC = set("""
argp.h assert.h ctype.h dirent.h endian.h err.h errno.h fcntl.h float.h fnmatch.h ftw.h getopt.h
glob.h grp.h iconv.h ifaddrs.h inttypes.h langinfo.h libgen.h limits.h locale.h malloc.h math.h
netdb.h poll.h pthread.h pwd.h sched.h search.h setjmp.h signal.h spawn.h stdalign.h stdarg.h
stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h strings.h sysexits.h syslog.h
termios.h time.h unistd.h wchar.h
""".split())
LIBC_FOLDERS = ("arpa/", "linux/", "net/", "netinet/", "sys/")

# Programs log; the library returns a sentence instead.
LOG_HEADER = "base/log.h"

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def folder_of(path):
    return path.rpartition("/")[0]


def find_own(tree, path, name):
    """The project's file that #include "name" means in @path, or None."""
    for prefix in ("common/", "server/", folder_of(path) + "/"):
        if prefix + name in tree.paths:
            return prefix + name
    return None


def is_generated(tree, path, name):
    """A header that the folder's own meson.build makes."""
    build = folder_of(path) + "/meson.build"
    return build in tree.paths and f"'{name}'" in tree.text(build)


def judge_own(tree, path, name):
    found = find_own(tree, path, name)
    if found is None and is_generated(tree, path, name):
        return None
    if found is None:
        return f'"{name}" is neither in common/ nor in server/'
    mine, theirs = folder_of(path), folder_of(found)
    if theirs not in FLOORS:
        return f"{theirs}/ has no floor"
    if mine != theirs and FLOORS[theirs] >= FLOORS[mine]:
        return (f'"{name}" is on floor {FLOORS[theirs]}; '
                f"{mine}/ on floor {FLOORS[mine]} includes lower floors and itself only")
    logger = path.startswith("common/base/log.")
    if name == LOG_HEADER and path.startswith("common/") and not logger:
        return "common/ never logs: return a sentence in struct error"
    return None


def judge_system(path, name):
    if name in LIBC or name.startswith(LIBC_FOLDERS):
        return None
    for header, homes in HOMES.items():
        if fnmatch.fnmatchcase(name, header):
            if any(fnmatch.fnmatchcase(path, home) for home in homes):
                return None
            return f"<{name}> has its home in {' '.join(homes)}"
    return f"<{name}> has no home: name one in tests/style/includes.py"


def problems(tree):
    for path in tree.named(".c", ".h"):
        if not path.startswith(("common/", "server/")):
            continue
        if folder_of(path) not in FLOORS:
            yield f"{path}: {folder_of(path)}/ has no floor in tests/style/includes.py"
            continue
        for number, line in enumerate(tree.lines(path), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            own, system = match.groups()
            problem = judge_own(tree, path, own) if own else judge_system(path, system)
            if problem:
                yield f"{path}:{number}: {problem}"

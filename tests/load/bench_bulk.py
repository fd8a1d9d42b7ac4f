#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a list costs (DESIGN.md 12): a newsletter written for N recipients, against N single
rewrites; in each transfer encoding.

    WAYMARK_BUILD=build WAYMARK_REWRITE_MANY=… bench_bulk.py [--write] [RECIPIENTS]

Three ratios of CPU time for each message: in one process, the message rewritten for each against
compiled once and written for each; `waymark rewrite --to` a process for each against `rewrite
--recipients` with the same; and that with --merge. Printed besides: the most memory of the run.
--write puts it into the guide. In small size a smoke run whose figures say nothing.
"""
import argparse
import email.message
import email.policy
import os
import resource
import subprocess
import sys
import tempfile

import guide
from daemon import SITE, WAYMARK, Daemon
from sizes import size

LINKS, PARAGRAPHS = 30, 120
PROMISED = 20
NAMES = ("--campaign", "autumn", "--mailing", "2026-11")


def newsletter(encoding):
    """A mail of about 60 KB with two texts, thirty links in each, and a lot of style."""
    words = "The quick brown fox jumps over the lazy dog and comes to the shop. "
    style = "<style>" + "".join(f".c{i} {{ color: #{i:06x}; margin: 0 auto }}\n"
                                for i in range(100)) + "</style>"
    rows, lines = [], []
    for i in range(PARAGRAPHS):
        link = f"{SITE}/p/{i}?a=1&b=2" if i % (PARAGRAPHS // LINKS) == 0 else None
        cell = f'<a href="{link.replace("&", "&amp;")}">to the shop</a>' if link else "x"
        rows.append(f'<tr><td class="c{i}" style="padding: 0 4px">{words * 4}{cell}</td></tr>')
        lines.append(words + (link or ""))
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = "us@example.com", "list@example.com"
    message["Subject"] = "Dear {{name}}, the news of autumn"
    message.set_content("Dear {{name}},\n" + "\n".join(lines) + "\n", cte=encoding)
    message.add_alternative(f"<html><head>{style}</head><body><p>Dear {{{{name}}}}</p><table>\n" +
                            "\n".join(rows) + "</table></body></html>\n", subtype="html",
                            cte=encoding)
    return message.as_bytes()


def cpu_of(run):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def rewrite(daemon, message, *arguments):
    subprocess.run([WAYMARK, "rewrite", "--config", daemon.config_path, *NAMES, *arguments],
                   input=message, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)


def measure(daemon, folder, encoding, recipients):
    message = newsletter(encoding)
    single = max(recipients // 50, 5)
    path = os.path.join(folder, "list.csv")
    with open(path, "w", encoding="ascii") as file:
        file.write("email,name\n" + "".join(f"p{i}@example.com,Name {i}\n"
                                            for i in range(recipients)))
    told = subprocess.run(
        [os.environ["WAYMARK_REWRITE_MANY"], daemon.config_path,
         os.path.join(daemon.instance, "keys.json"), str(single), str(recipients)],
        input=message, stdout=subprocess.PIPE, check=True).stdout.split()
    one, each = (float(number) for number in told)
    alone = cpu_of(lambda: [rewrite(daemon, message, "--to", f"p{i}@example.com")
                            for i in range(single)]) / single * 1e6
    out = ("--mbox", os.path.join(folder, "out"))
    costs = []
    for options in ((), ("--merge",)):
        costs.append(cpu_of(lambda options=options: rewrite(
            daemon, message, "--recipients", path, *out, *options)) / recipients * 1e6)
        os.remove(out[1])
    return [encoding, f"{len(message) / 1000:.0f} KB", f"{one:,.0f}", f"{each:,.1f}",
            f"{one / each:.0f} ×", f"{alone:,.0f}", f"{costs[0]:,.0f}", f"{alone / costs[0]:.0f} ×",
            f"{costs[1]:,.0f}"], one / each, alone / costs[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", help="put the figures into the guide")
    parser.add_argument("recipients", nargs="?", type=int, default=size("bulk_recipients"))
    arguments = parser.parse_args()
    rows = [["encoding", "message", "rewritten for each, µs", "written for each, µs", "ratio",
             "a run for each, µs", "of one run, µs", "ratio", "with --merge, µs"]]
    rows.append(["---"] * len(rows[0]))
    ratios = []
    with Daemon() as daemon, tempfile.TemporaryDirectory() as folder:
        daemon.start()
        for encoding in ("quoted-printable", "base64", "8bit"):
            row, *found = measure(daemon, folder, encoding, arguments.recipients)
            rows.append(row)
            ratios += found
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    verdict = (f"{arguments.recipients:,} recipients; the lowest ratio is {min(ratios):.0f}, "
               f"{PROMISED} are promised: {'holds' if min(ratios) >= PROMISED else 'MISSED'}.")
    print(f"{table}\n\n{verdict}", flush=True)
    if arguments.write:
        guide.write_figures("lists", f"{table}\n\n{verdict}")


if __name__ == "__main__":
    sys.exit(main())

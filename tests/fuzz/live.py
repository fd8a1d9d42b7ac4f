#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run one libFuzzer program from its committed inputs, for a bounded time and memory.

live.py PROGRAM                        what the tests run: seconds by tests/sizes.json
live.py --seconds N PROGRAM            longer, by hand
live.py --seconds N --keep PROGRAM     and add what reached something new to corpus/, made small

A target of MATERIAL begins with real mails, too, where the corpora are there. What it finds in
passing is thrown away without --keep: a test does not change the tree. A fault
ends it with libFuzzer's report, which holds the input in base64, and status 1; the input is kept
in the folder that --faults names (default: the build folder's fuzz-faults).
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import corpora  # noqa: E402
from sizes import size  # noqa: E402

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
INPUT_MAX_BYTES = 16384
MEMORY_MIB = 1024
ONE_INPUT_S = 60      # what takes longer is a fault: everything here is meant to be linear; by the
                      # clock, which goes on while others have the processor
KEPT_MAX_BYTES = 512  # inputs that --keep adds; the shorter of two that reach the same
KEPT_MAX_FILES = 40   # of one target
# Folders of the corpora whose files are inputs, behind a byte that chooses options.
MATERIAL = {"mail": "eml", "rewrite": "html"}
OPTIONS = 64


def run(program, folder, *options):
    command = [program, f"-max_len={INPUT_MAX_BYTES}", f"-rss_limit_mb={MEMORY_MIB}",
               f"-timeout={ONE_INPUT_S}", *options, folder]
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode


def add_material(target, found):
    """The files of the corpora as inputs in @found, each with other options."""
    folder = corpora.FOLDER / MATERIAL[target]
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    for number, file in enumerate(files):
        (found / file.name).write_bytes(bytes([number % OPTIONS]) + file.read_bytes())
    print(f"{len(files)} inputs of {folder.name} in the corpora")


def fuzz(program, seeds, found, faults, seconds):
    """Fuzz from a copy of @seeds in @found, where the new inputs are added."""
    if seeds.is_dir():
        shutil.copytree(seeds, found, dirs_exist_ok=True)
    if seeds.name in MATERIAL:
        add_material(seeds.name, found)
    faults.mkdir(parents=True, exist_ok=True)
    seed = os.environ.get("WAYMARK_TEST_SEED") or str(size("fuzz_seed"))
    return run(program, found, f"-max_total_time={seconds}", f"-seed={seed}",
               f"-artifact_prefix={faults}/{program.name}-", "-print_final_stats=1",
               "-verbosity=1")


def keep(program, seeds, found, scratch):
    """Add to @seeds some of @found that reach what no committed input reaches: of all lengths."""
    merged = scratch / "merged"
    shutil.copytree(seeds, merged)
    before = {path.name for path in merged.iterdir()}
    code = subprocess.run([program, "-merge=1", f"-max_len={KEPT_MAX_BYTES}", merged, found],
                          stdin=subprocess.DEVNULL, check=False).returncode
    new = sorted((path for path in merged.iterdir() if path.name not in before),
                 key=lambda path: path.stat().st_size)
    room = max(1, KEPT_MAX_FILES - len(before))
    for path in new[::-(-len(new) // room)] if len(new) > 0 else []:
        shutil.copy(path, seeds / path.name[:12])
    print(f"{len(new)} inputs reach something new, {len(before)} are committed")
    return code


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=size("fuzz_seconds"))
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--faults", type=pathlib.Path)
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    program = arguments.program.resolve()
    seeds = CORPUS / program.name.removeprefix("fuzz_")
    faults = arguments.faults or program.parents[2] / "fuzz-faults"
    with tempfile.TemporaryDirectory(prefix="waymark-fuzz-") as name:
        scratch = pathlib.Path(name)
        found = scratch / "found"
        found.mkdir()
        code = fuzz(program, seeds, found, faults, arguments.seconds)
        if code == 0 and arguments.keep:
            seeds.mkdir(exist_ok=True)
            code = keep(program, seeds, found, scratch)
    return 1 if code else 0


if __name__ == "__main__":
    sys.exit(main())

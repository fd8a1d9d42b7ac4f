# SPDX-License-Identifier: Apache-2.0
"""What tests/run asks of meson: which tests there are, and how they ended.

  results.py select BUILD --allowed SUITE... --suites SUITE... --patterns PATTERN...
  results.py summary FOLDER FAILED_STEPS

A build that does not compile and a test run that ends without a log are failures too: the file
FAILED_STEPS names the steps that failed, and those that no failed test explains are counted.
"""
import argparse
import fnmatch
import json
import pathlib
import subprocess
import sys

LOG_LINES = 60


def suites_of(test):
    return {suite.rpartition(":")[2] for suite in test["suite"]}


def full_names(test):
    """SUITE/NAME, where the name does not begin with its suite already."""
    return {test["name"] if test["name"].startswith(suite + "/") else f"{suite}/{test['name']}"
            for suite in suites_of(test)}


def wanted(test, allowed, suites, patterns):
    if not suites_of(test) & set(allowed) & set(suites):
        return False
    return not patterns or any(
        pattern in name or fnmatch.fnmatch(name, pattern)
        for pattern in patterns for name in full_names(test) | {test["name"]}
    )


def tests_of(build):
    text = subprocess.run(
        ["meson", "introspect", "--tests", build],
        check=True, stdout=subprocess.PIPE, text=True,
    ).stdout
    return json.loads(text)


def select(arguments):
    for test in tests_of(arguments.build):
        if wanted(test, arguments.allowed, arguments.suites, arguments.patterns):
            print(test["name"])


def read_log(path):
    """The tests of one testlog.json: an object a line."""
    with open(path, encoding="utf-8", errors="replace") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def outcome(test):
    if test["result"] in ("OK", "EXPECTEDFAIL"):
        return "passed"
    return "skipped" if test["result"] == "SKIP" else "failed"


def show_failure(build, test):
    print(f"\n==== {build}: {test['name']}: {test['result']} after {test['duration']:.1f} s")
    for stream in ("stdout", "stderr"):
        lines = (test.get(stream) or "").splitlines()
        if len(lines) > LOG_LINES:
            print(f"  ({stream}: the last {LOG_LINES} of {len(lines)} lines)")
        for line in lines[-LOG_LINES:]:
            print("  " + line)


def summarize(folder, failed_steps):
    """Print each failure; return the counts by outcome."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    explained = set()
    for path in sorted(pathlib.Path(folder).glob("*/meson-logs/testlog.json")):
        build = path.parts[-3]
        for test in read_log(path):
            counts[outcome(test)] += 1
            if outcome(test) == "failed":
                explained.add(f"{build} tests")
                show_failure(build, test)
    unexplained = [step for step in failed_steps if step not in explained]
    for step in unexplained:
        print(f"\n==== {step}: failed, see above")
    counts["failed"] += len(unexplained)
    return counts


def summary(arguments):
    steps = pathlib.Path(arguments.failed_steps)
    failed_steps = steps.read_text(encoding="utf-8").splitlines() if steps.exists() else []
    counts = summarize(arguments.folder, failed_steps)
    if counts["passed"] + counts["failed"] == 0:
        print("\nno test ran")
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    return 0 if counts["passed"] > 0 and counts["failed"] == 0 else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    parse_select = commands.add_parser("select")
    parse_select.add_argument("build")
    for name in ("allowed", "suites", "patterns"):
        parse_select.add_argument("--" + name, nargs="*", default=[])
    parse_summary = commands.add_parser("summary")
    parse_summary.add_argument("folder")
    parse_summary.add_argument("failed_steps")
    arguments = parser.parse_args()
    return select(arguments) if arguments.command == "select" else summary(arguments)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The corpora's HTML mails and character references against what they are expected to hold."""
import sys

import corpora
import html_links_program


def mail_problems(expected, links):
    """Compare the links of the body, and the values of those in conditional comments."""
    body = [link for link in links if link.place == html_links_program.BODY]
    other = [link for link in links if link.place != html_links_program.BODY]
    if len(body) != len(expected["links"]):
        yield f"{len(body)} links instead of {len(expected['links'])}"
    for ours, theirs in zip(body, expected["links"]):
        if theirs["byte_start"] is None:
            continue
        if not theirs["byte_start"] <= ours.start <= ours.end <= theirs["byte_end"]:
            yield f"{theirs['raw']}: at {ours.start}, not in {theirs['byte_start']}"
        elif ours.value != theirs["value"].encode():
            yield f"{theirs['raw']}: {ours.value!r}"
    comments = [link["value"].encode() for link in expected["conditional_comment_links"]]
    if [link.value for link in other] != comments:
        yield f"in conditional comments {[link.value for link in other]}, not {comments}"


def check_mails(program):
    files = sorted((corpora.FOLDER / "html").iterdir())
    count, problems = 0, 0
    found = html_links_program.find(program, [file.read_bytes() for file in files])
    for file, links in zip(files, found):
        expected = corpora.whole(f"html-expect/{file.stem}.json")
        count += len(links)
        for problem in mail_problems(expected, links):
            print(f"{file.name}: {problem}")
            problems += 1
    print(f"{len(files)} mails, {count} links, {problems} problems")
    return problems == 0 and count > 0


def check_references(program):
    rows = corpora.lines("entity_href.jsonl")
    problems = 0
    found = html_links_program.find(program, [row["html"].encode() for row in rows])
    for row, links in zip(rows, found):
        values = [link.value for link in links]
        if values != [row["value"].encode()]:
            print(f"{row['html']}: {values}")
            problems += 1
    print(f"{len(rows)} character references, {problems} problems")
    return problems == 0 and len(rows) > 0


def main():
    corpora.needs("html", "html-expect", "entity_href.jsonl")
    if not (corpora.FOLDER / "html").is_dir():
        print("left out: the corpora are not there")
        return 77
    mails = check_mails(sys.argv[1])
    return 0 if check_references(sys.argv[1]) and mails else 1


if __name__ == "__main__":
    sys.exit(main())

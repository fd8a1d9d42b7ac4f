# SPDX-License-Identifier: Apache-2.0
"""The journal that disk_preload.c writes, and the disks that a power cut can leave of it."""
import os
import re
import struct

from clicks import NUMBER, visitor_of

OPEN, WRITE, WRITTEN, SYNC, SYNCED, SEND, TRUNCATE = range(1, 8)
HEADER = struct.Struct("=BBHIQ")
SECTOR = 512
LOCATION = re.compile(rb"\r\nlocation: ([^\r]*)\r\n", re.IGNORECASE)


class Journal:
    """entries: (type, file, number, data). known_at: when each write was certainly on disk.
    sends: (entry, number) of each event that was answered; @visitors: the numbers of each beacon by
    the visitor that its answer made."""

    def __init__(self, path, visitors):
        with open(path, "rb") as file:
            data = file.read()
        self.entries = []
        at = 0
        while at < len(data):
            kind, file, _, length, number = HEADER.unpack_from(data, at)
            at += HEADER.size
            self.entries.append((kind, file, number, data[at:at + length]))
            at += length
        self.known_at = self.find_known()
        self.sends = self.find_sends(visitors)

    def find_known(self):
        """For each write the entry from which on it is durable; absent: never."""
        known, open_writes = {}, {}
        for index, (kind, file, number, _) in enumerate(self.entries):
            if kind == WRITE:
                open_writes.setdefault(file, []).append(index)
            elif kind == WRITTEN:
                known[number] = index
            elif kind == SYNCED:
                pending = open_writes.get(file, [])
                for write in pending:
                    if write < number:
                        known.setdefault(write, index)
                open_writes[file] = [write for write in pending if write > number]
        return known

    def find_sends(self, visitors):
        sends = []
        for index, (kind, _, _, data) in enumerate(self.entries):
            if kind != SEND:
                continue
            if data.startswith(b"HTTP/1.1 204"):
                sends += [(index, number) for number in visitors[visitor_of(data)]]
                continue
            location = LOCATION.search(data)
            number = NUMBER.search(location.group(1)) if location else None
            assert number, f"a redirect to nowhere: {data[:300]!r}"
            sends.append((index, int(number.group(1))))
        return sends

    def file_named(self, folder):
        return {file for kind, file, _, data in self.entries
                if kind == OPEN and data.decode().endswith(f"/{folder}/data.mdb")}

    def premature(self):
        """Events answered before their pages and then a meta page were durable."""
        events = self.file_named("events")
        first, metas = {}, []
        for index, (kind, file, number, data) in enumerate(self.entries):
            if kind == WRITE and file in events:
                for found in NUMBER.findall(data):
                    first.setdefault(int(found), index)
            elif kind == WRITTEN and file in events:
                metas.append((number, index))
        bad = []
        for sent, event in self.sends:
            write = first.get(event)
            durable = self.known_at.get(write)
            if durable is None or durable > sent or not any(
                    durable < begun and end < sent for begun, end in metas):
                bad.append(event)
        return bad

    def acknowledged_before(self, point):
        return {event for sent, event in self.sends if sent < point}

    def rebuild(self, point, chance, directory):
        """What a disk may hold when the power goes at entry @point."""
        files, paths = {}, {}
        for index, (kind, file, number, data) in enumerate(self.entries[:point]):
            if kind == OPEN:
                paths[file] = data.decode()
                files.setdefault(file, bytearray())
            elif kind == TRUNCATE:
                del files[file][number:]
                files[file].extend(bytes(number - len(files[file])))
            elif kind == WRITE:
                durable = self.known_at.get(index)
                fate = "kept"
                if durable is None or durable >= point:
                    fate = chance.choice(("kept", "dropped", "torn"))
                apply(files[file], number, data, fate, chance)
        for file, content in files.items():
            folder = os.path.join(directory, os.path.basename(os.path.dirname(paths[file])))
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(folder, "data.mdb"), "wb") as output:
                output.write(content)


def apply(content, at, data, fate, chance):
    """A write that is torn leaves any of its sectors; one that is dropped may leave its length."""
    end = at + len(data)
    if fate == "dropped" and chance.random() < 0.5:
        return
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    if fate == "kept":
        content[at:end] = data
    elif fate == "torn":
        while at < end:
            step = min(end, (at // SECTOR + 1) * SECTOR)
            if chance.random() < 0.5:
                content[at:step] = data[:step - at]
            data = data[step - at:]
            at = step

# SPDX-License-Identifier: Apache-2.0
"""A resolver for tests: answers over UDP what it is told to say of each name."""
import socket
import struct
import threading

A, MX, AAAA = 1, 15, 28
NO_NAME, SERVER_FAILURE = 3, 2


def name(text):
    labels = [label.encode() for label in text.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


class Resolver:
    """`records`: {domain: {type: [data, …]}}; a number instead of the inner dictionary is the code
    of the answer, None no answer at all. What is not there is NO_NAME."""

    def __init__(self, records):
        self.records = records
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                question, sender = self.socket.recvfrom(4096)
            except OSError:
                return
            answer = self.answer(question)
            if answer:
                self.socket.sendto(b"\0\0" + answer[2:], sender)  # of another question: passed over
                self.socket.sendto(answer, sender)

    def answer(self, question):
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode())
            at += 1 + question[at]
        domain, (kind,) = ".".join(labels), struct.unpack(">H", question[at + 1:at + 3])
        self.asked.append((domain, kind))
        known = self.records.get(domain, NO_NAME)
        if known is None:
            return None
        data = known.get(kind, []) if isinstance(known, dict) else []
        code = 0 if isinstance(known, dict) else known
        head = question[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(data), 0, 0)
        rows = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(row)) + row
                        for row in data)
        return head + question[12:] + rows

    def close(self):
        self.socket.close()


def mx(preference, host):
    return struct.pack(">H", preference) + name(host)

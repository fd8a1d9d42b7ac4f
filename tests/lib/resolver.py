# SPDX-License-Identifier: Apache-2.0
"""A resolver for tests: answers over UDP and TCP what it is told to say of each name."""
import socket
import struct
import threading

A, MX, AAAA = 1, 15, 28
NO_NAME, SERVER_FAILURE = 3, 2


def name(text):
    labels = [label.encode() for label in text.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def bind_both():
    """A UDP socket and a listening TCP one of the same port."""
    while True:
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind(("127.0.0.1", 0))
        try:
            return one, socket.create_server(one.getsockname())
        except OSError:  # somebody else has it
            one.close()


class Resolver:
    """`records`: {domain: {type: [data, …]}}; a number instead of the inner dictionary is the code
    of the answer, None no answer at all. What is not there is NO_NAME. Domains of `long` are told
    over TCP alone; over UDP their answer is cut."""

    def __init__(self, records, long=()):
        self.records, self.long = records, long
        self.asked = []
        self.socket, self.listener = bind_both()
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        for run in self.run, self.run_tcp:
            threading.Thread(target=run, daemon=True).start()

    def run_tcp(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                connection.settimeout(10)
                size = stream.read(2)
                if len(size) == 2:
                    answer = self.answer(stream.read(*struct.unpack(">H", size)), tcp=True)
                    stream.write(struct.pack(">H", len(answer)) + answer)

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

    def answer(self, question, tcp=False):
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode())
            at += 1 + question[at]
        domain, (kind,) = ".".join(labels), struct.unpack(">H", question[at + 1:at + 3])
        self.asked.append((domain, kind))
        if domain in self.long and not tcp:
            return question[:2] + struct.pack(">HHHHH", 0x8380, 1, 0, 0, 0) + question[12:]
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
        self.listener.close()


def mx(preference, host):
    return struct.pack(">H", preference) + name(host)

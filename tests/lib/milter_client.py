# SPDX-License-Identifier: Apache-2.0
"""The mail server's side of the milter protocol (version 6), as Postfix speaks it.

    with MilterClient(path) as server:
        passed = server.send("us@example.com", ["a@example.com"], message)
        passed.message   # what the next filter would get
        passed.changed   # whether the filter asked for anything
        passed.sent      # how far it wanted to hear: "sender", "header" or "body"
"""
import re
import socket
import struct

ACTIONS = 0x1FF
STEPS = 0x1FFFFF
CHUNK = 65535
LIMIT_S = 60


class Passed:
    def __init__(self, message, changed, sent):
        self.message, self.changed, self.sent = message, changed, sent


class MilterClient:
    def __init__(self, path, client="127.0.0.1", actions=ACTIONS, steps=STEPS):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(LIMIT_S)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")
        self.client = client
        self.connected = False
        self.write(b"O", struct.pack(">III", 6, actions, steps))
        try:
            command, data = self.read()
        except ConnectionError:
            self.__exit__()
            raise
        assert command == b"O", (command, data)
        _version, self.actions, self.steps = struct.unpack(">III", data[:12])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def write(self, command, data=b""):
        self.socket.sendall(struct.pack(">I", len(data) + 1) + command + data)

    def read(self):
        size = self.file.read(4)
        if len(size) < 4:
            raise ConnectionError("the filter has closed the connection")
        packet = self.file.read(struct.unpack(">I", size)[0])
        return packet[:1], packet[1:]

    def macros(self, command, **values):
        self.write(b"D", command + b"".join(
            f"{name}\0{value}\0".encode() for name, value in values.items()))

    def ask(self, command, data=b""):
        self.write(command, data)
        return self.read()[0]

    def connect(self):
        family = b"6" if ":" in self.client else b"4"
        self.connected = True
        return self.ask(b"C", b"client.example\0" + family + struct.pack(">H", 4321) +
                        self.client.encode() + b"\0")

    def send(self, sender, recipients, message, login=None, queue_id="4D2F1"):
        """One transaction. @message: bytes with lines of CR LF."""
        if not self.connected:
            assert self.connect() == b"c"
        if login:
            self.macros(b"M", **{"{auth_authen}": login})
        answer = self.ask(b"M", f"<{sender}>\0".encode())
        if answer == b"a":
            return Passed(message, False, "sender")
        for recipient in recipients:
            assert self.ask(b"R", f"<{recipient}>\0".encode()) == b"c"
        header, _, body = message.partition(b"\r\n\r\n")
        fields = [field.replace(b"\r\n", b"\n").split(b":", 1)
                  for field in re.split(rb"\r\n(?![ \t])", header)]
        for name, value in fields:
            assert self.ask(b"L", name + b"\0" + value + b"\0") == b"c"
        answer = self.ask(b"N")
        if answer == b"a":
            return Passed(message, False, "header")
        for at in range(0, len(body), CHUNK):
            answer = self.ask(b"B", body[at:at + CHUNK])
            if answer == b"a":
                return Passed(message, False, "body")
            if answer == b"s":
                break
        self.macros(b"E", i=queue_id)
        self.write(b"E")
        return self.take_changes(fields, body)

    def take_changes(self, fields, body):
        changed, pieces = False, None
        while True:
            command, data = self.read()
            if command in b"ac":
                break
            changed = True
            if command == b"h":
                assert pieces is None, "the body is last"
                name, value, _ = data.split(b"\0")
                fields.append([name, value])
            elif command == b"m":
                index = struct.unpack(">I", data[:4])[0]
                name, value, _ = data[4:].split(b"\0")
                self.change(fields, name, index, value)
            elif command == b"b":
                pieces = (pieces or []) + [data]
            else:
                raise AssertionError((command, data))
        header = b"\r\n".join(name + b":" + value.replace(b"\n", b"\r\n")
                              for name, value in fields)
        body = body if pieces is None else b"".join(pieces)
        return Passed(header + b"\r\n\r\n" + body, changed, "body")

    @staticmethod
    def change(fields, name, index, value):
        places = [at for at, field in enumerate(fields) if field[0].lower() == name.lower()]
        at = places[index - 1]
        if value:
            fields[at][1] = value
        else:
            del fields[at]

    def abort(self):
        self.write(b"A")

    def quit(self):
        self.write(b"Q")

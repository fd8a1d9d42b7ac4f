# SPDX-License-Identifier: Apache-2.0
"""Raw bytes to a server and what came back, read as strictly as they were meant."""
import re
import select
import socket
import time

LIMIT_S = 30


def read_all(connection, limit=LIMIT_S):
    """Everything up to the end of the connection; a reset is an end too."""
    data = b""
    end = time.monotonic() + limit
    connection.setblocking(False)
    while True:
        left = end - time.monotonic()
        if left <= 0 or not select.select([connection], [], [], left)[0]:
            raise AssertionError(f"the connection is still open after {limit} s, with {data!r}")
        try:
            piece = connection.recv(65536)
        except ConnectionResetError:
            return data
        if not piece:
            return data
        data += piece


def talk(port, data, half_close=True):
    """Send @data at once and read to the end. @half_close: nothing more is sent, and we say so."""
    with socket.create_connection(("127.0.0.1", port), LIMIT_S) as connection:
        connection.sendall(data)
        if half_close:
            try:
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # refused and closed already
        return read_all(connection)


def answers(data):
    """The statuses of the final responses in @data, and what is left behind the last."""
    statuses = []
    while data.startswith(b"HTTP/1.1 "):
        head, separator, rest = data.partition(b"\r\n\r\n")
        if not separator:
            break
        status = int(head[9:12])
        length = re.search(rb"(?im)^content-length: (\d+)\r?$", head)
        data = rest[int(length[1]):] if length and status >= 200 else rest
        if status >= 200:
            statuses.append(status)
    return statuses, data

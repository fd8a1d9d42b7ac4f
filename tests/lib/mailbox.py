# SPDX-License-Identifier: Apache-2.0
"""A mail server on a port of its own that keeps what it is given.

    with Mailbox() as mailbox:
        daemon = Daemon(smtp__server=mailbox.address, smtp__tls="none", …)
        mail = mailbox.wait()

It may say no: @refuse maps a command ("MAIL", "RCPT", "DATA", or "." for the end of a message) to a
list of answers, each given once; and it may want a login, user and password in @login.
"""
import base64
import email
import email.policy
import socket
import socketserver
import ssl
import threading

from daemon import wait_for


class Session(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def answer(self, command, good, keep=None):
        """The answer that is planned for this command, else @good. True: it was good. @keep is
        called before that is said, so that whoever hears it finds what was kept."""
        plan = self.server.mailbox.refuse.get(command, [])
        line = plan.pop(0) if plan else good
        if keep and line == good:
            keep()
        self.say(line)
        return line == good

    def handle(self):
        mailbox = self.server.mailbox
        mailbox.connections += 1
        self.secret = mailbox.implicit
        self.logged_in = not mailbox.login
        self.say("220 mailbox")
        for raw in self.rfile:
            words = raw.decode("latin-1").strip().split(" ")
            verb = getattr(self, "do_" + words[0].lower(), None)
            if verb is None:
                self.say("500 what?")
            elif verb(words, raw.decode("latin-1").strip()) == "over":
                return

    def finish(self):
        try:
            super().finish()
        finally:
            self.request.close()

    def do_ehlo(self, _words, _line):
        mailbox = self.server.mailbox
        extensions = ["mailbox", "SIZE 1000000"]
        if mailbox.context and not self.secret:
            extensions.append("STARTTLS")
        if mailbox.login:
            extensions.append("AUTH PLAIN")
        for extension in extensions[:-1]:
            self.say("250-" + extension)
        self.say("250 " + extensions[-1])

    def do_starttls(self, _words, _line):
        self.say("220 go ahead")
        self.request = self.server.mailbox.context.wrap_socket(self.request, server_side=True)
        self.secret = True
        self.setup()
        # The session goes on over TLS, in a loop of its own.
        for raw in self.rfile:
            words = raw.decode("latin-1").strip().split(" ")
            verb = getattr(self, "do_" + words[0].lower())
            if verb(words, raw.decode("latin-1").strip()) == "over":
                break
        return "over"

    def do_auth(self, words, _line):
        text = words[2] if len(words) > 2 else None
        if text is None:
            self.say("334 ")
            text = self.rfile.readline().decode().strip()
        given = base64.b64decode(text).decode().split("\0")[1:]
        self.logged_in = given == list(self.server.mailbox.login)
        self.say("235 welcome" if self.logged_in else "535 no")

    def do_mail(self, _words, line):
        if not self.logged_in:
            self.say("530 log in")
        elif self.answer("MAIL", "250 ok"):
            self.sender, self.recipients = line, []

    def do_rcpt(self, _words, line):
        if self.answer("RCPT", "250 ok"):
            self.recipients.append(line.split("<", 1)[1].split(">")[0])

    def do_data(self, _words, _line):
        if not self.answer("DATA", "354 go on"):
            return
        lines = []
        for raw in self.rfile:
            if raw == b".\r\n":
                break
            lines.append(raw[1:] if raw.startswith(b".") else raw)
        mail = Mail(self.recipients, b"".join(lines), self.secret)
        self.answer(".", "250 taken", lambda: self.server.mailbox.mails.append(mail))

    def do_rset(self, _words, _line):
        self.say("250 ok")

    def do_quit(self, _words, _line):
        self.say("221 bye")
        return "over"


class Mail:
    def __init__(self, recipients, raw, secret):
        self.recipients, self.raw, self.secret = recipients, raw, secret
        self.message = email.message_from_bytes(raw, policy=email.policy.default)

    @property
    def text(self):
        return self.message.get_content()


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def get_request(self):
        connection, address = super().get_request()
        if self.mailbox.implicit:
            connection = self.mailbox.context.wrap_socket(connection, server_side=True)
        return connection, address

    def handle_error(self, request, client_address):
        """A client that goes away, or does not trust us, is no error of the test's."""


class Mailbox:
    def __init__(self, login=None, certificate=None, implicit=False):
        """@certificate: (certificate, key), files; @implicit: TLS from the first byte."""
        self.login, self.implicit = login, implicit
        self.refuse, self.mails, self.connections = {}, [], 0
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*certificate)
        self.server = Server(("127.0.0.1", 0), Session)
        self.server.mailbox = self
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def wait(self, count=1):
        """The newest mail, once there are @count."""
        wait_for(lambda: len(self.mails) >= count)
        return self.mails[-1]


def unused_address():
    """Where nobody listens."""
    with socket.socket() as here:
        here.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{here.getsockname()[1]}"

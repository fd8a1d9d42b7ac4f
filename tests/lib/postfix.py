# SPDX-License-Identifier: Apache-2.0
"""A Postfix and an opendkim of a test's own: configuration, queue, sockets and log in a folder of
the test, ports that were free. Both need root, as their packages' do; nothing of the system's is
touched.

    with Postfix(milters=["unix:/…/m.sock"], relay=mailbox.address) as postfix:
        postfix.swaks("us@example.com", ["a@example.com"], message)
"""
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile

from daemon import LIMIT_S, wait_for
from mailbox import unused_address

MISSING = [name for name in ("postfix", "opendkim", "swaks", "openssl") if not shutil.which(name)]
VERIFIER = "/usr/bin/python3"  # Debian's own, which its python3-dkim is for
DKIM = not MISSING and subprocess.run([VERIFIER, "-c", "import dkim"], check=False,
                                      capture_output=True).returncode == 0
WHY_NOT = ("left out: needs root" if os.geteuid() != 0 else
           f"left out: {', '.join(MISSING)} not installed" if MISSING else
           None if DKIM else "left out: python3-dkim is not installed")

SETTINGS = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.example
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
relayhost = [{host}]:{port}
disable_dns_lookups = yes
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
smtpd_milters = {milters}
non_smtpd_milters = {milters}
milter_default_action = accept
"""
SERVICES = """
{address} inet n - n - - smtpd
{turned} inet n - n - - smtpd -o {{ smtpd_milters = {turned_milters} }}
pickup unix n - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def folder_of_mail(prefix):
    """A folder whose files Postfix, which is another user, may use by its group."""
    folder = tempfile.mkdtemp(prefix=prefix)
    shutil.chown(folder, group="postfix")
    os.chmod(folder, 0o2755)
    return folder


def adopt(whether):
    """Whether processes whose parent has ended become ours; a container may have nobody else who
    waits for them."""
    set_child_subreaper = 36
    if ctypes.CDLL(None, use_errno=True).prctl(set_child_subreaper, int(whether), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def is_over(group):
    """Have all of a group of adopted processes ended?"""
    try:
        while os.waitpid(-group, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return True
    return False


class Postfix:
    def __init__(self, milters, relay):
        self.folder = folder_of_mail("waymark-postfix-")
        self.host, self.port = relay.rsplit(":", 1)
        self.milters = milters
        self.process = self.address = self.turned = None

    def __enter__(self):
        for name in ("conf", "queue", "data"):
            os.mkdir(os.path.join(self.folder, name), 0o755)
        shutil.chown(os.path.join(self.folder, "data"), user="postfix")
        adopt(True)
        try:
            for _ in range(5):  # somebody else may take the port first
                if self.start():
                    return self
            raise AssertionError(f"Postfix does not start:\n{self.log()}")
        except BaseException:
            self.__exit__()
            raise

    def write(self, name, text):
        with open(os.path.join(self.folder, "conf", name), "w", encoding="utf-8") as file:
            file.write(text)

    def start(self):
        self.address, self.turned = unused_address(), unused_address()
        self.write("main.cf", SETTINGS.format(folder=self.folder, host=self.host, port=self.port,
                                              milters=", ".join(self.milters)))
        self.write("master.cf", SERVICES.format(
            address=self.address, turned=self.turned,
            turned_milters=", ".join(reversed(self.milters))))
        self.process = subprocess.Popen(
            ["postfix", "-c", os.path.join(self.folder, "conf"), "start-fg"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: self.process.poll() is not None or self.greets())
        return self.process.poll() is None

    def greets(self):
        host, port = self.address.rsplit(":", 1)
        try:
            with socket.create_connection((host, int(port)), timeout=LIMIT_S) as connection:
                return connection.recv(100).startswith(b"220 relay.example")
        except OSError:
            return False

    def __exit__(self, *_):
        """Its master leads a group of processes, which end with it; so does whoever started it."""
        path = os.path.join(self.folder, "queue/pid/master.pid")
        if os.path.exists(path) and self.process.poll() is None:
            with open(path, encoding="ascii") as file:
                master = int(file.read())
            os.kill(master, signal.SIGTERM)
            self.process.wait(LIMIT_S)
            wait_for(lambda: is_over(master))
        elif self.process:
            self.process.kill()
            self.process.wait()
        adopt(False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        path = os.path.join(self.folder, "log")
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def swaks_command(self, sender, recipients, message, address=None):
        path = os.path.join(self.folder, "message")
        with open(path, "wb") as file:
            file.write(message)
        return ["swaks", "--server", address or self.address, "--helo", "client.example",
                "--from", sender, "--to", ",".join(recipients), "--data", "@" + path,
                "--timeout", str(LIMIT_S)]

    def swaks_turned(self, *mail):
        """The same by way of a listener that asks the filters in the other order."""
        self.swaks(*mail, address=self.turned)

    def swaks(self, *mail, **options):
        """Send a mail as a program does that knows nothing of us."""
        done = subprocess.run(self.swaks_command(*mail, **options), text=True,
                              capture_output=True, timeout=2 * LIMIT_S, check=False)
        assert done.returncode == 0, f"{done.stdout}{done.stderr}{self.log()}"

    def sendmail(self, sender, recipients, message):
        """The same by the command that programs of this machine use."""
        subprocess.run(["sendmail", "-C", os.path.join(self.folder, "conf"), "-f", sender,
                        *recipients], input=message.replace(b"\r\n", b"\n"), check=True,
                       timeout=2 * LIMIT_S)


class OpenDkim:
    """Signs for one domain; verifies with its own public key."""
    CONFIGURATION = """
Syslog no
Mode s
Domain {domain}
Selector test
KeyFile {folder}/private.pem
RequireSafeKeys no
Canonicalization relaxed/simple
InternalHosts 127.0.0.1
Socket local:{path}
UMask 0000
PidFile {folder}/pid
"""
    VERIFY = ("import dkim, sys\n"
              "record = sys.argv[1].encode()\n"
              "valid = dkim.verify(sys.stdin.buffer.read(), dnsfunc=lambda *_, **__: record)\n"
              "sys.exit(0 if valid else 1)")

    def __init__(self, domain):
        self.folder = folder_of_mail("waymark-opendkim-")
        self.path = os.path.join(self.folder, "s.sock")
        self.domain = domain
        self.process = None

    def __enter__(self):
        private = os.path.join(self.folder, "private.pem")
        subprocess.run(["openssl", "genrsa", "-out", private, "2048"], check=True,
                       capture_output=True)
        public = subprocess.run(["openssl", "rsa", "-in", private, "-pubout"], check=True,
                                text=True, capture_output=True).stdout
        self.record = "v=DKIM1; k=rsa; p=" + "".join(public.splitlines()[1:-1])
        path = os.path.join(self.folder, "conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.CONFIGURATION.format(folder=self.folder, domain=self.domain,
                                                 path=self.path))
        self.process = subprocess.Popen(["opendkim", "-f", "-x", path])
        wait_for(lambda: self.listens() or self.process.poll() is not None)
        assert self.process.poll() is None
        return self

    def listens(self):
        """Its file is there a moment before anybody can connect, and a mail would go unsigned."""
        with socket.socket(socket.AF_UNIX) as connection:
            return connection.connect_ex(self.path) == 0

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def is_valid(self, message):
        return subprocess.run([VERIFIER, "-c", self.VERIFY, self.record], input=message,
                              check=False).returncode == 0

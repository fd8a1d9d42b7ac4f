# SPDX-License-Identifier: Apache-2.0
"""The owner's machines as a browser sees them, and others': nginx with deploy/nginx.conf in front
of a tracker at go.example.com and go.example.org, the sites of SITES in a folder each, all over TLS
on one port of loopback.
"""
import base64
import hashlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

from daemon import LIMIT_S

# Two sites of the tracker; another host of their domain that is nobody's site; the site of a second
# tracker; a webmail; and somebody else's.
SITES = ("www.example.com", "shop.example.com", "blog.example.com", "www.example.org",
         "mail.example.net", "evil.example.net")
TRACKERS = ("go.example.com", "go.example.org")
HOSTS = TRACKERS + SITES

# /plant?name=N&value=V answers with a cookie for the whole domain, as any host of it may; /answer
# answers whatever is posted with a page; /app/ is a site of one page.
SITE = """
	server {{
		listen 127.0.0.1:{port} ssl http2;
		server_name {host};
		root {folder}/{host};
		types {{ text/html html; text/css css; }}
		access_log {log};
		location = /plant {{
			default_type text/html;
			add_header Set-Cookie
				"$arg_name=$arg_value; Domain=example.com; Path=/; Secure";
			return 200 "<title>Planted</title>";
		}}
		location /answer {{ return 200 "<title>Answered</title>"; }}
		location /app/ {{ try_files /app.html =404; }}
	}}
"""

MAIN = """
daemon off;
master_process off;
worker_processes 1;
{user}
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 256; }}
http {{
	default_type text/html;
	client_body_temp_path {folder}/t1;
	proxy_temp_path {folder}/t2;
	fastcgi_temp_path {folder}/t3;
	uwsgi_temp_path {folder}/t4;
	scgi_temp_path {folder}/t5;
	include {folder}/waymark.conf;
	log_format seen escape=json
		'{{"host":"$host","target":"$request_uri","referer":"$http_referer","agent":"$http_user_agent"}}';
	ssl_certificate {folder}/chain.pem;
	ssl_certificate_key {folder}/host.key;
{sites}}}
"""


HELD = []  # sockets of ports that are ours until we end


def free_port():
    """A port that nobody else gets by chance: it stays bound, and not listened to, which keeps
    nobody from it who asks for it by its number with SO_REUSEADDR, as servers do."""
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind(("127.0.0.1", 0))
    HELD.append(probe)
    return probe.getsockname()[1]


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


# Made in no time, unlike RSA's.
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def make_certificates(folder):
    """A CA and one certificate for all hosts. Return the CA's key's hash, as Chromium wants it."""
    names = ",".join(f"DNS:{host}" for host in HOSTS)
    (folder / "host.ext").write_text(f"subjectAltName={names}\nbasicConstraints=CA:FALSE\n")
    openssl(folder, "req", "-x509", *NEW_KEY, "-days", "30", "-keyout", "ca.key",
            "-out", "ca.pem", "-subj", "/CN=Waymark test CA")
    openssl(folder, "req", *NEW_KEY, "-keyout", "host.key", "-out", "host.csr",
            "-subj", "/CN=go.example.com")
    openssl(folder, "x509", "-req", "-in", "host.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "30", "-extfile", "host.ext", "-out", "host.pem")
    chain = (folder / "host.pem").read_text() + (folder / "ca.pem").read_text()
    (folder / "chain.pem").write_text(chain)
    openssl(folder, "pkey", "-in", "ca.key", "-pubout", "-outform", "DER", "-out", "ca.der")
    return base64.b64encode(hashlib.sha256((folder / "ca.der").read_bytes()).digest()).decode()


def shipped_configuration(folder, port, upstream, more=None):
    """deploy/nginx.conf with this test's ports and files; what is replaced must be there. @more:
    further replacements."""
    source = pathlib.Path(os.environ["WAYMARK_SOURCE"])
    text = (source / "deploy/nginx.conf").read_text()
    replacements = {
        "server 127.0.0.1:8080;": f"server 127.0.0.1:{upstream};",
        "server_name go.example.com;": f"server_name {' '.join(TRACKERS)};",
        "\tlisten 80;\n\tlisten [::]:80;\n": f"\tlisten 127.0.0.1:{free_port()};\n",
        "\tlisten 443 ssl http2;\n\tlisten [::]:443 ssl http2;\n":
            f"\tlisten 127.0.0.1:{port} ssl http2;\n",
        "/etc/letsencrypt/live/go.example.com/fullchain.pem": f"{folder}/chain.pem",
        "/etc/letsencrypt/live/go.example.com/privkey.pem": f"{folder}/host.key",
        "/var/log/nginx/": f"{folder}/",
        **(more or {}),
    }
    for old, new in replacements.items():
        if old not in text:
            raise AssertionError(f"deploy/nginx.conf has no {old!r}")
        text = text.replace(old, new)
    return text


class Front:
    """nginx for as long as the context lasts; @edit: (old, new) texts of the configuration."""

    def __init__(self, folder, upstream, edit=()):
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        for host in SITES:
            (self.folder / host).mkdir(exist_ok=True)
        self.spki = make_certificates(self.folder)
        user = "user root;" if os.getuid() == 0 else ""
        shipped = shipped_configuration(self.folder, self.port, upstream)
        for old, new in edit:
            if old not in shipped:
                raise AssertionError(f"deploy/nginx.conf has no {old!r}")
            shipped = shipped.replace(old, new)
        (self.folder / "waymark.conf").write_text(shipped)
        (self.folder / "nginx.conf").write_text(
            MAIN.format(folder=self.folder, user=user, sites="".join(map(self.site, SITES))))

    def __enter__(self):
        nginx = "/usr/sbin/nginx" if os.path.exists("/usr/sbin/nginx") else "nginx"
        self.process = subprocess.Popen(
            [nginx, "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError("nginx ended: " + self.process.stderr.read())
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise AssertionError(f"nginx does not listen after {LIMIT_S} s")

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(LIMIT_S)
        self.process.stderr.close()

    def site(self, host):
        log = f"{self.folder}/seen.log seen" if host != "mail.example.net" else "off"
        return SITE.format(host=host, log=log, folder=self.folder, port=self.port)

    def resolver_rules(self):
        return ", ".join(f"MAP {host}:443 127.0.0.1:{self.port}" for host in HOSTS)

    def seen(self):
        """The requests that the site got, oldest first."""
        log = self.folder / "seen.log"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def tracker_log(self):
        log = self.folder / "waymark.log"
        return log.read_text() if log.exists() else ""

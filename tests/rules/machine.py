"""The real HAProxy with services as the product renders them, and real servers that say what they were asked."""

import http.client
import json
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from apps.haproxy.config import Config, Service
from apps.haproxy.render import render
from apps.services.models import AclRule, HeaderRule, RealServer, VirtualService
from apps.system import files, haproxy, tls
from tests.changes.load import free_port
from tests.changes.server import Answer, served
from tests.haproxy.test_render import HOST

ADDRESS = "127.0.0.21"
PORT = 18500


class Echo(Answer):
    """Its name, and the request as it got here."""

    protocol_version = "HTTP/1.0"  # ends the connection after each answer
    name = ""

    def do_GET(self) -> None:
        told = {"server": self.name, "path": self.path, "headers": [list(item) for item in self.headers.items()]}
        body = json.dumps(told).encode()
        self.send_response(200)
        for name, value in {"X-Old": "old", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()


def service(pk: int, *rules: AclRule | HeaderRule, **fields: Any) -> Service:
    """Its port is 18500 and its key; it has the real servers one and two."""
    vip = VirtualService(**{"pk": pk, "label": f"s{pk}", "address": ADDRESS, "ports": f"{PORT + pk}"} | fields)
    plain = {"persistence": "none", "fallback_address": "", "check_type": "none", "balance": "roundrobin"}
    for name, value in (plain | fields).items():
        setattr(vip, name, value)
    acls = tuple(rule for rule in rules if isinstance(rule, AclRule))
    return Service(vip, (), acls, tuple(rule for rule in rules if isinstance(rule, HeaderRule)))


@contextmanager
def running(*services: Service) -> Iterator[None]:
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        certificate = directory / "certificate.pem"
        certificate.write_text(tls.self_signed())
        web = [stack.enter_context(served(_named(name))) for name in ("one", "two")]
        safe = [stack.enter_context(served(_named(name), certificate=certificate)) for name in ("one", "two")]
        whole = tuple(_with_servers(item, safe if item.vip.protocol == "tcp" else web) for item in services)
        stack.enter_context(_haproxy(directory, whole))
        yield


def _named(name: str) -> type[Echo]:
    return type("Named", (Echo,), {"name": name})


def _with_servers(item: Service, ports: list[int]) -> Service:
    servers = [
        RealServer(pk=item.vip.pk * 10 + number, label=label, address="127.0.0.1", port=port)
        for number, (label, port) in enumerate(zip(("one", "two"), ports, strict=True))
    ]
    return replace(item, servers=tuple(servers))


@contextmanager
def _haproxy(directory: Path, services: tuple[Service, ...]) -> Iterator[None]:
    host = replace(HOST, admin_socket=directory / "admin", stats_socket=directory / "stats", stats_group="")
    host = replace(host, server_state=directory / "state", user="", peers_port=free_port(), descriptors=2000)
    rendering = render(Config(host, services, {1: "x"}))
    pems = dict.fromkeys(rendering.certificates, (directory / "certificate.pem").read_text())
    files.write_tree(directory / "config", rendering.files | pems)
    haproxy.check(directory / "config" / "haproxy.cfg")
    words = [haproxy.BINARY, "-db", "-f", str(directory / "config" / "haproxy.cfg")]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(process, directory / "admin")
        yield
    finally:
        process.terminate()
        process.wait(10)


def _wait(process: subprocess.Popen[bytes], path: Path) -> None:
    deadline = time.monotonic() + 10
    while not path.exists():
        assert process.poll() is None, "HAProxy did not start"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    haproxy.wait(path)


class Got:
    """An answer: its status, its headers, and what the server says it was asked."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status = answer.status
        self.headers = {name.lower(): value for name, value in answer.getheaders()}
        body = answer.read()
        self.asked: dict[str, Any] = json.loads(body) if body.startswith(b"{") else {}

    @property
    def server(self) -> str:
        return str(self.asked.get("server", ""))

    def sent(self, name: str) -> list[str]:
        """The values of a header that reached the server."""
        return [value for header, value in self.asked["headers"] if header.lower() == name.lower()]


def ask(pk: int, path: str, method: str = "GET", source: str = "127.0.0.1", **headers: str) -> Got:
    link = http.client.HTTPConnection(ADDRESS, PORT + pk, timeout=10, source_address=(source, 0))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    link.request(method, path, headers=named)
    got = Got(link.getresponse())
    link.close()
    return got


def ask_safely(pk: int, name: str, source: str = "127.0.0.1") -> Got | None:
    """Over TLS that asks for a name; None when the connection is refused."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        plain = socket.create_connection((ADDRESS, PORT + pk), 10, source_address=(source, 0))
        with plain, context.wrap_socket(plain, server_hostname=name) as link:
            link.sendall(b"GET / HTTP/1.0\r\nHost: x\r\n\r\n")
            answer = http.client.HTTPResponse(link)
            answer.begin()
            return Got(answer)
    except (ConnectionResetError, ssl.SSLEOFError, ssl.SSLError):
        return None

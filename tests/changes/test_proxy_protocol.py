"""The PROXY protocol, sent to real servers and taken from a proxy in front, with real traffic."""

import http.client
import json
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from django.conf import settings

from apps.certificates.models import Certificate
from apps.changes.models import JobState
from apps.services.conditions import Condition, write
from apps.services.models import AclRule, RealServer, VirtualService
from apps.system import haproxy
from tests.certificates.openssl import Issued, Workshop
from tests.changes.committing import commit, reload, told
from tests.changes.conftest import PORT
from tests.changes.proxied import proxied
from tests.changes.test_runtime import stored

VIP, VIP6 = "127.0.0.9", "::1"
CLIENT = "203.0.113.7"
FAST = {"check_type": "negotiate_http", "check_interval": "50ms", "check_rise": 1, "check_fall": 1}

pytestmark = pytest.mark.usefixtures("running")


@pytest.fixture
def expecting() -> Iterator[int]:
    """The port of a real server that answers nobody without the line."""
    with proxied() as port:
        yield port


@pytest.fixture
def site(tmp_path: Path) -> Issued:
    return Workshop(tmp_path).issue("web.example")


def proven(issued: Issued) -> Certificate:
    """Kept with its fingerprint, which a commit compares with what is served."""
    kept = stored(issued)
    kept.fingerprint = x509.load_pem_x509_certificate(issued.certificate).fingerprint(hashes.SHA256()).hex()
    kept.save()
    return kept


def change(server_port: int | None, **fields: Any) -> None:
    VirtualService.objects.update(**FAST | {"persistence": "none"} | fields)
    RealServer.objects.filter(label="two").delete()
    RealServer.objects.update(port=server_port)


def asked(source: str = "127.0.0.5", to: str = VIP, context: ssl.SSLContext | None = None) -> dict[str, Any]:
    """What the real server answers to a client that comes from there."""
    where = (to, PORT)
    own: dict[str, Any] = {"timeout": 5, "source_address": (source, 0)}
    link = http.client.HTTPConnection(*where, **own)
    if context:
        link = http.client.HTTPSConnection(*where, **own, context=context)
    link.request("GET", "/")
    answer = link.getresponse()
    return dict(json.load(answer)) if answer.status == 200 else {"status": answer.status}


def is_checked() -> bool:
    """Its health check, which the server answers only with the line too, has been made and found it up."""
    deadline = time.monotonic() + 5
    while told("web", "check_status")["one"] in {"INI", "UNK", ""} and time.monotonic() < deadline:
        time.sleep(0.02)
    return (told("web"), told("web", "check_status")) == ({"one": "UP"}, {"one": "L7OK"})


@pytest.mark.parametrize(("kind", "version"), [("send-proxy", 1), ("send-proxy-v2", 2), ("send-proxy-v2-ssl", 2)])
@pytest.mark.parametrize(("vip", "client"), [(VIP, "127.0.0.5"), (VIP6, VIP6)])
def test_real_servers_are_told_the_client(expecting: int, kind: str, version: int, vip: str, client: str) -> None:
    change(expecting, send_proxy=kind, address=vip)
    reload()
    found = asked(client, vip)
    assert (found["version"], found["client"], found["peer"]) == (version, client, "127.0.0.1")
    assert is_checked()


def test_checks_send_it_where_the_port_is_the_clients(expecting: int) -> None:
    change(None, ports=str(expecting), send_proxy="send-proxy")
    reload()
    assert is_checked()


def test_a_server_that_is_added_while_haproxy_runs_gets_it_too(expecting: int) -> None:
    change(expecting, send_proxy="send-proxy-v2")
    reload()
    RealServer.objects.update(weight=0)
    RealServer.objects.create(
        service=VirtualService.objects.get(), label="late", address="127.0.0.1", port=expecting, weight=1
    )
    assert "Nothing was reloaded" in reload()
    assert asked()["client"] == "127.0.0.5"
    deadline = time.monotonic() + 5
    while told("web", "check_status")["late"] != "L7OK" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert told("web")["late"] == "UP"


def test_real_servers_are_told_of_tls_and_of_the_clients_certificate(expecting: int, tmp_path: Path) -> None:
    workshop = Workshop(tmp_path)
    root = workshop.issue("Example Root CA", ca=True)
    (tmp_path / "person.pem").write_bytes(workshop.issue("Dr. Mabuse", by=root).pem)
    own = {"protocol": "http2", "certificate": proven(workshop.issue("web.example"))}
    change(expecting, send_proxy="send-proxy-v2-ssl", **own, authority=proven(root), verification="optional")
    reload()
    context = ssl._create_unverified_context()
    assert asked(context=context)["tls"] == "TLSv1.3"
    assert "name" not in asked(context=context)
    VirtualService.objects.update(send_proxy="send-proxy-v2-ssl-cn")
    reload()
    context.load_cert_chain(tmp_path / "person.pem")
    found = asked(context=context)
    assert (found["client"], found["tls"], found["name"]) == ("127.0.0.5", "TLSv1.3", "Dr. Mabuse")


def through(line: str, context: ssl.SSLContext | None = None) -> str:
    """What comes back when somebody says the line and asks for a page."""
    with socket.create_connection((VIP, PORT), 5) as link:
        link.sendall(line.encode())
        asking = context.wrap_socket(link) if context else link
        asking.sendall(b"GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n")
        try:
            return b"".join(iter(lambda: asking.recv(65536), b"")).decode()
        except ConnectionResetError:
            return ""


def line(client: str = CLIENT) -> str:
    return f"PROXY TCP{6 if ':' in client else 4} {client} {'::1' if ':' in client else VIP} 40000 {PORT}\r\n"


def test_the_client_of_the_line_counts(service: VirtualService) -> None:
    with proxied(required=False) as port:
        change(port, check_type="connect", accept_proxy=True, persistence="ip")
        conditions = write([Condition("", False, "src_blk", "", "203.0.113.8 2001:db8:8::/48")])
        AclRule.objects.create(service=service, action="deny", conditions=conditions)
        reload()
        for client in (CLIENT, "2001:db8:7::1"):
            answer = through(line(client))
            assert json.loads(answer.partition("\r\n\r\n")[2])["headers"][-1] == f"x-forwarded-for: {client}"
        table = haproxy.ask(settings.PATHS.haproxy_admin_socket, "show table web")
        assert f"key=::ffff:{CLIENT} " in table
        assert "key=2001:db8:7::1 " in table
        for refused in ("203.0.113.8", "2001:db8:8::1"):
            assert through(line(refused)).startswith("HTTP/1.1 403")


def test_clients_without_the_line_are_refused() -> None:
    VirtualService.objects.update(accept_proxy=True)
    reload()
    assert through("") == ""
    assert through(line()).startswith("HTTP/1.1 200")


def test_a_certificate_behind_the_line_is_proven(site: Issued) -> None:
    change(1, check_type="none", accept_proxy=True, protocol="http2", certificate=proven(site))
    job = commit()
    assert job.state == JobState.DONE, job.sentence
    assert through(line(), ssl._create_unverified_context()).startswith("HTTP/1.1 503")


def test_one_service_tells_another(service: VirtualService) -> None:
    """As a termination in front does it."""
    with proxied(required=False) as port:
        change(port, check_type="connect", accept_proxy=True)
        front = VirtualService.objects.create(label="front", address=VIP, ports="18499", send_proxy="send-proxy-v2")
        RealServer.objects.create(service=front, label="web", address=VIP, port=PORT)
        reload()
        link = http.client.HTTPConnection(VIP, 18499, timeout=5, source_address=("127.0.0.6", 0))
        link.request("GET", "/")
        said = json.load(link.getresponse())["headers"]
        assert [header for header in said if header.startswith("x-forwarded-for")][-1] == "x-forwarded-for: 127.0.0.6"

"""Rendering as a table: an option like this → exactly these lines. No database."""

from pathlib import Path
from typing import Any

import pytest

from apps.haproxy.config import Config, Host, Service
from apps.haproxy.render import CONFIG_FILE, addresses, render
from apps.services.models import RealServer, VirtualService

HOST = Host(
    admin_socket=Path("/run/admin.sock"),
    stats_socket=Path("/run/stats.sock"),
    stats_group="lbadmin",
    server_state=Path("/state"),
    scripts=Path("/scripts"),
    user="haproxy",
    fallback_port=9081,
    peers_port=7778,
)
CERTIFICATES = {1: "fingerprint one", 2: "fingerprint two"}
PLAIN = [
    "id 1000007",
    "bind 192.0.2.10:80",
    "mode http",
    "option idle-close-on-response",
    "timeout tunnel 1h",
    "timeout http-request 5s",
    "balance leastconn",
]
COOKIE = "cookie SERVERID insert indirect nocache httponly maxidle 30m maxlife 12h"
FALLBACK = "server backup 127.0.0.1:9081 id 1 backup non-stick"


def vip(**fields: Any) -> VirtualService:
    return VirtualService(**{"pk": 7, "label": "web", "address": "192.0.2.10", "ports": "80"} | fields)


def rip(**fields: Any) -> RealServer:
    return RealServer(**{"pk": 3, "label": "one", "address": "192.0.2.1", "port": 8080} | fields)


def lines(service: VirtualService, *servers: RealServer) -> list[str]:
    """The lines of the service's section, without the indentation."""
    text = render(Config(HOST, (Service(service, servers),), CERTIFICATES)).files[CONFIG_FILE]
    _, _, section = text.partition(f"listen {service.label}\n")
    return [line.strip() for line in section.strip().splitlines()]


def test_a_plain_service() -> None:
    assert lines(vip()) == [*PLAIN, "option forwardfor", "maxconn 40000", COOKIE, FALLBACK]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"ports": "80,443,8000-8010"}, "bind 192.0.2.10:80,192.0.2.10:443,192.0.2.10:8000-8010"),
        ({"address": "2001:db8::1"}, "bind [2001:db8::1]:80"),
        ({"balance": "roundrobin"}, "balance roundrobin"),
        ({"forward_for": True}, "option forwardfor"),
        ({"persistence": "ip"}, "stick-table type ip size 10240 expire 30m peers lbadmin:peers"),
        ({"persistence": "ip"}, "stick on src"),
        (
            {"persistence": "ip", "persistence_timeout": "12h"},
            "stick-table type ip size 10240 expire 12h peers lbadmin:peers",
        ),
        ({"timeout": True, "client_timeout": "92s"}, "timeout client 92s"),
        ({"timeout": True, "server_timeout": "93s"}, "timeout server 93s"),
        ({"force_https": True, "redirect_code": "301"}, "http-request redirect scheme https code 301"),
        ({"protocol": "tcp"}, "mode tcp"),
        (
            {"protocol": "http2", "certificate_id": 1},
            "bind 192.0.2.10:80 ssl crt-list tls/service-7.list alpn h2,http/1.1",
        ),
        (
            {"protocol": "http2", "certificate_id": 1, "authority_id": 2, "verification": "optional"},
            "bind 192.0.2.10:80 ssl crt-list tls/service-7.list alpn h2,http/1.1 "
            "ca-file tls/certificate-2.pem verify optional",
        ),
        (
            {"protocol": "http2", "certificate_id": 1},
            "cookie SERVERID insert indirect nocache httponly secure maxidle 30m maxlife 12h",
        ),
    ],
)
def test_an_option_gives_its_line(fields: dict[str, Any], expected: str) -> None:
    assert expected in lines(vip(**fields))


@pytest.mark.parametrize(
    ("fields", "absent"),
    [
        ({"forward_for": False}, "option forwardfor"),
        ({"protocol": "tcp"}, "option forwardfor"),
        ({"protocol": "tcp"}, "idle-close"),
        ({"protocol": "tcp", "persistence": "http"}, "cookie"),
        ({"protocol": "tcp", "force_https": True}, "redirect"),
        ({"persistence": "none"}, "cookie"),
        ({"client_timeout": "92s"}, "timeout client"),
        ({"certificate_id": 1}, "ssl"),
        ({"force_https": True}, "server backup"),
    ],
)
def test_an_option_that_does_not_apply_gives_no_line(fields: dict[str, Any], absent: str) -> None:
    assert absent not in "\n".join(lines(vip(**fields)))


@pytest.mark.parametrize(
    ("service", "fields", "expected"),
    [
        ({}, {}, "server one 192.0.2.1:8080 id 4 weight 100 cookie one check"),
        ({}, {"weight": 0}, "server one 192.0.2.1:8080 id 4 weight 0 cookie one check"),
        ({}, {"port": None}, "server one 192.0.2.1 id 4 weight 100 cookie one check port 80"),
        ({}, {"address": "2001:db8::2"}, "server one [2001:db8::2]:8080 id 4 weight 100 cookie one check"),
        ({}, {"encrypted": True}, "server one 192.0.2.1:8080 id 4 weight 100 cookie one ssl verify none check"),
        (
            {},
            {"redirect_url": "https://one.example/a#b"},
            "server one 192.0.2.1:8080 id 4 weight 100 cookie one redir 'https://one.example/a#b' check",
        ),
        ({"persistence": "none"}, {}, "server one 192.0.2.1:8080 id 4 weight 100 check"),
        ({"check_type": "none"}, {}, "server one 192.0.2.1:8080 id 4 weight 100 cookie one"),
        ({"protocol": "tcp"}, {"redirect_url": "https://x"}, "server one 192.0.2.1:8080 id 4 weight 100 check"),
    ],
)
def test_a_real_server_gives_one_line(service: dict[str, Any], fields: dict[str, Any], expected: str) -> None:
    assert expected in lines(vip(**service), rip(**fields))


def test_the_state_of_a_real_server_is_not_in_the_file() -> None:
    """Drain and halt act at once and are never pending: they live in the state file."""
    assert lines(vip(), rip(state="halt")) == lines(vip(), rip(state="online"))


def test_certificates_are_named_but_not_held() -> None:
    service = Service(vip(protocol="http2", certificate_id=1, authority_id=2))
    rendering = render(Config(HOST, (service,), CERTIFICATES))
    assert rendering.files["tls/service-7.list"] == "tls/certificate-1.pem\n"
    assert rendering.certificates == {"tls/certificate-1.pem": 1, "tls/certificate-2.pem": 2}


def test_another_certificate_under_the_same_label_changes_the_services_part() -> None:
    service = Service(vip(protocol="http2", certificate_id=1))
    old, new = (render(Config(HOST, (service,), {1: content})) for content in ("old", "new"))
    assert old.files == new.files
    assert old.parts != new.parts


def test_every_line_knows_whose_it_is() -> None:
    rendering = render(Config(HOST, (Service(vip(timeout=True), (rip(),)),)))
    by_line = dict(zip(rendering.files[CONFIG_FILE].splitlines(), rendering.owners, strict=True))
    owner = by_line["    timeout client 12h"]
    assert owner is not None
    assert (owner.label, owner.option) == ("web", "client_timeout")
    server = by_line["    server one 192.0.2.1:8080 id 4 weight 100 cookie one check"]
    assert server is not None
    assert (server.kind, server.pk, server.label) == ("RealServer", 3, "one")


def test_a_service_that_listens_nowhere_has_no_floating_ip() -> None:
    """Whatever address it had before."""
    services = (Service(vip()), Service(vip(pk=8, label="inner", address="192.0.2.11", backend_only=True)))
    assert addresses(Config(HOST, services)) == {"192.0.2.10"}

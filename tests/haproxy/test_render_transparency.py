"""Where connections come from, and the PROXY protocol, as a table: an option like this → exactly these words."""

from typing import Any

import pytest

from apps.haproxy.config import Config, Service
from apps.haproxy.render import CONFIG_FILE, TRANSPARENT_FILE, render
from apps.services.models import ManualConfiguration, RealServer, VirtualService
from tests.haproxy.test_render import HOST, lines, rip, vip

V4, V6 = {"address": "192.0.2.10"}, {"address": "2001:db8::1"}
NAME = {"address": "one.example"}
RIP6 = {"address": "2001:db8::2"}
ON = {"transparent": True}
QUIET = {"persistence": "none", "forward_for": False, "fallback_address": ""}


def said(service: dict[str, Any], server: dict[str, Any] | None = None) -> str:
    """What the server's line says after its weight."""
    (line,) = (line for line in lines(vip(**QUIET | service), rip(**server or {})) if line.startswith("server one"))
    return line.partition(" weight 100 ")[2]


@pytest.mark.parametrize(
    ("service", "server", "words"),
    [
        ({}, {}, "check"),
        (ON, {}, "check source 0.0.0.0 usesrc clientip"),
        (V6 | ON, RIP6, "check source [::] usesrc clientip"),
        (ON | {"check_source": "192.0.2.11"}, {}, "check source 192.0.2.11 usesrc clientip"),
        (ON | {"check_source": "192.0.2.11", "check_type": "none"}, {}, "source 0.0.0.0 usesrc clientip"),
        (V6 | ON | {"check_source": "2001:db8::3"}, RIP6, "check source [2001:db8::3] usesrc clientip"),
        (ON | {"check_source": "2001:db8::3"}, {}, "check source 0.0.0.0 usesrc clientip"),
        (ON | {"source_address": "192.0.2.11"}, {}, "check source 0.0.0.0 usesrc clientip"),
        ({"source_address": "192.0.2.11"}, {}, "check source 192.0.2.11"),
        ({"source_address": "2001:db8::3"}, RIP6, "check source [2001:db8::3]"),
        ({"source_address": "192.0.2.11"}, RIP6, "check"),
        ({"source_address": "2001:db8::3"}, {}, "check"),
        ({"check_source": "192.0.2.11"}, {}, "check source 192.0.2.11"),
        ({"check_source": "192.0.2.11", "check_type": "none"}, {}, ""),
    ],
)
def test_where_connections_come_from(service: dict[str, Any], server: dict[str, Any], words: str) -> None:
    assert said(service, server) == words


@pytest.mark.parametrize(
    ("service", "words"),
    [
        ({}, "check resolve-prefer ipv4 resolvers lbadmin:dns init-addr last,none"),
        (V6, "check resolve-prefer ipv6 resolvers lbadmin:dns init-addr last,none"),
        (ON, "check source 0.0.0.0 usesrc clientip resolve-prefer ipv4 resolvers lbadmin:dns init-addr last,none"),
        (V6 | ON, "check source [::] usesrc clientip resolve-prefer ipv6 resolvers lbadmin:dns init-addr last,none"),
        (
            V6 | {"source_address": "192.0.2.11"},
            "check source 192.0.2.11 resolve-prefer ipv4 resolvers lbadmin:dns init-addr last,none",
        ),
    ],
)
def test_a_name_is_looked_up_as_its_source_needs_it(service: dict[str, Any], words: str) -> None:
    assert said(service, NAME) == words


@pytest.mark.parametrize(
    ("service", "server", "words"),
    [
        ({"send_proxy": "send-proxy"}, {}, "check send-proxy check-send-proxy"),
        ({"send_proxy": "send-proxy-v2"}, {}, "check send-proxy-v2 check-send-proxy"),
        ({"send_proxy": "send-proxy-v2-ssl"}, {}, "check send-proxy-v2-ssl check-send-proxy"),
        ({"send_proxy": "send-proxy-v2-ssl-cn"}, {}, "check send-proxy-v2-ssl-cn check-send-proxy"),
        ({"send_proxy": "send-proxy"}, {"port": None}, "check port 80 send-proxy check-send-proxy"),
        ({"send_proxy": "send-proxy", "check_port": 8080}, {}, "check port 8080 send-proxy check-send-proxy"),
        ({"send_proxy": "send-proxy", "check_port": 81}, {}, "check port 81 send-proxy"),
        ({"send_proxy": "send-proxy", "check_type": "none"}, {}, "send-proxy"),
    ],
)
def test_the_line_that_real_servers_get(service: dict[str, Any], server: dict[str, Any], words: str) -> None:
    assert said(service, server) == words


def test_the_line_that_is_taken_from_a_proxy_in_front() -> None:
    assert "bind 192.0.2.10:80 accept-proxy" in lines(vip(accept_proxy=True))
    tls = vip(accept_proxy=True, protocol="http2", certificate_id=1)
    assert "bind 192.0.2.10:80 accept-proxy ssl crt-list tls/service-7.list alpn h2,http/1.1" in lines(tls)


@pytest.mark.parametrize("service", [V6, {"accept_proxy": True}])
def test_clients_of_both_kinds_have_room_in_the_table(service: dict[str, Any]) -> None:
    table = "stick-table type ipv6 size 10240 expire 30m peers lbadmin:peers"
    assert table in lines(vip(persistence="ip", **service))


@pytest.mark.parametrize(
    ("service", "servers", "families"),
    [
        ({}, [{}], None),
        (ON, [{}], "ipv4\n"),
        (V6 | ON, [RIP6], "ipv6\n"),
        (ON, [{}, RIP6], "ipv4\nipv6\n"),
        (ON | {"manual": True}, [{}], None),
        (ON, [], "ipv4\n"),
    ],
)
def test_what_the_host_has_to_take(service: dict[str, Any], servers: list[dict[str, Any]], families: str) -> None:
    """And HAProxy stays root exactly then."""
    files = files_of(vip(**service), *(rip(**server) for server in servers))
    assert files.get(TRANSPARENT_FILE) == families
    assert ("user haproxy" in files[CONFIG_FILE]) == (families is None)


def test_manual_lines_that_take_the_clients_address() -> None:
    manual = ManualConfiguration(text="backend own\n    source 0.0.0.0 usesrc clientip")
    files = render(Config(HOST, manual=manual)).files
    assert files[TRANSPARENT_FILE] == "ipv4\nipv6\n"
    assert "user haproxy" not in files[CONFIG_FILE]


def files_of(service: VirtualService, *servers: RealServer) -> dict[str, str]:
    return render(Config(HOST, (Service(service, servers),))).files

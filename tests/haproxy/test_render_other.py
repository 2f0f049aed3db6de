"""Rendering tables: the sections SSL, Other, Health Checks and Feedback Method; and that no option is in no table."""

import pytest

from apps.common.options import options
from apps.services.models import RealServer, VirtualService
from tests.haproxy import test_render_balancing as balancing
from tests.haproxy import test_render_listening as listening
from tests.haproxy.rendering import HTTP2, TCP, Row, check
from tests.haproxy.test_render_listening import BIND, FALLBACK, SERVER

HSTS = "http-response set-header Strict-Transport-Security max-age={}"
COMPRESSED = "text/html text/plain text/css text/xml text/javascript application/javascript application/json"
UNBALANCED = (listening.COOKIE.format(""), SERVER, FALLBACK)
GONE_TO_HTTPS = "http-request redirect scheme https code {}"
TIMED = {"timeout": True}


def more(words: str, *fields: tuple[str, object], base: dict[str, object] | None = None) -> Row:
    """The line of the real server has these words more."""
    return Row(dict(fields), (f"{SERVER} {words}",), (SERVER,), base or {})


REDIRECTS = [
    Row({"force_https": True}, (GONE_TO_HTTPS.format(302),), UNBALANCED),
    *(
        Row({"force_https": True, "redirect_code": code}, (GONE_TO_HTTPS.format(code),), UNBALANCED)
        for code in ("301", "302", "303", "307", "308")
    ),
    Row({"redirect_code": "301"}),
    Row({"force_https": True}, base=HTTP2),
    Row({"force_https": True}, base=TCP),
]
HEADERS = [
    Row({"forward_for": False}, removed=("option forwardfor",)),
    Row({"hsts": True}, (HSTS.format(15552000),)),
    Row({"hsts": True, "hsts_months": 24}, (HSTS.format(62208000),)),
    Row({"hsts_months": 24}),
    Row({"compression": True}, ("compression algo gzip", f"compression type {COMPRESSED}")),
    Row({"name_header": True}, ("http-send-name-header Host",)),
    *(Row({name: True}, base=TCP) for name in ("hsts", "compression", "name_header", "forward_for")),
]
LIMITS = [
    Row(TIMED, ("timeout client 12h", "timeout server 12h")),
    Row({"client_timeout": "92s"}, ("timeout client 92s",), ("timeout client 12h",), TIMED),
    Row({"server_timeout": "93s"}, ("timeout server 93s",), ("timeout server 12h",), TIMED),
    Row({"client_timeout": "92s"}),
    Row({"server_timeout": "92s"}),
    Row({"client_timeout": "92s"}, base={"timeout": True, "backend_only": True}),
    Row({"max_connections": 5}, ("maxconn 5",), ("maxconn 40000",)),
    Row({"max_connections": 5}, base={"backend_only": True}),
    Row({"tcp_keep_alive": True}, ("option tcpka",)),
    Row({"tunnel_timeout": "30s"}, ("timeout tunnel 30s",), ("timeout tunnel 1h",)),
    Row({"tunnel_timeout": "30s"}, base=TCP),
]
PROXIES = [
    *(more(f"{word} check-send-proxy", ("send_proxy", word)) for word in ("send-proxy", "send-proxy-v2")),
    *(more(f"{word} check-send-proxy", ("send_proxy", word)) for word in ("send-proxy-v2-ssl", "send-proxy-v2-ssl-cn")),
    Row({"accept_proxy": True}, (f"{BIND} accept-proxy",), (BIND,)),
    Row({"accept_proxy": True}, base={"backend_only": True}),
    Row(
        {"transparent": True},
        (f"{SERVER} source 0.0.0.0 usesrc clientip",),
        (SERVER, "user haproxy", "group haproxy"),  # HAProxy 2.6 has to stay root for it
    ),
    more("source 192.0.2.10", ("source_address", "192.0.2.10")),
]
SSL = [Row({"backend_encryption": True})]  # only real servers that are added later begin otherwise
NEGOTIATED = ("option httpchk", "http-check expect status 200-399")
NEGOTIATE = {"check_type": "negotiate_http"}
ASKED = "http-check send meth {} uri {} ver HTTP/1.0"
CHECKS = [
    *(
        Row({"check_type": f"negotiate_http{suffix}"}, (*NEGOTIATED, ASKED.format(method, "/")))
        for suffix, method in {"": "GET", "_head": "HEAD", "_options": "OPTIONS"}.items()
    ),
    *(
        Row(
            {"check_type": f"negotiate_https{suffix}"},
            (*NEGOTIATED, ASKED.format(method, "/"), f"{SERVER} check-ssl verify none"),
            (SERVER,),
        )
        for suffix, method in {"": "GET", "_head": "HEAD", "_options": "OPTIONS"}.items()
    ),
    Row({"check_type": "mysql"}, ("option mysql-check user mysql",)),
    Row({"check_type": "mysql", "check_user": "lb"}, ("option mysql-check user lb",)),
    Row({"check_type": "none"}, (SERVER.removesuffix(" check"),), (SERVER,)),
    Row({"check_request": "/up"}, (ASKED.format("GET", "/up"),), (ASKED.format("GET", "/"),), NEGOTIATE),
    Row({"check_response": "ok"}, ("http-check expect rstring ok",), ("http-check expect status 200-399",), NEGOTIATE),
    Row(
        {"check_host": "a.example"},
        ("http-check send meth GET uri / ver HTTP/1.1 hdr Host a.example",),
        (ASKED.format("GET", "/"),),
        NEGOTIATE,
    ),
    *(
        Row({name: value})
        for name, value in {"check_request": "/up", "check_response": "ok", "check_user": "lb"}.items()
    ),
    more("port 81", ("check_port", 81)),
    more("source 192.0.2.10", ("check_source", "192.0.2.10")),
    more("inter 2s", ("check_interval", "2s")),
    more("rise 3", ("check_rise", 3)),
    more("fall 4", ("check_fall", 4)),
    more("slowstart 1s", ("slow_start", "1s")),
    more("agent-check agent-port 3333", ("feedback", "agent")),
    more("agent-check agent-port 99", ("feedback", "agent"), ("feedback_port", 99)),
    Row({"feedback_port": 99}),
]
HERE = [*REDIRECTS, *HEADERS, *LIMITS, *PROXIES, *SSL, *CHECKS]
LISTENING = [*listening.VIRTUAL_SERVICE, *listening.PROTOCOL, *listening.REAL_SERVER]
BALANCING = [*balancing.DISTRIBUTION, *balancing.MODES_WEB, *balancing.MODES_TCP, *balancing.DETAILS]
ROWS = [*LISTENING, *BALANCING, *balancing.FALLBACK_SERVER, *HERE]
ELSEWHERE = {"manual", "check_script"}  # test_a_service_with_manual_configuration…, test_an_external_script…


@pytest.mark.parametrize("row", HERE, ids=str)
def test_an_option_gives_exactly_its_lines(row: Row) -> None:
    check(row)


def test_an_external_script_is_called_by_its_place() -> None:
    place = "external-check command /scripts/probe-a8076d3d28d2-port-0"
    path = "external-check path /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    general = ("external-check", "insecure-fork-wanted")
    check(Row({"check_type": "external", "check_script_id": 1}, (*general, "option external-check", path, place)))


def test_every_option_is_in_a_table() -> None:
    in_services = {name.removesuffix("_id") for row in ROWS for name in row.fields} | ELSEWHERE
    assert {option.name for option in options(VirtualService)} - in_services == set()
    assert {option.name for option in options(RealServer)} - {name for row in ROWS for name in row.server} == set()

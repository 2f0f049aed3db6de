"""Rendering tables: the sections Virtual Service and Protocol, and Real Servers."""

import pytest

from tests.haproxy.rendering import HTTP2, MODES, TCP, Row, check, file, own

SERVER = "server one 192.0.2.1:8080 id 4 weight 100 cookie one check"
FALLBACK = "server backup 127.0.0.1:9081 id 1 backup non-stick"
COOKIE = "cookie SERVERID insert indirect nocache httponly {}maxidle 30m maxlife 12h"
BIND = "bind 192.0.2.10:80"
TLS_BIND = "bind 192.0.2.10:80 ssl crt-list tls/service-7.list alpn h2,http/1.1"

VIRTUAL_SERVICE = [
    Row({"label": "shop"}, ("listen shop",), ("listen web",)),
    Row({"address": "2001:db8::1"}, ("bind [2001:db8::1]:80",), (BIND,)),
    Row({"ports": "80,443"}, ("bind 192.0.2.10:80,192.0.2.10:443",), (BIND,)),
    Row({"ports": "800-900"}, ("bind 192.0.2.10:800-900",), (BIND,)),
    Row({"ports": "80,90-100,3443"}, ("bind 192.0.2.10:80,192.0.2.10:90-100,192.0.2.10:3443",), (BIND,)),
    Row(
        {"backend_only": True}, ("backend web",), ("listen web", BIND, "option idle-close-on-response", "maxconn 40000")
    ),
]
PROTOCOL = [
    Row(
        {"protocol": "tcp"},
        ("mode tcp", "server one 192.0.2.1:8080 id 4 weight 100 check"),
        (
            "mode http",
            "option idle-close-on-response",
            "timeout tunnel 1h",
            "timeout http-request 5s",
            "option forwardfor",
            COOKIE.format(""),
            SERVER,
        ),
    ),
    Row(HTTP2, (TLS_BIND, COOKIE.format("secure ")), (BIND, COOKIE.format(""))),
    Row({"authority_id": 2}, (f"{TLS_BIND} ca-file tls/certificate-2.pem verify required",), (TLS_BIND,), HTTP2),
    Row(
        {"authority_id": 2, "verification": "optional"},
        (f"{TLS_BIND} ca-file tls/certificate-2.pem verify optional",),
        (TLS_BIND,),
        HTTP2,
    ),
    Row({"verification": "optional"}, base=HTTP2),
    Row({"authority_id": 2}),
    Row({"client_subject": "X-Client"}),
    Row({"certificate_id": 1}),
    Row({"certificate_id": 2}, base=HTTP2),  # another file in the list, see test_render.py
    Row({"pipeline": "http_keep_alive"}),
    Row({"pipeline": "http_close"}, ("option httpclose",)),
    Row({"pipeline": "http_server_close"}, ("option http-server-close",)),
    Row({"pipeline": "http_force_close"}, ("option httpclose",)),
    Row({"pretend_keepalive": True}, ("option http-pretend-keepalive",)),
    Row({"accept_invalid": True}, ("option accept-invalid-http-request",)),
    Row({"accept_invalid": True}, base={"backend_only": True}),
    Row({"request_timeout": False}, removed=("timeout http-request 5s",)),
    Row({"reuse": True}, ("http-reuse safe",)),
    *(
        Row(fields, base=TCP)
        for fields in (
            {"certificate_id": 1},
            {"pipeline": "http_close"},
            {"pretend_keepalive": True},
            {"accept_invalid": True},
            {"request_timeout": False},
            {"reuse": True},
        )
    ),
]
REAL_SERVER = [
    Row(server={"label": "two"}, added=(SERVER.replace("one", "two"),), removed=(SERVER,)),
    Row(server={"address": "2001:db8::2"}, added=(SERVER.replace("192.0.2.1", "[2001:db8::2]"),), removed=(SERVER,)),
    Row(server={"port": 81}, added=(SERVER.replace("8080", "81"),), removed=(SERVER,)),
    Row(
        server={"port": None},
        added=("server one 192.0.2.1 id 4 weight 100 cookie one check port 80",),
        removed=(SERVER,),
    ),
    Row(server={"weight": 0}, added=(SERVER.replace("100", "0"),), removed=(SERVER,)),
    Row(server={"encrypted": True}, added=(SERVER.replace("check", "ssl verify none check"),), removed=(SERVER,)),
    Row(
        server={"redirect_url": "https://x.example"},
        added=(SERVER.replace("check", "redir https://x.example check"),),
        removed=(SERVER,),
    ),
    Row(server={"redirect_url": "https://x.example"}, base=TCP),
    Row(server={"max_connections": 7}, added=(f"{SERVER} maxconn 7",), removed=(SERVER,)),
    Row(
        server={"min_connections": 3, "max_connections": 7},
        added=(f"{SERVER} maxconn 7 minconn 3",),
        removed=(SERVER,),
    ),
    Row(server={"min_connections": 3}),
]


@pytest.mark.parametrize("row", [*VIRTUAL_SERVICE, *PROTOCOL, *REAL_SERVER], ids=str)
def test_an_option_gives_exactly_its_lines(row: Row) -> None:
    check(row)


@pytest.mark.parametrize("mode", MODES)
def test_a_service_with_manual_configuration_is_left_out(mode: str) -> None:
    before = file(MODES[mode], {})
    assert file(MODES[mode] | {"manual": True}, {}) == before[: -len(own(before))]

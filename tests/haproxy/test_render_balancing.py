"""Rendering tables: the sections Connection Distribution Method, Persistence and Fallback Server."""

import pytest

from tests.haproxy.rendering import HTTP2, TCP, Row, check
from tests.haproxy.test_render_listening import COOKIE, FALLBACK, SERVER

PLAIN_COOKIE = COOKIE.format("")
PLAIN_SERVER = "server one 192.0.2.1:8080 id 4 weight 100 check"
ADDRESSES = "stick-table type ip size 10240 expire 30m peers lbadmin:peers"
BOTH_ADDRESSES = ADDRESSES.replace("type ip", "type ipv6")
SESSIONS = "stick-table type binary len 20 size 10240 expire 30m peers lbadmin:peers"
WITHOUT_COOKIE = (PLAIN_COOKIE, SERVER)
LAST = ("stick-table type integer size 10240 nopurge peers lbadmin:peers", "stick on int(1)")
TOLD = "var(txn.forwarded)"
READ = "http-request set-var(txn.forwarded) req.hdr_ip(X-Forwarded-For,{})"
SOURCE = {"persistence": "ip"}
APPLICATION = {"persistence": "appsession", "application_cookie": "APP"}

DISTRIBUTION = [Row({"balance": "roundrobin"}, ("balance roundrobin",), ("balance leastconn",))]
MODES_WEB = [
    Row({"persistence": "none"}, (PLAIN_SERVER,), WITHOUT_COOKIE),
    Row(SOURCE, (ADDRESSES, "stick on src", PLAIN_SERVER), WITHOUT_COOKIE),
    Row({"persistence": "http_ip"}, (ADDRESSES, "stick on src")),
    Row(
        APPLICATION,
        (SESSIONS, "stick store-response res.cook(APP),sha1", "stick on req.cook(APP),sha1", PLAIN_SERVER),
        WITHOUT_COOKIE,
    ),
    Row(
        {"persistence": "xff"},
        (
            READ.format(-1),
            BOTH_ADDRESSES,
            f"stick on {TOLD} if {{ {TOLD} -m found }}",
            f"stick on src unless {{ {TOLD} -m found }}",
            PLAIN_SERVER,
        ),
        WITHOUT_COOKIE,
    ),
    Row({"persistence": "fallback_persist"}, (*LAST, PLAIN_SERVER), WITHOUT_COOKIE),
    *(
        Row({"persistence": mode}, (PLAIN_SERVER,), WITHOUT_COOKIE)
        for mode in ("sslsesid", "rdp-session", "rdp-cookie")
    ),
]
RDP = ("tcp-request inspect-delay 5s", "tcp-request content accept if RDP_COOKIE")
MODES_TCP = [
    Row(SOURCE, (ADDRESSES, "stick on src"), base=TCP),
    Row({"persistence": "fallback_persist"}, LAST, base=TCP),
    Row({"persistence": "rdp-session"}, (*RDP, "persist rdp-cookie"), base=TCP),
    Row(
        {"persistence": "rdp-cookie"},
        (
            *RDP,
            "stick-table type string len 64 size 10240 expire 30m peers lbadmin:peers",
            "stick on req.rdp_cookie(mstshash)",
        ),
        base=TCP,
    ),
    Row(
        {"persistence": "sslsesid"},
        (
            "tcp-request inspect-delay 5s",
            "tcp-request content accept if { req.ssl_hello_type 1 }",
            "tcp-response inspect-delay 5s",
            "tcp-response content accept if { res.ssl_hello_type 2 }",
            "stick-table type binary len 32 size 10240 expire 30m peers lbadmin:peers",
            "stick on payload_lv(43,1) if { req.ssl_hello_type 1 }",
            "stick store-response payload_lv(43,1) if { res.ssl_hello_type 2 }",
        ),
        base=TCP,
    ),
    *(
        Row({"persistence": mode, "application_cookie": "APP"}, base=TCP)
        for mode in ("http", "http_ip", "xff", "appsession")
    ),
]
DETAILS = [
    Row({"cookie": "LB"}, (PLAIN_COOKIE.replace("SERVERID", "LB"),), (PLAIN_COOKIE,)),
    Row({"cookie": "LB"}, base=SOURCE),
    Row({"cookie_idle": "5m"}, (PLAIN_COOKIE.replace("maxidle 30m", "maxidle 5m"),), (PLAIN_COOKIE,)),
    Row({"cookie_life": "1h"}, (PLAIN_COOKIE.replace("maxlife 12h", "maxlife 1h"),), (PLAIN_COOKIE,)),
    Row({"application_cookie": "APP"}),
    Row({"persistence_timeout": "12h"}, (ADDRESSES.replace("30m", "12h"),), (ADDRESSES,), SOURCE),
    Row({"persistence_timeout": "12h"}),
    Row({"table_size": 77}, (ADDRESSES.replace("10240", "77"),), (ADDRESSES,), SOURCE),
    Row({"table_size": 77}),
    Row({"forwarded_position": 2}, (READ.format(2),), (READ.format(-1),), {"persistence": "xff"}),
    Row({"forwarded_position": 2}),
    Row({"clear_on_drain": True}, base=SOURCE),  # a command when a server is drained, see tests/traffic/test_drain.py
    Row({"redispatch": False}, ("no option redispatch",)),
    Row(
        {"address": "2001:db8::1"}, ("bind [2001:db8::1]:80", BOTH_ADDRESSES), ("bind 192.0.2.10:80", ADDRESSES), SOURCE
    ),
    Row(
        {"accept_proxy": True},
        ("bind 192.0.2.10:80 accept-proxy", BOTH_ADDRESSES),
        ("bind 192.0.2.10:80", ADDRESSES),
        SOURCE,
    ),
]
FALLBACK_SERVER = [
    Row({"fallback_address": ""}, removed=(FALLBACK,)),
    Row({"fallback_address": "192.0.2.9"}, ("server backup 192.0.2.9:9081 id 1 backup non-stick",), (FALLBACK,)),
    Row(
        {"fallback_address": "2001:db8::9", "fallback_port": 80},
        ("server backup [2001:db8::9]:80 id 1 backup non-stick",),
        (FALLBACK,),
    ),
    Row({"fallback_port": 80}, ("server backup 127.0.0.1:80 id 1 backup non-stick",), (FALLBACK,)),
    Row({"fallback_persistent": True}, ("server backup 127.0.0.1:9081 id 1 backup cookie backup",), (FALLBACK,)),
    Row({"fallback_persistent": True}, ("server backup 127.0.0.1:9081 id 1 backup",), (FALLBACK,), SOURCE),
    Row({"fallback_persistent": True}, ("server backup 127.0.0.1:9081 id 1 backup",), (FALLBACK,), TCP),
    Row({"fallback_encrypted": True}, (f"{FALLBACK} ssl verify none",), (FALLBACK,)),
    Row({"fallback_encrypted": True}, (f"{FALLBACK} ssl verify none",), (FALLBACK,), HTTP2),
]


@pytest.mark.parametrize("row", [*DISTRIBUTION, *MODES_WEB, *MODES_TCP, *DETAILS, *FALLBACK_SERVER], ids=str)
def test_an_option_gives_exactly_its_lines(row: Row) -> None:
    check(row)

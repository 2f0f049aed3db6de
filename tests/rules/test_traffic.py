"""Each kind of rule does to real requests what it says."""

import time
from collections.abc import Iterator

import pytest

from tests.rules.machine import ADDRESS, PORT, ask, ask_safely, running, service
from tests.rules.making import acl, header

HTTP2 = {"protocol": "http2", "certificate_id": 1}
SERVICES = [
    service(
        1,
        acl(1, "url_loc", "https://new.example/100%", ("path", "/location")),
        acl(2, "url_pre", "https://new.example", ("path_beg", "/prefix")),
        acl(3, "deny", "", ("path_end", ".secret"), ("path_sub", "/open/", "not")),
        acl(4, "tarpit", "", ("path", "/tarpit")),
        acl(5, "flag", "curl", ("header", "curl", "User-Agent")),
        acl(6, "deny", "", ("flag", "curl"), ("method", "POST PUT")),
        acl(7, "backend", "s2", ("path_reg", r"^/img/\d+$"), ("hdr_beg", "img.", "or")),
        acl(8, "use_server", "two", ("query", "server=two")),
        acl(9, "set_path", "/rewritten", ("path", "/img/7"), ("path", "/plain", "or")),
        acl(10, "deny", "", ("src_blk", "127.0.0.66 10.0.0.0/8")),
    ),
    service(2, header(20, "set", "X-Backend", "s2")),
    service(
        3,
        header(30, "add", "X-Add", "added"),
        header(31, "set", "X-Set", "%[src]"),
        header(32, "del", "X-Del"),
        header(33, "replace", "X-Replace", r"b\1", match="a(.*)"),
        header(34, "add", "X-Old", "added", "response"),
        header(35, "set", "X-Set", "set", "response"),
        header(36, "del", "Server", side="response"),
        header(37, "replace", "Date", "no date", "response", ".*"),
    ),
    service(4, acl(40, "use_server", "two", ("hdr_host", "two.example")), header(41, "set", "Host", "inner.example")),
    service(
        5,
        acl(50, "deny", "", ("src_blk", "127.0.0.66")),
        acl(51, "use_server", "two", ("sni", "two.example")),
        acl(52, "backend", "s6", ("sni", "six.example")),
        protocol="tcp",
    ),
    service(6, acl(60, "use_server", "two", ("src_blk", "127.0.0.0/8")), protocol="tcp"),
    service(7, acl(70, "use_server", "two", ("sni", "two.example")), **HTTP2),
    service(8, acl(80, "use_server", "two", ("src_blk", "127.0.0.0/8")), acl(81, "deny", "", ("sni", "no")), **HTTP2),
]


@pytest.fixture(scope="module", autouse=True)
def _traffic() -> Iterator[None]:
    with running(*SERVICES):
        yield


def test_redirect_location_is_the_whole_address() -> None:
    got = ask(1, "/location?a=1")
    assert (got.status, got.headers["location"]) == (302, "https://new.example/100%")


def test_redirect_prefix_keeps_what_was_asked_for() -> None:
    assert ask(1, "/prefix/a?b=c").headers["location"] == "https://new.example/prefix/a?b=c"


def test_deny_refuses_unless_the_other_condition_says_not() -> None:
    assert ask(1, "/a.secret").status == 403
    assert ask(1, "/open/a.secret").status == 200


def test_tarpit_refuses_after_a_wait() -> None:
    began = time.monotonic()
    assert ask(1, "/tarpit").status == 500
    assert time.monotonic() - began > 1


@pytest.mark.parametrize(
    ("agent", "method", "status"), [("curl/8", "POST", 403), ("curl/8", "GET", 200), ("x", "POST", 200)]
)
def test_a_flag_is_remembered_for_later_rules(agent: str, method: str, status: int) -> None:
    assert ask(1, "/", method, User_Agent=agent).status == status


def test_use_backend_passes_to_the_other_service_with_its_own_rules() -> None:
    for got in (ask(1, "/img/12"), ask(1, "/", Host="IMG.example")):
        assert got.sent("X-Backend") == ["s2"]
    assert ask(1, "/img/x").sent("X-Backend") == []


def test_use_server_chooses_one() -> None:
    assert {ask(1, "/?a=b&server=two").server for _ in range(4)} == {"two"}
    assert {ask(1, "/").server for _ in range(4)} == {"one", "two"}


def test_rewrite_path_keeps_the_query() -> None:
    assert ask(1, "/plain?a=1").asked["path"] == "/rewritten?a=1"


def test_a_rule_means_the_request_at_its_place() -> None:
    """Rule 7 chose the backend by the path that rule 9 then rewrote."""
    got = ask(1, "/img/7")
    assert (got.asked["path"], got.sent("X-Backend")) == ("/rewritten", ["s2"])


def test_a_header_rule_does_not_blind_a_rule_that_chooses_by_it() -> None:
    got = ask(4, "/", Host="two.example")
    assert (got.server, got.sent("Host")) == ("two", ["inner.example"])


def test_sources_are_kept_out() -> None:
    assert ask(1, "/", source="127.0.0.66").status == 403
    assert ask(1, "/", source="127.0.0.67").status == 200


def test_headers_on_the_way_to_the_server() -> None:
    got = ask(3, "/", X_Add="own", X_Set="own", X_Del="own", X_Replace="abc")
    assert got.sent("X-Add") == ["own", "added"]
    assert got.sent("X-Set") == ["127.0.0.1"]
    assert got.sent("X-Del") == []
    assert got.sent("X-Replace") == ["bbc"]


def test_headers_on_the_way_back() -> None:
    headers = ask(3, "/").headers
    assert (headers["x-old"], headers["x-set"], headers["date"]) == ("added", "set", "no date")
    assert "server" not in headers


def test_tcp_mode_keeps_sources_out() -> None:
    assert ask_safely(5, "one.example", source="127.0.0.66") is None
    assert ask_safely(5, "one.example") is not None


def server(pk: int, name: str) -> set[str]:
    return {got.server for _ in range(4) if (got := ask_safely(pk, name))}


def test_tcp_mode_chooses_by_the_name_in_the_handshake() -> None:
    assert server(5, "two.example") == {"two"}
    assert server(5, "other.example") == {"one", "two"}


def test_tcp_mode_passes_to_another_service() -> None:
    """s6 has its own rule, which always takes two."""
    assert server(5, "six.example") == {"two"}


def test_http_2_mode_knows_the_name_too() -> None:
    assert server(7, "two.example") == {"two"}
    assert server(7, "other.example") == {"one", "two"}
    assert server(8, "two.example") == {"two"}


def test_the_services_listen_where_they_should() -> None:
    assert {item.vip.address for item in SERVICES} == {ADDRESS}
    assert all(item.vip.ports == str(PORT + item.vip.pk) for item in SERVICES)

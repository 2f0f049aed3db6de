"""What HAProxy does to requests and answers: redirects, headers, compression, connections that are kept."""

import gzip

import pytest

from apps.services.models import RealServer
from tests.traffic.clients import Client, raw
from tests.traffic.conftest import Start, balanced
from tests.traffic.machines import TEXT, Farm


def received(sent: bytes) -> bytes:
    with raw(sent) as link:
        return b"".join(iter(lambda: link.recv(65536), b""))


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_force_to_https_keeps_name_and_path(code: int, start: Start) -> None:
    """No real servers are needed."""
    balanced(force_https=True, redirect_code=str(code))
    start()
    answer = Client().get("/a/b?c=d", Host="site.example")
    assert (answer.status, answer.headers["location"]) == (code, "https://site.example/a/b?c=d")


def test_a_real_server_with_redirect_url_sends_clients_there(start: Start, machines: Farm) -> None:
    service = balanced(machines["one"])
    RealServer.objects.filter(service=service).update(redirect_url="https://far.example/base")
    start()
    answer = Client().get("/a?b=c")
    assert (answer.status, answer.headers["location"]) == (302, "https://far.example/base/a?b=c")
    assert machines["one"].asked == []


@pytest.mark.parametrize("months", [3, 6, 24])
def test_hsts_tells_browsers_for_how_long(months: int, start: Start, machines: Farm) -> None:
    balanced(machines["one"], hsts=True, hsts_months=months)
    start()
    assert Client().get().headers["strict-transport-security"] == f"max-age={months * 2592000}"


def test_without_hsts_nothing_is_told(start: Start, machines: Farm) -> None:
    balanced(machines["one"])
    start()
    assert "strict-transport-security" not in Client().get().headers


@pytest.mark.parametrize("compression", [True, False])
def test_texts_are_compressed_for_browsers_that_can(compression: bool, start: Start, machines: Farm) -> None:
    machines["one"].says = TEXT
    balanced(machines["one"], compression=compression)
    start()
    answer = Client().get(Accept_Encoding="gzip")
    assert answer.headers.get("content-encoding") == ("gzip" if compression else None)
    if compression:
        assert gzip.decompress(bytes.fromhex(answer.body)).decode() == TEXT
    assert Client().get().body == TEXT


@pytest.mark.parametrize(("forward_for", "told"), [(True, "127.0.2.1"), (False, None)])
def test_real_servers_are_told_the_clients_address(
    forward_for: bool, told: str | None, start: Start, machines: Farm
) -> None:
    balanced(machines["one"], forward_for=forward_for)
    start()
    Client().get()
    assert machines["one"].asked[0].headers.get("x-forwarded-for") == told


@pytest.mark.parametrize(("name_header", "told"), [(True, "one"), (False, "site.example")])
def test_real_servers_get_their_own_name_as_host(name_header: bool, told: str, start: Start, machines: Farm) -> None:
    balanced(machines["one"], name_header=name_header)
    start()
    Client().get(Host="site.example")
    assert machines["one"].asked[0].headers["host"] == told


@pytest.mark.parametrize(("accept_invalid", "status"), [(True, b"200"), (False, b"400")])
def test_invalid_requests_pass_only_when_accepted(
    accept_invalid: bool, status: bytes, start: Start, machines: Farm
) -> None:
    balanced(machines["one"], accept_invalid=accept_invalid)
    start()
    said = received(b'GET /a"b<c> HTTP/1.1\r\nHost: x\r\nBad\x01Name: 1\r\nConnection: close\r\n\r\n')
    assert said.split()[1] == status


# Requests on one connection of a client: is it kept, and how many connections does the real server see?
PIPELINES = [
    ("http_keep_alive", True, 1),
    ("http_server_close", True, 3),
    ("http_close", False, 3),
    ("http_force_close", False, 3),
]


@pytest.mark.parametrize(("pipeline", "kept", "connections"), PIPELINES)
def test_pipeline_modes_keep_connections_or_close_them(
    pipeline: str, kept: bool, connections: int, start: Start, machines: Farm
) -> None:
    balanced(machines["one"], pipeline=pipeline, check_type="none")
    start()
    client = Client()
    link = client.connect()
    answers = [client.ask(link) for _ in range(3)]
    link.close()
    assert all((answer.headers.get("connection") != "close") == kept for answer in answers)
    assert len({asked.connection for asked in machines["one"].asked}) == connections


@pytest.mark.parametrize(("pretend", "told"), [(True, None), (False, "close")])
def test_real_servers_are_told_a_close_unless_it_is_worked_around(
    pretend: bool, told: str | None, start: Start, machines: Farm
) -> None:
    balanced(machines["one"], pipeline="http_server_close", pretend_keepalive=pretend)
    start()
    assert Client().who() == "one"
    assert machines["one"].asked[0].headers.get("connection") == told


@pytest.mark.parametrize(("reuse", "connections"), [(True, 1), (False, 2)])
def test_idle_connections_serve_other_clients_when_reused(
    reuse: bool, connections: int, start: Start, machines: Farm
) -> None:
    """A client's first request always gets a connection of its own, so two servers take turns."""
    balanced(machines["one"], machines["two"], reuse=reuse, check_type="none")
    start()
    for _ in range(2):
        client = Client()
        link = client.connect()
        assert [client.ask(link).body for _ in range(2)] == ["one", "two"]
        link.close()
    assert len({asked.connection for asked in machines["two"].asked}) == connections

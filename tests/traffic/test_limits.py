"""How long and how many: timeouts of requests, connections and tunnels, and connections at once."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from apps.services.models import Layer7, RealServer
from tests.traffic.clients import Client, clients, raw
from tests.traffic.conftest import Start, balanced
from tests.traffic.machines import Farm, Handler, Machine, farm
from tests.traffic.rdp import RemoteDesktop, dial, received


def time_until_cut(link: socket.socket, most: float) -> float:
    """How long it takes until the other side ends the connection; `most` when it does not."""
    link.settimeout(most)
    began = time.monotonic()
    try:
        while link.recv(65536):
            continue
    except TimeoutError:
        return most
    except ConnectionResetError:
        pass
    return time.monotonic() - began


def test_a_client_that_sends_its_headers_too_slowly_is_cut(start: Start, machines: Farm) -> None:
    balanced(machines["one"])
    balanced(machines["one"], label="patient", ports="18481", request_timeout=False)
    start()
    unfinished = b"GET / HTTP/1.1\r\nHost: x\r\nA: "
    with raw(unfinished) as link, raw(unfinished, ("127.0.0.9", 18481)) as other:
        assert 4.5 < time_until_cut(link, 9) < 9
        assert time_until_cut(other, 0.2) == 0.2


@pytest.fixture
def upgrading() -> Any:
    """Answers 101 and then says nothing more."""

    class WebSocket(Handler):
        def do_GET(self) -> None:
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.send_header("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            self.end_headers()
            self.rfile.read()

    class Tunnel(Machine):
        handler = WebSocket

    with farm("one", kind=Tunnel) as made:
        yield made


UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def test_a_silent_websocket_is_closed_after_its_own_timeout(start: Start, upgrading: Farm) -> None:
    """Shorter or longer than the timeouts of client and server, which count until it is a tunnel."""
    timeout = {"timeout": True, "client_timeout": "500ms", "server_timeout": "500ms"}
    balanced(upgrading["one"], **timeout, tunnel_timeout="1s")
    balanced(upgrading["one"], label="default", ports="18481", **timeout)
    start()
    with raw(UPGRADE) as link, raw(UPGRADE, ("127.0.0.9", 18481)) as other:
        assert b" 101 " in link.recv(1000)
        assert b" 101 " in other.recv(1000)
        assert 0.8 < time_until_cut(link, 4) < 4
        assert time_until_cut(other, 0.2) == 0.2


class TestTimeout:
    @pytest.mark.parametrize("protocol", ["http", "tcp"])
    def test_a_silent_client_is_cut_after_client_timeout(self, protocol: str, start: Start, machines: Farm) -> None:
        timeout = {"timeout": True, "client_timeout": "400ms", "server_timeout": "9s"}
        balanced(machines["one"], protocol=protocol, **timeout, request_timeout=False)
        start()
        with raw(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") as link:
            assert 0.3 < time_until_cut(link, 4) < 4

    @pytest.mark.parametrize("protocol", ["http", "tcp"])
    def test_a_silent_real_server_is_cut_after_its_timeout(self, protocol: str, start: Start, machines: Farm) -> None:
        machines["one"].delay = 3
        balanced(machines["one"], protocol=protocol, timeout=True, client_timeout="9s", server_timeout="400ms")
        start()
        began = time.monotonic()
        with raw(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") as link:
            said = link.recv(100)
        assert 0.3 < time.monotonic() - began < 2.9
        assert said.startswith(b"HTTP/1.1 504" if protocol == "http" else b"")

    @pytest.mark.parametrize("protocol", ["http", "tcp"])
    def test_without_it_the_global_ones_count(self, protocol: str, start: Start, machines: Farm) -> None:
        Layer7(pk=1, client_timeout="400ms", server_timeout="9s").save()
        balanced(machines["one"], protocol=protocol, client_timeout="9s", request_timeout=False)
        start()
        with raw(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") as link:
            assert 0.3 < time_until_cut(link, 4) < 4


class TestMaximumConnections:
    def test_more_clients_wait_until_one_leaves(self, start: Start) -> None:
        with farm("one", kind=RemoteDesktop) as machines:
            balanced(machines["one"], protocol="tcp", max_connections=1, check_type="none")
            start()
            first = dial(b"")
            assert received(first) == b"one"
            with dial(b"") as second:
                second.settimeout(0.3)
                with pytest.raises(TimeoutError):
                    second.recv(1)
                first.close()
                second.settimeout(5)
                assert received(second) == b"one"

    @pytest.mark.parametrize(("least", "most", "at_once"), [(0, 0, 6), (0, 2, 2), (1, 5, 1), (3, 5, 3)])
    def test_a_real_server_gets_so_many_at_once(
        self, least: int, most: int, at_once: int, start: Start, machines: Farm
    ) -> None:
        """All are answered in the end. A quiet service keeps to Minimum Connections."""
        machines["one"].delay = 0.3
        service = balanced(machines["one"], check_type="none")
        RealServer.objects.filter(service=service).update(min_connections=least, max_connections=most)
        start()
        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(Client.who, clients(6))) == ["one"] * 6
        assert machines["one"].most_at_once == at_once

    def test_who_waits_longer_than_the_connection_timeout_is_refused(self, start: Start, machines: Farm) -> None:
        Layer7(pk=1, connect_timeout="300ms").save()
        machines["one"].delay = 1
        service = balanced(machines["one"], check_type="none")
        RealServer.objects.filter(service=service).update(max_connections=1)
        start()
        with ThreadPoolExecutor(2) as pool:
            statuses = sorted(answer.status for answer in pool.map(Client.get, clients(2)))
        assert statuses == [200, 503]

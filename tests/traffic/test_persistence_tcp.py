"""Each way of keeping clients whose traffic HAProxy passes through: TLS sessions, remote desktops, addresses."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.traffic.clients import PORT, VIP, clients
from tests.traffic.conftest import Start, balanced
from tests.traffic.machines import Farm, farm
from tests.traffic.rdp import RemoteDesktop, cookie, desktop, token
from tests.traffic.tls import Browser, server_context

NAMES = ["one", "two", "three"]


@pytest.fixture
def secure(pem: Path) -> Iterator[Farm]:
    """Real servers that end TLS themselves, each with sessions of its own."""

    with farm(*NAMES, context=lambda: server_context(pem)) as made:
        yield made


@pytest.fixture
def desktops() -> Iterator[Farm]:
    with farm(*NAMES, kind=RemoteDesktop) as made:
        yield made


def user(name: str) -> bytes:
    return cookie("mstshash", name)


class TestSessionId:
    """The servers know nothing of each other's sessions: one is only resumed where it began."""

    def test_a_session_is_resumed_on_its_server(self, start: Start, secure: Farm) -> None:
        balanced(*secure.running.values(), protocol="tcp", persistence="sslsesid")
        start()
        people = [Browser() for _ in range(6)]
        first = [person.visit() for person in people]
        assert sorted(first) == sorted([(name, False) for name in NAMES] * 2)
        again = [person.visit() for person in people[::-1]][::-1]
        assert again == [(name, True) for name, _ in first]

    def test_new_clients_are_not_taken_for_one(self, start: Start, secure: Farm) -> None:
        """They all say an empty session id, and with tickets servers answer with one."""
        balanced(*secure.running.values(), protocol="tcp", persistence="sslsesid")
        start()
        assert sorted(Browser(tickets=True).visit()[0] for _ in range(6)) == sorted(NAMES * 2)

    def test_a_session_moves_when_its_server_fails(self, start: Start, secure: Farm) -> None:
        balanced(*secure.running.values(), protocol="tcp", persistence="sslsesid")
        appliance = start()
        person = Browser()
        name, _ = person.visit()
        secure.fail(name)
        appliance.wait_for(name, "DOWN")
        other, resumed = person.visit()
        assert (other != name, resumed) == (True, False)
        assert person.visit() == (other, True)
        secure.begin(name)
        appliance.wait_for(name, "UP")
        assert person.visit() == (other, True)

    def test_tls_1_3_works_but_names_no_session(self, start: Start, secure: Farm) -> None:
        """Its session id is a new random one each time: such clients need another Persistence Mode."""
        balanced(*secure.running.values(), protocol="tcp", persistence="sslsesid")
        start()
        person = Browser(version=ssl.TLSVersion.TLSv1_3)
        assert sorted(person.visit()[0] for _ in range(3)) == sorted(NAMES)

    def test_traffic_without_tls_passes(self, start: Start, desktops: Farm) -> None:
        balanced(*desktops.running.values(), protocol="tcp", persistence="sslsesid")
        start()
        assert sorted(desktop(user("anna")) for _ in range(3)) == sorted(NAMES)


class TestBroker:
    def test_the_token_leads_to_its_server(self, start: Start, desktops: Farm) -> None:
        balanced(*desktops.running.values(), protocol="tcp", persistence="rdp-session")
        start()
        for name, machine in desktops.running.items():
            assert {desktop(token(machine.address, machine.port)) for _ in range(3)} == {name}

    def test_who_has_no_token_gets_the_next_server(self, start: Start, desktops: Farm) -> None:
        balanced(*desktops.running.values(), protocol="tcp", persistence="rdp-session")
        start()
        told = [b"", user("anna"), token("192.0.2.77", 3389)]
        for words in told:
            assert sorted(desktop(words) for _ in range(3)) == sorted(NAMES)

    def test_a_token_of_a_server_that_failed_leads_to_another(self, start: Start, desktops: Farm) -> None:
        machine = desktops["two"]
        balanced(*desktops.running.values(), protocol="tcp", persistence="rdp-session")
        appliance = start()
        desktops.fail("two")
        appliance.wait_for("two", "DOWN")
        assert desktop(token(machine.address, machine.port)) in {"one", "three"}
        desktops.begin("two")
        appliance.wait_for("two", "UP")
        assert desktop(token(machine.address, machine.port)) == "two"


class TestClientCookie:
    def test_a_user_stays_from_wherever(self, start: Start, desktops: Farm) -> None:
        balanced(*desktops.running.values(), protocol="tcp", persistence="rdp-cookie")
        start()
        users = ["anna", "bert", "cleo"]
        first = [desktop(user(name)) for name in users]
        assert sorted(first) == sorted(NAMES)
        assert [desktop(user(name), "127.0.2.9") for name in users[::-1]] == first[::-1]

    def test_clients_without_a_name_take_turns(self, start: Start, desktops: Farm) -> None:
        balanced(*desktops.running.values(), protocol="tcp", persistence="rdp-cookie")
        appliance = start()
        assert sorted(desktop(b"") for _ in range(3)) == sorted(NAMES)
        assert appliance.table() == []


PLACES: dict[str, Callable[[str, tuple[str, int]], str]] = {
    "ip": lambda address, to: desktop(b"", address, to),
    "rdp-cookie": lambda address, to: desktop(user(address[-1]), to=to),
}


def test_clients_stay_over_reloads_and_move_when_their_server_fails(start: Start, desktops: Farm) -> None:
    for number, mode in enumerate(PLACES):
        place = {"label": mode, "ports": str(PORT + number)}
        balanced(*desktops.running.values(), **place, protocol="tcp", persistence=mode)
    appliance = start()
    appliance.settle()

    def seen() -> list[str]:
        people = [
            (visit, client.address, (VIP, PORT + n)) for n, visit in enumerate(PLACES.values()) for client in clients(3)
        ]
        return [visit(address, to) for visit, address, to in people[::-1]][::-1]

    first = seen()
    assert sorted(first) == sorted(NAMES * 2)
    appliance.reload()
    assert seen() == first
    desktops.fail("one")
    for mode in PLACES:
        appliance.wait_for("one", "DOWN", mode)
    moved = seen()
    assert "one" not in moved
    desktops.begin("one")
    for mode in PLACES:
        appliance.wait_for("one", "UP", mode)
    assert seen() == moved

"""Each way of keeping web clients on their real server: a reload, a server that fails, and one that comes back."""

import subprocess
from collections.abc import Callable

import pytest

from tests.traffic.clients import PORT, VIP, Client, clients, until
from tests.traffic.conftest import Start, balanced
from tests.traffic.machines import Farm, farm

NAMES = ["one", "two", "three"]
Visit = Callable[[Client], str]


def plainly(client: Client) -> str:
    return client.who()


def behind_a_proxy(client: Client) -> str:
    """All arrive from one address; the header tells them apart."""
    return Client(to=client.to).who(X_Forwarded_For=f"192.0.2.1, {client.address}")


def with_a_session(client: Client) -> str:
    """The application knows its session by a cookie of its own."""
    return Client(to=client.to, cookies={"APP": f"session-of-{client.address}"}).who()


def without_cookies(client: Client) -> str:
    return Client(client.address, client.to).who()


KEPT: list[tuple[str, Visit]] = [
    ("http", plainly),
    ("appsession", with_a_session),
    ("ip", plainly),
    ("http_ip", plainly),
    ("http_ip", without_cookies),
    ("xff", plainly),
    ("xff", behind_a_proxy),
]


def test_clients_stay_over_reloads_and_move_when_their_server_fails(start: Start, machines: Farm) -> None:
    """All services in one HAProxy: only some seconds after a start does it teach the next process its tables."""
    for number, (mode, _) in enumerate(KEPT):
        place = {"label": f"web{number}", "ports": str(PORT + number)}
        balanced(*machines.running.values(), **place, persistence=mode, application_cookie="APP")
    appliance = start()
    appliance.settle()
    people = [[Client(person.address, (VIP, PORT + number)) for person in clients(6)] for number in range(len(KEPT))]

    def seen() -> dict[str, list[str]]:
        """The last client comes first, so that taking turns would show."""
        visits = zip(KEPT, people, strict=True)
        return {f"{mode} {visit.__name__}": [visit(c) for c in own[::-1]][::-1] for (mode, visit), own in visits}

    first = seen()
    assert {key: sorted(names) for key, names in first.items()} == dict.fromkeys(first, sorted(NAMES * 2))
    assert seen() == first
    appliance.reload()
    appliance.reload()
    assert seen() == first
    machines.fail("one")
    for number in range(len(KEPT)):
        appliance.wait_for("one", "DOWN", f"web{number}")
    moved = seen()
    for key, names in first.items():
        pairs = list(zip(names, moved[key], strict=True))
        assert [now for before, now in pairs if before != "one"] == [before for before, _ in pairs if before != "one"]
        assert "one" not in moved[key]
    machines.begin("one")
    for number in range(len(KEPT)):
        appliance.wait_for("one", "UP", f"web{number}")
    assert seen() == moved


def test_without_persistence_clients_take_turns(start: Start, machines: Farm) -> None:
    balanced(*machines.running.values())
    start()
    assert sorted(Client().who() for _ in range(6)) == sorted(NAMES * 2)


def test_last_successful_keeps_everybody_on_one_server_until_it_fails(start: Start, machines: Farm) -> None:
    balanced(*machines.running.values(), persistence="fallback_persist")
    appliance = start()
    appliance.settle()
    first = {person.who() for person in clients(6)}
    assert len(first) == 1
    appliance.reload()
    assert {person.who() for person in clients(6)} == first
    (name,) = first
    machines.fail(name)
    appliance.wait_for(name, "DOWN")
    second = {person.who() for person in clients(6)}
    assert len(second) == 1
    assert second != first
    machines.begin(name)
    appliance.wait_for(name, "UP")
    assert {person.who() for person in clients(6)} == second
    appliance.reload()
    assert {person.who() for person in clients(6)} == second


def test_the_fallback_server_is_no_last_success(start: Start, machines: Farm) -> None:
    fallback = machines.add("fallback")
    balanced(
        machines["one"],
        persistence="fallback_persist",
        fallback_address=fallback.address,
        fallback_port=fallback.port,
    )
    appliance = start()
    machines.fail("one")
    appliance.wait_for("one", "DOWN")
    assert Client().who() == "fallback"
    machines.begin("one")
    appliance.wait_for("one", "UP")
    assert Client().who() == "one"


class TestApplicationCookie:
    def test_a_session_that_the_answer_begins_stays(self, start: Start, machines: Farm) -> None:
        for name, machine in machines.running.items():
            machine.headers = {"Set-Cookie": f"JSESSIONID={name}-{'x' * 80}"}
        balanced(*machines.running.values(), persistence="appsession", application_cookie="JSESSIONID")
        start()
        people = clients(6)
        first = [person.who() for person in people]
        assert [person.who() for person in reversed(people)][::-1] == first

    def test_long_cookies_that_begin_alike_are_told_apart(self, start: Start, machines: Farm) -> None:
        balanced(*machines.running.values(), persistence="appsession", application_cookie="APP")
        start()
        people = [Client(cookies={"APP": f"{'x' * 200}{number}"}) for number in range(3)]
        assert sorted(person.who() for person in people) == sorted(NAMES)

    def test_other_cookies_do_not_count(self, start: Start, machines: Farm) -> None:
        balanced(*machines.running.values(), persistence="appsession", application_cookie="APP")
        appliance = start()
        assert sorted(Client(cookies={"OTHER": "1"}).who() for _ in range(3)) == sorted(NAMES)
        assert appliance.table() == []


class TestForwardedFor:
    @pytest.mark.parametrize(
        ("position", "told"),
        [
            (-1, "198.51.100.1, {}"),
            (1, "{}, 198.51.100.1"),
            (-2, "{}, 198.51.100.1"),
            (2, "198.51.100.1, {}, 10.0.0.1"),
        ],
    )
    @pytest.mark.parametrize("forward_for", [True, False])
    def test_the_address_at_the_position_counts(
        self, position: int, told: str, forward_for: bool, start: Start, machines: Farm
    ) -> None:
        balanced(*machines.running.values(), persistence="xff", forwarded_position=position, forward_for=forward_for)
        start()
        addresses = ["192.0.2.1", "192.0.2.2", "2001:db8::7"]
        first = [Client().who(X_Forwarded_For=told.format(address)) for address in addresses]
        assert sorted(first) == sorted(NAMES)
        assert [Client().who(X_Forwarded_For=told.format(address)) for address in addresses] == first

    def test_what_is_no_address_leaves_the_source(self, start: Start, machines: Farm) -> None:
        balanced(*machines.running.values(), persistence="xff")
        start()
        first = Client().who(X_Forwarded_For="unknown")
        assert {Client().who(X_Forwarded_For=text) for text in ("unknown", "<script>", "")} == {first}


@pytest.fixture
def addresses() -> None:
    for number in range(1, 8):
        subprocess.run(["ip", "addr", "replace", f"fd00::{number}/128", "dev", "lo"], check=True)


@pytest.mark.usefixtures("addresses")
@pytest.mark.parametrize("mode", ["ip", "xff", "http_ip"])
def test_clients_with_ipv6_stay_too(mode: str, start: Start) -> None:
    with farm() as machines:
        balanced(machines.add("one", "fd00::6"), machines.add("two", "fd00::7"), address="fd00::1", persistence=mode)
        appliance = start()
        people = [Client(f"fd00::{number}", to=("fd00::1", PORT)) for number in (2, 3)]
        first = [person.who() for person in people]
        assert sorted(first) == ["one", "two"]
        assert [without_cookies(person) for person in people[::-1]] == first[::-1]
        assert len(appliance.table()) == 2


class TestStickTable:
    def test_a_client_that_stays_away_too_long_is_forgotten(self, start: Start, machines: Farm) -> None:
        balanced(*machines.running.values(), persistence="ip", persistence_timeout="1s")
        appliance = start()
        first = Client().who()
        assert {Client().who() for _ in range(3)} == {first}
        until(lambda: not appliance.table())
        assert Client().who() != first

    def test_the_oldest_makes_room_for_the_next(self, start: Start, machines: Farm) -> None:
        balanced(*machines.running.values(), persistence="ip", table_size=10)
        appliance = start()
        for person in clients(30):
            person.who()
        kept = appliance.table()
        assert len(kept) <= 10
        assert any("key=127.0.2.30 " in entry for entry in kept)
        assert not any("key=127.0.2.1 " in entry for entry in kept)


class TestRedispatch:
    """A server that is not there although no check told so."""

    @pytest.mark.parametrize(("redispatch", "status"), [(True, 200), (False, 503)])
    def test_a_client_gets_another_server_unless_told_otherwise(
        self, redispatch: bool, status: int, start: Start, machines: Farm
    ) -> None:
        balanced(machines["one"], machines["two"], persistence="http", redispatch=redispatch, check_type="none")
        start()
        person = Client()
        machines.fail(person.who())
        assert person.get().status == status

"""Drain and Halt with clients that are known already, with and without Clear Stick Table on Drain."""

from collections.abc import Iterator

import pytest

from apps.changes import states
from apps.changes.tasks import apply_server_states, reconcile
from apps.haproxy.tables import clearing
from apps.overview import actions
from apps.services.models import RealServer, State, VirtualService
from lbadmin.celery import app
from tests.traffic.clients import CLIENT, Client, clients
from tests.traffic.conftest import Start, balanced
from tests.traffic.machines import Farm, farm
from tests.traffic.rdp import REQUEST, RemoteDesktop, desktop, dial, packet, received


@pytest.fixture(autouse=True)
def worker() -> Iterator[None]:
    """Tasks are done where they are asked for."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


def set_state(name: str, state: State) -> None:
    """As the button does it."""
    actions.set_state(list(RealServer.objects.filter(label=name)), state)


@pytest.mark.parametrize("mode", ["ip", "http"])
def test_without_the_option_known_clients_stay_and_new_ones_go_elsewhere(
    mode: str, start: Start, machines: Farm
) -> None:
    balanced(machines["one"], machines["two"], persistence=mode)
    start()
    known = Client()
    name = known.who()
    set_state(name, State.DRAIN)
    assert {known.who() for _ in range(3)} == {name}
    assert name not in {person.who() for person in clients(5) if person.address != CLIENT}


@pytest.mark.parametrize("state", [State.DRAIN, State.HALT])
@pytest.mark.parametrize("mode", ["ip", "xff", "fallback_persist"])
def test_with_it_they_move_with_their_next_connection_and_stay_there(
    mode: str, state: State, start: Start, machines: Farm
) -> None:
    balanced(machines["one"], machines["two"], persistence=mode, clear_on_drain=True)
    appliance = start()
    known = Client()
    name = known.who()
    set_state(name, state)
    assert appliance.table() == []
    moved = {known.who() for _ in range(3)}
    assert moved == {"one", "two"} - {name}
    set_state(name, State.ONLINE)
    assert {known.who() for _ in range(3)} == moved


def test_who_did_not_come_during_a_halt_is_forgotten_too(start: Start, machines: Farm) -> None:
    """Otherwise the entry would wait for the server and bring the client back."""
    balanced(machines["one"], machines["two"], persistence="ip", clear_on_drain=True)
    appliance = start()
    name = Client().who()
    set_state(name, State.HALT)
    set_state(name, State.ONLINE)
    assert appliance.table() == []


def test_an_open_connection_stays_during_drain_and_is_cut_by_halt(start: Start) -> None:
    with farm("one", "two", kind=RemoteDesktop) as machines:
        balanced(machines["one"], machines["two"], protocol="tcp", persistence="ip", clear_on_drain=True)
        start()
        with dial(b"") as link:
            name = received(link)
            set_state(name.decode(), State.DRAIN)
            assert desktop(b"") != name.decode()
            link.sendall(packet(REQUEST, b"more"))
            assert received(link) == name
            set_state(name.decode(), State.HALT)
            assert received(link) == b""


def test_clients_of_other_servers_and_services_stay(start: Start, machines: Farm) -> None:
    balanced(machines["one"], machines["two"], persistence="ip", clear_on_drain=True)
    balanced(machines["one"], machines["two"], label="other", ports="18481", persistence="ip")
    appliance = start()
    people = [*clients(4), Client(to=("127.0.0.9", 18481))]
    first = [person.who() for person in people]
    assert sorted(first[:4]) == ["one", "one", "two", "two"]
    set_state("one", State.DRAIN)
    assert len(appliance.table()) == 2
    assert [person.who() for person in people] == ["two"] * 4 + first[4:]


def test_a_server_that_is_drained_in_the_middle_of_a_reload_is_forgotten_as_well(start: Start, machines: Farm) -> None:
    """The new process begins drained by the state file, so it needs no telling, but was taught the entries."""
    balanced(machines["one"], machines["two"], persistence="ip", clear_on_drain=True)
    balanced(machines["one"], machines["two"], label="other", ports="18481", persistence="ip")
    appliance = start()
    appliance.settle()
    person, other = Client(), Client(to=("127.0.0.9", 18481))
    name = person.who()
    assert other.who() == name
    RealServer.objects.filter(label=name).update(state=State.DRAIN)
    appliance.reload()
    apply_server_states()
    assert appliance.table() == []
    appliance.reload()
    assert appliance.table() == []
    assert person.who() != name
    assert {other.who() for _ in range(3)} == {name}  # known, in a service without the option


def test_what_a_slow_answer_brings_back_is_cleared_within_a_minute(start: Start, machines: Farm) -> None:
    balanced(machines["one"], machines["two"], persistence="ip", clear_on_drain=True)
    appliance = start()
    name = Client().who()
    set_state(name, State.DRAIN)
    pk = RealServer.objects.get(label=name).pk
    appliance.ask(f"set table web key 127.0.2.1 data.server_id {pk + 1}")
    assert Client().who() == name
    reconcile()
    assert Client().who() != name


@pytest.mark.parametrize("fields", [{"persistence": "http"}, {"persistence": "appsession", "protocol": "tcp"}])
def test_a_service_without_a_table_has_nothing_to_clear(fields: dict[str, str], start: Start, machines: Farm) -> None:
    balanced(machines["one"], machines["two"], clear_on_drain=True, **fields)
    appliance = start()
    set_state("one", State.DRAIN)
    assert appliance.status("one") == "DRAIN"


def test_a_service_that_does_not_run_yet_has_nothing_to_clear(start: Start, machines: Farm) -> None:
    balanced(machines["one"], machines["two"], persistence="ip")
    start()
    Client().who()
    balanced(machines["three"], label="new", ports="18482", persistence="ip", clear_on_drain=True)
    set_state("three", State.DRAIN)
    VirtualService.objects.filter(label="web").update(label="renamed", clear_on_drain=True)
    set_state("one", State.DRAIN)


@pytest.mark.django_db
def test_nothing_is_asked_while_haproxy_does_not_run(start: Start, machines: Farm) -> None:
    balanced(machines["one"], persistence="ip", clear_on_drain=True)
    RealServer.objects.update(state=State.DRAIN)
    assert states.tell() is False


def test_only_tables_with_entries_are_cleared() -> None:
    answer = "# table: web, type: ip, size:10240, used:2\n# table: x.web, type: ip, size:10240, used:0\n"
    servers = [("web", 3), ("x.web", 3), ("new", 3)]
    assert clearing(answer, servers) == ["clear table web data.server_id eq 4"]

"""The server-state file and the commands that make HAProxy's administrative states the model's."""

import pytest

from apps.haproxy.config import Service
from apps.haproxy.states import COLUMNS, administrative, away, commands, foreign, state_file
from apps.services.models import RealServer, VirtualService

MANUAL = """
listen A
    bind 192.0.2.10:80
    server s2 127.0.0.1:18002 check
    server s3 db.example:5432
    server s4 unix@/run/x.sock
global
    server s9 127.0.0.1:1
"""
HEAD = "1\n# " + " ".join(COLUMNS) + "\n"


def service(state: str = "online", **fields: object) -> tuple[Service, ...]:
    vip = VirtualService(pk=7, label="A", address="192.0.2.10", ports="80")
    server = {"pk": 2, "label": "s2", "address": "127.0.0.1", "port": 18002, "weight": 60, "state": state} | fields
    return (Service(vip, (RealServer(**server),)),)


def row(admin: int, *, op: int = 0, weight: int = 50, address: str = "127.0.0.1", name: str = "s2") -> str:
    return f"1000007 A 3 {name} {address} {op} {admin} {weight} {weight} 23 8 2 0 6 0 1 1 - 18002 - 0 0 - - 0"


@pytest.mark.parametrize(("state", "admin"), [("online", 0), ("drain", 8), ("halt", 1)])
def test_health_is_kept_and_the_rest_is_the_models(state: str, admin: int) -> None:
    written = state_file(HEAD + row(8) + "\n", service(state))
    assert written == HEAD + row(admin, weight=60) + "\n"


@pytest.mark.parametrize("runs", [1, 9, 41])
@pytest.mark.parametrize(("state", "op"), [("online", 2), ("drain", 2), ("halt", 0)])
def test_a_server_that_is_halted_no_more_is_up(state: str, op: int, runs: int) -> None:
    """Being halted made it go down. Without checks nothing would ever bring it up again."""
    columns = state_file(HEAD + row(runs) + "\n", service(state)).splitlines()[-1].split()
    assert columns[COLUMNS.index("srv_op_state")] == str(op)


def test_a_new_server_that_is_online_gets_no_line() -> None:
    assert state_file("", service()) == HEAD


@pytest.mark.parametrize(("state", "admin"), [("drain", "8"), ("halt", "1")])
def test_a_new_server_starts_drained_or_halted(state: str, admin: str) -> None:
    columns = dict(zip(COLUMNS, state_file("", service(state)).splitlines()[-1].split(), strict=True))
    assert (columns["be_name"], columns["srv_name"], columns["srv_admin_state"]) == ("A", "s2", admin)


@pytest.mark.parametrize("old", [row(0, address="127.0.0.9"), row(0, name="other"), "garbage", ""])
def test_health_of_another_server_is_not_taken_over(old: str) -> None:
    assert state_file(HEAD + old + "\n", service()) == HEAD


@pytest.mark.parametrize(
    ("runs", "state", "expected"),
    [
        (0, "online", []),
        (8, "online", ["set server A/s2 state ready"]),
        (1, "online", ["set server A/s2 state ready"]),
        (0, "drain", ["set server A/s2 state drain"]),
        (8, "drain", []),
        (40, "drain", []),  # 0x20 is inherited from somewhere else, 0x08 is ours
        (0, "halt", ["set server A/s2 state maint", "shutdown sessions server A/s2"]),
        (8, "halt", ["set server A/s2 state maint", "shutdown sessions server A/s2"]),
        (1, "halt", []),
    ],
)
def test_commands_say_only_what_differs(runs: int, state: str, expected: list[str]) -> None:
    assert commands(administrative(HEAD + row(runs)), {2: state}) == expected


@pytest.mark.parametrize(
    ("runs", "expected"), [(0, {}), (1, {2: "halt"}), (8, {2: "drain"}), (40, {2: "drain"}), (32, {})]
)
def test_away_are_those_that_somebody_drained_or_halted(runs: int, expected: dict[int, str]) -> None:
    assert away(administrative(HEAD + row(runs) + "\n" + low(runs))) == expected


def test_a_server_that_haproxy_does_not_run_yet_is_left_alone() -> None:
    assert commands(administrative(HEAD), {2: "halt"}) == []


def test_a_server_that_was_deleted_but_runs_until_the_commit_is_left_alone() -> None:
    assert commands(administrative(HEAD + row(8)), {3: "online"}) == []


# --- real servers that are names -----------------------------------------------------------------


def named_row(admin: int, fqdn: str = "db.example", address: str = "127.0.0.1") -> str:
    return f"1000007 A 3 s2 {address} 2 {admin} 60 60 23 8 2 0 6 0 1 1 {fqdn} 18002 - 0 0 - - 0"


def test_a_name_keeps_the_address_that_it_was_resolved_to() -> None:
    written = state_file(HEAD + named_row(0), service(address="db.example"))
    assert written == HEAD + named_row(0) + "\n"


def test_another_name_is_another_server() -> None:
    assert state_file(HEAD + named_row(0, "other.example"), service(address="db.example")) == HEAD


def test_a_new_name_that_is_drained_has_no_address_yet() -> None:
    columns = dict(zip(COLUMNS, state_file("", service("drain", address="db.example")).split()[-25:], strict=True))
    assert (columns["srv_addr"], columns["srv_fqdn"]) == ("-", "db.example")


# --- sections that the administrator wrote --------------------------------------------------------


def by_hand(state: str, label: str = "s2") -> tuple[Service, ...]:
    (found,) = service(state, label=label)
    found.vip.manual = True
    return (found,)


def low(admin: int, name: str = "s2", port: int = 18002) -> str:
    """HAProxy numbers such a section, and its servers, by itself: as if it were service 2."""
    return f"2 A 1 {name} 127.0.0.1 2 {admin} 30 30 23 8 2 0 6 0 0 0 - {port} - 0 0 - - 0"


def test_a_server_by_hand_is_found_by_its_names_and_keeps_its_weight() -> None:
    assert state_file(HEAD + low(0), by_hand("drain"), MANUAL) == HEAD + low(8) + "\n"


def test_a_port_that_the_new_text_changes_is_the_texts() -> None:
    assert state_file(HEAD + low(0, port=9), by_hand("online"), MANUAL) == HEAD
    columns = dict(zip(COLUMNS, state_file(HEAD + low(0, port=9), by_hand("drain"), MANUAL).split()[-25:], strict=True))
    assert (columns["srv_addr"], columns["srv_port"], columns["srv_admin_state"]) == ("127.0.0.1", "18002", "8")


@pytest.mark.parametrize("label", ["s4", "s9", "nobody"])
def test_a_server_whose_place_is_not_told_plainly_gets_no_line(label: str) -> None:
    assert state_file(HEAD + low(0, label), by_hand("drain", label), MANUAL) == HEAD


def test_commands_find_it_by_its_names_and_take_it_for_nobody_else() -> None:
    rows = administrative(HEAD + low(0))
    assert commands(rows, {0: "halt"}, {("A", "s2"): "drain"}) == ["set server A/s2 state drain"]
    assert commands(rows, {0: "halt"}) == []
    assert foreign(administrative(HEAD + low(0) + "\n" + row(0))) == {"A"}

"""The server-state file and the commands that make HAProxy's administrative states the model's."""

import pytest

from apps.haproxy.config import Service
from apps.haproxy.states import COLUMNS, commands, state_file
from apps.services.models import RealServer, VirtualService

HEAD = "1\n# " + " ".join(COLUMNS) + "\n"


def service(state: str = "online", **fields: object) -> tuple[Service, ...]:
    vip = VirtualService(pk=7, label="A", address="192.0.2.10", ports="80")
    server = {"pk": 2, "label": "s2", "address": "127.0.0.1", "port": 18002, "weight": 60, "state": state} | fields
    return (Service(vip, (RealServer(**server),)),)


def row(admin: int, *, op: int = 0, weight: int = 50, address: str = "127.0.0.1", name: str = "s2") -> str:
    return f"7 A 3 {name} {address} {op} {admin} {weight} {weight} 23 8 2 0 6 0 1 1 - 18002 - 0 0 - - 0"


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
    assert commands(HEAD + row(runs), {2: state}) == expected


def test_a_server_that_haproxy_does_not_run_yet_is_left_alone() -> None:
    assert commands(HEAD, {2: "halt"}) == []


def test_a_server_that_was_deleted_but_runs_until_the_commit_is_left_alone() -> None:
    assert commands(HEAD + row(8), {3: "online"}) == []

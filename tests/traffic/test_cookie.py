"""The cookie that tells a browser's real server: its name, who sees it, and how long it counts."""

import string
import time

import pytest

from tests.traffic.clients import Client
from tests.traffic.conftest import Start, balanced
from tests.traffic.machines import Farm

DIGITS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
MINUTE, HOUR = 60, 3600


def stamp(ago: float) -> str:
    """A moment as HAProxy writes it into the cookie: units of four seconds, in five digits of base 64."""
    number = int(time.time() - ago) // 4
    return "".join(DIGITS[number >> shift & 63] for shift in (24, 18, 12, 6, 0))


def client(name: str, *, silent: float, known: float) -> Client:
    """A browser that was last seen and first seen so many seconds ago."""
    return Client(cookies={"SERVERID": f"{name}|{stamp(silent)}|{stamp(known)}"})


def test_it_has_the_name_that_was_chosen_and_real_servers_never_see_it(start: Start, machines: Farm) -> None:
    for machine in machines.running.values():
        machine.headers = {"Cache-Control": "public, max-age=60"}
    balanced(machines["one"], machines["two"], persistence="http", cookie="LBROUTE")
    start()
    person = Client(cookies={"own": "1"})
    first = person.get()
    said = first.headers["set-cookie"]
    assert said.startswith(f"LBROUTE={first.body}|")
    assert "HttpOnly" in said
    assert first.headers["cache-control"] == "private"  # no cache gives it to others
    assert person.who() == first.body
    assert [asked.headers["cookie"] for asked in machines[first.body].asked] == ["own=1", "own=1"]


@pytest.mark.parametrize(
    ("silent", "known", "stays"),
    [
        (0, 0, True),
        (25 * MINUTE, 2 * HOUR, True),
        (35 * MINUTE, 2 * HOUR, False),  # Cookie Max Idle Duration
        (MINUTE, 11 * HOUR, True),
        (MINUTE, 13 * HOUR, False),  # Cookie Max Life Duration
    ],
)
def test_it_counts_for_so_long(silent: float, known: float, stays: bool, start: Start, machines: Farm) -> None:
    """With a new cookie in the answer when the old one is over."""
    balanced(*machines.running.values(), persistence="http")
    start()
    names = {client("two", silent=silent, known=known).who() for _ in range(3)}
    assert names == ({"two"} if stays else {"one", "two", "three"})


@pytest.mark.parametrize(("idle", "life"), [("1m", "12h"), ("1h", "1m")])
def test_both_durations_can_be_changed(idle: str, life: str, start: Start, machines: Farm) -> None:
    balanced(*machines.running.values(), persistence="http", cookie_idle=idle, cookie_life=life)
    start()
    assert {client("two", silent=10, known=10).who() for _ in range(3)} == {"two"}
    assert {client("two", silent=120, known=120).who() for _ in range(3)} == {"one", "two", "three"}


def test_a_cookie_that_names_nobody_is_replaced(start: Start, machines: Farm) -> None:
    balanced(machines["one"], machines["two"], persistence="http")
    start()
    person = client("stranger", silent=0, known=0)
    first = person.who()
    assert {person.who() for _ in range(3)} == {first}

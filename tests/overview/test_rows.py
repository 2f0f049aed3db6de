"""From configuration and statistics to the words on the page: tables."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from apps.overview.rows import Rip, ServiceRow, Vip, counts, matches, server_rows, service_row
from apps.overview.snapshot import Snapshot, following, parse
from tests.overview.stats import answer, fallback, frontend, refused, server

NOW = time.time()
AVS = Vip(7, "AVS", "10.10.40.217", "443", "http2")
REDIRECT = Vip(8, "AVS-Redirect", "10.10.40.217", "80", "http", True, "301")


def rips(*states: str) -> list[Rip]:
    """SERVER1, SERVER2 … with the primary keys 1, 2 …"""
    return [
        Rip(pk, 7, f"SERVER{pk}", f"10.10.40.{pk + 5}", 443, 100, state or "online")
        for pk, state in enumerate(states, start=1)
    ]


def live(*statuses: str) -> Snapshot:
    """AVS and what HAProxy says of its servers 1, 2 …; '' for one it does not know."""
    lines = [line_of(pk, status) for pk, status in enumerate(statuses, start=1) if status]
    return following(Snapshot(), parse(answer(frontend(7, conns=5), *lines, fallback(7), frontend(8)), NOW), NOW)


def line_of(pk: int, status: str) -> str:
    if status == "no check":
        return server(7, pk, status, check_status="", check_duration="")
    return refused(7, pk, status=status) if status.startswith("DOWN") else server(7, pk, status)


def judged(states: list[str], statuses: list[str]) -> tuple[str, str, str]:
    row = service_row(AVS, rips(*states), live(*statuses))
    return row.mark.word, row.mark.style, row.why


ON, DRAIN, HALT = "online", "drain", "halt"


@pytest.mark.parametrize(
    ("states", "statuses", "word", "style", "why"),
    [
        ([ON, ON], ["UP", "UP"], "Healthy", "ok", ""),
        ([ON, ON], ["UP 1/2", "no check"], "Healthy", "ok", ""),
        ([ON, ON], ["UP", "DOWN"], "Degraded", "warn", "1 of 2 real servers down"),
        ([ON, ON], ["UP", "DOWN 1/2"], "Degraded", "warn", "1 of 2 real servers down"),
        ([ON, DRAIN], ["UP", "DRAIN"], "Degraded", "warn", "1 of 2 real servers draining"),
        ([ON, HALT], ["UP", "MAINT"], "Degraded", "warn", "1 of 2 real servers halted"),
        ([HALT, ON, ON], ["MAINT", "DOWN", "UP"], "Degraded", "warn", "1 of 3 real servers down, 1 halted"),
        ([ON], ["DOWN"], "Down", "down", "its only real server down for 4 min, fallback answers"),
        ([ON, ON], ["DOWN", "DOWN"], "Down", "down", "both real servers down for 4 min, fallback answers"),
        ([ON] * 3, ["DOWN"] * 3, "Down", "down", "all 3 real servers down for 4 min, fallback answers"),
        ([ON, HALT], ["DOWN", "MAINT"], "Down", "down", "1 of 2 real servers down, 1 halted, fallback answers"),
        ([HALT, HALT], ["MAINT", "MAINT"], "Halted", "off", "both real servers halted"),
        ([DRAIN, DRAIN], ["DRAIN", "DRAIN"], "Draining", "drain", "both real servers draining"),
        ([DRAIN, HALT], ["DRAIN", "MAINT"], "Halted", "off", "1 of 2 real servers draining, 1 halted"),
        ([], [], "No Real Servers", "idle", "fallback answers"),
        ([ON], [""], "No Real Servers", "idle", "its Real Servers wait for Commit changes, fallback answers"),
        ([ON, ON], ["UP", ""], "Healthy", "ok", "1 real server waiting for Commit changes"),
        ([ON, ON, ON], ["UP", "DOWN", ""], "Degraded", "warn", "1 of 2 real servers down"),
    ],
)
def test_the_state_of_a_virtual_service(
    states: list[str], statuses: list[str], word: str, style: str, why: str
) -> None:
    assert judged(states, statuses) == (word, style, why)


def test_a_service_is_down_since_its_last_server_went_down() -> None:
    lines = [frontend(7), refused(7, 1, lastchg=7200), refused(7, 2, lastchg=660)]
    row = service_row(AVS, rips(ON, ON), following(Snapshot(), parse(answer(*lines), NOW), NOW))
    assert row.why == "both real servers down for 11 min, fallback answers"


def test_a_redirect_needs_no_real_server() -> None:
    row = service_row(REDIRECT, [], live())
    assert (row.mark.word, row.mark.style, row.why, row.conns) == ("Redirect", "redir", "to HTTPS, 301", "0")


def test_a_service_that_haproxy_does_not_run_waits_for_commit() -> None:
    row = service_row(AVS._replace(pk=9), [], live())
    assert (row.mark.word, row.why, row.conns) == ("Not running", "saved, waits for Commit changes", "–")


def test_without_haproxy_nothing_runs_and_nothing_is_made_up() -> None:
    away = following(Snapshot(), None, NOW)
    row = service_row(AVS, rips(ON), away)
    assert (row.mark.word, row.why, row.conns) == ("Not running", "", "–")


def test_without_a_fresh_snapshot_nothing_is_known() -> None:
    row = service_row(AVS, rips(ON), None)
    assert (row.mark.word, row.conns, row.changed) == ("Unknown", "–", 0)


def test_a_stopped_frontend_is_down() -> None:
    stopped = following(Snapshot(), parse(answer(frontend(7, status="STOP"), server(7, 1)), NOW), NOW)
    assert service_row(AVS, rips(ON), stopped).mark.word == "Down"


# --- real servers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "status", "word", "style", "last_check"),
    [
        (ON, "UP", "Up", "ok", "Connect to Port, 2 ms"),
        (ON, "UP 1/2", "Up", "ok", "Connect to Port, 2 ms"),
        (ON, "no check", "Up", "ok", "No checks, always On"),
        (ON, "DOWN", "Down", "down", "Connect to Port, refused"),
        (ON, "DOWN 1/2", "Down", "down", "Connect to Port, refused"),
        (ON, "DOWN (agent)", "Down", "down", "Connect to Port, refused"),
        (ON, "NOLB", "Draining", "drain", "Connect to Port, 2 ms"),
        (ON, "NOLB 1/2", "Draining", "drain", "Connect to Port, 2 ms"),
        (ON, "DRAIN (agent)", "Draining", "drain", "Connect to Port, 2 ms"),
        (ON, "MAINT (via AVS/SERVER9)", "Halted", "off", "Connect to Port, 2 ms"),
        (ON, "MAINT (resolution)", "Down", "down", "Connect to Port, 2 ms"),
        (ON, "MAINT", "Going online", "idle", "not applied yet"),
        (ON, "DRAIN", "Going online", "idle", "not applied yet"),
        (ON, "DRAIN 1/2", "Going online", "idle", "not applied yet"),
        (ON, "SLEEPY", "SLEEPY", "idle", "Connect to Port, 2 ms"),
        (DRAIN, "DRAIN", "Draining", "drain", "Connect to Port, 2 ms"),
        (DRAIN, "DRAIN 1/2", "Draining", "drain", "Connect to Port, 2 ms"),
        (DRAIN, "DOWN", "Draining", "drain", "Connect to Port, refused"),
        (DRAIN, "UP", "Draining", "drain", "not applied yet"),
        (DRAIN, "MAINT", "Draining", "drain", "not applied yet"),
        (HALT, "MAINT", "Halted", "off", "no traffic, no checks"),
        (HALT, "UP", "Halted", "off", "not applied yet"),
    ],
)
def test_the_state_of_a_real_server(state: str, status: str, word: str, style: str, last_check: str) -> None:
    (row,) = server_rows(AVS, rips(state), live(status))
    assert (row.mark.word, row.mark.style, row.last_check) == (word, style, last_check)


def test_a_real_server_that_haproxy_does_not_know_waits_for_commit() -> None:
    (row,) = server_rows(AVS, rips(ON), live(""))
    assert (row.mark.word, row.conns, row.last_check) == ("Not running", "–", "waits for Commit changes")


@pytest.mark.parametrize("snapshot", [following(Snapshot(), None, NOW), live()])
def test_in_a_service_that_does_not_run_no_real_server_does(snapshot: Snapshot) -> None:
    (row,) = server_rows(AVS._replace(pk=9), rips(ON), snapshot)
    assert (row.mark.word, row.conns, row.last_check) == ("Not running", "–", "–")


@pytest.mark.parametrize(("state", "word"), [(ON, "Unknown"), (DRAIN, "Draining"), (HALT, "Halted")])
def test_without_fresh_states_the_administrators_will_is_still_known(state: str, word: str) -> None:
    (row,) = server_rows(AVS, rips(state), None)
    assert (row.mark.word, row.conns, row.last_check) == (word, "–", "–")


SINCE = datetime.fromtimestamp(int(NOW) - 240, UTC)
CLOCK = f"{SINCE:%H:%M:%S}" if SINCE.date() == datetime.now(UTC).date() else f"{SINCE:%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("check", "said", "reason"),
    [
        ("L4CON", "Connection refused", "connection refused on 10.10.40.6:443"),
        ("L4CON", "No route to host", "no route to host on 10.10.40.6:443"),
        ("L4TOUT", "", "no answer from 10.10.40.6:443"),
        ("L6RSP", "SSL handshake failure", "TLS failed with 10.10.40.6:443 (SSL handshake failure)"),
        (
            "L7STS",
            "HTTP status check returned 500",
            "wrong answer from 10.10.40.6:443 (HTTP status check returned 500)",
        ),
        ("L4CON", "", "L4CON on 10.10.40.6:443"),
        ("INI", "", "not checked yet: 10.10.40.6:443"),
    ],
)
def test_why_a_real_server_is_down(check: str, said: str, reason: str) -> None:
    lines = [frontend(7), refused(7, 1, check_status=check, last_chk=said)]
    (row,) = server_rows(AVS, rips(ON), following(Snapshot(), parse(answer(*lines), NOW), NOW))
    assert row.why == f"down for 4 min: {reason} · since {CLOCK}"


def test_since_names_the_day_if_that_was_not_today() -> None:
    before = datetime.fromtimestamp(int(NOW), UTC) - timedelta(days=3)
    lines = [frontend(7), refused(7, 1, lastchg=3 * 86400)]
    (row,) = server_rows(AVS, rips(ON), following(Snapshot(), parse(answer(*lines), NOW), NOW))
    assert row.why == f"down for 3 days: connection refused on 10.10.40.6:443 · since {before:%Y-%m-%d %H:%M:%S}"


def test_places_are_written_as_addresses_and_ports_are() -> None:
    (rip,) = rips(ON)
    assert rip._replace(port=None).place == "10.10.40.6"
    assert rip._replace(address="2001:db8::6").place == "[2001:db8::6]:443"


# --- around the table ----------------------------------------------------------------------------


def test_the_counts_name_the_worst_first() -> None:
    rows = [
        service_row(AVS, rips(ON), live("UP")),
        service_row(REDIRECT, [], live()),
        service_row(AVS, rips(ON, ON), live("UP", "DOWN")),
        service_row(AVS._replace(pk=9), [], live()),
        service_row(AVS, [], live()),
        service_row(AVS, rips(ON), live("DOWN")),
    ]
    assert counts(rows) == (
        "6 Virtual Services: 1 down, 1 degraded, 1 healthy, 1 redirect, 1 not running, 1 without Real Servers"
    )
    assert counts(rows[:1]) == "1 Virtual Service: 1 healthy"


def test_degraded_and_down_are_problems() -> None:
    rows: list[ServiceRow] = [service_row(AVS, rips(ON, ON), live("UP", status)) for status in ("UP", "DOWN", "MAINT")]
    assert [row.is_problem for row in rows] == [False, True, True]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        *(
            ("avs", True),
            ("40.217", True),
            ("443", True),
            ("44", True),
            ("445", False),
            ("8050", True),
            ("8101", False),
        ),
        *(("SERVER2", True), ("10.10.40.7", True), ("pacs", False)),
    ],
)
def test_the_search_looks_at_names_addresses_and_ports(query: str, found: bool) -> None:
    assert matches(AVS._replace(ports="443,8000-8100"), rips(ON, ON), query) is found

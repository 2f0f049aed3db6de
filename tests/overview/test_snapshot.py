"""What is read from HAProxy's statistics, and what counts as a change."""

import pytest

from apps.overview.snapshot import Server, Service, Snapshot, Unreadable, age, following, parse
from tests.overview.stats import answer, fallback, frontend, line, refused, server

NOW = 1_800_000_000.5


def snapshot(*lines: str, before: Snapshot | None = None, now: float = NOW) -> Snapshot:
    return following(before or Snapshot(), parse(answer(*lines), now), now)


def test_services_and_servers_are_found_by_their_primary_keys() -> None:
    found = parse(answer(frontend(7, conns=128), server(7, 12, scur=100), server(7, 13), frontend(8)), NOW)
    up = Server("UP", 100, "L4OK", took="2")
    assert found == {7: Service("OPEN", 128, {12: up, 13: up._replace(conns=0)}), 8: Service("OPEN", 0, {})}


def test_the_fallback_server_is_nobodys_real_server() -> None:
    assert parse(answer(frontend(7), fallback(7)), NOW)[7].servers == {}


@pytest.mark.parametrize(
    "status",
    [
        *("UP", "UP 1/2", "no check", "DOWN", "DOWN 1/2", "DOWN (agent)", "NOLB", "NOLB 1/2"),
        *("MAINT", "MAINT (via other/s1)", "MAINT (resolution)", "DRAIN", "DRAIN 1/2", "DRAIN (agent)"),
    ],
)
def test_every_status_is_kept_as_haproxy_says_it(status: str) -> None:
    found = parse(answer(frontend(7), server(7, 12, status, lastchg=60)), NOW)[7].servers[12]
    assert found.status == status
    assert bool(found.since) == status.startswith("DOWN")


def test_a_server_that_is_down_says_since_when() -> None:
    found = snapshot(frontend(7), refused(7, 12, lastchg=250)).services[7].servers[12]
    assert found == Server("DOWN", 0, "L4CON", "Connection refused", int(NOW) - 250, "4 min", "2")


def test_words_of_a_check_may_hold_commas_and_quotes() -> None:
    said = '"Invalid answer, ""nope"", twice"'
    found = parse(answer(frontend(7), refused(7, 12, last_chk=said), server(7, 13)), NOW)[7].servers
    assert found[12].said == 'Invalid answer, "nope", twice'
    assert found[13].status == "UP"


def test_a_check_under_way_is_not_a_change() -> None:
    before = snapshot(frontend(7), server(7, 12))
    assert (
        snapshot(frontend(7), server(7, 12, check_status="* L4OK"), before=before, now=NOW + 1).services
        == before.services
    )


def test_what_is_no_statistics_is_refused() -> None:
    for text in ["", "Permission denied\n", "# pxname,svname\n"]:
        with pytest.raises(Unreadable, match="something else"):
            parse(text, NOW)


def test_a_line_cut_short_is_left_out() -> None:
    assert list(parse(answer(frontend(7), "AVS,FRON"), NOW)) == [7]
    assert list(parse(answer(line(type=1, iid=7, sid=0)), NOW)) == []


def test_a_backend_alone_has_the_connections_of_its_servers() -> None:
    found = parse(answer(server(9, 1, scur=3), server(9, 2, scur=4), fallback(9)), NOW)[9]
    assert (found.status, found.conns, list(found.servers)) == ("OPEN", 84, [1, 2])


def test_what_the_administrator_wrote_is_known_by_its_names() -> None:
    """HAProxy itself gives such sections low numbers: those of services that wait to be committed, for instance."""
    front = line(pxname="AVS", svname="FRONTEND", iid=2, sid=0, type=0, status="OPEN", scur=5)
    back = line(pxname="AVS", svname="SERVER1", iid=3, sid=1, type=2, status="UP", scur=5)
    found = snapshot(back, front, frontend(3))
    own = found.service(1, "AVS")
    assert own is not None
    assert (own.conns, own.server(1, "SERVER1"), own.server(1, "SERVER2")) == (5, Server("UP", 5), None)
    assert found.service(2, "other") is None
    assert found.service(3, "AVS") == found.services[3]


def test_a_service_is_known_by_its_number_while_its_new_name_waits() -> None:
    found = snapshot(frontend(7, conns=9), server(7, 12))
    own = found.service(7, "new name")
    assert own is not None
    assert own.server(12, "new name too") == Server("UP", 0, "L4OK", took="2")


# --- versions ------------------------------------------------------------------------------------

STEADY = [frontend(7), server(7, 12), frontend(8), server(8, 20)]


def test_the_same_answer_is_no_new_version() -> None:
    first = snapshot(*STEADY)
    second = snapshot(*STEADY, before=first, now=NOW + 1)
    assert (second.version, second.at) == (first.version, NOW + 1)


def test_a_change_gives_its_service_alone_the_new_version() -> None:
    first = snapshot(*STEADY)
    second = snapshot(frontend(7), server(7, 12, scur=1), *STEADY[2:], before=first, now=NOW + 1)
    assert second.version > first.version
    assert second.services[7].changed == second.version
    assert second.services[8].changed == first.version
    assert second.reset == first.reset


@pytest.mark.parametrize(
    "changed",
    [
        [frontend(7, conns=1), server(7, 12)],
        [frontend(7, status="STOP"), server(7, 12)],
        [frontend(7), server(7, 12, "UP 1/2")],
        [frontend(7), server(7, 12, check_status="L4CON")],
        [frontend(7), server(7, 12, last_chk="slow")],
        [frontend(7), server(7, 13)],
        [frontend(7), server(7, 12), server(7, 13)],
        [frontend(7)],
    ],
)
def test_whatever_is_shown_counts(changed: list[str]) -> None:
    first = snapshot(*STEADY)
    assert snapshot(*changed, *STEADY[2:], before=first, now=NOW + 1).services[7].changed > first.version


def test_how_long_a_check_took_does_not_count() -> None:
    first = snapshot(*STEADY)
    second = snapshot(frontend(7), server(7, 12, check_duration=9), *STEADY[2:], before=first, now=NOW + 1)
    assert second.version == first.version
    assert second.services[7].servers[12].took == "9"


def test_how_long_a_server_is_down_counts_once_a_minute() -> None:
    table = snapshot(frontend(7), refused(7, 12, lastchg=60))
    versions = set()
    for second in range(1, 121):
        # HAProxy rounds: now and then the same second is told twice.
        ago = 60 + second - second % 2
        table = snapshot(frontend(7), refused(7, 12, lastchg=ago), before=table, now=NOW + second)
        versions.add(table.version)
    assert len(versions) == 3
    assert table.services[7].servers[12].since == int(NOW) - 60


def test_a_service_that_is_gone_concerns_every_row() -> None:
    first = snapshot(*STEADY)
    second = snapshot(*STEADY[:2], before=first, now=NOW + 1)
    assert second.reset == second.version > first.version
    third = snapshot(*STEADY, before=second, now=NOW + 2)
    assert (third.reset, third.services[8].changed) == (second.reset, third.version)


def test_haproxy_going_and_coming_concerns_every_row() -> None:
    first = snapshot(*STEADY)
    away = following(first, None, NOW + 1)
    assert (away.runs, away.services, away.reset) == (False, {}, away.version)
    assert following(away, None, NOW + 2).version == away.version
    back = snapshot(*STEADY, before=away, now=NOW + 3)
    assert back.runs
    assert back.reset == back.version > away.version


def test_versions_grow_even_when_the_collector_starts_anew_or_the_clock_stands_still() -> None:
    first = snapshot(*STEADY)
    assert snapshot(*STEADY, now=NOW + 1).version > first.version
    assert snapshot(*STEADY[:2], before=first, now=NOW - 3600).version > first.version


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((-2, "less than 1 min"), (0, "less than 1 min"), (59, "less than 1 min"), (60, "1 min"), (3599, "59 min")),
        *((3600, "1 h"), (172799, "47 h"), (172800, "2 days")),
    ],
)
def test_ages_are_as_coarse_as_a_person_says_them(seconds: int, words: str) -> None:
    assert age(seconds) == words

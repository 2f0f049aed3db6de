"""The rows of the System Overview: what is configured and what HAProxy says of it, put together. Pure."""

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from apps.common.option_kinds import port_spans
from apps.overview import marks
from apps.overview.marks import Mark
from apps.overview.snapshot import Server, Service, Snapshot
from apps.services.models import Check, Protocol, State

NOTHING = "–"
NOT_WRITTEN = "no section of this name runs: write it in Layer 7 – Manual Configuration, then commit"
ONLINE = State.ONLINE.value
WELL = {status for status, mark in marks.STATUS.items() if mark == marks.UP}


class Vip(NamedTuple):
    """The columns of a VirtualService that the page needs, in the order of the query."""

    pk: int
    label: str
    address: str
    ports: str
    protocol: str
    force_https: bool = False
    redirect_code: str = ""
    check_type: str = Check.CONNECT.value
    certificate: int | None = None
    manual: bool = False

    @property
    def protocol_words(self) -> str:
        return Protocol(self.protocol).label

    @property
    def redirects(self) -> bool:
        return self.force_https and self.protocol == Protocol.HTTP


class Rip(NamedTuple):
    """The columns of a RealServer that the page needs, in the order of the query."""

    pk: int
    service: int
    label: str
    address: str
    port: int | None
    weight: int
    state: str
    redirect_url: str = ""

    @property
    def place(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}" if self.port else self.address


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A virtual service on the page. `changed` is the version of the snapshot in which it changed last."""

    vip: Vip
    mark: Mark
    why: str = ""
    conns: str = NOTHING
    changed: int = 0

    @property
    def is_problem(self) -> bool:
        return self.mark in marks.PROBLEMS


@dataclass(frozen=True, slots=True)
class ServerRow:
    """A real server on the page, below its virtual service."""

    rip: Rip
    mark: Mark
    conns: str = NOTHING
    last_check: str = NOTHING
    why: str = ""


def service_row(vip: Vip, rips: list[Rip], snapshot: Snapshot | None) -> ServiceRow:
    """`snapshot` is None when there are no fresh states."""
    if snapshot is None:
        return ServiceRow(vip, marks.UNKNOWN)
    live = snapshot.service(vip.pk, vip.label)
    if live is None:
        waits = NOT_WRITTEN if vip.manual else "saved, waits for Commit changes"
        return ServiceRow(vip, marks.NOT_RUNNING, waits if snapshot.runs else "")
    mark, why = _judge(vip, rips, live)
    return ServiceRow(vip, mark, why, str(live.conns), live.changed)


def _judge(vip: Vip, rips: list[Rip], live: Service) -> tuple[Mark, str]:
    if live.status != "OPEN":
        return marks.DOWN, "HAProxy takes no connections for it"
    if vip.redirects:
        return marks.REDIRECT, f"to HTTPS, {vip.redirect_code}"
    if rips and all(_is_well(rip, live) for rip in rips):  # of thousands nearly all: not worth counting
        return marks.HEALTHY, ""
    count = Counter(marks.server_mark(rip.state, live.server(rip.pk, rip.label)) for rip in rips)
    waiting = count.pop(marks.NOT_RUNNING, 0)
    if not count:
        saved = "its Real Servers wait for Commit changes, " if waiting else ""
        return marks.NO_SERVERS, f"{saved}fallback answers"
    known = [server for rip in rips if (server := live.server(rip.pk, rip.label))]
    mark, why = _health(count, known)
    if waiting and not why:
        why = f"{_servers(waiting)} waiting for Commit changes"
    return mark, why


def _is_well(rip: Rip, live: Service) -> bool:
    server = live.server(rip.pk, rip.label)
    return server is not None and server.status in WELL and rip.state == ONLINE


def _health(count: Counter[Mark], servers: list[Server]) -> tuple[Mark, str]:
    """The state of the whole from the states of its running servers."""
    total = count.total()
    usable = count[marks.UP]
    if usable == total:
        return marks.HEALTHY, ""
    if usable:
        return marks.DEGRADED, _parts(count, total)
    if not count[marks.DOWN]:
        on_purpose = marks.DRAINING if count[marks.DRAINING] == total else marks.HALTED
        return on_purpose, f"{_all(total)} {on_purpose.word.lower()}" if count[on_purpose] == total else _parts(
            count, total
        )
    if count[marks.DOWN] == total:
        last = max(servers, key=lambda server: server.since)  # since then there was none
        return marks.DOWN, f"{_all(total)} down for {last.age}, fallback answers"
    return marks.DOWN, f"{_parts(count, total)}, fallback answers"


def _parts(count: Counter[Mark], total: int) -> str:
    """'1 of 3 real servers down, 1 halted'."""
    bad = [(mark, count[mark]) for mark in count if mark != marks.UP and count[mark]]
    bad.sort(key=lambda item: item[0] != marks.DOWN)
    (first, number), *others = bad
    head = f"{number} of {_servers(total)} {first.word.lower()}"
    return ", ".join([head, *(f"{number} {mark.word.lower()}" for mark, number in others)])


def _servers(number: int) -> str:
    return f"{number} real server{'s' * (number != 1)}"


def _all(total: int) -> str:
    return {1: "its only real server", 2: "both real servers"}.get(total, f"all {total} real servers")


def server_rows(vip: Vip, rips: list[Rip], snapshot: Snapshot | None) -> list[ServerRow]:
    if snapshot is None:
        return [ServerRow(rip, marks.unchecked_mark(rip.state)) for rip in rips]
    live = snapshot.service(vip.pk, vip.label)
    if live is None:
        return [ServerRow(rip, marks.NOT_RUNNING) for rip in rips]
    return [_server_row(vip, rip, live) for rip in rips]


def _server_row(vip: Vip, rip: Rip, live: Service) -> ServerRow:
    server = live.server(rip.pk, rip.label)
    mark = marks.server_mark(rip.state, server)
    last_check = marks.last_check(vip.check_type, rip.state, server)
    if server is None:
        return ServerRow(rip, mark, last_check=last_check)
    why = marks.down_reason(server, rip.place) if mark == marks.DOWN else ""
    return ServerRow(rip, mark, str(server.conns), last_check, why)


def counts(rows: list[ServiceRow]) -> str:
    """'7 Virtual Services: 1 down, 1 degraded, 2 healthy', the worst first."""
    number = Counter(row.mark for row in rows)
    order = [marks.DOWN, marks.DEGRADED, marks.HEALTHY, marks.REDIRECT, marks.DRAINING, marks.HALTED]
    order += [mark for mark in number if mark not in order]
    parts = ", ".join(f"{number[mark]} {WORDS.get(mark, mark.word.lower())}" for mark in order if number[mark])
    return f"{len(rows)} Virtual Service{'s' * (len(rows) != 1)}: {parts}"


WORDS = {marks.NO_SERVERS: "without Real Servers"}


def matches(vip: Vip, rips: list[Rip], query: str) -> bool:
    """Whether the service, or one of its real servers, has this name, address or port."""
    return vip_matches(vip, query) or any(rip_matches(rip, query) for rip in rips)


def vip_matches(vip: Vip, query: str) -> bool:
    if query.isdecimal() and any(first <= int(query) <= last for first, last in port_spans(vip.ports)):
        return True
    return _contain(query, vip.label, vip.address, vip.ports)


def rip_matches(rip: Rip, query: str) -> bool:
    return _contain(query, rip.label, rip.address, str(rip.port or ""))


def _contain(query: str, *words: str) -> bool:
    wanted = query.casefold()
    return any(wanted in word.casefold() for word in words)

"""The lines of Layer 7 – Real Servers: below their virtual services or, when they are sorted, all in one table."""

from itertools import groupby
from typing import NamedTuple

from apps.overview import marks
from apps.overview.choices import SERVER_STATES, Keys, by_address, by_name, by_state, in_order
from apps.overview.marks import Mark
from apps.overview.rows import Rip, ServerRow, ServiceRow, rip_matches, server_rows, vip_matches
from apps.overview.shown import Shown
from apps.overview.snapshot import Server
from apps.overview.table import Table


class Line(NamedTuple):
    """A real server of a virtual service; without a `rip` the line says that the service has none."""

    service: ServiceRow
    rip: Rip | None


class Shelf(NamedTuple):
    """One table on the page. Without a `service` it holds servers of any."""

    service: ServiceRow | None
    rows: list[tuple[ServiceRow, ServerRow]]


def lines(table: Table, shown: Shown) -> list[Line]:
    """All that pass the filter, in the order that is asked for."""
    found: list[tuple[ServiceRow, Rip]] = []
    empty: list[ServiceRow] = []
    for row in table.rows.values():
        if not shown.protocol or row.vip.protocol == shown.protocol:
            rips = table.rips(row.vip.pk)
            found += [(row, rip) for rip in _matching(row, rips, shown.query) if _fits(table, row, rip, shown)]
            if not rips and not shown.may_wander and (not shown.query or vip_matches(row.vip, shown.query)):
                empty.append(row)
    if is_sorted(shown):
        return [Line(*pair) for pair in in_order(found, shown, _keys(table))]
    every = [Line(*pair) for pair in found] + [Line(row, None) for row in empty]
    return sorted(every, key=lambda line: line.service.vip.pk)


def is_sorted(shown: Shown) -> bool:
    return shown.sort.removeprefix("-") in COLUMNS


def columns(shown: Shown) -> dict[str, str]:
    """Below its virtual service a real server does not name it."""
    return {key: label for key, label in COLUMNS.items() if key != "service" or is_sorted(shown)}


def shelves(table: Table, found: list[Line], shown: Shown) -> list[Shelf]:
    """The lines of one page, with all that is said of each."""
    if is_sorted(shown):
        return [Shelf(None, [_row(table, line.service, line.rip) for line in found if line.rip])]
    return [
        Shelf(row, [_row(table, row, line.rip) for line in own if line.rip])
        for row, own in groupby(found, key=lambda line: line.service)
    ]


def _row(table: Table, row: ServiceRow, rip: Rip) -> tuple[ServiceRow, ServerRow]:
    return row, server_rows(row.vip, [rip], table.snapshot)[0]


def _matching(row: ServiceRow, rips: list[Rip], query: str) -> list[Rip]:
    """Those with this name, address or port; all, if that is the service's own."""
    if not query or vip_matches(row.vip, query):
        return rips
    return [rip for rip in rips if rip_matches(rip, query)]


def _fits(table: Table, row: ServiceRow, rip: Rip, shown: Shown) -> bool:
    if not shown.may_wander:
        return True
    mark = _mark(table, row, rip)
    return (not shown.problems or mark in marks.PROBLEMS) and (not shown.state or mark.word == shown.state)


def _mark(table: Table, row: ServiceRow, rip: Rip) -> Mark:
    if not table.snapshot:
        return marks.unchecked_mark(rip.state)
    return marks.server_mark(rip.state, _live(table, row, rip))


def _live(table: Table, row: ServiceRow, rip: Rip) -> Server | None:
    service = table.snapshot.service(row.vip.pk, row.vip.label) if table.snapshot else None
    return service.server(rip.pk, rip.label) if service else None


COLUMNS = {
    "state": "State",
    "label": "Label",
    "service": "Virtual Service",
    "address": "IP",
    "port": "Port",
    "weight": "Weight",
    "conns": "Conns",
}


def _keys(table: Table) -> "Keys[tuple[ServiceRow, Rip]]":
    place = by_state(SERVER_STATES)

    def conns(pair: tuple[ServiceRow, Rip]) -> int:
        server = _live(table, *pair)
        return server.conns if server else -1

    return {
        "state": lambda pair: place(_mark(table, *pair).word),
        "label": lambda pair: by_name(pair[1].label),
        "service": lambda pair: by_name(pair[0].vip.label),
        "address": lambda pair: by_address(pair[1].address),
        "port": lambda pair: pair[1].port or 0,
        "weight": lambda pair: pair[1].weight,
        "conns": conns,
    }

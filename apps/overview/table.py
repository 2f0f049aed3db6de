"""The table of the System Overview, kept between requests: only what changed is read and made anew."""

import time
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from django.core.cache import cache
from django.core.paginator import Page, Paginator

from apps.overview import configured, store
from apps.overview.configured import Configured
from apps.overview.markup import service_cells
from apps.overview.rows import Rip, ServiceRow, counts, matches, service_row
from apps.overview.shown import Shown
from apps.overview.snapshot import Snapshot
from apps.services.models import RealServer

PAGE = 100  # virtual services on a page of the System Overview


class Seen(NamedTuple):
    """What a page was made from: the configuration, the administrative states, the snapshot (0: none)."""

    generation: int = -1
    states: str = ""
    version: int = 0

    def __str__(self) -> str:
        return "-".join(map(str, self))

    @classmethod
    def read(cls, text: str) -> "Seen":
        generation, _, rest = text.partition("-")
        states, _, version = rest.partition("-")
        good = generation.isdecimal() and version.isdecimal()
        return cls(int(generation), states, int(version)) if good else cls()


@dataclass(frozen=True)
class Table:
    """Every row, and the cells of those that were shown already, as they stand on the page while it is collapsed."""

    configured: Configured
    snapshot: Snapshot | None
    since: float  # when the last snapshot was taken, while there is no fresh one; 0: unknown
    rows: dict[int, ServiceRow]
    cells: dict[int, str]

    @cached_property
    def seen(self) -> Seen:
        version = self.snapshot.version if self.snapshot else 0
        return Seen(self.configured.generation, self.configured.checksum, version)

    @cached_property
    def problems(self) -> int:
        return sum(row.is_problem for row in self.rows.values())

    @cached_property
    def counts(self) -> str:
        return counts(list(self.rows.values()))

    def cells_of(self, row: ServiceRow) -> str:
        pk = row.vip.pk
        if pk not in self.cells:
            self.cells[pk] = service_cells(row)
        return self.cells[pk]

    def rips(self, pk: int) -> list[Rip]:
        return self.configured.rips.get(pk, [])

    def chosen(self, shown: Shown) -> list[ServiceRow]:
        """The rows that pass the filter."""
        rows = list(self.rows.values())
        if shown.problems:
            rows = [row for row in rows if row.is_problem]
        if shown.protocol:
            rows = [row for row in rows if row.vip.protocol == shown.protocol]
        if shown.state:
            rows = [row for row in rows if row.mark.word == shown.state]
        if shown.certificate:
            rows = [row for row in rows if row.vip.certificate == shown.certificate]
        if shown.query:
            rows = [row for row in rows if matches(row.vip, self.rips(row.vip.pk), shown.query)]
        return rows

    def page(self, shown: Shown) -> "Page[ServiceRow]":
        """Those of them that one page shows."""
        return Paginator(self.chosen(shown), PAGE).get_page(shown.page)

    def conns(self, server: RealServer) -> int:
        """Connections of a real server, as far as known."""
        row = self.rows.get(server.service_id)
        live = self.snapshot.service(row.vip.pk, row.vip.label) if row and self.snapshot else None
        found = live.server(server.pk, server.label) if live else None
        return found.conns if found else 0

    def concerns_all(self, seen: Seen) -> bool:
        """Whether a page made from `seen` needs every row anew."""
        if seen[:2] != self.seen[:2] or not self.snapshot or not seen.version:
            return True
        return not self.snapshot.reset <= seen.version <= self.snapshot.version


_kept: dict[str, Table] = {}


def current() -> Table:
    before = _kept.get("table")
    config = configured.read(before.configured if before else Configured())
    snapshot, since = _snapshot(before)
    table = _following(before, config, snapshot, since)
    _kept["table"] = table
    return table


def forget() -> None:
    """Make the next table from nothing."""
    _kept.clear()


def _snapshot(before: Table | None) -> tuple[Snapshot | None, float]:
    try:
        return store.read(cache, time.time(), before.snapshot if before else None), 0
    except store.NoSnapshot as problem:
        return None, problem.since


def _following(before: Table | None, config: Configured, snapshot: Snapshot | None, since: float) -> Table:
    """The table after `before`, with every row of it that still holds."""
    if before and before.configured is config and snapshot and before.snapshot is snapshot:
        return before
    rows, cells = {}, {}
    for pk, vip in config.vips.items():
        if before and _holds(before, pk, config, snapshot):
            rows[pk] = before.rows[pk]
            if pk in before.cells:
                cells[pk] = before.cells[pk]
        else:
            rows[pk] = service_row(vip, config.rips.get(pk, []), snapshot)
    return Table(config, snapshot, since, rows, cells)


def _holds(before: Table, pk: int, config: Configured, snapshot: Snapshot | None) -> bool:
    if before.configured.vips is not config.vips or before.configured.rips.get(pk) is not config.rips.get(pk):
        return False
    if before.snapshot is None or snapshot is None:
        return before.snapshot is snapshot
    live = snapshot.service(pk, config.vips[pk].label)
    return before.snapshot.reset == snapshot.reset and before.rows[pk].changed == (live.changed if live else 0)

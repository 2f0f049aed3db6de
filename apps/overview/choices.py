"""What the drop-downs above a list offer, and the order of its rows."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, TypeVar

from apps.certificates.models import Certificate
from apps.common.option_kinds import port_spans
from apps.overview import marks
from apps.overview.marks import Mark
from apps.overview.shown import Shown
from apps.services.models import Protocol

SERVICE_STATES = [
    *(marks.DOWN, marks.DEGRADED, marks.HEALTHY, marks.REDIRECT, marks.DRAINING, marks.HALTED),
    *(marks.NO_SERVERS, marks.NOT_RUNNING, marks.UNKNOWN),
]
SERVER_STATES = [
    *(marks.DOWN, marks.UP, marks.DRAINING, marks.HALTED, marks.GOING_ONLINE, marks.NOT_RUNNING, marks.UNKNOWN),
]
Row = TypeVar("Row")
Keys = Mapping[str, Callable[[Row], Any]]


def choices(states: list[Mark]) -> dict[str, Any]:
    return {"protocols": Protocol.choices, "states": [mark.word for mark in states]}


def certificates() -> dict[int, str]:
    """Those that virtual services show to clients, by primary key."""
    used = Certificate.objects.filter(virtual_services__isnull=False).distinct()
    return dict(used.values_list("pk", "label"))


@dataclass(frozen=True)
class Head:
    """The head of a column; `url` sorts by it, the other way round if it is sorted by it already."""

    key: str
    label: str
    url: str
    order: str = ""  # as aria-sort says it
    style: str = ""


def heads(shown: Shown, columns: Mapping[str, str], numbers: Iterable[str] = ()) -> list[Head]:
    """`columns` are the words by key; those in `numbers` stand at the right."""
    order = {shown.sort: "ascending"} if shown.sort[:1] != "-" else {shown.sort[1:]: "descending"}
    return [
        Head(key, label, shown.at(sort=_next(key, order.get(key, ""))), order.get(key, ""), "num" * (key in numbers))
        for key, label in columns.items()
    ]


def _next(key: str, order: str) -> str:
    return f"-{key}" if order == "ascending" else key


def in_order(rows: list[Row], shown: Shown, keys: "Keys[Row]") -> list[Row]:
    """As configured, unless one of the keys is asked for."""
    key = keys.get(shown.sort.removeprefix("-"))
    return sorted(rows, key=key, reverse=shown.sort.startswith("-")) if key else rows


def by_state(states: list[Mark]) -> Callable[[str], int]:
    """The worst first."""
    places = {mark.word: place for place, mark in enumerate(states)}
    return lambda word: places.get(word, len(places))


def by_name(label: str) -> list[tuple[int, str]]:
    """VIP-2 before VIP-10."""
    return [(int(word), "") if word.isdecimal() else (-1, word.casefold()) for word in re.split(r"(\d+)", label)]


def by_address(address: str) -> tuple[int, int, str]:
    """10.0.0.9 before 10.0.0.10; names last."""
    try:
        found = ip_address(address)
    except ValueError:
        return 9, 0, address
    return found.version, int(found), ""


def by_ports(ports: str) -> tuple[int, int]:
    return next(iter(port_spans(ports)), (0, 0))


def by_conns(conns: str) -> int:
    return int(conns) if conns.isdecimal() else -1

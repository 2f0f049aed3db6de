"""What one browser shows: filter, order, page, and which virtual services are expanded. Travels in the address."""

import re
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

LONGEST_QUERY = 64
SIZES = (50, 100)  # rows on a page of a list


@dataclass(frozen=True)
class Opened:
    """'3,7': these two; 'all': each; 'all,3': each but this one. So that the address stays short."""

    pks: frozenset[int] = frozenset()
    inverted: bool = False

    def __contains__(self, pk: int) -> bool:
        return (pk in self.pks) != self.inverted

    def __str__(self) -> str:
        return ",".join(["all"] * self.inverted + [str(pk) for pk in sorted(self.pks)])

    @property
    def is_all(self) -> bool:
        return self.inverted and not self.pks

    @classmethod
    def read(cls, text: str) -> "Opened":
        words = text.split(",")
        return cls(frozenset(int(word) for word in words if re.fullmatch(r"\d{1,9}", word, re.ASCII)), "all" in words)

    def toggled(self, pk: int) -> "Opened":
        return replace(self, pks=self.pks ^ {pk})


@dataclass(frozen=True)
class Shown:
    """`state` is a word of `marks`; `certificate` a primary key; `sort` a column's key, with a dash when descending."""

    query: str = ""
    problems: bool = False
    opened: Opened = field(default_factory=Opened)
    protocol: str = ""
    state: str = ""
    certificate: int = 0
    sort: str = ""
    size: int = SIZES[0]
    page: int = 1

    @classmethod
    def read(cls, data: QueryDict) -> "Shown":
        size = number(data, "size")
        return cls(
            data.get("q", "").strip()[:LONGEST_QUERY],
            bool(data.get("problems")),
            Opened.read(data.get("open", "")),
            data.get("protocol", "")[:LONGEST_QUERY],
            data.get("state", "")[:LONGEST_QUERY],
            number(data, "certificate"),
            data.get("sort", "")[:LONGEST_QUERY],
            size if size in SIZES else SIZES[0],
            number(data, "page") or 1,
        )

    @property
    def is_filtered(self) -> bool:
        return bool(self.query or self.problems or self.protocol or self.state or self.certificate)

    @property
    def may_wander(self) -> bool:
        """Whether rows come and go with their health."""
        return bool(self.problems or self.state)

    @property
    def parameters(self) -> str:
        """'?open=3,7&q=AVS', or nothing."""
        values: dict[str, Any] = {
            "open": self.opened,
            "q": self.query,
            "protocol": self.protocol,
            "state": self.state,
            "certificate": self.certificate or "",
            "problems": "on" if self.problems else "",
            "sort": self.sort,
            "size": self.size if self.size != SIZES[0] else "",
            "page": self.page if self.page > 1 else "",
        }
        text = urlencode({name: value for name, value in values.items() if str(value)}, safe=",")
        return f"?{text}" if text else ""

    def at(self, **changed: Any) -> str:
        """The address of the same list, seen otherwise: without saying so, its first page."""
        return replace(self, **{"page": 1, **changed}).parameters or "?"


def number(data: QueryDict, name: str) -> int:
    """0 for what is none."""
    found = data.get(name, "")
    return int(found) if re.fullmatch(r"\d{1,9}", found, re.ASCII) else 0

"""What one browser shows: the filter, and which virtual services are expanded. Travels in the page's address."""

import re
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

LONGEST_QUERY = 64


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
    query: str = ""
    problems: bool = False
    opened: Opened = field(default_factory=Opened)

    @classmethod
    def read(cls, data: QueryDict) -> "Shown":
        query = data.get("q", "").strip()[:LONGEST_QUERY]
        return cls(query, bool(data.get("problems")), Opened.read(data.get("open", "")))

    @property
    def parameters(self) -> str:
        """'?open=3,7&q=AVS', or nothing."""
        values: dict[str, Any] = {"open": self.opened, "q": self.query, "problems": "on" if self.problems else ""}
        text = urlencode({name: value for name, value in values.items() if str(value)}, safe=",")
        return f"?{text}" if text else ""

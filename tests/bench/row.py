"""One measured value beside its budget, and all of them as a table."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

HEADS = ("what", "VIPs", "value", "unit", "budget", "")


@dataclass(frozen=True)
class Row:
    """`budget` is the most that is good; None where a value only explains others."""

    name: str
    vips: int
    value: float
    unit: str
    budget: float | None = None

    @property
    def ok(self) -> bool:
        return self.budget is None or self.value <= self.budget

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "ok": self.ok}

    def cells(self) -> tuple[str, ...]:
        budget = "" if self.budget is None else f"{self.budget:g}"
        verdict = "" if self.budget is None else "ok" if self.ok else "OVER"
        return self.name, str(self.vips), f"{self.value:g}", self.unit, budget, verdict


def row(name: str, vips: int, value: float, unit: str, budget: float | None = None) -> Row:
    """Rounded before it is judged: what is printed and what is decided are the same."""
    digits = 0 if unit == "requests" else 2 if unit == "×" or value < 10 else 1
    return Row(name, vips, round(value, digits), unit, budget and round(budget, 1 if unit == "ms" else 2))


def table(rows: Iterable[Row]) -> str:
    """Sorted by name, so that the sizes stand below each other; in the order in which names were first met."""
    found = list(rows)
    names = list(dict.fromkeys(item.name for item in found))
    lines = [HEADS, *(item.cells() for item in sorted(found, key=lambda item: names.index(item.name)))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADS))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in {1, 2, 4} else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )

"""HAProxy text, built from words. Each line knows whose it is, so that HAProxy's errors find back to a field."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from apps.common.options import Option

PLAIN = re.compile(r"\A[A-Za-z0-9_.:,/@%+=!<>{}()|&?~*;^$[\]-]+\Z")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")


class Unspeakable(ValueError):
    """A value holds a control character: it must not reach the file, whatever the validators said."""


@dataclass(frozen=True)
class Owner:
    """The object, and the option if one line is one option's, that a line came from."""

    kind: str  # the model's name
    pk: int
    label: str
    option: str = ""


@dataclass(frozen=True)
class Line:
    words: tuple[str, ...]
    owner: Owner | None

    def __str__(self) -> str:
        return " ".join(quote(word) for word in self.words)


@dataclass
class Section:
    """`listen AVS` and the indented lines below it."""

    head: tuple[str, ...]
    owner: Owner | None = None
    lines: list[Line] = field(default_factory=list)

    def add(self, *words: object, owner: Owner | None = None) -> None:
        """Words may hold a directive of several words first, such as `timeout client`."""
        first, *rest = (str(word) for word in words)
        self.lines.append(Line((*first.split(" "), *rest), owner or self.owner))

    def add_option(self, option: Option, value: Any) -> None:
        """A flat option: its directive and, unless it is a flag, its value."""
        if value is False or value in ("", None):
            return
        owner = Owner(self.owner.kind, self.owner.pk, self.owner.label, option.name) if self.owner else None
        self.add(option.directive, *([] if value is True else [value]), owner=owner)

    def __iter__(self) -> Iterator[tuple[str, Owner | None]]:
        yield " ".join(quote(word) for word in self.head), self.owner
        for line in self.lines:
            yield f"    {line}", line.owner
        yield "", None


def quote(word: str) -> str:
    """One word for HAProxy's parser. In single quotes every character stands for itself."""
    if UNPRINTABLE.search(word):
        raise Unspeakable(f"{word!r} holds a control character.")
    if PLAIN.match(word):
        return word
    return "'" + word.replace("'", "'\\''") + "'"


def text(sections: Iterable[Section]) -> tuple[str, list[Owner | None]]:
    """The file, and for each of its lines the owner."""
    lines = [line for section in sections for line in section]
    return "".join(f"{words}\n" for words, _ in lines), [owner for _, owner in lines]

"""HAProxy text, built from words. Each line knows whose it is, so that HAProxy's errors find back to a field."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from apps.common.options import Option

CHARACTERS = r"A-Za-z0-9_.:,/@%+=!<>{}()|&?~*;^$[\]-"  # that stand for themselves without quotes
PLAIN = re.compile(rf"\A[{CHARACTERS}]+\Z")
PLAIN_LINE = re.compile(rf"\A[ {CHARACTERS}]+\Z")
BLANK: tuple[str, None] = ("", None)
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")


class Unspeakable(ValueError):
    """A value holds a control character: it must not reach the file, whatever the validators said."""


class Owner(NamedTuple):
    """The object, and the option if one line is one option's, that a line came from."""

    kind: str  # the model's name
    pk: int
    label: str
    option: str = ""


@dataclass
class Section:
    """`listen AVS` and the indented lines below it, each with its owner."""

    head: tuple[str, ...]
    owner: Owner | None = None
    lines: list[tuple[str, Owner | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lines.insert(0, (said(self.head), self.owner))

    def add(self, keyword: str, *words: str, owner: Owner | None = None) -> None:
        """`keyword` is ours, and may be several words such as `timeout client`; the others may be anybody's."""
        line = f"    {keyword} {said(words)}" if words else f"    {keyword}"
        self.lines.append((line, owner or self.owner))

    def add_option(self, option: Option, value: Any) -> None:
        """A flat option: its directive and, unless it is a flag, its value."""
        if value is False or value in ("", None):
            return
        owner = Owner(self.owner.kind, self.owner.pk, self.owner.label, option.name) if self.owner else None
        self.add(option.directive, *([] if value is True else [str(value)]), owner=owner)


def said(words: tuple[str, ...]) -> str:
    """The words as HAProxy reads them. Nearly always none needs quotes, and one look at the line is enough to know."""
    line = " ".join(words)
    if line.count(" ") == len(words) - 1 and PLAIN_LINE.match(line) and "" not in words:
        return line
    return " ".join(map(quote, words))


def quote(word: str) -> str:
    """One word for HAProxy's parser. In single quotes every character stands for itself."""
    if PLAIN.match(word):
        return word
    if UNPRINTABLE.search(word):
        raise Unspeakable(f"{word!r} holds a control character.")
    return "'" + word.replace("'", "'\\''") + "'"


def text(sections: Iterable[Section]) -> tuple[str, list[Owner | None]]:
    """The file, and for each of its lines the owner. A blank line ends each section."""
    lines = [line for section in sections for line in (*section.lines, BLANK)]
    return "".join(f"{line}\n" for line, _ in lines), [owner for _, owner in lines]

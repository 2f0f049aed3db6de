"""HAProxy text, built from words. Each line knows whose it is, so that HAProxy's errors find back to a field."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

CHARACTERS = r"A-Za-z0-9_.:,/@%+=!<>{}()|&?~*;^$[\]-"  # that stand for themselves without quotes
PLAIN = re.compile(rf"\A[{CHARACTERS}]+\Z")
PLAIN_LINE = re.compile(rf"\A[ {CHARACTERS}]+\Z")
BLANK: tuple[str, None] = ("", None)
Lines = tuple[tuple[str, str], ...]
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

    @cached_property
    def text(self) -> str:
        """Its lines; to be asked for when all of them are there."""
        return "\n".join([line for line, _ in self.lines])

    def add_all(self, lines: Iterable[tuple[tuple[str, ...], Owner]]) -> None:
        for (keyword, *words), owner in lines:
            self.add(keyword, *words, owner=owner)

    def take(self, lines: Lines) -> None:
        """Lines that were made before, each with the option it comes from."""
        if self.owner:
            kind, pk, label, _ = self.owner
            self.lines += [(line, Owner(kind, pk, label, option)) for line, option in lines]


def said(words: Sequence[str]) -> str:
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
    all_of_them = list(sections)
    owners = [owner for section in all_of_them for _, owner in (*section.lines, BLANK)]
    return "".join([f"{section.text}\n\n" for section in all_of_them]), owners

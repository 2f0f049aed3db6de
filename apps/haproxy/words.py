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
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")


class Unspeakable(ValueError):
    """A value holds a control character: it must not reach the file, whatever the validators said."""


class Owner(NamedTuple):
    """The object, and the option if one line is one option's, that a line came from."""

    kind: str  # the model's name
    pk: int
    label: str
    option: str = ""


class Lines(NamedTuple):
    """Lines that sections share, and the option that each comes from."""

    texts: tuple[str, ...]
    options: tuple[str, ...]


@dataclass
class Section:
    """`listen AVS` and the indented lines below it, each with its owner.

    Where only the option is known, it is one of the section's own owner: hardly anybody asks whose a line is.
    """

    head: tuple[str, ...]
    owner: Owner | None = None
    texts: list[str] = field(default_factory=list)
    owners: list[Owner | str | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.put(said(self.head), self.owner)

    def put(self, line: str, owner: Owner | None) -> None:
        """A whole line."""
        self.texts.append(line)
        self.owners.append(owner)

    def add(self, keyword: str, *words: str, owner: Owner | None = None) -> None:
        """`keyword` is ours, and may be several words such as `timeout client`; the others may be anybody's."""
        self.put(f"    {keyword} {said(words)}" if words else f"    {keyword}", owner or self.owner)

    @property
    def lines(self) -> list[tuple[str, Owner | None]]:
        return [(line, self._whole(owner)) for line, owner in zip(self.texts, self.owners, strict=True)]

    def _whole(self, owner: Owner | str | None) -> Owner | None:
        if isinstance(owner, str):
            return self.owner and self.owner._replace(option=owner)
        return owner

    @cached_property
    def text(self) -> str:
        """Its lines; to be asked for when all of them are there."""
        return "\n".join(self.texts)

    def add_all(self, lines: Iterable[tuple[tuple[str, ...], Owner]]) -> None:
        for (keyword, *words), owner in lines:
            self.add(keyword, *words, owner=owner)

    def take(self, lines: Lines) -> None:
        """Lines that were made before."""
        self.texts += lines.texts
        self.owners += lines.options


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


def text(sections: Iterable[Section]) -> str:
    """The file. A blank line ends each section."""
    return "".join([f"{section.text}\n\n" for section in sections])


def owners(sections: Iterable[Section]) -> list[Owner | None]:
    """For each line of the file whose it is."""
    return [owner for section in sections for _, owner in (*section.lines, BLANK)]

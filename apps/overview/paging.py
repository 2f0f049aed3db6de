"""Pages of a list: which rows this one shows, and the links to the others."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.core.paginator import Page

from apps.overview.shown import Opened, Shown

Links = list["Link"]


@dataclass(frozen=True)
class Link:
    """One of the links between pages; `key` makes its id. Without a `url` it leads nowhere.

    `part` is what a page with script asks for: it says itself what is expanded, and always that a page is asked for.
    """

    key: str
    label: str
    url: str = ""
    part: str = ""
    is_current: bool = False

    @property
    def is_gap(self) -> bool:
        return not self.label.isalnum()


def links(shown: Shown, page: "Page[Any]") -> Links:
    """Previous, the first and the last page and some around this one, Next. None when there is one page only."""
    if page.paginator.num_pages < 2:
        return []
    before = page.number - 1
    after = page.number + 1 if page.has_next() else 0
    near = page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    numbers = [_link(shown, str(number), number, page.number) for number in near]
    return [_link(shown, "Previous", before), *numbers, _link(shown, "Next", after)]


def _link(shown: Shown, label: str, number: int | str, current: int = 0) -> Link:
    if not isinstance(number, int) or not number:
        return Link(label.lower(), label)
    part = replace(shown, opened=Opened(), page=1).parameters
    part = f"{part}{'&' if part else '?'}page={number}"
    return Link(label.lower(), label, shown.at(page=number), part, number == current)


def range_words(page: "Page[Any]") -> str:
    """'31–60 of 1,000'."""
    return span(page.start_index(), page.end_index(), page.paginator.count)


def span(first: int, last: int, count: int) -> str:
    return f"{first:,}–{last:,} of {count:,}" if count else "0"


def checksum(keys: Iterable[int]) -> str:
    """Of the rows on a page, for it to say what it shows."""
    return f"{zlib.crc32(repr(list(keys)).encode()):x}"

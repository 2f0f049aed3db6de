"""The settings that each unit has of its own, side by side."""

import time
from dataclasses import dataclass, replace
from itertools import groupby

from django.core.cache import cache
from redis.exceptions import RedisError

from apps.pair.local_facts import OWN, Fact

LAST = "pair:differing"
KEPT = 24 * 3600  # seconds
SAME, DIFFERS, EACH, NEITHER = "Same", "Differs", "Each its own", "–"
STYLES = {SAME: "ok", DIFFERS: "warn", EACH: "idle", NEITHER: "idle"}


@dataclass(frozen=True)
class Pair:
    """A setting on both units; blank where a unit does not have it."""

    fact: Fact
    peer: str

    @property
    def word(self) -> str:
        if self.fact.label in OWN:
            return EACH
        if not self.fact.label:
            return NEITHER
        return SAME if self.fact.value == self.peer else DIFFERS

    @property
    def style(self) -> str:
        return STYLES[self.word]


@dataclass(frozen=True)
class Page:
    """All settings of a page."""

    menu: str
    name: str
    pairs: tuple[Pair, ...]

    @property
    def is_missing(self) -> bool:
        """Neither unit has it."""
        return all(pair.word == NEITHER for pair in self.pairs)


@dataclass(frozen=True)
class Last:
    """What the last comparison found."""

    at: float
    names: list[str]


def pages(own: list[Fact], peer: list[Fact]) -> list[Page]:
    pairs = [*_pairs(own, peer)]
    grouped = groupby(pairs, key=lambda pair: (pair.fact.menu, pair.fact.page))
    return [Page(menu, name, tuple(found)) for (menu, name), found in grouped]


def _pairs(own: list[Fact], peer: list[Fact]) -> list[Pair]:
    """In the order of this unit; what only the peer has stands at the end of its page."""
    theirs = {fact.place: fact.value for fact in peer}
    pairs = [Pair(fact, theirs.pop(fact.place, "")) for fact in own]
    pairs += [Pair(replace(fact, value=""), fact.value) for fact in peer if fact.place in theirs]
    order = [*dict.fromkeys(pair.fact.page for pair in pairs)]
    return sorted(pairs, key=lambda pair: order.index(pair.fact.page))


def differing(found: list[Page]) -> list[str]:
    return [pair.fact.label for page in found for pair in page.pairs if pair.word == DIFFERS]


def remember(names: list[str]) -> None:
    try:
        cache.set(LAST, {"at": time.time(), "names": names}, KEPT)
    except RedisError:
        return


def last() -> Last | None:
    """None when nobody compared the units lately."""
    try:
        found = cache.get(LAST)
    except RedisError:
        return None
    return Last(**found) if found else None

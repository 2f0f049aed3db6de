"""What every page says of this unit: its role, whether it is active, its link to the peer, and what is wrong."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.core.cache import cache
from django.http import HttpRequest

from apps.pair import meaning, seen
from apps.pair.meaning import Notice
from apps.pair.seen import Seen
from apps.pair.sync import Known, Sync, known, sync
from apps.unit.models import Peer, Role

KEPT = "lbadmin.pair"  # beside what the web server says of the request
UP, DOWN, UNUSED = "up", "down", "unused"


@dataclass(frozen=True)
class Header:
    known: Known | None  # None on a single unit
    seen: Seen | None  # None while nobody knows

    @property
    def peer(self) -> Peer | None:
        return self.known.peer if self.known else None

    @property
    def is_secondary(self) -> bool:
        return self.peer is not None and not self.peer.is_primary

    @property
    def role(self) -> Role | None:
        """The one that is lit; none while no heartbeat runs."""
        if self.seen and not self.seen.beats:
            return None
        return Role(self.known.peer.role) if self.known else Role.PRIMARY

    @property
    def active(self) -> bool | None:
        """Whether this unit holds the floating IPs; None while that is not known."""
        if self.seen and not self.seen.beats:
            return None
        if self.known is None:  # nobody else could, with or without a heartbeat
            return not (self.seen and self.seen.held)
        return self.seen.active if self.seen else None

    @property
    def link(self) -> str:
        if not self.known or not self.seen or self.seen.link is None:
            return UNUSED
        return UP if self.seen.link else DOWN

    @cached_property
    def sync(self) -> Sync | None:
        return sync(self.known, self.seen) if self.known else None

    @cached_property
    def meaning(self) -> str:
        return meaning.meaning(self.peer, self.seen)

    @property
    def role_words(self) -> str:
        if self.peer is None:
            return "This unit is the Primary"
        return f"This unit is the {self.peer.get_role_display()}, {self.peer} is the {self.peer.others_role.label}"

    @property
    def activity_words(self) -> str:
        if self.active is None:
            return "Whether this unit holds the floating IPs is not known"
        return "This unit holds the floating IPs" if self.active else "This unit does not hold the floating IPs"

    @property
    def link_words(self) -> str:
        if self.peer is None:
            return "No Secondary is defined"
        if self.link == UNUSED:
            return f"The heartbeat does not know {self.peer.address} yet" if self.seen else "Not known"
        return f"Heartbeat to {self.peer.address} is {self.link}"

    def notices(self, path: str) -> list[Notice]:
        """For the message area of a page."""
        return [notice for notice in meaning.notices(self.peer, self.seen) if notice.belongs_on(path)]

    @cached_property
    def stamp(self) -> str:
        """Another one whenever a page would look different."""
        return hashlib.sha256(repr([*self._shown()]).encode()).hexdigest()[:12]

    def _shown(self) -> Iterator[object]:
        yield from (self.role, self.active, self.link, self.sync, self.meaning, self.role_words, self.link_words)
        yield meaning.notices(self.peer, self.seen)


def of(request: HttpRequest) -> Header:
    """One query and one look into the cache, for all who ask during a request."""
    found = request.META.get(KEPT)
    if not isinstance(found, Header):
        found = request.META[KEPT] = Header(known(), seen.read(cache))
    return found

"""What every page says of certificates in use that end soon: one message for all of them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.db.models import F, Q
from django.utils import timezone

from apps.certificates.expiry import SOON, URGENT, days
from apps.certificates.models import Certificate, Status
from apps.certificates.usage import Uses, listed, uses

WEEKS = timedelta(days=14)
SHOWN = 3  # certificates named in the message
KEPT = 60  # seconds


@dataclass(frozen=True)
class Ending:
    """A certificate, or the revocation list of an authority, that ends within 30 days or has ended, or was revoked."""

    pk: int
    label: str
    what: str
    until: datetime
    users: str
    is_revoked: bool = False  # its end is when that was

    @property
    def left(self) -> timedelta:
        return self.until - timezone.now()

    @property
    def words(self) -> str:
        day = f"{self.until:%Y-%m-%d}"
        if self.is_revoked:
            return f"was revoked by its authority on {day}: clients that check this refuse it"
        if self.left <= timedelta():
            return f"expired {days(-self.left)} ago, on {day}"
        return f"expires in {days(self.left)}, on {day}"

    @property
    def sentence(self) -> str:
        return f"The {self.what} {self.label} {self.words}. It is used by {self.users}."


@dataclass(frozen=True)
class Notice:
    """The message: louder when 14, 7 and 1 days are left."""

    endings: tuple[Ending, ...]  # the first to end comes first

    @property
    def first(self) -> Ending:
        return self.endings[0]

    @property
    def level(self) -> str:
        if self.first.left <= URGENT:
            return "error"
        return "warn" if self.first.left <= WEEKS else "info"

    @property
    def sentence(self) -> str:
        if len(self.endings) == 1:
            return self.first.sentence
        named = "; ".join(f"{ending.label} {ending.words}" for ending in self.endings[:SHOWN])
        more = len(self.endings) - SHOWN
        rest = f"; and {more} more" if more > 0 else ""
        return f"{len(self.endings)} certificates in use have to be renewed: {named}{rest}."


def notice(generation: int) -> Notice | None:
    """Looked up once a minute, and after every edit."""
    return _find(generation, int(time.time() // KEPT))


def forget() -> None:
    _find.cache_clear()


@lru_cache(maxsize=1)
def _find(generation: int, minute: int) -> Notice | None:
    now = timezone.now()
    soon = Q(valid_to__lte=now + SOON) | Q(revocation_until__lte=now + URGENT)
    is_revoked = Q(staple__status=Status.REVOKED, staple__fingerprint=F("fingerprint"))
    found = Certificate.objects.filter(is_revoked | (soon & ~_renewed_by_itself(now))).select_related("staple")
    found = found.only(
        *("label", "is_authority", "valid_to", "revocation_until", "fingerprint"),
        *("staple__revoked_at", "staple__fingerprint"),
    )
    if not found:
        return None
    users = uses()
    endings = [ending for one in found for ending in _endings(one, users, now)]
    return Notice(tuple(sorted(endings, key=lambda ending: ending.until))) if endings else None


def _renewed_by_itself(now: datetime) -> Q:
    """By ACME, which has its own time for it; once that does not work, it is told of."""
    return Q(acme__failures=0, acme__next_try__gt=now)


def _endings(one: Certificate, users: Uses, now: datetime) -> Iterator[Ending]:
    if one.pk not in users:
        return
    used_by = listed(users[one.pk])
    if one.revoked_at:
        yield Ending(one.pk, one.label, "certificate", one.revoked_at, used_by, is_revoked=True)
        return
    if one.valid_to and one.valid_to <= now + SOON:
        what = "certificate authority" if one.is_authority else "certificate"
        yield Ending(one.pk, one.label, what, one.valid_to, used_by)
    if one.revocation_until and one.revocation_until <= now + URGENT:
        yield Ending(one.pk, one.label, "revocation list of", one.revocation_until, used_by)

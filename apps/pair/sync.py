"""Whether both units have the same configuration, in a word."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.changes.models import Job, JobState
from apps.pair.models import Delivery
from apps.pair.seen import Seen
from apps.unit.models import Peer

IN_SYNC = "In sync"


@dataclass(frozen=True)
class Known:
    """The peer, how many commits it lacks, and the last delivery that came from it: all of one query."""

    peer: Peer
    behind: int = 0
    delivery: str = ""
    came: datetime | None = None
    refusal: str = ""


@dataclass(frozen=True)
class Sync:
    """The word, its style in lbadmin.css, since when, and a sentence that says more."""

    word: str
    style: str
    since: datetime | None
    why: str


def known() -> Known | None:
    """None on a single unit."""
    newer = Job.objects.filter(state=JobState.DONE, revision__isnull=False, pk__gt=OuterRef("revision")).order_by()
    newer_ones = newer.values("state").annotate(number=Count("pk")).values("number")
    last = Delivery.objects.all()[:1]
    found = (
        Peer.objects.filter(pk=1, is_paired=True)
        .annotate(
            behind=Coalesce(Subquery(newer_ones, output_field=IntegerField()), 0),
            delivery=Subquery(last.values("state")),
            came=Subquery(last.values("came")),
            refusal=Subquery(last.values("sentence")),
        )
        .first()
    )
    return Known(found, found.behind, found.delivery or "", found.came, found.refusal or "") if found else None


def sync(known: Known, seen: Seen | None) -> Sync:
    if away := _away(known.peer, seen):
        return away
    return _of_secondary(known) if known.peer.is_primary else _of_own(known)


def _of_secondary(known: Known) -> Sync:
    peer, since = known.peer, known.peer.synchronised
    if peer.problem:
        return Sync("Refused", "down", since, f"{peer} did not take the newest configuration: {peer.problem}")
    if known.behind:
        commits = "the last commit" if known.behind == 1 else f"the last {known.behind} commits"
        return Sync(f"Behind by {known.behind}", "warn", since, f"{peer} does not run {commits} yet.")
    if not peer.digest:
        return Sync("Waiting", "idle", None, f"Nothing was sent to {peer} yet.")
    return Sync(IN_SYNC, "ok", since, f"{peer} runs the same configuration, revision {peer.revision}.")


def _of_own(known: Known) -> Sync:
    """A Secondary knows what came last."""
    peer = known.peer
    if known.delivery == Delivery.State.REFUSED:
        return Sync("Refused", "down", known.came, f"What came from {peer} was not taken: {known.refusal}")
    if known.delivery == Delivery.State.WAITING:
        return Sync("Behind by 1", "warn", known.came, f"What came from {peer} is being taken.")
    if not known.delivery:
        return Sync("Waiting", "idle", None, f"Nothing came from {peer} yet.")
    return Sync(IN_SYNC, "ok", known.came, f"This unit runs the last configuration that came from {peer}.")


def _away(peer: Peer, seen: Seen | None) -> Sync | None:
    """While they do not speak, nobody knows."""
    since = peer.unreachable
    if since is None and seen and seen.peer_active is None:
        since = moment(seen.peer_since)
    if since is None:
        return None
    why = f"The WebUI of {peer} does not answer on port {peer.port} since {since:%H:%M:%S}."
    return Sync("Not reachable", "warn", since, why)


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.get_current_timezone())

"""What the words in the header mean together, and what to do about it."""

from dataclasses import dataclass

from django.urls import reverse_lazy

from apps.pair.seen import Seen
from apps.pair.sync import moment
from apps.unit.models import Peer

PAGE = reverse_lazy("high-availability")
OVERVIEW = reverse_lazy("overview")
STANDS_BY = "Single unit, but it stands by: press Restart Heartbeat."
SINGLE = "Single unit: no Secondary is defined."
UNKNOWN = (
    "Which unit is active is not known, because the collector does not answer. It is started again by itself; traffic "
    "is not affected."
)
NO_BEAT = (
    "Heartbeat does not run on this unit, or is still starting, so it holds no floating IPs. It is started again by "
    "itself. If this stays, press Restart Heartbeat under Maintenance > Restart Services."
)


@dataclass(frozen=True)
class Notice:
    """`level` is a style in lbadmin.css. A quiet one stands where one looks for states only."""

    level: str
    sentence: str
    quiet: bool = False

    def belongs_on(self, path: str) -> bool:
        return not self.quiet or path in {str(PAGE), str(OVERVIEW)}


def meaning(peer: Peer | None, seen: Seen | None) -> str:
    """One sentence for each combination."""
    if seen and not seen.beats:
        return NO_BEAT
    if peer is None:
        return STANDS_BY if seen and seen.held else SINGLE
    return _of_pair(peer, seen) if seen else UNKNOWN


def _of_pair(peer: Peer, seen: Seen) -> str:
    if not seen.peer_role_agrees:
        return f"{peer} does not know this pair any more."
    if is_split(seen):
        return "Both units are active: each believes that it is alone."
    if seen.held:
        return "This unit stands by: press Restart Heartbeat on the Primary."
    if seen.link is None:
        return f"The heartbeat does not know {peer} yet: press Restart Heartbeat{_where(peer)}."
    return _by_link(peer, seen) if seen.link else _without_link(peer, seen)


def _by_link(peer: Peer, seen: Seen) -> str:
    if seen.active and seen.peer_active:
        return "Both units are active for a moment: they settle it between themselves."
    if is_nobody(seen):
        return "No unit holds the floating IPs."
    if seen.active == peer.is_primary:
        return f"Normal state of the {peer.get_role_display()}."
    if seen.active:
        return f"A failover has happened: this unit serves in place of {peer}."
    return f"A failover has happened: {peer} is active. Take over when this unit is ready."


def _without_link(peer: Peer, seen: Seen) -> str:
    since = f"{moment(seen.link_since):%H:%M:%S}"
    if seen.active:
        return (
            f"No heartbeat from {peer} since {since}: check that unit, and the network between both. This unit serves."
        )
    return f"No heartbeat from {peer} since {since}, yet this unit is passive: it is not able to serve itself."


def is_split(seen: Seen) -> bool:
    """While they hear each other one of them gives way."""
    return seen.active and seen.peer_active is True and seen.link is not True


def is_nobody(seen: Seen) -> bool:
    return not seen.active and seen.peer_active is False


def notices(peer: Peer | None, seen: Seen | None) -> list[Notice]:
    """For the message area: loud for what needs somebody now."""
    if seen is None:
        return [Notice("warn", UNKNOWN, quiet=True)] if peer else []
    if not seen.beats:
        return [Notice("error", NO_BEAT)]
    return [notice for notice in _of(peer, seen) if notice] if peer else []


def _of(peer: Peer, seen: Seen) -> list[Notice | None]:
    return [
        None if seen.peer_role_agrees else _forgotten(peer),
        _split(peer) if is_split(seen) else None,
        _nobody(peer) if is_nobody(seen) else None,
        _standing_by(peer) if seen.held else None,
        _no_link(peer, seen) if seen.link is False and not is_split(seen) else None,
        _failover(peer) if not seen.active and seen.peer_active and peer.is_primary else None,
    ]


def _split(peer: Peer) -> Notice:
    return Notice(
        "error",
        f"Both units are active: this one and {peer} hold the same floating IPs, because neither hears the other one's "
        f"heartbeat. Clients reach sometimes one, sometimes the other. Check the network between {peer.own_address} "
        f"and {peer.address}: the UDP port of the heartbeat must get through in both directions. Once they hear each "
        "other, the Primary stays active. If that takes long, shut one of the units down.",
    )


def _forgotten(peer: Peer) -> Notice:
    return Notice(
        "error",
        f"{peer} does not know this pair any more: it was set up anew, or the pair was broken there. Nothing is "
        "copied, and it may hold the same floating IPs. Press Break Clustered Pair on this unit, then pair again.",
    )


def _nobody(peer: Peer) -> Notice:
    return Notice(
        "error",
        f"No unit holds the floating IPs: neither this one nor {peer} is active, so clients reach nothing. Take over "
        "on the one that shall serve, and look at its log of the heartbeat if that does not work.",
    )


def _standing_by(peer: Peer) -> Notice:
    who = "this unit stands by and does not take over"
    return Notice("warn", f"Until Restart Heartbeat is pressed{_where(peer)}, {who} if {peer} fails.", quiet=True)


def _no_link(peer: Peer, seen: Seen) -> Notice:
    since = f"{moment(seen.link_since):%Y-%m-%d %H:%M:%S %Z}"
    sentence = f"No heartbeat from {peer} since {since}. "
    if seen.peer_active is None:
        sentence += "Its WebUI does not answer either: it is down, or the network between both is."
    else:
        sentence += "Its WebUI answers: check that the UDP port of the heartbeat gets through."
    return Notice("warn", sentence, quiet=True)


def _failover(peer: Peer) -> Notice:
    return Notice(
        "info",
        f"A failover has happened: {peer}, the Secondary, is active and serves. Take over when this unit is ready.",
        quiet=True,
    )


def _where(peer: Peer) -> str:
    return "" if peer.is_primary else " on the Primary"

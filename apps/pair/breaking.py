"""The end of a pair: the Primary keeps its configuration, the Secondary becomes a Primary without one."""

from contextlib import suppress

from django.conf import settings
from django.db import transaction

from apps.common.models import Generation
from apps.pair import taking
from apps.pair.link import PeerRefuses, Stranger, Unreachable, connected
from apps.pair.models import What
from apps.pair.moving import ALONE, apply_settings, take_over
from apps.pair.working import NotDone, done_here
from apps.system import heartbeat
from apps.unit.models import Peer

BROKEN = "The pair is broken. {} is a Primary of its own now, without services. Press Restart Heartbeat to finish."
LEFT = "The pair is broken. This unit is a Primary of its own now{}."
NOT_TOLD = (
    "The pair is broken on this unit. {} It may still hold what it copied: press Break Clustered Pair there, too, "
    "before it is used again."
)
STILL_THERE = (
    "The Primary {} still answers, so two units would have the same floating IPs. Press Break Clustered Pair there, or "
    "leave the configuration to it."
)


def break_pair(user: str, *, keep: bool) -> str:
    """Raises NotDone."""
    peer = Peer.paired()
    if peer is None:
        raise NotDone(ALONE)
    return _as_primary(peer, user) if peer.is_primary else _as_secondary(peer, user, keep)


def _as_primary(peer: Peer, user: str) -> str:
    with suppress(NotDone):
        take_over(user)  # what it serves would end with the other unit's configuration
    try:
        with connected(peer) as link:
            link.ask("do", what=What.CLEAR)
        sentence = BROKEN.format(peer.hostname)
    except (Unreachable, Stranger, PeerRefuses) as problem:
        sentence = NOT_TOLD.format(problem)
    _forget()
    return sentence


def _as_secondary(peer: Peer, user: str, keep: bool) -> str:
    try:
        with connected(peer) as link:
            if keep:
                raise NotDone(STILL_THERE.format(peer.hostname))
            link.ask("do", what=What.CLEAR)
    except (Unreachable, Stranger, PeerRefuses):
        told = f". {peer.hostname} did not answer: press Break Clustered Pair there, too"
    else:
        told = ", without services"
    done_here(What.CLEAR, user, keep=keep)
    return LEFT.format(told)


def leave(*, keep: bool) -> str:
    """This unit's part, when the other one or its own administrator asks."""
    peer = Peer.get()
    if peer is None:
        return "This unit was not paired."
    if not peer.is_paired:
        taking.forget_acquaintance()
    elif peer.is_primary:
        _forget()
    else:
        _leave_as_secondary(keep)
    return "This unit has left the pair."


def _leave_as_secondary(keep: bool) -> None:
    """Nobody may have a floating IP twice: it stands by until it has none any more."""
    if not keep:
        heartbeat.hold(settings.PATHS)
    taking.clear(keep=keep)
    apply_settings()
    heartbeat.release(settings.PATHS)


def _forget() -> None:
    with transaction.atomic():
        Peer.objects.all().delete()
        Generation.touch()

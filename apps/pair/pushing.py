"""The Primary's side of replication: whether the Secondary has what runs here, and sending it if not."""

import time
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.utils import timezone
from redis.exceptions import RedisError

from apps.changes.announce import announce
from apps.pair import bundle
from apps.pair.bundle import Bundle
from apps.pair.link import Link, PeerRefuses, Stranger, Unreachable, connected
from apps.unit.models import Peer

PATIENCE = 120.0  # seconds for the Secondary to take a whole configuration
LOOK = 0.05
ANSWER = 10.0  # for each of its answers
LONGEST_WAIT = 60  # seconds between two tries while it is away, or with what it refused
TAKEN, REFUSED = "taken", "refused"
TROUBLE = (Unreachable, Stranger, PeerRefuses, bundle.Unreadable)


class NotTaken(Exception):
    """The Secondary does not run what this unit runs; the message says why."""


def push(peer: Peer) -> None:
    """Have the Secondary run what runs here. Safe to repeat; nothing is sent to one that has it. Raises NotTaken."""
    try:
        found = bundle.make()
        with connected(peer, patience=ANSWER) as link:
            state = link.ask("state")
            if not _has(state, found):
                _spare(peer, state, found)
                link.send("push", found.digest.encode() + bundle.pack(found))
                state = _awaited(link, found)
    except TROUBLE as trouble:
        _note_trouble(peer, trouble)
        raise NotTaken(str(trouble)) from trouble
    _note(peer, found)


def _has(state: dict[str, object], found: Bundle) -> bool:
    """Its HAProxy runs the same, and its last delivery was this."""
    delivery = state.get("delivery")
    is_same = isinstance(delivery, dict) and (delivery["digest"], delivery["state"]) == (found.digest, TAKEN)
    return is_same and state.get("document") == bundle.running_digest()


def _spare(peer: Peer, state: dict[str, Any], found: Bundle) -> None:
    """What was refused is sent again, but not every few seconds: each time it is a whole commit. Raises PeerRefuses."""
    delivery = state.get("delivery") or {}
    if peer.is_paired and (delivery.get("digest"), delivery.get("state")) == (found.digest, REFUSED):
        try:
            is_time = cache.add(f"pair:refused:{found.digest}", True, LONGEST_WAIT)
        except RedisError:
            is_time = True
        if not is_time:
            raise PeerRefuses(delivery["sentence"])


def _awaited(link: Link, found: Bundle) -> dict[str, object]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        time.sleep(LOOK)
        state = link.ask("state")
        delivery = state.get("delivery") or {}
        if delivery.get("digest") != found.digest:
            continue
        if delivery["state"] == REFUSED:
            raise PeerRefuses(delivery["sentence"])
        if delivery["state"] == TAKEN:
            if not _has(state, found):
                raise PeerRefuses("It took the configuration, but its HAProxy runs another one.")
            return state
    raise PeerRefuses(f"It has not taken the configuration within {PATIENCE:.0f} s.")


def _note(peer: Peer, found: Bundle) -> None:
    """Written only when something is new: this is asked every few seconds."""
    before = (peer.digest, peer.revision, peer.problem, peer.unreachable)
    if before == (found.digest, found.revision, "", None):
        return
    is_new = peer.digest != found.digest or peer.unreachable
    _save(
        peer,
        digest=found.digest,
        revision=found.revision,
        problem="",
        unreachable=None,
        **({"synchronised": timezone.now()} if is_new else {}),
    )


def _note_trouble(peer: Peer, trouble: Exception) -> None:
    if isinstance(trouble, Unreachable):
        if peer.unreachable is None:
            _save(peer, unreachable=timezone.now())
    elif peer.problem != str(trouble) or peer.unreachable:
        _save(peer, problem=str(trouble), unreachable=None)


def _save(peer: Peer, **fields: object) -> None:
    for name, value in fields.items():
        setattr(peer, name, value)
    Peer.objects.filter(pk=peer.pk, key=peer.key).update(**fields)
    announce("pair")


def is_due(peer: Peer) -> bool:
    """Whether to look again. One that is away is asked ever more seldom."""
    if peer.unreachable is None:
        return True
    away = timezone.now() - peer.unreachable
    wait = min(LONGEST_WAIT, max(5, away / timedelta(seconds=4)))
    try:
        return bool(cache.add("pair:tried", True, wait))
    except RedisError:
        return True

"""A pair as its rows, and what the collector sees of it: for pages, without a second unit."""

import time
from typing import Any

from django.core.cache import cache
from django.utils import timezone

from apps.pair import seen
from apps.pair.models import Delivery, Step, Undertaking, What
from apps.pair.seen import Seen
from apps.unit.models import Peer, Role

OWN, PEER = "10.11.40.55", "10.11.40.56"
PAGE = "/lbadmin/cluster/high-availability/"
DIGEST = "9c41e7d2" * 8
FINGERPRINT = "4fa209c17de0" * 5 + "4fa2"


def pair(role: Role = Role.PRIMARY, **fields: Any) -> Peer:
    """This unit with the role, and the other one called lb2."""
    known: dict[str, Any] = {
        "role": role,
        "own_address": OWN,
        "address": PEER,
        "hostname": "lb2",
        "key": "00" * 32,
        "fingerprint": FINGERPRINT,
        "is_paired": True,
    }
    if role == Role.PRIMARY:
        known |= {"digest": DIGEST, "revision": 1, "synchronised": timezone.now()}
    else:
        Delivery.objects.create(digest=DIGEST, state=Delivery.State.TAKEN)
    return Peer.objects.create(pk=1, **known | fields)


def sees(**fields: Any) -> Seen:
    """All is well on a Primary, but for the fields."""
    now = time.time()
    well: dict[str, Any] = {
        "at": now,
        "active": True,
        "beats": True,
        "held": False,
        "link": True,
        "link_since": now - 300,
        "peer_active": False,
        "peer_since": now - 300,
        "peer_role_agrees": True,
        "tables": "connected",
    }
    found = Seen(**well | fields)
    seen.write(cache, found)
    return found


def undertaking(what: What = What.PAIR, step: Step = Step.COPYING, **fields: Any) -> Undertaking:
    known: dict[str, Any] = {"what": what, "step": step, "user": "loadbalancer"}
    if what == What.PAIR:
        known |= {"own_address": OWN, "address": PEER, "hostname": "lb2", "fingerprint": FINGERPRINT}
    return Undertaking.objects.create(**known | fields)

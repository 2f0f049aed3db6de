"""What the collector sees of this unit and its peer, once a second, for every page."""

import time
from dataclasses import asdict, dataclass
from typing import Any

from django.core.cache import BaseCache
from redis.exceptions import RedisError

KEY = "pair:seen"
FRESH = 10.0  # seconds


@dataclass(frozen=True)
class Seen:
    at: float  # time.time()
    active: bool  # this unit holds the floating IPs
    beats: bool  # keepalived runs here
    held: bool  # this unit stands by until Restart Heartbeat
    link: bool | None  # heartbeat to the peer is up; None on a single unit, or before the heartbeat knows the peer
    link_since: float
    peer_active: bool | None  # None: peer not reachable
    peer_since: float  # since when it is, or is not
    peer_role_agrees: bool  # False: the peer does not know this pair any more
    tables: str  # "" or words about persistence tables


def write(cache: BaseCache, seen: Seen) -> None:
    """Raises RedisError."""
    cache.set(KEY, asdict(seen), FRESH)


def read(cache: BaseCache) -> Seen | None:
    """None when nothing fresh is known."""
    try:
        found: dict[str, Any] | None = cache.get(KEY)
    except RedisError:
        return None
    return Seen(**found) if found and time.time() - found["at"] <= FRESH else None

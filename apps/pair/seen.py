"""What the collector sees of the pair, once a second, for every page: in Django's cache, that is Redis."""

import time
from dataclasses import asdict, dataclass

from django.core.cache import BaseCache
from redis.exceptions import RedisError

KEY = "pair:seen"
FRESH = 10  # seconds after which it tells nothing any more


@dataclass(frozen=True)
class Seen:
    at: float  # seconds since 1970
    active: bool  # this unit holds the floating IPs
    beats: bool  # keepalived runs here; always so where lbadmin does not run as root
    held: bool  # this unit stands by until Restart Heartbeat: a new Secondary
    link: bool | None  # the heartbeat hears the peer; None on a single unit, or before the heartbeat knows the peer
    link_since: float
    peer_active: bool | None  # None: the peer cannot be reached
    peer_since: float  # since when it can be, or cannot
    peer_role_agrees: bool  # False: the peer does not know this pair any more
    tables: str  # of the persistence tables: "connected", "not connected"; blank where none are copied


def write(cache: BaseCache, seen: Seen) -> None:
    """Raises RedisError."""
    cache.set(KEY, asdict(seen), FRESH)


def read(cache: BaseCache) -> Seen | None:
    """None when nobody knows: nothing fresh is there, it is of another version, or Redis is away."""
    try:
        found = cache.get(KEY)
        seen = Seen(**found) if found else None
    except (RedisError, TypeError):
        return None
    return seen if seen and abs(time.time() - seen.at) <= FRESH else None

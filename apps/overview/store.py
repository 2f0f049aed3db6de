"""Where the collector leaves its snapshot and the pages find it: Django's cache, that is Redis.

Two keys: a head that every poll reads, and a body that is read only when the head tells of a new version.
"""

import json

from django.core.cache import BaseCache
from redis.exceptions import RedisError

from apps.overview.snapshot import Key, Server, Service, Snapshot

HEAD = "overview:head"
BODY = "overview:body"
KEPT = 24 * 3600  # how long a page can say since when it has no fresh states
FRESH = 10  # a snapshot older than this is not shown


class NoSnapshot(Exception):
    """There is none that is fresh. `since` is when the last one was taken; 0 when nobody knows."""

    def __init__(self, since: float = 0) -> None:
        super().__init__("No fresh states.")
        self.since = since


def write(cache: BaseCache, snapshot: Snapshot, body_too: bool) -> None:
    """Raises RedisError. The body goes first: a head never tells of a version that is not there."""
    if body_too or not cache.touch(BODY, KEPT):
        cache.set(BODY, _body(snapshot), KEPT)
    cache.set(HEAD, [snapshot.version, snapshot.reset, snapshot.at, snapshot.runs], KEPT)


def read(cache: BaseCache, now: float, known: Snapshot | None = None) -> Snapshot:
    """The fresh snapshot; `known` itself when that is still the version. Raises NoSnapshot."""
    try:
        head = cache.get(HEAD)
        if head is None:
            raise NoSnapshot
        version, reset, at, runs = head
        if abs(now - at) > FRESH:
            raise NoSnapshot(at)
        if known and known.version == version:
            return known
        body = cache.get(BODY)
    except RedisError as error:
        raise NoSnapshot from error
    if body is None:
        raise NoSnapshot(at)
    return Snapshot(version, reset, at, runs, _services(body))


def _body(snapshot: Snapshot) -> str:
    return json.dumps(snapshot.services, separators=(",", ":"))


def _services(body: str) -> dict[Key, Service]:
    return {
        _key(vip): Service(status, conns, {_key(rip): Server(*server) for rip, server in servers.items()}, changed)
        for vip, (status, conns, servers, changed) in json.loads(body).items()
    }


def _key(text: str) -> Key:
    return int(text) if text.isdecimal() else text

"""Asks HAProxy once a second for any number of browsers."""

import logging
import time
from pathlib import Path
from threading import Event

from django.core.cache import BaseCache
from redis.exceptions import RedisError

from apps.overview import store
from apps.overview.snapshot import COMMAND, Snapshot, Unreadable, following, parse
from apps.system import haproxy

PERIOD = 1.0
log = logging.getLogger(__name__)


def collect(socket: Path, cache: BaseCache, stop: Event) -> None:
    """Go on until `stop` is set. HAProxy and Redis may come and go."""
    snapshot, stored = Snapshot(), True
    while not stop.is_set():
        begun = time.monotonic()
        try:
            snapshot, stored = step(snapshot, socket, cache), True
        except RedisError as problem:
            if stored:
                log.warning("The states cannot be stored, trying again every second: %s", problem)
            stored = False
        stop.wait(max(0.1, PERIOD - (time.monotonic() - begun)))


def step(before: Snapshot, socket: Path, cache: BaseCache) -> Snapshot:
    """Ask HAProxy and leave the answer in the cache. Raises RedisError."""
    now = time.time()
    try:
        services = parse(haproxy.ask(socket, COMMAND), now)
    except (haproxy.NoAnswer, Unreadable) as problem:
        services = None
        if before.runs or not before.version:
            log.warning("%s", problem)
    snapshot = following(before, services, now)
    store.write(cache, snapshot, body_too=snapshot.version != before.version)
    return snapshot

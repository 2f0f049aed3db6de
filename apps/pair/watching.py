"""Looks at both units once a second: for the pages, and for keepalived, which cannot see whether HAProxy serves."""

import logging
import os
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from apps.pair.link import Link, PeerRefuses, Stranger, Unreachable, connected
from apps.pair.seen import Seen, write
from apps.system import haproxy, heartbeat, host, keepalived, network
from apps.unit.models import Peer

PERIOD = 1.0
PATIENCE = 3  # looks in a row without an answer before keepalived is told
log = logging.getLogger(__name__)
ESTABLISHED = "last_status=ESTA"  # what HAProxy says of a connection that works
TOO_LONG = 2.0  # seconds: a unit that lost its power says nothing at all


@dataclass
class Watch:
    """What was seen so far, with the session to the peer, which is kept open."""

    silent: dict[str, int] = field(default_factory=dict)  # looks in a row without an answer, by the track file
    since: dict[str, tuple[object, float]] = field(default_factory=dict)  # a value and since when it holds
    open_: ExitStack = field(default_factory=ExitStack)
    link: Link | None = None

    def look(self) -> Seen:
        told = heartbeat.told(settings.PATHS).settings
        self._tell("haproxy", answers=_serves())
        self._tell("test", answers=not told.test_address or host.answers_ping(told.test_address))
        peer = Peer.paired()
        state, agrees = self._ask(peer)
        link = host.answers_ping(told.ends[1]) and bool(state.get("beats", True)) if peer and told.peer else None
        active = state.get("active")
        return Seen(
            at=time.time(),
            active=network.is_active(),
            beats=bool(keepalived.pid(settings.PATHS)) or not settings.PATHS.heartbeat_told.exists(),
            held=heartbeat.is_held(settings.PATHS),
            link=link,
            link_since=self._since("link", link),
            peer_active=active if isinstance(active, bool) else None,
            peer_since=self._since("peer", active is None),
            peer_role_agrees=agrees,
            tables=_tables() if peer else "",
        )

    def _tell(self, name: str, *, answers: bool) -> None:
        """Keepalived, in a file that it watches."""
        self.silent[name] = 0 if answers else self.silent.get(name, 0) + 1
        if os.access(keepalived.track_file(settings.PATHS, name), os.W_OK):
            heartbeat.mark(settings.PATHS, name, bad=self.silent[name] >= PATIENCE)

    def _since(self, name: str, value: object) -> float:
        before = self.since.get(name)
        if before is None or before[0] != value:
            self.since[name] = (value, time.time())
        return self.since[name][1]

    def _ask(self, peer: Peer | None) -> tuple[dict[str, Any], bool]:
        """What the peer says of itself, and whether it is still the peer."""
        if peer is None:
            self.close()
            return {}, True
        for _ in range(2):  # a session that is over is opened anew
            try:
                if self.link is None:
                    self.link = self.open_.enter_context(connected(peer, patience=TOO_LONG))
                found = self.link.ask("state")
            except Stranger:
                self.close()
            except (Unreachable, PeerRefuses):
                self.close()
                return {}, True
            else:
                return found, found.get("role") == peer.others_role
        return {}, False

    def close(self) -> None:
        self.open_.close()
        self.link = None


def _serves() -> bool:
    try:
        return bool(haproxy.ask(settings.PATHS.haproxy_stats_socket, "show info"))
    except haproxy.NoAnswer:
        return False


def _tables() -> str:
    """Whether HAProxy reaches the one of the other unit."""
    try:
        lines = haproxy.ask(settings.PATHS.haproxy_stats_socket, "show peers").splitlines()
    except haproxy.NoAnswer:
        return ""
    words = next((line for line in lines if "(remote" in line), "")
    return ("connected" if ESTABLISHED in words else "not connected") if words else ""


def watch(stop: Event) -> None:
    """Go on until `stop` is set. Units and Redis may come and go."""
    looking = Watch()
    while not stop.is_set():
        begun = time.monotonic()
        try:
            write(cache, looking.look())
        except RedisError as problem:
            log.warning("What is seen of the pair cannot be stored: %s", problem)
        stop.wait(max(0.1, PERIOD - (time.monotonic() - begun)))
    looking.close()

"""What HAProxy says of its services, made small, and what changed since it was asked before.

Pure: text in, values out. HAProxy's ids are our primary keys: a service's id is the VIP's, a server's the RIP's + 1.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import NamedTuple

COMMAND = "show stat -1 5 -1"  # of every service (-1) its frontend (1) and its servers (4)
COLUMNS = ("type", "iid", "sid", "status", "scur", "lastchg", "check_status", "check_duration", "last_chk")
FRONTEND, SERVER = "0", "2"
FALLBACK = 1  # the id of the fallback server in every service
JITTER = 2  # HAProxy tells how many whole seconds ago: the moment wanders a little


class Unreadable(Exception):
    """HAProxy answered something else than its statistics."""


class Server(NamedTuple):
    """A real server as HAProxy sees it; `since` and `age` are told of one that is down. `took` alone is no change."""

    status: str
    conns: int
    check: str = ""
    said: str = ""
    since: int = 0
    age: str = ""
    took: str = ""  # milliseconds of the last check

    @property
    def is_down(self) -> bool:
        return self.status.startswith("DOWN")


class Service(NamedTuple):
    """A virtual service as HAProxy sees it. `changed` is the version in which anything shown of it changed last."""

    status: str
    conns: int
    servers: dict[int, Server]
    changed: int = 0


@dataclass(frozen=True)
class Snapshot:
    """All services. `version` grows when anything shown changes; `reset` is the last one that concerns every row."""

    version: int = 0
    reset: int = 0
    at: float = 0
    runs: bool = False
    services: dict[int, Service] = field(default_factory=dict)


def parse(answer: str, now: float) -> dict[int, Service]:
    """Read the answer to COMMAND. Raises Unreadable."""
    services: dict[int, Service] = {}
    for kind, iid, sid, status, conns, ago, check, took, said in _rows(answer):
        if kind == FRONTEND:
            services[int(iid)] = Service(status, int(conns), {})
        elif kind == SERVER and int(sid) != FALLBACK and int(iid) in services:
            server = Server(status, int(conns), check.removeprefix("* "), said, took=took)
            if server.is_down:
                server = server._replace(since=int(now) - int(ago or 0))
            services[int(iid)].servers[int(sid) - 1] = server
    return services


def _rows(answer: str) -> Iterator[tuple[str, ...]]:
    head, _, text = answer.lstrip().partition("\n")
    names = head.removeprefix("# ").split(",")
    try:
        pick = itemgetter(*map(names.index, COLUMNS))
    except ValueError as error:
        raise Unreadable(f"HAProxy answered something else than its statistics: {head[:80]}") from error
    for line in text.splitlines():
        # Only the words of a check can hold a comma, and stand in quotes then.
        values = next(csv.reader([line])) if '"' in line else line.split(",")
        if len(values) >= len(names):
            yield pick(values)


def following(before: Snapshot, services: dict[int, Service] | None, now: float) -> Snapshot:
    """The snapshot after `before`. `services` is None while HAProxy does not answer."""
    version = max(before.version + 1, int(now * 1000))  # grows even when the collector was started anew
    runs = services is not None
    fresh = {pk: _carry(service, before.services.get(pk), version, now) for pk, service in (services or {}).items()}
    if not before.version or runs != before.runs or before.services.keys() - fresh.keys():
        return Snapshot(version, version, now, runs, fresh)
    if any(service.changed == version for service in fresh.values()):
        return replace(before, version=version, at=now, services=fresh)
    return replace(before, at=now, services=fresh)


def _carry(service: Service, old: Service | None, version: int, now: float) -> Service:
    """Take over what only jitters, and the version of the last change when nothing shown changed."""
    before = old.servers if old else {}
    servers = {
        pk: _steady(server, before.get(pk), now) if server.is_down else server for pk, server in service.servers.items()
    }
    same = old is not None and old[:2] == service[:2] and _shown(before) == _shown(servers)
    return Service(service.status, service.conns, servers, old.changed if old and same else version)


def _shown(servers: dict[int, Server]) -> dict[int, tuple[object, ...]]:
    return {pk: server[:-1] for pk, server in servers.items()}


def _steady(server: Server, old: Server | None, now: float) -> Server:
    since = old.since if old and abs(old.since - server.since) <= JITTER else server.since
    return server._replace(since=since, age=age(now - since))


def age(seconds: float) -> str:
    """How long ago, as coarse as a person says it: what changes rarely is sent rarely."""
    minutes = int(seconds) // 60
    if minutes < 1:
        return "less than 1 min"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} days"

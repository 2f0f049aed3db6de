"""Drain, Halt and Online: from the click until HAProxy says so."""

import time
from collections.abc import Iterator
from itertools import cycle

from django.conf import settings

from apps.changes import states
from apps.haproxy.states import ADMIN, FORCED, parse
from apps.overview.actions import set_state
from apps.services.models import RealServer, State
from apps.system import haproxy
from tests.bench.row import Row, row
from tests.bench.site import Site, program
from tests.bench.timing import Timed, clock, spread
from tests.bench.waiting import until

ROUNDS = 60
BETWEEN = 0.2  # seconds
SERVER = 2  # primary key; not the first, that others change


def measure(site: Site) -> Iterator[Row]:
    ways = cycle([State.DRAIN, State.HALT, State.ONLINE])
    yield from _rows(site, "drain, halt, online, telling HAProxy", lambda: _in_process(next(ways)))
    with program("apply"):
        yield from _rows(site, "drain, halt, online, from the click", lambda: _through_the_worker(next(ways)))


def _rows(site: Site, name: str, work: Timed) -> Iterator[Row]:
    middle, late = spread(ROUNDS, work)
    yield row(name, site.vips, middle, "ms", 30)
    yield row(f"{name}, p95", site.vips, late, "ms", 100)


def _in_process(state: State) -> float:
    RealServer.objects.filter(pk=SERVER).update(state=state)
    return clock(states.tell)


def _through_the_worker(state: State) -> float:
    time.sleep(BETWEEN)  # the worker still notes the last one for HAProxy's next start
    return clock(lambda: _click(state))


def _click(state: State) -> None:
    if not set_state([RealServer.objects.get(pk=SERVER)], state):
        raise RuntimeError("The worker cannot be reached.")
    until(lambda: _told(state))


def _told(state: State) -> bool:
    answer = haproxy.ask(settings.PATHS.haproxy_stats_socket, "show servers state VIP-1")
    (found,) = [item for item in parse(answer).values() if item["srv_name"] == f"SERVER{SERVER}"]
    return int(found["srv_admin_state"]) & FORCED == int(ADMIN[state])

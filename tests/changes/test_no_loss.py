"""Reloads under load lose no request."""

import time
from collections.abc import Iterator

import pytest
from django.conf import settings

from apps.changes import activate
from apps.changes.models import JobState, Kind
from apps.services.models import VirtualService
from apps.system import haproxy
from tests.changes.conftest import PORT
from tests.changes.load import Outcome, fast_server, load
from tests.changes.test_reload import reload

RELOADS = 10  # in a round
ENOUGH = 100_000
LONGEST = 40.0  # seconds


@pytest.fixture
def server_port() -> Iterator[int]:
    with fast_server() as port:
        yield port


@pytest.mark.usefixtures("running")
def test_twenty_reloads_under_load_lose_no_request() -> None:
    workers = {worker()}
    rounds: list[Outcome] = []
    end = time.monotonic() + LONGEST
    while len(rounds) < 2 or (sum(each.answered for each in rounds) < ENOUGH and time.monotonic() < end):
        with load(f"http://127.0.0.9:{PORT}/") as outcome:
            workers |= {reloaded(number) for number in range(RELOADS)}
        rounds.append(outcome)
    assert len(workers) == 1 + RELOADS * len(rounds) > 20
    assert sum(each.failed for each in rounds) == 0, [each.said for each in rounds]
    assert sum(each.answered for each in rounds) >= ENOUGH


def reloaded(number: int) -> int:
    """Commit a change that takes a reload; the process id of the worker that came of it."""
    VirtualService.objects.update(balance="roundrobin" if number % 2 else "leastconn")
    job = reload()
    assert (job.state, job.sentence) == (JobState.DONE, activate.DONE[Kind.RELOAD])
    return worker()


def worker() -> int:
    return haproxy.processes(settings.PATHS.haproxy_master_socket).worker

"""A commit from the click to the proof, beside the bare check and the bare reload of the same configuration."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator

from django.conf import settings

from apps.changes import engine
from apps.changes.models import Job, Kind
from apps.common.models import Generation
from apps.services.models import Balance, RealServer, VirtualService
from apps.system import haproxy
from tests.bench.row import Row, row
from tests.bench.site import Site
from tests.bench.timing import clock, in_turns
from tests.bench.waiting import until

ROUNDS = 9
FEW = 100  # virtual services up to which the budget is a fixed time, not a factor


def measure(site: Site) -> Iterator[Row]:
    raw, reload, weight = in_turns(
        ROUNDS,
        lambda: clock(lambda: _raw(site.master)),
        lambda: commit(edit_balance, reloads=True),
        lambda: commit(_edit_weight, reloads=False),
    )
    yield row("haproxy -c and reload, bare", site.vips, raw, "ms")
    yield row("commit with a reload", site.vips, reload, "ms", raw + 100 if site.vips <= FEW else None)
    yield row("commit, in bare check and reload", site.vips, reload / raw, "×", None if site.vips <= FEW else 1.5)
    yield row("commit of a weight, without a reload", site.vips, weight, "ms")


def commit(edit: Callable[[], None], *, reloads: bool) -> float:
    """Edit, then commit; milliseconds of the commit."""
    edit()
    Generation.touch()
    before = _worker()
    took = clock(lambda: engine.commit(Job.objects.create(kind=Kind.RELOAD, user="loadbalancer")))
    job = Job.objects.latest("pk")
    if not job.is_good or (_worker() != before) != reloads:
        raise RuntimeError(f"{job.sentence} {job.said}")
    return took


def edit_balance() -> None:
    """Takes a reload."""
    service = VirtualService.objects.get(pk=1)
    service.balance = Balance.ROUNDROBIN if service.balance == Balance.LEASTCONN else Balance.LEASTCONN
    service.save()


def _edit_weight() -> None:
    server = RealServer.objects.get(pk=1)
    server.weight = server.weight % 100 + 1
    server.save()


def _raw(master: int) -> None:
    subprocess.run([haproxy.BINARY, "-c", "-f", settings.PATHS.haproxy_config], stdout=subprocess.DEVNULL, check=True)
    before = _worker()
    os.kill(master, signal.SIGUSR2)
    until(lambda: _worker() not in {0, before} and _answers())


def _worker() -> int:
    """Process id of the worker that the master has now; 0 when it does not say."""
    try:
        return haproxy.processes(settings.PATHS.haproxy_master_socket).worker
    except haproxy.NoAnswer:
        return 0


def _answers() -> bool:
    try:
        return bool(haproxy.info(settings.PATHS.haproxy_admin_socket))
    except haproxy.NoAnswer:
        return False

"""The pages that show every virtual service: time of the server, as they open, in a process that serves pages only."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.cache import cache
from django.test import Client

from apps.accounts.models import Group, User
from apps.changes import candidate
from apps.overview import collector, table
from apps.overview.snapshot import Snapshot
from lbadmin.memory import collect_seldom
from tests.bench.row import Row, row
from tests.bench.site import Site
from tests.bench.timing import clock, in_turns

ROUNDS = 15
LISTS = {
    "Layer 7 – Virtual Services": "/lbadmin/cluster/virtual-services/",
    "Layer 7 – Virtual Services, sorted by state": "/lbadmin/cluster/virtual-services/?sort=state&size=100",
    "Layer 7 – Real Servers": "/lbadmin/cluster/real-servers/",
    "Layer 7 – Real Servers, searched and sorted": "/lbadmin/cluster/real-servers/?q=127&sort=-conns&size=100",
}


def measure(site: Site) -> Iterator[Row]:
    client = Client()
    client.force_login(User.objects.create_user("bench", "correct horse battery", Group.CONFIG))
    with _serving():
        cold, warm = in_turns(ROUNDS, lambda: _cold(client), lambda: _warm(client, "/lbadmin/"))
        yield row("System Overview, cold", site.vips, cold, "ms", 15 if site.vips <= 100 else 50)
        yield row("System Overview, warm", site.vips, warm, "ms", 5)
        for name, url in LISTS.items():
            (took,) = in_turns(ROUNDS, lambda url=url: _warm(client, url))  # type: ignore[misc]
            yield row(name, site.vips, took, "ms", 50)


@contextmanager
def _serving() -> Iterator[None]:
    """Collect garbage as the process of the WebUI does."""
    before = gc.get_threshold()
    collect_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _cold(client: Client) -> float:
    """As after an edit: nothing that was kept holds any more."""
    collector.step(Snapshot(), settings.PATHS.haproxy_stats_socket, cache)
    table.forget()
    candidate._fingerprints.cache_clear()
    return clock(lambda: _get(client, "/lbadmin/"))


def _warm(client: Client, url: str) -> float:
    return clock(lambda: _get(client, url))


def _get(client: Client, url: str) -> None:
    answer = client.get(url, secure=True, headers={"accept-encoding": "gzip"})
    if answer.status_code != 200:
        raise RuntimeError(f"{url} answered {answer.status_code}.")

"""System Overview: time of the server for the page as it opens, with every virtual service collapsed."""

from collections.abc import Iterator

from django.conf import settings
from django.core.cache import cache
from django.test import Client

from apps.accounts.models import Group, User
from apps.changes import candidate
from apps.overview import collector, table
from apps.overview.snapshot import Snapshot
from tests.bench.row import Row, row
from tests.bench.site import Site
from tests.bench.timing import clock, in_turns

ROUNDS = 15


def measure(site: Site) -> Iterator[Row]:
    client = Client()
    client.force_login(User.objects.create_user("bench", "correct horse battery", Group.REPORT))
    cold, warm = in_turns(ROUNDS, lambda: _cold(client), lambda: _warm(client))
    yield row("System Overview, cold", site.vips, cold, "ms", 15 if site.vips <= 100 else 50)
    yield row("System Overview, warm", site.vips, warm, "ms", 5)


def _cold(client: Client) -> float:
    """As after an edit: nothing that was kept holds any more."""
    collector.step(Snapshot(), settings.PATHS.haproxy_stats_socket, cache)
    table.forget()
    candidate._fingerprints.cache_clear()
    return clock(lambda: _get(client))


def _warm(client: Client) -> float:
    return clock(lambda: _get(client))


def _get(client: Client) -> None:
    answer = client.get("/lbadmin/", secure=True, headers={"accept-encoding": "gzip"})
    if answer.status_code != 200:
        raise RuntimeError(f"The System Overview answered {answer.status_code}.")

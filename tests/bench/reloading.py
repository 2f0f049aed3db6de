"""Reloads under load, through the product: how many requests are lost."""

from collections.abc import Iterator

from tests.bench.committing import commit, edit_balance
from tests.bench.row import Row, row
from tests.bench.site import Site
from tests.changes.load import load

RELOADS = 20
ENOUGH = 100_000


def measure(site: Site) -> Iterator[Row]:
    answered = failed = 0
    while answered < ENOUGH:
        with load(site.url) as outcome:
            for _ in range(RELOADS):
                commit(edit_balance, reloads=True)
        answered += outcome.answered
        failed += outcome.failed
    yield row(f"requests lost in {RELOADS} reloads", site.vips, failed, "requests", 0)
    yield row("requests answered meanwhile", site.vips, answered, "requests")

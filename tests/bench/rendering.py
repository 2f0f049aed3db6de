"""Rendering from the database, beside HAProxy's own check of the same file."""

from collections.abc import Iterator

from django.conf import settings

from apps.changes import candidate
from apps.haproxy import listen
from apps.haproxy import render as renderer
from apps.system import haproxy
from tests.bench.committing import edit_balance
from tests.bench.row import Row, row
from tests.bench.site import Site
from tests.bench.timing import clock, in_turns

ROUNDS = 15


def measure(site: Site) -> Iterator[Row]:
    first, next_one, raw = in_turns(
        ROUNDS,
        _first,
        _after_an_edit,
        lambda: clock(lambda: haproxy.check(settings.PATHS.haproxy_config)),
    )
    yield row("haproxy -c", site.vips, raw, "ms")
    yield row("render from the database, first time", site.vips, first, "ms", 50)
    yield row("render from the database, first time, in haproxy -c", site.vips, first / raw, "×", 0.75)
    yield row("render from the database, after an edit", site.vips, next_one, "ms", 50)
    yield row("render from the database, after an edit, in haproxy -c", site.vips, next_one / raw, "×", 0.75)


def _first() -> float:
    """As a process does that has rendered nothing yet."""
    for kept in (renderer.SECTIONS, listen.FRAMES):
        kept.clear()
    return clock(_render)


def _after_an_edit() -> float:
    edit_balance()
    return clock(_render)


def _render() -> None:
    renderer.render(candidate.load())

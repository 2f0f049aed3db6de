"""`manage.py collect`: the collector, until it is told to end."""

import signal
from threading import Event, Thread
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.management.base import BaseCommand

from apps.overview.collector import collect
from apps.pair.watching import watch


class Command(BaseCommand):
    help = "Ask HAProxy for its states every second and keep them where the System Overview finds them."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Event()
        for ending in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ending, lambda *_: stop.set())
        Thread(target=_watch, args=(stop,)).start()
        collect(settings.PATHS.haproxy_stats_socket, cache, stop)


def _watch(stop: Event) -> None:
    """If it ends by a defect of ours the collector ends too, and is started again."""
    try:
        watch(stop)
    finally:
        stop.set()

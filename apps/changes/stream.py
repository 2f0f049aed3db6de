"""Tells each browser at once that the Commit changes box looks different, as Server-Sent Events."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from functools import partial
from threading import BoundedSemaphore

from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.changes.announce import CHANNEL
from apps.system import bell

LASTS = 30.0  # seconds; the browser opens the next one at once, with a session that still holds
LOOKS = 0.25  # seconds between two looks whether the browser is still there
RETRY = "retry: 2000\n\n"  # milliseconds, when the connection breaks
END = "event: end\ndata\n\n"

_places = BoundedSemaphore(bell.STREAMS)


class Events:
    """What one browser is told. `close` gives its place back, also when nobody ever reads this."""

    def __init__(self, listener: bell.Listener, has_left: Callable[[], bool], end: ExitStack) -> None:
        self._listener = listener
        self._has_left = has_left
        self._end = end
        self._texts = self._events()

    def __iter__(self) -> Iterator[str]:
        return self._texts

    def close(self) -> None:
        self._texts.close()
        self._end.close()

    def _events(self) -> Generator[str, None, None]:
        connections.close_all()  # who it is was asked; nothing more is read from the database
        yield RETRY
        end = time.monotonic() + LASTS
        while (left := end - time.monotonic()) > 0:
            try:
                word = self._listener.hear(min(left, LOOKS))
            except bell.NoBell:
                return
            if word:
                yield f"data: {word}\n\n"
            elif self._has_left():
                return
        yield END


@needs(Group.REPORT)
@require_GET
def stream(request: HttpRequest) -> HttpResponseBase:
    """A word whenever the box looks different. 204, with which a browser is content, leaves it to its polls."""
    with ExitStack() as stack:
        if not _places.acquire(blocking=False):
            return HttpResponse(status=204)
        stack.callback(_places.release)
        try:
            listener = stack.enter_context(bell.listen(settings.PATHS.redis_socket, CHANNEL))
        except bell.NoBell:
            return HttpResponse(status=204)
        has_left = partial(bell.has_left, request.META.get("gunicorn.socket"))
        events = Events(listener, has_left, stack.pop_all())
    return StreamingHttpResponse(events, content_type="text/event-stream")

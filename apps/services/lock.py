"""Lock HAProxy Configuration: while it is on, no page changes what HAProxy runs. Whatever saves is stopped here."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from apps.common.models import Generation, Refused, touched
from apps.common.views import problem
from apps.services.models import Layer7

View = Callable[..., HttpResponseBase]
NOTICE = (
    "HAProxy's configuration is locked. Pages of layer 7 refuse changes, and nothing is committed; what is saved stays "
    "saved, and HAProxy goes on serving. To change something, turn Lock HAProxy Configuration off under "
    "Layer 7 – Advanced Configuration."
)
LOCKED = 423
FREE = ("apps.accounts.", "apps.certificates.", "apps.local.")  # what they save is no part of layer 7
PAGES = "/lbadmin/cluster/"
OTHERS = tuple(f"{PAGES}{page}/" for page in ("ssl-certificate", "heartbeat", "high-availability"))

# None where nothing is refused; else whether it was locked when the request came: going back could unlock it first.
_was_locked: ContextVar[bool | None] = ContextVar("was_locked", default=None)


def while_locked(view: View) -> View:
    """Declare that a view may save while the configuration is locked."""
    view.while_locked = True  # type: ignore[attr-defined]
    return view


def is_locked() -> bool:
    return bool(Layer7.objects.filter(pk=1, locked=True).exists())


def notice(request: HttpRequest) -> str:
    """For the pages of layer 7; blank while they may be used."""
    is_one = request.path.startswith(PAGES) and not request.path.startswith(OTHERS)
    return NOTICE if is_one and is_locked() else ""


class ConfigurationLock:
    """Guards every request but those of views that are told to be free."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = _was_locked.set(None)
        try:
            return self.get_response(request)
        finally:
            _was_locked.reset(token)

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> None:
        is_free = hasattr(view, "while_locked") or view.__module__.startswith(FREE)
        if request.method == "POST" and not is_free:
            _was_locked.set(is_locked())

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A view that did not expect to be refused: its transaction is undone, and the page says why."""
        return (
            problem(request, LOCKED, "Nothing was changed", str(exception)) if isinstance(exception, Refused) else None
        )


@receiver(touched, sender=Generation)
def _refuse(sender: object, **kwargs: object) -> None:
    was_locked = _was_locked.get()
    if was_locked or (was_locked is not None and is_locked()):
        raise Refused(NOTICE)

"""The Secondary's pages only show: what the Primary has is copied to it, so a change here would not last.

Every view that takes a form is refused on a Secondary unless it is declared, or its page belongs to this unit alone.
"""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from apps.common.views import problem
from apps.unit.models import Peer

View = Callable[..., HttpResponseBase]
READ_ONLY = 423
OWN = ("apps.local.", "apps.pair.receiving")  # settings of this unit; what the other one asks
PAGES = (
    "/lbadmin/cluster/",
    "/lbadmin/commit/",
    "/lbadmin/maintenance/configuration-history/",
    "/lbadmin/maintenance/passwords/",
)
FREE = "/lbadmin/cluster/high-availability/"
WHY = (
    "This unit is the Secondary: it has a copy of the Primary's configuration, users and passwords. "
    "Change them on the Primary, {}; this unit follows by itself."
)


def on_secondary(view: View) -> View:
    """Declare that a view takes its form on a Secondary, too."""
    view.on_secondary = True  # type: ignore[attr-defined]
    return view


def notice(request: HttpRequest, peer: Peer | None) -> str:
    """For the pages that only show; blank elsewhere."""
    is_one = request.path.startswith(PAGES) and not request.path.startswith(FREE)
    return _why(peer) if is_one and peer and not peer.is_primary else ""


def _why(peer: Peer) -> str:
    return WHY.format(peer)


class ReadOnlySecondary:
    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: object, kwargs: object) -> HttpResponse | None:
        is_free = hasattr(view, "on_secondary") or view.__module__.startswith(OWN)
        if request.method in {"GET", "HEAD"} or is_free:
            return None
        peer = Peer.paired()
        return _refuse(request, peer) if peer and not peer.is_primary else None


def _refuse(request: HttpRequest, peer: Peer) -> HttpResponse:
    """A page that asked for a part of itself is loaded anew, and says why."""
    if getattr(request, "htmx", False):
        messages.warning(request, _why(peer))
        return HttpResponse(status=READ_ONLY, headers={"HX-Refresh": "true"})
    return problem(request, READ_ONLY, "Nothing was changed", _why(peer))

"""The Secondary's pages only show: what the Primary has is copied to it, so a change here would not last.

Every view that takes a form is refused on a Secondary unless it is declared, or its page belongs to this unit alone.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from apps.common.views import problem
from apps.unit.models import Peer, is_secondary

View = Callable[..., HttpResponseBase]
READ_ONLY = 423
OWN = ("apps.local.", "apps.pair.")  # settings of this unit, and what units do with each other
PAGES = ("/lbadmin/cluster/", "/lbadmin/passwords/")
FREE = ("/lbadmin/cluster/high-availability/",)
WHY = (
    "This unit is the Secondary: it has a copy of the Primary's configuration, users and passwords. "
    "Change them on the Primary, {}; this unit follows by itself."
)


def on_secondary(view: View) -> View:
    """Declare that a view takes its form on a Secondary, too."""
    view.on_secondary = True  # type: ignore[attr-defined]
    return view


def why() -> str:
    """Why nothing can be changed here; blank on a Primary."""
    peer = Peer.paired()
    return WHY.format(peer) if peer and not peer.is_primary else ""


def notice(request: HttpRequest) -> str:
    """For the pages that only show; blank elsewhere."""
    is_one = request.path.startswith(PAGES) and not request.path.startswith(FREE)
    return why() if is_one else ""


class ReadOnlySecondary:
    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: object, kwargs: object) -> HttpResponse | None:
        is_free = hasattr(view, "on_secondary") or view.__module__.startswith(OWN)
        if request.method in {"GET", "HEAD"} or is_free or not is_secondary():
            return None
        return problem(request, READ_ONLY, "Nothing was changed", why())

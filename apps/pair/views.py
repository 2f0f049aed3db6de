"""Cluster Configuration > High-Availability Configuration, and the buttons of a pair wherever they stand."""

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from kombu.exceptions import OperationalError

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.changes import pending
from apps.changes.views import STOP_POLLING, origin
from apps.common.views import REFUSED, confirm
from apps.pair import actions, header, progress, units
from apps.pair.forms import NewNode
from apps.pair.models import Undertaking, What
from apps.system import host
from apps.unit.guard import on_secondary
from apps.unit.models import Peer

TITLE = "High-Availability Configuration"
UNREACHABLE = "The worker cannot be reached, so nothing was begun. Try again in a minute."
MOVES = {
    What.TAKE_OVER: "The floating IPs come to this unit at once. Connections through the other unit are cut; clients "
    "connect anew and reach the same Real Servers as far as persistence tables tell.",
    What.GIVE_AWAY: "The floating IPs go to the other unit at once. Connections through this unit are cut; clients "
    "connect anew and reach the same Real Servers as far as persistence tables tell.",
}
REMOVED = (
    "without cluster configuration: its Virtual Services, Real Servers, floating IPs, certificates, SSL terminations "
    "and health check scripts are removed, and its heartbeat has its defaults"
)
AFTER = "From then on nothing is copied, and no unit takes over when the other one fails."
PRIMARY_LOSS = (
    "This unit keeps its whole configuration, and its floating IPs. {peer} becomes a Primary of its own "
    f"{REMOVED}. Users and passwords stay on both. {AFTER}"
)
SECONDARY_LOSS = (
    f"This unit becomes a Primary of its own {REMOVED}. Users and passwords stay. "
    f"{{peer}} keeps its configuration. {AFTER}"
)
KEEP = "Keep the configuration on this unit: {peer} is gone for good and does not come back"


@needs(Group.REPORT)
@require_GET
def high_availability(request: HttpRequest) -> HttpResponse:
    undertaking = progress.asked(request) or Undertaking.running()
    again = undertaking if undertaking and undertaking.what == What.PAIR and not undertaking.is_good else None
    return _page(request, NewNode(request, initial=_typed(again)), undertaking)


def _typed(undertaking: Undertaking | None) -> dict[str, Any]:
    """What was entered for a pairing, but for the password."""
    return {"own_address": undertaking.own_address, "address": undertaking.address} if undertaking else {}


def _page(request: HttpRequest, form: NewNode, undertaking: Undertaking | None) -> HttpResponse:
    now = header.of(request)
    running = undertaking if undertaking and not undertaking.is_final else None
    page: dict[str, Any] = {
        "title": TITLE,
        "pair": now,
        "undertaking": undertaking,
        "is_running": running is not None,
        "is_late": progress.is_late(running),
        "form": form,
        "hostname": host.hostname().upper(),
    }
    if now.known:
        page |= {"units": units.units(now, now.known), "lines": units.lines(now, now.known)}
    elif running and running.what == What.PAIR:
        page |= {"units": units.introduced(running), "is_pairing": True}
    else:
        page |= {"waits": pending.difference(), "is_root": settings.PATHS.heartbeat_told.exists()}
    return render(request, "pair/high_availability.html", page, status=REFUSED if form.errors else 200)


@needs(Group.CONFIG)
def add_node(request: HttpRequest) -> HttpResponse:
    """Add new node: the page again when something is wrong, else what becomes of it."""
    if request.method != "POST":
        return redirect("high-availability")
    form = NewNode(request, request.POST)
    if not form.is_valid():
        return _page(request, form, Undertaking.running())
    given, user = form.cleaned_data, request.user.get_username()
    begin = partial(actions.add_node, given["own_address"], given["address"], given["password"], user)
    return _begun(request, reverse("high-availability"), begin)


def _begun(request: HttpRequest, page: str, begin: Callable[[], Undertaking]) -> HttpResponse:
    """Back to the page of the button, which follows the undertaking from there."""
    try:
        undertaking = begin()
    except actions.AnotherRuns as problem:
        messages.warning(request, str(problem))
    except OperationalError:
        messages.error(request, UNREACHABLE)
    else:
        return redirect(f"{page}?undertaking={undertaking.pk}")
    return redirect(page)


@on_secondary
@needs(Group.MAINT)
@require_POST
def undertake(request: HttpRequest, what: str) -> HttpResponse:
    """Take over, Give away, Restart Heartbeat. What cuts connections asks first."""
    if what in MOVES and not request.POST.get("sure"):
        return confirm(
            request,
            title=What(what).label,
            loss=MOVES[What(what)],
            button=What(what).label,
            cancel=origin(request),
            hidden={"sure": "yes", "origin": origin(request)},
        )
    return _begun(request, origin(request), partial(actions.begin, What(what), request.user.get_username()))


@on_secondary
@needs(Group.CONFIG)
def break_pair(request: HttpRequest) -> HttpResponse:
    """Ask, then break it. A Secondary whose Primary is gone for good may keep what it has."""
    done, peer = reverse("high-availability"), Peer.paired()
    if peer is None:
        messages.info(request, "This is a single unit: there is no pair to break.")
        return redirect(done)
    if request.method == "POST":
        keep = not peer.is_primary and bool(request.POST.get("choice"))
        return _begun(request, done, partial(actions.begin, What.BREAK, request.user.get_username(), keep=keep))
    return confirm(
        request,
        title=What.BREAK.label,
        loss=(PRIMARY_LOSS if peer.is_primary else SECONDARY_LOSS).format(peer=peer),
        button=What.BREAK.label,
        cancel=done,
        choice="" if peer.is_primary else KEEP.format(peer=peer),
    )


@needs(Group.REPORT)
@require_GET
def follow(request: HttpRequest, pk: int) -> HttpResponse:
    """How an undertaking goes on, for htmx; the last answer ends the polling."""
    found = get_object_or_404(Undertaking, pk=pk, is_part=False)
    context = {"undertaking": found, "is_late": progress.is_late(found)}
    html = render_to_string("pair/_progress.html", context)
    return HttpResponse(html, status=STOP_POLLING if found.is_final else 200)


@needs(Group.REPORT)
@require_GET
def status(request: HttpRequest) -> HttpResponse:
    """The header's words and what is wrong, for htmx; 204 while the page shows them already.

    Without the frame, which would ask the database far more than these do.
    """
    now = header.of(request)
    if now.stamp == request.GET.get("seen"):
        return HttpResponse(status=204)
    place = _page_of(request)
    page = {"pair": now, "pair_notices": now.notices(place), "origin": place, "oob": True}
    return HttpResponse(render_to_string("pair/_status.html", page) + render_to_string("pair/_alarm.html", page))


def _page_of(request: HttpRequest) -> str:
    details = getattr(request, "htmx", None)
    return urlsplit(details.current_url_abs_path or "").path if details else ""

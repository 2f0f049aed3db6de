"""Cluster Configuration > Heartbeat Configuration, and the comparison of what is not replicated."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.common.views import edit
from apps.pair import difference, header, link
from apps.pair.forms import HeartbeatForm
from apps.pair.local_facts import facts
from apps.services.lock import while_locked
from apps.unit.follow import follow
from apps.unit.models import PACES, Heartbeat, Peer

SAVED = "{} updated. Press Restart Heartbeat in the Commit changes box to use it."


@while_locked
@needs(Group.CONFIG)
def heartbeat(request: HttpRequest) -> HttpResponse:
    stored = Heartbeat.get()
    times = {pace: f"{Heartbeat(keepalive=pace).dead_time:.2f}" for pace, _ in PACES}
    return edit(
        request,
        HeartbeatForm(request.POST or None, instance=Heartbeat.get()),
        title=str(stored),
        saved=SAVED,
        done=reverse("heartbeat"),
        context={
            "parent": {"menu": "Cluster Configuration"},
            "button": "Modify Heartbeat Configuration",
            "action_note": "It is used after Restart Heartbeat.",
            "peer": Peer.paired(),
            "dead_time": times[stored.keepalive],
            "dead_times": json.dumps(times),
        },
        template="pair/heartbeat.html",
        also=lambda saved: follow(),
    )


@needs(Group.REPORT)
@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """What each unit has of its own, side by side, and whether what both have in common is equal."""
    now = header.of(request)
    if now.known is None:
        return redirect("high-availability")
    page: dict[str, Any] = {"title": "Compare the units", "pair": now, "peer": now.known.peer, "sync": now.sync}
    try:
        found = difference.pages(facts(), link.peer_facts())
    except (link.Unreachable, link.Stranger, link.PeerRefuses) as problem:
        page |= {"problem": str(problem), "pages": difference.pages(facts(), [])}
    else:
        names = difference.differing(found)
        difference.remember(names)
        page |= {"pages": found, "differing": names}
    return render(request, "pair/compare.html", page)

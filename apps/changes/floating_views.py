"""Cluster Configuration > Floating IPs."""

import time

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.changes import floating, tasks
from apps.common.models import Edit, Generation
from apps.common.views import confirm, edit
from apps.services.layer7_forms import FloatingIPForm
from apps.services.models import FloatingIP
from apps.unit.guard import on_secondary

TITLE = "Floating IPs"
PATIENCE = 3.0  # seconds for the worker to put addresses where they belong


@needs(Group.CONFIG)
def floating_ips(request: HttpRequest) -> HttpResponse:
    """All of them; posted, one more."""
    return edit(
        request,
        FloatingIPForm(request.POST or None),
        title=TITLE,
        saved="Floating IP {} added. This host takes it once you press Reload HAProxy.",
        done=reverse("floating-ips"),
        context={"parent": {"menu": "Cluster Configuration"}, "lines": floating.lines()},
        template="services/floating_ips.html",
    )


@needs(Group.CONFIG)
def remove_floating_ip(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks first; one that a virtual service uses is kept."""
    item = get_object_or_404(FloatingIP, pk=pk)
    if users := floating.users_of(item.address):
        names = ", ".join(user.label for user in users)
        messages.error(request, f"{item} is used by {names}. Give them another IP Address, or delete them, first.")
        return redirect("floating-ips")
    if request.method != "POST":
        loss = f"{item} leaves this host with the next commit. Whoever uses it as a gateway is then cut off."
        return confirm(request, title=f"Remove {item}", loss=loss, button="Remove", cancel=reverse("floating-ips"))
    with transaction.atomic():
        Edit.record(request.user.get_username(), item, "removed")
        item.delete()
        Generation.touch()
    messages.success(request, f"Floating IP {item} removed. It leaves this host once you press Reload HAProxy.")
    return redirect("floating-ips")


@on_secondary
@needs(Group.CONFIG)
@require_POST
def fix_floating_ip(request: HttpRequest) -> HttpResponse:
    """Have the worker put every committed address on the interface of its subnet."""
    address = request.POST.get("address", "")
    try:
        tasks.fix_addresses.delay()
    except OperationalError:
        messages.error(request, "The worker cannot be reached, so nothing was changed. Try again in a minute.")
        return redirect("floating-ips")
    line = _when_fixed(address)
    if line and not line.can_be_fixed:
        messages.success(request, f"{line.address} is on {line.interface}.")
    else:
        messages.warning(request, "The worker has not done it yet. Load this page again in a minute.")
    return redirect("floating-ips")


def _when_fixed(address: str) -> floating.Line | None:
    deadline = time.monotonic() + PATIENCE
    while True:
        line = next((line for line in floating.lines() if line.address == address), None)
        if line is None or not line.can_be_fixed or time.monotonic() > deadline:
            return line
        time.sleep(0.1)

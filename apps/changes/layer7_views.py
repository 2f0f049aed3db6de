"""Cluster Configuration > Layer 7 – Advanced Configuration and Layer 7 – Manual Configuration."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from kombu.exceptions import OperationalError

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.changes import candidate
from apps.changes.errand_views import ask, wait
from apps.common.views import edit
from apps.haproxy import general, manual
from apps.services.layer7_forms import Layer7Form, ManualForm, UnlockForm
from apps.services.lock import while_locked
from apps.services.models import Layer7, ManualConfiguration, VirtualService
from apps.system import host

PARENT = {"menu": "Cluster Configuration"}
CHECK = "manual-configuration"
PATIENCE = 15.0  # seconds for HAProxy to read the configuration
NOT_READ = "HAProxy has not read this, because the worker {why}. Nothing was saved; press Update again in a minute."


@while_locked
@needs(Group.CONFIG)
def advanced(request: HttpRequest) -> HttpResponse:
    stored = Layer7.get()
    make = UnlockForm if stored.locked else Layer7Form
    form = make(request.POST or None, instance=Layer7.get())
    page = {"parent": PARENT, "is_locked": stored.locked, "here": None if stored.locked else _here()}
    return edit(
        request,
        form,
        title=str(stored),
        saved=_saved(request),
        done=reverse("layer-7-advanced"),
        context=page,
        template="services/advanced.html",
    )


def _saved(request: HttpRequest) -> str:
    if request.POST.get("locked"):
        return "HAProxy's configuration is locked: nothing is changed or committed until it is unlocked here."
    return "{} updated. Traffic changes only when you press Reload HAProxy."


def _here() -> dict[str, Any]:
    """What really counts on this host."""
    config = candidate.load()
    return {
        "connections": general.max_connections(config),
        "wanted": config.layer7.max_connections,
        "files": min(config.host.descriptors or config.layer7.ulimit, config.layer7.ulimit),
        "cores": host.cores(),
    }


@dataclass(frozen=True)
class ByHand:
    """A virtual service that has to be written here."""

    vip: VirtualService
    is_written: bool


@needs(Group.CONFIG)
def manual_configuration(request: HttpRequest) -> HttpResponse:
    """Only what HAProxy accepts is saved."""
    form = ManualForm(request.POST or None, instance=ManualConfiguration.get())
    said = ""
    if request.method == "POST" and form.is_valid():
        complaints, said = _check(request, form.cleaned_data["text"])
        if complaints:
            form.add_error("text", ValidationError(list(complaints)))
    title = str(ManualConfiguration.get())
    return edit(
        request,
        form,
        title=title,
        saved="{} updated: HAProxy accepts it. Traffic changes only when you press Reload HAProxy.",
        done=reverse("layer-7-manual"),
        context={"parent": PARENT, "said": said, "by_hand": _by_hand(str(form["text"].value()))},
        template="services/manual.html",
    )


def _check(request: HttpRequest, text: str) -> tuple[list[str], str]:
    """What is wrong with it, and HAProxy's own words."""
    try:
        answer = wait(ask(request, CHECK, {"text": text}), PATIENCE)
    except OperationalError:
        return [NOT_READ.format(why="cannot be reached")], ""
    if answer is None:
        return [NOT_READ.format(why="did not answer in time")], ""
    if problem := answer.get("problem"):
        return [problem], ""
    return answer["complaints"], answer.get("said", "")


def _by_hand(text: str) -> list[ByHand]:
    written = manual.sections(text)
    found = VirtualService.objects.filter(manual=True).prefetch_related("servers")
    return [ByHand(vip, vip.label in written) for vip in found]

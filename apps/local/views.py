"""Local Configuration > Security and Service Socket Addresses, and the buttons of a trial."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.certificates.models import Certificate
from apps.common.views import REFUSED
from apps.local import trial, webui, webui_certificate
from apps.local.forms import WebUICertificateForm, WebUISocketForm
from apps.local.kinds import Value, kind
from apps.local.models import Trial, WebUICertificate, WebUISocket

TITLE = "Service Socket Addresses"


@needs(Group.CONFIG)
def service_sockets(request: HttpRequest) -> HttpResponse:
    before = WebUISocket.current()
    form = WebUISocketForm(request.POST or None, instance=WebUISocket.current())
    if request.method == "POST" and form.is_valid() and not form.meet(request.POST.get("stamp", "")):
        _move(request, _value(before), _value(form.instance))
        return redirect("service-sockets")
    page = {
        "form": form,
        "title": TITLE,
        "parent": {"menu": "Local Configuration"},
        "now": webui.words(_value(before)),
        "last": Trial.objects.filter(kind=webui.NAME).first(),
        "cancel": reverse("overview"),
        "action_note": "Update tries the new address for two minutes. Keep it there.",
    }
    status = REFUSED if form.errors or form.conflicts else 200
    return render(request, "local/service_sockets.html", page, status=status)


def _value(socket: WebUISocket) -> Value:
    return {"address": socket.address, "port": socket.port}


def _move(request: HttpRequest, old: Value, new: Value) -> None:
    if old == new:
        messages.info(request, f"Nothing was changed: {webui.words(old)} already.")
    else:
        _try(request, webui.NAME, old, new)


@needs(Group.CONFIG)
def security(request: HttpRequest) -> HttpResponse:
    form = WebUICertificateForm(request.POST or None, instance=WebUICertificate.current())
    if request.method == "POST" and form.is_valid() and not form.meet(request.POST.get("stamp", "")):
        _show(request, form.instance.certificate)
        return redirect("security")
    page = {
        "form": form,
        "title": "Security",
        "parent": {"menu": "Local Configuration"},
        "now": webui_certificate.words({"label": str(WebUICertificate.current())}),
        "is_behind": webui_certificate.is_behind(),
        "last": Trial.objects.filter(kind=webui_certificate.NAME).first(),
        "cancel": reverse("overview"),
        "action_note": "Update tries the certificate for two minutes. Keep it then.",
    }
    status = REFUSED if form.errors or form.conflicts else 200
    return render(request, "local/security.html", page, status=status)


def _show(request: HttpRequest, certificate: Certificate) -> None:
    old, new = webui_certificate.in_force(), webui_certificate.value_of(certificate)
    if old["certificate"] == certificate.pk and webui_certificate.is_shown(certificate):
        messages.info(request, f"Nothing was changed: {webui_certificate.words(old)} already.")
    else:
        _try(request, webui_certificate.NAME, old, new)


def _try(request: HttpRequest, name: str, old: Value, new: Value) -> None:
    try:
        trial.start(name, old, new, request.user.get_username())
    except trial.AnotherRuns as problem:
        messages.warning(request, str(problem))
    except OperationalError:
        messages.error(request, "The worker cannot be reached, so nothing was changed. Try again in a minute.")


@needs(Group.CONFIG)
@require_POST
def keep_trial(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Trial, pk=pk)
    box = trial.box(request)
    if box and box.trial == found and not box.is_proven and not found.is_returning:
        messages.warning(
            request,
            "These settings can be kept only through the new address: that proves that you reach it. "
            f"Open {box.url or 'the page again in a moment'} and press Keep these settings there.",
        )
    elif trial.keep(found):
        messages.success(request, f"Kept: {kind(found.kind).words(found.new)}.")
    else:
        messages.warning(
            request, "This trial has ended already. Look what is in force, and change it again if need be."
        )
    return redirect(kind(found.kind).page)


@needs(Group.CONFIG)
@require_POST
def return_trial(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Trial, pk=pk)
    trial.give_up(found, request.user.get_username())
    return redirect(kind(found.kind).page)

"""OCSP stapling of one certificate: on or off, and how it is doing. It takes effect at once, without a commit."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.certificates.models import Certificate, Staple
from apps.certificates.models.acme import wanted
from apps.certificates.stapling import StaplingForm, stapling_of
from apps.certificates.views import page_of
from apps.common.views import edit

SAVED = "OCSP Stapling of {0.label} saved. It takes effect within a minute, without a reload."
ASKED = "The responder of {} is asked."


@needs(Group.CONFIG)
def stapling(request: HttpRequest, pk: int) -> HttpResponse:
    stored = get_object_or_404(Certificate.objects.exclude(chain=""), pk=pk, is_authority=False)
    if request.method != "POST":
        return redirect("certificate", pk)
    form = StaplingForm(request.POST, instance=stored)
    return edit(
        request,
        form,
        title=stored.label,
        saved=SAVED,
        done=reverse("certificate", args=[pk]),
        context=page_of(stored),
        template="certificates/certificate.html",
        touch=False,
        also=_want,
    )


@needs(Group.CONFIG)
@require_POST
def ask_now(request: HttpRequest, pk: int) -> HttpResponse:
    staple = get_object_or_404(Staple.objects.select_related("certificate"), pk=pk)
    with transaction.atomic():
        staple.ask_now()
        _want(staple)
    messages.success(request, ASKED.format(staple.certificate))
    return redirect("certificate", pk)


@needs(Group.REPORT)
@require_GET
def state(request: HttpRequest, pk: int) -> HttpResponse:
    """For htmx while the responder is asked."""
    stored = get_object_or_404(Certificate, pk=pk)
    return render(request, "certificates/_stapling.html", {"certificate": stored, "stapling": stapling_of(stored)})


def _want(saved: Any) -> None:
    transaction.on_commit(partial(wanted.send, Staple))

"""Cluster Configuration > SSL Certificate: the list, one certificate, and a new one."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.module_loading import import_string

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.certificates import revocation
from apps.certificates.change_forms import AnswerRequest
from apps.certificates.facts import chain_facts, thumbprint
from apps.certificates.forms import AddCertificate
from apps.certificates.listing import listing
from apps.certificates.missing import missing_issuer
from apps.certificates.models import AcmeOrder, Certificate, How
from apps.certificates.models.acme import wanted
from apps.certificates.reading import Prepared
from apps.certificates.stapling import stapling_of
from apps.certificates.uploads import note_size
from apps.certificates.usage import uses
from apps.common.views import attachment, edit

TITLE = "SSL Certificate"
PEM = "application/x-pem-file"
SAVED: dict[str, str] = {
    How.UPLOAD: "SSL Certificate uploaded successfully: {0.label} for {0.domain}, valid until {0.valid_to:%Y-%m-%d}.",
    How.REQUEST: "Signing request made: {0.label} for {0.domain}. Have it signed, then bring the certificate here.",
    How.ACME: "{0.label} for {0.domain} is asked for by ACME. This page shows how it goes on.",
    How.SELF_SIGNED: "SSL Certificate created: {0.label} for {0.domain}, valid until {0.valid_to:%Y-%m-%d}.",
}


def parent() -> dict[str, str]:
    return {"menu": "Cluster Configuration", "label": TITLE, "url": reverse("certificates")}


@needs(Group.REPORT)
def certificates(request: HttpRequest) -> HttpResponse:
    return render(request, "certificates/certificates.html", {"listing": listing(request), "title": TITLE})


@needs(Group.REPORT)
def certificate(request: HttpRequest, pk: int) -> HttpResponse:
    stored = get_object_or_404(Certificate, pk=pk)
    return render(request, "certificates/certificate.html", page_of(stored))


def page_of(stored: Certificate) -> dict[str, Any]:
    order = AcmeOrder.objects.select_related("account").filter(certificate=stored).first()
    return {
        "certificate": stored,
        "users": uses().get(stored.pk, []),
        "chain": chain_facts(stored.chain) if stored.chain else [],
        "thumbprint": thumbprint(stored.chain) if stored.chain else "",
        "missing": missing_issuer(stored.chain) if stored.chain and not stored.is_authority else None,
        "lists": revocation.facts(stored.revocation_list),
        "order": order,
        "stapling": stapling_of(stored),
        "form": AnswerRequest(instance=stored) if stored.request and not order else None,
        "parent": parent(),
        "title": stored.label,
    }


@needs(Group.REPORT)
def download_certificate(request: HttpRequest, pk: int) -> HttpResponse:
    """Certificate and chain; never the private key."""
    stored = get_object_or_404(Certificate, pk=pk)
    if not stored.chain:
        raise Http404
    return attachment(stored.chain, f"{stored.label}.pem", PEM)


@needs(Group.REPORT)
def download_request(request: HttpRequest, pk: int) -> HttpResponse:
    stored = get_object_or_404(Certificate, pk=pk)
    if not stored.request:
        raise Http404
    return attachment(stored.request, f"{stored.label}.csr", PEM)


@needs(Group.CONFIG)
def add_certificate(request: HttpRequest) -> HttpResponse:
    form = AddCertificate(request.POST or None, request.FILES or None)
    note_size(form, request)
    answer = edit(
        request,
        form,
        title="Add a new SSL Certificate",
        saved=SAVED[form.how],
        done=reverse("certificates"),
        context={"parent": parent(), "unanswered": import_string(settings.ACME_PROBLEM)()},
        template="certificates/add.html",
    )
    if not form.is_bound or form.errors:
        return answer
    warn(request, form.certificate, form.prepared)
    if form.how == How.ACME:
        wanted.send(AcmeOrder)
    return redirect("certificate", form.certificate.pk) if form.certificate.is_pending else answer


def warn(request: HttpRequest, stored: Certificate, prepared: Prepared | None) -> None:
    """What is wrong with a certificate that was taken all the same."""
    if advice := stored.expiry.advice:
        messages.warning(request, f"{stored.label} {advice}")
    if prepared and prepared.left_out:
        left_out = ", ".join(prepared.left_out)
        messages.warning(request, f"Left out, because they are not part of the chain of {stored.label}: {left_out}.")
    if prepared and not stored.is_authority and (missing := missing_issuer(stored.chain)):
        messages.warning(request, f"{stored.label}: {missing.sentence}")

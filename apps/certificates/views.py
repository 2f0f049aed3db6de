"""Cluster Configuration > SSL Certificate."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.certificates.facts import chain_facts
from apps.certificates.forms import UploadCertificate
from apps.certificates.models import Certificate
from apps.common.views import delete, edit

TITLE = "SSL Certificate"


def _parent() -> dict[str, str]:
    return {"menu": "Cluster Configuration", "label": TITLE, "url": reverse("certificates")}


@needs(Group.REPORT)
def certificates(request: HttpRequest) -> HttpResponse:
    """Whatever needs attention first stands on top."""
    stored = Certificate.objects.prefetch_related("virtual_services", "client_checks").order_by("valid_to", "label")
    return render(request, "certificates/certificates.html", {"certificates": stored, "title": TITLE})


@needs(Group.REPORT)
def certificate(request: HttpRequest, pk: int) -> HttpResponse:
    stored = get_object_or_404(Certificate, pk=pk)
    page = {"certificate": stored, "chain": chain_facts(stored.chain), "parent": _parent(), "title": stored.label}
    return render(request, "certificates/certificate.html", page)


@needs(Group.CONFIG)
def add_certificate(request: HttpRequest) -> HttpResponse:
    form = _upload(request)
    answer = edit(
        request,
        form,
        title="Add a new SSL Certificate",
        saved="SSL Certificate uploaded successfully: {0.label} for {0.domain}, valid until {0.valid_to:%Y-%m-%d}.",
        done=reverse("certificates"),
        context={"parent": _parent()},
        template="certificates/add.html",
    )
    if form.instance.pk:
        _warn(request, form)
    return answer


def _upload(request: HttpRequest) -> UploadCertificate:
    if request.method != "POST":
        return UploadCertificate()
    is_too_large = int(request.META.get("CONTENT_LENGTH") or 0) > settings.FILE_UPLOAD_MAX_MEMORY_SIZE
    return UploadCertificate(request.POST, request.FILES, is_too_large=is_too_large)


def _warn(request: HttpRequest, form: UploadCertificate) -> None:
    uploaded: Certificate = form.instance
    if advice := uploaded.expiry.advice:
        messages.warning(request, f"{uploaded.label} {advice}")
    if form.prepared and form.prepared.left_out:
        left_out = ", ".join(form.prepared.left_out)
        messages.warning(request, f"Left out, because they are not part of the chain of {uploaded.label}: {left_out}.")


@needs(Group.CONFIG)
def delete_certificate(request: HttpRequest, pk: int) -> HttpResponse:
    stored = get_object_or_404(Certificate, pk=pk)
    what = "Certificate authority" if stored.is_authority else "Certificate and private key"
    loss = f"{what} for {stored.domain} will be removed from this appliance. Nothing else keeps a copy."
    return delete(request, stored, loss=loss, done=reverse("certificates"))

"""What changes a certificate in its place, and removing: traffic follows on commit."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.certificates import actions
from apps.certificates.change_forms import AnswerRequest, ReplaceCertificate, UploadRevocationList
from apps.certificates.models import Certificate, How
from apps.certificates.uploads import note_size
from apps.certificates.usage import uses
from apps.certificates.views import SAVED, page_of, parent, warn
from apps.common.models import Edit, Generation
from apps.common.views import confirm, edit

NOTE = "The file is checked before anything is stored. Traffic changes on Reload HAProxy in the Commit changes box."
ASKED = "Signing request made for {0.domain}, with a new key. Have it signed, then bring the certificate here."
REPLACED = "SSL Certificate {0.label} replaced, valid until {0.valid_to:%Y-%m-%d}."


@needs(Group.CONFIG)
def replace_certificate(request: HttpRequest, pk: int) -> HttpResponse:
    stored = get_object_or_404(Certificate.objects.exclude(chain=""), pk=pk)
    before = list(stored.names)
    form = ReplaceCertificate(request.POST or None, request.FILES or None, instance=stored)
    note_size(form, request)
    done = reverse("certificate", args=[pk])
    context = {"parent": parent(), "button": "Upload Certificate", "action_note": NOTE}
    answer = edit(request, form, title=f"Replace {stored}", saved=_replaced(stored), done=done, context=context)
    if form.is_bound and not form.errors:
        warn(request, stored, form.prepared)
        _warn_of_names(request, before, stored)
    return answer


def _replaced(stored: Certificate) -> str:
    return " ".join(dict.fromkeys([REPLACED, *(use.then for use in uses().get(stored.pk, []))]))


def _warn_of_names(request: HttpRequest, before: list[str], stored: Certificate) -> None:
    if not stored.is_authority and (lost := [name for name in before if name not in stored.names]):
        messages.warning(request, f"{stored.label} is no longer valid for {', '.join(lost)}, as it was before.")


@needs(Group.CONFIG)
def answer_request(request: HttpRequest, pk: int) -> HttpResponse:
    """The certificate for a request of ours: joined with its key, it is served from the next commit on."""
    stored = get_object_or_404(Certificate, pk=pk)
    if not stored.request or request.method != "POST":
        return redirect("certificate", pk)
    asked_for = list(stored.names)
    form = AnswerRequest(request.POST, request.FILES, instance=stored)
    note_size(form, request)
    answer = edit(
        request,
        form,
        title=stored.label,
        saved=SAVED[How.UPLOAD] if stored.is_pending else _replaced(stored),
        done=reverse("certificate", args=[pk]),
        context=page_of(stored) | {"form": form},
        template="certificates/certificate.html",
    )
    if not form.errors:
        warn(request, stored, form.prepared)
        _warn_of_names(request, asked_for, stored)
    return answer


@needs(Group.CONFIG)
@require_POST
def renew_by_request(request: HttpRequest, pk: int) -> HttpResponse:
    """A signing request with the same data and a new key. The present certificate is served until the answer comes."""
    stored = get_object_or_404(Certificate, pk=pk, is_authority=False)
    if not stored.is_pending and not stored.request:
        actions.ask_again(stored)
        _save(request, stored)
        messages.success(request, ASKED.format(stored))
    return redirect("certificate", pk)


@needs(Group.CONFIG)
@require_POST
def renew_self_signed(request: HttpRequest, pk: int) -> HttpResponse:
    """The same data with a new key, for as long as before."""
    stored = get_object_or_404(Certificate, pk=pk)
    if stored.is_self_signed and not stored.is_pending:
        actions.sign_again(stored)
        _save(request, stored)
        messages.success(request, _replaced(stored).format(stored))
    return redirect("certificate", pk)


@needs(Group.CONFIG)
def discard_request(request: HttpRequest, pk: int) -> HttpResponse:
    """Of a renewal. A request that never became a certificate is removed as a whole."""
    stored = get_object_or_404(Certificate, pk=pk)
    if stored.is_pending or not stored.request:
        return redirect("certificate", pk)
    if request.method == "POST":
        actions.forget_request(stored)
        _save(request, stored)
        messages.success(request, f"The signing request of {stored.label} was discarded.")
        return redirect("certificate", pk)
    loss = "The request and its key will be gone: a certificate that is signed for it cannot be used any more."
    cancel = reverse("certificate", args=[pk])
    return confirm(
        request, title=f"Discard the request of {stored}", loss=loss, button="Discard request", cancel=cancel
    )


@needs(Group.CONFIG)
def upload_revocation_list(request: HttpRequest, pk: int) -> HttpResponse:
    stored = get_object_or_404(Certificate, pk=pk, is_authority=True)
    form = UploadRevocationList(request.POST or None, request.FILES or None, instance=stored)
    note_size(form, request)
    saved = "Revocation list of {0.label} uploaded, to be renewed by {0.revocation_until:%Y-%m-%d %H:%M} UTC."
    done = reverse("certificate", args=[pk])
    context = {"parent": parent(), "button": "Upload CRL", "action_note": NOTE}
    answer = edit(request, form, title=f"Upload a CRL for {stored}", saved=saved, done=done, context=context)
    if form.is_bound and form.lists and form.lists.lacking:
        lacking = ", ".join(form.lists.lacking)
        told = f"There is no list for {lacking}: HAProxy turns away clients whose certificate {lacking} signed."
        messages.warning(request, f"{told} Upload the lists of all authorities together.")
    return answer


@needs(Group.CONFIG)
def remove_revocation_list(request: HttpRequest, pk: int) -> HttpResponse:
    stored = get_object_or_404(Certificate, pk=pk, is_authority=True)
    if request.method == "POST":
        stored.revocation_list, stored.revocation_until = "", None
        _save(request, stored)
        messages.success(request, f"Revocation list of {stored.label} removed.")
        return redirect("certificate", pk)
    loss = f"Clients of {stored} will no longer be checked for revocation, from the next commit on."
    cancel = reverse("certificate", args=[pk])
    return confirm(request, title=f"Remove the CRL of {stored}", loss=loss, button="Remove CRL", cancel=cancel)


def _save(request: HttpRequest, stored: Certificate) -> None:
    with transaction.atomic():
        stored.save()
        Edit.record(request.user.get_username(), stored, "changed")
        Generation.touch()

"""SSL Certificate > ACME accounts, and how the certificate of an order is doing."""

from functools import partial

from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRefresh

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.certificates.acme_forms import EditAccount
from apps.certificates.models import AcmeAccount, AcmeOrder
from apps.certificates.models.acme import wanted
from apps.certificates.views import TITLE, parent
from apps.common.views import delete, edit

ACCOUNTS = "ACME accounts"
SAVED = (
    "ACME account {0.label} saved. HAProxy answers its authority once you press Reload HAProxy in the Commit changes "
    "box, if it waits there."
)
LOSS = (
    "This appliance forgets the account and its key; the authority keeps it. Without any account HAProxy answers no "
    "authority, from the next commit on."
)


@needs(Group.REPORT)
def accounts(request: HttpRequest) -> HttpResponse:
    found = AcmeAccount.objects.annotate(used=Count("orders"))
    return render(
        request, "certificates/acme_accounts.html", {"accounts": found, "title": ACCOUNTS, "parent": parent()}
    )


@needs(Group.CONFIG)
def add_account(request: HttpRequest) -> HttpResponse:
    return _edit(request, EditAccount(request.POST or None), f"Add a new {AcmeAccount._meta.verbose_name}")


@needs(Group.CONFIG)
def modify_account(request: HttpRequest, pk: int) -> HttpResponse:
    stored = get_object_or_404(AcmeAccount, pk=pk)
    return _edit(request, EditAccount(request.POST or None, instance=stored), f"Modify {stored}")


def _edit(request: HttpRequest, form: EditAccount, title: str) -> HttpResponse:
    context = {"parent": _above()}
    return edit(request, form, title=title, saved=SAVED, done=reverse("acme-accounts"), context=context)


def _above() -> dict[str, str]:
    return {"menu": f"Cluster Configuration / {TITLE}", "label": ACCOUNTS, "url": reverse("acme-accounts")}


@needs(Group.CONFIG)
def delete_account(request: HttpRequest, pk: int) -> HttpResponse:
    stored = get_object_or_404(AcmeAccount, pk=pk)
    return delete(request, stored, loss=LOSS, done=reverse("acme-accounts"))


@needs(Group.CONFIG)
@require_POST
def renew_now(request: HttpRequest, pk: int) -> HttpResponse:
    order = get_object_or_404(AcmeOrder, pk=pk)
    with transaction.atomic():
        order.ask_now()
        transaction.on_commit(partial(wanted.send, AcmeOrder))
    messages.success(request, f"A new certificate for {order.certificate.domain} is asked for at {order.account}.")
    return redirect("certificate", pk)


@needs(Group.REPORT)
@require_GET
def state(request: HttpRequest, pk: int) -> HttpResponse:
    """For htmx while an order is under way; when the certificate is another one, all of the page is."""
    order = get_object_or_404(AcmeOrder.objects.select_related("certificate", "account"), pk=pk)
    if order.certificate.serial != request.GET.get("serial", ""):
        return HttpResponseClientRefresh()
    return render(request, "certificates/_acme.html", {"order": order})

"""Removing certificates: chosen in the list, shown once more, refused while one of them is in use."""

from django.contrib import messages
from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.certificates.models import Certificate
from apps.certificates.usage import Use, listed, uses
from apps.common.models import Edit, Generation
from apps.common.views import confirm


@needs(Group.CONFIG)
def remove_certificates(request: HttpRequest) -> HttpResponse:
    """The chosen ones stand in the address, so that the second step has them too. All of them go, or none."""
    chosen = _chosen(request)
    if not chosen:
        messages.info(request, "Nothing was removed: tick the certificates that shall go, then press Remove.")
        return redirect("certificates")
    users = uses()
    if problems := [problem for one in chosen if (problem := _problem(one, users.get(one.pk, [])))]:
        messages.error(request, f"Nothing was removed. {' '.join(problems)}")
        return redirect("certificates")
    if request.method == "POST":
        _remove(request, chosen)
        return redirect("certificates")
    names = ", ".join(one.label for one in chosen)
    loss = " ".join(map(_loss, chosen))
    return confirm(request, title=f"Remove {names}", loss=loss, button="Remove", cancel=reverse("certificates"))


def _chosen(request: HttpRequest) -> QuerySet[Certificate]:
    numbers = [int(word) for word in request.GET.getlist("certificate") if word.isdecimal()]
    return Certificate.objects.filter(pk__in=numbers)


def _problem(one: Certificate, users: list[Use]) -> str:
    """Why it stays."""
    if one.is_built_in:
        return f"{one.label} is built in and stays."
    if users:
        return f"{one.label} is used by {listed(users)}: choose another certificate there first."
    return ""


def _loss(one: Certificate) -> str:
    if one.is_pending:
        return f"The signing request {one.label} and its key: a certificate signed for it cannot be used any more."
    what = "certificate authority" if one.is_authority else "certificate and private key"
    return f"{one.label}, {what} for {one.domain}, will be removed from this appliance. Nothing else keeps a copy."


def _remove(request: HttpRequest, chosen: QuerySet[Certificate]) -> None:
    names = ", ".join(one.label for one in chosen)
    try:
        with transaction.atomic():
            for one in chosen:
                Edit.record(request.user.get_username(), one, "removed")
                one.delete()
            Generation.touch()
    except ProtectedError as error:  # chosen somewhere at this moment, or by what names no function of its own
        users = ", ".join(sorted(str(user) for user in error.protected_objects))
        messages.error(request, f"Nothing was removed: {users} uses one of them. Choose another certificate there.")
    else:
        messages.success(request, f"Removed: {names}.")

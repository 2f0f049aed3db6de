"""One action on many: what was ticked on a list is shown once, confirmed once, and changed in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.db import models, transaction
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.common.models import Edit, Generation
from apps.common.options import option
from apps.common.views import REFUSED, users
from apps.overview import wording
from apps.overview.actions import set_state
from apps.overview.shown import Shown
from apps.overview.table import current
from apps.overview.ticked import (
    KINDS,
    REAL_SERVERS,
    VIRTUAL_SERVICES,
    Names,
    Ticked,
    as_item,
    missing,
    names,
    ticked_servers,
    ticked_services,
)
from apps.services.models import RealServer, State
from apps.services.naming import protect


@dataclass(frozen=True)
class Question:
    """The page that asks. What it lists is what it sends: `items` are the objects and their names."""

    title: str
    says: list[str]
    lines: list[str]
    button: str
    items: Names
    action: str  # the address that does it
    gone: list[str]
    form: forms.Form | None = None


class WeightForm(forms.Form):
    """The weight that all of them get, as the option of a real server accepts it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.option = option(RealServer, "weight")
        field = cast(forms.Field, self.option.formfield(initial=None))
        field.error_messages["required"] = f"Enter {self.option.label}."
        self.fields["weight"] = field

    def clean_weight(self) -> int:
        weight: int = self.cleaned_data["weight"]
        self.option.validate(weight, None)
        return weight


@needs(Group.MAINT)
@require_POST
def change_states(request: HttpRequest, kind: str, state: State) -> HttpResponse:
    """Drain, Halt or Online: at once, never pending."""
    table = current()
    ticked = ticked_servers(request, kind, table)
    wanted = [server for server in ticked.servers if server.state != state]
    if not wanted:
        return _nothing(request, kind, wording.nothing(ticked, state))
    if not _is_sure(request):
        says = wording.state_question(table, wanted, state)
        return _ask(request, kind, _about(ticked, wanted, state.label, says, f"{state}-{REAL_SERVERS}"))
    if set_state(wanted, state):
        messages.success(request, wording.states_changed(ticked, wanted, state))
    else:
        messages.error(request, wording.NOT_TOLD.format(wording.servers(len(wanted))))
    return _done(request, kind, ticked.gone)


@needs(Group.CONFIG)
@require_POST
def change_weights(request: HttpRequest, kind: str) -> HttpResponse:
    ticked = ticked_servers(request, kind, current())
    if not ticked.servers:
        return _nothing(request, kind, wording.nothing(ticked))
    form = WeightForm(request.POST if _is_sure(request) else None)
    if not form.is_valid():
        question = _about(ticked, ticked.servers, "Weight", [wording.WEIGHT], f"weigh-{REAL_SERVERS}")
        return _ask(request, kind, replace(question, form=form))
    weight = form.cleaned_data["weight"]
    wanted = [server for server in ticked.servers if server.weight != weight]
    with transaction.atomic():
        RealServer.objects.filter(pk__in=[server.pk for server in wanted]).update(weight=weight)
        _record(request, wanted, "changed")
    messages.success(request, wording.weights_changed(len(wanted), len(ticked.servers), weight))
    return _done(request, kind, ticked.gone)


@needs(Group.CONFIG)
@require_POST
def delete_servers(request: HttpRequest) -> HttpResponse:
    table = current()
    ticked = ticked_servers(request, REAL_SERVERS, table)
    if not ticked.servers:
        return _nothing(request, REAL_SERVERS, wording.nothing(ticked))
    if not _is_sure(request):
        says = wording.removal_question(table, ticked.servers)
        return _ask(request, REAL_SERVERS, _about(ticked, ticked.servers, "Delete", says, f"delete-{REAL_SERVERS}"))
    return _delete(request, REAL_SERVERS, ticked.servers, wording.servers(len(ticked.servers)), ticked.gone)


@needs(Group.CONFIG)
@require_POST
def delete_services(request: HttpRequest) -> HttpResponse:
    """Their real servers go with them."""
    table = current()
    asked = names(request, VIRTUAL_SERVICES, table)
    found = ticked_services(asked)
    gone = missing(asked, {service.pk for service in found})
    if not found:
        return _nothing(request, VIRTUAL_SERVICES, wording.nothing(Ticked([], gone=gone)))
    what = wording.services(len(found))
    if _is_sure(request):
        return _delete(request, VIRTUAL_SERVICES, found, what, gone)
    items = {service.pk: service.label for service in found}
    says, lines = wording.services_question(table, found), wording.service_lines(table, found)
    action = reverse(f"delete-{VIRTUAL_SERVICES}")
    return _ask(request, VIRTUAL_SERVICES, Question(f"Delete {what}", says, lines, "Delete", items, action, gone))


def _delete(request: HttpRequest, kind: str, found: Sequence[models.Model], what: str, gone: list[str]) -> HttpResponse:
    try:
        with transaction.atomic():
            protect(found)
            _record(request, found, "removed")
            type(found[0])._default_manager.filter(pk__in=[item.pk for item in found]).delete()
    except ProtectedError as error:
        said = f"Nothing was deleted: some of them are used by {users(error)}. Choose something else there first."
        messages.error(request, said)
    else:
        messages.success(request, wording.DELETED.format(what))
    return _done(request, kind, gone)


def _record(request: HttpRequest, found: Iterable[models.Model], what: str) -> None:
    """Whose change it was, a row for each, as Edit.record does for one; and that there is something to commit."""
    user = request.user.get_username()
    rows = [
        Edit(user=user, kind=str(item._meta.verbose_name), number=item.pk, label=str(item)[:64], what=what)
        for item in found
    ]
    if rows:
        Edit.objects.bulk_create(rows)
        Generation.touch()


# --- asking --------------------------------------------------------------------------------------


def _is_sure(request: HttpRequest) -> bool:
    return bool(request.POST.get("sure"))


def _about(ticked: Ticked, wanted: list[RealServer], button: str, says: list[str], action: str) -> Question:
    """About real servers: from here on they are named one by one, whatever was ticked."""
    items = {server.pk: ticked.name(server) for server in wanted}
    lines = wording.server_lines(ticked, wanted, current())
    title = f"{button}: {wording.servers(len(wanted))}"
    return Question(title, says, lines, button, items, reverse(action), ticked.gone)


def _ask(request: HttpRequest, kind: str, question: Question) -> HttpResponse:
    hidden = {"sure": "yes", "item": as_item(question.items), "back": request.POST.get("back", ""), "list": kind}
    page = {
        "question": question,
        "title": question.title,
        "gone": wording.gone(question.gone),
        "hidden": hidden,
        "cancel": _address(request, kind),
    }
    form = question.form
    return render(request, "overview/bulk.html", page, status=REFUSED if form and form.errors else 200)


def _nothing(request: HttpRequest, kind: str, says: str) -> HttpResponse:
    messages.warning(request, says)
    return redirect(_address(request, kind))


def _done(request: HttpRequest, kind: str, gone: list[str]) -> HttpResponse:
    if gone:
        messages.warning(request, wording.gone(gone))
    return redirect(_address(request, kind))


def _address(request: HttpRequest, kind: str) -> str:
    """The list as it was."""
    asked = request.POST.get("list", kind)
    shown = Shown.read(QueryDict(request.POST.get("back", "").removeprefix("?")))
    return f"{reverse(asked if asked in KINDS else kind)}{shown.parameters}"

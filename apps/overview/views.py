"""System Overview: the page, its polls, and the buttons of a real server."""

from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import push_url, replace_url, trigger_client_event

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.common.views import confirm
from apps.overview import answers
from apps.overview.actions import set_state, twins
from apps.overview.answers import by_htmx
from apps.overview.markup import halt_question
from apps.overview.shown import Opened, Shown, number
from apps.overview.table import Seen, current
from apps.overview.wording import NOT_TOLD
from apps.services.models import RealServer, State
from apps.unit.guard import on_secondary

NOTHING_NEW = 204
DONE = {
    State.DRAIN: "is draining in {}: no new connections go there, those it has may finish.",
    State.HALT: "is halted in {}: it gets no traffic, its connections were cut.",
    State.ONLINE: "is online in {} again.",
}


@needs(Group.REPORT)
@require_GET
@gzip_page
def overview(request: HttpRequest) -> HttpResponse:
    """The page; for htmx only what the filter, or Expand all, changes on it."""
    shown = Shown.read(request.GET)
    if request.GET.keys() & {"expand", "refresh"}:
        shown = replace(shown, page=number(request.GET, "from") or 1)
    if "expand" in request.GET:
        shown = replace(shown, opened=Opened(inverted=request.GET["expand"] == "all"))
        if not by_htmx(request):
            return redirect(_address(shown))
    if by_htmx(request):
        tell = push_url if "page" in request.GET else replace_url
        return tell(answers.whole(request, current(), shown), _address(shown))
    return answers.page(request, current(), shown)


@on_secondary
@needs(Group.REPORT)
@require_POST
def toggle(request: HttpRequest) -> HttpResponse:
    """A click on a name: expand or collapse its real servers."""
    pk = int(request.POST["toggle"]) if request.POST.get("toggle", "").isdecimal() else 0
    shown = _shown(request)
    shown = replace(shown, opened=shown.opened.toggled(pk))
    if not by_htmx(request):
        return redirect(f"{_address(shown)}#vs-{pk}")
    table = current()
    rows = [table.rows[pk]] if pk in table.rows else []
    return replace_url(answers.parts(request, table, shown, rows, opened_too=True), _address(shown))


@needs(Group.REPORT)
@require_GET
@gzip_page
def changes(request: HttpRequest) -> HttpResponse:
    """What changed since the browser was told last; nothing at all when nothing did."""
    shown, seen, table = Shown.read(request.GET), Seen.read(request.GET.get("seen", "")), current()
    if table.seen == seen:
        return HttpResponse(status=NOTHING_NEW)
    if table.concerns_all(seen) or answers.listed(table, shown) != request.GET.get("listed", ""):  # rows come and go
        return answers.whole(request, table, shown)
    return answers.parts(request, table, shown, [row for row in table.page(shown) if row.changed > seen.version])


@needs(Group.MAINT)
@require_POST
def drain(request: HttpRequest, pk: int) -> HttpResponse:
    return _set_state(request, pk, State.DRAIN)


@needs(Group.MAINT)
@require_POST
def halt(request: HttpRequest, pk: int) -> HttpResponse:
    """Cuts connections: asks first if there are any. With script the page has asked already."""
    server = get_object_or_404(RealServer, pk=pk)
    conns = current().conns(server)
    if conns and not by_htmx(request) and not request.POST.get("sure"):
        hidden = {"sure": "yes", "scope": request.POST.get("scope", ""), "back": request.POST.get("back", "")}
        return confirm(
            request,
            title=f"Halt {server.label}",
            loss=halt_question(server.label, conns),
            button="Halt",
            cancel=_back(request, server.service_id),
            hidden=hidden,
        )
    return _set_state(request, pk, State.HALT)


@needs(Group.MAINT)
@require_POST
def online(request: HttpRequest, pk: int) -> HttpResponse:
    return _set_state(request, pk, State.ONLINE)


def _set_state(request: HttpRequest, pk: int, state: State) -> HttpResponse:
    server = get_object_or_404(RealServer.objects.select_related("service"), pk=pk)
    others = [twin for twin in twins(server) if twin.state != state]
    chosen = [server, *others] if request.POST.get("scope") == "all" else [server]
    told = set_state(chosen, state)
    if told:
        _say(request, chosen, others if len(chosen) == 1 else [], state)
    else:
        messages.error(request, NOT_TOLD.format(server.label))
    if not by_htmx(request):
        return redirect(_back(request, server.service_id))
    table = current()
    rows = [table.rows[item.service_id] for item in chosen if item.service_id in table.rows]
    response = answers.parts(request, table, _with_open(request, server.service_id), rows, notes_too=True)
    return trigger_client_event(response, "acted")  # the page asks soon whether HAProxy has done it


def _say(request: HttpRequest, chosen: list[RealServer], others: list[RealServer], state: State) -> None:
    """What happened; and a button that does the same for the same machine in other virtual services."""
    server = chosen[0]
    said = f"{server.label} {DONE[state].format(_names(chosen))}"
    if others:
        attributes = format_html('type="submit" form="rows" formaction="{}" name="scope" value="all"', request.path)
        button = '{} <button class="btn btn-sm" {}>Also in {}</button>'
        said = format_html(button, said, attributes, _names(others))
    messages.success(request, said)


def _names(servers: list[RealServer]) -> str:
    *some, last = [server.service.label for server in servers]
    return f"{', '.join(some)} and {last}" if some else last


def _shown(request: HttpRequest) -> Shown:
    """What the page of a button shows."""
    return Shown.read(request.POST if by_htmx(request) else QueryDict(request.POST.get("back", "").removeprefix("?")))


def _address(shown: Shown) -> str:
    return f"{reverse('overview')}{shown.parameters}"


def _back(request: HttpRequest, service: int) -> str:
    return f"{_address(_with_open(request, service))}#vs-{service}"


def _with_open(request: HttpRequest, service: int) -> Shown:
    """With the service of the button expanded: it was."""
    shown = _shown(request)
    return shown if service in shown.opened else replace(shown, opened=shown.opened.toggled(service))

"""Layer 7 – Virtual Services and Layer 7 – Real Servers: searched, filtered, sorted and paged by the server."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe
from django_htmx.http import push_url, replace_url

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.overview import paging, servers
from apps.overview.answers import by_htmx, may
from apps.overview.choices import (
    SERVER_STATES,
    SERVICE_STATES,
    Keys,
    by_address,
    by_conns,
    by_name,
    by_ports,
    by_state,
    certificates,
    choices,
    heads,
    in_order,
)
from apps.overview.rows import ServiceRow
from apps.overview.shown import SIZES, Shown
from apps.overview.table import Table, current
from apps.services.views import SERVERS, SERVICES

COLUMNS = {
    "state": "State",
    "label": "Label",
    "address": "IP",
    "ports": "Ports",
    "protocol": "Protocol",
    "servers": "Real Servers",
    "conns": "Conns",
}
NUMBERS = {"servers", "weight", "conns"}


@needs(Group.REPORT)
@require_safe
@gzip_page
def virtual_services(request: HttpRequest) -> HttpResponse:
    table, shown, names = current(), Shown.read(request.GET), certificates()
    page = Paginator(services_in_order(table, shown), shown.size).get_page(shown.page)
    context = {
        "rows": [(row, _amount(table, row), _certificate(row, names)) for row in page],
        "heads": heads(shown, COLUMNS, NUMBERS),
        "count": page.paginator.count,
        "range": paging.range_words(page),
        "links": paging.links(shown, page),
        "certificates": names.items(),
        **choices(SERVICE_STATES),
    }
    templates = ("services/virtual_services.html", "services/_virtual_services.html")
    return _answer(request, templates, table, shown, context | {"title": SERVICES})


@needs(Group.REPORT)
@require_safe
@gzip_page
def real_servers(request: HttpRequest) -> HttpResponse:
    table, shown = current(), Shown.read(request.GET)
    found = servers.lines(table, shown)
    page = Paginator(found, shown.size).get_page(shown.page)
    first = page.start_index() - 1
    number = [sum(line.rip is not None for line in part) for part in (found[:first], page, found)]
    context = {
        "shelves": servers.shelves(table, list(page), shown),
        "heads": heads(shown, servers.columns(shown), NUMBERS),
        "by_service": shown.at(sort=""),
        "is_sorted": servers.is_sorted(shown),
        "is_first": page.number == 1,
        "count": number[2],
        "range": paging.span(number[0] + 1, number[0] + number[1], number[2]),
        "links": paging.links(shown, page),
        **choices(SERVER_STATES),
    }
    templates = ("services/real_servers.html", "services/_real_servers.html")
    return _answer(request, templates, table, shown, context | {"title": SERVERS})


def services_in_order(table: Table, shown: Shown) -> list[ServiceRow]:
    place = by_state(SERVICE_STATES)
    keys: Keys[ServiceRow] = {
        "state": lambda row: place(row.mark.word),
        "label": lambda row: by_name(row.vip.label),
        "address": lambda row: by_address(row.vip.address),
        "ports": lambda row: by_ports(row.vip.ports),
        "protocol": lambda row: row.vip.protocol,
        "servers": lambda row: len(table.rips(row.vip.pk)),
        "conns": lambda row: by_conns(row.conns),
    }
    return in_order(table.chosen(shown), shown, keys)


def _amount(table: Table, row: ServiceRow) -> str:
    return "redirect" if row.vip.redirects else str(len(table.rips(row.vip.pk)))


def _certificate(row: ServiceRow, names: dict[int, str]) -> str:
    return names.get(row.vip.certificate or 0, "")


def _answer(
    request: HttpRequest, templates: tuple[str, str], table: Table, shown: Shown, context: dict[str, Any]
) -> HttpResponse:
    """The page; for htmx only the list, without the frame, and with the address that shows the same."""
    context |= {"table": table, "shown": shown, "may": may(request), "sizes": SIZES, "path": request.path}
    context["count_words"] = f"{context['count']:,}"
    if not by_htmx(request):
        return render(request, templates[0], context)
    # Without the request: the frame would ask the database for what is not shown.
    context |= {"csrf_token": get_token(request), "oob": True}
    part = render_to_string(templates[1], context)
    tell = replace_url if request.headers.get("hx-trigger") == "filter" else push_url
    return tell(HttpResponse(part), f"{request.path}{shown.parameters}")

"""What a browser gets: the whole page, or only the parts of it that changed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from apps.accounts.models import Group, User
from apps.overview import markup, paging
from apps.overview.choices import SERVICE_STATES, choices
from apps.overview.markup import OUT_OF_BAND, May
from apps.overview.rows import ServiceRow, server_rows
from apps.overview.shown import Shown
from apps.overview.table import PAGE, Table
from apps.pair import header


def page(request: HttpRequest, table: Table, shown: Shown) -> HttpResponse:
    also = {"title": "System Overview", **choices(SERVICE_STATES)}
    return render(
        request, "overview/overview.html", _context(request, table, shown) | _rows(request, table, shown) | also
    )


def whole(request: HttpRequest, table: Table, shown: Shown) -> HttpResponse:
    """The whole table and what stands around it."""
    also = {"table_too": True, "opened_too": True}
    return _parts(_context(request, table, shown) | _rows(request, table, shown) | also)


def parts(request: HttpRequest, table: Table, shown: Shown, rows: Iterable[ServiceRow], **also: bool) -> HttpResponse:
    """These rows, and what stands around the table, each for its place on the page.

    What is expanded is the browser's to say: it is told (`opened_too`) only after it asked to change that.
    """
    return _parts(_context(request, table, shown) | {"rows": _bodies(request, table, rows, shown, OUT_OF_BAND)} | also)


def _parts(context: dict[str, Any]) -> HttpResponse:
    """Without the frame: it would ask the database for every poll."""
    return HttpResponse(render_to_string("overview/_parts.html", context | {"oob": OUT_OF_BAND}))


def listed(table: Table, shown: Shown) -> str:
    """Tells whether the page of a browser has the rows that it should have."""
    return paging.checksum(row.vip.pk for row in table.page(shown)) if shown.may_wander else ""


def may(request: HttpRequest) -> May:
    user = cast(User, request.user)  # the views need a group, so somebody is logged in
    is_free = user.may(Group.MAINT) and not header.of(request).is_secondary
    return May(act=is_free, edit=is_free and user.may(Group.CONFIG))


def by_htmx(request: HttpRequest) -> bool:
    """Whether the page asks for a part of itself; who goes back in the browser needs all of it."""
    details = getattr(request, "htmx", None)
    return details is not None and bool(details) and not details.history_restore_request


def _rows(request: HttpRequest, table: Table, shown: Shown) -> dict[str, Any]:
    """The rows of this page, and the way to the other pages."""
    page = table.page(shown)
    return {
        "rows": _bodies(request, table, page, shown),
        "range": paging.range_words(page) if len(table.rows) > PAGE else "",
        "links": paging.links(shown, page),
    }


def _bodies(
    request: HttpRequest, table: Table, rows: Iterable[ServiceRow], shown: Shown, attributes: str = ""
) -> SafeString:
    allowed = may(request)
    return mark_safe("".join(_body(table, row, shown, allowed, attributes) for row in rows))  # noqa: S308 - markup escapes


def _body(table: Table, row: ServiceRow, shown: Shown, allowed: May, attributes: str) -> str:
    pk, cells = row.vip.pk, table.cells_of(row)
    if pk not in shown.opened or row.vip.redirects:
        return markup.collapsed(pk, cells, attributes)
    servers = server_rows(row.vip, table.rips(pk), table.snapshot)
    return markup.expanded(pk, cells, servers, allowed, attributes)


def _context(request: HttpRequest, table: Table, shown: Shown) -> dict[str, Any]:
    problems = f"{table.problems} problem{'s' * (table.problems != 1)}: " if table.problems else ""
    return {
        "page_title": f"{problems}System Overview",
        "table": table,
        "shown": shown,
        "listed": listed(table, shown),
        "is_long": len(table.rows) > PAGE,
        "may_edit": may(request).edit,
        "messages": messages.get_messages(request),
        "now": timezone.localtime(),
        "no_states_since": table.since and datetime.fromtimestamp(table.since, timezone.get_current_timezone()),
    }

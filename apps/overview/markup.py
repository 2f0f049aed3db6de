"""The rows as HTML. Python instead of a template: a thousand rows take milliseconds, and each is kept."""

from collections.abc import Iterable
from html import escape
from typing import NamedTuple

from django.urls import reverse
from django.utils.safestring import mark_safe

from apps.overview.rows import ServerRow, ServiceRow
from apps.services.models import Protocol, State

OUT_OF_BAND = mark_safe(' hx-swap-oob="true"')
BARS = {"warn": ' class="is-warn"', "down": ' class="is-down"'}
HEADS = (
    '<tr class="rip heads"><th scope="col"><span class="visually-hidden">State</span></th>'
    '<th scope="col">Real Server</th><th scope="col">IP</th><th scope="col">Ports</th>'
    '<th scope="col" class="num">Weight</th><th scope="col" class="num">Conns</th>'
    '<th scope="col" colspan="2">Last check</th><th scope="col"><span class="visually-hidden">Actions</span></th></tr>'
)


class May(NamedTuple):
    """What the user who looks may do."""

    act: bool
    edit: bool


def service_cells(row: ServiceRow) -> str:
    """The cells of a virtual service, collapsed."""
    vip, mark = row.vip, row.mark
    why = f'<span class="why">{escape(row.why)}</span>' if row.why else ""
    if vip.redirects:
        name = f'<span class="lb-open leaf" id="vs-{vip.pk}-name">{escape(vip.label)}</span>'
    else:
        name = (
            f'<button class="lb-open" id="vs-{vip.pk}-name" name="toggle" value="{vip.pk}" aria-expanded="false">'
            f"{escape(vip.label)}</button>"
        )
    return (
        f'<tr{BARS.get(mark.style, "")}><td class="state"><span class="st {mark.style}">{escape(mark.word)}</span></td>'
        f'<td class="first">{name}{why}</td><td>{escape(vip.address)}</td>'
        f'<td colspan="2" data-l="Ports">{escape(vip.ports)}</td>'
        f'<td class="num" data-l="Conns">{row.conns}</td>'
        f'<td>{Protocol(vip.protocol).short}</td><td class="rare">Layer 7</td><td class="rare">Proxy</td></tr>'
    )


def collapsed(pk: int, cells: str, attributes: str = "") -> str:
    return f'<tbody id="vs-{pk}"{attributes}>{cells}</tbody>'


def expanded(pk: int, cells: str, servers: Iterable[ServerRow], may: May, attributes: str = "") -> str:
    """A virtual service with its real servers."""
    opened = cells.replace('aria-expanded="false"', 'aria-expanded="true"', 1)
    below = "".join(_server(row, pk, may) for row in servers)
    empty = (
        ""
        if below
        else '<tr class="rip"><td class="lb-wide"></td><td colspan="8" class="line">No Real Servers yet.</td></tr>'
    )
    return f'<tbody id="vs-{pk}"{attributes}>{opened}{HEADS if below else empty}{below}{_links(pk, may)}</tbody>'


def _server(row: ServerRow, service: int, may: May) -> str:
    rip = row.rip
    name = f"rip-{rip.pk}-name"
    down = " is-down" if row.why else ""
    port = rip.port if rip.port else '<span title="The port the client connected to">any</span>'
    html = (
        f'<tr class="rip{down}{" join" if row.why else ""}"><td class="state">'
        f'<span class="st {row.mark.style}">{escape(row.mark.word)}</span></td>'
        f'<td class="first" id="{name}">{escape(rip.label)}</td><td>{escape(rip.address)}</td>'
        f'<td data-l="Port">{port}</td><td class="num" data-l="Weight">{_weight(row, may)}</td>'
        f'<td class="num" data-l="Conns">{row.conns}</td><td colspan="2" class="muted">{escape(row.last_check)}</td>'
        f'<td class="keep push">{_buttons(row, service) if may.act else ""}</td></tr>'
    )
    if row.why:
        html += (
            f'<tr class="rip tail{down}"><td class="lb-wide"></td><td colspan="8" class="line">'
            f'<span class="why">{escape(row.why)}</span></td></tr>'
        )
    return html


def _weight(row: ServerRow, may: May) -> str:
    if not may.edit:
        return str(row.rip.weight)
    url = reverse("modify-real-server", args=[row.rip.pk])
    return f'<a href="{url}" title="Change the weight of {escape(row.rip.label)}">{row.rip.weight}</a>'


def _buttons(row: ServerRow, service: int) -> str:
    rip = row.rip
    match rip.state:
        case State.DRAIN:
            shown = [("online", "Online (Drain)", "drain")]
        case State.HALT:
            shown = [("online", "Online (Halt)", "halt")]
        case _:
            shown = [("drain", "Drain", "drain"), ("halt", "Halt", "halt")]
    return f'<span class="bar">{"".join(_button(row, service, *words) for words in shown)}</span>'


def _button(row: ServerRow, service: int, action: str, label: str, key: str) -> str:
    """It keeps its id over a click, so that the focus stays."""
    pk, conns = row.rip.pk, row.conns
    sure = ""
    if action == "halt" and conns.isdecimal() and conns != "0":
        sure = f' data-confirm="{escape(halt_question(row.rip.label, int(conns)))}"'
    return (
        f'<button class="btn btn-sm" id="{key}-{pk}" formaction="{reverse(action, args=[pk])}"'
        f'{sure} aria-describedby="rip-{pk}-name vs-{service}-name">{label}</button>'
    )


def halt_question(label: str, conns: int) -> str:
    some = "1 connection, which" if conns == 1 else f"{conns} connections, which"
    return f"{label} has {some} Halt cuts at once. Drain lets them finish."


def _links(service: int, may: May) -> str:
    if not may.edit:
        return ""
    described = f'aria-describedby="vs-{service}-name"'
    return (
        f'<tr class="rip"><td class="lb-wide"></td><td colspan="8" class="line"><span class="bar">'
        f'<a href="{reverse("modify-virtual-service", args=[service])}" {described}>Modify</a>'
        f'<a href="{reverse("add-real-server", args=[service])}" {described}>Add a new Real Server</a></span></td></tr>'
    )

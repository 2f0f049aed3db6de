"""Cluster Configuration > Health Check Scripts: the list, the editor, and a test before a script is used."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.changes.errand_views import UNREACHABLE, ask
from apps.changes.models import Errand
from apps.common.forms import OptionForm
from apps.common.models import Edit
from apps.common.options import options
from apps.common.views import REFUSED, delete, edit
from apps.services.models import Check, HealthCheckScript, RealServer, VirtualService
from apps.services.script_templates import TEMPLATES, template

TITLE = "Health Check Scripts"
SYNTAX, TRIAL = "script-syntax", "script-trial"
SHOWN = 10  # Virtual Services that use a script, in the list
PATIENCE = 4.0  # seconds that Update waits for the worker to read a script
NOT_CHECKED = "Its syntax was not checked, because the worker {why}. Test the script before you use it."


class ScriptForm(OptionForm):
    class Meta:
        model = HealthCheckScript
        fields = [option.name for option in options(HealthCheckScript)]


@dataclass(frozen=True)
class Line:
    """A row of the list."""

    script: HealthCheckScript
    users: list[VirtualService]  # the first of them
    more: int
    changed: datetime | None
    by: str


def _parent() -> dict[str, str]:
    return {"menu": "Cluster Configuration", "label": TITLE, "url": reverse("health-check-scripts")}


@needs(Group.REPORT)
def scripts(request: HttpRequest) -> HttpResponse:
    return render(request, "services/scripts.html", {"title": TITLE, "lines": _lines()})


def _lines() -> list[Line]:
    used = VirtualService.objects.filter(check_type=Check.EXTERNAL).only("pk", "label", "check_script")
    found = HealthCheckScript.objects.defer("content").prefetch_related(Prefetch("virtual_services", used, "users"))
    kind = str(HealthCheckScript._meta.verbose_name)
    edits = {edit.number: edit for edit in Edit.objects.filter(kind=kind).order_by("pk")}
    lines = []
    for script in found:
        last = edits.get(script.pk)
        shown, more = script.users[:SHOWN], max(0, len(script.users) - SHOWN)
        lines.append(Line(script, shown, more, last.at if last else None, last.user if last else ""))
    return lines


@needs(Group.CONFIG)
def add_script(request: HttpRequest) -> HttpResponse:
    chosen = template(request.GET.get("template", ""))
    initial = {"label": chosen.name, "content": chosen.content} if chosen else {}
    form = ScriptForm(request.POST or None, initial=initial)
    saved = "Health Check Script {} added. Test it, then choose it as External Script of a Virtual Service."
    context = {"templates": TEMPLATES, "chosen": chosen}
    answer = _save(request, form, "Add a new Health Check Script", saved, context)
    return redirect("modify-health-check-script", form.instance.pk) if answer.status_code == 302 else answer


@needs(Group.CONFIG)
def modify_script(request: HttpRequest, pk: int) -> HttpResponse:
    script = get_object_or_404(HealthCheckScript, pk=pk)
    form = ScriptForm(request.POST or None, instance=script)
    saved = "Health Check Script {} updated. Checks run the former one until you press Reload HAProxy."
    return _save(request, form, f"Modify {script.label}", saved, {"script": script, "choices": _choices(script)})


def _save(request: HttpRequest, form: ScriptForm, title: str, saved: str, context: dict[str, Any]) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        answer = _syntax(request, form.cleaned_data["content"])
        if refused := answer.get("refused"):
            form.add_error("content", refused)
        saved += f" {answer['note']}" if answer.get("note") else ""
    context |= {"parent": _parent(), "errand": None}
    done = reverse("health-check-scripts")
    return edit(request, form, title=title, saved=saved, done=done, context=context, template="services/script.html")


def _syntax(request: HttpRequest, content: str) -> dict[str, Any]:
    """What the worker's interpreters say of it, unless that takes long: saving must not depend on the worker."""
    try:
        errand = ask(request, SYNTAX, {"content": content})
    except OperationalError:
        return {"note": NOT_CHECKED.format(why="cannot be reached")}
    deadline = time.monotonic() + PATIENCE
    while errand.answer is None and time.monotonic() < deadline:
        errand.refresh_from_db()
        if errand.answer is None:
            time.sleep(0.05)
    if errand.answer is None or errand.answer.get("problem"):
        return {"note": NOT_CHECKED.format(why="did not answer in time")}
    return dict(errand.answer)


@needs(Group.CONFIG)
@require_POST
def try_script(request: HttpRequest, pk: int) -> HttpResponse:
    """Of the script as the editor has it, where it was sent along; else as it is saved."""
    script = get_object_or_404(HealthCheckScript, pk=pk)
    content = HealthCheckScript._meta.get_field("content").to_python(request.POST.get("content") or script.content)
    server = request.POST.get("server", "")
    if not server.isdecimal():
        return _told(request, Errand(kind=TRIAL, answer={"problem": "Choose a Real Server first."}), REFUSED)
    try:
        errand = ask(request, TRIAL, {"content": content, "server": int(server)})
    except OperationalError:
        return _told(request, Errand(kind=TRIAL, answer={"problem": UNREACHABLE}), REFUSED)
    return _told(request, errand)


def _told(request: HttpRequest, errand: Errand, status: int = 200) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return render(request, "changes/_errand.html", {"errand": errand}, status=status)
    if errand.pk:
        return redirect("errand", errand.pk)
    return render(request, "changes/errand.html", {"errand": errand, "title": "Answer"}, status=status)


@needs(Group.CONFIG)
def delete_script(request: HttpRequest, pk: int) -> HttpResponse:
    script = get_object_or_404(HealthCheckScript, pk=pk)
    loss = f"{script.label} will be deleted. No Virtual Service uses it."
    users = script.virtual_services.filter(check_type=Check.EXTERNAL)
    if users:
        loss = f"{script.label} is used by {', '.join(map(str, users))} and is kept until they use something else."
    with transaction.atomic():
        if request.method == "POST" and not users:
            script.virtual_services.update(check_script=None)  # where another type of check is chosen now
        return delete(request, script, loss=loss, done=reverse("health-check-scripts"))


def _choices(script: HealthCheckScript) -> SafeString:
    """Every real server, by its service; first those that this script checks. As one text: there may be thousands."""
    names = ("pk", "label", "address", "service__label", "service__check_script", "service__check_type")
    found: dict[str, list[tuple[int, str, str]]] = {}
    rows = list(RealServer.objects.order_by("service", "pk").values_list(*names))
    rows.sort(key=lambda row: row[4:] != (script.pk, Check.EXTERNAL))
    for pk, label, address, service, *_ in rows:
        found.setdefault(service, []).append((pk, label, address))
    groups = (
        (service, format_html_join("", '<option value="{}">{} ({})</option>', servers))
        for service, servers in found.items()
    )
    return format_html_join("", '<optgroup label="{}">{}</optgroup>', groups) or SafeString()

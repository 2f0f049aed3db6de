"""Edit ACL Rules and Edit Header Rules: the rules of a virtual service in their order, and each of them."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from apps.accounts.models import Group, User
from apps.accounts.roles import needs
from apps.common.forms import OptionForm
from apps.common.views import confirm, edit
from apps.services.conditions import sent
from apps.services.models import AclRule, VirtualService
from apps.services.rule_actions import OrderChanged, Rule, move, remove
from apps.services.rule_forms import AclRuleForm
from apps.services.rule_kinds import RuleKind, note
from apps.services.try_form import TryForm

CHANGED = (
    "Somebody else changed these rules meanwhile, so nothing was moved. Here they are as they are now; move again."
)


@needs(Group.REPORT)
def rules(request: HttpRequest, pk: int, kind: RuleKind) -> HttpResponse:
    service = get_object_or_404(VirtualService, pk=pk)
    return render(request, "services/rules.html", _page(request, kind, service))


def _page(request: HttpRequest, kind: RuleKind, service: VirtualService, **more: Any) -> dict[str, Any]:
    found, group = kind.of(service), Group(cast(User, request.user).group)
    return {
        "kind": kind,
        "service": service,
        "title": f"{kind.title} of {service.label}",
        "rules": found,
        "seen": ",".join(str(rule.pk) for rule in found),
        "note": note(kind, service),
        "may_edit": group.may(Group.CONFIG),
        "may_try": group.may(Group.MAINT) and not service.manual,
        "try_form": TryForm(service=service),
        **more,
    }


@needs(Group.CONFIG)
@require_POST
def move_rule(request: HttpRequest, pk: int, kind: RuleKind) -> HttpResponse:
    """With script the list alone comes back, and says what happened; else the page."""
    rule = kind.get(pk)
    told = _move(request, kind, rule)
    if not getattr(request, "htmx", False):
        messages.info(request, told)
        return redirect(kind.page(rule.service))
    return render(request, "services/_rules.html", _page(request, kind, rule.service, told=told))


def _move(request: HttpRequest, kind: RuleKind, rule: Rule) -> str:
    to, seen = request.POST.get("to", ""), request.POST.get("seen", "").split(",")
    if not to.isdecimal() or not all(number.isdecimal() for number in seen):
        return "Nothing was moved: the page did not say where to. Reload it and try again."
    before = rule.position
    try:
        place = move(rule=rule, to=int(to), seen=[int(number) for number in seen], user=request.user.get_username())
    except OrderChanged:
        return CHANGED
    if place == before:
        return f"{kind.name} {place} is {'first' if place == 1 else 'last'} already."
    return f"{kind.name} {before} is now number {place}."


@needs(Group.CONFIG)
def add_rule(request: HttpRequest, pk: int, kind: RuleKind) -> HttpResponse:
    return _edit(request, kind, kind.made_for(get_object_or_404(VirtualService, pk=pk)))


@needs(Group.CONFIG)
def modify_rule(request: HttpRequest, pk: int, kind: RuleKind) -> HttpResponse:
    return _edit(request, kind, kind.get(pk))


def _edit(request: HttpRequest, kind: RuleKind, rule: Rule) -> HttpResponse:
    is_new = rule.pk is None
    title = f"Add a new {kind.name} to {rule.service}" if is_new else f"Modify {kind.name} {rule}"
    menu = f"Cluster Configuration / {rule.service}"
    context = {
        "parent": {"menu": menu, "label": kind.title, "url": kind.page(rule.service)},
        "subtitle": f"{rule.service.address}:{rule.service.ports} · {rule.service.get_protocol_display()}",
        "button": "Add" if is_new else "Update",
    }
    if request.method == "POST" and "more" in request.POST and isinstance(rule, AclRule):
        form: OptionForm = _with_another_condition(request, rule)
        page = {"form": form, "title": title, "cancel": kind.page(rule.service)}
        return render(request, "common/edit.html", page | context)
    form = kind.form(request.POST or None, instance=rule)
    saved = f"{kind.name} {{}} {'added' if is_new else 'updated'}. Traffic changes only when you press Reload HAProxy."
    return edit(request, form, title=title, saved=saved, done=kind.page(rule.service), context=context)


def _with_another_condition(request: HttpRequest, rule: AclRule) -> AclRuleForm:
    """Without script: the form as it was filled in, with more rows and without a word about what is still missing."""
    kept = {name: request.POST.get(name, "") for name in ("action", "value")}
    form = AclRuleForm(instance=rule, initial=kept, typed=sent(request.POST))
    form.stamp = request.POST.get("stamp", "")
    return form


@needs(Group.CONFIG)
def delete_rule(request: HttpRequest, pk: int, kind: RuleKind) -> HttpResponse:
    rule = kind.get(pk)
    page = kind.page(rule.service)
    if request.method == "POST":
        remove(rule=rule, user=request.user.get_username())
        messages.success(request, f"{kind.name} {rule.position} deleted. The rules behind it moved up.")
        return redirect(page)
    loss = f"{rule.words} – this will no longer be done for {rule.service}, once you press Reload HAProxy."
    return confirm(request, title=f"Delete {kind.name} {rule}", loss=loss, button="Delete", cancel=page)

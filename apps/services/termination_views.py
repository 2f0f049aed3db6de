"""Cluster Configuration > SSL Termination: the list, add, modify, delete; and the SNI rules of each."""

from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.certificates.models import Certificate
from apps.common.views import delete, edit
from apps.services.models import SniRule, SslTermination, VirtualService
from apps.services.termination_forms import SniRuleForm, TerminationForm

TITLE = "SSL Termination"
ON_COMMIT = "Traffic changes only when you press Reload HAProxy."


def _parent() -> dict[str, str]:
    return {"menu": "Cluster Configuration", "label": TITLE, "url": reverse("ssl-terminations")}


@needs(Group.REPORT)
def terminations(request: HttpRequest) -> HttpResponse:
    found = SslTermination.objects.order_by("label").prefetch_related(
        Prefetch("rules"),
        Prefetch("service", VirtualService.objects.only("pk", "label")),
        Prefetch("certificate", Certificate.objects.only("pk", "label")),
    )
    return render(request, "services/terminations.html", {"title": TITLE, "terminations": found})


@needs(Group.CONFIG)
def add_termination(request: HttpRequest) -> HttpResponse:
    built_in = Certificate.objects.filter(is_built_in=True).values_list("pk", flat=True).first()
    asked = request.GET.get("service", "")
    initial = {"certificate": built_in, "service": asked if asked.isdecimal() else None}
    form = TerminationForm(request.POST or None, initial=initial)
    saved = "SSL Termination {} added. It carries traffic once you press Reload HAProxy."
    return _edit(request, form, "Add a new Virtual Service", saved)


@needs(Group.CONFIG)
def modify_termination(request: HttpRequest, pk: int) -> HttpResponse:
    termination = get_object_or_404(SslTermination.objects.select_related("service"), pk=pk)
    form = TerminationForm(request.POST or None, instance=termination)
    subtitle = f"{termination.address}:{termination.port} · {termination.service or 'Custom'}"
    saved = f"SSL Termination {{}} updated. {ON_COMMIT}"
    return _edit(request, form, f"Modify {termination.label}", saved, subtitle=subtitle)


def _edit(request: HttpRequest, form: TerminationForm, title: str, saved: str, **context: Any) -> HttpResponse:
    context |= {"parent": _parent()}
    return edit(request, form, title=title, saved=saved, done=reverse("ssl-terminations"), context=context)


@needs(Group.CONFIG)
def delete_termination(request: HttpRequest, pk: int) -> HttpResponse:
    termination = get_object_or_404(SslTermination, pk=pk)
    rules = termination.rules.count()
    loss = f"{termination.label} on {termination.address}, port {termination.port}"
    loss += f", and its {rules} SNI Rule{'s' * (rules != 1)}" if rules else ""
    loss += " will be removed from the configuration. Clients are served until you press Reload HAProxy."
    return delete(request, termination, loss=loss, done=reverse("ssl-terminations"))


@needs(Group.CONFIG)
def add_sni_rule(request: HttpRequest, pk: int) -> HttpResponse:
    termination = get_object_or_404(SslTermination, pk=pk)
    last = termination.rules.order_by("position").values_list("position", flat=True).last() or 0
    new = SniRule(termination=termination, position=last + 1)
    form = SniRuleForm(request.POST or None, instance=new)
    return _edit_rule(request, form, termination, f"Add a new SNI Rule to {termination}", "added")


@needs(Group.CONFIG)
def modify_sni_rule(request: HttpRequest, pk: int) -> HttpResponse:
    rule = get_object_or_404(SniRule.objects.select_related("termination", "service"), pk=pk)
    form = SniRuleForm(request.POST or None, instance=rule)
    return _edit_rule(request, form, rule.termination, f"Modify SNI Rule {rule}", "updated")


def _edit_rule(
    request: HttpRequest, form: SniRuleForm, termination: SslTermination, title: str, done: str
) -> HttpResponse:
    page = reverse("modify-ssl-termination", args=[termination.pk])
    context = {"parent": {"menu": f"Cluster Configuration / {TITLE}", "label": str(termination), "url": page}}
    saved = f"SNI Rule {{}} {done}. {ON_COMMIT}"
    return edit(request, form, title=title, saved=saved, done=f"{page}#sni-rules", context=context)


@needs(Group.CONFIG)
def delete_sni_rule(request: HttpRequest, pk: int) -> HttpResponse:
    rule = get_object_or_404(SniRule.objects.select_related("termination"), pk=pk)
    page = reverse("modify-ssl-termination", args=[rule.termination_id])
    loss = f"Clients that ask for {rule.host} will be served as all others of {rule.termination}, once you press "
    return delete(request, rule, loss=f"{loss}Reload HAProxy.", done=f"{page}#sni-rules")

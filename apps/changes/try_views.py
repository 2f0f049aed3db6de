"""Try a request: asked on the page of a virtual service's rules, answered there."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from kombu.exceptions import OperationalError

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.changes.errand_views import UNREACHABLE, ask
from apps.common.views import REFUSED
from apps.services.models import VirtualService
from apps.services.rule_kinds import ACL
from apps.services.try_form import TryForm
from apps.unit.guard import on_secondary


@on_secondary
@needs(Group.MAINT)
def try_request(request: HttpRequest, pk: int) -> HttpResponse:
    """With script the card alone comes back; without, a page with it."""
    service = get_object_or_404(VirtualService, pk=pk)
    form = TryForm(request.POST or None, service=service)
    context: dict[str, Any] = {"service": service, "try_form": form, "rules_page": ACL.page(service)}
    if request.method == "POST" and form.is_valid():
        given = {"url": "", "method": "", "headers": [], "sni": "", **form.cleaned_data, "service": service.pk}
        try:
            context["errand"] = ask(request, "try-request", given)
        except OperationalError:
            context["problem"] = UNREACHABLE
    template = "services/_try.html" if getattr(request, "htmx", False) else "services/try.html"
    return render(request, template, context, status=REFUSED if form.errors else 200)

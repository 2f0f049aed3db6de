"""Layer 7 – Virtual Services and Layer 7 – Real Servers: add, modify, delete. Their lists stand with the states."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.common.views import delete, edit
from apps.services.actions import INNER, blank_copy, copy_inner, counted, is_alone, keep_address
from apps.services.forms import AddVirtualService, DuplicateService, ModifyVirtualService, RealServerForm
from apps.services.models import Layer7, RealServer, VirtualService
from apps.services.naming import protect

SERVICES = "Layer 7 – Virtual Services"
SERVERS = "Layer 7 – Real Servers"


def _parent(label: str, url_name: str) -> dict[str, str]:
    return {"menu": "Cluster Configuration", "label": label, "url": reverse(url_name)}


@needs(Group.CONFIG)
def add_virtual_service(request: HttpRequest) -> HttpResponse:
    new = VirtualService(transparent=Layer7.get().transparent)
    form = AddVirtualService(request.POST or None, instance=new)
    saved = "Virtual Service {} added. It carries traffic once you press Reload HAProxy."
    context = {"parent": _parent(SERVICES, "virtual-services")}
    title = "Add a new Virtual Service"
    return edit(request, form, title=title, saved=saved, done=reverse("virtual-services"), context=context)


@needs(Group.CONFIG)
def modify_virtual_service(request: HttpRequest, pk: int) -> HttpResponse:
    service = get_object_or_404(VirtualService, pk=pk)
    form = ModifyVirtualService(request.POST or None, instance=service)
    context: dict[str, Any] = {
        "parent": _parent(SERVICES, "virtual-services"),
        "subtitle": f"{_place(service)} · {counted(service, RealServer)}",
        "links": [
            {"label": "Real Servers", "url": f"{reverse('real-servers')}?q={service.label}#service-{pk}"},
            {"label": "Duplicate Service", "url": reverse("duplicate-virtual-service", args=[pk])},
        ],
    }
    saved = "Virtual Service {} updated. Traffic changes only when you press Reload HAProxy."
    title = f"Modify {service.label}"
    return edit(request, form, title=title, saved=saved, done=reverse("virtual-services"), context=context)


def _place(service: VirtualService) -> str:
    where = "Backend Only" if service.backend_only else f"{service.address}:{service.ports}"
    return f"{where} · {service.get_protocol_display()}"


@needs(Group.CONFIG)
def duplicate_virtual_service(request: HttpRequest, pk: int) -> HttpResponse:
    service = get_object_or_404(VirtualService, pk=pk)
    form = DuplicateService(request.POST or None, instance=blank_copy(service))
    context = {
        "parent": _parent(SERVICES, "virtual-services"),
        "subtitle": f"Copies all options, {', '.join(counted(service, model) for model in INNER)}.",
        "advice": "" if service.backend_only else "The copy needs another IP Address or other Ports.",
        "button": "Duplicate",
        "action_note": "Duplicate saves. Traffic changes only when you commit.",
    }
    saved = f"Virtual Service {{}} added, a copy of {service.label}. It carries traffic once you press Reload HAProxy."
    also = partial(copy_inner, service, user=request.user.get_username())
    title, done = f"Duplicate {service.label}", reverse("virtual-services")
    return edit(request, form, title=title, saved=saved, done=done, context=context, also=also)


@needs(Group.CONFIG)
def delete_virtual_service(request: HttpRequest, pk: int) -> HttpResponse:
    service = get_object_or_404(VirtualService, pk=pk)
    servers = service.servers.count()
    loss = f"{service.label} on {service.address}, ports {service.ports}"
    loss += f", and its {servers} Real Server{'s' * (servers != 1)}" if servers else ""
    loss += " will be removed from the configuration. Clients are served until you press Reload HAProxy."
    return delete(
        request,
        service,
        loss=loss,
        done=reverse("virtual-services"),
        protect=protect,
        choice=f"Keep the floating IP {service.address}, which nothing else uses" if is_alone(service) else "",
        chosen=partial(keep_address, service.address, user=request.user.get_username()),
    )


@needs(Group.CONFIG)
def add_real_server(request: HttpRequest, service_pk: int) -> HttpResponse:
    service = get_object_or_404(VirtualService, pk=service_pk)
    new = RealServer(service=service, encrypted=service.backend_encryption)
    form = RealServerForm(request.POST or None, instance=new)
    return _edit_server(request, form, service, f"Add a new Real Server to {service.label}", "added")


@needs(Group.CONFIG)
def modify_real_server(request: HttpRequest, pk: int) -> HttpResponse:
    server = get_object_or_404(RealServer.objects.select_related("service"), pk=pk)
    form = RealServerForm(request.POST or None, instance=server)
    return _edit_server(request, form, server.service, f"Modify {server.label} of {server.service.label}", "updated")


def _edit_server(
    request: HttpRequest, form: RealServerForm, service: VirtualService, title: str, done: str
) -> HttpResponse:
    context = {
        "parent": _parent(SERVERS, "real-servers"),
        "subtitle": _place(service),
        "advice": form.instance.advice,
    }
    saved = f"Real Server {{}} {done}. Traffic changes only when you press Reload HAProxy."

    def advise(server: RealServer) -> None:
        if server.advice:
            messages.warning(request, f"{server}: {server.advice}")

    return edit(request, form, title=title, saved=saved, done=reverse("real-servers"), context=context, also=advise)


@needs(Group.CONFIG)
def delete_real_server(request: HttpRequest, pk: int) -> HttpResponse:
    server = get_object_or_404(RealServer.objects.select_related("service"), pk=pk)
    loss = (
        f"{server.label} ({server.address}) will be removed from {server.service.label}. "
        "It is used until you press Reload HAProxy."
    )
    return delete(request, server, loss=loss, done=reverse("real-servers"), protect=protect)

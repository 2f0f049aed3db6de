"""Ports that are taken: by the appliance itself, by virtual services and by SSL terminations."""

from collections.abc import Iterator, Mapping

from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils.module_loading import import_string

from apps.common.option_kinds import port_spans


def own_ports() -> dict[int, str]:
    """What listens on every appliance, however layer 7 is configured."""
    webui: dict[int, str] = import_string(settings.WEBUI_PORTS)()
    return settings.OWN_PORTS | webui


def port_problem(port: int, own: Mapping[int, str]) -> str:
    """Why nothing else can listen there; blank when it can."""
    if port in own:
        return f"Port {port} is used by the appliance itself ({own[port]}). Choose another port."
    services = apps.get_model("services", "VirtualService")._default_manager.filter(backend_only=False)
    for label, ports in services.values_list("label", "ports"):
        if any(first <= port <= last for first, last in port_spans(ports)):
            return f"Port {port} is used by the Virtual Service {label}. Choose another port."
    for label in _terminations().filter(port=port).values_list("label", flat=True):
        return f"Port {port} is used by the SSL Termination {label}. Choose another port."
    return ""


def clash(address: str, ports: str, *, service: int = 0, termination: int = 0) -> str:
    """Who listens on one of these ports of the address already; blank when nobody does.

    `service` or `termination` is the primary key of the object that wants them, if it has one.
    """
    for label, others in _on(address, service, termination):
        if (port := first_common_port(ports, others)) is not None:
            return f"Port {port} on {address} is already used by {label}. Choose another port or another address."
    return ""


def _on(address: str, service: int, termination: int) -> Iterator[tuple[str, str]]:
    """Labels and ports."""
    services = apps.get_model("services", "VirtualService")._default_manager.filter(backend_only=False)
    yield from services.filter(address=address).exclude(pk=service).values_list("label", "ports")
    found = _terminations().filter(address=address).exclude(pk=termination)
    yield from ((label, str(port)) for label, port in found.values_list("label", "port"))


def _terminations() -> models.QuerySet[models.Model]:
    return apps.get_model("services", "SslTermination")._default_manager.all()


def first_common_port(mine: str, others: str) -> int | None:
    for first, last in port_spans(mine):
        for other_first, other_last in port_spans(others):
            if first <= other_last and other_first <= last:
                return max(first, other_first)
    return None

"""Ports that are taken: by the appliance itself, and by virtual services."""

from collections.abc import Mapping

from django.apps import apps
from django.conf import settings
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
    return ""

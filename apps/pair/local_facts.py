"""The settings that are each unit's own, in the order of their menu: what is not replicated and must be set on both."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings

from apps.local.models import WebUICertificate, WebUISocket
from apps.system import host, local
from apps.system.local import Interface

LOCAL, MAINTENANCE = "Local Configuration", "Maintenance"
NOT_YET = "not configurable in this version"
HOSTNAME, ADDRESSES = "Hostname", "IP addresses"
OWN = {HOSTNAME, ADDRESSES}  # different on purpose


@dataclass(frozen=True)
class Fact:
    menu: str
    page: str
    label: str  # blank for a page that this version does not have
    value: str

    @property
    def place(self) -> tuple[str, str]:
        return self.page, self.label


def facts() -> list[Fact]:
    return [
        *_page(LOCAL, "Hostname & DNS", _names()),
        *_page(LOCAL, "Network Interface Configuration", _interfaces()),
        *_page(LOCAL, "Routing", _routes()),
        *_page(LOCAL, "System Date & time", _time()),
        *_page(LOCAL, "Physical – Advanced Configuration", _physical()),
        _missing(LOCAL, "Portal Management"),
        *_page(LOCAL, "Security", {"WebUI: SSL certificate": str(WebUICertificate.current())}),
        _missing(LOCAL, "SNMP Configuration"),
        _missing(LOCAL, "Graphing"),
        _missing(LOCAL, "License Key"),
        *_page(LOCAL, "Service Socket Addresses", {"WebUI (HTTPS)": str(WebUISocket.current())}),
        _missing(MAINTENANCE, "Backup & Restore"),
        *_page(MAINTENANCE, "Software Updates", _versions()),
        _missing(MAINTENANCE, "Firewall Script"),
        _missing(MAINTENANCE, "Firewall Lockdown Wizard"),
    ]


def _page(menu: str, page: str, values: dict[str, str]) -> Iterator[Fact]:
    yield from (Fact(menu, page, label, value or "none") for label, value in values.items())


def _missing(menu: str, page: str) -> Fact:
    return Fact(menu, page, "", NOT_YET)


def _names() -> dict[str, str]:
    return {
        HOSTNAME: host.hostname(),
        "DNS servers": ", ".join(local.resolvers()),
        "Search domains": ", ".join(local.search_domains()),
    }


def _interfaces() -> dict[str, str]:
    """Addresses differ on purpose; how large a packet may be must not."""
    found = [interface for interface in local.interfaces() if interface.addresses]
    return {ADDRESSES: "; ".join(_words(interface) for interface in found)} | {
        f"MTU of {interface.name}": str(interface.mtu) for interface in found
    }


def _words(interface: Interface) -> str:
    return f"{interface.name} {', '.join(interface.addresses)}"


def _routes() -> dict[str, str]:
    found = local.routes()
    return {
        "Default gateways": ", ".join(f"{route.via} on {route.interface}" for route in found if route.to == "default"),
        "Static routes": "; ".join(str(route) for route in found if route.to != "default"),
    }


def _time() -> dict[str, str]:
    return {"Time zone": local.time_zone(), "Hardware clock": "UTC" if local.clock_is_utc() else "local time"}


def _physical() -> dict[str, str]:
    return {"Processor cores": str(host.cores()), "Memory": f"{local.memory()} MB"}


def _versions() -> dict[str, str]:
    return {"lbadmin": settings.VERSION, "HAProxy": local.haproxy_version(), "Kernel": local.kernel()}

"""HAProxy's words about a line, in the words of the UI."""

import re
from dataclasses import dataclass

from django.apps import apps
from django.urls import reverse

from apps.common.options import option
from apps.haproxy.words import Owner

PLACE = re.compile(r"\[[^\]]*?:(\d+)\]\s*:?\s*(.*)")
PAGES = {
    "VirtualService": "modify-virtual-service",
    "RealServer": "modify-real-server",
    "AclRule": "modify-acl-rule",
    "HeaderRule": "modify-header-rule",
    "SslTermination": "modify-ssl-termination",
    "SniRule": "modify-sni-rule",
}

SINGLE = {"Layer7": "layer-7-advanced", "ManualConfiguration": "layer-7-manual"}


@dataclass(frozen=True)
class Complaint:
    """What HAProxy refused, and the address of the field that caused it, if a line tells."""

    sentence: str
    place: str = ""


def explain(said: str, owners: list[Owner | None]) -> Complaint:
    """`AVS-AQI · Client Timeout: <HAProxy's words>` for the first complaint that names a line."""
    for line in said.splitlines():
        match = PLACE.search(line) if line.startswith("[ALERT]") else None
        if match and int(match[1]) <= len(owners):
            words, owner = match[2].strip().rstrip("."), owners[int(match[1]) - 1]
            if owner:
                return Complaint(f"HAProxy refused {_named(owner, int(match[1]), owners)}: {words}.", address(owner))
            return Complaint(f"HAProxy refused the configuration: {words}.")
    return Complaint("HAProxy refused the configuration.")


def _named(owner: Owner, line: int, owners: list[Owner | None]) -> str:
    """In the text that the administrator wrote, the lines are counted as the editor does."""
    if owner.kind != "ManualConfiguration":
        return name(owner)
    return f"line {line - owners.index(owner) - 1} of {owner.label}"


def name(owner: Owner) -> str:
    if not owner.option:
        return owner.label
    return f"{owner.label} · {option(apps.get_model('services', owner.kind), owner.option).label}"


def address(owner: Owner) -> str:
    field = f"#id_{owner.option}" if owner.option else ""
    page = reverse(SINGLE[owner.kind]) if owner.kind in SINGLE else reverse(PAGES[owner.kind], args=[owner.pk])
    return page + field

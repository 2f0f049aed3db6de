"""HAProxy's words about a line, in the words of the UI."""

import re

from django.apps import apps

from apps.common.options import option
from apps.haproxy.words import Owner

PLACE = re.compile(r"\[[^\]]*?:(\d+)\]\s*:?\s*(.*)")


def explain(said: str, owners: list[Owner | None]) -> str:
    """`AVS-AQI · Client Timeout: <HAProxy's words>` for the first complaint that names a line."""
    for line in said.splitlines():
        match = PLACE.search(line) if line.startswith("[ALERT]") else None
        if match and int(match[1]) <= len(owners):
            owner = owners[int(match[1]) - 1]
            return f"HAProxy refused {_place(owner)}: {match[2].strip().rstrip('.')}." if owner else _whole(match[2])
    return _whole("")


def _whole(words: str) -> str:
    return f"HAProxy refused the configuration{': ' + words.strip().rstrip('.') if words else ''}."


def _place(owner: Owner) -> str:
    if not owner.option:
        return owner.label
    return f"{owner.label} · {option(apps.get_model('services', owner.kind), owner.option).label}"

"""Layer 7 – Manual Configuration is read by HAProxy, together with all that is saved, before it is saved itself."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from apps.changes import candidate, versions
from apps.changes.engine import CHECKED
from apps.changes.explain import PLACE
from apps.changes.versions import CommitRefused
from apps.haproxy.config import Config
from apps.haproxy.render import MANUAL, Rendering, render
from apps.services.models import ManualConfiguration

SHOWN = 10  # complaints
WITHOUT_LINE = re.compile(r"^\[ALERT\]\s*\(\d+\)\s*:\s*(?:config\s*:\s*)?(.+)", re.MULTILINE)


def check(given: Mapping[str, Any]) -> dict[str, Any]:
    """In the worker. `complaints` are what is wrong with the text, with its own line numbers; none when it is right.

    What HAProxy has against anything else that is saved is not this text's fault: the box of every page tells it.
    """
    saved = candidate.load()
    tried = replace(saved, manual=ManualConfiguration(pk=1, text=given["text"]))
    rendering = render(tried)
    refused = _refusal(rendering)
    if refused is None:
        return {"complaints": []}
    own = list(_complaints(refused.said, rendering))
    if not own and not _is_innocent(saved):
        own = [f"HAProxy refused it: {said.strip().rstrip('.')}." for said in WITHOUT_LINE.findall(refused.said)[:1]]
    return {"complaints": own[:SHOWN], "said": refused.said if own else ""}


def _refusal(rendering: Rendering) -> CommitRefused | None:
    try:
        versions.check(versions.stage(CHECKED, rendering))
    except CommitRefused as refused:
        return refused
    return None


def _is_innocent(saved: Config) -> bool:
    """HAProxy refuses what is saved even without any text."""
    return _refusal(render(replace(saved, manual=ManualConfiguration(pk=1)))) is not None


def _complaints(said: str, rendering: Rendering) -> Iterator[str]:
    first = rendering.owners.index(MANUAL) + 1 if MANUAL in rendering.owners else 0  # of the head above the text
    for line in said.splitlines():
        match = PLACE.search(line) if line.startswith("[ALERT]") else None
        number = int(match[1]) if match else 0
        if match and first and number > first and rendering.owners[number - 1 : number] == [MANUAL]:
            yield f"Line {number - first}: {match[2].strip().rstrip('.')}."

"""What the administrator's own sections say of servers, as far as a plain line of theirs tells it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

SECTIONS = re.compile(r"\A(listen|frontend|backend)\s+(\S+)")
SERVER = re.compile(r"\A\s+server\s+(\S+)\s+(\S+)")
PLACE = re.compile(r"\A(?:ipv[46]@)?\[?([A-Za-z0-9._:-]+?)\]?(?::(\d+))?\Z")
KEYWORDS = re.compile(
    r"\A(global|defaults|peers|userlist|mailers|resolvers|ring|cache|program|http-errors|log-forward|fcgi-app)\b"
)


class Place(NamedTuple):
    address: str
    port: str  # "0": the one that the client connected to


def sections(text: str) -> set[str]:
    """The names of what can stand for a virtual service."""
    return {match[2] for line in text.splitlines() if (match := SECTIONS.match(line))}


def places(text: str) -> dict[tuple[str, str], Place]:
    """By the names of section and server; only of those whose place is told plainly."""
    return dict(_places(text))


def _places(text: str) -> Iterator[tuple[tuple[str, str], Place]]:
    section = ""
    for line in text.splitlines():
        if head := SECTIONS.match(line):
            section = head[2]
        elif KEYWORDS.match(line):
            section = ""
        elif section and (server := SERVER.match(line)) and (place := PLACE.match(server[2])):
            yield (section, server[1]), Place(place[1], place[2] or "0")

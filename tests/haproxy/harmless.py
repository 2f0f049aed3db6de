"""Tells whether a text got out of its place: with harmless texts instead, the file has the same lines and words."""

from copy import copy
from dataclasses import replace
from typing import Any

from apps.common.option_kinds import AddressOption, LabelOption, PortsOption, TextOption
from apps.common.options import Option, options
from apps.common.text_kinds import HostOption, PathOption, UrlOption
from apps.haproxy.config import Config
from apps.haproxy.render import CONFIG_FILE, Rendering
from apps.haproxy.rules import LISTS
from apps.services.conditions import ConditionsOption, read, write
from apps.services.models import AclRule, HeaderRule, Layer7, RealServer, VirtualService

KEPT = (AddressOption, LabelOption, PortsOption, HostOption)  # no blank and no quote gets into these


def harmless(config: Config) -> Config:
    """Manual sections stay: they are the administrator's own words."""
    services = [
        replace(
            service,
            vip=_plain(VirtualService, service.vip),
            servers=tuple(_plain(RealServer, row) for row in service.servers),
            acl_rules=tuple(_plain(AclRule, row) for row in service.acl_rules),
            header_rules=tuple(_plain(HeaderRule, row) for row in service.header_rules),
        )
        for service in config.services
    ]
    return replace(config, services=tuple(services), layer7=_plain(Layer7, config.layer7))


def _plain(model: type[Any], row: Any) -> Any:
    found = {option.name: getattr(row, option.name) for option in options(model) if _is_text(option)}
    plain = {option.name: _word(option, found[option.name]) for option in options(model) if option.name in found}
    if hasattr(row, "_replace"):
        return row._replace(**plain)
    changed = copy(row)
    vars(changed).update(plain)
    return changed


def _is_text(option: Option) -> bool:
    return isinstance(option, TextOption | ConditionsOption) and not isinstance(option, KEPT)


def _word(option: Option, value: str) -> str:
    if isinstance(option, ConditionsOption):
        return write(
            item._replace(name="x", text=" ".join("x" for _ in item.text.split()) if item.match in LISTS else "x")
            for item in read(value)
        )
    if isinstance(option, UrlOption | PathOption):
        return "/x" if value else ""
    return "x" if value else ""


def skeleton(rendering: Rendering) -> list[tuple[str, int]]:
    """Of each line the first word and how many there are, as HAProxy reads them."""
    lines = [_words(line) for line in rendering.files[CONFIG_FILE].split("\n")]
    return [(words[0] if words else "", len(words)) for words in lines]


def _words(line: str) -> list[str]:
    """Blanks part words, quotes hold them together, a backslash takes the next character, # ends the line."""
    words: list[str] = []
    word, quote, place = None, "", 0
    while place < len(line):
        character = line[place]
        if quote:
            if character == quote:
                quote = ""
            else:
                word = f"{word or ''}{character}"
        elif character in "'\"":
            quote, word = character, word or ""
        elif character == "\\":
            place += 1
            word = f"{word or ''}{line[place : place + 1]}"
        elif character == "#":
            break
        elif character.isspace() and character in " \t":
            words, word = ([*words, word] if word is not None else words), None
        else:
            word = f"{word or ''}{character}"
        place += 1
    return words if word is None else [*words, word]

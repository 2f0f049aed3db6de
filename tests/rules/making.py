"""Rules in few words; unsaved ones for renderings."""

from typing import Any

from apps.services.conditions import Condition, write
from apps.services.models import AclRule, HeaderRule

Term = tuple[str, ...]  # match, text, then "not", "or" and a header's name as they are needed


def condition(match: str, text: str, *more: str) -> Condition:
    name = next((word for word in more if word not in {"not", "or"}), "")
    return Condition("or" if "or" in more else "and", "not" in more, match, name, text)


def terms(*found: Term) -> str:
    return write([condition(*term) for term in found])


def acl(pk: int, action: str, value: str = "", *found: Term, **fields: Any) -> AclRule:
    conditions = terms(*(found or [("path_beg", "/")]))
    return AclRule(**{"pk": pk, "position": pk, "action": action, "value": value, "conditions": conditions} | fields)


def header(pk: int, option: str, name: str, value: str = "", side: str = "request", match: str = "") -> HeaderRule:
    return HeaderRule(pk=pk, position=pk, option=option, name=name, value=value, side=side, match=match)

"""Moving and removing rules: the order is whole again afterwards, whoever else works on it."""

from collections.abc import Sequence

from django.db import transaction

from apps.common.models import Edit, Generation
from apps.services.models import AclRule, HeaderRule

Rule = AclRule | HeaderRule


class OrderChanged(Exception):
    """Somebody else moved, added or deleted rules after the page was shown."""


def siblings(rule: Rule) -> list[Rule]:
    """All rules of its kind and virtual service, in their order."""
    return list(type(rule)._default_manager.filter(service_id=rule.service_id).order_by("position", "pk"))


def move(*, rule: Rule, to: int, seen: Sequence[int], user: str) -> int:
    """Put a rule at a place, the first being 1, and return the place it got. `seen` are the primary keys in the order
    that the page showed: a place means nothing in another one. Raises OrderChanged.
    """
    with transaction.atomic():
        order = siblings(rule)
        if [item.pk for item in order] != list(seen):
            raise OrderChanged
        place = max(1, min(to, len(order)))
        order.remove(rule)
        order.insert(place - 1, rule)
        if _number(order):
            Edit.record(user, order[place - 1], "changed")
            Generation.touch()
    return place


def remove(*, rule: Rule, user: str) -> None:
    with transaction.atomic():
        Edit.record(user, rule, "removed")
        rule.delete()
        _number(siblings(rule))
        Generation.touch()


def _number(order: Sequence[Rule]) -> bool:
    """Give the rules the positions 1, 2, 3 …; whether one had another."""
    wrong = [(place, rule) for place, rule in enumerate(order, 1) if rule.position != place]
    for place, rule in wrong:
        rule.position = place
        rule.save(update_fields=["position"])
    return bool(wrong)

"""The conditions of an ACL rule as rows of its form."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError

from apps.common.options import holds
from apps.services.conditions import MATCH_HELP, MATCH_WHEN, MOST, Condition, Match, problems, read
from apps.services.models import VirtualService

SPARE = 3  # blank rows, for who has no script to add them
BLANK = Condition("and", False, "", "", "")


@dataclass(frozen=True)
class ConditionRow:
    """One row of the form. `wrong` has a message by the control's name."""

    number: int
    condition: Condition
    types: list[Match]
    wrong: dict[str, str] = field(default_factory=dict)


def rows(conditions: Sequence[Condition], service: VirtualService, *, judged: bool) -> list[ConditionRow]:
    """For the page, with blank rows behind them, and none of those between them."""
    typed = [condition for condition in conditions if not condition.is_blank]
    typed = typed or [BLANK._replace(match=types(service)[0])]
    shown = [*typed, *([BLANK] * min(SPARE, MOST - len(typed)))]
    return [
        ConditionRow(
            number,
            condition,
            types(service, condition.match),
            problems(condition, service) if judged and not condition.is_blank else {},
        )
        for number, condition in enumerate(shown, 1)
    ]


def types(service: VirtualService, chosen: str = "") -> list[Match]:
    """What applies to the virtual service, and what was chosen before its protocol was another."""
    return [match for match in Match if match == chosen or holds(MATCH_WHEN[match], service)]


def meanings(service: VirtualService) -> list[tuple[str, str]]:
    return [(str(match.label), MATCH_HELP[match]) for match in types(service)]


def stored(text: str) -> list[Condition]:
    """Of what the option keeps; of what nobody can read, nothing."""
    try:
        return read(text)
    except ValidationError:
        return []

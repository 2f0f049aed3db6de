"""The list of certificates: what each row tells, the search and the filter."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest

from apps.certificates.expiry import Expiry
from apps.certificates.models import Certificate
from apps.certificates.usage import Use, Uses, uses


@dataclass(frozen=True)
class Line:
    """One row."""

    certificate: Certificate
    users: list[Use]
    expiry: Expiry

    def says(self, query: str) -> bool:
        it = self.certificate
        return any(query in word.lower() for word in (it.label, it.domain, it.issuer, *it.names))


FILTERS: dict[str, tuple[str, Callable[[Line], bool]]] = {
    "all": ("All", lambda line: True),
    "used": ("Used", lambda line: bool(line.users)),
    "unused": ("Unused", lambda line: not line.users),
    "expiring": ("Expiring", lambda line: line.expiry.state in {"warn", "down"}),
}


@dataclass(frozen=True)
class Choice:
    """One entry of the filter, with how many rows it shows."""

    value: str
    words: str
    is_chosen: bool


@dataclass(frozen=True)
class Listing:
    lines: list[Line]
    choices: list[Choice]
    query: str
    total: int


def listing(request: HttpRequest) -> Listing:
    """Whatever needs attention first stands on top."""
    lines = _lines(uses())
    query = request.GET.get("q", "").strip()[:64]
    chosen = request.GET.get("show", "")
    _, holds = FILTERS.get(chosen, FILTERS["all"])
    choices = [
        Choice(value, f"{words} {sum(map(test, lines))}", value == (chosen if chosen in FILTERS else "all"))
        for value, (words, test) in FILTERS.items()
    ]
    shown = [line for line in lines if holds(line) and line.says(query.lower())]
    return Listing(shown, choices, query, len(lines))


def _lines(users: Uses) -> list[Line]:
    stored = Certificate.objects.defer("encrypted_key", "encrypted_request_key", "revocation_list", "request")
    found = stored.select_related("acme__account", "staple").defer("staple__response").order_by("valid_to", "label")
    return [Line(one, users.get(one.pk, []), one.expiry) for one in found]

"""Who uses which certificate. An app whose objects use one names a function in settings.CERTIFICATE_USERS."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

ON_COMMIT = "Traffic changes when you press Reload HAProxy in the Commit changes box."


@dataclass(frozen=True)
class Use:
    certificate: int  # primary key
    label: str  # of the user, such as a Virtual Service
    url: str  # where another certificate can be chosen
    then: str = ON_COMMIT  # what has to be done when its certificate was replaced


Uses = dict[int, list[Use]]  # by the certificate's primary key


def uses() -> Uses:
    """All of them, in one query for each kind of user."""
    found: Uses = {}
    for name in settings.CERTIFICATE_USERS:
        users = cast(Callable[[], Iterable[Use]], import_string(name))
        for use in users():
            found.setdefault(use.certificate, []).append(use)
    return found


def listed(users: Iterable[Use]) -> str:
    """Their labels, each once."""
    return ", ".join(dict.fromkeys(use.label for use in users))

"""What can be tried. A page that changes such a setting declares a kind and names it in settings.TRIALS."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

Value = dict[str, Any]  # kept as JSON


class NotApplied(Exception):
    """The value could not be put in force; the message says why."""


def stays(request: HttpRequest, value: Value) -> str:
    """Of settings that do not move the WebUI."""
    return ""


def through_any(request: HttpRequest, value: Value) -> bool:
    return True


@dataclass(frozen=True)
class Kind:
    """A setting that can cut the administrator off.

    `words` says a value as half a sentence. `apply` puts one in force: called by root, safe to repeat, raises
    NotApplied. `url` is where this browser finds the WebUI with a value, when it moves. `reached` says whether a
    request proves that the administrator is not cut off.
    """

    page: str  # name of the URL where it is changed
    words: Callable[[Value], str]
    apply: Callable[[Value], None]
    url: Callable[[HttpRequest, Value], str] = stays
    reached: Callable[[HttpRequest, Value], bool] = through_any


def kind(name: str) -> Kind:
    found = import_string(settings.TRIALS[name])
    if not isinstance(found, Kind):
        raise TypeError(f"settings.TRIALS names {found!r} as {name}, which is no Kind.")
    return found

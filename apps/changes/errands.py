"""Errands: what a page wants to know that only the worker can find out, such as what a script says.

A page asks, the worker of the queue `jobs` finds out, the page polls until the answer is there. Nothing is configured
by an errand. Each kind stands in settings.ERRANDS with its function (given → answer) and the template of its answer;
both are JSON. A function raises ErrandRefused for trouble that it expects.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from apps.changes.models import Errand


class ErrandRefused(Exception):
    """What was asked cannot be found out; the message says why and what to do."""


def run(errand: Errand) -> None:
    """In the worker. A defect of ours goes on to its log; the page must not wait for ever."""
    find_out: Callable[[Mapping[str, Any]], dict[str, Any]] = import_string(settings.ERRANDS[errand.kind]["run"])
    answer: dict[str, Any] = {"problem": "This ended with an error that was not expected: the worker's log says more."}
    try:
        answer = find_out(errand.given)
    except ErrandRefused as refused:
        answer = {"problem": str(refused)}
    finally:
        errand.answer = answer
        errand.save(update_fields=["answer"])

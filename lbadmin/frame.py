"""What every page shows around its content: header strip, menu, Commit changes."""

from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from apps.accounts.models import Group
from apps.certificates import expiries
from apps.changes.pending import commit_box
from apps.local import trial
from apps.pair import header, progress
from apps.services import lock
from apps.unit import guard
from lbadmin import menu


def frame(request: HttpRequest) -> dict[str, Any]:
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    commit = commit_box(request)
    pair = SimpleLazyObject(partial(header.of, request))  # parts of pages do not ask for it
    return {
        "menu": menu.entries(request),
        "commit": commit,
        "expiring": partial(expiries.notice, commit.generation),
        "pair": pair,
        "pair_notices": lambda: pair.notices(_page(request)),
        "read_only": lambda: guard.notice(request, pair.peer),
        "undertaking": SimpleLazyObject(partial(progress.asked, request)),
        "is_late": lambda: progress.is_late(progress.asked(request)),
        "lock": partial(lock.notice, request),
        "trial_box": partial(trial.box, request),
        "may_config": request.user.may(Group.CONFIG),
        "version": settings.VERSION,
        "origin": _page(request),
        "refresh_seconds": 10,
    }


def _page(request: HttpRequest) -> str:
    """The page in the browser: a part of it may have asked."""
    details = getattr(request, "htmx", None)
    current = details.current_url_abs_path if details else None
    return urlsplit(current).path if current else request.path

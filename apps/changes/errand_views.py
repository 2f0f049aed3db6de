"""Asking the worker something for a page, and showing its answer when it is there."""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET
from kombu.exceptions import OperationalError

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.changes import tasks
from apps.changes.models import Errand

KEPT = timedelta(hours=1)
UNREACHABLE = "The worker cannot be reached, so nothing was tried. Try again in a minute."


def ask(request: HttpRequest, kind: str, given: Mapping[str, Any]) -> Errand:
    """Raises OperationalError when the worker cannot be reached."""
    Errand.objects.filter(asked__lt=timezone.now() - KEPT).delete()
    errand = Errand.objects.create(kind=kind, user=request.user.get_username(), given=dict(given))
    try:
        tasks.run_errand.delay(errand.pk)
    except OperationalError:
        errand.delete()
        raise
    return errand


def wait(errand: Errand, seconds: float) -> dict[str, Any] | None:
    """The answer for a page that cannot go on without it; None when it does not come in time."""
    deadline = time.monotonic() + seconds
    while errand.answer is None and time.monotonic() < deadline:
        errand.refresh_from_db(fields=["answer"])
        if errand.answer is None:
            time.sleep(0.05)
    return errand.answer


@needs(Group.REPORT)
@require_GET
def errand(request: HttpRequest, pk: int) -> HttpResponse:
    """The answer to whoever asked, or a part of the page that asks again in a moment."""
    found = get_object_or_404(Errand, pk=pk, user=request.user.get_username())
    template = "changes/_errand.html" if request.headers.get("HX-Request") else "changes/errand.html"
    return render(request, template, {"errand": found, "title": "Answer"})

"""What every page shows around its content: header strip, menu, Commit changes."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from apps.changes.pending import commit_box
from lbadmin import menu


def frame(request: HttpRequest) -> dict[str, Any]:
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    return {
        "menu": menu.entries(request),
        "commit": commit_box(request),
        "version": settings.VERSION,
        "refresh_seconds": 10,
        "theme": request.COOKIES.get("lbadmin-theme", ""),
    }

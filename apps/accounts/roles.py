"""Who may see what. A view without a declared group is refused to everybody."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from apps.accounts.models import Group

View = Callable[..., HttpResponseBase]
PUBLIC = "public"
BY_ITSELF = "by itself"


def needs(group: Group) -> Callable[[View], View]:
    """Declare the least group that may use a view."""

    def declare(view: View) -> View:
        view.needs = group  # type: ignore[attr-defined]
        return view

    return declare


def public(view: View) -> View:
    """Declare that a view needs no login."""
    view.needs = PUBLIC  # type: ignore[attr-defined]
    return view


def by_itself(view: View) -> View:
    """Declare that a view finds out by itself who asks: another unit, which has no user."""
    view.needs = BY_ITSELF  # type: ignore[attr-defined]
    return view


def needed_group(view: View) -> Group | str | None:
    return getattr(view, "needs", None)


class DefaultDeny:
    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> HttpResponse | None:
        needed = needed_group(view)
        if needed in {PUBLIC, BY_ITSELF}:
            return None
        if not request.user.is_authenticated:
            return _to_login(request)
        if not isinstance(needed, Group) or not request.user.may(needed):
            raise PermissionDenied("Your group may not do this. Ask a user in group config.")
        return None


def _to_login(request: HttpRequest) -> HttpResponse:
    """Back to the page after logging in; what was posted is lost, and the page says so."""
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(reverse("login"))
    if request.method != "GET":
        return redirect(f"{reverse('login')}?ended")
    return redirect_to_login(request.get_full_path())

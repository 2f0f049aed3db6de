"""Log in, log out, Maintenance > Passwords."""

import math
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib import auth, messages
from django.db.models import Min
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from apps.accounts.actions import why_kept
from apps.accounts.forms import AddUser, LogIn, ModifyUser, NewPassword, OwnPassword
from apps.accounts.models import Group, User
from apps.accounts.roles import needs, public
from apps.common.views import REFUSED, delete, edit, problem
from apps.unit.follow import follow
from apps.unit.guard import on_secondary

TITLE = "Passwords"


@on_secondary
@public
def log_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    form = LogIn(request, request.POST or None)
    if form.is_valid():
        auth.login(request, form.get_user())
        return HttpResponseRedirect(_wanted_page(request))
    return render(request, "accounts/login.html", {"form": form}, status=REFUSED if form.errors else 200)


def _wanted_page(request: HttpRequest) -> str:
    """The page asked for before logging in; never another site."""
    wanted = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours else resolve_url(settings.LOGIN_REDIRECT_URL)


def locked_out(request: HttpRequest, answer: HttpResponse, credentials: dict[str, Any]) -> HttpResponse:
    """The answer, instead of the view's, once a user name had too many wrong passwords from one address."""
    attempts = AxesProxyHandler.get_implementation().get_user_attempts(request, credentials)[0]
    now = timezone.now()
    until = (attempts.aggregate(first=Min("attempt_time"))["first"] or now) + settings.AXES_COOLOFF_TIME
    seconds = max(1, math.ceil((until - now).total_seconds()))
    when = f"{until:%H:%M:%S} UTC" if seconds > 60 else f"{until:%H:%M:%S} UTC, in less than a minute"
    pause = f"Log in is paused after {settings.AXES_FAILURE_LIMIT} wrong tries. Try again at {when}."
    if request.user.is_authenticated:
        locked = problem(request, settings.AXES_HTTP_RESPONSE_CODE, "Too many wrong passwords", pause)
    else:
        form = LogIn(request, initial={"username": credentials["username"]})
        context = {"form": form, "pause": pause}
        locked = render(request, "accounts/login.html", context, status=settings.AXES_HTTP_RESPONSE_CODE)
    locked["Retry-After"] = str(seconds)
    return locked


@on_secondary
@needs(Group.REPORT)
@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    messages.success(request, "You are logged out.")
    return redirect("login")


@needs(Group.REPORT)
def passwords(request: HttpRequest) -> HttpResponse:
    """All users for those who manage them, oneself for the others."""
    me = _myself(request)
    manages = me.may(Group.CONFIG)
    users = User.objects.all() if manages else User.objects.filter(pk=me.pk)
    return render(request, "accounts/passwords.html", {"users": users, "manages": manages, "title": TITLE})


@needs(Group.CONFIG)
def add_user(request: HttpRequest) -> HttpResponse:
    form = AddUser(request.POST or None)
    return _edit(request, form, title="Add a new User", saved="User {} added.")


@needs(Group.CONFIG)
def modify_user(request: HttpRequest, pk: int) -> HttpResponse:
    user = get_object_or_404(User, pk=pk)
    if user == request.user:
        return redirect("own-password")
    form_class = NewPassword if user.is_first else ModifyUser
    form = form_class(request.POST or None, instance=user)
    return _edit(request, form, title=f"Modify {user}", saved="User {} updated.")


@needs(Group.REPORT)
def own_password(request: HttpRequest) -> HttpResponse:
    form = OwnPassword(request, request.POST or None, instance=_myself(request))
    saved = "Your password is changed. Sessions you have in other browsers have ended."
    answer = _edit(request, form, title=f"Modify {request.user}", saved=saved)
    if form.is_valid():
        auth.update_session_auth_hash(request, form.instance)
    return answer


@needs(Group.CONFIG)
def delete_user(request: HttpRequest, pk: int) -> HttpResponse:
    user = get_object_or_404(User, pk=pk)
    if reason := why_kept(user, _myself(request)):
        messages.error(request, reason)
        return redirect("passwords")
    loss = f"{user} (group {user.group}) can no longer log in, and open sessions of {user} end at once."
    return delete(request, user, loss=loss, done=reverse("passwords"), touch=False)


def _edit(request: HttpRequest, form: NewPassword, *, title: str, saved: str) -> HttpResponse:
    """Users are no part of HAProxy's configuration: nothing has to be committed."""
    done = reverse("passwords")
    parent = {"menu": "Maintenance", "label": TITLE, "url": done}
    context = {"parent": parent, "action_note": "Update takes effect at once."}
    return edit(request, form, title=title, saved=saved, done=done, context=context, touch=False, also=_tell_peer)


def _tell_peer(user: User) -> None:
    """Users of a pair are the Primary's."""
    follow()


def _myself(request: HttpRequest) -> User:
    assert isinstance(request.user, User), "only views that need a group ask"
    return request.user

"""Log in, log out, Maintenance > Passwords."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.accounts.models import Group, User
from apps.accounts.roles import needs


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    return render(request, "accounts/login.html", status=429)


@needs(Group.REPORT)
def passwords(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/passwords.html", {"users": User.objects.all(), "title": "Passwords"})

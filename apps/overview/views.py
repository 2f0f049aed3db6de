"""System Overview."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.accounts.models import Group
from apps.accounts.roles import needs


@needs(Group.REPORT)
def overview(request: HttpRequest) -> HttpResponse:
    return render(request, "overview/overview.html", {"title": "System Overview"})

"""Maintenance > Restart Services."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.accounts.models import Group
from apps.accounts.roles import needs


@needs(Group.MAINT)
def restart_services(request: HttpRequest) -> HttpResponse:
    return render(request, "maintenance/restart_services.html", {"title": "Restart Services"})

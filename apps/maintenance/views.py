"""Maintenance > Restart Services."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.changes.models import Kind

EXPLAINED = {
    Kind.RELOAD: "Takes over the saved configuration without cutting a connection: a new process starts, the old one "
    "finishes what it began. Use this after every change.",
    Kind.RESTART: "Stops HAProxy and starts it with the saved configuration. Every connection is cut. "
    "Use it only when a reload does not help.",
}


@needs(Group.MAINT)
def restart_services(request: HttpRequest) -> HttpResponse:
    services = [(kind, EXPLAINED[kind]) for kind in Kind]
    return render(request, "maintenance/restart_services.html", {"title": "Restart Services", "services": services})

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


HEARTBEAT = (
    "Has both units hear each other by the saved settings: on the Primary it also restarts the Secondary's heartbeat. "
    "Floating IPs stay where they are. Use this after a change of Heartbeat Configuration, or after pairing."
)


@needs(Group.MAINT)
def restart_services(request: HttpRequest) -> HttpResponse:
    services = [(kind, EXPLAINED[kind]) for kind in Kind]
    page = {"title": "Restart Services", "services": services, "heartbeat": HEARTBEAT}
    return render(request, "maintenance/restart_services.html", page)

"""View Configuration: the saved and the running configuration as text, read-only."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.accounts.models import Group
from apps.accounts.roles import needs
from apps.changes.models import Running
from apps.changes.review import saved
from apps.changes.xml import to_xml
from apps.common.views import attachment
from apps.haproxy.render import CONFIG_FILE

SAVED, RUNNING = "saved", "running"


@needs(Group.REPORT)
def xml(request: HttpRequest) -> HttpResponse:
    page = {"title": "XML", "of": _asked(request), "text": _xml(_asked(request)), "choices": [SAVED, RUNNING]}
    return render(request, "insight/xml.html", page)


@needs(Group.REPORT)
def download_xml(request: HttpRequest) -> HttpResponse:
    return attachment(_xml(_asked(request)), "lb_config.xml", "application/xml")


@needs(Group.REPORT)
def layer_7(request: HttpRequest) -> HttpResponse:
    running, new = _config(RUNNING), _config(SAVED)
    page = {"title": "Layer 7", "running": running, "saved": new if new != running else ""}
    return render(request, "insight/layer_7.html", page)


@needs(Group.REPORT)
def download_layer_7(request: HttpRequest) -> HttpResponse:
    return attachment(_config(_asked(request)), CONFIG_FILE, "text/plain")


def _asked(request: HttpRequest) -> str:
    return RUNNING if request.GET.get("of") == RUNNING else SAVED


def _xml(of: str) -> str:
    """Blank before the first commit."""
    if of == SAVED:
        return to_xml(saved().document)
    running = Running.get()
    return running.revision.document if running else ""


def _config(of: str) -> str:
    """Blank before the first commit."""
    if of == SAVED:
        return saved().files[CONFIG_FILE]
    running = Running.get()
    return running.revision.files[CONFIG_FILE] if running else ""

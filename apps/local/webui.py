"""Where the WebUI listens, as a setting on trial."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from apps.local.kinds import Kind, NotApplied, Value
from apps.local.models import Trial, WebUISocket
from apps.system import webui

NAME = "webui"
PURPOSE = "WebUI - HTTPS"


def words(value: Value) -> str:
    return f"the WebUI listens on {WebUISocket(**value)}"


def apply(value: Value) -> None:
    try:
        webui.move(settings.PATHS, settings.ENVIRONMENT, webui.Socket(**value))
    except webui.NotServed as error:
        raise NotApplied(str(error)) from error


def url(request: HttpRequest, value: Value) -> str:
    """The same name or address in the browser where that still leads here."""
    socket = webui.Socket(**value)
    name = urlsplit(f"//{request.get_host()}").hostname or ""
    place = webui.Socket(name, socket.port) if socket.is_everywhere else socket
    return f"https://{place}{reverse('overview')}"


def reached(request: HttpRequest, value: Value) -> bool:
    """Whether the request came in through this socket: gunicorn tells its listener's own address and port."""
    return (request.META["SERVER_NAME"], request.META["SERVER_PORT"]) == (value["address"], str(value["port"]))


def ports() -> dict[int, str]:
    """The WebUI's ports: where it listens, and where it may return to."""
    trial = Trial.running()
    values = [trial.old, trial.new] if trial and trial.kind == NAME else []
    now = webui.chosen(settings.PATHS, settings.ENVIRONMENT).port
    return dict.fromkeys([now, *(value["port"] for value in values)], PURPOSE)


KIND = Kind("service-sockets", words, apply, url, reached)

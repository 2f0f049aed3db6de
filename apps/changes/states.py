"""Administrative states (online, drain, halt): the database's word, at once and over every reload."""

from django.conf import settings

from apps.changes import candidate
from apps.haproxy.config import Service
from apps.haproxy.states import commands, state_file
from apps.services.models import RealServer
from apps.system import files, haproxy


def apply() -> None:
    """What `tell` does, then the same for the next start."""
    tell()
    write()


def tell() -> bool:
    """Tell the running HAProxy every state that is not the database's yet, and whether there was one.

    Does nothing while it does not run.
    """
    told = commands(_answer(), dict(RealServer.objects.values_list("pk", "state")))
    if told:
        haproxy.tell(settings.PATHS.haproxy_admin_socket, *told)
    return bool(told)


def write(services: tuple[Service, ...] | None = None) -> None:
    """The state file that HAProxy reads at its next start or reload; for the saved services unless told others."""
    files.write(settings.PATHS.server_state, as_text(candidate.load_services() if services is None else services))


def as_text(services: tuple[Service, ...]) -> str:
    """The state file for these services: health as HAProxy tells it now, the rest as they say."""
    return state_file(_answer(), services)


def _answer() -> str:
    try:
        return haproxy.server_states(settings.PATHS.haproxy_admin_socket)
    except haproxy.NoAnswer:
        return ""

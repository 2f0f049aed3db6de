"""Administrative states (online, drain, halt): the database's word, at once and over every reload."""

from django.conf import settings

from apps.changes import candidate
from apps.haproxy.config import Service
from apps.haproxy.states import ADMIN, commands, foreign, parse, state_file
from apps.haproxy.tables import clearing
from apps.services.models import Feedback, ManualConfiguration, RealServer, State
from apps.system import files, haproxy


def apply() -> None:
    """What `tell` does, then the same for the next start."""
    tell()
    write()


def tell() -> bool:
    """Tell the running HAProxy every state that is not the database's yet, and whether there was one.

    Does nothing while it does not run.
    """
    answer = _answer()
    wanted = dict(RealServer.objects.values_list("pk", "state"))
    for pk in _left_to_agents():
        del wanted[pk]
    told = commands(answer, wanted, _by_names(foreign(answer)))
    if told:
        haproxy.tell(settings.PATHS.haproxy_admin_socket, *told)
    if answer:
        _forget()
    return bool(told)


def _forget() -> None:
    """Clear Stick Table on Drain. Asked for each time anew: a request that was under way when its server was drained
    is remembered when it is answered, and processes teach each other what they know.
    """
    going = RealServer.objects.filter(service__clear_on_drain=True, service__manual=False).exclude(state=State.ONLINE)
    if servers := list(going.values_list("service__label", "pk")):
        told = clearing(haproxy.ask(settings.PATHS.haproxy_admin_socket, "show table"), servers)
        haproxy.tell(settings.PATHS.haproxy_admin_socket, *told)


def _left_to_agents() -> list[int]:
    """Real servers whose state nobody changed here since it was last told: agents may have, and are not undone."""
    asked = RealServer.objects.filter(service__feedback=Feedback.AGENT, service__manual=False)
    found = list(asked.values_list("service", "pk", "state"))
    told = parse(files.read(settings.PATHS.server_state)) if found else {}
    online = {"srv_admin_state": ADMIN[State.ONLINE]}
    return [pk for vip, pk, state in found if told.get((vip, pk), online)["srv_admin_state"] == ADMIN[state]]


def _by_names(services: set[str]) -> dict[tuple[str, str], str]:
    """The states of the servers of these services, by their labels."""
    found = RealServer.objects.filter(service__label__in=services) if services else RealServer.objects.none()
    return {(service, label): state for service, label, state in found.values_list("service__label", "label", "state")}


def write(services: tuple[Service, ...] | None = None, manual: str | None = None) -> None:
    """The state file that HAProxy reads at its next start or reload; for what is saved unless told otherwise."""
    files.write(
        settings.PATHS.server_state,
        as_text(
            candidate.load_services() if services is None else services,
            ManualConfiguration.get().text if manual is None else manual,
        ),
    )


def as_text(services: tuple[Service, ...], manual: str = "") -> str:
    """The state file for these services: health as HAProxy tells it now, the rest as they say."""
    return state_file(_answer(), services, manual)


def _answer() -> str:
    try:
        return haproxy.server_states(settings.PATHS.haproxy_admin_socket)
    except haproxy.NoAnswer:
        return ""

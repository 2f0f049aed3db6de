"""Administrative states (online, drain, halt): the database's word, at once and over every reload."""

from collections.abc import Collection

from django.conf import settings
from django.db.models import Q, QuerySet

from apps.changes import candidate
from apps.haproxy.config import Service
from apps.haproxy.states import ADMIN, administrative, away, commands, foreign, parse, state_file
from apps.haproxy.tables import clearing
from apps.services.models import Feedback, ManualConfiguration, RealServer, State
from apps.system import files, haproxy

MANY = 500  # states, from which on all of them are asked for


def apply() -> None:
    """What `tell` does, then the same for the next start. Somebody waits for what changed, so that comes first."""
    _tell_news()
    tell()
    write()


def _tell_news() -> None:
    """Tell HAProxy the states that the last start or change did not know. Only their services are looked at."""
    noted = away(administrative(files.read(settings.PATHS.server_state)))
    found = _differing(noted).filter(service__manual=False).values_list("pk", "state", "service__label")
    news = [(pk, state, label) for pk, state, label in found if noted.get(pk, State.ONLINE) != state]
    if news:
        rows = administrative(_answer(*{label for _, _, label in news}))
        _say(commands(rows, {pk: state for pk, state, _ in news}))


def tell() -> bool:
    """Tell the running HAProxy every state that is not the database's yet, and whether there was one.

    Does nothing while it does not run.
    """
    rows = administrative(_answer())
    wanted = dict(_differing(away(rows)).values_list("pk", "state"))
    for pk in _left_to_agents():
        wanted.pop(pk, None)
    told = commands(rows, wanted, _by_names(foreign(rows)))
    _say(told)
    if rows:
        _forget()
    return bool(told)


def _differing(known: Collection[int]) -> QuerySet[RealServer]:
    """Those that are not online here or there, of which HAProxy may have to be told; never one less."""
    found = RealServer.objects.all()
    return found if len(known) > MANY else found.filter(~Q(state=State.ONLINE) | Q(pk__in=known))


def _say(told: list[str]) -> None:
    if told:
        haproxy.tell(settings.PATHS.haproxy_admin_socket, *told)


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


def _answer(*services: str) -> str:
    """What HAProxy says of the servers of these services, or of all; blank while it does not run."""
    try:
        return haproxy.server_states(settings.PATHS.haproxy_admin_socket, *services)
    except haproxy.NoAnswer:
        return ""

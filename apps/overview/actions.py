"""Drain, Halt and Online: at once, and for every later start. Never pending, so the configuration is not touched."""

from kombu.exceptions import OperationalError

from apps.changes.tasks import apply_server_states
from apps.services.models import RealServer, State


def twins(server: RealServer) -> list[RealServer]:
    """The same machine in other virtual services: the label says so."""
    others = RealServer.objects.filter(label=server.label).exclude(pk=server.pk)
    return list(others.select_related("service"))


def set_state(servers: list[RealServer], state: State) -> bool:
    """Save the state and have HAProxy told. False: it is saved, but the worker cannot be reached."""
    RealServer.objects.filter(pk__in=[server.pk for server in servers]).update(state=state)
    for server in servers:
        server.state = state
    try:
        apply_server_states.delay()
    except OperationalError:
        return False
    return True

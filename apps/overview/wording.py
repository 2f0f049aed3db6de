"""What the pages say of an action on many: before it is done and after."""

from collections.abc import Iterable
from itertools import groupby

from apps.overview.table import Table
from apps.overview.ticked import Ticked
from apps.services.models import RealServer, State, VirtualService

NAMED = 6  # objects whose names stand in a sentence
WEIGHT = "All of them get the same weight. It counts once you press Reload HAProxy."
DELETED = "{} deleted. Traffic changes only when you press Reload HAProxy."
NOT_TOLD = (
    "The state of {} is saved, but the worker cannot be reached, so HAProxy goes on as before. "
    "The state is applied as soon as the worker is back."
)
QUESTIONS = {
    State.DRAIN: "No new connections go there, at once. Those they have may finish.",
    State.HALT: "They get no traffic any more, at once.",
    State.ONLINE: "They take connections again, at once.",
}
ALREADY = {State.DRAIN: "draining", State.HALT: "halted", State.ONLINE: "online"}
DONE = {
    State.DRAIN: "{} draining: no new connections go there, those they have may finish.",
    State.HALT: "{} halted: no traffic goes there, their connections were cut.",
    State.ONLINE: "{} online again.",
}


def servers(number: int) -> str:
    return f"{number:,} Real Server{'s' * (number != 1)}"


def services(number: int) -> str:
    return f"{number:,} Virtual Service{'s' * (number != 1)}"


def names(labels: Iterable[str]) -> str:
    """'a, b, c and 5 more'."""
    every = list(labels)
    more = len(every) - NAMED
    return ", ".join(every[:NAMED]) + (f" and {more:,} more" if more > 0 else "")


def nothing(ticked: Ticked, state: State | None = None) -> str:
    """Why nothing is done."""
    if ticked.servers and state:
        return f"Nothing to do: {servers(len(ticked.servers))} chosen, and {ALREADY[state]} already."
    if ticked.gone:
        return f"Nothing was changed. {gone(ticked.gone)}"
    return "Nothing was chosen. Tick what you mean at the beginning of its row, then press the button again."


def gone(labels: list[str]) -> str:
    return f"Deleted meanwhile and left out: {names(labels)}." if labels else ""


# --- before --------------------------------------------------------------------------------------


def state_question(table: Table, wanted: list[RealServer], state: State) -> list[str]:
    says = [QUESTIONS[state]]
    if state == State.HALT:
        says += [_cut(table, wanted)]
    if state != State.ONLINE:
        says += _left_alone(table, wanted)
    return says


def removal_question(table: Table, wanted: list[RealServer]) -> list[str]:
    says = "They will be removed from the configuration. They are used until you press Reload HAProxy."
    return [says, *_left_alone(table, wanted)]


def services_question(table: Table, wanted: list[VirtualService]) -> list[str]:
    number = sum(len(table.rips(service.pk)) for service in wanted)
    also = f", and their {servers(number)}" if number else ""
    return [f"They will be removed from the configuration{also}. Clients are served until you press Reload HAProxy."]


def _cut(table: Table, wanted: list[RealServer]) -> str:
    if not table.snapshot:
        return "How many connections that cuts is not known: there are no fresh states."
    conns = sum(table.conns(server) for server in wanted)
    if not conns:
        return "They have no connections now."
    return f"{_connections(conns)} will be cut. Drain lets them finish."


def _left_alone(table: Table, wanted: list[RealServer]) -> list[str]:
    """Whether that takes the last real server away from a service."""
    taken = {server.pk for server in wanted}
    lonely = [
        table.rows[pk].vip.label
        for pk in dict.fromkeys(server.service_id for server in wanted)
        if pk in table.rows and not any(rip.state == State.ONLINE and rip.pk not in taken for rip in table.rips(pk))
    ]
    return [f"No Real Server is left for {names(lonely)}: the fallback page answers there."] if lonely else []


def server_lines(ticked: Ticked, wanted: list[RealServer], table: Table) -> list[str]:
    """'AVS: SERVER1, SERVER2 – 128 connections', one for each virtual service."""
    ordered = sorted(wanted, key=lambda server: (server.service_id, server.pk))
    return [
        f"{ticked.services.get(pk, '')}: {_listed(list(own), table)}"
        for pk, own in groupby(ordered, key=lambda server: server.service_id)
    ]


def service_lines(table: Table, wanted: list[VirtualService]) -> list[str]:
    lines = []
    for service in wanted:
        row, number = table.rows.get(service.pk), len(table.rips(service.pk))
        place = f" on {row.vip.address}, ports {row.vip.ports}" if row else ""
        lines.append(f"{service.label}{place}{f', {servers(number)}' if number else ''}")
    return lines


def _listed(own: list[RealServer], table: Table) -> str:
    conns = sum(table.conns(server) for server in own)
    return ", ".join(server.label for server in own) + (f" – {_connections(conns)}" if conns else "")


def _connections(number: int) -> str:
    return f"{number:,} connection{'s' * (number != 1)}"


# --- after ---------------------------------------------------------------------------------------


def states_changed(ticked: Ticked, wanted: list[RealServer], state: State) -> str:
    number = len(wanted)
    verb = f"{servers(number)} {'is' if number == 1 else 'are'}"
    return f"{DONE[state].format(verb)} {names(ticked.name(server) for server in wanted)}."


def weights_changed(changed: int, chosen: int, weight: int) -> str:
    same = f" {servers(chosen - changed)} had it already." if changed < chosen else ""
    return f"{servers(changed)} got weight {weight}.{same} It counts once you press Reload HAProxy."

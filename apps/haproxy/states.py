"""The server-state file: health as HAProxy last told it, weight and administrative state as the model says.

HAProxy reads it at every start and reload, and finds servers in it by their names. Lines of servers that are gone are
left out; a server that HAProxy does not know yet gets a line when it is not online, so that it starts drained or
halted. The port of a line beats the one of the configuration, so each line has to tell the configured one.
"""

from collections.abc import Iterable, Iterator, Mapping

from apps.common.text_kinds import is_address
from apps.haproxy import manual
from apps.haproxy.config import Service
from apps.haproxy.ids import FALLBACK_ID, FIRST_ID, server_id, server_pk, service_id, service_pk
from apps.haproxy.manual import Place
from apps.services.models import RealServer, State, VirtualService

VERSION = "1"
COLUMNS = (
    "be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight "
    "srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state "
    "bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr "
    "srv_agent_addr srv_agent_port"
).split()
BE_ID, BE_NAME, SRV_ID, SRV_NAME, SRV_ADDR, OP_STATE, ADMIN_STATE, USER_WEIGHT, INITIAL_WEIGHT = range(9)
SRV_FQDN, SRV_PORT = COLUMNS.index("srv_fqdn"), COLUMNS.index("srv_port")
ADMIN: dict[str, str] = {State.ONLINE: "0", State.HALT: "1", State.DRAIN: "8"}  # SRV_ADMF_FMAINT, SRV_ADMF_FDRAIN
STATES = {int(told): state for state, told in ADMIN.items()}
COMMANDS: dict[str, str] = {State.ONLINE: "ready", State.HALT: "maint", State.DRAIN: "drain"}
MAINTENANCE = 0x01
FORCED = MAINTENANCE | 0x08
RUNNING = "2"
UNKNOWN = "-"
Row = list[str]  # a row of thousands: as a dict each would take five times as long
Key = tuple[int, int] | tuple[str, str]  # primary keys, or the names of what the administrator wrote


def parse(answer: str) -> dict[Key, dict[str, str]]:
    """`show servers state` → its columns."""
    return {key: dict(zip(COLUMNS, row, strict=True)) for key, row in _known(answer).items()}


def _known(answer: str) -> dict[Key, Row]:
    rows = [line.split(" ") for line in answer.splitlines()]  # the line of names has one word more
    return {
        (number - FIRST_ID, int(row[SRV_ID]) - FALLBACK_ID)  # pk of service and server; calls would take as long again
        if (number := int(row[BE_ID])) > FIRST_ID
        else (row[BE_NAME], row[SRV_NAME]): row
        for row in rows
        if len(row) == len(COLUMNS)
    }


def administrative(answer: str) -> list[Row]:
    """Of each server what is needed to know its administrative state: the columns up to that."""
    rows = [line.split(" ", ADMIN_STATE + 1) for line in answer.splitlines()]
    return [row for row in rows if len(row) > ADMIN_STATE and row[BE_ID].isdecimal()]


def state_file(answer: str, services: tuple[Service, ...], text: str = "") -> str:
    """`answer` is what HAProxy says of the servers it runs now; empty when it does not run. `text` is manual."""
    known = _known(answer)
    written = manual.places(text)
    lines = [" ".join(row) for service in services for row in _rows(service, known, written)]
    return "\n".join([VERSION, "# " + " ".join(COLUMNS), *lines]) + "\n"


def _rows(service: Service, known: dict[Key, Row], written: dict[tuple[str, str], Place]) -> Iterator[Row]:
    vip = service.vip
    for server in service.servers:
        names = (vip.label, server.label)
        place = written.get(names) if vip.manual else (server.address, str(server.port or 0))
        row = known.get((vip.pk, server.pk)) or known.get(names)
        if place is None:
            continue  # where it is, nobody knows; it is told its state once it runs
        if row is None or not _is_same(row, names, place):
            if server.state == State.ONLINE:
                continue
            row = _fresh(vip, server, place)
        yield _with_state(row, vip, server)


def _with_state(row: Row, vip: VirtualService, server: RealServer) -> Row:
    if int(row[ADMIN_STATE]) & MAINTENANCE and server.state != State.HALT:
        row[OP_STATE] = RUNNING  # it was down only because it was halted; no check would find it up again
    row[ADMIN_STATE] = ADMIN[server.state]
    if not vip.manual:
        row[USER_WEIGHT] = row[INITIAL_WEIGHT] = str(server.weight)
    return row


def _is_same(row: Row, names: tuple[str, str], place: tuple[str, str]) -> bool:
    """Health is kept for the server it was found for, not for another address that took its place."""
    told = row[SRV_ADDR] if is_address(place[0]) else row[SRV_FQDN]
    return (told, row[SRV_PORT]) == place and (row[BE_NAME], row[SRV_NAME]) == names


def _fresh(vip: VirtualService, server: RealServer, place: tuple[str, str]) -> Row:
    address, port = place
    told = (address, UNKNOWN) if is_address(address) else (UNKNOWN, address)
    row = dict.fromkeys(COLUMNS, "0")
    row |= {"be_id": str(service_id(vip.pk)), "be_name": vip.label, "srv_id": _id(server), "srv_name": server.label}
    row |= {"srv_addr": told[0], "srv_port": port, "srv_op_state": RUNNING}
    row |= {"srv_uweight": str(server.weight), "srv_iweight": str(server.weight)}
    row |= {"bk_f_forced_id": "1", "srv_f_forced_id": "1", "srv_check_status": "1", "srv_check_health": "2"}
    row |= dict.fromkeys(["srvrecord", "srv_check_addr", "srv_agent_addr"], UNKNOWN)
    return [*(row | {"srv_fqdn": told[1]}).values()]


def foreign(rows: Iterable[Row]) -> set[str]:
    """The names of running sections that are none of ours."""
    return {row[BE_NAME] for row in rows if int(row[BE_ID]) <= FIRST_ID}


def away(rows: Iterable[Row]) -> dict[int, str]:
    """Servers of ours that are not online, and what they are instead, by primary key."""
    told = ((row, int(row[ADMIN_STATE]) & FORCED) for row in rows)
    return {
        server_pk(int(row[SRV_ID])): STATES.get(forced, State.HALT)
        for row, forced in told
        if forced and service_pk(int(row[BE_ID]))
    }


def commands(
    rows: Iterable[Row], states: Mapping[int, str], names: Mapping[tuple[str, str], str] | None = None
) -> list[str]:
    """What to tell HAProxy so that its administrative states are the model's; nothing when they are.

    `states` are told by the real server's primary key; `names`, for sections that the administrator wrote, by the
    labels of virtual service and real server. Servers that only one of the two knows are left alone.
    """
    names, numbers = names or {}, {str(server_id(pk)) for pk in states}
    asked = [row for row in rows if row[SRV_ID] in numbers or (row[BE_NAME], row[SRV_NAME]) in names]
    return [command for row in asked for command in _commands(row, _state(row, states, names))]


def _state(row: Row, states: Mapping[int, str], names: Mapping[tuple[str, str], str]) -> str | None:
    if service_pk(int(row[BE_ID])):
        return states.get(server_pk(int(row[SRV_ID])))
    return names.get((row[BE_NAME], row[SRV_NAME]))


def _commands(row: Row, state: str | None) -> Iterator[str]:
    if state is None or int(row[ADMIN_STATE]) & FORCED == int(ADMIN[state]):
        return
    name = f"{row[BE_NAME]}/{row[SRV_NAME]}"
    yield f"set server {name} state {COMMANDS[state]}"
    if state == State.HALT:
        yield f"shutdown sessions server {name}"


def _id(server: RealServer) -> str:
    return str(server_id(server.pk))

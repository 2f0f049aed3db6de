"""The server-state file: health as HAProxy last told it, weight and administrative state as the model says.

HAProxy reads it at every start and reload. Lines of servers that are gone are left out; a server that HAProxy
does not know yet gets a line when it is not online, so that it starts drained or halted.
"""

from collections.abc import Iterator, Mapping

from apps.haproxy.config import Service
from apps.haproxy.servers import FALLBACK_ID
from apps.services.models import RealServer, State, VirtualService

VERSION = "1"
COLUMNS = (
    "be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight "
    "srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state "
    "bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr "
    "srv_agent_addr srv_agent_port"
).split()
BE_ID, BE_NAME, SRV_ID, SRV_NAME, SRV_ADDR, OP_STATE, ADMIN_STATE, USER_WEIGHT, INITIAL_WEIGHT = range(9)
SRV_PORT = COLUMNS.index("srv_port")
ADMIN: dict[str, str] = {State.ONLINE: "0", State.HALT: "1", State.DRAIN: "8"}  # SRV_ADMF_FMAINT, SRV_ADMF_FDRAIN
COMMANDS: dict[str, str] = {State.ONLINE: "ready", State.HALT: "maint", State.DRAIN: "drain"}
MAINTENANCE = 0x01
FORCED = MAINTENANCE | 0x08
RUNNING = "2"
Row = list[str]  # a row of thousands: as a dict each would take five times as long


def parse(answer: str) -> dict[tuple[str, str], dict[str, str]]:
    """`show servers state` → columns by (backend id, server id)."""
    return {ids: dict(zip(COLUMNS, row, strict=True)) for ids, row in _known(answer).items()}


def _known(answer: str) -> dict[tuple[str, str], Row]:
    rows = [line.split() for line in answer.splitlines()]  # the line of names has one word more
    return {(row[BE_ID], row[SRV_ID]): row for row in rows if len(row) == len(COLUMNS)}


def state_file(answer: str, services: tuple[Service, ...]) -> str:
    """`answer` is what HAProxy says of the servers it runs now; empty when it does not run."""
    known = _known(answer)
    lines = [" ".join(row) for service in services for row in _rows(service, known)]
    return "\n".join([VERSION, "# " + " ".join(COLUMNS), *lines]) + "\n"


def _rows(service: Service, known: dict[tuple[str, str], Row]) -> Iterator[Row]:
    for server in service.servers:
        row = known.get((str(service.vip.pk), _id(server)))
        if row is None or not _is_same(row, service.vip, server):
            if server.state == State.ONLINE:
                continue
            row = _fresh(service.vip, server)
        if int(row[ADMIN_STATE]) & MAINTENANCE and server.state != State.HALT:
            row[OP_STATE] = RUNNING  # it was down only because it was halted; no check would find it up again
        row[ADMIN_STATE] = ADMIN[server.state]
        row[USER_WEIGHT] = row[INITIAL_WEIGHT] = str(server.weight)
        yield row


def _is_same(row: Row, vip: VirtualService, server: RealServer) -> bool:
    """Health is kept for the server it was found for, not for another address that took its place."""
    there = (row[BE_NAME], row[SRV_NAME], row[SRV_ADDR], row[SRV_PORT])
    return there == (vip.label, server.label, server.address, str(server.port or 0))


def _fresh(vip: VirtualService, server: RealServer) -> Row:
    row = dict.fromkeys(COLUMNS, "0")
    row |= {"be_id": str(vip.pk), "be_name": vip.label, "srv_id": _id(server), "srv_name": server.label}
    row |= {"srv_addr": server.address, "srv_port": str(server.port or 0), "srv_op_state": RUNNING}
    row |= {"bk_f_forced_id": "1", "srv_f_forced_id": "1", "srv_check_status": "1", "srv_check_health": "2"}
    return [*(row | dict.fromkeys(["srv_fqdn", "srvrecord", "srv_check_addr", "srv_agent_addr"], "-")).values()]


def commands(answer: str, states: Mapping[int, str]) -> list[str]:
    """What to tell HAProxy so that its administrative states are the model's, by primary key; nothing when they are.

    Servers that only one of the two knows are left alone.
    """
    rows = [line.split(maxsplit=ADMIN_STATE + 1) for line in answer.splitlines()]
    known = [row for row in rows if len(row) > ADMIN_STATE and row[BE_ID].isdecimal()]
    return [command for row in known for command in _commands(row, states)]


def _commands(row: Row, states: Mapping[int, str]) -> Iterator[str]:
    state = states.get(int(row[SRV_ID]) - FALLBACK_ID)
    if state is None or int(row[ADMIN_STATE]) & FORCED == int(ADMIN[state]):
        return
    name = f"{row[BE_NAME]}/{row[SRV_NAME]}"
    yield f"set server {name} state {COMMANDS[state]}"
    if state == State.HALT:
        yield f"shutdown sessions server {name}"


def _id(server: RealServer) -> str:
    return str(server.pk + FALLBACK_ID)

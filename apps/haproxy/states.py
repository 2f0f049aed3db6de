"""The server-state file: health as HAProxy last told it, weight and administrative state as the model says.

HAProxy reads it at every start and reload. Lines of servers that are gone are left out; a server that HAProxy
does not know yet gets a line when it is not online, so that it starts drained or halted.
"""

from collections.abc import Iterator

from apps.haproxy.config import Service
from apps.haproxy.render import FALLBACK_ID
from apps.services.models import RealServer, State, VirtualService

VERSION = "1"
COLUMNS = (
    "be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight "
    "srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state "
    "bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr "
    "srv_agent_addr srv_agent_port"
).split()
ADMIN = {State.ONLINE: "0", State.HALT: "1", State.DRAIN: "8"}  # SRV_ADMF_FMAINT, SRV_ADMF_FDRAIN
COMMANDS = {State.ONLINE: "ready", State.HALT: "maint", State.DRAIN: "drain"}
FORCED = 0x01 | 0x08


def parse(answer: str) -> dict[tuple[str, str], dict[str, str]]:
    """`show servers state` → columns by (backend id, server id)."""
    rows = [line.split() for line in answer.splitlines() if line and not line.startswith("#")]
    found = [dict(zip(COLUMNS, row, strict=False)) for row in rows if len(row) == len(COLUMNS)]
    return {(row["be_id"], row["srv_id"]): row for row in found}


def state_file(answer: str, services: tuple[Service, ...]) -> str:
    """`answer` is what HAProxy says of the servers it runs now; empty when it does not run."""
    known = parse(answer)
    lines = [" ".join(row.values()) for service in services for row in _rows(service, known)]
    return "\n".join([VERSION, "# " + " ".join(COLUMNS), *lines]) + "\n"


def _rows(service: Service, known: dict[tuple[str, str], dict[str, str]]) -> Iterator[dict[str, str]]:
    for server in service.servers:
        row = known.get((str(service.vip.pk), _id(server)))
        if row is None or not _is_same(row, service.vip, server):
            if server.state == State.ONLINE:
                continue
            row = _fresh(service.vip, server)
        weight = str(server.weight)
        yield row | {"srv_admin_state": ADMIN[State(server.state)], "srv_uweight": weight, "srv_iweight": weight}


def _is_same(row: dict[str, str], vip: VirtualService, server: RealServer) -> bool:
    """Health is kept for the server it was found for, not for another address that took its place."""
    there = (row["be_name"], row["srv_name"], row["srv_addr"], row["srv_port"])
    return there == (vip.label, server.label, server.address, str(server.port or 0))


def _fresh(vip: VirtualService, server: RealServer) -> dict[str, str]:
    row = dict.fromkeys(COLUMNS, "0")
    row |= {"be_id": str(vip.pk), "be_name": vip.label, "srv_id": _id(server), "srv_name": server.label}
    row |= {"srv_addr": server.address, "srv_port": str(server.port or 0), "srv_op_state": "2"}
    row |= {"bk_f_forced_id": "1", "srv_f_forced_id": "1", "srv_check_status": "1", "srv_check_health": "2"}
    return row | dict.fromkeys(["srv_fqdn", "srvrecord", "srv_check_addr", "srv_agent_addr"], "-")


def commands(answer: str, services: tuple[Service, ...]) -> list[str]:
    """What to tell HAProxy so that its administrative states are the model's; nothing when they are."""
    known = parse(answer)
    return [command for service in services for command in _commands(service, known)]


def _commands(service: Service, known: dict[tuple[str, str], dict[str, str]]) -> Iterator[str]:
    for server in service.servers:
        row = known.get((str(service.vip.pk), _id(server)))
        state = State(server.state)
        if row is None or int(row["srv_admin_state"]) & FORCED == int(ADMIN[state]):
            continue
        name = f"{row['be_name']}/{row['srv_name']}"
        yield f"set server {name} state {COMMANDS[state]}"
        if state == State.HALT:
            yield f"shutdown sessions server {name}"


def _id(server: RealServer) -> str:
    return str(server.pk + FALLBACK_ID)

"""What a real server and a virtual service are called on the page: a word, its style, and the reason.

Pure. The administrator's will comes from the model, health from HAProxy; neither hides the other.
"""

from datetime import datetime
from typing import NamedTuple

from django.utils import timezone

from apps.overview.snapshot import Server
from apps.services.models import Check, State


class Mark(NamedTuple):
    """A state as the page shows it; `style` is its class in lbadmin.css."""

    word: str
    style: str


UP = Mark("Up", "ok")
HEALTHY = Mark("Healthy", "ok")
DEGRADED = Mark("Degraded", "warn")
DOWN = Mark("Down", "down")
DRAINING = Mark("Draining", "drain")
HALTED = Mark("Halted", "off")
GOING_ONLINE = Mark("Going online", "idle")
REDIRECT = Mark("Redirect", "redir")
NO_SERVERS = Mark("No Real Servers", "idle")
NOT_RUNNING = Mark("Not running", "idle")
UNKNOWN = Mark("Unknown", "idle")

PROBLEMS = {DEGRADED, DOWN}
ON_PURPOSE = {DRAINING, HALTED, GOING_ONLINE}

# HAProxy's status without its "1/3", for a server that the administrator wants online.
STATUS = {
    "UP": UP,
    "no check": UP,
    "DOWN": DOWN,
    "DOWN (agent)": DOWN,
    "NOLB": DRAINING,
    "DRAIN": GOING_ONLINE,
    "DRAIN (agent)": DRAINING,
    "MAINT": GOING_ONLINE,
    "MAINT (resolution)": DOWN,
}
NOT_APPLIED = "not applied yet"
FAILED = {
    "L4TOUT": "no answer from",
    "L6TOUT": "no TLS answer from",
    "L6RSP": "TLS failed with",
    "L7TOUT": "no answer to the check from",
    "L7RSP": "wrong answer from",
    "L7STS": "wrong answer from",
    "SOCKERR": "the check could not be sent to",
    "PROCTOUT": "the check script did not end for",
    "PROCERR": "the check script failed for",
}


def server_mark(state: str, server: Server | None) -> Mark:
    """The mark of a real server in a virtual service that runs. None: HAProxy does not know it yet."""
    if server is None:
        return NOT_RUNNING
    if state != State.ONLINE:
        return unchecked_mark(state)
    word, _, rest = server.status.partition(" ")
    if rest.startswith("(via "):
        return HALTED  # it follows another server
    return STATUS.get(word if "/" in rest else server.status, Mark(server.status, "idle"))


def unchecked_mark(state: str) -> Mark:
    """The mark of a real server of whose health nothing is known."""
    return {State.DRAIN: DRAINING, State.HALT: HALTED}.get(State(state), UNKNOWN)


def down_reason(server: Server, place: str) -> str:
    """Why and since when a real server is down, in one line."""
    since = timezone.localtime(datetime.fromtimestamp(server.since, tz=timezone.get_current_timezone()))
    today = since.date() == timezone.localdate()
    moment = since.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M:%S")
    return f"down for {server.age}: {failure(server, place)} · since {moment}"


def failure(server: Server, place: str) -> str:
    """What the last check met at `place`, an address and port."""
    if server.status == "DOWN (agent)":
        return f"the agent on {place} says so"
    if server.check in FAILED:
        said = f" ({server.said})" if server.said else ""
        return f"{FAILED[server.check]} {place}{said}"
    if server.said:
        return f"{server.said[0].lower()}{server.said[1:]} on {place}"
    return f"not checked yet: {place}" if server.check in {"", "INI", "UNK"} else f"{server.check} on {place}"


def last_check(check_type: str, state: str, server: Server | None) -> str:
    """The last check in a few words, or why there is none."""
    if server is None:
        return "waits for Commit changes"
    if state == State.HALT:
        return "no traffic, no checks" if server.status.startswith("MAINT") else NOT_APPLIED
    if state == State.DRAIN and not server.status.startswith(("DRAIN", "DOWN", "NOLB")):
        return NOT_APPLIED
    if state == State.ONLINE and server_mark(state, server) == GOING_ONLINE:
        return NOT_APPLIED
    return checked(Check(check_type).label, server)


def checked(name: str, server: Server) -> str:
    if not server.check:
        return Check.NONE.label if server.status == "no check" else ""
    if server.check.endswith(("OK", "OKC")):
        return f"{name}, {server.took} ms" if server.took else name
    return f"{name}, {RESULT.get(server.said, RESULT.get(server.check, 'failed'))}"


RESULT = {"Connection refused": "refused", "L4TOUT": "no answer", "L7TOUT": "no answer", "L6TOUT": "no answer"} | {
    "INI": "not yet",
    "UNK": "not yet",
}

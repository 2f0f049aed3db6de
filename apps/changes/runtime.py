"""Carries out a plan in the running HAProxy, without a reload, and proves that it was done."""

import base64
import re
import time
from collections.abc import Callable, Iterable, Mapping

from cryptography import x509
from django.conf import settings

from apps.haproxy.listen import OCSP
from apps.haproxy.plan import AddServer, OfServer, Plan, RemoveServer, ReplaceCertificate, SetWeight
from apps.haproxy.states import ADMIN, COMMANDS, FORCED, parse
from apps.services.models import State
from apps.system import haproxy

PATIENCE = 2.0  # seconds for the last requests of servers that are removed
CHECK_ENABLED = 0x04
WORD = re.compile(r"\A[A-Za-z0-9_.:,/\[\]-]+\Z")  # nothing that could be more than one word of a command
STILL_CONNECTED = "Server still has connections attached to it"


class RuntimeRefused(Exception):
    """HAProxy said no, or what it says afterwards is not what was asked for. A reload makes it whole."""


def carry_out(plan: Plan, pems: Mapping[int, str], staples: Mapping[int, bytes] | None = None) -> None:
    """`pems` are private key and chain by the certificate's primary key, `staples` OCSP responses. Cuts no connection.
    Raises RuntimeRefused.
    """
    try:
        for step in plan.steps:
            match step:
                case ReplaceCertificate():
                    _replace(step, pems[step.certificate], (staples or {}).get(step.certificate, b""))
                case AddServer():
                    _add(step)
                case SetWeight():
                    command("set", "server", _name(step), "weight", str(step.weight))
        _remove([step for step in plan.steps if isinstance(step, RemoveServer)])
        _prove(plan)
    except haproxy.NoAnswer as error:
        raise RuntimeRefused(str(error)) from error


def _replace(step: ReplaceCertificate, pem: str, response: bytes) -> None:
    """Another certificate in the place of one that is served; HAProxy takes it whole or not at all.

    The OCSP response of the old one goes with it; that of the new one, if there is one, comes with it.
    """
    # An empty line would end the certificate and begin a command.
    lines = [line for line in pem.splitlines() if line.strip()]
    command("set", "ssl", "cert", step.file, answer="Transaction", payload="\n".join(lines))
    if response:
        text = base64.b64encode(response).decode()
        command("set", "ssl", "cert", f"{step.file}{OCSP}", answer="Transaction", payload=text)
    command("commit", "ssl", "cert", step.file, answer="Success!")
    _prove_certificate(step, pem)


def _prove_certificate(step: ReplaceCertificate, pem: str) -> None:
    shown = command("show", "ssl", "cert", step.file, answer="Serial:")
    own, *issuers = x509.load_pem_x509_certificates(pem.encode())
    found = re.findall(r"^Serial: (\w+)$", shown, re.MULTILINE)
    if [int(serial, 16) for serial in found] != [own.serial_number] or shown.count("Chain Subject:") != len(issuers):
        raise RuntimeRefused(f"HAProxy did not take the new content of {step.file}.")


def _add(step: AddServer) -> None:
    """It begins in maintenance with its checks off."""
    command("add", "server", _name(step), *step.words, answer="New server registered.")
    if step.is_checked:
        command("enable", "health", _name(step))
    command("set", "server", _name(step), "state", COMMANDS[State(step.state)])


def _remove(steps: list[RemoveServer]) -> None:
    """First they get no new clients, and they go when the last request was answered: maintenance would cut it off."""
    rows = _rows(steps)
    for step in steps:
        if not int(rows.get(_name(step), {}).get("srv_admin_state", 0)) & FORCED:
            command("set", "server", _name(step), "state", COMMANDS[State.DRAIN])
    deadline = time.monotonic() + PATIENCE
    for step in steps:
        _until(deadline, _is_idle, step)
        command("set", "server", _name(step), "state", COMMANDS[State.HALT])
        _until(deadline, _is_deleted, step)


def _until(deadline: float, is_so: Callable[[RemoveServer], bool], step: RemoveServer) -> None:
    while not is_so(step):
        if time.monotonic() > deadline:
            raise RuntimeRefused(f"{step.server} of {step.service} still has connections.")
        time.sleep(0.01)


def _is_idle(step: RemoveServer) -> bool:
    """No connection of a client, neither served nor waiting."""
    shown = command("show", "stat", step.service, "4", "-1", answer="# pxname,svname,qcur,qmax,scur,")  # 4: servers
    rows = [line.split(",") for line in shown.splitlines()]
    return any(row[1] == step.server and row[2] == row[4] == "0" for row in rows)


def _is_deleted(step: RemoveServer) -> bool:
    said = haproxy.ask(settings.PATHS.haproxy_admin_socket, f"del server {_name(step)}")
    if STILL_CONNECTED not in said and "Server deleted." not in said:
        raise RuntimeRefused(said.strip())
    return STILL_CONNECTED not in said


def _prove(plan: Plan) -> None:
    """What HAProxy says of the servers is what was asked for."""
    steps = [step for step in plan.steps if isinstance(step, OfServer)]
    rows = _rows(steps)
    for step in steps:
        if not _is_done(step, rows.get(_name(step), {})):
            raise RuntimeRefused(f"HAProxy does not say of {step.server} of {step.service} what was asked for.")


def _is_done(step: OfServer, row: Mapping[str, str]) -> bool:
    if isinstance(step, RemoveServer):
        return not row
    if row.get("srv_uweight") != str(step.weight):
        return False
    return isinstance(step, SetWeight) or _is_ready(step, row)


def _is_ready(step: AddServer, row: Mapping[str, str]) -> bool:
    has_state = int(row["srv_admin_state"]) & FORCED == int(ADMIN[State(step.state)])
    return has_state and bool(int(row["srv_check_state"]) & CHECK_ENABLED) == step.is_checked


def _rows(steps: Iterable[OfServer]) -> dict[str, dict[str, str]]:
    """What HAProxy knows of each server of the services that these steps are about, by `service/server`."""
    services = {step.service for step in steps}
    found = parse(haproxy.server_states(settings.PATHS.haproxy_admin_socket, *services)) if services else {}
    return {f"{row['be_name']}/{row['srv_name']}": row for row in found.values()}


def _name(step: OfServer) -> str:
    return f"{step.service}/{step.server}"


def command(*words: str, answer: str = "", payload: str = "") -> str:
    """Send one command. HAProxy has to say `answer`, or nothing at all; anything else is a refusal."""
    if strange := [word for word in words if not WORD.match(word)]:
        raise RuntimeRefused(f"{strange[0]!r} cannot be said to HAProxy while it runs.")
    command = " ".join(words)
    sent = f"{command} <<\n{payload}\n" if payload else command
    said = haproxy.ask(settings.PATHS.haproxy_admin_socket, sent).strip()
    if said != answer and (not answer or answer not in said):
        raise RuntimeRefused(said or f"HAProxy did not answer: {command}")
    return said

"""What the worker finds out about a health check script: whether it can be read, and what it says of a Real Server."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.conf import settings

from apps.changes.errands import ErrandRefused
from apps.common.option_kinds import DurationOption
from apps.common.text_kinds import is_address
from apps.haproxy import external
from apps.services.models import Layer7, RealServer
from apps.system import host, scripts

SECONDS = 10.0
LINE = re.compile(r"line (\d+)|^/\S+: (\d+):", re.MULTILINE)
BEGIN = "Begin with #!/bin/sh, #!/bin/bash or #!/usr/bin/python3."


def syntax(given: Mapping[str, Any]) -> dict[str, Any]:
    """`refused` says why the script cannot be right, `note` why nobody knows."""
    content = given["content"]
    found = scripts.interpreter(content)
    if not found.is_installed:
        program = found.name if found.is_found_by_env else found.program
        return {"refused": f"{program or 'Its program'} is not installed here, so HAProxy could not run this. {BEGIN}"}
    if not found.checker:
        return {"note": f"The syntax of {found.name} cannot be checked here. Test the script before you use it."}
    outcome = scripts.check_syntax(content)
    if outcome.code is None:
        return {"note": f"Its syntax was not checked: {found.name} did not get through it in time."}
    return {"refused": _sentence(found.name, outcome.output)} if outcome.code else {}


def _sentence(program: str, said: str) -> str:
    """The program's own words, and the last line number in them."""
    *_, last = [line for line in said.strip().splitlines() if line.strip()] or ["no reason given"]
    lines = [next(filter(None, match)) for match in LINE.findall(said)]
    words = re.sub(r"^/\S+:\s+(line )?\d*:?\s*", "", last).strip().rstrip(".")
    return f"Line {lines[-1]}: {program} says: {words}." if lines else f"{program} says: {words}."


def trial(given: Mapping[str, Any]) -> dict[str, Any]:
    """One check of a Real Server, as HAProxy would do it."""
    server = RealServer.objects.select_related("service").filter(pk=given["server"]).first()
    if server is None:
        raise ErrandRefused("This Real Server was deleted meanwhile. Choose another one.")
    address = _address(server)
    arguments = external.arguments(server.service, address)
    environment = external.environment(server.service, server, address)
    outcome = scripts.try_out(given["content"], arguments, environment, settings.PATHS.run, SECONDS)
    interval = server.service.check_interval or Layer7.get().interval
    return asdict(outcome) | {
        "server": f"{server.label} of {server.service.label}",
        "arguments": " ".join(arguments),
        "limit": SECONDS,
        "is_slow": outcome.seconds * 1000 > DurationOption.milliseconds(interval),
        "interval": interval,
    }


def _address(server: RealServer) -> str:
    """HAProxy tells a script the address, also where the server is a name."""
    if is_address(server.address):
        return str(server.address)
    found = host.look_up(server.address)
    if not found:
        raise ErrandRefused(f"The name {server.address} has no address at the moment. Check Hostname & DNS.")
    return found

"""Try a request: the saved rules of a virtual service, asked by a real HAProxy in a sandbox. In the worker."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.changes import candidate
from apps.changes.errands import ErrandRefused
from apps.common.option_kinds import port_spans
from apps.haproxy.config import Config, Service
from apps.haproxy.sandbox import ASKED, BY_HAND, CERTIFICATE, ENTRY, TRIED, sandbox
from apps.services.conditions import read
from apps.services.models import AclAction, AclRule, Protocol
from apps.system import haproxy
from apps.system.sandbox import Client, Files, Outcome, try_out

TRIED_LINE = re.compile(rf"^{TRIED}(\S+) (\S+) (\S+) (\S+) ?(.*)$", re.MULTILINE)
ASKED_LINE = re.compile(rf"^{ASKED}([A-Z]+) ([\w+/=]+) ([\w+/=]+)$", re.MULTILINE)
ENDING = {AclAction.LOCATION, AclAction.PREFIX, AclAction.DENY, AclAction.TARPIT}
CHOOSING = {AclAction.BACKEND, AclAction.SERVER}


def find_out(given: Mapping[str, Any]) -> dict[str, Any]:
    """What happens to the request, and which rules made it so."""
    config = candidate.load()
    service = next((item for item in config.services if item.vip.pk == given["service"]), None)
    if service is None or service.vip.manual:
        raise ErrandRefused("This Virtual Service has no rules that could be tried.")
    try:
        outcome = _try(config, service, given)
    except haproxy.Refused as error:
        raise ErrandRefused(f"HAProxy does not accept these rules, so nothing was tried. It said: {error}") from error
    except haproxy.NoAnswer as error:
        raise ErrandRefused(f"{error} Try again in a moment.") from error
    return _told(service, outcome)


def _try(config: Config, service: Service, given: Mapping[str, Any]) -> Outcome:
    vip = service.vip
    port = port_spans(vip.ports)[0][0] if vip.ports else 80
    has_tls = vip.protocol == Protocol.HTTP2 and not vip.backend_only
    name = given["sni"] if vip.protocol == Protocol.TCP else _host(given["url"]) if has_tls else None
    sent = "" if vip.protocol == Protocol.TCP else _request(given)
    client = Client(given["source"], vip.address, port, name)
    return try_out(
        lambda directory, user: sandbox(config, service, directory, user),
        Files(ENTRY, CERTIFICATE if has_tls else ""),
        client,
        sent,
    )


def _host(url: str) -> str:
    """The name that TLS asks for; an address is none."""
    host = re.sub(r":\d+\Z", "", url.partition("/")[0])
    return "" if re.match(r"\A[\d.]+\Z|\A\[", host) else host


def _request(given: Mapping[str, Any]) -> str:
    host, _, path = given["url"].partition("/")
    lines = [f"{given['method']} /{path} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in given["headers"]]
    lines += ["Content-Length: 0"] * (given["method"] in {"POST", "PUT", "PATCH"})
    return "\r\n".join([*lines, "Connection: close", "", ""])


@dataclass(frozen=True)
class Course:
    """What HAProxy logged of it. `asked` is what reached a server; of a TCP connection nobody can tell."""

    service: str
    backend: str
    server: str  # blank when none was chosen
    ended: str
    status: str  # blank in TCP Mode
    location: str
    asked: list[str]

    @property
    def where(self) -> str:
        is_own = self.backend == self.service or self.backend.startswith("lbadmin:")
        return "" if is_own else f" of {self.backend}"

    @property
    def has_arrived(self) -> bool:
        return bool(self.asked or (self.server and not self.status))

    @property
    def sentence(self) -> str:
        if self.server == BY_HAND:
            return f"It goes to {self.backend}, which is configured by hand."
        if self.has_arrived:
            name = "the fallback server" if self.server == "backup" else f"Real Server {self.server}"
            return f"It goes to {name}{self.where}."
        if self.location:
            by = f"Redirect URL of Real Server {self.server}{self.where}" if self.server else self.service
            return f"{by} sends the client to {self.location} (status {self.status})."
        return self._refusal

    @property
    def _refusal(self) -> str:
        if self.ended.startswith("PT"):
            return f"It is held for a while, then refused with status {self.status}."
        if self.ended.startswith("PR"):
            return f"It is refused with status {self.status}." if self.status else "The connection is refused."
        return f"No server takes it{self.where}{f': the client gets status {self.status}' * bool(self.status)}."


def _told(service: Service, outcome: Outcome) -> dict[str, Any]:
    match = TRIED_LINE.search(outcome.log)
    if not match:
        raise ErrandRefused("HAProxy did not say what it did with this. Try again in a moment.")
    backend, server, ended, status, marks = match.groups()
    answer = outcome.answer.partition("\r\n\r\n")[0].split("\r\n") if status != "-" else []
    location = next((line.partition(": ")[2] for line in answer if line.lower().startswith("location: ")), "")
    course = Course(
        str(service.vip.label),
        backend,
        server.replace("<NOSRV>", ""),
        ended,
        status.strip("-"),
        location,
        _asked(outcome.log),
    )
    return {
        "rules": _rules(service, set(marks.split())),
        "sentence": course.sentence,
        "request": course.asked,
        "answer": answer,
    }


def _asked(log: str) -> list[str]:
    """The request's lines as they reached a stand-in."""
    match = ASKED_LINE.search(log)
    if not match:
        return []
    url, headers = (base64.b64decode(text).decode("latin-1") for text in match.groups()[1:])
    return [f"{match[1]} {url}", *headers.strip().split("\r\n")]


def _rules(service: Service, marks: set[str]) -> list[dict[str, Any]]:
    """Every rule with its conditions, which of them held, and what that led to."""
    told, ended, chosen = [], 0, 0
    for number, rule in enumerate(service.acl_rules, 1):
        fired = f"rule{rule.pk}" in marks and not ended
        told.append({
            "number": number,
            "pk": rule.pk,
            "terms": _terms(rule, marks, asked=not ended),
            "does": _does(rule),
            "fired": fired,
            "why": _why(fired, ended, chosen if rule.action in CHOOSING else 0),
        })  # fmt: skip
        ended = ended or (number if fired and rule.action in ENDING else 0)
        chosen = chosen or (number if fired and rule.action in CHOOSING else 0)
    return told


def _terms(rule: AclRule, marks: set[str], *, asked: bool) -> list[dict[str, Any]]:
    return [
        {
            "join": term.join.upper() if number > 1 else "",
            "words": term.words,
            "holds": ((f"rule{rule.pk}.{number}" in marks) != term.negate) if asked else None,
        }
        for number, term in enumerate(read(rule.conditions), 1)
    ]


def _does(rule: AclRule) -> str:
    return f"{AclAction(rule.action).label} {rule.value}".strip()


def _why(fired: bool, ended: int, chosen: int) -> str:
    if ended:
        return f"Not asked: rule {ended} has answered."
    if fired and chosen:
        return f"Its conditions hold, but rule {chosen} was first."
    return "Its conditions hold." if fired else "Its conditions do not hold."

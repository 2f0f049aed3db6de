"""A virtual service for trying its rules: the same lines as in haproxy.cfg, with stand-ins for all that is around it.

Every server is replaced by a stand-in that says what it was asked. Nothing listens on the network, no stick table and
no socket of the running HAProxy is named. Marks before each rule tell which of its conditions held.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from apps.haproxy import rules
from apps.haproxy.config import Config, Service
from apps.haproxy.listen import Around, listen
from apps.haproxy.words import Owner, Section, said, text
from apps.services.conditions import read
from apps.services.models import AclAction, AclRule, Protocol, State, VirtualService

ENTRY = "entry"
STAND_IN = "stand-in"
CERTIFICATE = "certificate.pem"
MARKS = "txn.lbadmin_marks"
TRIED = "tried: "  # begins the line of the log that tells what happened
ASKED = "asked: "  # begins that of a stand-in: what reached it
BY_HAND = "lbadmin:by-hand"
LEFT_OUT = {"server", "stick", "stick-table", "bind", "id"}  # and health checks: they need the world around


def sandbox(config: Config, service: Service, directory: Path, user: str) -> str:
    """haproxy.cfg for a directory of its own. Requests come in at its socket `entry`, behind a line that tells from
    where (the PROXY protocol).
    """
    entry = f"unix@{directory / ENTRY}"
    stand_in = f"unix@{directory / STAND_IN}"
    used = _used(config, service)
    sections = [
        *_around(user),
        _stand_in(stand_in),
        *(_section(item, entry if item is service else "", stand_in) for item in used),
        *(_by_hand(item.vip, stand_in) for item in _targets(config, service) if item.vip.manual),
    ]
    if service.vip.backend_only:
        sections.append(_in_front(service.vip, entry))
    return text(sections)


def _targets(config: Config, service: Service) -> list[Service]:
    """Those that rules pass requests to."""
    named = {rule.value for rule in service.acl_rules if rule.action == AclAction.BACKEND}
    return [item for item in config.services if item.vip.label in named and item is not service]


def _used(config: Config, service: Service) -> list[Service]:
    """Of the others, what they pass on themselves does not count: HAProxy chooses a backend once."""
    others = [item for item in _targets(config, service) if not item.vip.manual]
    return [service, *(replace(item, acl_rules=_without_backends(item)) for item in others)]


def _without_backends(service: Service) -> tuple[AclRule, ...]:
    return tuple(rule for rule in service.acl_rules if rule.action != AclAction.BACKEND)


def _around(user: str) -> Iterator[Section]:
    section = Section(("global",))
    if user:
        section.add("user", user)
        section.add("group", user)
    section.add("hard-stop-after", "2s")
    section.add("maxconn", "20")
    section.add("nbthread", "1")
    section.add("tune.bufsize", "65536")
    section.add("log", "stdout", "len", "65535", "format", "raw", "daemon", "info")
    yield section
    section = Section(("defaults",))
    section.add("mode", "http")
    for name, time in {"connect": "1s", "client": "4s", "server": "4s", "tarpit": "100ms"}.items():
        section.add(f"timeout {name}", time)
    yield section


def _stand_in(address: str) -> Section:
    """A server that takes everything, and logs what it was asked."""
    section = Section(("frontend", "lbadmin:stand-in"))
    section.add("bind", address, "mode", "666")  # in a directory of their own
    section.add("log", "global")
    section.add("log-format", f"{ASKED}%HM %[var(txn.url)] %[var(txn.headers)]")
    section.add("http-request set-var(txn.url)", "url,base64")
    section.add("http-request set-var(txn.headers)", "req.hdrs,base64")
    section.add("http-request return", "status", "200", "hdr", "Server", "stand-in", "content-type", "text/plain")
    return section


def _section(service: Service, entry: str, stand_in: str) -> Section:
    """Its section of haproxy.cfg, marked, with other addresses."""
    vip = service.vip
    whole = listen(service, Around(fallback_port=1, logging=False, script="", revoked=False))
    section = Section(("backend" if vip.backend_only or not entry else "listen", vip.label), whole.owner)
    if entry and not vip.backend_only:
        _listen(section, vip, entry)
    for line, owner in _marked(service, whole.lines[1:]):
        if not _is_left_out(line, owner):
            section.put(line, owner)
    states = {server.label: server.state for server in service.servers}
    for line, owner in whole.lines:
        if line.startswith("    server "):
            section.put(_server(line, stand_in, states), owner)
    return section


def _is_left_out(line: str, owner: Owner | None) -> bool:
    return line.split(maxsplit=1)[0] in LEFT_OUT or bool(owner and owner.option.startswith("check_"))


def _listen(section: Section, vip: VirtualService, entry: str) -> None:
    tls = ("ssl", "crt", CERTIFICATE, "alpn", "http/1.1") if vip.protocol == Protocol.HTTP2 else ()
    section.add("bind", entry, "accept-proxy", *tls)
    section.add("log", "global")
    status = "-" if vip.protocol == Protocol.TCP else "%ST"
    section.add("log-format", f"{TRIED}%b %s %ts {status} %[var({MARKS})]")


def _in_front(vip: VirtualService, entry: str) -> Section:
    section = Section(("frontend", "lbadmin:in-front"))
    section.add("mode", "tcp" if vip.protocol == Protocol.TCP else "http")
    _listen(section, vip, entry)
    section.add("default_backend", vip.label)
    return section


def _by_hand(vip: VirtualService, stand_in: str) -> Section:
    """A section that only the administrator knows; that it was chosen is all there is to tell."""
    section = Section(("backend", vip.label))
    section.add("mode", "tcp" if vip.protocol == Protocol.TCP else "http")
    section.add("server", BY_HAND, stand_in)
    return section


def _server(line: str, stand_in: str, states: dict[str, str]) -> str:
    """With what chooses it, without what leads to it: the words for label, weight, cookie, redirect, being a backup."""
    words = line.split()
    kept = [*words[:2], stand_in]
    for number, word in enumerate(words[3:], 3):
        if word in {"weight", "cookie", "redir"}:
            kept += words[number : number + 2]
        elif word in {"backup", "non-stick"}:
            kept.append(word)
    kept += {State.HALT: ["disabled"], State.DRAIN: ["weight", "0"]}.get(State(states.get(words[1], State.ONLINE)), [])
    return f"    {' '.join(kept)}"


def _marked(service: Service, lines: list[tuple[str, Owner | None]]) -> Iterator[tuple[str, Owner | None]]:
    """In TCP Mode the marks stand right behind the conditions: nothing changes there, and what follows may end it."""
    place = "conditions" if service.vip.protocol == Protocol.TCP else "value"
    by_pk = {rule.pk: rule for rule in service.acl_rules}
    for number, (line, owner) in enumerate(lines):
        rule = by_pk.get(owner.pk) if owner and owner.kind == "AclRule" and owner.option == place else None
        is_last = [other for _, other in lines[number + 1 : number + 2]] != [owner]
        if rule and place == "value":
            by_pk.pop(rule.pk)  # once, at its place in the order
            yield from ((mark, owner) for mark in _marks(rule, "http-request"))
        yield line, owner
        if rule and place == "conditions" and is_last:
            yield from ((mark, owner) for mark in _marks(rule, "tcp-request content"))


def _marks(rule: AclRule, keyword: str) -> Iterator[str]:
    names = [rules.term_name(rule, number) for number in range(1, len(read(rule.conditions)) + 1)]
    for name in names:
        yield _mark(keyword, name, (name,))
    yield _mark(keyword, f"rule{rule.pk}", tuple(rules.holds(rule)))


def _mark(keyword: str, name: str, condition: tuple[str, ...]) -> str:
    return f"    {keyword} set-var-fmt({MARKS}) {said((f'%[var({MARKS})] {name}', 'if', *condition))}"

"""ACL rules and header rules as lines of a virtual service, in their order."""

from collections.abc import Iterator

from apps.haproxy.config import Service
from apps.haproxy.persistence import Line
from apps.haproxy.words import Owner
from apps.services.conditions import Condition, Match, read
from apps.services.models import AclAction, AclRule, HeaderRule, HeaderSide, Persistence, Protocol, VirtualService

FETCHES: dict[str, tuple[str, ...]] = {
    Match.PATH: ("path",),
    Match.PATH_BEG: ("path_beg",),
    Match.PATH_END: ("path_end",),
    Match.PATH_SUB: ("path_sub",),
    Match.PATH_REG: ("path_reg",),
    Match.HOST: ("hdr(host)", "-i"),
    Match.HOST_BEG: ("hdr_beg(host)", "-i"),
    Match.QUERY: ("query", "-m", "sub"),
    Match.METHOD: ("method",),
    Match.SOURCE: ("src",),
}
LISTS = {Match.METHOD, Match.SOURCE}
RDP = {Persistence.BROKER, Persistence.RDP_COOKIE}
SERVERS = {AclAction.BACKEND, AclAction.SERVER}  # chosen after everything else was done to the request
HEADERS = {"add": "add-header", "set": "set-header", "del": "del-header", "replace": "replace-header"}


def request_lines(service: Service) -> Iterator[tuple[Line, Owner]]:
    """What is done to requests, in the order of the rules; conditions stand before the rule that asks for them."""
    vip = service.vip
    for rule in service.acl_rules:
        owner = Owner("AclRule", rule.pk, vip.label, "conditions")
        for number, condition in enumerate(read(rule.conditions), 1):
            yield ("acl", _name(rule, number), *_words(condition, vip)), owner
    for rule in service.acl_rules:
        if rule.action not in SERVERS:
            yield (*_action(rule, vip), "if", *_if(rule)), Owner("AclRule", rule.pk, vip.label, "value")


def header_lines(service: Service) -> Iterator[tuple[Line, Owner]]:
    if service.vip.protocol == Protocol.TCP:
        return
    for rule in service.header_rules:
        yield _header(rule), Owner("HeaderRule", rule.pk, service.vip.label, "value")


def server_lines(service: Service) -> Iterator[tuple[Line, Owner]]:
    """Which virtual service or real server gets the request."""
    keywords = {AclAction.BACKEND: "use_backend", AclAction.SERVER: "use-server"}
    for rule in service.acl_rules:
        if rule.action in SERVERS and not (rule.action == AclAction.BACKEND and service.vip.backend_only):
            line = (keywords[AclAction(rule.action)], rule.value, "if", *_if(rule))
            yield line, Owner("AclRule", rule.pk, service.vip.label, "value")


def waiting_lines(service: Service) -> Iterator[Line]:
    """In TCP Mode HAProxy has to be told to wait for what rules and persistence want to see."""
    vip = service.vip
    if vip.protocol != Protocol.TCP:
        return
    hello = vip.persistence == Persistence.SESSION_ID or any(
        condition.match == Match.SNI for rule in service.acl_rules for condition in read(rule.conditions)
    )
    if hello or vip.persistence in RDP:
        yield ("tcp-request inspect-delay", "5s")
    if hello:
        yield ("tcp-request content accept", "if", "{", "req.ssl_hello_type", "1", "}")
    if vip.persistence in RDP:
        yield ("tcp-request content accept", "if", "RDP_COOKIE")


def _name(rule: AclRule, number: int) -> str:
    return f"rule{rule.pk}.{number}"


def _words(condition: Condition, vip: VirtualService) -> Line:
    texts = condition.text.split() if condition.match in LISTS else [condition.text]
    if condition.match == Match.FLAG:
        return (f"var(txn.flag_{condition.text})", "-m", "bool")
    if condition.match == Match.SNI:
        return ("req.ssl_sni" if vip.protocol == Protocol.TCP else "ssl_fc_sni", "-i", "--", *texts)
    if condition.match == Match.HEADER:
        return (f"req.hdr({condition.name})", "-i", "-m", "sub", "--", *texts)
    return (*FETCHES[condition.match], "--", *texts)


def _if(rule: AclRule) -> Iterator[str]:
    for number, condition in enumerate(read(rule.conditions), 1):
        if number > 1 and condition.join == "or":
            yield "or"
        yield f"{'!' if condition.negate else ''}{_name(rule, number)}"


def _action(rule: AclRule, vip: VirtualService) -> Line:
    if vip.protocol == Protocol.TCP:
        return ("tcp-request content reject",)
    told = literal(rule.value)
    lines: dict[str, Line] = {
        AclAction.LOCATION: ("http-request redirect", "location", told),
        AclAction.PREFIX: ("http-request redirect", "prefix", told),
        AclAction.FLAG: (f"http-request set-var(txn.flag_{told})", "bool(true)"),
        AclAction.PATH: ("http-request set-path", told),
        AclAction.TARPIT: ("http-request tarpit",),
        AclAction.DENY: ("http-request deny",),
    }
    return lines[rule.action]


def literal(text: str) -> str:
    """For places where HAProxy reads a log-format: percent signs stand for themselves."""
    return text.replace("%", "%%")


def _header(rule: HeaderRule) -> Line:
    side = "http-request" if rule.side == HeaderSide.REQUEST else "http-response"
    words = [rule.name]
    if rule.option == "replace":
        words.append(rule.match)
    if rule.option != "del":
        words.append(rule.value)
    return (f"{side} {HEADERS[rule.option]}", *words)

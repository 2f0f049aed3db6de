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
# Chosen after everything else was done to the request.
SERVERS: dict[str, str] = {AclAction.BACKEND: "use_backend", AclAction.SERVER: "use-server"}
HEADERS = {"add": "add-header", "set": "set-header", "del": "del-header", "replace": "replace-header"}


def request_lines(service: Service) -> Iterator[tuple[Line, Owner]]:
    """What is done to requests, in the order of the rules; conditions stand before the rule that asks for them."""
    vip = service.vip
    for rule in service.acl_rules:
        for number, condition in enumerate(read(rule.conditions), 1):
            yield ("acl", term_name(rule, number), *_words(condition, vip)), _owner(rule, vip, "conditions")
    for rule in service.acl_rules:
        if rule.action not in SERVERS:
            yield (*_action(rule, vip), "if", *holds(rule)), _owner(rule, vip)
        elif is_remembered(rule, service):
            yield (f"http-request set-var({_variable(rule)})", "bool(true)", "if", *holds(rule)), _owner(rule, vip)


def is_remembered(rule: AclRule, service: Service) -> bool:
    """HAProxy chooses the server last, from the request as rules have changed it by then. The rule means the request
    at its own place in the order, so what it found there is kept until then.
    """
    if service.vip.protocol == Protocol.TCP or rule.action not in SERVERS:
        return False
    later = service.acl_rules[service.acl_rules.index(rule) + 1 :]
    changes = any(item.action in {AclAction.PATH, AclAction.FLAG} for item in later)
    return changes or any(item.side == HeaderSide.REQUEST for item in service.header_rules)


def header_lines(service: Service) -> Iterator[tuple[Line, Owner]]:
    if service.vip.protocol == Protocol.TCP:
        return
    for rule in service.header_rules:
        label = f"Header Rule {rule.position} of {service.vip.label}"
        yield _header(rule), Owner("HeaderRule", rule.pk, label, "value")


def server_lines(service: Service) -> Iterator[tuple[Line, Owner]]:
    """Which virtual service or real server gets the request."""
    vip = service.vip
    for rule in service.acl_rules:
        if rule.action in SERVERS and not (rule.action == AclAction.BACKEND and vip.backend_only):
            kept = ("{", f"var({_variable(rule)})", "-m", "bool", "}")
            asks = kept if is_remembered(rule, service) else holds(rule)
            yield (SERVERS[rule.action], rule.value, "if", *asks), _owner(rule, vip)


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


def _owner(rule: AclRule, vip: VirtualService, option: str = "value") -> Owner:
    return Owner("AclRule", rule.pk, f"ACL Rule {rule.position} of {vip.label}", option)


def term_name(rule: AclRule, number: int) -> str:
    """Of one of its conditions, the first being 1."""
    return f"rule{rule.pk}.{number}"


def _variable(rule: AclRule) -> str:
    return f"txn.rule_{rule.pk}"


def _words(condition: Condition, vip: VirtualService) -> Line:
    texts = condition.text.split() if condition.match in LISTS else [condition.text]
    if condition.match == Match.FLAG:
        return (f"var(txn.flag_{condition.text})", "-m", "bool")
    if condition.match == Match.SNI:
        return ("req.ssl_sni" if vip.protocol == Protocol.TCP else "ssl_fc_sni", "-i", "--", *texts)
    if condition.match == Match.HEADER:
        return (f"req.hdr({condition.name})", "-i", "-m", "sub", "--", *texts)
    return (*FETCHES[condition.match], "--", *texts)


def holds(rule: AclRule) -> Iterator[str]:
    """The words behind `if`."""
    for number, condition in enumerate(read(rule.conditions), 1):
        if number > 1 and condition.join == "or":
            yield "or"
        yield f"{'!' if condition.negate else ''}{term_name(rule, number)}"


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

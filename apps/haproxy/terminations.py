"""SSL terminations: one more bind of their virtual service, or a section of their own where that is not enough.

A bind of the service's own section keeps everything that is set there. SNI Rules need a section in front, for else the
rules of the associated service would count for requests that go to another one.
"""

import re
from collections.abc import Iterator, Mapping

from apps.haproxy.config import Config, Termination
from apps.haproxy.general import bracketed
from apps.haproxy.listen import FLAT, FRONT, pem_file
from apps.haproxy.persistence import Line
from apps.haproxy.words import Owner, Section
from apps.services.models import Mode, Protocol, SniRule, SslTermination, VirtualService
from apps.services.models.termination import profile_of

Services = Mapping[int, VirtualService]  # by primary key
Binds = tuple[tuple[Line, Owner], ...]
BACKEND = "backend"
WEB = "h2,http/1.1"


def services_of(config: Config) -> Services:
    """Those that terminations may pass something to."""
    wanted = {pk for termination in config.terminations for pk in termination.services}
    return {service.vip.pk: service.vip for service in config.services if service.vip.pk in wanted} if wanted else {}


def binds_of(config: Config, services: Services) -> dict[int, Binds]:
    """What else virtual services listen on, by their primary key."""
    found: dict[int, Binds] = {}
    for termination in config.terminations:
        vip = services.get(termination.item.service_id or 0)
        if vip and not has_section(termination, vip):
            found[vip.pk] = (
                *found.get(vip.pk, ()),
                (_bind(termination, is_web(termination, services)), _owner(termination)),
            )
    return found


def bind_text(termination: Termination, services: Services) -> str:
    """Another one whenever clients are spoken to in another way."""
    return " ".join(_bind(termination, is_web(termination, services)))


def has_section(termination: Termination, vip: VirtualService | None) -> bool:
    return vip is None or bool(termination.rules) or vip.backend_only or vip.manual


def sections(config: Config, services: Services) -> Iterator[tuple[Termination, list[Section]]]:
    """Those of each termination; none where the section of its virtual service does it all."""
    for termination in config.terminations:
        vip = services.get(termination.item.service_id or 0)
        is_lost = termination.item.service_id and not vip
        made = has_section(termination, vip) and not is_lost
        yield termination, [*_sections(termination, services, config.layer7.logging)] if made else []


def _sections(termination: Termination, services: Services, logging: bool) -> Iterator[Section]:
    item, web = termination.item, is_web(termination, services)
    vip = services.get(item.service_id or 0)
    section = Section(("frontend" if vip else "listen", item.label), _owner(termination))
    section.add_all([(_bind(termination, web), _owner(termination))])
    section.add("mode", "http" if web else "tcp")
    if logging:
        section.add("option", "httplog" if web else "tcplog")
    for keyword, *words in _front(vip, web):
        section.add(keyword, *words)
    section.add_all(_routes(termination, services, web))
    if vip:
        section.add("default_backend", vip.label, owner=_owner(termination, "service"))
    else:
        section.add("server", *_server(item, item), owner=_owner(termination, "backend_address"))
    yield section
    for rule in termination.rules:
        if not rule.service_id:
            custom = Section(("backend", _name(termination, rule)), _rule_owner(termination, rule))
            custom.add("mode", "http" if web else "tcp")
            custom.add("server", *_server(rule, item), owner=_rule_owner(termination, rule, "backend_address"))
            yield custom


def is_web(termination: Termination, services: Services) -> bool:
    """Whether requests are passed on, or bytes that nobody reads."""
    used = [services[pk] for pk in termination.services if pk in services]
    return any(vip.protocol != Protocol.TCP for vip in used)


def _bind(termination: Termination, web: bool) -> Line:
    item = termination.item
    profile = profile_of(item)
    words = ["bind", f"{bracketed(item.address)}:{item.port}", "ssl", "crt-list", list_file(item)]
    words += ["alpn", WEB] if web else []
    words += ["ssl-min-ver", profile.oldest, "ssl-max-ver", profile.newest]
    for keyword, value in (("ciphers", profile.ciphers), ("ciphersuites", profile.suites), ("curves", profile.curves)):
        words += [keyword, value] if value else []
    return (*words, *([] if profile.prefers_own else ["prefer-client-ciphers"]))


def _front(vip: VirtualService | None, web: bool) -> Iterator[Line]:
    """What of a virtual service counts only where its clients come in."""
    if web:
        # Without it a leaving worker resets idle keep-alive connections on a reload.
        yield ("option idle-close-on-response",)
    if web and (vip is None or vip.request_timeout):
        yield ("timeout http-request", "5s")
    for option in FLAT if vip else ():
        value = getattr(vip, option.name)
        if option.name in FRONT and option.is_told(value) and option.applies(vip):
            yield (option.directive, *([] if value is True else [str(value)]))


def _routes(termination: Termination, services: Services, web: bool) -> Iterator[tuple[Line, Owner]]:
    """Whole names come before those with a star, as for the certificates."""
    rules = sorted(termination.rules, key=lambda rule: rule.host.startswith("*"))
    if rules and web:
        yield from _refusals(termination, rules)
    for rule in rules:
        vip = services.get(rule.service_id or 0)
        name = vip.label if vip else _name(termination, rule)
        yield ("use_backend", name, "if", *_asks("ssl_fc_sni", rule)), _rule_owner(termination, rule, "service")


def _refusals(termination: Termination, rules: list[SniRule]) -> Iterator[tuple[Line, Owner]]:
    """Over HTTP/2 a browser asks for other names of the certificate on a connection that it has: it is told to open
    another one (421), for this one leads to the service of the name that it began with.
    """
    for kept, asked in (("txn.by_sni", "ssl_fc_sni"), ("txn.by_host", "req.hdr(host),host_only")):
        yield (f"http-request set-var({kept})", "int(0)"), _owner(termination)
        for rule in reversed(rules):
            line = (f"http-request set-var({kept})", f"int({rule.pk})", "if", *_asks(asked, rule))
            yield line, _rule_owner(termination, rule, "host")
    differ = ("!{", "var(txn.by_sni),sub(txn.by_host)", "eq", "0", "}")
    yield ("http-request return", "status", "421", "if", "{", "ssl_fc_alpn", "h2", "}", *differ), _owner(termination)


def _asks(fetch: str, rule: SniRule) -> Line:
    """A star stands for one part of the name, as in certificates."""
    if rule.host.startswith("*."):
        return ("{", fetch, "-i", "-m", "reg", f"^[^.]+{re.escape(rule.host[1:])}$", "}")
    return ("{", fetch, "-i", rule.host, "}")


def _server(to: SslTermination | SniRule, item: SslTermination) -> Iterator[str]:
    yield from (BACKEND, f"{bracketed(to.backend_address)}:{to.backend_port}")
    if source := source_of(to, item):
        yield from ("source", bracketed(source))
    if to.send_proxy:
        yield "send-proxy"


def source_of(to: SslTermination | SniRule, item: SslTermination) -> str:
    """Of connections to a server of its own; blank where no packet could go from there."""
    source: str = item.source_address
    return source if (":" in source) == (":" in to.backend_address) else ""


def sources(config: Config) -> Iterator[tuple[Owner, str]]:
    """Where connections to servers of their own come from."""
    for termination in config.terminations:
        item = termination.item
        ends: list[SslTermination | SniRule] = [item, *termination.rules]
        for to in ends:
            if not to.service_id and (source := source_of(to, item)):
                yield _owner(termination, "source_address"), source


def list_file(item: SslTermination) -> str:
    return f"tls/termination-{item.pk}.list"


def crt_list(termination: Termination) -> str:
    """The first one is shown to whoever asks for no name that a rule has, and to nobody else."""
    own = pem_file(termination.item.certificate_id)
    lines = [f"{own} !*" if termination.rules else own]
    return "".join(
        f"{line}\n"
        for line in [*lines, *(f"{pem_file(rule.certificate_id)} {rule.host}" for rule in termination.rules)]
    )


def certificates_of(termination: Termination) -> list[int]:
    served = [termination.item.certificate_id, *(rule.certificate_id for rule in termination.rules)]
    return [*dict.fromkeys(served)]


def _name(termination: Termination, rule: SniRule) -> str:
    """No label of a virtual service can hold a colon."""
    return f"{termination.item.label}:{rule.name}"


def _owner(termination: Termination, option: str = "") -> Owner:
    item = termination.item
    option = option or ("ciphers" if item.mode == Mode.CUSTOM else "address")
    return Owner("SslTermination", item.pk, item.label, option)


def _rule_owner(termination: Termination, rule: SniRule, option: str = "host") -> Owner:
    return Owner("SniRule", rule.pk, f"{rule.name} of {termination.item.label}", option)

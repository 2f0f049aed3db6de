"""A virtual service as a section of haproxy.cfg."""

from collections.abc import Iterator
from typing import NamedTuple

from apps.common.options import options
from apps.haproxy import persistence, rules, servers
from apps.haproxy.config import Service
from apps.haproxy.general import bracketed
from apps.haproxy.ids import service_id
from apps.haproxy.persistence import Line
from apps.haproxy.words import Owner, Section
from apps.services.models import Pipeline, Protocol, RealServer, VirtualService

FLAT = [option for option in options(VirtualService) if option.directive]
FRONT = {"client_timeout", "max_connections", "accept_invalid"}  # say nothing in a backend
COMPRESSED = "text/html text/plain text/css text/xml text/javascript application/javascript application/json".split()
MONTH = 2_592_000  # seconds
PIPELINES: dict[str, str] = {
    Pipeline.CLOSE: "option httpclose",
    Pipeline.SERVER_CLOSE: "option http-server-close",
    Pipeline.FORCE_CLOSE: "option forceclose",
}


class Around(NamedTuple):
    """What a section takes from outside of its virtual service."""

    fallback_port: int
    logging: bool
    script: str  # where its External Script lies; blank without one
    revoked: bool  # its CA Certificate has a revocation list


def listen(service: Service, around: Around) -> Section:
    vip = service.vip
    section = Section(("backend" if vip.backend_only else "listen", vip.label), owner(vip))
    section.add("id", str(service_id(vip.pk)))
    if not vip.backend_only:
        accept = ["accept-proxy"] if vip.accept_proxy else []
        section.add("bind", ",".join(_binds(vip)), *accept, *_tls(vip, around), owner=owner(vip, "ports"))
    section.add("mode", "tcp" if vip.protocol == Protocol.TCP else "http", owner=owner(vip, "protocol"))
    if around.logging and not vip.backend_only:
        section.add("option", "tcplog" if vip.protocol == Protocol.TCP else "httplog")
    _web(section, vip)
    for option in FLAT:
        if option.applies(vip) and not (vip.backend_only and option.name in FRONT):
            section.add_option(option, getattr(vip, option.name))
    for line, whose in rules.request_lines(service):
        section.add(*line, owner=whose)
    if redirects(vip):
        words = ("scheme", "https", "code", vip.redirect_code)
        section.add("http-request redirect", *words, owner=owner(vip, "force_https"))
        return section
    _balanced(section, service, around)
    return section


def _web(section: Section, vip: VirtualService) -> None:
    if vip.protocol == Protocol.TCP:
        return
    if not vip.backend_only:
        # Without it a leaving worker resets idle keep-alive connections on a reload.
        section.add("option", "idle-close-on-response")
    for option, (keyword, *words) in _web_lines(vip):
        section.add(keyword, *words, owner=owner(vip, option))


def _web_lines(vip: VirtualService) -> Iterator[tuple[str, Line]]:
    """With the option that each comes from."""
    flags: dict[str, list[Line]] = {
        "request_timeout": [("timeout http-request", "5s")],
        "reuse": [("http-reuse", "safe")],
        "name_header": [("http-send-name-header", "Host")],
        "compression": [("compression algo", "gzip"), ("compression type", *COMPRESSED)],
        "hsts": [("http-response set-header", "Strict-Transport-Security", f"max-age={vip.hsts_months * MONTH}")],
    }
    if vip.pipeline in PIPELINES:
        yield "pipeline", (PIPELINES[vip.pipeline],)
    for name, lines in flags.items():
        for line in lines if getattr(vip, name) else ():
            yield name, line


def _balanced(section: Section, service: Service, around: Around) -> None:
    vip = service.vip
    if not vip.redispatch:
        section.add("no option redispatch", owner=owner(vip, "redispatch"))
    for (keyword, *words), whose in _balanced_lines(service, around):
        section.add(keyword, *words, owner=whose)


def _balanced_lines(service: Service, around: Around) -> Iterator[tuple[Line, Owner]]:
    """Each with whose it is, in the order in which HAProxy goes through them."""
    vip = service.vip
    yield from rules.header_lines(service)
    early = [*persistence.early_lines(vip), *rules.waiting_lines(service)]
    yield from ((line, owner(vip, "persistence")) for line in early)
    yield from rules.server_lines(service)
    yield from ((line, owner(vip, "persistence")) for line in persistence.lines(vip))
    yield from ((line, owner(vip, option)) for option, line in servers.check_lines(vip, around.script))
    yield from ((tuple(servers.server_words(vip, server)), owner(server)) for server in service.servers)
    if words := servers.fallback_words(vip, around.fallback_port):
        yield tuple(words), owner(vip, "fallback_address")


def redirects(vip: VirtualService) -> bool:
    return bool(vip.force_https) and vip.protocol == Protocol.HTTP


def owner(item: VirtualService | RealServer, option: str = "") -> Owner:
    kind = "VirtualService" if hasattr(item, "ports") else "RealServer"
    return Owner(kind, item.pk, item.label, option)


def _binds(vip: VirtualService) -> Iterator[str]:
    for part in vip.ports.split(","):
        yield f"{bracketed(vip.address)}:{part}"


def _tls(vip: VirtualService, around: Around) -> Iterator[str]:
    if vip.protocol != Protocol.HTTP2:
        return
    yield from ("ssl", "crt-list", list_file(vip), "alpn", "h2,http/1.1")
    if vip.authority_id:
        yield from ("ca-file", pem_file(vip.authority_id), "verify", vip.verification)
        if around.revoked:
            yield from ("crl-file", crl_file(vip.authority_id))


def list_file(vip: VirtualService) -> str:
    return f"tls/service-{vip.pk}.list"


def pem_file(pk: int) -> str:
    return f"tls/certificate-{pk}.pem"


def crl_file(pk: int) -> str:
    return f"tls/certificate-{pk}.crl"

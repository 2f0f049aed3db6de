"""A virtual service as a section of haproxy.cfg."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

from apps.common.kept import Kept
from apps.common.options import options
from apps.common.text_kinds import is_address
from apps.haproxy import acme, persistence, rules, servers
from apps.haproxy.config import Service
from apps.haproxy.general import bracketed
from apps.haproxy.ids import service_id
from apps.haproxy.persistence import Line
from apps.haproxy.words import Lines, Owner, Section, said
from apps.services.acme import answers
from apps.services.models import Pipeline, Protocol, RealServer, VirtualService

FLAT = [option for option in options(VirtualService) if option.directive]
OWN = {"label", "address", "certificate", "authority"}
SHAPE = attrgetter(*(option.attname for option in options(VirtualService) if option.name not in OWN))
OCSP = ".ocsp"  # what HAProxy adds to the name of a certificate's file for that of its OCSP response
FRONT = {"client_timeout", "max_connections", "accept_invalid"}  # say nothing in a backend
COMPRESSED = "text/html text/plain text/css text/xml text/javascript application/javascript application/json".split()
MONTH = 2_592_000  # seconds
TUNNEL = "1h"  # not in the defaults: in TCP Mode it would count instead of the timeouts of client and server
SUBJECT = "%[ssl_c_s_dn(,0,rfc2253)]"  # escaped: the plain form could hold line breaks
PIPELINES: dict[str, str] = {
    Pipeline.CLOSE: "option httpclose",
    Pipeline.SERVER_CLOSE: "option http-server-close",
    Pipeline.FORCE_CLOSE: "option httpclose",  # forceclose, as it was called, is the same since HAProxy 2.0
}


class Around(NamedTuple):
    """What a section takes from outside of its virtual service."""

    fallback_port: int
    logging: bool
    script: str  # where its External Script lies; blank without one
    revoked: bool  # its CA Certificate has a revocation list
    acme: str = ""  # thumbprint of the ACME accounts
    terminated: bool = False  # an SSL Termination passes requests to it


@dataclass(frozen=True)
class Frame:
    """The lines of a service that hold nothing of its own name and place: services that are set alike share them."""

    top: Lines
    redirect: Lines
    early: Lines
    bottom: Lines
    fallback: Lines
    said: Kept[str] = field(default_factory=lambda: Kept(most=1000))  # of real servers that are set alike


FRAMES = Kept[Frame](most=1000)


def listen(service: Service, around: Around, binds: Iterable[tuple[Line, Owner]] = ()) -> Section:
    """`binds` are those of its SSL terminations."""
    vip = service.vip
    frame = FRAMES.get((around, shape_of(vip)), lambda: _frame(vip, around))
    section = Section(("backend" if vip.backend_only else "listen", vip.label), owner(vip))
    section.add("id", str(service_id(vip.pk)))
    if not vip.backend_only:
        accept = ["accept-proxy"] if vip.accept_proxy else []
        section.add("bind", ",".join(_binds(vip)), *accept, *_tls(vip, around), owner=owner(vip, "ports"))
    section.add_all(binds)
    section.take(frame.top)
    section.add_all(rules.request_lines(service))
    section.take(frame.redirect)
    if frame.redirect.texts and not around.terminated:
        return section
    section.add_all(rules.header_lines(service))
    section.take(frame.early)
    section.add_all((line, owner(vip, "persistence")) for line in rules.waiting_lines(service))
    section.add_all(rules.server_lines(service))
    section.take(frame.bottom)
    section.texts += [_server_line(vip, server, frame) for server in service.servers]
    section.owners += [Owner("RealServer", server.pk, server.label) for server in service.servers]
    section.take(frame.fallback)
    return section


def _server_line(vip: VirtualService, server: RealServer, frame: Frame) -> str:
    address = server.address
    traits = (servers.TRAITS(server), is_address(address), ":" in address)
    about = frame.said.get(traits, lambda: said(servers.said_words(vip, server)))
    return f"    {said(servers.name_words(vip, server))} {about}".rstrip()


def shape_of(vip: VirtualService) -> tuple[object, ...]:
    """Everything that lines are made of, but for what the service is called and which certificates it shows."""
    return (":" in vip.address, *SHAPE(vip))


def _frame(vip: VirtualService, around: Around) -> Frame:
    redirect: Line = ("http-request redirect", "scheme", "https", "code", vip.redirect_code)
    redirect += ("if", "!{", "ssl_fc", "}") if around.terminated else ()
    bottom = [("persistence", line) for line in persistence.lines(vip)]
    fallback = servers.fallback_words(vip, around.fallback_port)
    return Frame(
        _drafted(_top(vip, around)),
        _drafted([("force_https", redirect)] if redirects(vip) else []),
        _drafted(_early(vip)),
        _drafted([*bottom, *servers.check_lines(vip, around.script)]),
        _drafted([("fallback_address", tuple(fallback))] if fallback else []),
    )


def _drafted(lines: Iterable[tuple[str, Line]]) -> Lines:
    draft = Section(())
    for _, (keyword, *words) in (found := list(lines)):
        draft.add(keyword, *words)
    return Lines(tuple(draft.texts[1:]), tuple(option for option, _ in found))


def _top(vip: VirtualService, around: Around) -> Iterator[tuple[str, Line]]:
    yield "protocol", ("mode", "tcp" if vip.protocol == Protocol.TCP else "http")
    if around.logging and not vip.backend_only:
        yield "", ("option", "tcplog" if vip.protocol == Protocol.TCP else "httplog")
    if vip.protocol != Protocol.TCP:
        yield from _web(vip)
    for option in FLAT:
        value = getattr(vip, option.name)
        if option.is_told(value) and option.applies(vip) and not (vip.backend_only and option.name in FRONT):
            yield option.name, (option.directive, *([] if value is True else [str(value)]))
    if around.acme and answers(vip):  # before everything that rules and Force to HTTPS do
        yield "ports", acme.answer(around.acme)


def _early(vip: VirtualService) -> Iterator[tuple[str, Line]]:
    if not vip.redispatch:
        yield "redispatch", ("no option redispatch",)
    for line in persistence.early_lines(vip):
        yield "persistence", line


def _web(vip: VirtualService) -> Iterator[tuple[str, Line]]:
    if not vip.backend_only:
        # Without it a leaving worker resets idle keep-alive connections on a reload.
        yield "", ("option", "idle-close-on-response")
    yield from _web_lines(vip)


def _web_lines(vip: VirtualService) -> Iterator[tuple[str, Line]]:
    """With the option that each comes from."""
    flags: dict[str, list[Line]] = {
        "request_timeout": [("timeout http-request", "5s")],
        "reuse": [("http-reuse", "safe")],
        "name_header": [("http-send-name-header", "Host")],
        "compression": [("compression algo", "gzip"), ("compression type", *COMPRESSED)],
        "hsts": [("http-response set-header", "Strict-Transport-Security", f"max-age={vip.hsts_months * MONTH}")],
    }
    if not vip.tunnel_timeout:
        yield "tunnel_timeout", ("timeout tunnel", TUNNEL)
    if vip.pipeline in PIPELINES:
        yield "pipeline", (PIPELINES[vip.pipeline],)
    for name, lines in flags.items():
        for line in lines if getattr(vip, name) else ():
            yield name, line
    if vip.client_subject and vip.protocol == Protocol.HTTP2:
        yield "client_subject", ("http-request del-header", vip.client_subject)
        shown = ("if", "{", "ssl_c_used", "}")
        yield "client_subject", ("http-request set-header", vip.client_subject, SUBJECT, *shown)


def redirects(vip: VirtualService) -> bool:
    return bool(vip.force_https) and vip.protocol == Protocol.HTTP


def owner(vip: VirtualService, option: str = "") -> Owner:
    return Owner("VirtualService", vip.pk, vip.label, option)


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


def pem_file(pk: int | str) -> str:
    return f"tls/certificate-{pk}.pem"


def crl_file(pk: int) -> str:
    return f"tls/certificate-{pk}.crl"

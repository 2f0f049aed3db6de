"""Real servers and the fallback server as lines of a virtual service, with their health checks."""

from collections.abc import Iterator
from operator import attrgetter

from apps.common.option_kinds import port_spans
from apps.common.text_kinds import is_address
from apps.haproxy.config import family_of
from apps.haproxy.general import RESOLVERS, bracketed
from apps.haproxy.ids import FALLBACK_ID, server_id
from apps.haproxy.persistence import Line, has_cookie
from apps.services.models import Check, Feedback, Protocol, RealServer, SendProxy, VirtualService
from apps.services.models.choices import HTTPS, NEGOTIATE, WITH_BODY
from apps.services.models.fallback import BUILT_IN
from apps.system.scripts import PATH
from apps.system.transparency import Family

ANYWHERE = {Family.V4: "0.0.0.0", Family.V6: "[::]"}  # noqa: S104 - chosen by routing


def server_words(vip: VirtualService, server: RealServer) -> list[str]:
    """The line of a real server: `server`, its label, its address, then what is said of it."""
    return [*name_words(vip, server), *said_words(vip, server)]


def name_words(vip: VirtualService, server: RealServer) -> list[str]:
    address = bracketed(server.address)
    place = f"{address}:{server.port}" if server.port else address
    words = ["server", server.label, place, "id", str(server_id(server.pk)), "weight", str(server.weight)]
    return [*words, "cookie", server.label] if has_cookie(vip) else words


TRAITS = attrgetter("port", "encrypted", "redirect_url", "min_connections", "max_connections")


def said_words(vip: VirtualService, server: RealServer) -> list[str]:
    """Of the server these depend on its TRAITS and on what kind of address it has, on nothing else."""
    words = []
    if server.redirect_url and vip.protocol != Protocol.TCP:
        words += ["redir", server.redirect_url]
    if server.encrypted:
        words += ["ssl", "verify", "none"]
    words += [*_check(vip, server), *_limits(server), *_feedback(vip), *_source(vip, server), *_proxy(vip, server)]
    if not is_address(server.address):
        words += ["resolvers", RESOLVERS, "init-addr", "last,none"]
    return words


def _check(vip: VirtualService, server: RealServer) -> Iterator[str]:
    port = vip.check_port or (None if server.port else _first_port(vip))
    if vip.check_type == Check.NONE or not (port or server.port):
        return
    yield "check"
    if port:
        yield from ("port", str(port))
    yield from _check_tls(vip, server)
    own = {"inter": vip.check_interval, "rise": vip.check_rise, "fall": vip.check_fall, "slowstart": vip.slow_start}
    for keyword, value in own.items():
        if value:
            yield from (keyword, str(value))


def _check_tls(vip: VirtualService, server: RealServer) -> Iterator[str]:
    if vip.check_type in HTTPS:
        yield "check-ssl"
        if not server.encrypted:
            yield from ("verify", "none")
        if vip.check_host:
            yield from ("check-sni", vip.check_host)
    elif vip.check_type in NEGOTIATE and server.encrypted:
        yield "no-check-ssl"


def _first_port(vip: VirtualService) -> int | None:
    return None if vip.backend_only or not vip.ports else port_spans(vip.ports)[0][0]


def _limits(server: RealServer) -> Iterator[str]:
    if server.max_connections:
        yield from ("maxconn", str(server.max_connections))
        if server.min_connections:
            yield from ("minconn", str(server.min_connections))


def _feedback(vip: VirtualService) -> Iterator[str]:
    if vip.feedback == Feedback.AGENT:
        yield from ("agent-check", "agent-port", str(vip.feedback_port))


def _source(vip: VirtualService, server: RealServer) -> Iterator[str]:
    """Traffic and checks have one source; only the clients' own addresses leave the checks' alone.

    A source counts for servers of its own family: to others no packet could go from there.
    """
    source = source_of(vip) or check_source_of(vip)
    is_name = not is_address(server.address)
    if not source and not vip.transparent and not is_name:
        return
    family = family_of(vip, server.address)
    if (":" in source) != (family == Family.V6):
        source = ""
    if vip.transparent:
        yield from ("source", bracketed(source) or ANYWHERE[family], "usesrc", "clientip")
    elif source:
        yield from ("source", bracketed(source))
    if is_name:
        yield from ("resolve-prefer", family)


def source_of(vip: VirtualService) -> str:
    """Blank where it counts for nothing."""
    return "" if vip.transparent else str(vip.source_address)


def check_source_of(vip: VirtualService) -> str:
    return "" if vip.check_type == Check.NONE else str(vip.check_source)


def _proxy(vip: VirtualService, server: RealServer) -> Iterator[str]:
    if vip.send_proxy == SendProxy.NONE:
        return
    yield vip.send_proxy
    # Checks send the line too, but not by themselves where they are told a port.
    if vip.check_type != Check.NONE and (vip.check_port or server.port) == server.port:
        yield "check-send-proxy"


def fallback_words(vip: VirtualService, built_in_port: int) -> list[str]:
    """Nothing where there is no fallback server."""
    if not vip.fallback_address or not vip.fallback_port:
        return []
    is_built_in = (vip.fallback_address, vip.fallback_port) == BUILT_IN
    port = built_in_port if is_built_in else vip.fallback_port
    words = ["server", "backup", f"{bracketed(vip.fallback_address)}:{port}", "id", str(FALLBACK_ID), "backup"]
    if not vip.fallback_persistent:
        words.append("non-stick")
    elif has_cookie(vip):
        words += ["cookie", "backup"]
    if vip.fallback_encrypted:
        words += ["ssl", "verify", "none"]
    return words


def check_lines(vip: VirtualService, script: str) -> Iterator[tuple[str, Line]]:
    """What the health check sends and expects, with the option that each line comes from.

    `script` is where the External Script lies.
    """
    if vip.check_type in NEGOTIATE:
        yield "check_type", ("option httpchk",)
        version = ("ver", "HTTP/1.1", "hdr", "Host", vip.check_host) if vip.check_host else ("ver", "HTTP/1.0")
        method = Check(vip.check_type).method
        yield "check_request", ("http-check send", "meth", method, "uri", vip.check_request, *version)
        if vip.check_response and vip.check_type in WITH_BODY:
            yield "check_response", ("http-check expect", "rstring", vip.check_response)
        else:
            yield "check_type", ("http-check expect", "status", "200-399")
    elif vip.check_type == Check.MYSQL:
        yield "check_user", ("option mysql-check", "user", vip.check_user)
    elif vip.check_type == Check.EXTERNAL and script:
        yield "check_type", ("option external-check",)
        yield "check_script", ("external-check path", PATH)
        yield "check_script", ("external-check command", script)

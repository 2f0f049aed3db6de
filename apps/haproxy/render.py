"""Config in, files out. No database, no machine: the same config gives the same text, byte for byte."""

from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from apps.common.kept import Kept
from apps.common.option_kinds import port_spans
from apps.common.options import options
from apps.haproxy.config import Config, Host, Service
from apps.haproxy.words import Owner, Section, text
from apps.services.models import Check, Persistence, Protocol, RealServer, VirtualService

CONFIG_FILE = "haproxy.cfg"
ADDRESSES_FILE = "addresses"
PEERS = "lbadmin:peers"  # no label of a virtual service can hold a colon
FALLBACK_ID = 1
DEFAULT_SERVER = "inter 4000 rise 2 fall 2 slowstart 8000 on-marked-down shutdown-sessions".split()
VIP_VALUES = attrgetter("pk", *(option.attname for option in options(VirtualService)))
RIP_VALUES = attrgetter("pk", *(option.attname for option in options(RealServer)))
SECTIONS = Kept[Section](most=5000)
FLAT = [option for option in options(VirtualService) if option.directive]


@dataclass(frozen=True)
class Rendering:
    """Every file but those with private keys, by its name, and what is known of them.

    `certificates` are the files still to be written: name → primary key of the certificate. `owners` says whose each
    line of haproxy.cfg is (index 0 is line 1). `parts` has each virtual service's own part by its label.
    """

    files: dict[str, str]
    certificates: dict[str, int]
    owners: list[Owner | None]
    parts: dict[str, str]


def render(config: Config) -> Rendering:
    listens = [_listen(service, config.host.fallback_port) for service in config.services]
    haproxy, owners = text([_global(config.host), _defaults(), _peers(config.host), *listens])
    rendering = Rendering({CONFIG_FILE: haproxy, ADDRESSES_FILE: _addresses(config.services)}, {}, owners, {})
    for service, listen in zip(config.services, listens, strict=True):
        certificates = certificates_of(service.vip)
        rendering.certificates.update({pem_file(pk): pk for pk in certificates})
        if certificates:
            rendering.files[_list_file(service.vip)] = f"{pem_file(certificates[0])}\n"
        own = [*(said for said, _ in listen.lines), *(config.certificates[pk] for pk in certificates)]
        rendering.parts[service.vip.label] = "\n".join(own)
    return rendering


def named(text: str, version: str) -> str:
    """The file with the version's name in it, which HAProxy tells as its description: `show info` proves what runs."""
    return f"{text}global\n    description {version}\n"


def binds(services: tuple[Service, ...]) -> set[tuple[str, int]]:
    """Every address and port that is listened on."""
    return {
        (service.vip.address, port)
        for service in services
        for first, last in port_spans(service.vip.ports)
        for port in range(first, last + 1)
    }


def _global(host: Host) -> Section:
    section = Section(("global",))
    # Names in the file are relative to it, so that a version of it can be checked and kept anywhere.
    section.add("default-path", "config")
    if host.user:
        section.add("user", host.user)
        section.add("group", host.user)
    section.add("stats socket", str(host.admin_socket), "mode", "600", "level", "admin", "expose-fd", "listeners")
    readers = ("group", host.stats_group, "mode", "660") if host.stats_group else ("mode", "600")
    section.add("stats socket", str(host.stats_socket), *readers, "level", "user")
    section.add("server-state-file", str(host.server_state))
    section.add("localpeer", "lbadmin")
    section.add("hard-stop-after", "1h")
    section.add("spread-checks", "5")
    section.add("ssl-default-bind-options", "ssl-min-ver", "TLSv1.2", "no-tls-tickets")
    section.add("tune.ssl.default-dh-param", "2048")
    section.add("log", "stdout", "format", "raw", "daemon", "notice")
    return section


def _defaults() -> Section:
    section = Section(("defaults",))
    section.add("mode", "http")
    section.add("log", "global")
    section.add("option", "redispatch")
    section.add("option", "abortonclose")
    section.add("timeout connect", "4000")
    section.add("timeout client", "42000")
    section.add("timeout server", "43000")
    section.add("timeout http-request", "5s")
    section.add("timeout tunnel", "1h")
    section.add("load-server-state-from-file", "global")
    section.add("default-server", *DEFAULT_SERVER)
    return section


def _peers(host: Host) -> Section:
    """Always there: without a peers section a reload empties the stick tables."""
    section = Section(("peers", PEERS))
    section.add("bind", f"127.0.0.1:{host.peers_port}")
    section.add("server", "lbadmin")
    return section


def _listen(service: Service, fallback_port: int) -> Section:
    everything = (fallback_port, VIP_VALUES(service.vip), *map(RIP_VALUES, service.servers))
    return SECTIONS.get(everything, lambda: _rendered(service, fallback_port))


def _rendered(service: Service, fallback_port: int) -> Section:
    vip = service.vip
    section = Section(("listen", vip.label), _owner(vip))
    section.add("id", str(vip.pk))
    section.add("bind", ",".join(_binds(vip)), *_tls(vip), owner=_owner(vip, "ports"))
    section.add("mode", "tcp" if vip.protocol == Protocol.TCP else "http", owner=_owner(vip, "protocol"))
    if vip.protocol != Protocol.TCP:
        # Without it a leaving worker resets idle keep-alive connections on a reload.
        section.add("option", "idle-close-on-response")
    for option in FLAT:
        if option.applies(vip):
            section.add_option(option, getattr(vip, option.name))
    if _redirects(vip):
        section.add(
            "http-request redirect", "scheme", "https", "code", vip.redirect_code, owner=_owner(vip, "force_https")
        )
        return section
    for words in _persistence(vip):
        section.add(*words, owner=_owner(vip, "persistence"))
    for server in service.servers:
        section.add(*server_words(vip, server), owner=_owner(server))
    section.add("server", "backup", f"127.0.0.1:{fallback_port}", "id", str(FALLBACK_ID), "backup", "non-stick")
    return section


def _redirects(vip: VirtualService) -> bool:
    return bool(vip.force_https) and vip.protocol == Protocol.HTTP


def _binds(vip: VirtualService) -> Iterator[str]:
    for part in vip.ports.split(","):
        yield f"{_bracketed(vip.address)}:{part}"


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _tls(vip: VirtualService) -> Iterator[str]:
    if vip.protocol != Protocol.HTTP2:
        return
    yield from ("ssl", "crt-list", _list_file(vip), "alpn", "h2,http/1.1")
    if vip.authority_id:
        yield from ("ca-file", pem_file(vip.authority_id), "verify", vip.verification)


def _persistence(vip: VirtualService) -> Iterator[tuple[Any, ...]]:
    if vip.persistence == Persistence.COOKIE and vip.protocol != Protocol.TCP:
        secure = ["secure"] if vip.protocol == Protocol.HTTP2 else []
        yield (
            "cookie",
            "SERVERID",
            "insert",
            "indirect",
            "nocache",
            "httponly",
            *secure,
            "maxidle",
            "30m",
            "maxlife",
            "12h",
        )
    if vip.persistence == Persistence.SOURCE:
        kind = "ipv6" if ":" in vip.address else "ip"
        yield ("stick-table", "type", kind, "size", "100k", "expire", vip.persistence_timeout, "peers", PEERS)
        yield ("stick on", "src")


def server_words(vip: VirtualService, server: RealServer) -> list[str]:
    """The line of a real server: `server`, its label, its address, then what is said of it."""
    address = _bracketed(server.address)
    words = ["server", server.label, f"{address}:{server.port}" if server.port else address]
    words += ["id", str(server.pk + FALLBACK_ID), "weight", str(server.weight)]
    if vip.protocol != Protocol.TCP:
        if vip.persistence == Persistence.COOKIE:
            words += ["cookie", server.label]
        if server.redirect_url:
            words += ["redir", server.redirect_url]
    if server.encrypted:
        words += ["ssl", "verify", "none"]
    if vip.check_type == Check.CONNECT:
        words += ["check"] if server.port else ["check", "port", str(port_spans(vip.ports)[0][0])]
    return words


def _owner(item: VirtualService | RealServer, option: str = "") -> Owner:
    kind = "VirtualService" if hasattr(item, "ports") else "RealServer"
    return Owner(kind, item.pk, item.label, option)


def _addresses(services: tuple[Service, ...]) -> str:
    return "".join(f"{address}\n" for address in sorted({service.vip.address for service in services}))


def certificates_of(vip: VirtualService) -> list[int]:
    """The one that is served, then the authority that vouches for clients, if any."""
    if vip.protocol != Protocol.HTTP2 or not vip.certificate_id:
        return []
    return [vip.certificate_id, *([vip.authority_id] if vip.authority_id else [])]


def _list_file(vip: VirtualService) -> str:
    return f"tls/service-{vip.pk}.list"


def pem_file(pk: int) -> str:
    return f"tls/certificate-{pk}.pem"

"""Both units and what connects them, as the page of the pair shows them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from apps.changes.models import Running
from apps.pair import difference
from apps.pair.header import DOWN, UNUSED, Header
from apps.pair.meaning import is_split
from apps.pair.models import Delivery, Undertaking
from apps.pair.sync import IN_SYNC, Known, moment
from apps.services.models import Layer7
from apps.system import host, network
from apps.unit.models import Heartbeat, Peer, Role


@dataclass(frozen=True)
class Mark:
    """A word and its style in lbadmin.css."""

    word: str
    style: str


@dataclass(frozen=True)
class Unit:
    name: str
    role: Role
    address: str
    mark: Mark
    details: tuple[str, ...] = ()
    fingerprint: str = ""  # of the certificate that its WebUI shows


@dataclass(frozen=True)
class Line:
    """A line of the table: what connects the units, and how it is."""

    what: str
    mark: Mark
    since: str
    detail: str
    compares: bool = False  # with a link to the comparison


def in_order(*units: Unit) -> list[Unit]:
    """The Primary first, wherever one looks."""
    return sorted(units, key=lambda unit: unit.role != Role.PRIMARY)


def introduced(undertaking: Undertaking) -> list[Unit]:
    """The two that are being paired."""
    revision = (f"revision {_revision()}",) if _revision() else ()
    own, peer = str(undertaking.own_address), str(undertaking.address)
    return [
        Unit(host.hostname().upper(), Role.PRIMARY, own, Mark("Ready", "ok"), revision),
        Unit(
            undertaking.hostname.upper() or "NEW PEER",
            Role.SECONDARY,
            peer,
            Mark("Answers", "ok") if undertaking.fingerprint else Mark("Waiting", "idle"),
            fingerprint=undertaking.fingerprint,
        ),
    ]


def units(header: Header, known: Known) -> list[Unit]:
    peer = known.peer
    here, there = tuple(_own(header, peer)), tuple(_other(header, peer))
    own = Unit(host.hostname().upper(), Role(peer.role), peer.own_address, _own_mark(header), here)
    name, role = peer.hostname.upper(), peer.others_role
    other = Unit(name, role, peer.address, _peer_mark(header), there, peer.fingerprint)
    return in_order(own, other)


def _own_mark(header: Header) -> Mark:
    return Mark("Unknown", "idle") if header.active is None else _mark(header, is_active=header.active)


def _peer_mark(header: Header) -> Mark:
    if header.seen is None:
        return Mark("Unknown", "idle")
    if header.seen.peer_active is None:
        return Mark("Not reachable", "warn")
    return _mark(header, is_active=header.seen.peer_active)


def _mark(header: Header, *, is_active: bool) -> Mark:
    if is_active:
        return Mark("Active", "down" if header.seen and is_split(header.seen) else "ok")
    return Mark("Passive", "ok")


def _own(header: Header, peer: Peer) -> Iterator[str]:
    if header.active:
        yield _held(sum(item.ours for item in network.addresses()))
    elif header.seen and header.active is False:
        yield "stands by" if header.seen.held else "ready to take over"
    if revision := _revision():
        yield f"revision {revision}"
    if not peer.is_primary:
        yield from _short(Delivery.objects.filter(state=Delivery.State.TAKEN).values_list("digest", flat=True).first())


def _other(header: Header, peer: Peer) -> Iterator[str]:
    if header.seen and header.seen.peer_active is not None:
        yield "holds the floating IPs" if header.seen.peer_active else "holds no floating IPs"
    if peer.is_primary and peer.digest:
        yield f"revision {peer.revision}"
        yield from _short(peer.digest)


def _held(number: int) -> str:
    return f"holds {number or 'no'} floating IP{'s' * (number != 1)}"


def _revision() -> int:
    return Running.objects.values_list("revision_id", flat=True).first() or 0


def _short(digest: str | None) -> Iterator[str]:
    """Enough of a digest to compare it by eye."""
    if digest:
        yield f"{digest[:4]}\N{NO-BREAK SPACE}{digest[4:8]}"


def lines(header: Header, known: Known) -> list[Line]:
    return [_heartbeat(header), _configuration(header, known), _tables(header), _settings()]


def _heartbeat(header: Header) -> Line:
    heartbeat = Heartbeat.get()
    marks = {DOWN: Mark("Link down", "down"), UNUSED: Mark("Not started" if header.seen else "Unknown", "idle")}
    since = moment(header.seen.link_since) if header.seen and header.link != UNUSED else None
    detail = f"after {heartbeat.dead_time:.2g} s without a word the passive unit takes over"
    mark = marks.get(header.link, Mark("Link up", "ok"))
    return Line(f"Heartbeat, UDP {heartbeat.port}", mark, clock(since), detail)


def _configuration(header: Header, known: Known) -> Line:
    found = header.sync
    assert found, "there is a peer"
    digest = " ".join(_short(known.peer.digest)) if known.peer.is_primary and found.word == IN_SYNC else ""
    detail = f"both run {digest}; accepted by the HAProxy of the Secondary" if digest else found.why
    return Line("Replicated configuration", Mark(found.word, found.style), clock(found.since), detail)


def _tables(header: Header) -> Line:
    layer7 = Layer7.get()
    what = f"Persistence tables, TCP {layer7.replication_port}"
    if not layer7.replicate:
        why = "after a failover clients may reach other Real Servers: Persistence Table Replication is off"
        return Line(what, Mark("Not copied", "idle"), "", why)
    said = header.seen.tables if header.seen else ""
    good = said == "connected"
    detail = "clients keep their Real Servers after a failover" if good else "HAProxy of both units copies them"
    mark = Mark(said.capitalize() or "Unknown", "ok" if good else "warn" if said else "idle")
    return Line(what, mark, "", detail)


def _settings() -> Line:
    what, last = "Settings that are not replicated", difference.last()
    if last is None:
        return Line(what, Mark("Not compared", "idle"), "", "each unit keeps its own.", compares=True)
    number = len(last.names)
    mark = Mark(f"{number} differ{'s' * (number == 1)}", "warn") if number else Mark("Same", "ok")
    return Line(what, mark, clock(moment(last.at)), ", ".join(last.names), compares=True)


def clock(at: datetime | None) -> str:
    """The time, with the day when that is another one."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    return f"{local:%H:%M:%S}" if local.date() == timezone.localdate() else f"{local:%Y-%m-%d %H:%M}"

"""What the database says: the configuration and the administrative states, read only when one of them changed."""

import zlib
from dataclasses import dataclass, field, replace

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q

from apps.common.models import Generation
from apps.common.rows import rows
from apps.overview.rows import Rip, Vip
from apps.services.models import RealServer, SniRule, SslTermination, State, VirtualService

TERMINATED = Exists(SslTermination.objects.filter(service=OuterRef("pk")))
NAMED = Exists(SniRule.objects.filter(service=OuterRef("pk")))
# What comes through an SSL Termination is not redirected: then its real servers count.
REDIRECTS = ExpressionWrapper(Q(force_https=True) & ~TERMINATED & ~NAMED, BooleanField())
VIP_COLUMNS = (
    *("pk", "label", "address", "ports", "protocol"),
    *(REDIRECTS, "redirect_code", "check_type", "certificate_id", "manual"),
)
RIP_COLUMNS = ("pk", "service_id", "label", "address", "port", "weight", "state", "redirect_url")
Away = frozenset[tuple[int, int, str]]  # real server, virtual service, state


@dataclass(frozen=True)
class Configured:
    """`away` are the real servers that are not online: states change without an edit, so without a new generation."""

    generation: int = -1
    away: Away = frozenset()
    vips: dict[int, Vip] = field(default_factory=dict)
    rips: dict[int, list[Rip]] = field(default_factory=dict)

    @property
    def checksum(self) -> str:
        """Of the states, for a page to say what it was made from."""
        return f"{zlib.crc32(repr(sorted(self.away)).encode()):x}"


def read(before: Configured) -> Configured:
    """`before` itself, if it still holds. Two queries; three after an edit."""
    generation = Generation.current()
    if generation != before.generation:
        return _all(generation)
    away = frozenset(RealServer.objects.exclude(state=State.ONLINE).values_list("pk", "service_id", "state"))
    if away == before.away:
        return before
    states = {pk: state for pk, _, state in away}
    rips = {
        service: [rip._replace(state=states.get(rip.pk, State.ONLINE.value)) for rip in before.rips.get(service, [])]
        for service in {service for _, service, _ in away ^ before.away}
    }
    return replace(before, away=away, rips=before.rips | rips)


def _all(generation: int) -> Configured:
    vips = {row[0]: Vip(*row) for row in VirtualService.objects.order_by("pk").values_list(*VIP_COLUMNS)}
    rips: dict[int, list[Rip]] = {}
    for rip in map(Rip._make, rows(RealServer.objects.order_by("pk").values_list(*RIP_COLUMNS))):
        rips.setdefault(rip.service, []).append(rip)
    every = (rip for found in rips.values() for rip in found)
    away = frozenset((rip.pk, rip.service, rip.state) for rip in every if rip.state != State.ONLINE)
    return Configured(generation, away, vips, rips)

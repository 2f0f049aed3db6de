"""What HAProxy is configured from: everything a rendering needs, and nothing it has to ask for."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from pathlib import Path

from apps.common.option_kinds import port_spans
from apps.common.options import options
from apps.common.text_kinds import is_address
from apps.services.models import (
    AclRule,
    Check,
    FloatingIP,
    HeaderRule,
    HealthCheckScript,
    Layer7,
    ManualConfiguration,
    RealServer,
    SniRule,
    SslTermination,
    VirtualService,
)
from apps.system.transparency import Family

VIP_VALUES = attrgetter("pk", *(option.attname for option in options(VirtualService)))
RIP_VALUES = attrgetter("pk", *(option.attname for option in options(RealServer)))
ACL_VALUES = attrgetter("pk", *(option.attname for option in options(AclRule)))
HEADER_VALUES = attrgetter("pk", *(option.attname for option in options(HeaderRule)))


@dataclass(frozen=True)
class Host:
    """What differs between hosts but not between configurations."""

    admin_socket: Path
    stats_socket: Path
    stats_group: str
    server_state: Path
    scripts: Path  # where health check scripts lie
    user: str  # HAProxy's own; empty where lbadmin does not run as root
    fallback_port: int
    peers_port: int
    descriptors: int = 0  # open files that the host allows a process; 0 when nothing is known
    acme: str = ""  # thumbprint that challenges are answered with; blank without an ACME account
    pair: "Pair | None" = None  # None on a single unit


@dataclass(frozen=True)
class Pair:
    """Where the units of a pair tell each other their persistence tables."""

    own_address: str
    peer_address: str
    is_primary: bool


@dataclass(frozen=True)
class Service:
    """A virtual service with what belongs to it, in order. All of them may be rows with the models' attributes."""

    vip: VirtualService
    servers: tuple[RealServer, ...] = ()
    acl_rules: tuple[AclRule, ...] = ()
    header_rules: tuple[HeaderRule, ...] = ()

    @property
    def binds(self) -> Iterator[tuple[str, int]]:
        """Every address and port that is listened on for it, if it is written here."""
        if not self.vip.manual and not self.vip.backend_only:
            for first, last in port_spans(self.vip.ports):
                for port in range(first, last + 1):
                    yield self.vip.address, port

    @cached_property
    def values(self) -> tuple[object, ...]:
        """Everything that is rendered of it."""
        return (
            VIP_VALUES(self.vip),
            *map(RIP_VALUES, self.servers),
            *map(ACL_VALUES, self.acl_rules),
            *map(HEADER_VALUES, self.header_rules),
        )

    @property
    def key(self) -> Hashable:
        """Equal only when it is rendered alike: rows are what they say, instances are equal when their keys are."""
        is_rows = isinstance(self.vip, tuple)
        return (self.vip, self.servers, self.acl_rules, self.header_rules) if is_rows else self.values


@dataclass(frozen=True)
class Termination:
    """An SSL termination with its rules in order."""

    item: SslTermination
    rules: tuple[SniRule, ...] = ()

    @property
    def services(self) -> set[int]:
        """Primary keys of those that get something from it."""
        return {pk for pk in (self.item.service_id, *(rule.service_id for rule in self.rules)) if pk}


@dataclass(frozen=True)
class Config:
    host: Host
    services: tuple[Service, ...] = ()
    certificates: dict[int, str] = field(default_factory=dict)  # by primary key: a fingerprint, never the key
    layer7: Layer7 = field(default_factory=Layer7)
    manual: ManualConfiguration = field(default_factory=ManualConfiguration)
    scripts: tuple[HealthCheckScript, ...] = ()
    floating: tuple[FloatingIP, ...] = ()
    revocations: dict[int, str] = field(default_factory=dict)  # PEM, by the authority's primary key
    labels: dict[int, str] = field(default_factory=dict)  # of the certificates, by primary key
    terminations: tuple[Termination, ...] = ()

    @cached_property
    def binds(self) -> dict[tuple[str, int], str]:
        """Every address and port that is listened on, with the label of whom it is for."""
        found = {bind: service.vip.label for service in self.services for bind in service.binds}
        return found | {(item.address, item.port): item.label for item in (each.item for each in self.terminations)}

    @cached_property
    def transparent(self) -> set[Family]:
        """The kinds of addresses that real servers see of their clients' own, also of those that are yet to come.

        Manual lines may be about both.
        """
        if "usesrc" in self.manual.text:
            return {*Family}
        services = [service for service in self.services if service.vip.transparent and not service.vip.manual]
        seen = [(service.vip, server.address) for service in services for server in service.servers]
        return {family_of(*pair) for pair in [*seen, *((service.vip, service.vip.address) for service in services)]}

    @cached_property
    def looks_up_names(self) -> bool:
        return any(not is_address(server.address) for service in self.services for server in service.servers)

    @cached_property
    def scripts_used(self) -> dict[int, HealthCheckScript]:
        """By primary key."""
        used = {service.vip.check_script_id for service in self.services if service.vip.check_type == Check.EXTERNAL}
        return {script.pk: script for script in self.scripts if script.pk in used}


def family_of(vip: VirtualService, address: str) -> Family:
    """Of a real server. One that is a name has that of the addresses it has to be spoken to from, if any; a name with
    both kinds has that of its virtual service.
    """
    if not is_address(address):
        address = vip.address if vip.transparent else vip.source_address or vip.check_source or vip.address
    return Family.V6 if ":" in address else Family.V4

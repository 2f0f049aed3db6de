"""The configuration as the database has it: the candidate for the next commit."""

import hashlib
from functools import lru_cache
from typing import TypeVar, cast

from django.conf import settings
from django.db import models
from django.db.models.utils import create_namedtuple_class

from apps.certificates.models import AcmeAccount, Certificate
from apps.common.models import Generation
from apps.common.rows import rows
from apps.haproxy.config import Config, Host, Pair, Service, Termination
from apps.haproxy.parts import parts
from apps.haproxy.render import Rendering, render
from apps.services.models import (
    AclRule,
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
from apps.system.home import WEB_USER
from apps.system.host import descriptor_limit
from apps.unit.models import Peer

M = TypeVar("M", bound=models.Model)
Inner = TypeVar("Inner", RealServer, AclRule, HeaderRule, SniRule)
ORDERED = ("position", "pk")


def host() -> Host:
    paths = settings.PATHS
    is_root = paths.haproxy.stat().st_uid == 0  # the web process is not root, but the worker is
    return Host(
        admin_socket=paths.haproxy_admin_socket,
        stats_socket=paths.haproxy_stats_socket,
        stats_group=WEB_USER if is_root else "",
        server_state=paths.server_state,
        scripts=paths.scripts,
        user="haproxy" if is_root else "",
        fallback_port=settings.ENVIRONMENT.fallback_port,
        peers_port=settings.ENVIRONMENT.peers_port,
        descriptors=descriptor_limit(),
        acme=AcmeAccount.objects.values_list("thumbprint", flat=True).first() or "",
        pair=_pair(),
    )


def _pair() -> Pair | None:
    peer = Peer.paired()
    return Pair(peer.own_address, peer.address, peer.is_primary) if peer else None


def load() -> Config:
    """No private key is read: a rendering only names the certificates."""
    certificates = list(certificates_in_use())
    return Config(
        host(),
        load_services(),
        {item.pk: item.content for item in certificates},
        Layer7.get(),
        ManualConfiguration.get(),
        tuple(HealthCheckScript.objects.order_by("pk")),
        tuple(FloatingIP.objects.order_by("pk")),
        {item.pk: item.revocation_list for item in certificates if item.revocation_list},
        {item.pk: str(item.label) for item in certificates},
        load_terminations(),
    )


def load_services() -> tuple[Service, ...]:
    """Rows instead of model instances: they have the same attributes and cost a third."""
    servers, acls, headers = _inner(RealServer, "pk"), _inner(AclRule, *ORDERED), _inner(HeaderRule, *ORDERED)
    services: list[VirtualService] = _rows(VirtualService, "pk")
    return tuple(
        Service(
            service,
            tuple(servers.get(service.pk, ())),
            tuple(acls.get(service.pk, ())),
            tuple(headers.get(service.pk, ())),
        )
        for service in services
    )


def load_terminations() -> tuple[Termination, ...]:
    rules = _inner(SniRule, *ORDERED, around="termination_id")
    items: list[SslTermination] = _rows(SslTermination, "pk")
    return tuple(Termination(item, tuple(rules.get(item.pk, ()))) for item in items)


def _inner(model: type[Inner], *order: str, around: str = "service_id") -> dict[int, list[Inner]]:
    """What stands inside virtual services, or inside others, by their primary key."""
    found: dict[int, list[Inner]] = {}
    for row in _rows(model, *order):
        found.setdefault(getattr(row, around), []).append(row)
    return found


def _rows(model: type[M], *order: str) -> list[M]:
    names = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
    row = create_namedtuple_class("pk", *names)
    found = model._default_manager.values_list("pk", *names).order_by(*order)
    return cast(list[M], list(map(row._make, rows(found))))


def certificates_in_use() -> models.QuerySet[Certificate]:
    fields = (
        *((VirtualService, "certificate"), (VirtualService, "authority")),
        *((SslTermination, "certificate"), (SniRule, "certificate")),
    )
    used = models.Q()
    for model, name in fields:  # not as joins: what many use would be found many times
        used |= models.Q(pk__in=model._default_manager.values(name))
    return Certificate.objects.filter(used).order_by("label")


def fingerprint(rendering: Rendering) -> str:
    """Equal exactly when what would run is equal."""
    return _hash((sorted(rendering.files.items()), sorted(rendering.parts.items())))


def part_fingerprints(config: Config, rendering: Rendering) -> dict[str, str]:
    """For each virtual service by its label, and for what is none by a name that no label can be."""
    return {name: _part_hash(part) for name, part in parts(config, rendering).items()}


def _hash(content: object) -> str:
    return hashlib.sha256(repr(content).encode()).hexdigest()


@lru_cache(maxsize=5000)
def _part_hash(part: str) -> str:
    """Of thousands of parts hardly one is another from one time to the next."""
    return _hash(part)


@lru_cache(maxsize=1)
def _fingerprints(generation: int) -> tuple[str, dict[str, str]]:
    config = load()
    rendering = render(config)
    return fingerprint(rendering), part_fingerprints(config, rendering)


def fingerprints(generation: int | None = None) -> tuple[str, dict[str, str]]:
    """Of the whole candidate and of each virtual service; computed anew only after an edit."""
    return _fingerprints(Generation.current() if generation is None else generation)

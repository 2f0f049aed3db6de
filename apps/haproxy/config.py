"""What HAProxy is configured from: everything a rendering needs, and nothing it has to ask for."""

from dataclasses import dataclass, field
from pathlib import Path

from apps.services.models import RealServer, VirtualService


@dataclass(frozen=True)
class Host:
    """What differs between hosts but not between configurations."""

    admin_socket: Path
    stats_socket: Path
    stats_group: str
    server_state: Path
    user: str  # HAProxy's own; empty where lbadmin does not run as root
    fallback_port: int
    peers_port: int


@dataclass(frozen=True)
class Service:
    """A virtual service with what belongs to it. `vip` and `servers` may be rows with the models' attributes."""

    vip: VirtualService
    servers: tuple[RealServer, ...] = ()


@dataclass(frozen=True)
class Config:
    host: Host
    services: tuple[Service, ...] = ()
    certificates: dict[int, str] = field(default_factory=dict)  # by primary key: a fingerprint, never the key

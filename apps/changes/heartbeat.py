"""Whether Restart Heartbeat waits: what keepalived was told, compared with what is saved."""

import os
from dataclasses import asdict
from functools import lru_cache

from django.conf import settings

from apps.common.models import Generation
from apps.common.options import option
from apps.services.models import Layer7
from apps.system import heartbeat
from apps.system.keepalived import Settings
from apps.unit.models import Heartbeat, is_secondary

NEW_PEER = "New peer"
MAIL_SERVER = {"mail_server", "mail_port"}


def wanted() -> Settings:
    layer7 = Layer7.get()
    return Heartbeat.get().settings(mail_server=layer7.mail_server, mail_port=layer7.mail_port)


def shielded() -> list[int]:
    """TCP ports between the units."""
    layer7 = Layer7.get()
    return [layer7.replication_port] if layer7.replicate else []


def waiting(generation: int | None = None) -> list[str]:
    """What a restart of the heartbeat would change, in words; on a Secondary the Primary sees to it.

    Found out anew only after an edit or a restart: every page asks.
    """
    path = settings.PATHS.heartbeat_told
    stamp = path.stat().st_mtime_ns if path.exists() else 0
    return list(_waiting(Generation.current() if generation is None else generation, stamp))


@lru_cache(maxsize=2)
def _waiting(generation: int, stamp: int) -> list[str]:
    if os.geteuid() and not settings.PATHS.heartbeat_told.exists():
        return []  # lbadmin does not run as root: there is no heartbeat
    new, old = wanted(), heartbeat.told(settings.PATHS).settings
    if new == old or is_secondary():
        return []
    differing = [name for name, value in asdict(new).items() if value != getattr(old, name)]
    return list(dict.fromkeys(_words(name, new) for name in differing))


def _words(name: str, new: Settings) -> str:
    if name in {"peer", "own", "is_primary"}:
        return f"{NEW_PEER} {new.peer}" if new.peer else "No peer any more"
    if name in MAIL_SERVER:
        return "E-mail Alerts"
    return f"{option(Heartbeat, name).label}: {option(Heartbeat, name).words(_value(name, new))}"


def _value(name: str, new: Settings) -> object:
    value = getattr(new, name)
    return str(value) if name == "keepalive" else value

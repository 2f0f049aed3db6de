"""The Secondary's side of an acquaintance: who introduces itself, and what is in the way of a pair."""

import ipaddress
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Self

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.changes.models import FINAL, Job
from apps.local.models import Trial
from apps.pair import signing
from apps.pair.models import Undertaking
from apps.pair.receiving import Refuse
from apps.services.models import FloatingIP, SslTermination, VirtualService
from apps.system import host, network
from apps.unit.models import Peer, Role

CLOCKS = 2.0  # seconds that the clocks of both units may differ
COUNTED = (VirtualService, FloatingIP, SslTermination)
UNREADABLE = "The introduction cannot be read. Both units have to run the same version."


@dataclass(frozen=True)
class Introduction:
    """What the Primary says of itself."""

    nonce: str
    key: str
    hostname: str
    version: str
    own_address: str  # the Primary's
    address: str  # the other unit's, as the Primary reaches it
    port: int  # of the Primary's WebUI
    clock: float  # seconds since 1970

    @classmethod
    def of(cls, given: dict[str, Any]) -> Self:
        """Raises Refuse."""
        try:
            found = cls(
                nonce=str(given["nonce"]),
                key=str(given["key"]),
                hostname=str(given["hostname"]),
                version=str(given["version"]),
                own_address=str(given["own_address"]),
                address=str(given["address"]),
                port=int(given["port"]),
                clock=float(given["clock"]),
            )
            found._check()
        except (KeyError, ValueError, TypeError, OverflowError) as error:
            raise Refuse(UNREADABLE) from error
        return found

    def _check(self) -> None:
        """What is kept and used as it came. Raises ValueError."""
        for address in (self.own_address, self.address):
            ipaddress.ip_address(address)
        is_key = len(bytes.fromhex(self.key)) == 32
        if not (is_key and 0 < self.port < 65536 and math.isfinite(self.clock)):
            raise ValueError

    def parts(self, key: str, fingerprint: str) -> list[str]:
        """All that has to be true, with the Secondary's key and the certificate of the connection."""
        return [*(str(value) for value in asdict(self).values()), key, fingerprint]

    def proof(self, whose: Role, secret: str, key: str, fingerprint: str) -> str:
        """That the unit with this role knows the password, and means this introduction."""
        return signing.proof(secret, whose, *self.parts(key, fingerprint))

    def is_proven(self, given: str, whose: Role, secret: str, key: str, fingerprint: str) -> bool:
        return signing.is_proven(given, secret, whose, *self.parts(key, fingerprint))


def accept(given: Introduction) -> None:
    """Be acquainted with the Primary. Raises Refuse with everything that is in the way."""
    with transaction.atomic():
        if problems := [*_problems(given)]:
            raise Refuse(" ".join(problems))
        Peer.objects.update_or_create(
            pk=1,
            defaults={
                "role": Role.SECONDARY,
                "own_address": given.address,
                "address": given.own_address,
                "port": given.port,
                "hostname": given.hostname,
                "key": given.key,
                "is_paired": False,
                "since": timezone.now(),
            },
        )


def _problems(given: Introduction) -> Iterator[str]:
    name = f"{host.hostname()} ({given.address})"
    peer = Peer.get()
    if peer and (peer.is_paired or peer.key != given.key):
        yield f"{name} is {peer.get_role_display()} of a pair with {peer} already. Break that pair there first."
    if given.version != settings.VERSION:
        yield f"{name} runs version {settings.VERSION}, this unit {given.version}. Update the older one first."
    yield from _problems_of_host(given, name)
    for model in COUNTED:
        if count := model._default_manager.count():
            what = f"{model._meta.verbose_name}{'s' if count > 1 else ''}"
            yield f"{name} has {count} {what}; a new peer must have none. Delete them there, and press Reload HAProxy."
    if Undertaking.running() or Trial.running() or Job.objects.exclude(state__in=FINAL).exists():
        yield f"Something else is being changed on {name} just now. Try again in a minute."


def _problems_of_host(given: Introduction, name: str) -> Iterator[str]:
    if not settings.PATHS.heartbeat_told.exists():
        yield f"On {name} lbadmin does not run as root, so it cannot hold floating IPs. Start it as root."
    apart = abs(time.time() - given.clock)
    if apart > CLOCKS:
        yield f"The clocks of both units are {apart:.0f} s apart; at most {CLOCKS:.0f} s are allowed. Set them right."
    if given.address not in {item.address for item in network.addresses() if not item.ours}:
        yield f"{given.address} is no address of its own of {name}. Use one that stays there."

"""What this unit is: its role, its peer, and how the two hear each other."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from apps.common.models import Single
from apps.common.option_kinds import AddressOption, ChoiceOption, FlagOption, NumberOption
from apps.common.text_kinds import MailOption
from apps.system.keepalived import Settings

WEBUI_PORT = 9443


class Role(models.TextChoices):
    PRIMARY = "primary", "Primary"
    SECONDARY = "secondary", "Secondary"

    @property
    def other(self) -> "Role":
        return Role.SECONDARY if self == Role.PRIMARY else Role.PRIMARY


class Peer(models.Model):
    """The other unit of the pair. One row, or none on a single unit.

    While `is_paired` is off the two are only acquainted: everything is as it was, and the row goes again unless the
    Primary's configuration is taken. What follows `since` is what the Primary knows of the Secondary.
    """

    role = models.CharField(max_length=16, choices=Role)  # this unit's own
    own_address = models.GenericIPAddressField()
    address = models.GenericIPAddressField()
    port = models.PositiveIntegerField(default=WEBUI_PORT)
    hostname = models.CharField(max_length=64)
    key = models.CharField(max_length=64)  # Ed25519, hexadecimal: whoever signs with it is the peer
    fingerprint = models.CharField(max_length=64)  # SHA-256 of its WebUI's certificate
    is_paired = models.BooleanField(default=False)
    since = models.DateTimeField(default=timezone.now)
    digest = models.CharField(max_length=64, blank=True)  # of what the Secondary runs, as it said itself
    revision = models.PositiveIntegerField(default=0)  # the Primary's revision that that was
    synchronised = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)  # why the Secondary refused the newest; blank when it did not
    unreachable = models.DateTimeField(null=True)  # since when

    class Meta:
        verbose_name = "Peer"

    def __str__(self) -> str:
        return f"{self.hostname} ({self.address})"

    @classmethod
    def get(cls) -> "Peer | None":
        return cls.objects.filter(pk=1).first()

    @classmethod
    def paired(cls) -> "Peer | None":
        return cls.objects.filter(pk=1, is_paired=True).first()

    @property
    def is_primary(self) -> bool:
        """Whether this unit is."""
        return self.role == Role.PRIMARY

    @property
    def others_role(self) -> Role:
        return Role(self.role).other


def own_role() -> Role:
    peer = Peer.paired()
    return Role(peer.role) if peer else Role.PRIMARY


def is_secondary() -> bool:
    return Peer.objects.filter(pk=1, is_paired=True, role=Role.SECONDARY).exists()


PACES = [("100", "0.1"), ("200", "0.2"), ("300", "0.3"), ("500", "0.5"), ("1000", "1"), ("2000", "2"), ("3000", "3")]


class AlertOption(MailOption):
    """It stands in keepalived's file as one word."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, **{"max_length": 254, "blank": True, "default": "", **kwargs})

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if value and not re.match(r"\A[\w.+@-]+\Z", value, re.ASCII):
            raise ValidationError("Use an e-mail address of letters, digits and . _ + - only.")


class Heartbeat(Single):
    """Both units have the same; the Primary's are copied."""

    port = NumberOption(
        "UDP Unicast Port",
        element="udpport",
        section="Communications",
        default=6694,
        least=1024,
        most=65535,
        help="The UDP port on which the units tell each other that they are alive. Only the peer may send to it.",
    )
    keepalive = ChoiceOption(
        "Keepalive (s)",
        element="keepalive",
        section="Communications",
        choices=PACES,
        default="300",
        unit="seconds",
        help="How often the active unit says that it is alive. After a little more than three times this without a "
        "word the other unit takes over.",
    )
    auto_failback = FlagOption(
        "Auto-failback",
        element="auto_failback",
        section="Failover",
        default=False,
        help="The Primary becomes the active unit again as soon as it is back. Off, the unit that took over stays "
        "active until it fails or somebody takes over: services are interrupted once and not twice.",
    )
    test_address = AddressOption(
        "Test IP address",
        element="ping",
        section="Failover",
        blank=True,
        default="",
        help="An address that both units can ping, such as the default gateway. A unit that no longer reaches it "
        "leaves the floating IPs to one that does. Leave it blank for no test.",
    )
    mail_to = AlertOption(
        "E-mail alert destination",
        element="emaildst",
        section="E-mail alerts",
        help="Who gets a message when a unit becomes active or passive. The server is the one under "
        "Layer 7 – Advanced Configuration > E-mail Alerts, else this host's own. Leave it blank for no messages.",
    )
    mail_from = AlertOption(
        "E-mail alert source",
        element="emailsrc",
        section="E-mail alerts",
        help="The sender of these messages. Blank, it is the destination.",
    )

    class Meta:
        verbose_name = "Heartbeat Configuration"

    def __str__(self) -> str:
        return "Heartbeat Configuration"

    def settings(self, *, mail_server: str = "", mail_port: int = 25) -> Settings:
        """What keepalived is to be told on this unit."""
        peer = Peer.paired()
        return Settings(
            port=self.port,
            keepalive=int(self.keepalive),
            own=peer.own_address if peer else "",
            peer=peer.address if peer else "",
            is_primary=peer is None or peer.is_primary,
            auto_failback=self.auto_failback,
            test_address=self.test_address,
            mail_to=self.mail_to,
            mail_from=self.mail_from,
            mail_server=mail_server if self.mail_to else "",
            mail_port=mail_port if self.mail_to else 25,
        )

    @property
    def dead_time(self) -> float:
        """Seconds; see Settings."""
        return Settings(keepalive=int(self.keepalive)).dead_time

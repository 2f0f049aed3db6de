"""SSL Termination: TLS ended in front of a virtual service, or of a server that is none.

Fields that mean something to STunnel alone have no place here: HAProxy speaks neither SSLv2 nor SSLv3, never lets
clients renegotiate, always inserts empty fragments where TLS 1.0 needs them, and looks up names itself. Nor has Bind
Proxy Protocol to L7 VIP: an associated virtual service is reached inside HAProxy, so it always knows the client.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from apps.common.option_kinds import AddressOption, ChoiceOption, FlagOption, LabelOption, NumberOption, RelationOption
from apps.common.options import option
from apps.services.models.choices import Protocol
from apps.services.models.layer7 import Layer7
from apps.services.models.manual import ManualConfiguration
from apps.services.models.ports import clash, own_ports
from apps.services.models.tls_kinds import CiphersOption
from apps.services.models.tls_modes import LEVEL, PROFILES, VERSIONS, Mode, Profile
from apps.services.models.virtual_service import VirtualService

SECTION = "SSL Termination"
OWN = {"service": {None}}  # a server that is no virtual service: Custom
BY_HAND = {"mode": {Mode.CUSTOM}}
SERVABLE = models.Q(is_authority=False) & ~models.Q(chain="")  # without a chain it waits for its signature
NO_CLIENTS = (
    "{} checks the certificates of its clients, which a termination would not ask for. Choose Do not validate clients "
    "there, or another Virtual Service."
)
MIXED = "{} speaks {}, {} does not. One termination passes on either requests or bytes. Choose another."


class SslTermination(models.Model):
    label = LabelOption(
        "Label",
        section=SECTION,
        on_add=True,
        unique=True,
        blank=True,
        reserved={"stats"},
        error_messages={"unique": "Another SSL Termination has this label. Choose a different one."},
        hint="Blank: SSL- and the label of the Associated Virtual Service",
        help="A short name that no Virtual Service has: letters, digits, dot, dash and underscore.",
    )
    service = RelationOption(
        "Associated Virtual Service",
        section=SECTION,
        to="services.VirtualService",
        on_delete=models.PROTECT,
        related_name="terminations",
        null=True,
        blank=True,
        empty_label="Custom",
        help="The Virtual Service that gets what was decrypted: all of its options and rules count, and it knows the "
        "client's address. Custom: a server that is no Virtual Service. HAProxy: one more bind of the service.",
    )
    address = AddressOption(
        "Virtual Service IP",
        section=SECTION,
        blank=True,
        hint="Blank: the IP Address of the Associated Virtual Service",
        help="The address that clients connect to with TLS. It becomes a floating IP of the appliance. HAProxy: bind.",
    )
    port = NumberOption(
        "Virtual Service Port",
        section=SECTION,
        default=443,
        least=1,
        most=65535,
        help="The port that clients connect to with TLS. HAProxy: bind.",
    )
    backend_address = AddressOption(
        "Backend IP",
        section=SECTION,
        when=OWN,
        blank=True,
        help="The server that gets the decrypted bytes. HAProxy: server.",
    )
    backend_port = NumberOption(
        "Backend Port",
        section=SECTION,
        when=OWN,
        null=True,
        blank=True,
        least=1,
        most=65535,
        help="The port of that server. HAProxy: server.",
    )
    mode = ChoiceOption(
        "SSL Operation Mode",
        section=SECTION,
        choices=Mode,
        default=Mode.HIGH,
        help="High Security: TLS 1.2 and 1.3 with forward secrecy, for all clients of the last ten years. Modern: "
        "TLS 1.3 only. FIPS Compliant: only algorithms that FIPS 140 approves. Compatible: from TLS 1.0 on, for very "
        "old clients; it is weak. Custom: as you say under Advanced. HAProxy: ssl-min-ver, ciphers, curves.",
    )
    certificate = RelationOption(
        "SSL Certificate",
        section=SECTION,
        to="certificates.Certificate",
        on_delete=models.PROTECT,
        related_name="terminations",
        limit_choices_to=SERVABLE,
        empty_label="Choose a certificate",
        help="The certificate clients see unless an SNI Rule has another for the name they ask for. "
        "HAProxy: bind … ssl crt-list.",
    )
    source_address = AddressOption(
        "Source IP address",
        section=SECTION,
        blank=True,
        default="",
        hint="Blank: chosen by routing",
        help="The address of this appliance that a Custom server sees. A Virtual Service has its own Set Source "
        "Address. HAProxy: server … source.",
    )
    send_proxy = FlagOption(
        "Enable Proxy Protocol",
        section=SECTION,
        when=OWN,
        default=False,
        help="Tell the server the client's address in a line before the traffic. It must expect it. An associated "
        "Virtual Service needs no such line: it always knows the client. HAProxy: server … send-proxy.",
    )
    ciphers = CiphersOption(
        "Ciphers",
        section=SECTION,
        advanced=True,
        when=BY_HAND,
        max_length=2000,
        blank=True,
        default="",
        hint="Blank: those of High Security",
        help="For TLS up to 1.2, with colons between them, as OpenSSL writes them. TLS 1.3 has its own, which are all "
        "good. HAProxy: bind … ciphers.",
    )
    prefers_own = FlagOption(
        "Server cipher preference",
        section=SECTION,
        advanced=True,
        when=BY_HAND,
        default=True,
        help="The order above decides which cipher is used; off, the client's does. HAProxy: prefer-client-ciphers.",
    )
    no_tls10 = FlagOption(
        "Disable TLSv1",
        section=SECTION,
        advanced=True,
        when=BY_HAND,
        default=True,
        help="TLS 1.0 is broken: allow it only for clients that know nothing else. HAProxy: bind … ssl-min-ver.",
    )
    no_tls11 = FlagOption(
        "Disable TLSv1.1",
        section=SECTION,
        advanced=True,
        when=BY_HAND,
        default=True,
        help="TLS 1.1 is broken: allow it only for clients that know nothing else. HAProxy: bind … ssl-min-ver.",
    )
    no_tls12 = FlagOption(
        "Disable TLSv1.2",
        section=SECTION,
        advanced=True,
        when=BY_HAND,
        default=False,
        help="Clients from before 2018 are kept out then. HAProxy: bind … ssl-min-ver, ssl-max-ver.",
    )
    no_tls13 = FlagOption(
        "Disable TLSv1.3",
        section=SECTION,
        advanced=True,
        when=BY_HAND,
        default=False,
        help="For clients that fail with it instead of choosing an older version. HAProxy: bind … ssl-max-ver.",
    )

    class Meta:
        ordering = ["pk"]
        verbose_name = "SSL Termination"

    def __str__(self) -> str:
        return str(self.label)

    def clean(self) -> None:
        """Rules between fields; form, import and API share them. What was left blank is filled in here."""
        if self.service:
            self.label = self.label or f"SSL-{self.service}"[:64]
            self.address = self.address or self.service.address
        problems = self._missing() | self._version_problems()
        if VirtualService.objects.filter(label=self.label).exists():
            problems["label"] = "A Virtual Service has this label. Choose a different one."
        if self.address and isinstance(self.port, int) and (problem := self._port_problem()):
            problems["port"] = problem
        if self.service and (problem := self.target_problem(self.service)):
            problems["service"] = problem
        if problems:
            raise ValidationError(problems)

    def _missing(self) -> dict[str, str]:
        """Of an associated service that listens nowhere, nobody knows the address."""
        wanted = {"label": True, "address": True}
        wanted |= dict.fromkeys(("backend_address", "backend_port"), self.service is None)
        missing = [name for name, is_it in wanted.items() if is_it and not getattr(self, name)]
        return {name: f"Enter {option(self, name).label}." for name in missing}

    def _version_problems(self) -> dict[str, str]:
        if self.mode != Mode.CUSTOM:
            return {}
        if not (used := enabled_versions(self)):
            return {"no_tls13": "At least one version of TLS has to be left. Turn one of them on again."}
        places = [VERSIONS.index(version) for version in used]
        if places != [*range(places[0], places[-1] + 1)]:
            return {"no_tls12": f"Between {used[0]} and {used[-1]} no version may be left out: clients fail then."}
        return {}

    def _port_problem(self) -> str:
        own = own_ports() | Layer7.get().ports
        if self.port in own:
            return f"Port {self.port} is used by the appliance itself ({own[self.port]}). Choose another port."
        return clash(self.address, str(self.port), termination=self.pk or 0)

    def target_problem(self, target: VirtualService, but: models.Model | None = None) -> str:
        """Why this virtual service, as it would be, cannot get what is decrypted here; blank when it can.

        `but` is a rule that is about to choose another.
        """
        if target.protocol == Protocol.HTTP2 and target.authority_id:
            return NO_CLIENTS.format(target)
        rules: Any = self.rules.exclude(pk=(but.pk or 0) if but else 0).select_related("service") if self.pk else []
        others = [item for item in [self.service, *(rule.service for rule in rules)] if item and item.pk != target.pk]
        for other in others:
            if (other.protocol == Protocol.TCP) != (target.protocol == Protocol.TCP):
                return MIXED.format(target, target.get_protocol_display(), other)
        return ManualConfiguration.target_problem(target)

    @classmethod
    def passing_to(cls, service: VirtualService) -> models.QuerySet["SslTermination"]:
        """Those that the virtual service gets something from."""
        used = models.Q(service=service.pk) | models.Q(rules__service=service.pk)
        return cls._default_manager.filter(used).distinct()


def enabled_versions(termination: SslTermination) -> list[str]:
    """In Custom mode, from old to new."""
    disabled = (termination.no_tls10, termination.no_tls11, termination.no_tls12, termination.no_tls13)
    return [version for version, is_off in zip(VERSIONS, disabled, strict=True) if not is_off]


def profile_of(termination: SslTermination) -> Profile:
    """Also of a row with the model's attributes."""
    if termination.mode != Mode.CUSTOM:
        return PROFILES[termination.mode]
    high, versions = PROFILES[Mode.HIGH], enabled_versions(termination)
    ciphers = termination.ciphers or high.ciphers
    if versions[0] in VERSIONS[:2] and LEVEL not in ciphers:
        ciphers += f":{LEVEL}"
    return Profile(versions[0], versions[-1], ciphers, high.suites, high.curves, termination.prefers_own)

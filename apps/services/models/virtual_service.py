"""A VIP: the address and ports clients connect to, and how their connections are balanced."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.module_loading import import_string

from apps.common.option_kinds import (
    AddressOption,
    ChoiceOption,
    DurationOption,
    FlagOption,
    LabelOption,
    PortsOption,
    RelationOption,
    port_spans,
)
from apps.common.options import option
from apps.services.models.choices import Balance, Check, Persistence, Protocol, RedirectCode, Verification

WEB = {"protocol": {Protocol.HTTP, Protocol.HTTP2}}
TLS = {"protocol": {Protocol.HTTP2}}


class VirtualService(models.Model):
    """A VIP: the address and ports clients connect to, and how their connections are balanced."""

    label = LabelOption(
        "Label",
        section="Virtual Service",
        on_add=True,
        unique=True,
        error_messages={"unique": "Another Virtual Service has this label. Choose a different one."},
        help="A short name, unique on this unit: letters, digits, dot, dash and underscore. "
        "It is the name in HAProxy, in logs and in graphs.",
    )
    address = AddressOption(
        "IP Address",
        element="server",
        section="Virtual Service",
        on_add=True,
        help="The address that clients connect to. It becomes a floating IP of the appliance; "
        "several Virtual Services may share it on different ports.",
    )
    ports = PortsOption(
        "Ports",
        section="Virtual Service",
        on_add=True,
        help="One port, a list or ranges: 80 or 80,443 or 800-900.",
    )
    protocol = ChoiceOption(
        "Layer 7 Protocol",
        element="mode",
        section="Protocol",
        on_add=True,
        choices=Protocol,
        default=Protocol.HTTP,
        help="HTTP Mode reads requests. HTTP/2 Mode also ends TLS here and needs a certificate. "
        "TCP Mode passes bytes through without looking at them. HAProxy: mode.",
    )
    certificate = RelationOption(
        "SSL Certificate",
        element="cert",
        section="Protocol",
        on_add=True,
        when=TLS,
        to="certificates.Certificate",
        on_delete=models.PROTECT,
        related_name="virtual_services",
        null=True,
        blank=True,
        limit_choices_to={"is_authority": False},
        empty_label="Choose a certificate",
        help="The certificate clients see. Upload it first under Cluster Configuration > SSL Certificate. "
        "HAProxy: bind … ssl crt-list.",
    )
    authority = RelationOption(
        "CA Certificate",
        element="ca_cert",
        section="Protocol",
        on_add=True,
        when=TLS,
        to="certificates.Certificate",
        on_delete=models.PROTECT,
        related_name="client_checks",
        null=True,
        blank=True,
        limit_choices_to={"is_authority": True},
        empty_label="Do not validate clients",
        help="Clients must show a certificate signed by this authority. HAProxy: bind … ca-file.",
    )
    verification = ChoiceOption(
        "CA Certificate Verification",
        element="ca_verify",
        section="Protocol",
        on_add=True,
        when=TLS,
        choices=Verification,
        default=Verification.REQUIRED,
        help="Required turns away clients without a certificate; Optional lets them in. "
        "It counts only when a CA Certificate is chosen. HAProxy: bind … verify.",
    )
    balance = ChoiceOption(
        "Balance Mode",
        element="scheduler",
        section="Connection Distribution Method",
        choices=Balance,
        default=Balance.LEASTCONN,
        directive="balance",
        help="Weighted Least Connection suits long sessions of uneven length, "
        "Weighted Round Robin short and equal requests. HAProxy: balance.",
    )
    persistence = ChoiceOption(
        "Persistence Mode",
        section="Persistence",
        choices=Persistence,
        default=Persistence.COOKIE,
        default_by=(
            "protocol",
            {Protocol.HTTP: Persistence.COOKIE, Protocol.HTTP2: Persistence.COOKIE, Protocol.TCP: Persistence.SOURCE},
        ),
        choice_when={Persistence.COOKIE: WEB},
        help="How a client is kept on the Real Server it started with. HTTP Cookie sets a cookie in the browser; "
        "Source IP remembers the client's address. HAProxy: cookie, stick on src.",
    )
    persistence_timeout = DurationOption(
        "Persistence Timeout",
        element="persist_time",
        section="Persistence",
        when={"persistence": {Persistence.SOURCE}},
        default="30m",
        bare_unit="m",
        help="A client that stays away longer may land on another Real Server. HAProxy: stick-table … expire.",
    )
    check_type = ChoiceOption(
        "Health Checks",
        section="Health Checks",
        choices=Check,
        default=Check.CONNECT,
        help="A Real Server is healthy while this check succeeds. Connect to Port opens a TCP connection, "
        "nothing more. HAProxy: server … check.",
    )
    force_https = FlagOption(
        "Force to HTTPS",
        section="Other",
        when={"protocol": {Protocol.HTTP}},
        default=False,
        help="Answer every request with a redirect to https on the same name. No Real Servers are needed. "
        "HAProxy: http-request redirect scheme https.",
    )
    redirect_code = ChoiceOption(
        "HTTPS Redirect Code",
        element="https_redirect_code",
        section="Other",
        when={"protocol": {Protocol.HTTP}, "force_https": {True}},
        choices=RedirectCode,
        default=RedirectCode.FOUND,
        help="301 and 308 are remembered by browsers; 302, 303 and 307 are asked again. HAProxy: redirect … code.",
    )
    forward_for = FlagOption(
        "Set X-Forward-For header",
        section="Other",
        when=WEB,
        default=True,
        directive="option forwardfor",
        help="Tell Real Servers the client's address in the header X-Forwarded-For. HAProxy: option forwardfor.",
    )
    timeout = FlagOption(
        "Timeout",
        section="Other",
        advanced=True,
        default=False,
        help="Use timeouts of this service's own instead of the global ones.",
    )
    client_timeout = DurationOption(
        "Client Timeout",
        element="timeout_client",
        section="Other",
        advanced=True,
        when={"timeout": {True}},
        default="12h",
        directive="timeout client",
        help="Close the connection when the client is silent for this long. Keep it just below Real Server Timeout. "
        "HAProxy: timeout client.",
    )
    server_timeout = DurationOption(
        "Real Server Timeout",
        element="timeout_server",
        section="Other",
        advanced=True,
        when={"timeout": {True}},
        default="12h",
        directive="timeout server",
        help="Close the connection when the Real Server is silent for this long. HAProxy: timeout server.",
    )

    class Meta:
        ordering = ["pk"]
        verbose_name = "Virtual Service"

    def __str__(self) -> str:
        return str(self.label)

    def clean(self) -> None:
        """Rules between fields; form, import and API share them."""
        problems: dict[str, str] = {}
        if self.protocol == Protocol.HTTP2 and not self.certificate_id:
            problems["certificate"] = (
                "HTTP/2 Mode ends TLS here and needs a certificate. Choose one, or upload it first."
            )
        if self._has_good_ports() and (problem := self._own_port() or self._clash()):
            problems["ports"] = problem
        if problems:
            raise ValidationError(problems)

    def _has_good_ports(self) -> bool:
        """Django calls `clean` even when a field was refused."""
        try:
            option(self, "ports").clean(self.ports, self)
        except ValidationError:
            return False
        return True

    def _own_port(self) -> str:
        own = settings.OWN_PORTS | import_string(settings.WEBUI_PORTS)()
        for port, purpose in own.items():
            if any(first <= port <= last for first, last in port_spans(self.ports)):
                return f"Port {port} is used by the appliance itself ({purpose}). Choose another port."
        return ""

    def _clash(self) -> str:
        others = VirtualService.objects.filter(address=self.address).exclude(pk=self.pk)
        for label, ports in others.values_list("label", "ports"):
            if (port := first_common_port(self.ports, ports)) is not None:
                return (
                    f"Port {port} on {self.address} is already used by {label}. Choose another port or another address."
                )
        return ""


def first_common_port(mine: str, others: str) -> int | None:
    for first, last in port_spans(mine):
        for other_first, other_last in port_spans(others):
            if first <= other_last and other_first <= last:
                return max(first, other_first)
    return None

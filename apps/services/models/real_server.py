"""A RIP: one server behind a virtual service."""

from django.core.exceptions import ValidationError
from django.db import models

from apps.common.option_kinds import FlagOption, LabelOption, NumberOption
from apps.common.text_kinds import HostOption, UrlOption
from apps.services.models.choices import Protocol, State
from apps.services.models.families import foreign
from apps.services.models.virtual_service import VirtualService


class RealServer(models.Model):
    """A RIP: one server behind a virtual service."""

    service = models.ForeignKey(VirtualService, on_delete=models.CASCADE, related_name="servers")
    label = LabelOption(
        "Label",
        section="Real Server",
        on_add=True,
        reserved={"backup"},  # the fallback server's name in HAProxy
        help="A name, unique within the Virtual Service. The same label in another Virtual Service marks "
        "the same machine. It is the server's name in HAProxy and the value of the persistence cookie.",
    )
    address = HostOption(
        "Real Server IP Address",
        element="server",
        section="Real Server",
        on_add=True,
        hint="An address, or a full name (FQDN)",
        help="The server that does the work. A name is looked up again while HAProxy runs. HAProxy: resolvers.",
    )
    port = NumberOption(
        "Real Server Port",
        section="Real Server",
        on_add=True,
        least=1,
        most=65535,
        null=True,
        blank=True,
        hint="Blank: the port the client connected to",
        help="The port on the Real Server. It may differ from the Virtual Service's.",
    )
    encrypted = FlagOption(
        "Re-Encrypt to Backend",
        section="Real Server",
        on_add=True,
        default=False,
        help="Speak TLS to the Real Server. Its certificate is not verified. HAProxy: server … ssl verify none.",
    )
    redirect_url = UrlOption(
        "Redirect URL",
        element="redirect",
        section="Real Server",
        on_add=True,
        when={"service_protocol": {Protocol.HTTP, Protocol.HTTP2}},
        blank=True,
        default="",
        help="Send clients to this address instead of passing their requests on: the path they asked for is appended. "
        "HAProxy: server … redir.",
    )
    weight = NumberOption(
        "Weight",
        section="Real Server",
        on_add=True,
        default=100,
        least=0,
        most=256,
        help="The share of new connections relative to the other Real Servers. 0 means no new traffic. "
        "HAProxy: server … weight.",
    )
    min_connections = NumberOption(
        "Minimum Connections",
        element="minconns",
        section="Real Server",
        advanced=True,
        default=0,
        least=0,
        most=1_000_000,
        hint="0: no limit of its own",
        help="While the service is quiet the server gets at most so many connections at once; the limit grows to "
        "Maximum Connections with the load. HAProxy: server … minconn.",
    )
    max_connections = NumberOption(
        "Maximum Connections",
        element="maxconns",
        section="Real Server",
        advanced=True,
        default=0,
        least=0,
        most=1_000_000,
        hint="0: unlimited",
        help="The server gets at most so many connections at once; others wait, as long as the Connection Timeout "
        "under Layer 7 – Advanced Configuration says. HAProxy: server … maxconn.",
    )
    state = models.CharField(max_length=8, choices=State, default=State.ONLINE)

    class Meta:
        ordering = ["pk"]
        verbose_name = "Real Server"
        constraints = [models.UniqueConstraint(fields=["service", "label"], name="real_server_label")]

    def __str__(self) -> str:
        return str(self.label)

    @property
    def service_protocol(self) -> str:
        return str(self.service.protocol)

    @property
    def advice(self) -> str:
        """What may be a slip, although it works; blank when nothing seems odd."""
        if self.port == 443 and not self.encrypted and self.service_protocol != Protocol.TCP:
            return "Port 443 usually expects TLS, but Re-Encrypt to Backend is off: it is spoken to in plain HTTP."
        return ""

    def clean(self) -> None:
        twins = RealServer.objects.filter(service=self.service, label=self.label).exclude(pk=self.pk)
        if twins.exists():
            problem = f"Another Real Server of {self.service} has this label. Choose a different one."
            raise ValidationError({"label": problem})
        if not self.port and self.service.needs_ports:
            problem = "Enter the port: a service that listens nowhere has none that could be checked."
            raise ValidationError({"port": problem})
        if self.service.transparent and (problem := foreign(self.service.address, self.address)):
            raise ValidationError({"address": problem})
        if self.min_connections and not self.max_connections:
            problem = "This grows up to Maximum Connections. Enter that too, or 0 here."
            raise ValidationError({"min_connections": problem})

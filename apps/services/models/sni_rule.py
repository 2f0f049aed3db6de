"""SNI Rules of an SSL Termination: which certificate and which service for which name."""

from django.core.exceptions import ValidationError
from django.db import models

from apps.common.option_kinds import AddressOption, FlagOption, LabelOption, NumberOption, RelationOption
from apps.services.models.termination import OWN, SERVABLE, SslTermination
from apps.services.models.tls_kinds import ServerNameOption


class SniRule(models.Model):
    """Clients that ask for this name see this certificate and reach that service."""

    termination = models.ForeignKey(SslTermination, on_delete=models.CASCADE, related_name="rules")
    position = NumberOption(
        "Position", section="SNI Rule", default=1, least=1, most=1000, help="The place in the list."
    )
    name = LabelOption(
        "Name",
        section="SNI Rule",
        help="A short name of the rule, unique in its termination: letters, digits, dot, dash and underscore.",
    )
    host = ServerNameOption(
        "Rule",
        section="SNI Rule",
        hint="For example www.example.com or *.example.com",
        help="The name that clients ask for in their handshake (SNI). A whole name comes before one with a star, "
        "whatever the order. HAProxy: crt-list, ssl_fc_sni.",
    )
    certificate = RelationOption(
        "Certificate",
        section="SNI Rule",
        to="certificates.Certificate",
        on_delete=models.PROTECT,
        related_name="sni_rules",
        limit_choices_to=SERVABLE,
        empty_label="Choose a certificate",
        help="The certificate that these clients see. HAProxy: crt-list.",
    )
    service = RelationOption(
        "Back-end service",
        section="SNI Rule",
        to="services.VirtualService",
        on_delete=models.PROTECT,
        related_name="sni_rules",
        null=True,
        blank=True,
        empty_label="Custom",
        help="The Virtual Service that gets these clients; of its ACL Rules those with Use Backend do not count for "
        "them. Custom: a server that is no Virtual Service. HAProxy: use_backend.",
    )
    backend_address = AddressOption(
        "Back-end IP",
        section="SNI Rule",
        when=OWN,
        blank=True,
        help="The server that gets what was decrypted. HAProxy: server.",
    )
    backend_port = NumberOption(
        "Back-end port",
        section="SNI Rule",
        when=OWN,
        null=True,
        blank=True,
        least=1,
        most=65535,
        help="The port of that server. HAProxy: server.",
    )
    send_proxy = FlagOption(
        "Proxy protocol",
        section="SNI Rule",
        when=OWN,
        default=False,
        help="Tell the server the client's address in a line before the traffic. It must expect it. "
        "HAProxy: server … send-proxy.",
    )

    class Meta:
        ordering = ["termination", "position", "pk"]
        verbose_name = "SNI Rule"

    def __str__(self) -> str:
        return f"{self.name} of {self.termination}"

    def clean(self) -> None:
        siblings = SniRule.objects.filter(termination=self.termination).exclude(pk=self.pk)
        problems = {}
        if siblings.filter(name=self.name).exists():
            problems["name"] = "Another SNI Rule has this name. Choose a different one."
        if siblings.filter(host=self.host).exists():
            problems["host"] = f"Another SNI Rule is for {self.host} already. Choose a different name."
        if self.service and (problem := self.termination.target_problem(self.service, but=self)):
            problems["service"] = problem
        if not self.service and not self.backend_address:
            problems["backend_address"] = "Enter Back-end IP, or choose a Virtual Service."
        if not self.service and not self.backend_port:
            problems["backend_port"] = "Enter Back-end port, or choose a Virtual Service."
        if problems:
            raise ValidationError(problems)

"""Where a virtual service listens and what it speaks: the sections Virtual Service and Protocol."""

from django.db import models

from apps.common.option_kinds import (
    AddressOption,
    ChoiceOption,
    FlagOption,
    LabelOption,
    PortsOption,
    RelationOption,
)
from apps.common.text_kinds import TokenOption
from apps.services.models.choices import TLS, WEB, Pipeline, Protocol, Verification

FRONT = {"backend_only": {False}}


class Listening(models.Model):
    label = LabelOption(
        "Label",
        section="Virtual Service",
        on_add=True,
        unique=True,
        reserved={"stats"},
        error_messages={"unique": "Another Virtual Service has this label. Choose a different one."},
        help="A short name, unique on this unit: letters, digits, dot, dash and underscore. "
        "It is the name in HAProxy, in logs and in graphs.",
    )
    address = AddressOption(
        "IP Address",
        element="server",
        section="Virtual Service",
        on_add=True,
        when=FRONT,
        blank=True,
        help="The address that clients connect to. It becomes a floating IP of the appliance; "
        "several Virtual Services may share it on different ports.",
    )
    ports = PortsOption(
        "Ports",
        section="Virtual Service",
        on_add=True,
        when=FRONT,
        blank=True,
        help="One port, a list or ranges: 80 or 80,443 or 800-900.",
    )
    manual = FlagOption(
        "Manual Configuration",
        element="no_write",
        section="Virtual Service",
        on_add=True,
        advanced=True,
        default=False,
        help="Leave this service out of the generated file: you write its section under Layer 7 – Manual "
        "Configuration, with the same label and the same labels of Real Servers. The IP Address stays a floating IP.",
    )
    backend_only = FlagOption(
        "Create HAProxy Backend Only",
        section="Virtual Service",
        on_add=True,
        advanced=True,
        default=False,
        help="Listen on no address: only ACL rules of other Virtual Services (Use Backend) bring clients here. "
        "HAProxy: backend instead of listen.",
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
        limit_choices_to=models.Q(is_authority=False)
        & ~models.Q(chain=""),  # without a chain it waits for its signature
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
    client_subject = TokenOption(
        "Pass client certificate subject in header",
        section="Protocol",
        advanced=True,
        when=TLS,
        blank=True,
        default="",
        hint="A header's name, for example X-Client-Subject. Blank: not passed",
        help="Tell Real Servers the subject of the client's certificate in this header. A header of this name that a "
        "client sends itself is removed, also while no CA Certificate is chosen. "
        "HAProxy: http-request set-header … ssl_c_s_dn.",
    )
    pipeline = ChoiceOption(
        "HTTP Pipeline Mode",
        element="http_pipeline",
        section="Protocol",
        advanced=True,
        when=WEB,
        choices=Pipeline,
        default=Pipeline.KEEP_ALIVE,
        help="Which connections stay open between two requests. Closing them costs time with every request; choose it "
        "only for an application that cannot reuse connections. HAProxy: option http-keep-alive, httpclose, "
        "http-server-close.",
    )
    pretend_keepalive = FlagOption(
        "Work around broken Connection: close",
        element="http_pretend_keepalive",
        section="Protocol",
        advanced=True,
        when=WEB,
        default=False,
        directive="option http-pretend-keepalive",
        help="Tell Real Servers that the connection stays open although it is closed after the answer: for servers "
        "that answer without a length otherwise. HAProxy: option http-pretend-keepalive.",
    )
    accept_invalid = FlagOption(
        "Accept invalid HTTP requests",
        element="accept_invalid_request",
        section="Protocol",
        advanced=True,
        when=WEB,
        default=False,
        directive="option accept-invalid-http-request",
        help="Let requests pass that break the rules of HTTP, for old clients. It weakens protection against "
        "smuggled requests. HAProxy: option accept-invalid-http-request.",
    )
    request_timeout = FlagOption(
        "HTTP request timeout (Slowloris protection)",
        element="http_request",
        section="Protocol",
        advanced=True,
        when=WEB,
        default=True,
        help="A client has 5 seconds to send the headers of a request, so that slow ones cannot use up all "
        "connections. Turn it off only where clients need longer. HAProxy: timeout http-request 5s.",
    )
    reuse = FlagOption(
        "Reuse idle HTTP connections",
        element="http_reuse",
        section="Protocol",
        advanced=True,
        when=WEB,
        default=False,
        help="Requests of other clients may go over connections to Real Servers that are open already; the first "
        "request of a client always gets its own. It saves Real Servers work. HAProxy: http-reuse safe.",
    )

    class Meta:
        abstract = True

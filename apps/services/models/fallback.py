"""Who answers when no real server can, and how servers are spoken to: the sections Fallback Server and SSL."""

from django.db import models

from apps.common.option_kinds import AddressOption, FlagOption, NumberOption
from apps.services.models.choices import WEB

BUILT_IN = ("127.0.0.1", 9081)  # the page of the appliance itself


class Fallback(models.Model):
    fallback_address = AddressOption(
        "IP Address",
        element="fallback_ip",
        section="Fallback Server",
        blank=True,
        default=BUILT_IN[0],
        hint="Blank: no fallback server",
        help="Who answers when no Real Server is available: the appliance's own page, another server or another "
        "Virtual Service. HAProxy: server backup … backup.",
    )
    fallback_port = NumberOption(
        "Port",
        element="fallback_port",
        section="Fallback Server",
        null=True,
        blank=True,
        default=BUILT_IN[1],
        least=1,
        most=65535,
        hint="9081 on 127.0.0.1 is the appliance's own page",
        help="The port of the fallback server.",
    )
    fallback_persistent = FlagOption(
        "Persistent",
        element="fallback_persist",
        section="Fallback Server",
        default=False,
        help="Clients that came to the fallback server stay there by persistence, also when Real Servers are back. "
        "HAProxy: without non-stick.",
    )
    fallback_encrypted = FlagOption(
        "Encrypted (TLS) connection",
        element="fallback_encrypt",
        section="Fallback Server",
        default=False,
        help="Speak TLS to the fallback server. Its certificate is not verified. HAProxy: ssl verify none.",
    )
    backend_encryption = FlagOption(
        "Enable Backend Encryption",
        section="SSL",
        when=WEB,
        default=False,
        help="Real Servers that are added from now on begin with Re-Encrypt to Backend turned on.",
    )

    class Meta:
        abstract = True

"""The section Other: redirects, headers, timeouts, limits, and where connections come from."""

from django.db import models

from apps.common.option_kinds import AddressOption, ChoiceOption, DurationOption, FlagOption, NumberOption
from apps.services.models.choices import WEB, Protocol, RedirectCode, SendProxy


class Other(models.Model):
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
    hsts = FlagOption(
        "Enable HSTS",
        element="enable_hsts",
        section="Other",
        when=WEB,
        default=False,
        help="Tell browsers to use only https for this name from now on. They remember it: turn it on when https works "
        "for everything. HAProxy: http-response set-header Strict-Transport-Security.",
    )
    hsts_months = NumberOption(
        "HSTS period (months)",
        element="hsts_month",
        section="Other",
        when={**WEB, "hsts": {True}},
        default=6,
        least=3,
        most=24,
        help="How long browsers remember it after their last visit. HAProxy: max-age.",
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
    max_connections = NumberOption(
        "Maximum Connections",
        element="maxconn",
        section="Other",
        advanced=True,
        when={"backend_only": {False}},
        default=40000,
        least=1,
        most=1_000_000,
        unit="connections",
        directive="maxconn",
        help="More clients than this wait until one leaves. HAProxy: maxconn.",
    )
    compression = FlagOption(
        "Enable Compression",
        section="Other",
        advanced=True,
        when=WEB,
        default=False,
        help="Compress texts on their way to browsers, where Real Servers do not. It costs processor time here. "
        "HAProxy: compression algo gzip.",
    )
    send_proxy = ChoiceOption(
        "Send Proxy Protocol",
        section="Other",
        advanced=True,
        choices=SendProxy,
        default=SendProxy.NONE,
        help="Tell Real Servers the client's address in a line before the traffic. They must expect it: others refuse "
        "such connections. V2 SSL also tells of the client's TLS, V2 SSL CN the name in its certificate. Health checks "
        "send it too, unless they go to another port. HAProxy: server … send-proxy, check-send-proxy.",
    )
    accept_proxy = FlagOption(
        "Accept Proxy Protocol (STunnel proxy)",
        element="stunneltproxy",
        section="Other",
        advanced=True,
        when={"backend_only": {False}},
        default=False,
        help="Take the client's address from a line before the traffic. Use it only behind a proxy that sends one: "
        "other clients are refused. HAProxy: bind … accept-proxy.",
    )
    transparent = FlagOption(
        "Transparent Proxy (TProxy)",
        element="transparentproxy",
        section="Other",
        advanced=True,
        default=False,
        help="Real Servers see the client's own address. Their default gateway must be a floating IP of this "
        "appliance, so that their answers come back through it. Clients in the Real Servers' own subnet get no "
        "answer: those servers answer them directly. HAProxy then runs as root, and this host forwards packets. "
        "HAProxy: source … usesrc clientip.",
    )
    tcp_keep_alive = FlagOption(
        "Enable TCP Keep-alive",
        section="Other",
        advanced=True,
        default=False,
        directive="option tcpka",
        help="Ask silent peers now and then whether they are still there, so that firewalls keep the connection. "
        "HAProxy: option tcpka.",
    )
    tunnel_timeout = DurationOption(
        "WebSocket tunnel timeout",
        element="tunneltimeout",
        section="Other",
        advanced=True,
        when=WEB,
        bare_unit="s",
        blank=True,
        default="",
        directive="timeout tunnel",
        hint="Blank: 1h. A bare number is seconds.",
        help="Close a WebSocket, or another tunnel, when both sides are silent for this long. HAProxy: timeout tunnel.",
    )
    name_header = FlagOption(
        "Send Real Server name as Host header",
        element="send_name_header",
        section="Other",
        advanced=True,
        when=WEB,
        default=False,
        help="Real Servers get their own label as the Host header instead of the name that the client asked for. "
        "HAProxy: http-send-name-header Host.",
    )
    source_address = AddressOption(
        "Set Source Address",
        section="Other",
        when={"transparent": {False}},
        blank=True,
        default="",
        hint="Blank: chosen by routing",
        help="The address of this appliance that Real Servers see, for example the Virtual Service's own. An IPv4 "
        "address counts for Real Servers with IPv4 addresses, an IPv6 address for the others. "
        "HAProxy: server … source.",
    )

    class Meta:
        abstract = True

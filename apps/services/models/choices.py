"""What the drop-downs of layer 7 offer, and the conditions under which options apply."""

from django.db import models


class Protocol(models.TextChoices):
    HTTP = "http", "HTTP Mode"
    HTTP2 = "http2", "HTTP/2 Mode"
    TCP = "tcp", "TCP Mode"

    @property
    def short(self) -> str:
        """As the System Overview says it."""
        return {"http": "HTTP", "http2": "HTTP2", "tcp": "TCP"}[self.value]


WEB = {"protocol": {Protocol.HTTP, Protocol.HTTP2}}
TLS = {"protocol": {Protocol.HTTP2}}
TCP = {"protocol": {Protocol.TCP}}


class Verification(models.TextChoices):
    REQUIRED = "required", "Required"
    OPTIONAL = "optional", "Optional"


class Pipeline(models.TextChoices):
    KEEP_ALIVE = "http_keep_alive", "Keep-alive both sides"
    CLOSE = "http_close", "Close both"
    SERVER_CLOSE = "http_server_close", "Keep-alive client only"
    FORCE_CLOSE = "http_force_close", "Force close"


class Balance(models.TextChoices):
    LEASTCONN = "leastconn", "Weighted Least Connection"
    ROUNDROBIN = "roundrobin", "Weighted Round Robin"


class Persistence(models.TextChoices):
    COOKIE = "http", "HTTP Cookie"
    APPLICATION = "appsession", "Application Cookie"
    SESSION_ID = "sslsesid", "SSL Session ID"
    BROKER = "rdp-session", "MS Session Broker"
    RDP_COOKIE = "rdp-cookie", "RDP Client Cookie"
    SOURCE = "ip", "Source IP"
    COOKIE_SOURCE = "http_ip", "HTTP Cookie and Source IP"
    FORWARDED = "xff", "X-Forwarded-For and Source IP"
    LAST = "fallback_persist", "Last Successful"
    NONE = "none", "None"


COOKIES = {Persistence.COOKIE, Persistence.COOKIE_SOURCE}
TIMED = {
    Persistence.APPLICATION,
    Persistence.SESSION_ID,
    Persistence.RDP_COOKIE,
    Persistence.SOURCE,
    Persistence.COOKIE_SOURCE,
    Persistence.FORWARDED,
}
TABLES = {*TIMED, Persistence.LAST}


class Check(models.TextChoices):
    HTTP_GET = "negotiate_http", "Negotiate HTTP (GET)"
    HTTP_HEAD = "negotiate_http_head", "Negotiate HTTP (HEAD)"
    HTTP_OPTIONS = "negotiate_http_options", "Negotiate HTTP (OPTIONS)"
    HTTPS_GET = "negotiate_https", "Negotiate HTTPS (GET)"
    HTTPS_HEAD = "negotiate_https_head", "Negotiate HTTPS (HEAD)"
    HTTPS_OPTIONS = "negotiate_https_options", "Negotiate HTTPS (OPTIONS)"
    CONNECT = "connect", "Connect to Port"
    EXTERNAL = "external", "External script"
    MYSQL = "mysql", "MySQL"
    NONE = "none", "No checks, always On"

    @property
    def method(self) -> str:
        """Of the request that is sent; blank for a check that sends none."""
        return self.label.partition("(")[2].rstrip(")") if self in NEGOTIATE else ""


HTTPS = {Check.HTTPS_GET, Check.HTTPS_HEAD, Check.HTTPS_OPTIONS}
NEGOTIATE = {Check.HTTP_GET, Check.HTTP_HEAD, Check.HTTP_OPTIONS, *HTTPS}
WITH_BODY = NEGOTIATE - {Check.HTTP_HEAD, Check.HTTPS_HEAD}
CHECKS = set(Check) - {Check.NONE}


class Feedback(models.TextChoices):
    NONE = "none", "None"
    AGENT = "agent", "Agent"


class SendProxy(models.TextChoices):
    NONE = "none", "None"
    V1 = "send-proxy", "Send Proxy V1"
    V2 = "send-proxy-v2", "Send Proxy V2"
    V2_SSL = "send-proxy-v2-ssl", "Send Proxy V2 SSL"
    V2_SSL_CN = "send-proxy-v2-ssl-cn", "Send Proxy V2 SSL CN"


class RedirectCode(models.TextChoices):
    MOVED = "301", "301 (Moved Permanently)"
    FOUND = "302", "302 (Found)"
    SEE_OTHER = "303", "303 (See Other)"
    TEMPORARY = "307", "307 (Temporary Redirect)"
    PERMANENT = "308", "308 (Permanent Redirect)"


class State(models.TextChoices):
    """What the administrator wants of a real server; its health is HAProxy's to tell."""

    ONLINE = "online", "Online"
    DRAIN = "drain", "Drain"
    HALT = "halt", "Halt"

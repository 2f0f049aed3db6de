"""What the drop-downs of virtual services and real servers offer."""

from django.db import models


class Protocol(models.TextChoices):
    HTTP = "http", "HTTP Mode"
    HTTP2 = "http2", "HTTP/2 Mode"
    TCP = "tcp", "TCP Mode"

    @property
    def short(self) -> str:
        """As the System Overview says it."""
        return {"http": "HTTP", "http2": "HTTP2", "tcp": "TCP"}[self.value]


class Verification(models.TextChoices):
    REQUIRED = "required", "Required"
    OPTIONAL = "optional", "Optional"


class Balance(models.TextChoices):
    LEASTCONN = "leastconn", "Weighted Least Connection"
    ROUNDROBIN = "roundrobin", "Weighted Round Robin"


class Persistence(models.TextChoices):
    COOKIE = "http", "HTTP Cookie"
    SOURCE = "ip", "Source IP"
    NONE = "none", "None"


class Check(models.TextChoices):
    CONNECT = "connect", "Connect to Port"
    NONE = "none", "No checks, always On"


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

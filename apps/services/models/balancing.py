"""Which real server a client gets and keeps: the sections Connection Distribution Method and Persistence."""

from django.db import models

from apps.common.option_kinds import ChoiceOption, DurationOption, FlagOption, NumberOption, SignedOption
from apps.common.text_kinds import TokenOption
from apps.services.models.choices import COOKIES, TABLES, TCP, TIMED, WEB, Balance, Persistence, Protocol

COOKIE = {**WEB, "persistence": COOKIES}


class Balancing(models.Model):
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
        choice_when={
            Persistence.COOKIE: WEB,
            Persistence.APPLICATION: WEB,
            Persistence.COOKIE_SOURCE: WEB,
            Persistence.FORWARDED: WEB,
            Persistence.SESSION_ID: TCP,
            Persistence.BROKER: TCP,
            Persistence.RDP_COOKIE: TCP,
        },
        help="How a client is kept on the Real Server it started with. HTTP Cookie sets a cookie in the browser; "
        "Application Cookie follows one that the application sets; Source IP remembers the client's address; "
        "SSL Session ID follows TLS 1.2 sessions without tickets: TLS 1.3 has no such id, so choose Source IP for it; "
        "MS Session Broker follows the broker's token, RDP Client Cookie the name of the user; "
        "Last Successful keeps all clients on one server until it fails. When a server fails, its clients move and "
        "stay where they are when it is back. HAProxy: cookie, stick on, persist rdp-cookie.",
    )
    cookie = TokenOption(
        "HTTP Cookie Name",
        section="Persistence",
        when=COOKIE,
        default="SERVERID",
        help="The cookie that tells which Real Server a browser belongs to. HAProxy: cookie … insert.",
    )
    application_cookie = TokenOption(
        "Application Cookie Name",
        element="appsession_cookie",
        section="Persistence",
        when={**WEB, "persistence": {Persistence.APPLICATION}},
        blank=True,
        default="",
        hint="For example JSESSIONID or PHPSESSIONID",
        help="The cookie by which the application itself knows a session. HAProxy: stick on req.cook().",
    )
    persistence_timeout = DurationOption(
        "Persistence Timeout",
        element="persist_time",
        section="Persistence",
        when={"persistence": TIMED},
        default="30m",
        bare_unit="m",
        help="A client that stays away longer may land on another Real Server. HAProxy: stick-table … expire.",
    )
    table_size = NumberOption(
        "Persistence Table Size",
        element="persist_table_size",
        section="Persistence",
        advanced=True,
        when={"persistence": TIMED},
        default=10240,
        least=1,
        most=10_000_000,
        unit="clients",
        help="How many clients are remembered; the oldest is forgotten for the next. HAProxy: stick-table … size.",
    )
    cookie_idle = DurationOption(
        "Cookie Max Idle Duration",
        element="cookie_maxidle",
        section="Persistence",
        advanced=True,
        when=COOKIE,
        default="30m",
        bare_unit="m",
        help="A browser that is silent for longer may land on another Real Server. HAProxy: cookie … maxidle.",
    )
    cookie_life = DurationOption(
        "Cookie Max Life Duration",
        element="cookie_maxlife",
        section="Persistence",
        advanced=True,
        when=COOKIE,
        default="12h",
        bare_unit="h",
        help="After this time a browser may land on another Real Server, however busy it was. "
        "HAProxy: cookie … maxlife.",
    )
    forwarded_position = SignedOption(
        "XFF IP position",
        element="xff_ip_pos",
        section="Persistence",
        advanced=True,
        when={**WEB, "persistence": {Persistence.FORWARDED}},
        default=-1,
        least=-10,
        most=10,
        help="Which address of the header X-Forwarded-For counts: 1 is the first, -1 the last, which the nearest proxy "
        "added. HAProxy: stick on hdr_ip(X-Forwarded-For,…).",
    )
    clear_on_drain = FlagOption(
        "Clear Stick Table on Drain",
        element="clear_stick_drain",
        section="Persistence",
        advanced=True,
        when={"persistence": TABLES},
        default=False,
        help="Drain and Halt also forget which clients belong to the Real Server, so that they move with their next "
        "connection and do not come back later. Otherwise clients that are known stay during Drain until they leave; "
        "only new ones go elsewhere. Clients with a cookie that names the server stay either way. It counts at once, "
        "without a commit. HAProxy: clear table.",
    )
    redispatch = FlagOption(
        "Redispatch",
        section="Persistence",
        advanced=True,
        default=True,
        help="Break persistence on failure: a client whose Real Server does not answer gets another one. "
        "HAProxy: option redispatch.",
    )

    class Meta:
        abstract = True

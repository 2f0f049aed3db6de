"""Layer 7 – Advanced Configuration: what counts for all virtual services."""

from django.conf import settings
from django.core.exceptions import ValidationError

from apps.common.models import Single
from apps.common.option_kinds import AddressOption, DurationOption, FlagOption, NumberOption
from apps.common.options import option
from apps.common.secret_kinds import SecretOption
from apps.common.text_kinds import LineOption
from apps.services.models.ports import own_ports, port_problem


class Layer7(Single):
    locked = FlagOption(
        "Lock HAProxy Configuration",
        element="lock",
        section="Configuration",
        default=False,
        help="The appliance leaves HAProxy's file as it is: pages of layer 7 refuse changes and nothing is committed.",
    )
    logging = FlagOption(
        "Logging",
        section="Logging",
        default=False,
        help="Write a line for every request or connection into HAProxy's log. HAProxy: option httplog, tcplog.",
    )
    errors_only = FlagOption(
        "Log Only Errors",
        element="dontlognormal",
        section="Logging",
        when={"logging": {True}},
        default=False,
        help="Leave out what went well. HAProxy: option dontlog-normal.",
    )
    redispatch = FlagOption(
        "Redispatch",
        section="Connections",
        default=True,
        help="A client whose Real Server does not answer gets another one. Off, it counts for no Virtual Service. "
        "HAProxy: option redispatch.",
    )
    connect_timeout = DurationOption(
        "Connection Timeout",
        element="contimeout",
        section="Connections",
        default="4000ms",
        help="A Real Server that does not take a connection within this time counts as not there. "
        "HAProxy: timeout connect.",
    )
    client_timeout = DurationOption(
        "Client Timeout",
        element="clitimeout",
        section="Connections",
        default="42000ms",
        help="Close connections whose client is silent for this long. HAProxy: timeout client.",
    )
    server_timeout = DurationOption(
        "Real Server Timeout",
        element="srvtimeout",
        section="Connections",
        default="43000ms",
        help="Close connections whose Real Server is silent for this long. HAProxy: timeout server.",
    )
    max_connections = NumberOption(
        "Maximum Connections",
        element="maxconn",
        section="Connections",
        default=40000,
        least=10,
        most=1_000_000,
        help="Of all Virtual Services together. Where the host does not allow so many open files, what it allows "
        "counts. HAProxy: global maxconn.",
    )
    ulimit = NumberOption(
        "Ulimit",
        section="Connections",
        advanced=True,
        default=81000,
        least=100,
        most=10_000_000,
        help="The most files that HAProxy may have open: two for each connection and some more. Maximum Connections is "
        "lowered to what fits, and to what the host allows. HAProxy: ulimit-n, which it counts itself from maxconn.",
    )
    abort_on_close = FlagOption(
        "Abort on Close",
        element="abortonclose",
        section="Connections",
        default=True,
        help="A request that still waits for a Real Server is dropped when its client leaves. "
        "HAProxy: option abortonclose.",
    )
    transparent = FlagOption(
        "Transparent Proxy",
        element="transparentproxy",
        section="Connections",
        default=False,
        help="Virtual Services that are added from now on begin with Transparent Proxy (TProxy) turned on.",
    )
    interval = DurationOption(
        "Interval",
        section="Health Checks",
        default="4000ms",
        help="The time from one health check to the next. HAProxy: default-server inter.",
    )
    rise = NumberOption(
        "Rise",
        section="Health Checks",
        default=2,
        least=1,
        most=100,
        help="So many good checks in a row bring a Real Server back. HAProxy: default-server rise.",
    )
    fall = NumberOption(
        "Fall",
        section="Health Checks",
        default=2,
        least=1,
        most=100,
        help="So many failed checks in a row take a Real Server out. HAProxy: default-server fall.",
    )
    slow_start = DurationOption(
        "Slow Start Time",
        element="slowstart",
        section="Health Checks",
        default="8000ms",
        help="A Real Server that comes back gets its full share only after this time. "
        "HAProxy: default-server slowstart.",
    )
    agent_interval = DurationOption(
        "Feedback Agent Interval",
        element="agentinter",
        section="Health Checks",
        default="4000ms",
        help="The time from one question to a feedback agent to the next. HAProxy: default-server agent-inter.",
    )
    stats_password = SecretOption(
        "Statistics Password",
        element="statspassword",
        section="Statistics",
        max_length=128,
        blank=True,
        default="",
        hint="Blank: as it is",
        removes="Remove the password, and with it the statistics page",
        help="Of the user loadbalancer on HAProxy's own statistics page, which is plain HTTP. Only a hash is kept. "
        "There is no password at first, and without one there is no such page. HAProxy: listen stats, userlist.",
    )
    stats_port = NumberOption(
        "Statistics Port",
        element="statsport",
        section="Statistics",
        default=7777,
        least=1,
        most=65535,
        help="The port of HAProxy's own statistics page, on every address of this appliance. HAProxy: listen stats.",
    )
    advanced_stats = FlagOption(
        "Advanced Stats",
        element="advancedstats",
        section="Statistics",
        default=True,
        help="Show versions, sockets and details of servers on the statistics page. HAProxy: stats show-legends.",
    )
    buffer = NumberOption(
        "Request Buffer Length",
        element="bufsize",
        section="Buffers",
        advanced=True,
        default=16384,
        least=4096,
        most=1_048_576,
        unit="bytes",
        help="The longest headers of a request or an answer, with Header Buffer Length to spare. "
        "HAProxy: tune.bufsize.",
    )
    header_buffer = NumberOption(
        "Header Buffer Length",
        element="maxrewrite",
        section="Buffers",
        advanced=True,
        default=1024,
        least=256,
        most=65536,
        unit="bytes",
        help="Room for headers that are added. HAProxy: tune.maxrewrite.",
    )
    replicate = FlagOption(
        "Persistence Table Replication",
        element="replicate",
        section="Persistence Table Replication",
        default=False,
        help="Both units of a pair know which client belongs to which Real Server, so that a failover keeps it. "
        "HAProxy: peers.",
    )
    replication_port = NumberOption(
        "Persistence Table Replication Port",
        element="replicateport",
        section="Persistence Table Replication",
        when={"replicate": {True}},
        default=7778,
        least=1,
        most=65535,
        help="The port on which the units tell each other. Another port empties the tables once. HAProxy: peer.",
    )
    multithreading = FlagOption(
        "Enable Multithreading",
        section="Multithreading",
        default=True,
        help="Use several processor cores. HAProxy: nbthread.",
    )
    threads = NumberOption(
        "Number of Threads",
        section="Multithreading",
        when={"multithreading": {True}},
        null=True,
        blank=True,
        least=1,
        most=64,
        hint="Blank: as many as there are cores",
        help="Cores less one leaves room for the WebUI on a busy host. HAProxy: nbthread.",
    )
    mail_from = LineOption(
        "E-mail Alert From",
        element="emailfrom",
        section="E-mail Alerts",
        blank=True,
        default="",
        help="The sender of alerts about Real Servers that come and go. HAProxy: email-alert from.",
    )
    mail_to = LineOption(
        "E-mail Alert To",
        element="emailto",
        section="E-mail Alerts",
        blank=True,
        default="",
        help="Who gets them. HAProxy: email-alert to.",
    )
    mail_server = AddressOption(
        "E-mail Server",
        element="emailserver",
        section="E-mail Alerts",
        max_length=255,
        blank=True,
        default="",
        help="The address of the mail server that takes them without a password. No name: HAProxy would look it up "
        "only as it starts, and not start without an answer. HAProxy: mailers.",
    )
    mail_port = NumberOption(
        "E-mail Server Port",
        element="emailport",
        section="E-mail Alerts",
        default=25,
        least=1,
        most=65535,
        help="Its port.",
    )
    tls_defaults = FlagOption(
        "Default TLS options",
        element="tlsdefaults",
        section="TLS",
        default=True,
        help="At least TLS 1.2 and no session tickets, for clients and Real Servers alike. "
        "HAProxy: ssl-default-bind-options.",
    )

    class Meta:
        verbose_name = "Layer 7 – Advanced Configuration"

    def __str__(self) -> str:
        return "Layer 7 – Advanced Configuration"

    @property
    def ports(self) -> dict[int, str]:
        """What it listens on beside the virtual services, and what for."""
        names = [
            name
            for name, is_used in (("stats_port", self.stats_password), ("replication_port", self.replicate))
            if is_used
        ]
        return {getattr(self, name): option(self, name).label for name in reversed(names)}

    def clean(self) -> None:
        """Rules between fields; form, import and API share them."""
        problems = self._missing() | self._port_problems()
        if self.header_buffer >= self.buffer:
            problems["header_buffer"] = f"Use less than {option(self, 'buffer').label}: it is a part of it."
        if problems:
            raise ValidationError(problems)

    def _missing(self) -> dict[str, str]:
        """Alerts need all three, or nobody gets them."""
        names = ("mail_from", "mail_to", "mail_server")
        missing = [name for name in names if not getattr(self, name)]
        if len(missing) == len(names):
            return {}
        return {name: f"Enter {option(self, name).label}, or leave all of E-mail Alerts blank." for name in missing}

    def _port_problems(self) -> dict[str, str]:
        own = own_ports()
        others = {port: purpose for port, purpose in own.items() if port != settings.ENVIRONMENT.peers_port}
        problems = {}
        if self.stats_password:
            problems["stats_port"] = port_problem(self.stats_port, own)
        if self.replicate:
            others |= {self.stats_port: option(self, "stats_port").label} if self.stats_password else {}
            problems["replication_port"] = port_problem(self.replication_port, others)
        return {name: problem for name, problem in problems.items() if problem}

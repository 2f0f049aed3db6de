"""What stands before the virtual services in haproxy.cfg: global, defaults, peers, statistics, mailers, resolvers."""

from apps.common.option_kinds import port_spans
from apps.haproxy.config import Config, Host
from apps.haproxy.ids import FIRST_ID
from apps.haproxy.words import Owner, Section, text
from apps.services.models import Layer7

# No label of a virtual service can hold a colon.
PEERS = "lbadmin:peers"
MAILERS = "lbadmin:mailers"
RESOLVERS = "lbadmin:dns"
STATS_USERS = "lbadmin:statistics"
STATS_USER = "loadbalancer"
STATS_ID = str(FIRST_ID)
STEP = 100
SPARE = 400  # open files beside those of connections: sockets, logs, listeners, checks


def sections(config: Config) -> list[Section]:
    made = [_global(config), _defaults(config.layer7), _peers(config)]
    if has_mail(config.layer7):
        made.append(_mailers(config.layer7))
    if config.looks_up_names:
        made.append(_resolvers())
    if config.layer7.stats_password:
        made += [_stats_users(config.layer7), _stats(config.layer7)]
    return made


def layer7_text(host: Host, layer7: Layer7) -> str:
    """All that Advanced Configuration makes, whatever else is configured."""
    return text(sections(Config(host, layer7=layer7)))


def default_server(layer7: Layer7) -> list[str]:
    """What every real server has unless its virtual service says otherwise."""
    words = ["inter", layer7.interval, "rise", str(layer7.rise), "fall", str(layer7.fall)]
    words += ["slowstart", layer7.slow_start, "agent-inter", layer7.agent_interval]
    return [*words, "on-marked-down", "shutdown-sessions"]


def has_mail(layer7: Layer7) -> bool:
    return bool(layer7.mail_from and layer7.mail_to and layer7.mail_server)


def max_connections(config: Config) -> int:
    """Two open files for each, as far as the host goes: with more HAProxy would refuse to start.

    In steps, so that one service more or less is no other number.
    """
    layer7, host = config.layer7, config.host
    wanted: int = layer7.max_connections
    files: int = min(layer7.ulimit, host.descriptors or layer7.ulimit)
    left = files - SPARE - _listeners(config) - sum(len(service.servers) for service in config.services)
    return min(wanted, max(STEP, left // 2 // STEP * STEP))


def _listeners(config: Config) -> int:
    spans = (port_spans(service.vip.ports) for service in config.services if not service.vip.backend_only)
    return len(config.terminations) + sum(last - first + 1 for found in spans for first, last in found)


def owner(option: str) -> Owner:
    return Owner("Layer7", 1, "Layer 7 – Advanced Configuration", option)


def _global(config: Config) -> Section:
    host, layer7 = config.host, config.layer7
    section = Section(("global",))
    # Names in the file are relative to it, so that a version of it can be checked and kept anywhere.
    section.add("default-path", "config")
    if host.user and not config.transparent:  # HAProxy 2.6 has to stay root to take the clients' addresses
        section.add("user", host.user)
        section.add("group", host.user)
    section.add("stats socket", str(host.admin_socket), "mode", "600", "level", "admin", "expose-fd", "listeners")
    readers = ("group", host.stats_group, "mode", "660") if host.stats_group else ("mode", "600")
    section.add("stats socket", str(host.stats_socket), *readers, "level", "user")
    section.add("server-state-file", str(host.server_state))
    section.add("localpeer", _names(host)[0])
    section.add("hard-stop-after", "1h")
    section.add("spread-checks", "5")
    section.add("maxconn", str(max_connections(config)), owner=owner("max_connections"))
    section.add("tune.bufsize", str(layer7.buffer), owner=owner("buffer"))
    section.add("tune.maxrewrite", str(layer7.header_buffer), owner=owner("header_buffer"))
    if not layer7.multithreading or layer7.threads:
        threads = layer7.threads if layer7.multithreading else 1
        section.add("nbthread", str(threads), owner=owner("threads"))
    if layer7.tls_defaults:
        section.add("ssl-default-bind-options", "ssl-min-ver", "TLSv1.2", "no-tls-tickets", owner=owner("tls_defaults"))
        section.add(
            "ssl-default-server-options", "ssl-min-ver", "TLSv1.2", "no-tls-tickets", owner=owner("tls_defaults")
        )
    section.add("tune.ssl.default-dh-param", "2048")
    if config.scripts_used:
        section.add("external-check")
        section.add("insecure-fork-wanted")
    section.add("log", "stdout", "format", "raw", "daemon", "info" if layer7.logging else "notice")
    return section


def _defaults(layer7: Layer7) -> Section:
    section = Section(("defaults",))
    section.add("mode", "http")
    section.add("log", "global")
    if layer7.logging and layer7.errors_only:
        section.add("option dontlog-normal", owner=owner("errors_only"))
    if layer7.redispatch:
        section.add("option redispatch", owner=owner("redispatch"))
    if layer7.abort_on_close:
        section.add("option abortonclose", owner=owner("abort_on_close"))
    section.add("timeout connect", layer7.connect_timeout, owner=owner("connect_timeout"))
    section.add("timeout client", layer7.client_timeout, owner=owner("client_timeout"))
    section.add("timeout server", layer7.server_timeout, owner=owner("server_timeout"))
    section.add("http-reuse", "never")
    section.add("load-server-state-from-file", "global")
    section.add("default-server", *default_server(layer7))
    if has_mail(layer7):
        section.add("email-alert mailers", MAILERS)
        section.add("email-alert from", layer7.mail_from, owner=owner("mail_from"))
        section.add("email-alert to", layer7.mail_to, owner=owner("mail_to"))
        section.add("email-alert level", "notice")
    return section


def _peers(config: Config) -> Section:
    """Always there: without a peers section a reload empties the stick tables."""
    section = Section(("peers", PEERS))
    layer7, pair = config.layer7, config.host.pair
    own, other = _names(config.host)
    port = layer7.replication_port if layer7.replicate else config.host.peers_port
    address = bracketed(pair.own_address) if pair and layer7.replicate else "127.0.0.1"
    section.add("bind", f"{address}:{port}", owner=owner("replication_port"))
    section.add("server", own)
    if pair and layer7.replicate:
        section.add("server", other, f"{bracketed(pair.peer_address)}:{port}", owner=owner("replicate"))
    return section


def _names(host: Host) -> tuple[str, str]:
    """This unit's and the other one's. A single unit's is that of a Primary: its tables survive the pairing."""
    names = ("lbadmin", "lbadmin-2")
    return names if host.pair is None or host.pair.is_primary else names[::-1]


def _mailers(layer7: Layer7) -> Section:
    section = Section(("mailers", MAILERS))
    section.add("mailer", "lbadmin", f"{bracketed(layer7.mail_server)}:{layer7.mail_port}", owner=owner("mail_server"))
    return section


def _resolvers() -> Section:
    """For real servers that are names: the host's own name servers, asked while HAProxy runs."""
    section = Section(("resolvers", RESOLVERS))
    section.add("parse-resolv-conf")
    section.add("accepted_payload_size", "4096")
    section.add("hold", "valid", "10s")
    return section


def _stats_users(layer7: Layer7) -> Section:
    section = Section(("userlist", STATS_USERS))
    section.add("user", STATS_USER, "password", layer7.stats_password, owner=owner("stats_password"))
    return section


def _stats(layer7: Layer7) -> Section:
    section = Section(("listen", "stats"))
    section.add("id", STATS_ID)
    section.add("bind", f":{layer7.stats_port}", owner=owner("stats_port"))
    section.add("mode", "http")
    section.add("stats enable")
    section.add("stats uri", "/")
    if layer7.advanced_stats:
        section.add("stats show-legends", owner=owner("advanced_stats"))
        section.add("stats show-modules", owner=owner("advanced_stats"))
    else:
        section.add("stats hide-version", owner=owner("advanced_stats"))
    section.add("acl", "known", f"http_auth({STATS_USERS})")
    section.add("http-request auth", "realm", "Statistics", "unless", "known")
    return section


def bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address

"""External Scripts: the files that HAProxy runs to check a real server, and what it tells them."""

import hashlib
from collections.abc import Iterator

from apps.common.option_kinds import port_spans
from apps.haproxy.config import Config
from apps.haproxy.ids import server_id, service_id
from apps.services.models import Check, HealthCheckScript, RealServer, VirtualService
from apps.system.scripts import PATH

NOT_USED = "NOT_USED"  # HAProxy's word where there is no listener
# HAProxy's fourth argument is the Real Server's port whatever the Check Port; it cannot be told to pass another.
# What a script prints would fill HAProxy's log, check by check.
CALLER = """\
#!/bin/sh
exec "${0%-port-*}" "$1" "$2" "$3" "${0##*-port-}" >/dev/null 2>&1
"""


def script_name(script: HealthCheckScript) -> str:
    """Another name for another content: the one that runs is never overwritten."""
    return f"{script.label}-{hashlib.sha256(script.content.encode()).hexdigest()[:12]}"


def caller_name(script: HealthCheckScript, vip: VirtualService) -> str:
    """A file with the text CALLER."""
    return f"{script_name(script)}-port-{_check_port(vip)}"


def command(vip: VirtualService, config: Config) -> str:
    """Where it lies what HAProxy calls; blank without an External Script."""
    if vip.check_type != Check.EXTERNAL or not vip.check_script_id:
        return ""
    return str(config.host.scripts / caller_name(config.scripts_used[vip.check_script_id], vip))


def script_files(config: Config) -> Iterator[tuple[str, str]]:
    """By their names: the scripts in use, and for each Check Port of one what calls it."""
    for script in config.scripts_used.values():
        yield script_name(script), script.content
    for service in config.services:
        if service.vip.check_type == Check.EXTERNAL and service.vip.check_script_id:
            yield caller_name(config.scripts_used[service.vip.check_script_id], service.vip), CALLER


def arguments(vip: VirtualService, address: str) -> tuple[str, str, str, str]:
    """What a script is called with: address and port of the Virtual Service, of the real server Check Port or 0."""
    return _address(vip) or NOT_USED, _port(vip) or NOT_USED, address, _check_port(vip)


def environment(vip: VirtualService, server: RealServer, address: str) -> dict[str, str]:
    """What HAProxy tells it beside the arguments."""
    return {
        "PATH": PATH,
        "HAPROXY_PROXY_ADDR": _address(vip),
        "HAPROXY_PROXY_PORT": _port(vip),
        "HAPROXY_PROXY_ID": str(service_id(vip.pk)),
        "HAPROXY_PROXY_NAME": vip.label,
        "HAPROXY_SERVER_ADDR": address,
        "HAPROXY_SERVER_PORT": str(server.port or 0),
        "HAPROXY_SERVER_ID": str(server_id(server.pk)),
        "HAPROXY_SERVER_NAME": server.label,
        "HAPROXY_SERVER_MAXCONN": str(server.max_connections),
        "HAPROXY_SERVER_CURCONN": "0",
    }


def _address(vip: VirtualService) -> str:
    return "" if vip.backend_only else str(vip.address)


def _port(vip: VirtualService) -> str:
    return "" if vip.backend_only else str(port_spans(vip.ports)[0][0])


def _check_port(vip: VirtualService) -> str:
    return str(vip.check_port or 0)

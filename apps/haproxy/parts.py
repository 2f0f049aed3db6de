"""A configuration in parts, for telling which of them changed: what is no virtual service, then each of those."""

from collections.abc import Iterator
from pathlib import Path

from apps.haproxy.config import Config, Host
from apps.haproxy.general import layer7_text
from apps.haproxy.render import Rendering

NO_PATH = Path()
ANY_HOST = Host(NO_PATH, NO_PATH, "", NO_PATH, NO_PATH, "", fallback_port=0, peers_port=0)
LOG_LINES = ("    option httplog\n", "    option tcplog\n")  # in each service, and no change of it


def parts(config: Config, rendering: Rendering) -> dict[str, str]:
    """By labels, and by names that no label can be: they hold blanks."""
    by_hand = {service.vip.label: service.vip.address for service in config.services if service.vip.manual}
    return dict(_general(config)) | by_hand | {label: _without_log(part) for label, part in rendering.parts.items()}


def _general(config: Config) -> Iterator[tuple[str, str]]:
    yield str(config.layer7), layer7_text(ANY_HOST, config.layer7)
    yield str(config.manual), config.manual.text
    for item in config.floating:
        yield f"Floating IP {item.address}", ""
    for script in config.scripts_used.values():
        yield f"Health Check Script {script.label}", script.content
    for pk, text in config.revocations.items():
        yield f"revocation list of {config.labels[pk]}", text


def _without_log(part: str) -> str:
    for line in LOG_LINES:
        part = part.replace(line, "")
    return part

"""What this host is set up as: names, interfaces, routes, time. Read only."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyroute2 import IPRoute

from apps.system import files, network
from apps.system.haproxy import BINARY
from apps.system.programs import CommandFailed, run

RESOLV = Path("/etc/resolv.conf")
LOCALTIME = Path("/etc/localtime")
ADJTIME = Path("/etc/adjtime")
MAIN = 254  # the routing table of the host


@dataclass(frozen=True)
class Interface:
    name: str
    mtu: int
    addresses: tuple[str, ...]  # with their prefix; none that floats


@dataclass(frozen=True)
class Route:
    to: str  # "default" or a network
    via: str
    interface: str

    def __str__(self) -> str:
        gateway = f"via {self.via}" if self.via else "directly"
        return f"{self.to} {gateway} on {self.interface}"


def resolvers() -> list[str]:
    return _resolv("nameserver")


def search_domains() -> list[str]:
    return [word for line in _resolv("search") for word in line.split()]


def _resolv(key: str) -> list[str]:
    lines = files.read(RESOLV).splitlines()
    return [line.split(None, 1)[1].strip() for line in lines if line.split()[:1] == [key] and len(line.split()) > 1]


def interfaces() -> list[Interface]:
    present = [item for item in network.addresses() if not item.ours]
    with IPRoute() as netlink:
        links = [(link.get_attr("IFLA_IFNAME"), link.get_attr("IFLA_MTU")) for link in netlink.get_links()]
    return [
        Interface(name, mtu, tuple(f"{item.address}/{item.prefix}" for item in present if item.interface == name))
        for name, mtu in sorted(links)
        if name != network.LOOPBACK and name not in network.LINKS
    ]


def routes() -> list[Route]:
    """Default gateways and static routes; those of an interface's own subnet come with its address."""
    with IPRoute() as netlink:
        names = {link["index"]: link.get_attr("IFLA_IFNAME") for link in netlink.get_links()}
        found = [*netlink.get_routes(table=MAIN)]
    return sorted(_routes(found, names), key=lambda route: (route.to != "default", route.to))


def _routes(found: list[Any], names: dict[int, str]) -> Iterator[Route]:
    for message in found:
        to, via = message.get_attr("RTA_DST"), message.get_attr("RTA_GATEWAY")
        interface = names.get(message.get_attr("RTA_OIF") or 0, "")
        if via and interface not in network.LINKS:
            yield Route(f"{to}/{message['dst_len']}" if to else "default", via, interface)


def time_zone() -> str:
    """Its name, such as Europe/Zurich."""
    target = os.path.realpath(LOCALTIME)
    return target.partition("zoneinfo/")[2] or "UTC"


def clock_is_utc() -> bool:
    """Whether the hardware clock is."""
    return "LOCAL" not in files.read(ADJTIME).splitlines()


def kernel() -> str:
    return os.uname().release


def haproxy_version() -> str:
    """Such as 2.6.12; blank when it does not say."""
    try:
        words = run(BINARY, "-v").split()
    except CommandFailed:
        return ""
    return words[words.index("version") + 1].partition("-")[0] if "version" in words else ""


def memory() -> int:
    """Of this host, in megabytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**2

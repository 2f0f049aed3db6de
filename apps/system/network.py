"""This host's addresses, over netlink, and on which interface a floating IP belongs.

Keepalived adds and removes floating IPs; see apps.system.heartbeat. What tells them from the host's own is a label,
or with IPv6, which has none, two flags that only keepalived's addresses have together.
"""

import ipaddress
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from pyroute2 import IPRoute

LABEL = "lb:vip"
NO_DAD, DEPRECATED = 0x02, 0x20  # IFA_F_NODAD: no waiting for duplicates; IFA_F_DEPRECATED: never a source of ours
LOOPBACK = "lo"
LINKS = ("lbhb0", "lbhb1")  # the heartbeat's own; nobody else has an address there
BEACON = "169.254.66.94"  # on loopback while this unit is active


@dataclass(frozen=True)
class Address:
    """An address on an interface."""

    address: str
    prefix: int
    interface: str
    ours: bool


def addresses() -> list[Address]:
    """Those of the host and its floating IPs, without the heartbeat's."""
    return [item for item in _addresses() if item.interface not in LINKS and item.address != BEACON]


def is_active() -> bool:
    """Whether keepalived holds the floating IPs here."""
    return any(item.address == BEACON for item in _addresses())


def has_link(name: str) -> bool:
    with IPRoute() as netlink:
        return bool(netlink.link_lookup(ifname=name))


def _addresses() -> Iterator[Address]:
    with IPRoute() as netlink:
        names = {link["index"]: link.get_attr("IFLA_IFNAME") for link in netlink.get_links()}
        for message in netlink.get_addr():
            text = message.get_attr("IFA_LOCAL") or message.get_attr("IFA_ADDRESS")
            interface = names.get(message["index"], "")
            yield Address(str(ipaddress.ip_address(text)), message["prefixlen"], interface, _is_ours(message))


def _is_ours(message: Any) -> bool:
    flags = message.get_attr("IFA_FLAGS") or 0
    return message.get_attr("IFA_LABEL") == LABEL or (flags & NO_DAD and flags & DEPRECATED) > 0


def remove(spare: Collection[Address]) -> None:
    """Take these off the host, where nobody else does."""
    with IPRoute() as netlink:
        for item in spare:
            index = netlink.link_lookup(ifname=item.interface)[0]
            netlink.addr("del", index=index, address=item.address, prefixlen=item.prefix)


def nowhere(address: str) -> str:
    return (
        f"No interface of this host is in the subnet of {address}. The address was put on loopback: "
        "clients reach it only when a route leads here."
    )


def place(address: str, present: Collection[Address]) -> tuple[str, int]:
    """The interface whose subnet contains the address, the narrowest first; else loopback."""
    wanted = ipaddress.ip_address(address)
    homes = [
        item
        for item in present
        if not item.ours
        and item.interface != LOOPBACK
        and wanted in ipaddress.ip_network(f"{item.address}/{item.prefix}", strict=False)
    ]
    if not homes:
        return LOOPBACK, wanted.max_prefixlen
    home = max(homes, key=lambda item: item.prefix)
    return home.interface, home.prefix


def is_loopback(address: str) -> bool:
    """All of 127.0.0.0/8 is the host's already."""
    return ipaddress.ip_address(address).is_loopback

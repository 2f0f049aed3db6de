"""Floating IPs on this host's interfaces, over netlink. Ours are marked, so that no other address is ever removed."""

import errno
import ipaddress
from collections.abc import Collection
from dataclasses import dataclass

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

MARK = 108  # IFA_PROTO, kernel 5.18 and later: who added the address
NO_DAD = 0x02  # an IPv6 address can be bound at once, without waiting for duplicate address detection
LOOPBACK = "lo"


@dataclass(frozen=True)
class Address:
    """An address on an interface."""

    address: str
    prefix: int
    interface: str
    ours: bool


def addresses() -> list[Address]:
    with IPRoute() as netlink:
        return _addresses(netlink)


def keep(wanted: Collection[str]) -> list[str]:
    """Make our floating IPs exactly these; return warnings.

    Each goes to the interface whose subnet contains it. One that the host already has is left as it is.
    """
    with IPRoute() as netlink:
        present = _addresses(netlink)
        index = {link.get_attr("IFLA_IFNAME"): link["index"] for link in netlink.get_links()}
        for spare in (item for item in present if item.ours and item.address not in wanted):
            netlink.addr("del", index=index[spare.interface], address=spare.address, prefixlen=spare.prefix)
        there = {item.address for item in present}
        warnings = [_add(netlink, address, present, index) for address in sorted(set(wanted) - there)]
        warnings += [_nowhere(item.address) for item in present if item.ours and _is_stray(item, wanted)]
    return [warning for warning in warnings if warning]


def move(wanted: Collection[str]) -> None:
    """Take our floating IPs off interfaces where they do not belong. Whoever keeps them then puts them right."""
    with IPRoute() as netlink:
        present = _addresses(netlink)
        index = {link.get_attr("IFLA_IFNAME"): link["index"] for link in netlink.get_links()}
        for item in present:
            is_astray = item.interface != place(item.address, present)[0]
            if item.ours and item.address in wanted and is_astray:
                netlink.addr("del", index=index[item.interface], address=item.address, prefixlen=item.prefix)


def _is_stray(item: Address, wanted: Collection[str]) -> bool:
    on_loopback = item.interface == LOOPBACK and not ipaddress.ip_address(item.address).is_loopback
    return item.address in wanted and on_loopback


def _addresses(netlink: IPRoute) -> list[Address]:
    names = {link["index"]: link.get_attr("IFLA_IFNAME") for link in netlink.get_links()}
    found = []
    for message in netlink.get_addr():
        text = message.get_attr("IFA_LOCAL") or message.get_attr("IFA_ADDRESS")
        ours = message.get_attr("IFA_PROTO") == MARK
        found.append(Address(str(ipaddress.ip_address(text)), message["prefixlen"], names[message["index"]], ours))
    return found


def _add(netlink: IPRoute, address: str, present: list[Address], index: dict[str, int]) -> str:
    if ipaddress.ip_address(address).is_loopback:
        return ""  # all of 127.0.0.0/8 is the host's already
    interface, prefix = place(address, present)
    try:
        netlink.addr("add", index=index[interface], address=address, prefixlen=prefix, proto=MARK, flags=NO_DAD)
    except NetlinkError as error:
        if error.code in {errno.EPERM, errno.EACCES}:
            return f"{address} was not added to this host, because lbadmin does not run as root."
        if error.code != errno.EEXIST:
            raise
    return _nowhere(address) if interface == LOOPBACK else ""


def _nowhere(address: str) -> str:
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

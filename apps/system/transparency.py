"""What the host needs so that HAProxy can speak to real servers from the clients' own addresses (TPROXY).

Answers of the real servers are addressed to clients. A table of nftables marks those that belong to a connection of
HAProxy, a routing rule sends what is marked to a routing table, and that one has a single route: to this host.
All of it is our own by table, priority or mark, so that nobody else's rules are ever touched:

    nft table    inet lbadmin_tproxy
    mark         0x10000000, one bit; the others are left as they are
    ip rule      priority 108, fwmark 0x10000000/0x10000000 lookup 108, protocol 108
    ip route     table 108, local default dev lo, protocol 108

The host also has to forward what else the real servers send through their gateway, and must not tell them a shorter
way. Those settings of the kernel are remembered before they are changed, and put back when no service is transparent
any more. rp_filter is left as it is: strict filtering goes with this.
"""

import errno
import json
import os
import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from apps.system import files
from apps.system.paths import Paths
from apps.system.programs import CommandFailed, run

MARK = 0x10000000
TABLE = PRIORITY = PROTOCOL = 108
KERNEL = Path("/proc/sys/net")
NFT = "/usr/sbin/nft"
NFT_TABLE = "table inet lbadmin_tproxy"
REMOVED = f"{NFT_TABLE}\ndelete {NFT_TABLE}\n"  # the first line makes sure that there is one to delete
DIVERT = f"""\
{NFT_TABLE} {{
    chain divert {{
        type filter hook prerouting priority mangle; policy accept;
        meta l4proto tcp socket transparent 1 meta mark set meta mark | {MARK:#x} accept
    }}
}}
"""


class Family(StrEnum):
    V4 = "ipv4"
    V6 = "ipv6"


FAMILIES = {Family.V4: (socket.AF_INET, "0.0.0.0/0"), Family.V6: (socket.AF_INET6, "::/0")}


class NotTransparent(Exception):
    """The host cannot be made so; the text says why and what to do."""


def keep(wanted: Collection[Family], paths: Paths) -> None:
    """Make the host take the answers of real servers to clients of exactly these kinds. Raises NotTransparent."""
    memory = _memory(paths)
    if not wanted and not memory.exists():
        return
    if os.geteuid():
        raise NotTransparent(
            "Transparent Proxy (TProxy) needs lbadmin to run as root. Start it as root, or turn Transparent Proxy off."
        )
    try:
        _set_kernel(wanted, memory)
        _divert(bool(wanted))
        with IPRoute() as netlink:
            for family in Family:
                _route(netlink, family, family in wanted)
    except (OSError, NetlinkError, CommandFailed) as error:
        raise NotTransparent(f"The host could not be prepared for Transparent Proxy (TProxy): {error}.") from error
    if not wanted:
        files.remove(memory)


def kept(paths: Paths) -> set[Family]:
    """What the host was made to take."""
    return {family for family in Family if any(name.startswith(family) for name in _remembered(_memory(paths)))}


def _divert(is_on: bool) -> None:
    """One transaction: at no moment is there no rule."""
    run(NFT, "-f", "-", stdin=REMOVED + (DIVERT if is_on else ""))


def _route(netlink: IPRoute, family: Family, is_on: bool) -> None:
    """The rule comes last and goes first: a rule without its route would lead nowhere."""
    number, everywhere = FAMILIES[family]
    route = {"family": number, "dst": everywhere, "type": "local", "scope": "host", "table": TABLE, "proto": PROTOCOL}
    rule = {"family": number, "table": TABLE, "priority": PRIORITY, "fwmark": MARK, "fwmask": MARK}
    if is_on:
        loopback = netlink.link_lookup(ifname="lo")[0]
        netlink.route("replace", oif=loopback, **route)
        with _unless(errno.EEXIST):
            netlink.rule("add", protocol=PROTOCOL, **rule)
        return
    with _unless(errno.ENOENT, errno.EAFNOSUPPORT):
        netlink.rule("del", protocol=PROTOCOL, **rule)
    with _unless(errno.ESRCH, errno.ENOENT, errno.EAFNOSUPPORT):
        netlink.route("del", **route)


@contextmanager
def _unless(*codes: int) -> Iterator[None]:
    """Errors with these numbers only mean that everything is as it should be."""
    try:
        yield
    except NetlinkError as error:
        if error.code not in codes:
            raise


def _set_kernel(wanted: Collection[Family], memory: Path) -> None:
    """Set what these need; what was set earlier and is needed no more gets its old value back, the last one first.

    A value that is no longer ours was put there by somebody else since: it is the one to remember.
    """
    values = _values(wanted)
    known = _remembered(memory)
    there = {name: files.read(KERNEL / name).strip() for name in values}
    known |= {name: there[name] for name in values if name not in known or there[name] != values[name]}
    _remember(known, memory)
    spare = {name: known[name] for name in reversed(known) if name not in values}
    for name, value in [*spare.items(), *((name, values[name]) for name in values if there[name] != values[name])]:
        if (KERNEL / name).exists():  # its interface may be gone
            (KERNEL / name).write_text(value)
    _remember({name: value for name, value in known.items() if name in values}, memory)


def _values(wanted: Collection[Family]) -> dict[str, str]:
    """By their names below /proc/sys/net, in the order in which they have to be set."""
    found: dict[str, str] = {}
    if Family.V4 in wanted:
        found |= dict.fromkeys(_each("ipv4/conf/*/send_redirects"), "0")
        # The kernel changes it together with ip_forward; here it is remembered too.
        found |= {"ipv4/conf/all/accept_redirects": "0", "ipv4/ip_forward": "1"}
    if Family.V6 in wanted:
        # A host that forwards forgets the routes that its routers advertise, unless it was told to keep them.
        found |= {name: "2" for name in _each("ipv6/conf/*/accept_ra") if files.read(KERNEL / name).strip() != "0"}
        found |= {"ipv6/conf/all/forwarding": "1"}
    return found


def _each(pattern: str) -> Iterator[str]:
    return (str(path.relative_to(KERNEL)) for path in sorted(KERNEL.glob(pattern)))


def _memory(paths: Paths) -> Path:
    return paths.home / "transparency.json"


def _remembered(memory: Path) -> dict[str, str]:
    """Values of the kernel before they were changed, by their names below /proc/sys/net."""
    return dict(json.loads(files.read(memory) or "{}"))


def _remember(known: dict[str, str], memory: Path) -> None:
    text = json.dumps(known, indent=1)
    if files.read(memory) != text:
        files.write(memory, text)

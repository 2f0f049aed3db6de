"""The heartbeat: keepalived keeps the floating IPs on one unit. Every unit runs it, with or without a peer.

It speaks VRRP, which has no port, through a tunnel on the UDP port that the administrator chose. Everything here is
root's, and safe to repeat. What keepalived was told is remembered in a file, so that a start needs nobody's word.
"""

import json
import os
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from apps.system import files, home, keepalived, network
from apps.system.keepalived import Line, Settings, track_file
from apps.system.network import Address
from apps.system.paths import Paths
from apps.system.programs import CommandFailed, run

IP, NFT = "/usr/sbin/ip", "/usr/sbin/nft"
KERNEL = Path("/proc/sys/net")
VNI = "1"
CARDS = {keepalived.PRIMARY_END: "02:6c:62:68:62:02", keepalived.SECONDARY_END: "02:6c:62:68:62:01"}
PATIENCE = 3.0  # seconds for keepalived to do what it was told
NO_ROOT = "was not added to this host, because lbadmin does not run as root."
AWAY = "is not on this host, because the heartbeat does not run. It is started again by itself; look at its log."


class HeartbeatProblem(Exception):
    """The heartbeat could not be made so; the message says why."""


@dataclass(frozen=True)
class Told:
    """What keepalived was told beside the floating IPs. `shielded` are TCP ports that only the peer may reach."""

    settings: Settings = field(default_factory=Settings)
    link: str = network.LINKS[0]
    shielded: tuple[int, ...] = ()


def told(paths: Paths) -> Told:
    text = files.read(paths.heartbeat_told)
    if not text:
        return Told()
    found = json.loads(text)
    return Told(Settings(**found["settings"]), found["link"], tuple(found["shielded"]))


def prepare(paths: Paths, addresses: Collection[str]) -> None:
    """Before keepalived starts: its link, its files, and a host where HAProxy may listen on what another unit holds.

    Raises HeartbeatProblem.
    """
    if os.geteuid():
        return
    for family in ("ipv4", "ipv6"):
        with suppress(FileNotFoundError):
            (KERNEL / family / "ip_nonlocal_bind").write_text("1")
    for name in keepalived.WEIGHTS:
        path = track_file(paths, name)
        if name != "standby" or not path.exists():  # a unit that was told to stand by does so over a restart
            files.overwrite(path, "0\n")
        if path.parent == paths.heartbeat_watch:
            home.own(path, home.WEB_USER, home.WEB_USER)
    for path in (paths.keepalived_pid, paths.vrrp_pid):
        files.remove(path)  # somebody else may have the number now, and keepalived would not start
    known = told(paths)
    _make_link(known)
    _write(paths, known, _lines(addresses))


def keep(paths: Paths, wanted: Collection[str]) -> list[str]:
    """Make this unit's floating IPs exactly these, if it is the active one; return warnings.

    Each goes to the interface whose subnet contains it. One that the host has of its own is left as it is.
    """
    lines = _lines(wanted)
    if os.geteuid():
        return [f"{line.address} {NO_ROOT}" for line in lines]
    if not lines and not paths.keepalived_config.exists():
        return []  # nothing was ever prepared, and nothing is needed
    known = told(paths)
    if not network.has_link(known.link):
        _make_link(known)  # somebody deleted it
    if _write(paths, known, lines):
        keepalived.read_anew(paths)
    lost = [line.interface == network.LOOPBACK for line in lines]
    warnings = [network.nowhere(line.address) for line, is_lost in zip(lines, lost, strict=True) if is_lost]
    return [*_prove(paths, lines), *warnings]


def _make_link(known: Told) -> None:
    """Raises HeartbeatProblem."""
    try:
        _link(known.link, known.settings)
        _shield(known)
    except CommandFailed as error:
        raise HeartbeatProblem(
            f"the heartbeat's interface {known.link} cannot be made. The kernel needs VXLAN and nftables, and lbadmin "
            f"their rights: {error}"
        ) from error


def _lines(wanted: Collection[str]) -> tuple[Line, ...]:
    present = network.addresses()
    own = {item.address for item in present if not item.ours}
    floating = sorted(address for address in wanted if address not in own and not network.is_loopback(address))
    places = {address: network.place(address, present) for address in floating}
    return tuple(Line(address, prefix, interface) for address, (interface, prefix) in places.items())


def _prove(paths: Paths, lines: Collection[Line]) -> list[str]:
    """Wait until the host has what it should. What nobody takes away any more is removed here."""
    if not lines and not _floating():
        return []
    deadline = time.monotonic() + PATIENCE
    while (runs := bool(keepalived.pid(paths))) and time.monotonic() < deadline:
        if _differing(lines) == ([], []):
            return []
        time.sleep(0.005)
    spare, missing = _differing(lines)
    network.remove(spare)
    return [f"{line.address} {AWAY}" for line in (lines if not runs else missing)]


def _differing(lines: Collection[Line]) -> tuple[list[Address], list[Line]]:
    """What is there and should not be, and what should be there and is not."""
    wanted = {(line.address, line.interface): line for line in lines} if network.is_active() else {}
    there = {(item.address, item.interface): item for item in _floating()}
    spare = [item for key, item in there.items() if key not in wanted]
    return spare, [line for key, line in wanted.items() if key not in there]


def _floating() -> list[Address]:
    return [item for item in network.addresses() if item.ours]


def configure(paths: Paths, settings: Settings, addresses: Collection[str], shielded: Collection[int] = ()) -> None:
    """Have the units hear each other so. The active one stays active, and its floating IPs where they are.

    Raises HeartbeatProblem.
    """
    before, lines = told(paths), _lines(addresses)
    link = before.link if _fits(before.settings, settings) else _other(before.link)
    after = replace(before, settings=settings, link=link, shielded=tuple(sorted(shielded)))
    try:
        _shield(after)
        _link(link, settings)
        if link != before.link and network.is_active():
            _write(paths, after, lines, at_once=True)
            _settle(paths)
        if _write(paths, after, lines):
            _settle(paths)
        if link != before.link and network.has_link(before.link):
            run(IP, "link", "delete", before.link)
    except (CommandFailed, OSError) as error:
        raise HeartbeatProblem(f"The heartbeat could not be changed: {error}") from error


def _settle(paths: Paths) -> None:
    """Keepalived reads its file a moment after it was told to."""
    if keepalived.read_anew(paths):
        time.sleep(0.3)


def _fits(before: Settings, after: Settings) -> bool:
    """Neither the port nor the family of a link can be changed."""
    return (before.port, ":" in before.peer) == (after.port, ":" in after.peer)


def _other(link: str) -> str:
    return next(name for name in network.LINKS if name != link)


def hold(paths: Paths) -> None:
    """Have this unit be passive, whatever the other one does, until it is released."""
    files.overwrite(track_file(paths, "standby"), "1\n")
    _wait(active=False)


def release(paths: Paths) -> None:
    files.overwrite(track_file(paths, "standby"), "0\n")


def is_held(paths: Paths) -> bool:
    return files.read(track_file(paths, "standby")).strip() == "1"


def mark(paths: Paths, name: str, *, bad: bool) -> None:
    """Tell keepalived that this unit cannot serve, or can again. Written only when it is new."""
    path, word = track_file(paths, name), f"{bad:d}\n"
    if files.read(path) != word:
        files.overwrite(path, word)


def take_over(paths: Paths) -> None:
    """Have this unit be the active one; the other one serves until then. Raises HeartbeatProblem."""
    if not keepalived.pid(paths):
        raise HeartbeatProblem("The heartbeat does not run on this unit, so it cannot take over. Restart Heartbeat.")
    bid = track_file(paths, "takeover")
    try:
        files.overwrite(bid, f"{keepalived.OUTBID}\n")
        if not _wait(active=True, patience=told(paths).settings.dead_time + PATIENCE):
            raise HeartbeatProblem(
                "This unit did not become active. Look at whether it can serve: its network link, "
                "HAProxy, and the Test IP address."
            )
    finally:
        files.overwrite(bid, "0\n")


def _wait(*, active: bool, patience: float = PATIENCE) -> bool:
    deadline = time.monotonic() + patience
    while network.is_active() != active:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _write(paths: Paths, wanted: Told, lines: Collection[Line], *, at_once: bool = False) -> bool:
    """Whether keepalived's file is another one now. It has passed keepalived's own check. Raises HeartbeatProblem."""
    text = keepalived.text(paths, wanted.settings, wanted.link, lines, at_once=at_once)
    if files.read(paths.keepalived_config) == text and told(paths) == wanted:
        return False
    candidate = paths.keepalived_config.with_suffix(".new")
    try:
        files.write(candidate, text, mode=0o644)
        keepalived.check(candidate)
        files.write(paths.heartbeat_told, json.dumps(asdict(wanted)), mode=0o644)
        candidate.replace(paths.keepalived_config)
    except (CommandFailed, OSError) as error:
        raise HeartbeatProblem(f"The floating IPs could not be given to the heartbeat: {error}") from error
    return True


def _link(name: str, settings: Settings) -> None:
    """The tunnel to the peer. Without one it leads nowhere, but keepalived needs an interface. Raises CommandFailed."""
    far = settings.peer or "127.0.0.1"
    near = settings.own if settings.peer else "127.0.0.1"
    below = keepalived.interface_of(near)
    ends = ["id", VNI, "remote", far, "local", near, *(["dev", below] if below else [])]
    if network.has_link(name):
        run(IP, "link", "set", name, "type", "vxlan", *ends)
    else:
        run(IP, "link", "add", name, "type", "vxlan", *ends, "dstport", str(settings.port))
    own, other = settings.ends
    # Known by heart: a unit that comes back must hear the active one at once, before anybody has asked for its card.
    run(IP, "link", "set", name, "address", CARDS[own])
    # The other end goes first: with the first address of a subnet the kernel takes away the later ones.
    run(IP, "address", "flush", "to", f"{other}/32", "dev", name)
    run(IP, "address", "replace", f"{own}/30", "dev", name)
    run(IP, "link", "set", name, "up")
    run(IP, "neighbour", "replace", other, "lladdr", CARDS[other], "dev", name, "nud", "permanent")


def _shield(wanted: Told) -> None:
    """Only the peer may send to the heartbeat's port and to the TCP ports between the units. Raises CommandFailed."""
    settings = wanted.settings
    family = "ip6" if ":" in settings.peer else "ip"
    stranger = f"{family} saddr != {settings.peer} " if settings.peer else ""
    ports = [f"udp dport {settings.port}", *(f"iifname != lo tcp dport {port}" for port in wanted.shielded)]
    guarded = [f"{port} {stranger}drop" for port in ports]
    if settings.peer:  # of the other family nobody is the peer
        guarded += [f"{port} meta nfproto {'ipv4' if family == 'ip6' else 'ipv6'} drop" for port in ports]
    lines = ["chain input {", "type filter hook input priority -10", *guarded, "}"]
    table = "table inet lbadmin_heartbeat"
    run(NFT, "-f", "-", stdin="\n".join([table, f"delete {table}", f"{table} {{", *lines, "}", ""]))

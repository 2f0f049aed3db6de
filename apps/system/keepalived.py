"""Keepalived: what its file says, checking it, having it read that anew. Text, but for the functions below `check`."""

import os
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from apps.system import files, network
from apps.system.paths import Paths
from apps.system.programs import run

BINARY = "/usr/sbin/keepalived"
# Both units have the same: one that comes back then leaves the other alone. High, because the rest of 256 delays.
PRIORITY = 240
OWNER_PRIORITY = 255  # of whoever may not wait for an answer
PREFERENCE = 5  # what Auto-failback gives the Primary
OUTBID = 10  # what an administrator gives the unit that takes over
PENALTY = -20  # of a unit that cannot serve
ROUTER_ID = 51
PRIMARY_END, SECONDARY_END = (
    "169.254.66.2",
    "169.254.66.1",
)  # of two active units the higher address wins: the Primary's


@dataclass(frozen=True)
class Settings:
    """How the units of a pair hear each other. Without a peer, this unit just keeps its floating IPs."""

    port: int = 6694
    keepalive: int = 300  # milliseconds between two signs of life
    own: str = ""  # this unit's address for the other one
    peer: str = ""
    is_primary: bool = True
    auto_failback: bool = False
    test_address: str = ""
    mail_to: str = ""
    mail_from: str = ""
    mail_server: str = ""
    mail_port: int = 25

    @property
    def ends(self) -> tuple[str, str]:
        """The heartbeat's addresses: this unit's, the other one's."""
        ends = (PRIMARY_END, SECONDARY_END)
        return ends if self.is_primary else ends[::-1]

    @property
    def dead_time(self) -> float:
        """Seconds without a sign of life after which the other unit takes over."""
        return self.keepalive / 1000 * (3 + (256 - PRIORITY) / 256)


@dataclass(frozen=True)
class Line:
    """A floating IP where it belongs."""

    address: str
    prefix: int
    interface: str

    @property
    def words(self) -> str:
        mark = "preferred_lft 0" if ":" in self.address else f"label {network.LABEL}"
        return f"{self.address}/{self.prefix} dev {self.interface} {mark}"


def track_file(paths: Paths, name: str) -> Path:
    """Written by root: `takeover`, `standby`; by the collector: `haproxy`, `test`."""
    return (paths.heartbeat if name in {"takeover", "standby"} else paths.heartbeat_watch) / name


WEIGHTS = {"takeover": 1, "standby": 0, "haproxy": PENALTY, "test": PENALTY}


def text(paths: Paths, settings: Settings, link: str, lines: Iterable[Line], *, at_once: bool = False) -> str:
    """`at_once`: become active without waiting whether somebody else is; for the unit that was active until now."""
    tracked = [name for name in WEIGHTS if not at_once]
    own, peer = settings.ends
    priority = PRIORITY + (PREFERENCE if settings.auto_failback and settings.is_primary else 0)
    return "\n".join(
        [
            "global_defs {",
            " router_id lbadmin",
            " vrrp_version 3",
            " max_auto_priority 20",
            " vrrp_garp_master_repeat 3",
            " vrrp_garp_master_delay 1",
            " vrrp_garp_lower_prio_repeat 3",
            *_mail(settings),
            "}",
            *(line for name in tracked for line in _track(paths, name)),
            "vrrp_instance lbadmin {",
            f" state {'MASTER' if at_once else 'BACKUP'}",
            f" interface {link}",
            f" virtual_router_id {ROUTER_ID}",
            f" priority {OWNER_PRIORITY if at_once else priority}",
            f" advert_int {settings.keepalive / 1000:g}",
            f" unicast_src_ip {own}",
            *_block("unicast_peer", [peer]),
            *_block("track_interface", sorted({interface for interface in [_interface(settings)] if interface})),
            *_block("track_file", [f"{name} weight {WEIGHTS[name]}" for name in tracked]),
            *([" smtp_alert"] if settings.mail_to else []),
            *_block("virtual_ipaddress", [f"{network.BEACON}/32 dev {network.LOOPBACK}"]),
            *_block("virtual_ipaddress_excluded", [line.words for line in lines]),
            "}",
            "",
        ]
    )


def _track(paths: Paths, name: str) -> list[str]:
    return [f"track_file {name} {{", f' file "{track_file(paths, name)}"', f" weight {WEIGHTS[name]}", "}"]


def _block(head: str, lines: list[str]) -> list[str]:
    return [f" {head} {{", *(f"  {line}" for line in lines), " }"] if lines else []


def _mail(settings: Settings) -> list[str]:
    if not settings.mail_to:
        return []
    return [
        *_block("notification_email", [settings.mail_to]),
        f" notification_email_from {settings.mail_from or settings.mail_to}",
        f" smtp_server {settings.mail_server or '127.0.0.1'} {settings.mail_port}",
        " smtp_connect_timeout 5",
    ]


def _interface(settings: Settings) -> str:
    """The one towards the peer: without its link this unit cannot be the active one."""
    return interface_of(settings.own) if settings.peer else ""


def interface_of(address: str) -> str:
    return next((item.interface for item in network.addresses() if item.address == address), "")


def check(path: Path) -> None:
    """Have keepalived read a file. Raises CommandFailed."""
    run(BINARY, "-t", "-f", str(path))


def pid(paths: Paths) -> int:
    """0 while it does not run."""
    found = files.read(paths.keepalived_pid).strip()
    if not found.isdecimal() or not Path(f"/proc/{found}/cmdline").exists():
        return 0
    words = files.read(Path(f"/proc/{found}/cmdline")).split("\0")
    return int(found) if words[0] == BINARY and str(paths.keepalived_config) in words else 0


def read_anew(paths: Paths) -> bool:
    """Whether it runs, and so was told. Nothing that stays is touched."""
    if not (found := pid(paths)):
        return False
    os.kill(found, signal.SIGHUP)
    return True

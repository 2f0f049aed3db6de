"""The floating IPs as their page shows them: who uses each, and whether this host has it where it belongs."""

import ipaddress
from dataclasses import dataclass

from django.db import models
from django.urls import reverse

from apps.changes import candidate
from apps.changes.models import Running
from apps.haproxy.render import ADDRESSES_FILE, addresses
from apps.services.models import FloatingIP, SslTermination, VirtualService
from apps.system import network
from apps.system.network import Address
from apps.unit.models import Peer


@dataclass(frozen=True)
class User:
    """What clients reach at the address, and its page."""

    label: str
    url: str


@dataclass(frozen=True)
class State:
    """A word, its style in lbadmin.css, and what to say more."""

    word: str
    style: str
    why: str = ""


PRESENT = State("Present", "ok")
OWN = State("Present", "ok", "this host's own address, so it does not move")
ELSEWHERE = State("Passive", "ok", "on the active unit")
MISSING = State("Missing", "down", "not on this host")
STRAY = State("Wrong interface", "warn", "another one is in its subnet")
NOWHERE = State("On loopback", "warn", "no interface is in its subnet: clients reach it only when a route leads here")
WAITS = State("Not running", "idle", "added with the next commit")
PAGES: dict[type[models.Model], str] = {
    VirtualService: "modify-virtual-service",
    SslTermination: "modify-ssl-termination",
}
GOES = State("Going", "idle", "removed with the next commit")


@dataclass(frozen=True)
class Line:
    """`extra` was added on the page; others come with a virtual service."""

    address: str
    interface: str
    state: State
    users: tuple[User, ...] = ()
    extra: FloatingIP | None = None

    @property
    def can_be_fixed(self) -> bool:
        return self.state in {MISSING, STRAY}

    @property
    def is_free(self) -> bool:
        return self.extra is not None and not self.users


def lines() -> list[Line]:
    """All that are saved or run, in the order of addresses."""
    saved, committed = addresses(candidate.load()), _committed()
    extras = {str(item.address): item for item in FloatingIP.objects.all()}
    users = _users()
    here = {item.address: item for item in network.addresses()}
    missing = ELSEWHERE if Peer.paired() and not network.is_active() else MISSING
    found = []
    for address in sorted(saved | committed, key=_order):
        item = here.get(address)
        state = _state(address, item, address in saved, address in committed, list(here.values()))
        state = missing if state == MISSING else state
        interface = item.interface if item else network.LOOPBACK if _is_loopback(address) else ""
        found.append(Line(address, interface, state, tuple(users.get(address, ())), extras.get(address)))
    return found


def users_of(address: str) -> list[User]:
    return _users(address).get(address, [])


def _users(*only: str) -> dict[str, list[User]]:
    found: dict[str, list[User]] = {}
    for model, page in PAGES.items():
        every = model._default_manager.order_by("label").exclude(address="")
        chosen = every.filter(address__in=only) if only else every
        for pk, label, address in chosen.values_list("pk", "label", "address"):
            found.setdefault(address, []).append(User(label, reverse(page, args=[pk])))
    return found


def _committed() -> set[str]:
    """Those that the last commit put on this host."""
    running = Running.get()
    return set(running.revision.files.get(ADDRESSES_FILE, "").split()) if running else set()


def _state(address: str, item: Address | None, is_saved: bool, is_committed: bool, here: list[Address]) -> State:
    if not is_saved:
        return GOES
    if item and not item.ours:
        return OWN
    if not is_committed:
        return WAITS
    if item is None:
        return PRESENT if _is_loopback(address) else MISSING
    if item.interface != network.place(address, here)[0]:
        return STRAY
    return NOWHERE if item.interface == network.LOOPBACK else PRESENT


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address).is_loopback


def _order(address: str) -> tuple[int, int]:
    found = ipaddress.ip_address(address)
    return found.version, int(found)

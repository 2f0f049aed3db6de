"""Restart Heartbeat ends the standing by of a unit, whatever became of the other one; strangers are kept out."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from apps.pair import moving
from apps.pair.models import Undertaking
from apps.services.models import Layer7
from apps.system import heartbeat, network
from apps.system.keepalived import Settings
from apps.unit.models import Peer, Role
from lbadmin.celery import app
from tests.pair.far_end import far_end
from tests.pair.other import Other

OWN, OTHERS = "10.98.0.1", "10.98.0.2"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("lan", "heart", "worker")]


@pytest.fixture
def lan() -> Iterator[None]:
    words = ["link", "add", "lan0", "up", "type", "veth", "peer", "name", "far0"]
    for line in (words, ["address", "add", f"{OWN}/24", "dev", "lan0"], ["link", "set", "far0", "up"]):
        subprocess.run(["ip", *line], check=True)
    yield
    subprocess.run(["ip", "link", "delete", "lan0"], check=True)


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Celery does what it is sent at once."""
    app.loader.import_default_modules()
    monkeypatch.setattr(app, "send_task", lambda name, given=(), **options: app.tasks[name](*given))


@pytest.fixture(autouse=True)
def told(heart: object) -> Iterator[None]:
    """What the heartbeat was told goes with the test."""
    yield
    heartbeat.configure(settings.PATHS, Settings(), [])
    heartbeat.release(settings.PATHS)


def become(role: Role | None) -> None:
    """The other unit is away for ever."""
    if role:
        Other().become_peer(role)
        Peer.objects.update(own_address=OWN, address="127.0.0.1", port=1)


@pytest.mark.parametrize("role", [None, *Role])
def test_a_unit_that_stood_by_may_be_active_after_restart_heartbeat(role: Role | None) -> None:
    become(role)
    heartbeat.hold(settings.PATHS)
    assert not network.is_active()
    moving.restart_heartbeat("bob")
    assert not heartbeat.is_held(settings.PATHS)
    assert Undertaking.running() is None


def test_it_goes_on_standing_by_while_the_primary_answers(tmp_path: Path) -> None:
    """Before both were restarted they do not hear each other, and would both be active."""
    heartbeat.hold(settings.PATHS)
    with far_end(tmp_path) as far:
        far.become_peer(Role.SECONDARY)
        Peer.objects.update(own_address=OWN)
        said = moving.restart_heartbeat("bob")
    assert heartbeat.is_held(settings.PATHS)
    assert said.endswith("stands by until somebody presses Restart Heartbeat on lb2 (127.0.0.1).")


@pytest.mark.parametrize("address", [OTHERS, "2001:db8::2"])
def test_only_the_peer_reaches_the_ports_between_the_units(address: str) -> None:
    """Whichever family it has, of the other one nobody is the peer."""
    Other().become_peer(Role.PRIMARY)
    Peer.objects.update(address=address, own_address=OWN if address == OTHERS else "2001:db8::1")
    Layer7.objects.create(pk=1, replicate=True, replication_port=17778)
    subprocess.run(["ip", "address", "add", "2001:db8::1/64", "dev", "lan0", "nodad"], check=True)
    moving.apply_settings()
    words = ["nft", "list", "table", "inet", "lbadmin_heartbeat"]
    rules = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    family, other = ("ip", "ipv6") if address == OTHERS else ("ip6", "ipv4")
    for port in ("udp dport 6694", 'iifname != "lo" tcp dport 17778'):
        assert f"{port} {family} saddr != {address} drop" in rules
        assert f"{port} meta nfproto {other} drop" in rules

"""What is in the way of a pair is named, all of it at once, in sentences that say what to do."""

import time
from typing import Any

import pytest
from django.conf import settings

from apps.changes.models import Job, JobState, Kind
from apps.local.models import Trial
from apps.pair.models import Step, Undertaking, What
from apps.services.models import FloatingIP, Layer7, VirtualService
from apps.system import host
from apps.unit.models import Peer, Role
from tests.changes.recorded import certificate
from tests.pair.other import OTHERS, OWN, Other
from tests.terminations.site import ended

NAME = f"{host.hostname()} ({OWN})"
BUSY = f"Something else is being changed on {NAME} just now. Try again in a minute."

pytestmark = pytest.mark.django_db


def problem(answer: Any) -> str:
    assert answer.status_code == 409, answer.content
    return str(answer.json()["problem"])


def joins(other: Other, **changed: Any) -> str:
    """Why it does not."""
    before = list(Peer.objects.values())
    said = problem(other.join(other.introduction(**changed)))
    assert list(Peer.objects.values()) == before
    return said


def service() -> VirtualService:
    return VirtualService.objects.create(label="web", address="192.0.2.9", ports="80")


def test_who_proves_the_password_is_known_from_then_on_but_nothing_else_changes(other: Other) -> None:
    answer = other.join(other.introduction())
    assert answer.status_code == 200, answer.content
    peer = Peer.objects.get()
    assert (peer.role, peer.is_paired, peer.key) == (Role.SECONDARY, False, other.key)
    assert (peer.own_address, peer.address, peer.port, peer.hostname) == (OWN, OTHERS, 9443, "lb2")
    assert Peer.paired() is None


def test_the_same_one_may_come_again_after_it_was_cut_off(other: Other) -> None:
    other.join(other.introduction())
    assert other.join(other.introduction(port=9444)).status_code == 200
    assert Peer.objects.get().port == 9444


def test_of_two_primaries_the_first_is_the_one(other: Other) -> None:
    other.join(other.introduction())
    second = Other()
    said = problem(second.join(second.introduction()))
    assert said == f"{NAME} is Secondary of a pair with lb2 ({OTHERS}) already. Break that pair there first."
    assert Peer.objects.get().key == other.key


@pytest.mark.parametrize("role", Role)
def test_a_unit_of_a_pair_is_not_paired_again(other: Other, role: Role) -> None:
    other.become_peer(role)
    assert joins(other) == (
        f"{NAME} is {role.label} of a pair with lb2 ({OTHERS}) already. Break that pair there first."
    )


def test_both_run_the_same_version(other: Other) -> None:
    assert joins(other, version="0.9") == (
        f"{NAME} runs version {settings.VERSION}, this unit 0.9. Update the older one first."
    )


@pytest.mark.parametrize("seconds", [-3600, -3, 3, 3600])
def test_both_clocks_tell_the_same(other: Other, seconds: int) -> None:
    said = joins(other, clock=time.time() + seconds)
    assert said.startswith("The clocks of both units are ")
    assert said.endswith(" s apart; at most 2 s are allowed. Set them right.")


def test_it_has_no_virtual_services_floating_ips_and_ssl_terminations(other: Other) -> None:
    web = service()
    FloatingIP.objects.create(address="192.0.2.8")
    ended(certificate(), service=web, address="192.0.2.9", port=443)
    said = joins(other)
    for what in ("1 Virtual Service", "1 Floating IP", "1 SSL Termination"):
        assert f"{NAME} has {what}; a new peer must have none. Delete them there, and press Reload HAProxy." in said


def test_its_other_settings_are_in_nobodys_way(other: Other) -> None:
    Layer7.objects.create(pk=1, connect_timeout="7s")
    assert other.join(other.introduction()).status_code == 200


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.CHECKING, JobState.APPLYING, JobState.VERIFYING])
def test_nothing_is_being_committed(other: Other, state: JobState) -> None:
    Job.objects.create(kind=Kind.RELOAD, state=state)
    assert joins(other) == BUSY


def test_no_setting_is_on_trial(other: Other) -> None:
    Trial.objects.create(kind="webui", old={}, new={}, deadline="2099-01-01T00:00Z")
    assert joins(other) == BUSY


@pytest.mark.parametrize("step", [Step.WAITING, Step.PROVING, Step.WORKING])
def test_nothing_else_is_under_way(other: Other, step: Step) -> None:
    Undertaking.objects.create(what=What.PAIR, step=step)
    assert joins(other) == BUSY


def test_what_has_ended_is_in_nobodys_way(other: Other) -> None:
    Undertaking.objects.create(what=What.PAIR, step=Step.FAILED)
    Undertaking.objects.create(what=What.HOLD, step=Step.WORKING, is_part=True)
    Job.objects.create(kind=Kind.RELOAD, state=JobState.REFUSED)
    assert other.join(other.introduction()).status_code == 200


@pytest.mark.parametrize("address", ["192.0.2.77", "127.0.0.9"])
def test_the_address_is_its_own(other: Other, address: str) -> None:
    said = joins(other, address=address)
    assert said == f"{address} is no address of its own of {host.hostname()} ({address}). Use one that stays there."


def test_it_runs_as_root(other: Other) -> None:
    settings.PATHS.heartbeat_told.unlink()
    said = joins(other)
    settings.PATHS.heartbeat_told.touch()
    assert said == f"On {NAME} lbadmin does not run as root, so it cannot hold floating IPs. Start it as root."


def test_all_that_is_in_the_way_is_told_at_once(other: Other) -> None:
    service()
    Job.objects.create(kind=Kind.RELOAD)
    said = joins(other, version="0.9", clock=0.0)
    for words in ("runs version", "The clocks", "1 Virtual Service", BUSY):
        assert words in said

"""The plan where no virtual service changed: Advanced and Manual Configuration, floating IPs."""

from dataclasses import replace
from typing import Any

import pytest

from apps.haproxy.config import Config, Service
from apps.haproxy.parts import parts
from apps.haproxy.plan import AddAddress, Plan, RemoveAddress, plan
from apps.haproxy.render import render
from apps.services.models import FloatingIP, Layer7, ManualConfiguration
from tests.haproxy.test_render import HOST, rip, vip

SERVICES = (Service(vip(), (rip(),)),)
BEFORE = Config(HOST, SERVICES)
PAGE = "Layer 7 – Advanced Configuration"
FLOATING = FloatingIP(pk=1, address="192.0.2.250")


def changed(**options: Any) -> Plan:
    return plan(BEFORE, replace(BEFORE, layer7=Layer7(pk=1, **options)))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"redispatch": False}, f"Redispatch changed in {PAGE}"),
        ({"rise": 3, "fall": 4}, f"Rise and Fall changed in {PAGE}"),
        ({"logging": True}, f"Logging changed in {PAGE}"),
        ({"stats_password": "$6$"}, f"Statistics Password changed in {PAGE}"),
        (
            {"replicate": True, "replication_port": 9},
            f"Persistence Table Replication and Persistence Table Replication Port changed in {PAGE}",
        ),
    ],
)
def test_what_haproxy_reads_needs_a_reload(options: dict[str, Any], words: str) -> None:
    assert changed(**options) == Plan((), (words,))


@pytest.mark.parametrize(
    "options",
    [
        {"locked": True},
        {"transparent": True},
        {"errors_only": True},  # without Logging
        {"stats_port": 9},  # without a password
        {"multithreading": True, "ulimit": 90000},
        {"mail_from": "lb@example.com"},
    ],
)
def test_what_changes_nothing_needs_none(options: dict[str, Any]) -> None:
    assert changed(**options) == Plan()


def test_manual_configuration_needs_a_reload() -> None:
    after = replace(BEFORE, manual=ManualConfiguration(pk=1, text="backend a\n"))
    assert plan(BEFORE, after).reasons == ("Layer 7 – Manual Configuration changed",)


def test_addresses_alone_need_none() -> None:
    after = replace(BEFORE, floating=(FLOATING,))
    assert plan(BEFORE, after) == Plan((AddAddress("192.0.2.250"),))
    assert plan(after, BEFORE) == Plan((RemoveAddress("192.0.2.250"),))
    assert plan(BEFORE, after).is_about_addresses


def test_an_address_that_a_service_has_anyway_changes_nothing() -> None:
    assert plan(BEFORE, replace(BEFORE, floating=(FloatingIP(pk=1, address=vip().address),))) == Plan()


# --- parts ---------------------------------------------------------------------------------------


def different(after: Config) -> set[str]:
    old, new = parts(BEFORE, render(BEFORE)), parts(after, render(after))
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


def test_each_part_is_told_apart() -> None:
    label = vip().label
    assert different(replace(BEFORE, layer7=Layer7(pk=1, rise=3))) == {PAGE}
    assert different(replace(BEFORE, manual=ManualConfiguration(pk=1, text="#\n"))) == {
        "Layer 7 – Manual Configuration"
    }
    assert different(replace(BEFORE, floating=(FLOATING,))) == {"Floating IP 192.0.2.250"}
    assert different(replace(BEFORE, services=(Service(vip(ports="81"), (rip(),)),))) == {label}


def test_logging_is_no_change_of_the_services_that_are_logged() -> None:
    assert different(replace(BEFORE, layer7=Layer7(pk=1, logging=True))) == {PAGE}


def test_a_name_that_has_to_be_looked_up_is_a_change_of_its_service_alone() -> None:
    assert different(replace(BEFORE, services=(Service(vip(), (rip(address="one.example"),)),))) == {vip().label}


def test_a_service_that_is_written_by_hand_from_now_on_is_changed_not_removed() -> None:
    after = replace(BEFORE, services=(Service(vip(manual=True), (rip(),)),))
    assert vip().label in parts(after, render(after))
    assert different(after) == {vip().label}

"""Set Source Address and Source IP address: real servers see it, and only an address that is there is taken."""

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from apps.changes import versions
from apps.changes.models import JobState
from apps.services.models import FloatingIP, RealServer, VirtualService
from apps.system import network
from tests.changes.committing import commit, reload
from tests.changes.conftest import PORT
from tests.changes.proxied import proxied
from tests.changes.test_ipv6 import asked

SOURCE, SOURCE6 = "127.0.0.77", "fd00:77::1"
ELSEWHERE = "203.0.113.9"

pytestmark = pytest.mark.usefixtures("running")


@pytest.fixture
def server_port() -> Iterator[int]:
    with proxied(required=False) as port:
        yield port


@pytest.fixture
def own_ipv6() -> Iterator[str]:
    """An address that this host has of its own."""
    subprocess.run(["ip", "address", "add", f"{SOURCE6}/128", "dev", "lo", "nodad"], check=True)
    yield SOURCE6
    subprocess.run(["ip", "address", "delete", f"{SOURCE6}/128", "dev", "lo"], check=True)


def change(**fields: Any) -> None:
    VirtualService.objects.update(**fields)


def test_real_servers_see_it() -> None:
    change(source_address=SOURCE)
    reload()
    assert asked("127.0.0.9", PORT)["peer"] == SOURCE
    change(source_address="")
    reload()
    assert asked("127.0.0.9", PORT)["peer"] == "127.0.0.1"


def test_each_real_server_is_spoken_to_from_its_own_kind(own_ipv6: str) -> None:
    with proxied("::1", required=False) as port:
        RealServer.objects.filter(label="two").update(address="::1", port=port)
        change(source_address=own_ipv6, balance="roundrobin", persistence="none")
        reload()
        assert {asked("127.0.0.9", PORT)["peer"] for _ in range(4)} == {own_ipv6, "127.0.0.1"}


@pytest.mark.parametrize("option", ["source_address", "check_source"])
def test_an_address_that_is_elsewhere_is_refused_before_anything_changes(option: str) -> None:
    before = versions.current()
    change(**{option: ELSEWHERE})
    job = commit()
    label = {"source_address": "Set Source Address", "check_source": "Source IP address"}[option]
    assert job.state == JobState.REFUSED
    assert job.sentence.startswith(f"web · {label}: {ELSEWHERE} is not an address of this host.")
    assert job.place.endswith(f"#id_{option}")
    assert versions.current() == before


def test_where_it_counts_for_nothing_it_is_not_looked_at() -> None:
    change(check_source=ELSEWHERE, check_type="none", source_address="")
    reload()


def test_a_floating_ip_that_goes_is_no_source(heart: object) -> None:
    floating = FloatingIP.objects.create(address="fd00:78::1")
    assert commit().state == JobState.DONE
    change(source_address=floating.address)
    floating.delete()
    assert "fd00:78::1 is not an address of this host" in commit().sentence
    change(source_address="")
    assert commit().state == JobState.DONE
    assert "fd00:78::1" not in {item.address for item in network.addresses()}

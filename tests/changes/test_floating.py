"""Floating IPs: the list, extra ones, and what a commit and Fix do on this host. It has a network of its own."""

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from apps.changes import candidate, engine, floating
from apps.changes.models import Job, JobState, Kind
from apps.common.models import Generation
from apps.services.models import FloatingIP, VirtualService
from apps.system import haproxy, heartbeat, network

PAGE = "/lbadmin/cluster/floating-ips/"
GATEWAY, SECOND = "10.99.0.250", "10.99.1.250"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@pytest.fixture(autouse=True)
def interfaces() -> Iterator[None]:
    for name, address in (("lan0", "10.99.0.1/24"), ("lan1", "10.99.1.1/24")):
        ip("link", "add", name, "up", "type", "veth", "peer", "name", f"far-{name}")
        ip("address", "add", address, "dev", name)
        ip("link", "set", f"far-{name}", "up")
    yield
    for name in ("lan0", "lan1"):
        ip("link", "delete", name)


def add(admin: Client, address: str) -> Any:
    return admin.post(PAGE, {"address": address})


def commit() -> Job:
    Generation.touch()
    job = Job.objects.create(kind=Kind.RELOAD)
    engine.commit(job)
    assert job.state == JobState.DONE, job.said or job.sentence
    return job


def shown() -> dict[str, tuple[str, str]]:
    return {line.address: (line.interface, line.state.word) for line in floating.lines()}


def test_the_list_says_where_each_is_and_who_uses_it(admin: Client, heart: object) -> None:
    add(admin, GATEWAY)
    page = admin.get(PAGE).content.decode()
    assert "Not running" in page
    assert ">web</a>" in page
    assert shown() == {GATEWAY: ("", "Not running"), "127.0.0.9": ("lo", "Present")}
    commit()
    assert shown()[GATEWAY] == ("lan0", "Present")
    assert [user.label for user in floating.users_of("127.0.0.9")] == ["web"]


def test_an_extra_address_comes_and_goes_without_a_reload(admin: Client, heart: object) -> None:
    worker = running_worker()
    add(admin, GATEWAY)
    page = admin.get("/lbadmin/commit/review/").content.decode()
    assert f"{GATEWAY} is added to this host." in page
    assert "HAProxy: nothing to do" in page
    assert f"Floating IP {GATEWAY} added" in admin.get(PAGE).content.decode()
    assert commit().sentence.startswith("The floating IPs of this host were changed. Nothing was reloaded")
    assert GATEWAY in {item.address for item in network.addresses() if item.ours}
    admin.post(f"{PAGE}{FloatingIP.objects.get().pk}/remove/")
    assert shown()[GATEWAY] == ("lan0", "Going")
    assert commit().sentence.startswith("The floating IPs of this host were changed.")
    assert GATEWAY not in {item.address for item in network.addresses()}
    assert running_worker() == worker


def running_worker() -> int:
    return haproxy.processes(settings.PATHS.haproxy_master_socket).worker


def test_removing_asks_first(admin: Client) -> None:
    add(admin, GATEWAY)
    asked = admin.get(f"{PAGE}{FloatingIP.objects.get().pk}/remove/").content.decode()
    assert "leaves this host with the next commit" in asked
    assert FloatingIP.objects.exists()


def test_one_that_is_used_is_kept(admin: Client) -> None:
    add(admin, GATEWAY)
    VirtualService.objects.create(label="web", address=GATEWAY, ports="80")
    answer = admin.post(f"{PAGE}{FloatingIP.objects.get().pk}/remove/", follow=True)
    assert f"{GATEWAY} is used by web." in answer.content.decode()
    assert FloatingIP.objects.exists()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (GATEWAY, "This is a floating IP already."),
        ("10.99.0.9", "The Virtual Service web has brought this floating IP already."),
        ("10.99.0", "Enter an IPv4 or IPv6 address"),
        ("", "Enter New Floating IP."),
    ],
)
def test_a_wrong_address_is_refused_in_words(admin: Client, address: str, words: str) -> None:
    add(admin, GATEWAY)
    VirtualService.objects.create(label="web", address="10.99.0.9", ports="80")
    answer = add(admin, address)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_fix_puts_a_missing_one_back(admin: Client, heart: object, at_once: None) -> None:
    add(admin, GATEWAY)
    commit()
    heartbeat.hold(settings.PATHS)  # so that keepalived does not put it back by itself
    assert shown()[GATEWAY] == ("", "Missing")
    heartbeat.release(settings.PATHS)
    answer = admin.post(f"{PAGE}fix/", {"address": GATEWAY}, follow=True)
    assert f"{GATEWAY} is on lan0." in answer.content.decode()
    assert shown()[GATEWAY] == ("lan0", "Present")


def test_fix_moves_one_to_the_interface_that_has_its_subnet_now(admin: Client, heart: object, at_once: None) -> None:
    add(admin, SECOND)
    commit()
    ip("address", "add", "10.99.1.130/25", "dev", "lan0")  # narrower than lan1's
    assert shown()[SECOND] == ("lan1", "Wrong interface")
    admin.post(f"{PAGE}fix/", {"address": SECOND})
    assert shown()[SECOND] == ("lan0", "Present")


def test_without_a_worker_fix_says_so(admin: Client, heart: object) -> None:
    answer = admin.post(f"{PAGE}fix/", {"address": GATEWAY}, follow=True)
    assert "The worker cannot be reached" in answer.content.decode()
    candidate._fingerprints.cache_clear()

"""Real servers that are names: HAProxy asks the host's name servers, and follows what they say."""

import http.client
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from apps.changes import candidate, engine, states
from apps.changes.models import Job, JobState, Kind
from apps.changes.review import review
from apps.common.models import Generation
from apps.haproxy.states import parse
from apps.overview.marks import server_mark
from apps.overview.snapshot import Server
from apps.services.models import RealServer, State, VirtualService
from apps.system import files, haproxy
from tests.changes.conftest import PORT
from tests.changes.names import Names, served_names, with_names
from tests.changes.server import served

NAME = "one.example.com"


@pytest.fixture
def names() -> Iterator[Names]:
    with served_names() as names:
        yield names


@pytest.fixture
def running(service: VirtualService, names: Names, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """HAProxy with this name server; its services have no health checks of seconds."""
    RealServer.objects.filter(label="two").delete()
    RealServer.objects.update(address=NAME)
    VirtualService.objects.update(check_interval="200ms", slow_start="1s", persistence="none", fallback_address="")
    files.remove_tree(settings.PATHS.haproxy)
    settings.PATHS.server_state.parent.mkdir(parents=True)
    engine.prepare_first_start()
    words = [haproxy.BINARY, "-W", "-S", f"{settings.PATHS.haproxy_master_socket},mode,600"]
    with (settings.PATHS.log / "haproxy.log").open("wb") as log:
        start = [*with_names(tmp_path), *words, "-f", str(settings.PATHS.haproxy_config)]
        process = subprocess.Popen(start, stdout=log, stderr=log)
        haproxy.wait(settings.PATHS.haproxy_admin_socket, settings.PATHS.haproxy_master_socket)
        yield process
        process.terminate()
        process.wait(10)
    candidate._fingerprints.cache_clear()


pytestmark = pytest.mark.usefixtures("running")


def row() -> dict[str, str]:
    (found,) = parse(haproxy.server_states(settings.PATHS.haproxy_admin_socket, "web")).values()
    return found


def get() -> int:
    link = http.client.HTTPConnection("127.0.0.9", PORT, timeout=5)
    link.request("GET", "/")
    return link.getresponse().status


def status() -> str:
    head, *rows = haproxy.ask(settings.PATHS.haproxy_admin_socket, "show stat web 4 -1").splitlines()
    return dict(zip(head.split(","), rows[0].split(","), strict=False))["status"]


def eventually(address: str, seconds: float = 20) -> None:
    """It has this address, and serves."""
    deadline = time.monotonic() + seconds
    while row()["srv_addr"] != address or get() != 200:
        assert time.monotonic() < deadline, (row(), status())
        time.sleep(0.1)


def reload() -> None:
    Generation.touch()
    job = Job.objects.create(kind=Kind.RELOAD)
    engine.commit(job)
    assert job.state == JobState.DONE, job.said or job.sentence


def test_it_is_up_once_its_name_is_known_and_follows_it(names: Names) -> None:
    assert row()["srv_addr"] == "-"
    assert server_mark(State.ONLINE, Server(status(), 0)).word == "Down"
    assert get() == 503
    names[NAME] = ["127.0.0.1"]
    eventually("127.0.0.1")
    names[NAME] = ["127.0.0.2"]
    with served(port=RealServer.objects.get().port or 0, address="127.0.0.2"):
        eventually("127.0.0.2")


def test_a_reload_keeps_the_address_it_has(names: Names) -> None:
    names[NAME] = ["127.0.0.1"]
    eventually("127.0.0.1")
    names.clear()  # nobody can be asked now
    VirtualService.objects.update(client_timeout="1m", timeout=True)
    reload()
    assert row()["srv_addr"] == "127.0.0.1"
    assert get() == 200


def test_a_drain_is_kept_before_and_after_its_name_is_known(names: Names) -> None:
    RealServer.objects.update(state=State.DRAIN)
    states.apply()
    VirtualService.objects.update(client_timeout="1m", timeout=True)
    reload()
    assert int(row()["srv_admin_state"]) & 0x08
    names[NAME] = ["127.0.0.1"]
    deadline = time.monotonic() + 20
    while row()["srv_addr"] != "127.0.0.1":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert status().startswith("DRAIN")
    RealServer.objects.update(state=State.ONLINE)
    states.apply()
    eventually("127.0.0.1")


def test_ipv6_and_the_family_of_the_service(names: Names) -> None:
    names[NAME] = ["::1"]
    with served(port=RealServer.objects.get().port or 0, address="::1"):
        eventually("::1")
        names[NAME] = ["::1", "127.0.0.1"]
        eventually("127.0.0.1")  # the virtual service is reached over IPv4


def test_another_name_needs_a_reload(names: Names) -> None:
    names[NAME] = names["other.example.com"] = ["127.0.0.1"]
    eventually("127.0.0.1")
    RealServer.objects.update(address="other.example.com")
    Generation.touch()
    found = review()
    assert found is not None
    assert found.cost.reasons == ("Real Server IP Address changed on one of web",)
    reload()
    eventually("127.0.0.1")
    assert row()["srv_fqdn"] == "other.example.com"

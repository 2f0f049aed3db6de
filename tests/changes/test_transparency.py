"""Transparent Proxy: real servers see the clients' own addresses, and nothing of it is left when it is turned off."""

import pwd
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from apps.changes import engine
from apps.changes.models import JobState
from apps.services.models import FloatingIP, RealServer, State, VirtualService
from apps.system import haproxy, transparency
from tests.changes import lan
from tests.changes.committing import commit, reload, told
from tests.changes.conftest import PORT as LOCAL_PORT
from tests.changes.lan import CLIENT, CLIENT6, GATEWAY, GATEWAY6, PORT, SERVER, SERVER6, VIP, VIP6, asked, ip
from tests.changes.load import fast_server, load
from tests.lab.backends import Backend
from tests.lab.lab import Lab

PLACES = {
    "IPv4": (f"http://{VIP}/", VIP, SERVER, CLIENT, {"10.10.40.11", GATEWAY}),
    "IPv6": (f"http://[{VIP6}]/", VIP6, SERVER6, CLIENT6, {"fd00:40::11", GATEWAY6}),
}
RULES = (["rule"], ["-6", "rule"], ["route", "show", "table", "all", "type", "local", "proto", "108"])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lan.hosts(tmp_path_factory.mktemp("lan")) as lab, lan.real_server(lab):
        yield lab


@pytest.fixture
def _gateways(lab: Lab, heart: subprocess.Popen[bytes]) -> Iterator[None]:
    for address in (GATEWAY, GATEWAY6):
        FloatingIP.objects.create(address=address)
    Path("/proc/sys/net/ipv4/conf/eth0/rp_filter").write_text("1")  # strict filtering goes with it
    yield
    transparency.keep(set(), settings.PATHS)


def change(**fields: object) -> None:
    VirtualService.objects.filter(label="lan").update(**fields)
    reload()


def add(address: str, server: str, port: int = PORT, **fields: object) -> VirtualService:
    service = VirtualService.objects.create(label="lan", address=address, ports="80", **fields)
    RealServer.objects.create(service=service, label="srv1", address=server, port=port)
    RealServer.objects.create(service=service, label="srv2", address=server, port=port, state=State.DRAIN)
    return service


def host() -> str:
    """Everything that could be left behind."""
    kernel = [*sorted(Path("/proc/sys/net").glob("ipv[46]/conf/*/*")), Path("/proc/sys/net/ipv4/ip_forward")]
    settings_ = [path.read_text() for path in kernel if path.name in {"send_redirects", "accept_ra", "forwarding"}]
    tables = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True).stdout
    return "\n".join([*(ip(*words) for words in RULES), tables, *settings_])


def user() -> str:
    """Whom the worker of HAProxy runs as."""
    worker = haproxy.processes(settings.PATHS.haproxy_master_socket).worker
    (line,) = (line for line in Path(f"/proc/{worker}/status").read_text().splitlines() if line.startswith("Uid:"))
    return pwd.getpwuid(int(line.split()[1])).pw_name


def settled() -> None:
    """No worker serves its last connections any more, and the worker of the queue has looked after it."""
    deadline = time.monotonic() + 10
    while haproxy.processes(settings.PATHS.haproxy_master_socket).old and time.monotonic() < deadline:
        time.sleep(0.05)
    engine.reconcile()


@pytest.mark.usefixtures("_gateways")
@pytest.mark.parametrize("family", PLACES)
def test_real_servers_see_the_client_while_it_is_on(lab: Lab, family: str) -> None:
    """And no request to any service is lost when HAProxy becomes root and an ordinary user again."""
    url, vip, server, client, own = PLACES[family]
    add(vip, server)
    with fast_server() as port:
        RealServer.objects.filter(service__label="web").update(port=port)
        reload()
        assert (asked(lab, url)["peer"] in own, user()) == (True, "haproxy")
        before = host()
        with load(f"http://127.0.0.9:{LOCAL_PORT}/") as outcome:
            change(transparent=True)
            assert (asked(lab, url)["peer"], user()) == (client, "root")
            assert told("lan") == {"srv1": "UP", "srv2": "DRAIN"}
            change(transparent=False)
            assert (asked(lab, url)["peer"] in own, user()) == (True, "haproxy")
    settled()
    assert outcome.failed == 0, outcome.said
    assert outcome.answered > 1000
    assert host() == before


@pytest.mark.usefixtures("_gateways")
def test_a_connection_goes_on_when_it_is_turned_off(lab: Lab) -> None:
    Backend(lab.node("srv1"), "SERVER1", {1200: "tcp"})
    add(VIP, SERVER, port=1200, transparent=True, protocol="tcp")
    reload()
    with lan.conversation(lab, VIP) as say:
        assert say("one") == "one"
        change(transparent=False)
        assert say("two") == "two"
        assert "fwmark" in ip("rule")
    settled()
    assert "fwmark" not in ip("rule")


@pytest.mark.usefixtures("_gateways")
@pytest.mark.parametrize("family", PLACES)
def test_a_server_is_added_while_haproxy_runs(lab: Lab, family: str) -> None:
    """Also the first one of a service."""
    url, vip, server, client, _ = PLACES[family]
    service = VirtualService.objects.create(
        label="lan", address=vip, ports="80", persistence="none", transparent=True, fallback_address=""
    )
    reload()
    assert not asked(lab, url)
    RealServer.objects.create(service=service, label="srv1", address=server, port=PORT)
    assert "Nothing was reloaded" in reload()
    assert asked(lab, url)["peer"] == client
    assert told("lan") == {"srv1": "UP"}


@pytest.mark.usefixtures("_gateways")
def test_clients_beside_the_real_servers_get_no_answer(lab: Lab) -> None:
    """As its help says: the real server answers them directly."""
    near = "10.10.40.100"
    lab.node("client").run(["ip", "address", "add", f"{near}/24", "dev", "eth0"])
    add(VIP, SERVER, transparent=True)
    reload()
    assert asked(lab, PLACES["IPv4"][0])["peer"] == CLIENT
    assert not asked(lab, PLACES["IPv4"][0], "--interface", near, "-m", "1")
    lab.node("client").run(["ip", "address", "delete", f"{near}/24", "dev", "eth0"])


@pytest.mark.usefixtures("_gateways")
def test_rules_that_somebody_flushed_are_back_within_a_minute(lab: Lab) -> None:
    add(VIP, SERVER, transparent=True)
    reload()
    ip("rule", "delete", "priority", "108")
    subprocess.run(["nft", "flush", "ruleset"], check=True)
    assert not asked(lab, PLACES["IPv4"][0], "-m", "1")
    engine.reconcile()
    assert asked(lab, PLACES["IPv4"][0])["peer"] == CLIENT


@pytest.mark.usefixtures("_gateways")
def test_a_host_that_cannot_refuses_the_commit_and_goes_on_as_before(lab: Lab) -> None:
    add(VIP, SERVER)
    reload()
    with unwritable(settings.PATHS.home / "transparency.json"):
        VirtualService.objects.filter(label="lan").update(transparent=True)
        job = commit()
    assert (job.state, user()) == (JobState.REFUSED, "haproxy")
    assert job.sentence.startswith("The host could not be prepared for Transparent Proxy (TProxy): ")
    assert asked(lab, PLACES["IPv4"][0])["peer"] != CLIENT


@contextmanager
def unwritable(path: Path) -> Iterator[None]:
    path.mkdir()
    yield
    path.rmdir()

"""Power off, cable pulled, programs killed, given away, taken over, come back: under traffic, with the clock."""

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.lab import client as talker
from tests.lab.backends import Backend
from tests.lab.lab import Lab
from tests.lab.node import Program
from tests.pair.units import CLIENTS, HAPROXY, HAPROXY_ALL, KEEPALIVED, SERVERS, VIP, Unit, make_pair, soon, two_units

UNPLANNED, PLANNED = 1.2, 0.3  # seconds without an answer
NOTICED = 30  # seconds: it looks three times before it believes, on a machine that has much to do
SERVICES = [
    {"label": "web", "address": VIP, "ports": "80", "protocol": "http", "port": 8080},
    {"label": "tcp", "address": VIP, "ports": "1200", "protocol": "tcp", "persistence": "ip", "port": 1200},
]


@dataclass
class World:
    lab: Lab
    lb1: Unit
    lb2: Unit
    directory: Path
    programs: list[Program] = field(default_factory=list)

    @property
    def answers(self) -> Path:
        return self.directory / "answers"

    def gap(self, work: Callable[[], object], settle: float = 3.0) -> float:
        """The longest time of requests without an answer, from the work until it has settled."""
        begun = time.monotonic()
        work()
        time.sleep(settle)
        lines = [line.split() for line in self.answers.read_text().splitlines()]
        asked = sorted((float(moment), answered == "1") for moment, answered in lines if float(moment) >= begun)
        assert any(answered for _, answered in asked)
        longest, since = 0.0, 0.0
        for moment, answered in asked:
            since = 0.0 if answered else since or moment
            longest = max(longest, moment - since if since else 0.0)
        return longest

    def both_own(self, since: float) -> float:
        """For how long both units had the floating IP."""
        spans = [_spans(self.directory / f"owned-{name}", since) for name in ("lb1", "lb2")]
        return sum(max(0.0, min(a[1], b[1]) - max(a[0], b[0])) for a in spans[0] for b in spans[1])

    def servers_of_clients(self) -> dict[str, str]:
        words = ["/usr/bin/python3", talker.__file__]
        node = self.lab.node("client")
        return {
            address: node.run([*words, address, VIP, "1200"], stdin="hello\n").stdout.split()[0] for address in CLIENTS
        }


def _spans(file: Path, since: float) -> list[tuple[float, float]]:
    found, begun = [], None
    for line in file.read_text().splitlines():
        moment, owned = float(line.split()[0]), line.split()[1] == "1"
        if owned and begun is None:
            begun = moment
        elif not owned and begun is not None:
            found.append((max(begun, since), moment))
            begun = None
    if begun is not None:
        found.append((max(begun, since), time.monotonic()))
    return [span for span in found if span[1] > since]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("pair")
    with two_units(directory) as (lab, lb1, lb2):
        for name in SERVERS:
            Backend(lab.node(name), name, {8080: "http", 1200: "tcp"})
        lb1.do("services", [_with_servers(dict(service)) for service in SERVICES])
        assert lb1.do("commit")["good"]
        make_pair(lb1)
        assert soon(lambda: lb2.look()["document"] == lb1.look()["document"])
        found = World(lab, lb1, lb2, directory)
        probe = Path(__file__).with_name("probe.py")
        words = ["/usr/bin/python3", str(probe), VIP, "80", str(found.answers)]
        found.programs.append(lab.node("client").popen(words))
        watch(found, lb1)
        watch(found, lb2)
        time.sleep(1)
        yield found
        for program in found.programs:
            program.stop()


def _with_servers(service: dict[str, object]) -> dict[str, object]:
    port = service.pop("port")
    servers = [{"label": name, "address": address, "port": port} for name, address in SERVERS.items()]
    return service | {"servers": servers}


def watch(world: World, unit: Unit) -> None:
    owners = Path(__file__).with_name("owners.py")
    file = world.directory / f"owned-{unit.node.name}"
    world.programs.append(unit.node.popen(["/usr/bin/python3", str(owners), VIP, str(file)]))


def at_rest(world: World) -> None:
    """lb1 is active, lb2 passive and in sync."""
    for unit in (world.lb1, world.lb2):
        unit.wait()
    assert soon(lambda: world.lb1.look()["active"] != world.lb2.look()["active"])
    if not world.lb1.look()["active"]:
        assert world.lb1.do("undertake", "take-over")["good"]
    assert soon(lambda: world.lb1.look()["active"] and not world.lb2.look()["active"])
    assert soon(lambda: world.lb1.do("push_now") == "", 30)


def test_given_away_and_taken_back(world: World) -> None:
    at_rest(world)
    begun = time.monotonic()
    assert world.gap(lambda: world.lb1.do("undertake", "give-away")) <= PLANNED
    assert (world.lb1.look()["active"], world.lb2.look()["active"]) == (False, True)
    assert world.gap(lambda: world.lb1.do("undertake", "take-over")) <= PLANNED
    assert (world.lb1.look()["active"], world.lb2.look()["active"]) == (True, False)
    assert world.both_own(begun) <= PLANNED


def test_clients_keep_their_server_when_the_active_unit_loses_its_power(world: World) -> None:
    at_rest(world)
    before = world.servers_of_clients()
    assert set(before.values()) == set(SERVERS)
    assert world.gap(world.lb1.power_off) <= UNPLANNED
    assert world.lb2.look()["active"]
    assert world.servers_of_clients() == before


def test_nothing_is_lost_when_it_comes_back(world: World) -> None:
    assert world.lb2.look()["active"]
    gap = world.gap(world.lb1.power_on, settle=10)
    watch(world, world.lb1)
    world.lb1.wait()
    assert gap == 0
    assert (world.lb1.look()["active"], world.lb2.look()["active"]) == (False, True)


def test_the_cable_of_the_active_unit_is_pulled(world: World) -> None:
    at_rest(world)
    begun = time.monotonic()
    assert world.gap(world.lb1.node.link_down) <= UNPLANNED
    assert world.gap(world.lb1.node.link_up) == 0
    assert world.both_own(begun) <= UNPLANNED


def test_keepalived_is_killed(world: World) -> None:
    at_rest(world)
    begun = time.monotonic()
    assert world.gap(lambda: world.lb1.kill(*KEEPALIVED), settle=4) <= UNPLANNED
    assert world.both_own(begun) <= UNPLANNED


def test_haproxy_is_killed(world: World) -> None:
    at_rest(world)
    assert world.gap(lambda: world.lb1.kill(*HAPROXY), settle=4) <= UNPLANNED


def test_restart_heartbeat_moves_nothing(world: World) -> None:
    at_rest(world)
    world.lb1.do("set_heartbeat", {"port": 6700})
    assert world.gap(lambda: world.lb1.do("undertake", "heartbeat")) <= PLANNED
    assert world.lb1.look()["active"]
    assert not world.lb2.look()["active"]
    assert (
        "6700"
        in subprocess.run(world.lb2.node.words(["ip", "-d", "link"]), capture_output=True, text=True, check=True).stdout
    )


def test_a_unit_whose_haproxy_does_not_answer_leaves_the_floating_ips_to_the_other(world: World) -> None:
    at_rest(world)
    world.lb1.signal("STOP", *HAPROXY_ALL)
    assert soon(lambda: bool(world.lb2.look()["active"]), NOTICED)
    assert not world.lb1.look()["active"]
    assert world.gap(lambda: world.lb1.signal("CONT", *HAPROXY_ALL), settle=4) == 0
    assert world.lb2.look()["active"]


def test_a_unit_that_does_not_reach_the_test_ip_address_leaves_them_too(world: World) -> None:
    at_rest(world)
    world.lb1.do("set_heartbeat", {"test_address": SERVERS["srv1"]})
    assert world.lb1.do("undertake", "heartbeat")["good"]
    rule = f"type filter hook output priority 0; ip daddr {SERVERS['srv1']} icmp type echo-request drop;"
    world.lb1.node.run(["nft", f"table inet deaf {{ chain output {{ {rule} }}; }}"])
    assert soon(lambda: bool(world.lb2.look()["active"]), NOTICED)
    world.lb1.node.run(["nft", "delete", "table", "inet", "deaf"])


def test_an_e_mail_tells_who_is_active_now(world: World) -> None:
    at_rest(world)
    mails = world.directory / "mails"
    words = ["/usr/bin/python3", str(Path(__file__).with_name("mailbox.py")), "25", str(mails)]
    world.programs.append(world.lab.node("srv2").popen(words))
    world.lb1.do("set_mail_server", SERVERS["srv2"])
    assert world.lb1.do("commit")["good"]
    world.lb1.do("set_heartbeat", {"mail_to": "admin@example.net", "mail_from": "lb@example.net"})
    assert world.lb1.do("undertake", "heartbeat")["good"]
    assert world.lb1.do("undertake", "give-away")["good"]
    assert soon(lambda: "MASTER" in mails.read_text() and "BACKUP" in mails.read_text())
    assert "RCPT TO:<admin@example.net>" in mails.read_text()

"""Units that do not reach each other, workers that are killed: afterwards both units run the same, or are apart."""

import time
from collections.abc import Iterator

import pytest

from tests.lab.appliance import PASSWORD
from tests.lab.lab import Lab
from tests.pair.units import APPLY, JOBS, PRIMARY, SECONDARY, VIP, Unit, make_pair, soon, two_units

KILLS = 4  # moments at which a worker is killed, spread over what it does
PAIR = {"own": PRIMARY, "peer": SECONDARY, "password": PASSWORD}


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, Unit, Unit]]:
    with two_units(tmp_path_factory.mktemp("pair")) as (lab, lb1, lb2):
        service = {"label": "web", "address": VIP, "ports": "80", "protocol": "http"}
        lb1.do("services", [service | {"servers": [{"label": "one", "address": "10.11.40.6", "port": 8080}]}])
        assert lb1.do("commit")["good"]
        yield lab, lb1, lb2


def run_the_same(lb1: Unit, lb2: Unit) -> bool:
    mine, others = lb1.look(), lb2.look()
    same = ("document", "states", "users", "passwords", "keepalive", "services")
    return all(mine[name] == others[name] for name in same) and bool(mine["document"])


def test_killed_while_pairing_both_are_apart_or_paired_and_equal(units: tuple[Lab, Unit, Unit]) -> None:
    _, lb1, lb2 = units
    outcomes = []
    for turn in range(2 * KILLS):
        before = lb2.look()
        victim, worker = (lb1, JOBS) if turn % 2 else (lb2, APPLY)
        lb1.do("begin_pairing", PAIR)
        time.sleep(0.05 + turn // 2 * 0.9 / KILLS)
        victim.kill(*worker)
        assert soon(lambda: lb1.do("at_rest") and lb2.do("at_rest"), 60)
        paired = lb1.look()["paired"]
        assert soon(lambda paired=paired: lb2.look()["paired"] == paired, 20)  # type: ignore[misc]
        if paired:
            assert soon(lambda: run_the_same(lb1, lb2), 20)
            assert lb1.do("undertake", "break")["good"]
        else:
            lb2.do("forget")  # what ends by itself after three minutes
            assert {name: lb2.look()[name] for name in ("users", "passwords", "services")} == {
                name: before[name] for name in ("users", "passwords", "services")
            }
        outcomes.append(paired)
    assert any(outcomes)


def test_killed_during_a_push_the_secondary_ends_up_with_the_newest(units: tuple[Lab, Unit, Unit]) -> None:
    _, lb1, lb2 = units
    make_pair(lb1)
    for turn in range(2 * KILLS):
        victim, worker = (lb1, JOBS) if turn % 2 else (lb2, APPLY)
        lb1.do("change", {"label": "web", "balance": "roundrobin" if turn % 2 else "leastconn"})
        assert lb1.do("commit")["good"]
        time.sleep(turn // 2 * 0.6 / KILLS)
        victim.kill(*worker)
        assert soon(lambda: run_the_same(lb1, lb2), 40)
    assert soon(lambda: lb1.do("push_now") == "", 30)


def test_drain_follows_at_once(units: tuple[Lab, Unit, Unit]) -> None:
    _, lb1, lb2 = units
    lb1.do("drain", "one")
    assert soon(lambda: lb2.look()["states"] == {"one": "drain"}, 5)


def test_apart_both_serve_and_healed_both_are_equal(units: tuple[Lab, Unit, Unit]) -> None:
    _, lb1, lb2 = units
    assert lb1.look()["active"]
    part(lb2)
    assert soon(lambda: bool(lb2.look()["active"]), 10)
    assert lb1.look()["active"]
    lb1.do("change", {"label": "web", "ports": "80,8081"})
    assert lb1.do("commit")["good"]
    assert soon(lambda: bool(lb1.look()["unreachable"]), 20)
    time.sleep(5)
    heal(lb2)
    assert soon(lambda: not lb2.look()["active"], 5)
    assert lb1.look()["active"]
    assert soon(lambda: run_the_same(lb1, lb2), 40)
    assert soon(lambda: not lb1.look()["unreachable"], 20)


def part(unit: Unit) -> None:
    """Neither unit hears the other; clients reach both."""
    rule = f"type filter hook input priority -100; ip saddr {PRIMARY} drop;"
    unit.node.run(["nft", f"table inet apart {{ chain input {{ {rule} }}; }}"])


def heal(unit: Unit) -> None:
    unit.node.run(["nft", "delete", "table", "inet", "apart"])


def test_broken_both_are_primaries_and_only_one_has_services(units: tuple[Lab, Unit, Unit]) -> None:
    _, lb1, lb2 = units
    assert lb1.do("undertake", "break")["good"]
    assert lb1.do("undertake", "heartbeat")["good"]
    mine, others = lb1.look(), lb2.look()
    assert (mine["role"], mine["paired"], mine["services"], mine["floating"]) == ("primary", False, ["web"], [VIP])
    assert (others["role"], others["paired"], others["services"], others["floating"]) == ("primary", False, [], [])
    assert others["users"] == mine["users"]


def test_a_wrong_password_leaves_both_as_they_were(units: tuple[Lab, Unit, Unit]) -> None:
    _, lb1, lb2 = units
    assert soon(lambda: lb1.look()["active"] and lb2.look()["active"])  # each on its own by now
    before = [unit.look() for unit in (lb1, lb2)]
    done = lb1.do("pair", PAIR | {"password": "not this one"})
    assert not done["good"]
    assert "The password of the user loadbalancer on lb2 is another one." in done["sentence"]
    assert [unit.look() for unit in (lb1, lb2)] == before


def test_a_peer_that_has_services_is_refused(units: tuple[Lab, Unit, Unit]) -> None:
    _, lb1, lb2 = units
    lb2.do("services", [{"label": "other", "address": "10.11.40.51", "ports": "80", "protocol": "http"}])
    done = lb1.do("pair", PAIR)
    assert "lb2 (10.11.40.56) has 1 Virtual Service; a new peer must have none." in done["sentence"]
    assert not lb1.look()["acquainted"]


def test_nobody_there_is_said(units: tuple[Lab, Unit, Unit]) -> None:
    done = units[1].do("pair", PAIR | {"peer": "10.11.40.77"})
    assert not done["good"]
    assert done["sentence"].startswith("10.11.40.77 does not answer on port 9443:")

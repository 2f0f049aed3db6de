"""Floating IPs and keepalived, in a network namespace of the test's own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SETUP = "ip link set lo up; ip link add eth0 type veth peer name far; ip addr add 10.10.40.11/16 dev eth0; "
SETUP += "ip addr add 2001:db8::11/64 dev eth0 nodad; ip link set eth0 up; ip link set far up"
HOST = {"10.10.40.11": "eth0", "2001:db8::11": "eth0"}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the program below saw, by the names of its steps."""
    home = Path(os.environ["LBADMIN_HOME"]) / "heartbeat-test"
    words = ["unshare", "--net", "sh", "-ec", f'{SETUP}; exec "$@"', "sh", sys.executable, "-m", "tests.system.beats"]
    done = subprocess.run([*words, str(home)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_an_address_goes_to_the_interface_of_its_subnet_and_leaves_again(said: dict[str, Any]) -> None:
    for family in ("4", "6"):
        address = {"4": "10.10.40.217", "6": "2001:db8::217"}[family]
        assert said[f"added {family}"] == {"warnings": [], "found": HOST | {address: "eth0"}}
        assert said[f"removed {family}"]["found"] == HOST


def test_an_address_that_the_host_has_is_never_removed(said: dict[str, Any]) -> None:
    assert said["own"]["found"] == said["own again"]["found"] == HOST


def test_an_address_of_no_subnet_goes_to_loopback_with_a_warning_each_time(said: dict[str, Any]) -> None:
    assert said["nowhere"]["found"] == HOST | {"192.0.2.1": "lo"}
    assert "No interface of this host is in the subnet of 192.0.2.1" in str(said["nowhere"]["warnings"])
    assert said["nowhere again"] == said["nowhere"]


def test_a_thousand_come_and_one_more_without_touching_the_others(said: dict[str, Any]) -> None:
    assert said["thousand"] == 1000
    assert said["changed by one more"] == ["+ 10.10.50.1"]
    assert said["changed by one less"] == ["- 10.10.41.1"]


def test_a_peer_another_pace_and_another_port_leave_them_where_they_are(said: dict[str, Any]) -> None:
    assert said["changed by a peer"] == []
    assert said["changed by another pace"] == []
    assert said["link"] == {"port": "6695", "remote": "10.10.40.12", "names": ["lbhb1"]}
    assert said["away for another port"] < 0.3
    assert said["changed without a peer"] == []


def test_a_unit_that_is_held_has_none_until_it_is_released(said: dict[str, Any]) -> None:
    assert said["held"] == HOST
    assert said["released"] == HOST | {"10.10.40.217": "eth0"}


def test_what_was_left_by_a_killed_keepalived_goes_at_its_start(said: dict[str, Any]) -> None:
    assert said["killed"] == HOST | {"10.10.40.217": "eth0"}
    assert said["warnings while it is away"] == [
        "10.10.40.218 is not on this host, because the heartbeat does not run. It is started again by itself; "
        "look at its log."
    ]
    assert said["started again"] == HOST | {"10.10.40.218": "eth0"}


def test_it_ends_with_nothing_left(said: dict[str, Any]) -> None:
    assert said["ended"] == HOST

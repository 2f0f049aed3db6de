"""Floating IPs, in a network namespace of the test's own."""

import json
import subprocess
import sys

import pytest

SETUP = "ip link set lo up; ip link add eth0 type veth peer name far; ip addr add 10.10.40.11/24 dev eth0; "
SETUP += "ip addr add 2001:db8::11/64 dev eth0 nodad; ip link set eth0 up; ip link set far up"
PROBE = """
import json, sys
from apps.system import network
steps = []
for wanted in json.loads(sys.argv[1]):
    warnings = network.keep(wanted)
    there = [item for item in network.addresses() if not item.address.startswith(("fe80", "127", "::1"))]
    found = {item.address: item.interface for item in there}
    steps.append({"warnings": warnings, "found": found})
print(json.dumps(steps))
"""
HOST = {"10.10.40.11": "eth0", "2001:db8::11": "eth0"}


def keep(*wanted: list[str]) -> list[dict[str, object]]:
    """What is there, and what was warned of, after each step."""
    words = ["unshare", "-n", "sh", "-ec", f'{SETUP}; exec "$@"', "sh", sys.executable, "-c", PROBE, json.dumps(wanted)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("address", ["10.10.40.217", "2001:db8::217"])
def test_an_address_goes_to_the_interface_of_its_subnet_and_leaves_again(address: str) -> None:
    there, gone = keep([address], [])
    assert there == {"warnings": [], "found": HOST | {address: "eth0"}}
    assert gone["found"] == HOST


def test_an_address_that_the_host_has_is_never_removed() -> None:
    assert [step["found"] for step in keep(["10.10.40.11"], [])] == [HOST, HOST]


def test_an_address_of_no_subnet_goes_to_loopback_with_a_warning_each_time() -> None:
    first, second = keep(["192.0.2.1"], ["192.0.2.1"])
    assert first["found"] == HOST | {"192.0.2.1": "lo"}
    assert "No interface of this host is in the subnet of 192.0.2.1" in str(first["warnings"])
    assert second == first

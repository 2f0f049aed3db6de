"""Where clients arrive: lists and ranges of ports, addresses of both kinds, and services that listen nowhere."""

import subprocess
from typing import Any

import pytest

from apps.services.conditions import Condition, Match, write
from apps.services.models import AclRule, RealServer, VirtualService
from tests.traffic.clients import VIP, Client
from tests.traffic.conftest import Start, balanced
from tests.traffic.machines import Farm, farm


@pytest.mark.parametrize("protocol", ["http", "tcp"])
def test_every_port_of_lists_and_ranges_leads_to_the_same_port_of_the_real_server(protocol: str, start: Start) -> None:
    """The Real Server Port is blank."""
    ports = [18090, 18100, 18101, 18102, 18443]
    with farm() as machines:
        for port in ports:
            machines.add(str(port), "127.0.1.1", port)
        service = balanced(ports="18090,18100-18102,18443", protocol=protocol)
        RealServer.objects.create(service=service, label="one", address="127.0.1.1")
        start()
        assert [Client(to=(VIP, port)).who() for port in ports] == [str(port) for port in ports]


def test_every_port_leads_to_the_one_of_the_real_server_when_it_has_one(start: Start, machines: Farm) -> None:
    balanced(machines["one"], ports="18090,18100-18101")
    start()
    assert [Client(to=(VIP, port)).who() for port in (18090, 18100, 18101)] == ["one"] * 3


@pytest.fixture
def addresses() -> None:
    for number in range(1, 5):
        subprocess.run(["ip", "addr", "replace", f"fd00::{number}/128", "dev", "lo"], check=True)


@pytest.mark.usefixtures("addresses")
@pytest.mark.parametrize(("vip", "rip"), [("fd00::1", "fd00::2"), ("fd00::1", "127.0.1.1"), (VIP, "fd00::2")])
def test_ipv4_and_ipv6_go_together(vip: str, rip: str, start: Start) -> None:
    source = "fd00::3" if ":" in vip else "127.0.2.1"
    with farm() as machines:
        balanced(machines.add("one", rip), address=vip)
        start()
        assert Client(source, (vip, 18480)).who() == "one"
        assert machines["one"].asked[0].headers["x-forwarded-for"] == source


def by_path(service: VirtualService, target: VirtualService) -> None:
    conditions = write([Condition("and", False, Match.PATH_BEG.value, "", "/far")])
    AclRule.objects.create(service=service, conditions=conditions, action="backend", value=target.label)


class TestBackendOnly:
    @pytest.fixture
    def far(self) -> dict[str, Any]:
        return {"label": "far", "address": "", "ports": "", "backend_only": True}

    def test_a_rule_of_another_service_leads_there(self, far: dict[str, Any], start: Start, machines: Farm) -> None:
        target = balanced(machines["two"], **far)
        by_path(balanced(machines["one"]), target)
        appliance = start()
        appliance.wait_for("two", "UP", "far")
        assert (Client().get("/near").body, Client().get("/far/x").body) == ("one", "two")

    @pytest.mark.parametrize("mode", ["ip", "http", "xff"])
    def test_it_keeps_its_own_clients(self, mode: str, far: dict[str, Any], start: Start, machines: Farm) -> None:
        target = balanced(machines["two"], machines["three"], **far, persistence=mode, cookie="FAR")
        by_path(balanced(machines["one"]), target)
        start()
        people = [Client(f"127.0.2.{number}") for number in range(1, 5)]
        first = [person.get("/far").body for person in people]
        assert sorted(first) == ["three", "three", "two", "two"]
        assert [person.get("/far").body for person in people[::-1]] == first[::-1]

    def test_its_limits_and_headers_count(self, far: dict[str, Any], start: Start, machines: Farm) -> None:
        machines["two"].delay = 2
        own = {"timeout": True, "server_timeout": "300ms", "hsts": True}
        by_path(balanced(machines["one"]), balanced(machines["two"], **far, **own))
        start()
        assert Client().get("/far").status == 504
        machines["two"].delay = 0
        assert "strict-transport-security" in Client().get("/far").headers
        assert "strict-transport-security" not in Client().get("/").headers

"""Who answers when no real server can: the appliance's own page, another server, or nobody."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.traffic.clients import Client
from tests.traffic.conftest import Start, balanced
from tests.traffic.machines import Farm
from tests.traffic.tls import server_context


def failing(start: Start, machines: Farm, fallback: tuple[str, int | None], **fields: Any) -> None:
    """A service whose only real server is gone."""
    address, port = fallback
    balanced(machines["one"], fallback_address=address, fallback_port=port, **fields)
    appliance = start()
    machines.fail("one")
    appliance.wait_for("one", "DOWN")


def test_the_built_in_page_answers_on_the_port_it_has(start: Start, machines: Farm) -> None:
    """The port of the appliance's own page is a setting of the host; 9081 on 127.0.0.1 always means that page."""
    machines.add("page", "127.0.0.1", settings.ENVIRONMENT.fallback_port)
    failing(start, machines, ("127.0.0.1", 9081))
    assert Client().who() == "page"


@pytest.mark.parametrize("protocol", ["http", "tcp"])
def test_another_server_answers_until_a_real_server_is_back(protocol: str, start: Start, machines: Farm) -> None:
    fallback = machines.add("fallback")
    balanced(machines["one"], fallback_address=fallback.address, fallback_port=fallback.port, protocol=protocol)
    appliance = start()
    assert Client().who() == "one"
    machines.fail("one")
    appliance.wait_for("one", "DOWN")
    assert Client().who() == "fallback"
    machines.begin("one")
    appliance.wait_for("one", "UP")
    assert Client().who() == "one"


def test_with_no_address_nobody_answers(start: Start, machines: Farm) -> None:
    failing(start, machines, ("", None))
    assert Client().get().status == 503


def test_it_is_spoken_to_in_tls_when_encrypted(start: Start, machines: Farm, pem: Path) -> None:
    machines.context = lambda: server_context(pem)
    fallback = machines.add("fallback")
    failing(start, machines, (fallback.address, fallback.port), fallback_encrypted=True)
    assert Client().who() == "fallback"


@pytest.mark.parametrize("mode", ["ip", "http", "http_ip", "xff"])
@pytest.mark.parametrize("persistent", [True, False])
def test_who_came_there_stays_only_when_persistent(mode: str, persistent: bool, start: Start, machines: Farm) -> None:
    fallback = machines.add("fallback")
    place = {"fallback_address": fallback.address, "fallback_port": fallback.port}
    balanced(machines["one"], **place, fallback_persistent=persistent, persistence=mode)
    appliance = start()
    known, new = Client(), Client("127.0.2.2")
    machines.fail("one")
    appliance.wait_for("one", "DOWN")
    assert known.who() == "fallback"
    machines.begin("one")
    appliance.wait_for("one", "UP")
    assert known.who() == ("fallback" if persistent else "one")
    assert new.who() == "one"

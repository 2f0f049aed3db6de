"""IPv6 wherever an address goes, with real traffic."""

import http.client
import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest

from apps.changes.models import JobState
from apps.services.conditions import Condition, write
from apps.services.models import AclRule, Layer7, RealServer, State, VirtualService
from apps.system import network
from tests.changes.committing import commit, reload, told
from tests.changes.conftest import PORT
from tests.changes.proxied import Server, proxied

VIP, VIP6 = "127.0.0.9", "fd00:9::1"

pytestmark = pytest.mark.usefixtures("running")


@pytest.fixture
def server_port() -> Iterator[int]:
    """Of real servers on ::1."""
    with proxied("::1", required=False) as port:
        yield port


def change(**fields: Any) -> None:
    VirtualService.objects.update(**{"persistence": "none"} | fields)


def asked(to: str, port: int, source: str = "") -> dict[str, Any]:
    link = http.client.HTTPConnection(to, port, timeout=5, source_address=(source, 0) if source else None)
    link.request("GET", "/")
    answer = link.getresponse()
    return dict(json.load(answer)) if answer.status == 200 else {"status": answer.status}


@pytest.fixture
def floating(heart: object) -> Iterator[None]:
    """The service has a floating IPv6 address, which goes again with it."""
    change(address=VIP6)
    RealServer.objects.update(address="::1")
    assert commit().state == JobState.DONE
    yield
    change(address=VIP)
    assert commit().state == JobState.DONE
    assert VIP6 not in {item.address for item in network.addresses()}


@pytest.mark.usefixtures("floating")
def test_a_floating_address_serves_at_once() -> None:
    """It is not held back while the network is asked whether somebody has it already."""
    found = asked(VIP6, PORT)
    assert (found["peer"], "x-forwarded-for: fd00:9::1") == ("::1", found["headers"][-1])
    assert told("web") == {"one": "UP", "two": "UP"}


@pytest.mark.usefixtures("floating")
def test_states_survive_a_reload() -> None:
    RealServer.objects.filter(label="two").update(state=State.DRAIN)
    change(balance="roundrobin")
    assert commit().state == JobState.DONE
    assert told("web") == {"one": "UP", "two": "DRAIN"}
    change(balance="leastconn")
    assert commit().state == JobState.DONE
    assert told("web") == {"one": "UP", "two": "DRAIN"}


def test_clients_and_servers_of_different_kinds() -> None:
    RealServer.objects.update(address="::1")
    reload()
    assert asked(VIP, PORT)["peer"] == "::1"
    with proxied(required=False) as port:
        RealServer.objects.update(address="127.0.0.1", port=port)
        change(address="::1")
        reload()
        assert asked("::1", PORT)["peer"] == "127.0.0.1"


def test_a_server_is_added_while_haproxy_runs(service: VirtualService, server_port: int) -> None:
    change(balance="roundrobin")
    reload()
    RealServer.objects.create(service=service, label="six", address="::1", port=server_port)
    RealServer.objects.exclude(label="six").delete()
    assert "Nothing was reloaded" in reload()
    assert asked(VIP, PORT)["peer"] == "::1"


def test_the_fallback_server(server_port: int) -> None:
    RealServer.objects.all().delete()
    change(fallback_address="::1", fallback_port=server_port)
    reload()
    assert asked(VIP, PORT)["peer"] == "::1"


def test_sources_in_a_rule(service: VirtualService) -> None:
    conditions = write([Condition("", False, "src_blk", "", "192.0.2.0/24 ::1/128")])
    AclRule.objects.create(service=service, action="deny", conditions=conditions)
    RealServer.objects.update(address="::1")
    change(address="::1")
    reload()
    assert asked("::1", PORT) == {"status": 403}
    AclRule.objects.update(conditions=conditions.replace("::1/128", "2001:db8::/32"))
    reload()
    assert asked("::1", PORT)["peer"] == "::1"


def test_persistence_by_the_clients_address() -> None:
    RealServer.objects.update(address="::1")
    change(address="::1", persistence="ip", balance="roundrobin")
    reload()
    servers = [asked("::1", PORT) for _ in range(4)]
    assert len(servers) == 4
    assert sum(map(int, told("web", "stot").values())) == 4
    assert "0" in told("web", "stot").values()


class Mail(socketserver.StreamRequestHandler):
    """Takes what is sent to it."""

    got: ClassVar[list[str]] = []

    def handle(self) -> None:
        self.say("220 here")
        for line in iter(lambda: self.rfile.readline().decode().strip(), ""):
            self.got.append(line)
            if line == "DATA":
                self.say("354 go on")
                self.got.extend(iter(lambda: self.rfile.readline().decode().strip(), "."))
            self.say("221 bye" if line == "QUIT" else "250 good")

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def mail_server() -> Iterator[int]:
    with Server(("::1", 0), Mail) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_the_mail_server() -> None:
    with mail_server() as port:
        general = Layer7.get()
        general.mail_from, general.mail_to = "lb@example.org", "me@example.org"
        general.mail_server, general.mail_port = "::1", port
        general.save()
        RealServer.objects.update(address="::1", port=1)
        change(check_interval="50ms", check_fall=1)
        reload()
        deadline = time.monotonic() + 10
        while not any("is DOWN" in line for line in Mail.got) and time.monotonic() < deadline:
            time.sleep(0.05)
    assert any("Server web/one is DOWN" in line for line in Mail.got), Mail.got

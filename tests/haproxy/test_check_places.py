"""Where checks go and come from, how much of an answer counts, and what a feedback agent can say. By a real HAProxy."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from apps.services.models import Check, HealthCheckScript
from apps.system import tls
from tests.haproxy.checked import Running, eventually, running, service
from tests.haproxy.far_ends import WRONG, Agent, AlwaysOk, FarEnd, MySql, Port, Script, SecureWeb, Web
from tests.haproxy.names import name_server
from tests.haproxy.test_checks import ENCRYPTED, place

assert place  # the fixture
SOURCE = "127.0.0.77"


class Late(AlwaysOk):
    """The text that is expected ends where HAProxy's buffer ends, or beyond."""

    before = 14_000

    def serve(self, link: Any) -> None:
        self.asked.append(link.recv(4000))
        body = b"x" * self.before + b"ready"
        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


class TooLate(Late):
    before = 20_000


class Ends:
    """Makes far ends and closes them in the end."""

    def __init__(self, kept: ExitStack, certificate: Path) -> None:
        self.kept = kept
        self.certificate = certificate

    def __call__(self, kind: type[FarEnd]) -> Any:
        return self.kept.enter_context(closing(kind(self.certificate) if kind is SecureWeb else kind()))


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[Ends]:
    certificate = tmp_path / "one.pem"
    certificate.write_text(tls.self_signed())
    with ExitStack() as kept:
        yield Ends(kept, certificate)


def is_up(haproxy: Running, label: str = "web") -> bool:
    """By a check, not only because HAProxy begins so."""
    return eventually(
        lambda: (row := haproxy.servers()[label])["status"] == "UP" and row["check_status"].endswith("OK")
    )


def is_down(haproxy: Running, label: str = "web") -> bool:
    return eventually(lambda: haproxy.states()[label] == "DOWN")


@pytest.mark.parametrize(
    ("kind", "fields", "server"),
    [
        (Port, {}, {}),
        (Web, {"check_type": Check.HTTP_GET}, {}),
        (Web, {"check_type": Check.HTTP_GET}, ENCRYPTED),
        (Port, {}, ENCRYPTED),
        (SecureWeb, {"check_type": Check.HTTPS_GET}, {}),
        (SecureWeb, {"check_type": Check.HTTPS_GET}, ENCRYPTED),
    ],
)
def test_the_check_port_is_checked_instead(
    ends: Ends, kind: type[FarEnd], fields: dict[str, Any], server: dict[str, Any]
) -> None:
    traffic, checked = ends(Port), ends(kind)
    with running([service(1, "web", traffic.port, {"check_port": checked.port} | fields, **server)]) as haproxy:
        assert is_up(haproxy)
        traffic.become(WRONG)
        assert is_up(haproxy)
        checked.close()
        assert is_down(haproxy)


def test_a_server_without_a_port_is_checked_on_the_first_of_the_service(ends: Ends) -> None:
    end = ends(Web)
    fields = {"check_type": Check.HTTP_GET, "ports": f"{end.port},19999", "address": "127.0.0.12"}
    with running([service(1, "web", None, fields)]) as haproxy:
        assert is_up(haproxy)
    assert end.asked


@pytest.mark.parametrize("fields", [{"check_source": SOURCE}, {"source_address": SOURCE}])
def test_checks_come_from_the_source_address(ends: Ends, fields: dict[str, Any]) -> None:
    end = ends(Web)
    with running([service(1, "web", end.port, {"check_type": Check.HTTP_GET} | fields)]) as haproxy:
        assert is_up(haproxy)
    assert end.clients == {SOURCE}


def test_an_expected_text_counts_as_far_as_the_request_buffer_goes(ends: Ends) -> None:
    near, far = ends(Late), ends(TooLate)
    fields = {"check_type": Check.HTTP_GET, "check_response": "ready"}
    services = [service(1, "near", near.port, fields), service(2, "far", far.port, fields)]
    with running(services) as haproxy:
        assert is_up(haproxy, "near")
        assert is_down(haproxy, "far")


def test_a_script_gets_the_check_port(place: Path) -> None:
    with closing(Script(place / "script")) as end:
        script = HealthCheckScript(pk=1, label="a-port-b", content=end.content)
        fields = {"check_type": Check.EXTERNAL, "check_script_id": 1, "check_port": 81, "ports": "8443,443"}
        with running([service(1, "web", end.port, fields)], (script,)) as haproxy:
            assert is_up(haproxy)
        assert end.called("web") == "4 127.0.0.9 8443 127.0.0.1 81"


@pytest.mark.parametrize("fields", [{}, {"check_type": Check.NONE}])
def test_an_agent_sets_weight_and_state(ends: Ends, fields: dict[str, Any]) -> None:
    server, agent = ends(Port), ends(Agent)
    agent_fields = {"feedback": "agent", "feedback_port": agent.port} | fields
    with running([service(1, "web", server.port, agent_fields, weight=200)]) as haproxy:

        def told(word: str, status: str, weight: str) -> bool:
            agent.word = word
            return eventually(
                lambda: haproxy.states()["web"].startswith(status) and haproxy.servers()["web"]["weight"] == weight
            )

        well = "no check" if fields else "UP"
        assert told("50%", well, "100")
        assert told("100%", well, "200")
        assert told("drain", "DRAIN", "200")
        assert told("ready 10%", well, "20")
        assert told("maint", "MAINT", "20")
        assert told("ready up 75%", well, "150")
        assert told("down", "DOWN (agent)" if not fields else "DOWN", "150")
        assert told("up", well, "150")


def test_an_agent_that_does_not_answer_changes_nothing(ends: Ends) -> None:
    server, agent = ends(Port), ends(Agent)
    agent.word = "50%"
    fields = {"feedback": "agent", "feedback_port": agent.port}
    with running([service(1, "web", server.port, fields)]) as haproxy:
        assert eventually(lambda: haproxy.servers()["web"]["weight"] == "50")
        agent.close()
        assert eventually(lambda: haproxy.servers()["web"]["agent_status"] == "L4CON")
        assert haproxy.states()["web"] == "UP"
        assert haproxy.servers()["web"]["weight"] == "50"


@pytest.mark.parametrize("check", [Check.CONNECT, Check.HTTP_GET, Check.HTTPS_GET, Check.MYSQL, Check.EXTERNAL])
def test_a_server_that_is_a_name_is_checked_where_the_name_leads(ends: Ends, place: Path, check: str) -> None:
    kinds: dict[str, type[FarEnd]] = {Check.CONNECT: Port, Check.HTTPS_GET: SecureWeb, Check.MYSQL: MySql}
    end = Script(place / "named") if check == Check.EXTERNAL else ends(kinds.get(check, Web))
    names = {"one.example": "127.0.0.1"}
    scripts = (HealthCheckScript(pk=1, label="named", content=end.content),) if isinstance(end, Script) else ()
    fields = {"check_type": check, "check_script_id": 1 if scripts else None}
    with name_server(names), running([service(1, "web", end.port, fields, address="one.example")], scripts) as haproxy:
        assert is_up(haproxy)
        if isinstance(end, Script):
            assert end.called("web").endswith(" 127.0.0.1 0")

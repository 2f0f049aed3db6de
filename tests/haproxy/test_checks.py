"""Every type of health check by a real HAProxy: up, down by a wrong answer, down by silence, and up again."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.services.models import Check, HealthCheckScript
from apps.system import tls
from tests.haproxy.checked import Running, eventually, running, service
from tests.haproxy.far_ends import (
    GOOD,
    SILENT,
    WRONG,
    AlwaysOk,
    FarEnd,
    MySql,
    Port,
    Script,
    SecurePort,
    SecureWeb,
    Web,
)

READY = {"check_response": r"pool \(A\) is ready"}
HOST = {"check_host": "one.example"}
ENCRYPTED = {"encrypted": True}
TCP = {"protocol": "tcp"}
PHASES = [(GOOD, "UP"), (WRONG, "DOWN"), (GOOD, "UP"), (SILENT, "DOWN"), (GOOD, "UP")]

# Label: the far end, the options of the service, those of the real server.
CASES: dict[str, tuple[type[FarEnd], dict[str, Any], dict[str, Any]]] = {
    "get": (Web, {"check_type": Check.HTTP_GET, "check_request": "/a?b=c"}, {}),
    "head": (Web, {"check_type": Check.HTTP_HEAD}, {}),
    "options": (Web, {"check_type": Check.HTTP_OPTIONS}, {}),
    "get-host": (Web, {"check_type": Check.HTTP_GET} | HOST, {}),
    "get-tcp": (Web, {"check_type": Check.HTTP_GET} | TCP, {}),
    "get-text": (AlwaysOk, {"check_type": Check.HTTP_GET, "check_response": "pool .A. is ready"}, {}),
    "get-expression": (AlwaysOk, {"check_type": Check.HTTP_GET} | READY | HOST, {}),
    "options-text": (AlwaysOk, {"check_type": Check.HTTP_OPTIONS} | READY, {}),
    "head-text": (Web, {"check_type": Check.HTTP_HEAD} | READY, {}),
    "get-encrypted": (Web, {"check_type": Check.HTTP_GET}, ENCRYPTED),
    "secure-get": (SecureWeb, {"check_type": Check.HTTPS_GET} | READY, {}),
    "secure-head": (SecureWeb, {"check_type": Check.HTTPS_HEAD}, {}),
    "secure-options": (SecureWeb, {"check_type": Check.HTTPS_OPTIONS}, {}),
    "secure-host": (SecureWeb, {"check_type": Check.HTTPS_GET} | HOST, {}),
    "secure-encrypted": (SecureWeb, {"check_type": Check.HTTPS_GET} | HOST, ENCRYPTED),
    "secure-tcp": (SecureWeb, {"check_type": Check.HTTPS_GET} | TCP, ENCRYPTED),
    "connect": (Port, {"check_type": Check.CONNECT}, {}),
    "connect-tcp": (Port, {"check_type": Check.CONNECT} | TCP, {}),
    "connect-encrypted": (SecurePort, {"check_type": Check.CONNECT}, ENCRYPTED),
    "mysql": (MySql, {"check_type": Check.MYSQL, "check_user": "probe"} | TCP, {}),
    "external": (Script, {"check_type": Check.EXTERNAL}, {}),
    "external-tcp": (Script, {"check_type": Check.EXTERNAL} | TCP, {}),
    "none": (Port, {"check_type": Check.NONE}, {}),
}


class Story:
    """All services went through all phases at once; this is what HAProxy said in each."""

    def __init__(self, haproxy: Running, ends: dict[str, FarEnd]) -> None:
        self.haproxy = haproxy
        self.ends = ends
        self.told: list[dict[str, dict[str, str]]] = []

    def live(self) -> None:
        for mode, wanted in PHASES:
            for end in self.ends.values():
                end.become(mode)
            eventually(lambda wanted=wanted: all(self._is(label, wanted) for label in CASES))  # type: ignore[misc]
            self.told.append(self.haproxy.servers())

    def _is(self, label: str, wanted: str) -> bool:
        expected = "no check" if label == "none" else wanted
        return self.haproxy.states()[label] == expected


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """In HAProxy's reach, which directories of pytest are not."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


@pytest.fixture(scope="module")
def story(place: Path) -> Iterator[Story]:
    certificate = place / "one.pem"
    certificate.write_text(tls.self_signed())
    ends: dict[str, FarEnd] = {}
    services, scripts = [], []
    for pk, (label, (kind, fields, server)) in enumerate(CASES.items(), 1):
        ends[label] = end = made(kind, certificate, place / label)
        if isinstance(end, Script):
            scripts.append(HealthCheckScript(pk=pk, label=label, content=end.content))
        script = {"check_script_id": pk if isinstance(end, Script) else None}
        services.append(service(pk, label, end.port, fields | script, **server))
    with running(services, tuple(scripts)) as haproxy:
        story = Story(haproxy, ends)
        story.live()
        yield story
    for end in ends.values():
        end.close()


def made(kind: type[FarEnd], certificate: Path, directory: Path) -> FarEnd:
    if issubclass(kind, SecureWeb):
        return kind(certificate)
    return Script(directory) if issubclass(kind, Script) else kind()


@pytest.mark.parametrize("label", CASES)
def test_a_server_is_up_while_it_answers_well(story: Story, label: str) -> None:
    states = [told[label]["status"] for told in story.told]
    expected = ["no check"] * len(PHASES) if label == "none" else [state for _, state in PHASES]
    assert states == expected, [(told[label]["check_status"], told[label]["last_chk"]) for told in story.told]


def test_every_type_of_check_was_tried() -> None:
    assert {fields["check_type"] for _, fields, _ in CASES.values()} == set(Check)


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("get", b"GET /a?b=c HTTP/1.0\r\n"),
        ("head", b"HEAD / HTTP/1.0\r\n"),
        ("options", b"OPTIONS / HTTP/1.0\r\n"),
        ("get-host", b"GET / HTTP/1.1\r\nhost: one.example\r\n"),
        ("secure-get", b"GET / HTTP/1.0\r\n"),
        ("secure-host", b"GET / HTTP/1.1\r\nhost: one.example\r\n"),
        ("mysql", b"probe\0"),
    ],
)
def test_what_the_server_is_asked(story: Story, label: str, words: bytes) -> None:
    asked = story.ends[label].asked
    assert asked
    assert all(words in item for item in asked)


def test_the_host_header_is_the_name_in_the_handshake(story: Story) -> None:
    names = {label: set(end.names) for label, end in story.ends.items() if isinstance(end, SecureWeb)}
    assert names["secure-host"] == names["secure-encrypted"] == {"one.example"}
    assert names["secure-get"] == {None}


def test_a_script_gets_four_arguments(story: Story) -> None:
    """The last is 0 without a Check Port, although HAProxy itself says the Real Server's port."""
    end = story.ends["external"]
    assert isinstance(end, Script)
    number = list(CASES).index("external") + 1
    assert "noise" not in story.haproxy.log.read_text()  # which it prints
    assert end.called("external") == f"4 127.0.0.9 {19000 + number} 127.0.0.1 0"


@pytest.mark.parametrize(
    ("label", "phase", "status"),
    [
        ("get", 1, "L7STS"),
        ("get", 3, "L7TOUT"),
        ("get-text", 1, "L7RSP"),
        ("connect", 1, "L4CON"),
        ("connect", 3, "L4TOUT"),
        ("secure-get", 0, "L7OK"),
        ("mysql", 1, "L7STS"),
        ("external", 0, "PROCOK"),
        ("external", 1, "PROCERR"),
        ("external", 3, "PROCTOUT"),
    ],
)
def test_haproxy_says_why(story: Story, label: str, phase: int, status: str) -> None:
    assert story.told[phase][label]["check_status"].removeprefix("* ") == status

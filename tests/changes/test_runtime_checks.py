"""Health checks through commits: added servers are checked as others, scripts change and go, agents decide."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from apps.changes import engine, states
from apps.changes.activate import AT_RUN_TIME
from apps.changes.models import Job, JobState, Kind
from apps.common.models import Generation
from apps.haproxy.external import caller_name, script_name
from apps.services.models import Check, Feedback, HealthCheckScript, RealServer, State, VirtualService
from apps.system import haproxy, tls
from tests.changes.conftest import PORT
from tests.haproxy.far_ends import GOOD, WRONG, Agent, FarEnd, MySql, Port, SecureWeb, Web

FAST = {"check_interval": "250ms", "check_rise": 1, "check_fall": 1, "slow_start": "1ms", "persistence": "none"}
ENDS: dict[str, type[FarEnd]] = {Check.MYSQL: MySql, Check.CONNECT: Port, Check.NONE: Port, Check.EXTERNAL: Port}
BY_RELOAD = {Check.EXTERNAL.value, "agent"}
SCRIPT = '#!/bin/sh\nexec bash -c \'exec 3<>"/dev/tcp/$0/$1"\' "$3" "$HAPROXY_SERVER_PORT"\n'

pytestmark = pytest.mark.usefixtures("running")


@pytest.fixture
def script(db: None) -> HealthCheckScript:
    return HealthCheckScript.objects.create(label="tcp", content=SCRIPT)


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[dict[str, FarEnd]]:
    """A far end for each type of check, one for real servers that speak TLS but are asked without, and an agent."""
    certificate = tmp_path / "one.pem"
    certificate.write_text(tls.self_signed())
    with ExitStack() as kept:
        made: dict[str, FarEnd] = {"plain": Web(), "agent": Agent()}
        for check in Check:
            is_secure = "HTTPS" in check.label
            made[check.value] = SecureWeb(certificate) if is_secure else ENDS.get(check, Web)()
        for end in made.values():
            kept.enter_context(closing(end))
        yield made


@pytest.fixture
def services(script: HealthCheckScript, ends: dict[str, FarEnd], running: object) -> dict[str, VirtualService]:
    agent = ends["agent"].port
    kinds: dict[str, dict[str, Any]] = {check.value: {"check_type": check.value} for check in Check}
    kinds[Check.EXTERNAL]["check_script"] = script
    kinds["plain"] = {"check_type": Check.HTTP_GET}
    kinds["agent"] = {"check_type": Check.NONE, "feedback": Feedback.AGENT, "feedback_port": agent}
    made = {}
    for number, (label, fields) in enumerate(kinds.items(), PORT + 100):
        made[label] = VirtualService.objects.create(
            **FAST | fields, label=label, address="127.0.0.9", ports=str(number)
        )
        add("one", made[label], ends)
    return made


def add(label: str, service: VirtualService, ends: dict[str, FarEnd]) -> None:
    end = ends["none" if service.label == "agent" else service.label]
    is_encrypted = service.label == "plain"
    RealServer.objects.create(service=service, label=label, address="127.0.0.1", port=end.port, encrypted=is_encrypted)


def commit() -> str:
    Generation.touch()
    job = Job.objects.create(kind=Kind.RELOAD, user="loadbalancer")
    engine.commit(job)
    assert job.state == JobState.DONE, (job.sentence, job.said)
    return job.sentence


def told() -> dict[tuple[str, str], dict[str, str]]:
    answer = haproxy.ask(settings.PATHS.haproxy_admin_socket, "show stat -1 4 -1")
    head, *lines = answer.strip().splitlines()
    rows = [dict(zip(head.removeprefix("# ").split(","), line.split(","), strict=True)) for line in lines]
    return {(row["pxname"], row["svname"]): row for row in rows}


def statuses(label: str, services: dict[str, VirtualService]) -> dict[str, str]:
    return {name: told()[name, label]["status"] for name in services}


def eventually(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline, {key: row["status"] + row["last_chk"] for key, row in told().items()}
        time.sleep(0.05)


def test_an_added_server_is_checked_as_one_from_the_file(
    services: dict[str, VirtualService], ends: dict[str, FarEnd]
) -> None:
    commit()
    for label, service in services.items():
        if label not in BY_RELOAD:
            add("two", service, ends)
    assert commit() == AT_RUN_TIME
    for label in BY_RELOAD:
        add("two", services[label], ends)
    assert "reloaded" in commit()
    well = {label: "no check" if label in {Check.NONE, "agent"} else "UP" for label in services}
    down = {label: state.replace("UP", "DOWN") for label, state in well.items()}
    for mode, expected in ((GOOD, well), (WRONG, down), (GOOD, well)):
        for label, end in ends.items():
            if label not in {"agent", "none"}:
                end.become(mode)
        eventually(lambda expected=expected: statuses("one", services) == statuses("two", services) == expected)  # type: ignore[misc]
    checks = {
        label: {told()[label, name]["check_status"].lstrip("* ") for name in ("one", "two")} for label in services
    }
    assert {label: len(found) for label, found in checks.items()} == dict.fromkeys(services, 1)


def test_the_running_haproxy_has_the_script_of_its_version(
    services: dict[str, VirtualService], ends: dict[str, FarEnd], script: HealthCheckScript
) -> None:
    commit()
    before = {caller_name(script, services["external"]), script_name(script)}
    assert on_disk() == before
    eventually(lambda: told()["external", "one"]["check_status"] == "PROCOK")
    HealthCheckScript.objects.update(content="#!/bin/sh\nexit 7\n")
    script.refresh_from_db()
    assert on_disk() == before  # nothing happens before a commit
    assert "reloaded" in commit()
    eventually(lambda: told()["external", "one"]["status"] == "DOWN")
    assert on_disk() == before | {caller_name(script, services["external"]), script_name(script)}


def test_scripts_that_no_version_names_any_more_go(
    services: dict[str, VirtualService], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.changes.versions.VERSIONS_KEPT", 1)
    commit()
    assert on_disk()
    VirtualService.objects.filter(label="external").update(check_type=Check.CONNECT)
    commit()
    commit()
    assert on_disk() == set()


def on_disk() -> set[str]:
    return {path.name for path in settings.PATHS.scripts.iterdir()}


def test_what_an_agent_decided_is_not_undone(services: dict[str, VirtualService], ends: dict[str, FarEnd]) -> None:
    agent = ends["agent"]
    assert isinstance(agent, Agent)
    commit()
    agent.word = "drain"
    eventually(lambda: told()["agent", "one"]["status"].startswith("DRAIN"))
    agent.close()
    engine.reconcile()
    assert told()["agent", "one"]["status"].startswith("DRAIN")
    for state, word in ((State.HALT, "MAINT"), (State.ONLINE, "no check")):  # the administrator's word counts
        RealServer.objects.filter(service__label="agent").update(state=state)
        states.apply()
        assert told()["agent", "one"]["status"].startswith(word)

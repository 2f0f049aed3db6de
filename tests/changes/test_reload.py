"""Reload HAProxy: a good configuration takes over, a bad one changes nothing."""

import http.client
import socket
import subprocess

import pytest
from django.conf import settings

from apps.changes import activate, candidate, engine, pending, states, versions
from apps.changes.models import Job, JobState, Kind
from apps.changes.versions import CommitRefused
from apps.common.models import Generation
from apps.haproxy.render import render
from apps.services.models import RealServer, State, VirtualService
from apps.system import haproxy
from tests.changes.conftest import PORT

pytestmark = pytest.mark.usefixtures("running")


def get(port: int = PORT) -> str:
    link = http.client.HTTPConnection("127.0.0.9", port, timeout=5)
    link.request("GET", "/")
    answer = link.getresponse()
    return f"{answer.status} {answer.read().decode()}"


def reload() -> Job:
    Generation.touch()
    job = Job.objects.create(kind=Kind.RELOAD, user="loadbalancer")
    engine.commit(job)
    return Job.objects.get(pk=job.pk)


def admin_states() -> dict[str, str]:
    answer = haproxy.server_states(settings.PATHS.haproxy_admin_socket)
    rows = [line.split() for line in answer.splitlines() if line.startswith(tuple("123456789")) and " " in line]
    return {row[3]: row[6] for row in rows}


def test_a_saved_change_runs_after_the_reload(service: VirtualService) -> None:
    assert get() == "200 hello"
    VirtualService.objects.update(ports=f"{PORT},{PORT + 1}")
    Generation.touch()
    waiting = pending.difference()
    assert waiting is not None
    assert waiting.changed == ["web"]
    job = reload()
    assert (job.state, job.said) == (JobState.DONE, "")
    assert get(PORT + 1) == "200 hello"
    assert pending.difference() is None


def test_changing_a_value_and_setting_it_back_leaves_nothing_pending(service: VirtualService) -> None:
    VirtualService.objects.update(balance="roundrobin")
    Generation.touch()
    assert pending.difference() is not None
    VirtualService.objects.update(balance="leastconn")
    Generation.touch()
    assert pending.difference() is None


def test_what_haproxy_refuses_is_explained_at_the_field_and_the_old_goes_on() -> None:
    before = settings.PATHS.haproxy_current.readlink()
    VirtualService.objects.update(balance="nonsense")
    job = reload()
    assert job.state == JobState.REFUSED
    assert "HAProxy refused web · Balance Mode" in job.sentence
    assert "balance" in job.said.lower(), job.said
    assert settings.PATHS.haproxy_current.readlink() == before
    assert get() == "200 hello"


def test_a_port_that_another_program_has_is_refused_before_anything_changes() -> None:
    before = settings.PATHS.haproxy_current.readlink()
    with socket.create_server(("127.0.0.9", PORT + 2)):
        VirtualService.objects.update(ports=f"{PORT},{PORT + 2}")
        job = reload()
    assert job.state == JobState.REFUSED
    assert f"web cannot listen: port {PORT + 2} on 127.0.0.9 is used by another program" in job.sentence
    assert settings.PATHS.haproxy_current.readlink() == before
    assert get() == "200 hello"


def test_a_worker_that_cannot_start_brings_the_old_configuration_back() -> None:
    """Somebody takes the port between our look and HAProxy's."""
    before = settings.PATHS.haproxy_current.readlink()
    VirtualService.objects.update(ports=f"{PORT},{PORT + 2}")
    version = versions.stage("revision-999", render(candidate.load()))
    with socket.create_server(("127.0.0.9", PORT + 2)), pytest.raises(CommitRefused) as refused:
        activate.swap(version, Kind.RELOAD, states.as_text(candidate.load_services()))
    assert refused.value.state == JobState.ROLLED_BACK
    assert str(PORT + 2) in refused.value.sentence
    assert settings.PATHS.haproxy_current.readlink() == before
    assert activate.running_version() == str(before)
    assert get() == "200 hello"
    assert reload().state == JobState.DONE  # the port is free again, and the master is not stuck
    assert get(PORT + 2) == "200 hello"


def test_a_full_disk_changes_nothing() -> None:
    target = settings.PATHS.haproxy
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", target / "state"], check=True)
    try:
        (target / "state" / "filler").write_bytes(b"")
        with pytest.raises(OSError, match="No space left"):
            (target / "state" / "filler").write_bytes(b"x" * 100_000)
        VirtualService.objects.update(ports=f"{PORT + 3}")
        job = reload()
    finally:
        subprocess.run(["umount", target / "state"], check=True)
    assert job.state == JobState.REFUSED
    assert "No space left" in job.sentence
    assert get() == "200 hello"


def test_drain_halt_and_online_act_at_once_and_survive_a_reload() -> None:
    for state, code in ((State.DRAIN, "8"), (State.HALT, "1"), (State.ONLINE, "0")):
        RealServer.objects.filter(label="one").update(state=state)
        states.apply()
        assert admin_states()["one"] == code
        assert reload().state == JobState.DONE
        assert admin_states()["one"] == code
        assert pending.difference() is None


def test_a_halted_server_gets_no_requests() -> None:
    RealServer.objects.update(state=State.HALT)
    states.apply()
    assert get().startswith("503")


def test_a_drained_server_starts_drained_after_haproxy_was_killed(running: subprocess.Popen[bytes]) -> None:
    RealServer.objects.filter(label="two").update(state=State.DRAIN)
    states.apply()
    running.kill()
    running.wait()
    assert "8" in settings.PATHS.server_state.read_text().split("two")[1].split()[2]


def test_many_reloads_keep_only_the_newest_versions() -> None:
    for number in range(14):
        VirtualService.objects.update(ports=str(PORT + number))
        assert reload().state == JobState.DONE
    kept = list(settings.PATHS.haproxy.glob("revision-*"))
    assert len(kept) == versions.VERSIONS_KEPT

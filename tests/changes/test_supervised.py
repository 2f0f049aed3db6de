"""HAProxy as the supervisor keeps it: restarted on request, and back by itself when it dies, whenever that is."""

import configparser
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from django.conf import settings

from apps.changes import activate, engine, versions
from apps.changes.models import Job, JobState, Kind, Running
from apps.common.models import Generation
from apps.services.models import RealServer, State, VirtualService
from apps.system import files, haproxy, processes
from tests.changes.conftest import PORT
from tests.changes.test_reload import admin_states, get, reload

MASTER = settings.PATHS.haproxy_master_socket


@pytest.fixture(autouse=True)
def supervisor(service: VirtualService) -> Iterator[None]:
    """The product's own supervisor with the product's own configuration, of HAProxy only."""
    files.remove_tree(settings.PATHS.haproxy)
    settings.PATHS.server_state.parent.mkdir(parents=True)
    engine.prepare_first_start()
    text = configparser.RawConfigParser()
    text.read_string(processes.supervisor_text(settings.PATHS, sys.executable))
    for section in text.sections():
        if section.startswith("program:") and section != "program:haproxy":
            text.remove_section(section)
    text["group:lbadmin"]["programs"] = "haproxy"
    with settings.PATHS.supervisor_config.open("w") as file:
        text.write(file)
    config = str(settings.PATHS.supervisor_config)
    words = [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "-c", config]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        haproxy.wait(settings.PATHS.haproxy_admin_socket, MASTER)
        yield
    finally:
        process.terminate()
        process.wait(20)


def test_restart_haproxy_starts_a_new_master_with_the_saved_configuration() -> None:
    before = haproxy.processes(MASTER).master
    VirtualService.objects.update(ports=f"{PORT},{PORT + 1}")
    Generation.touch()
    job = Job.objects.create(kind=Kind.RESTART, user="loadbalancer")
    engine.commit(job)
    assert (job.state, job.sentence) == (JobState.DONE, activate.DONE[Kind.RESTART])
    assert haproxy.processes(MASTER).master != before
    assert get(PORT + 1) == "200 hello"


def test_a_reload_starts_haproxy_when_it_does_not_run() -> None:
    os.kill(haproxy.processes(MASTER).master, signal.SIGKILL)
    assert reload().state == JobState.DONE
    assert get() == "200 hello"


def test_haproxy_that_was_killed_comes_back_with_what_ran_and_who_was_drained() -> None:
    RealServer.objects.filter(label="two").update(state=State.DRAIN)
    assert reload().state == JobState.DONE
    VirtualService.objects.update(ports=str(PORT + 1))  # saved, not committed
    os.kill(haproxy.processes(MASTER).master, signal.SIGKILL)
    time.sleep(0.2)
    haproxy.wait(settings.PATHS.haproxy_admin_socket, MASTER)
    assert get() == "200 hello"
    assert admin_states() == {"one": "0", "two": "8", "backup": "0"}


def test_haproxy_killed_during_a_reload_leaves_disk_process_and_database_agreeing() -> None:
    before, master = versions.current(), haproxy.processes(MASTER).master

    def kill() -> None:
        while versions.current() == before:
            time.sleep(0.001)
        os.kill(master, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    VirtualService.objects.update(ports=f"{PORT},{PORT + 1}")
    job = reload()
    killer.join()
    running = Running.get()
    assert job.is_final
    assert running is not None
    assert versions.current() == versions.name_of(running.revision.pk) == activate.running_version()
    assert get() == "200 hello"


def test_a_state_that_was_saved_while_the_worker_was_away_is_told_within_a_minute() -> None:
    RealServer.objects.filter(label="one").update(state=State.HALT)
    engine.reconcile()
    assert admin_states()["one"] == "1"

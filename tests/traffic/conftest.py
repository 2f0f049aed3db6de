"""A real HAProxy that runs what the engine installs, and real servers that fail and come back."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from apps.changes import candidate, engine
from apps.changes.models import Job, JobState, Kind
from apps.common.models import Generation
from apps.services.models import RealServer, VirtualService
from apps.system import files, haproxy
from tests.certificates.openssl import Workshop
from tests.traffic.clients import PORT, VIP, until
from tests.traffic.machines import Farm, Machine, farm

FAST = {"check_interval": "50ms", "check_rise": 1, "check_fall": 1, "slow_start": "1ms"}
Start = Callable[[], "Appliance"]


class Appliance:
    """HAProxy as the supervisor starts it and the engine reloads it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def reload(self) -> None:
        Generation.touch()
        job = Job.objects.create(kind=Kind.RELOAD, user="loadbalancer")
        engine.commit(job)
        job.refresh_from_db()
        assert job.state == JobState.DONE, f"{job.sentence} {job.said}"

    def settle(self) -> None:
        """Until it no longer waits for an earlier process to teach it its stick tables: before, it teaches none."""
        until(lambda: int(self.ask("show peers").partition(" flags=")[2].split()[0], 16) & 3 == 3, 10)

    def ask(self, command: str) -> str:
        return haproxy.ask(settings.PATHS.haproxy_admin_socket, command)

    def table(self, name: str = "web") -> list[str]:
        """The entries of its stick table."""
        return [line for line in self.ask(f"show table {name}").splitlines() if "key=" in line]

    def status(self, server: str, service: str = "web") -> str:
        rows = [line.split(",") for line in self.ask(f"show stat {service} 4 -1").splitlines()]
        return next(row[17] for row in rows if row[1:2] == [server])

    def wait_for(self, server: str, status: str, service: str = "web") -> None:
        until(lambda: self.status(server, service).startswith(status))


@pytest.fixture
def machines() -> Iterator[Farm]:
    with farm("one", "two", "three") as made:
        yield made


@pytest.fixture(scope="session")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls")
    (path / "site.pem").write_bytes(Workshop(path).issue("site.example").pem)
    return path / "site.pem"


@pytest.fixture
def start(db: None) -> Iterator[Start]:
    """Starts HAProxy with what is saved by then."""
    started: list[Appliance] = []

    def begin() -> Appliance:
        candidate._fingerprints.cache_clear()
        engine.prepare_first_start()
        words = [haproxy.BINARY, "-W", "-S", f"{settings.PATHS.haproxy_master_socket},mode,600"]
        with (settings.PATHS.log / "haproxy.log").open("wb") as log:
            process = subprocess.Popen([*words, "-f", settings.PATHS.haproxy_config], stdout=log, stderr=log)
        started.append(Appliance(process))
        haproxy.wait(settings.PATHS.haproxy_admin_socket, settings.PATHS.haproxy_master_socket)
        return started[0]

    files.remove_tree(settings.PATHS.haproxy)
    settings.PATHS.server_state.parent.mkdir(parents=True)
    yield begin
    for appliance in started:
        appliance.process.kill()
        appliance.process.wait(10)


def balanced(*machines: Machine, **fields: Any) -> VirtualService:
    """A saved virtual service with these real servers. Clients take turns unless the fields say otherwise."""
    known = {"label": "web", "address": VIP, "ports": str(PORT), "balance": "roundrobin", "persistence": "none"}
    service = VirtualService.objects.create(**known | FAST | fields)
    for machine in machines:
        RealServer.objects.create(service=service, label=machine.name, address=machine.address, port=machine.port)
    return service

"""A real HAProxy that runs what the engine installs, and a real server behind it."""

import subprocess
from collections.abc import Iterator

import pytest
from django.conf import settings

from apps.changes import candidate, engine
from apps.services.models import RealServer, VirtualService
from apps.system import files, haproxy
from lbadmin.celery import app
from tests.changes.heart import beating
from tests.changes.server import served

PORT = 18480


@pytest.fixture
def server_port() -> Iterator[int]:
    with served() as port:
        yield port


@pytest.fixture
def service(db: None, server_port: int) -> VirtualService:
    service = VirtualService.objects.create(label="web", address="127.0.0.9", ports=str(PORT))
    RealServer.objects.create(service=service, label="one", address="127.0.0.1", port=server_port)
    RealServer.objects.create(service=service, label="two", address="127.0.0.1", port=server_port)
    candidate._fingerprints.cache_clear()
    return service


@pytest.fixture
def running(service: VirtualService) -> Iterator[subprocess.Popen[bytes]]:
    """HAProxy as the supervisor starts it, with the service above."""
    files.remove_tree(settings.PATHS.haproxy)
    settings.PATHS.server_state.parent.mkdir(parents=True)
    engine.prepare_first_start()
    words = [haproxy.BINARY, "-W", "-S", f"{settings.PATHS.haproxy_master_socket},mode,600"]
    with (settings.PATHS.log / "haproxy.log").open("wb") as log:
        process = subprocess.Popen([*words, "-f", settings.PATHS.haproxy_config], stdout=log, stderr=log)
        haproxy.wait(settings.PATHS.haproxy_admin_socket, settings.PATHS.haproxy_master_socket)
        yield process
        process.terminate()
        process.wait(10)


@pytest.fixture
def at_once() -> Iterator[None]:
    """Tasks are done where they are asked for: this process is web process and worker in one."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def heart(running: object) -> Iterator[subprocess.Popen[bytes]]:
    """Floating IPs are held, as on an appliance."""
    with beating() as process:
        yield process

"""An appliance with so many virtual services, without its WebUI: the product's own programs in a home of their own."""

import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.core.management import call_command

from apps.changes import engine
from apps.services.models import Check, RealServer, VirtualService
from apps.system import environment, haproxy, host, processes
from tests.bench.waiting import until
from tests.changes.load import fast_server, free_port

RIPS = 4


@dataclass(frozen=True)
class Site:
    vips: int
    url: str  # of the first virtual service
    master: int  # process id of HAProxy's master


@contextmanager
def site(vips: int) -> Iterator[Site]:
    call_command("migrate", verbosity=0)
    processes.write(settings.PATHS, settings.ENVIRONMENT, host.python())
    with fast_server() as server:
        port = free_port()
        _fill(vips, port, server)
        engine.prepare_first_start()
        with program("redis"), program("haproxy") as master:
            haproxy.wait(settings.PATHS.haproxy_admin_socket, settings.PATHS.haproxy_master_socket)
            until(lambda: host.answers(settings.PATHS.redis_socket))
            yield Site(vips, f"http://{_address(1)}:{port}/", master)


def _fill(vips: int, port: int, server: int) -> None:
    """Without health checks: thousands of them a second would be measured instead."""
    services = [
        VirtualService(pk=pk, label=f"VIP-{pk}", address=_address(pk), ports=str(port), check_type=Check.NONE)
        for pk in range(1, vips + 1)
    ]
    VirtualService.objects.bulk_create(services)
    RealServer.objects.bulk_create(
        RealServer(service=service, label=f"SERVER{number}", address="127.0.0.1", port=server)
        for service in services
        for number in range(1, RIPS + 1)
    )


def _address(pk: int) -> str:
    return f"127.77.{pk // 250}.{pk % 250 + 1}"


@contextmanager
def program(name: str) -> Iterator[int]:
    """One of the product's programs as the supervisor starts it; gives its process id."""
    command = next(item.command for item in processes.programs(settings.PATHS, host.python()) if item.name == name)
    with (settings.PATHS.log / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(shlex.split(command), cwd=environment.BASE, stdout=log, stderr=log)
        try:
            yield process.pid
        finally:
            process.terminate()
            process.wait(30)

"""The brief's services, a real Redis for the snapshot, and a collector whose HAProxy says what a test wants."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from redis import Redis

from apps.overview import store
from apps.overview.snapshot import Snapshot, following, parse
from apps.services.models import Persistence, Protocol, RealServer, VirtualService
from apps.system.processes import REDIS, redis_text
from tests.overview.stats import answer, fallback, frontend, refused, server

Says = Callable[..., Snapshot]


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Redis where the product expects it, with the product's own configuration; gone after the module."""
    socket = settings.PATHS.redis_socket
    config = tmp_path_factory.mktemp("redis") / "redis.conf"
    config.write_text(redis_text(settings.PATHS))
    process = subprocess.Popen([REDIS, str(config)], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while not socket.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    yield socket
    process.terminate()
    process.wait(timeout=10)


@pytest.fixture
def redis(redis_server: Path) -> Iterator[Path]:
    cache.clear()
    yield redis_server
    cache.clear()


@pytest.fixture
def says(redis: Path) -> Says:
    """Leave a snapshot for the pages, as the collector would: `says(lines…)`, or `says()` for no answer."""
    last = [Snapshot()]

    def say(*lines: str) -> Snapshot:
        now = time.time()
        services = parse(answer(*lines), now) if lines else None
        last[0] = following(last[0], services, now)
        store.write(cache, last[0], body_too=True)
        return last[0]

    return say


@pytest.fixture
def broker(redis: object) -> Any:
    """The queue of the worker that may touch the machine; empty."""
    link = Redis(unix_socket_path=str(settings.PATHS.redis_socket))
    link.delete("apply")
    yield link
    link.delete("apply")
    link.close()


def told(broker: Any) -> list[str]:
    """The tasks that wait for the worker."""
    return [json.loads(message)["headers"]["task"] for message in broker.lrange("apply", 0, -1)]


def add(pk: int, label: str, ports: str, protocol: Protocol, *places: str, **words: object) -> VirtualService:
    service = VirtualService.objects.create(
        pk=pk, label=label, address="10.10.40.217", ports=ports, protocol=protocol, **words
    )
    for number, place in enumerate(places, start=1):
        address, _, port = place.partition(":")
        RealServer.objects.create(
            pk=pk * 10 + number, service=service, label=f"SERVER{number}", address=address, port=int(port)
        )
    return service


@pytest.fixture
def brief(db: None) -> None:
    """AVS-Redirect (1), AVS (2) with SERVER1 (21) and SERVER2 (22), AVS-AQI (3) with SERVER1 (31) and SERVER2 (32)."""
    add(1, "AVS-Redirect", "80", Protocol.HTTP, force_https=True, redirect_code="301")
    add(2, "AVS", "443", Protocol.HTTP, "10.10.40.6:443", "10.10.40.7:443")
    add(3, "AVS-AQI", "1200", Protocol.TCP, "10.10.40.6:1200", "10.10.40.7:1200", persistence=Persistence.SOURCE)


def lines(**changed: str) -> list[str]:
    """What HAProxy says when all is well, but for the lines given by name, for instance `s22=refused(2, 22)`."""
    well = {"f1": frontend(1), "f2": frontend(2, conns=128)}
    well |= {"s21": server(2, 21, scur=128), "s22": server(2, 22), "b2": fallback(2)}
    well |= {"f3": frontend(3, conns=41), "s31": server(3, 31, scur=41), "s32": server(3, 32), "b3": fallback(3)}
    return list((well | changed).values())


def one_down() -> list[str]:
    return lines(s22=refused(2, 22))

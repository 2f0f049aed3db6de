"""The collector with a real HAProxy, a real Redis, and without either."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from redis.exceptions import RedisError

from apps.overview import store
from apps.overview.collector import collect, step
from apps.overview.snapshot import Server, Service, Snapshot
from apps.system import haproxy
from tests.changes.server import served

CONFIG = """
global
  stats socket {socket} mode 600 level user
  stats socket {admin} mode 600 level admin
defaults
  mode tcp
  timeout connect 1s
  timeout client 10s
  timeout server 10s
  default-server inter 100 rise 1 fall 1
listen AVS
  id 1000007
  bind unix@{directory}/avs.sock
  server SERVER1 127.0.0.1:{port} check id 13
  server SERVER2 127.0.0.1:1 check id 14
  server SERVER3 127.0.0.1:{port} id 15
  server backup 127.0.0.1:9081 id 1 backup
listen written
  bind unix@{directory}/written.sock
  server one 127.0.0.1:{port}
listen AVS-Redirect
  id 1000008
  mode http
  bind unix@{directory}/redirect.sock
  http-request redirect scheme https code 301
"""


class RunningHaproxy:
    """A HAProxy in a directory of its own, with one good, one bad and one unchecked server."""

    def __init__(self, directory: Path, port: int) -> None:
        self.socket = directory / "stats.sock"
        self.admin = directory / "admin.sock"
        self.config = directory / "haproxy.cfg"
        self.config.write_text(CONFIG.format(socket=self.socket, admin=self.admin, directory=directory, port=port))
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen([haproxy.BINARY, "-db", "-f", self.config], stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningHaproxy]:
    with served() as port:
        program = RunningHaproxy(tmp_path, port)
        yield program
        program.stop()


@pytest.fixture
def memory() -> LocMemCache:
    kept = LocMemCache("collector", {})
    kept.clear()
    return kept


def until(true: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def settled(running: RunningHaproxy, memory: LocMemCache) -> Snapshot:
    """The snapshot once HAProxy has checked its servers."""
    last = [Snapshot()]

    def is_settled() -> bool:
        last[0] = step(last[0], running.socket, memory)
        servers = last[0].services[7].servers if last[0].runs else {}
        return bool(servers) and servers[12].check == "L4OK" and servers[13].is_down

    until(is_settled)
    return last[0]


def test_one_step_brings_haproxys_states_to_the_pages(running: RunningHaproxy, memory: LocMemCache) -> None:
    taken = settled(running, memory)
    found = store.read(memory, time.time())
    assert (found.version, found.runs, found.services) == (taken.version, True, taken.services)
    good, bad, unchecked = (found.services[7].servers[pk] for pk in (12, 13, 14))
    assert (good.status, good.check, good.said) == ("UP", "L4OK", "")
    assert (bad.status, bad.check, bad.said, bad.age) == ("DOWN", "L4CON", "Connection refused", "less than 1 min")
    assert unchecked == Server("no check", 0)
    written = found.service(1, "written")
    assert written is not None
    assert written.server(1, "one") == Server("no check", 0)
    assert found.services[8] == Service("OPEN", 0, {}, found.services[8].changed)


def test_a_drain_and_a_halt_change_the_version(running: RunningHaproxy, memory: LocMemCache) -> None:
    before = settled(running, memory)
    haproxy.tell(running.admin, "set server AVS/SERVER1 state drain", "set server AVS/SERVER2 state maint")
    after = step(before, running.socket, memory)
    assert after.version > before.version
    assert [after.services[7].servers[pk].status for pk in (12, 13)] == ["DRAIN", "MAINT"]
    assert after.services[8].changed == before.services[8].changed


def test_haproxy_may_go_and_come_back(running: RunningHaproxy, memory: LocMemCache) -> None:
    before = settled(running, memory)
    running.stop()
    away = step(before, running.socket, memory)
    assert (away.runs, away.services) == (False, {})
    assert not store.read(memory, time.time()).runs
    running.start()
    until(lambda: step(away, running.socket, memory).runs)


def test_while_redis_is_away_it_tries_again(running: RunningHaproxy, tmp_path: Path) -> None:
    assert not settings.PATHS.redis_socket.exists()
    with pytest.raises(RedisError):
        step(Snapshot(), running.socket, cache)
    stop = Event()
    thread = Thread(target=collect, args=(running.socket, cache, stop))
    thread.start()
    time.sleep(1.2)
    assert thread.is_alive()
    stop.set()
    thread.join(timeout=5)
    assert not thread.is_alive()


@pytest.mark.usefixtures("redis")
class TestTheCommand:
    """`manage.py collect`, as the supervisor starts it."""

    @pytest.fixture
    def collector(self) -> Iterator[subprocess.Popen[str]]:
        words = [sys.executable, str(settings.BASE_DIR / "manage.py")]
        subprocess.run([*words, "migrate", "--verbosity", "0"], check=True)  # it looks whether there is a peer
        process = subprocess.Popen([*words, "collect"], stderr=subprocess.PIPE, text=True, env=dict(os.environ))
        yield process
        process.kill()
        process.wait()

    def test_it_says_once_that_haproxy_is_away_and_ends_cleanly(self, collector: subprocess.Popen[str]) -> None:
        until(lambda: cache.get(store.HEAD) is not None)
        assert not store.read(cache, time.time()).runs
        first = cache.get(store.HEAD)[2]
        until(lambda: cache.get(store.HEAD)[2] > first)
        collector.send_signal(signal.SIGTERM)
        _, said = collector.communicate(timeout=10)
        assert collector.returncode == 0
        assert said.count("HAProxy does not answer") == 1

    def test_a_redis_that_forgot_everything_is_filled_again(self, collector: subprocess.Popen[str]) -> None:
        until(lambda: cache.get(store.HEAD) is not None)
        cache.clear()
        until(lambda: cache.get(store.HEAD) is not None and cache.get(store.BODY) is not None)
        assert collector.poll() is None


def test_the_snapshot_survives_redis_word_for_word(redis: Path, running: RunningHaproxy, memory: LocMemCache) -> None:
    taken = settled(running, memory)
    store.write(cache, taken, body_too=True)
    found = store.read(cache, time.time())
    assert found == taken
    assert store.read(cache, time.time(), found) is found

"""Layer 7 – Advanced Configuration in a real HAProxy: the log, the statistics page, its password."""

import base64
import http.client
import time

import pytest
from django.conf import settings

from apps.changes import engine, states
from apps.changes.models import Job, JobState, Kind
from apps.common.models import Generation
from apps.services.models import Layer7, RealServer, State, VirtualService
from apps.system import haproxy
from apps.system.passwords import hashed
from tests.changes.conftest import PORT

pytestmark = pytest.mark.usefixtures("running")
WORD = "hunter2: & cö"
STATS = 17777
LOG = settings.PATHS.log / "haproxy.log"


def configure(**options: object) -> None:
    Layer7(pk=1, **options).save()
    Generation.touch()
    job = Job.objects.create(kind=Kind.RELOAD)
    engine.commit(job)
    assert job.state == JobState.DONE, job.said or job.sentence


def get(path: str, port: int = PORT, address: str = "127.0.0.9", password: str = "") -> int:
    link = http.client.HTTPConnection(address, port, timeout=5)
    known = base64.b64encode(f"loadbalancer:{password}".encode()).decode()
    link.request("GET", path, headers={"Authorization": f"Basic {known}"} if password else {})
    return link.getresponse().status


def log(words: str) -> bool:
    """Whether a line with these words comes into HAProxy's log."""
    deadline = time.monotonic() + 2
    while words not in LOG.read_text():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_requests_are_logged() -> None:
    assert get("/before") == 200
    configure(logging=True)
    assert get("/logged") == 200
    assert log('"GET /logged HTTP/1.1"')
    assert "/before" not in LOG.read_text()


def test_only_errors_are_logged() -> None:
    VirtualService.objects.update(fallback_address="")
    configure(logging=True, errors_only=True)
    assert get("/well") == 200
    RealServer.objects.update(state=State.HALT)
    states.apply()
    assert get("/lost") == 503
    assert log('"GET /lost HTTP/1.1"')
    assert "/well" not in LOG.read_text()


def test_the_statistics_page_knows_its_password() -> None:
    configure(stats_password=hashed(WORD), stats_port=STATS)
    asked = [get("/", STATS, "127.0.0.1", password) for password in (WORD, "wrong", "")]
    assert asked == [200, 401, 401]
    configure(stats_port=STATS)
    with pytest.raises(ConnectionRefusedError):
        get("/", STATS, "127.0.0.1")


def test_threads_and_connections() -> None:
    configure(multithreading=False, max_connections=1234)
    info = haproxy.info(settings.PATHS.haproxy_admin_socket)
    assert (info["Nbthread"], info["Maxconn"]) == ("1", "1234")
    configure(threads=2, max_connections=1234)
    assert haproxy.info(settings.PATHS.haproxy_admin_socket)["Nbthread"] == "2"


def test_replication_has_its_own_port() -> None:
    configure(replicate=True, replication_port=17779)
    assert "127.0.0.1:17779" in settings.PATHS.haproxy_config.read_text()
    assert str(settings.ENVIRONMENT.peers_port) not in settings.PATHS.haproxy_config.read_text()

"""The stream as gunicorn serves it: told from another process, with few places, and in nobody's way."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from apps.system import bell
from tests.changes.test_stream import LATEST, STREAM
from tests.changes.webserver import WebServer, serving

BOX = "/lbadmin/commit/box/"
SOON = 3.0  # seconds


@pytest.fixture
def server() -> Iterator[WebServer]:
    with serving() as server:
        yield server


def test_a_browser_hears_each_step_of_the_worker_within_100_ms(server: WebServer) -> None:
    link, answer = server.get(STREAM)
    heard: dict[str, float] = {}

    def listen() -> None:
        while not heard or not list(heard)[-1].startswith("5 done"):
            line = answer.readline().decode().strip()
            if line.startswith("data: "):
                heard[line.removeprefix("data: ")] = time.monotonic()

    listening = threading.Thread(target=listen, daemon=True)
    listening.start()
    begun = dict(server.run("work"))
    listening.join(SOON)
    link.close()
    late = [heard[word] - at for word, at in begun.items()]
    print(f"median {median(late) * 1000:.1f} ms, latest {max(late) * 1000:.1f} ms")
    assert len(late) == 20
    assert median(late) < LATEST


def test_streams_leave_threads_for_the_pages_and_their_places_to_others(server: WebServer) -> None:
    streams = [server.get(STREAM) for _ in range(bell.STREAMS)]
    assert {answer.status for _, answer in streams} == {200}
    assert server.get(STREAM)[1].status == 204
    assert server.get(BOX)[1].status == 200
    streams[0][0].close()
    streams[0][1].close()
    left = time.monotonic()
    while server.get(STREAM)[1].status == 204:
        assert time.monotonic() < left + SOON
        time.sleep(0.05)


def test_an_open_stream_holds_no_connection_to_the_database(server: WebServer) -> None:
    _, answer = server.get(STREAM)
    answer.readline()
    folder = Path(f"/proc/{server.worker}/fd")
    time.sleep(0.2)
    opened = {file.readlink() for file in folder.iterdir()}
    assert server.paths.database not in opened


def test_an_open_stream_does_not_delay_the_end_of_the_web_server(server: WebServer) -> None:
    server.get(STREAM)[1].readline()
    begun = time.monotonic()
    server.process.terminate()
    server.process.wait(10)
    assert time.monotonic() - begun < SOON

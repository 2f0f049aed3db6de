"""Load on a virtual service: wrk as the clients, and an HAProxy of its own that answers at once as the real server."""

import re
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from apps.system import haproxy

WRK = "/usr/bin/wrk"
LONGEST = 300  # seconds; ended earlier by a signal
ANSWERS = re.compile(r"(\d+) requests in")
ERRORS = re.compile(
    r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)|Non-2xx or 3xx responses: (\d+)"
)
REAL_SERVER = """
defaults
    mode http
    timeout client 1m
    timeout http-keep-alive 10m
frontend real
    bind 127.0.0.1:{port}
    http-request return status 200 content-type text/plain string hello
"""


@dataclass
class Outcome:
    """What the clients counted; `said` is wrk's report."""

    answered: int = 0
    failed: int = 0
    said: list[str] = field(default_factory=list)

    def add(self, said: str) -> None:
        self.said.append(said)
        self.answered += sum(map(int, ANSWERS.findall(said)))
        self.failed += sum(int(number) for found in ERRORS.findall(said) for number in found if number)


@contextmanager
def load(url: str) -> Iterator[Outcome]:
    """Forty connections that are kept and forty that end with each answer, for as long as the block lasts."""
    words = [WRK, "-t1", "-c40", f"-d{LONGEST}s", "--timeout", "10s"]
    kinds = [["-H", "Connection: keep-alive"], ["-H", "Connection: close"]]
    clients = [subprocess.Popen([*words, *kind, url], stdout=subprocess.PIPE, text=True) for kind in kinds]
    outcome = Outcome()
    try:
        time.sleep(0.3)  # all are connected
        yield outcome
    finally:
        for client in clients:
            client.send_signal(signal.SIGINT)
        for client in clients:
            outcome.add(client.communicate(timeout=30)[0])


@contextmanager
def fast_server() -> Iterator[int]:
    """The port of a real server that never is what makes a request slow."""
    port = free_port()
    with tempfile.NamedTemporaryFile("w", suffix=".cfg") as config:
        config.write(REAL_SERVER.format(port=port))
        config.flush()
        process = subprocess.Popen([haproxy.BINARY, "-f", config.name], stdout=subprocess.DEVNULL)
        _wait(port)
        yield port
        process.terminate()
        process.wait(10)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


def _wait(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return

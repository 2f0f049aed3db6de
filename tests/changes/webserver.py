"""gunicorn and Redis as the supervisor starts them, with a home of their own."""

import http.client
import json
import os
import shlex
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from apps.system import environment, home, host, processes, tls
from apps.system.paths import Paths
from tests.changes.load import free_port


class WebServer:
    def __init__(self, place: Path) -> None:
        self.paths = Paths(place)
        self.port = free_port()
        self.environment = os.environ | {"LBADMIN_HOME": str(place), "LBADMIN_WEBUI_PORT": str(self.port)}
        self.cookie = ""
        self.process: subprocess.Popen[bytes]

    @property
    def worker(self) -> int:
        """Process id of the one that answers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0])

    def start(self, name: str) -> subprocess.Popen[bytes]:
        command = next(item.command for item in processes.programs(self.paths, host.python()) if item.name == name)
        return subprocess.Popen(
            shlex.split(command), cwd=environment.BASE, env=self.environment, stdout=subprocess.DEVNULL
        )

    def run(self, command: str) -> list[Any]:
        """What `stepping` prints."""
        words = [sys.executable, "-m", "tests.changes.stepping", command]
        done = subprocess.run(words, env=self.environment, stdout=subprocess.PIPE, text=True, timeout=60, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def get(self, url: str) -> tuple[http.client.HTTPSConnection, http.client.HTTPResponse]:
        trusting = ssl._create_unverified_context()
        link = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=10, context=trusting)
        link.request("GET", url, headers={"Cookie": self.cookie})
        return link, link.getresponse()


@contextmanager
def serving() -> Iterator[WebServer]:
    place = Path(tempfile.mkdtemp(dir=os.environ["LBADMIN_HOME"]))
    server = WebServer(place)
    home.prepare(server.paths)
    server.paths.webui_certificate.write_text(tls.self_signed())
    (place / "redis.conf").write_text(processes.redis_text(server.paths))
    server.cookie = server.run("prepare")[0]
    redis = server.start(processes.REDIS_PROGRAM)
    server.process = server.start("web")
    try:
        _wait(server)
        yield server
    finally:
        for process in (server.process, redis):
            process.terminate()
            process.wait(10)


def _wait(server: WebServer, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            server.get("/lbadmin/login/")[0].close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return

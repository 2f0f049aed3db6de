"""A real HAProxy with virtual services whose real servers are far ends of health checks. No database."""

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from apps.haproxy.config import Config, Service
from apps.haproxy.render import CONFIG_FILE, SCRIPTS, render
from apps.services.models import HealthCheckScript, Layer7, RealServer, VirtualService
from apps.system import files, haproxy
from apps.system.host import descriptor_limit
from tests.haproxy.test_render import HOST

FAST = {"check_interval": "250ms", "check_rise": 1, "check_fall": 2, "slow_start": "1ms"}
ADDRESS = "127.0.0.9"
PATIENCE = 10.0


def service(pk: int, label: str, port: int | None, fields: dict[str, Any], **server: Any) -> Service:
    """With one real server."""
    vip = VirtualService(**{"pk": pk, "label": label, "address": ADDRESS, "ports": str(19000 + pk)} | FAST | fields)
    rip = RealServer(**{"pk": pk, "label": "one", "address": "127.0.0.1", "port": port} | server)
    return Service(vip, (rip,))


class Running:
    """HAProxy, by its command socket."""

    def __init__(self, socket: Path, log: Path) -> None:
        self.socket = socket
        self.log = log

    def servers(self) -> dict[str, dict[str, str]]:
        """What it says of the real server of each service, by the service's label."""
        head, *lines = haproxy.ask(self.socket, "show stat -1 4 -1").strip().splitlines()
        names = head.removeprefix("# ").split(",")
        rows = [dict(zip(names, line.split(","), strict=True)) for line in lines]
        return {row["pxname"]: row for row in rows if row["svname"] == "one"}

    def states(self) -> dict[str, str]:
        return {label: row["status"] for label, row in self.servers().items()}


def eventually(is_so: Callable[[], bool], patience: float = PATIENCE) -> bool:
    deadline = time.monotonic() + patience
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@contextmanager
def running(services: list[Service], scripts: tuple[HealthCheckScript, ...] = ()) -> Iterator[Running]:
    """HAProxy as root starts it: its worker is the user haproxy, who runs the scripts too."""
    with tempfile.TemporaryDirectory(prefix="checked-") as place:
        home = Path(place)
        home.chmod(0o755)
        host = replace(HOST, scripts=home / "scripts", stats_group="", descriptors=descriptor_limit())
        host = replace(
            host, admin_socket=home / "admin.sock", stats_socket=home / "stats.sock", server_state=home / "state"
        )
        layer7 = Layer7(agent_interval="200ms", slow_start="1ms")
        rendering = render(Config(host, tuple(services), layer7=layer7, scripts=scripts))
        files.write_tree(home / "config", rendering.files)
        host.scripts.mkdir(mode=0o755)
        for name, content in rendering.files.items():
            if name.startswith(f"{SCRIPTS}/"):
                files.write(host.scripts / Path(name).name, content, mode=0o755)
        with (home / "log").open("w") as log:
            words = [haproxy.BINARY, "-db", "-f", str(home / "config" / CONFIG_FILE)]
            process = subprocess.Popen(words, stdout=log, stderr=log)
            try:
                haproxy.wait(host.admin_socket)
                yield Running(host.admin_socket, home / "log")
            finally:
                process.kill()
                process.wait()
                print((home / "log").read_text())  # shown when a test fails

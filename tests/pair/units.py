"""Two units, two real servers and a client on one LAN, with the brief's addresses."""

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.lab.appliance import PASSWORD, REPOSITORY, Appliance
from tests.lab.lab import Lab
from tests.lab.node import Node

INSIDE = Path(__file__).with_name("inside.py")
PRIMARY, SECONDARY = "10.11.40.55", "10.11.40.56"
VIP = "10.11.40.50"
CLIENTS = [f"10.11.40.{last}" for last in range(100, 140)]
SERVERS = {"srv1": "10.11.40.6", "srv2": "10.11.40.7"}
NODES = {
    "lb1": [PRIMARY],
    "lb2": [SECONDARY],
    "client": CLIENTS,
    **{name: [address] for name, address in SERVERS.items()},
}


class Unit:
    """An appliance on a node that can lose its power and come back with its disk."""

    def __init__(self, node: Node, client: Node) -> None:
        self.node = node
        self.client = client
        # Not pytest's directory: that one is closed to the web process, which is not root.
        self.home = Path(tempfile.mkdtemp(prefix="lbadmin-"))
        self.home.chmod(0o755)
        self.appliance = Appliance(node, self.home)
        self._inside: subprocess.Popen[str] | None = None

    def wait(self) -> None:
        self.appliance.wait_until_it_answers(self.client, 90)

    def power_off(self) -> None:
        self.leave()
        self.node.power_off()

    def power_on(self) -> None:
        self.node.power_on()
        self.appliance = Appliance(self.node, self.home)

    def do(self, what: str, given: object = None) -> Any:
        """One of the functions of `inside.py`."""
        inside = self._inside = self._inside or self._enter()
        assert inside.stdin
        assert inside.stdout
        inside.stdin.write(json.dumps([what, given]) + "\n")
        inside.stdin.flush()
        return json.loads(inside.stdout.readline() or f'"{self.node.name} does not say how it went"')

    def _enter(self) -> subprocess.Popen[str]:
        words = ["env", f"LBADMIN_HOME={self.home}", f"PYTHONPATH={REPOSITORY}", str(REPOSITORY / ".venv/bin/python")]
        pipe = subprocess.PIPE
        return subprocess.Popen(self.node.words([*words, str(INSIDE)]), stdin=pipe, stdout=pipe, text=True)

    def leave(self) -> None:
        if self._inside:
            self._inside.kill()
            self._inside.communicate()
            self._inside = None

    def look(self) -> dict[str, Any]:
        return dict(self.do("look"))

    def kill(self, *words: str) -> None:
        """The first program of the unit whose command line has all these words."""
        found = [line.split() for line in self.node.processes() if all(word in line for word in words)]
        self.node.run(["kill", "-KILL", found[0][0]])

    def signal(self, name: str, *words: str) -> None:
        """To every program of the unit whose command line has all these words."""
        found = [line.split()[0] for line in self.node.processes() if all(word in line for word in words)]
        self.node.run(["kill", f"-{name}", *found])

    def stop(self) -> None:
        self.leave()
        self.appliance.stop()


HAPROXY = ("haproxy -W",)  # its master
HAPROXY_ALL = ("/usr/sbin/haproxy", "haproxy.cfg")
KEEPALIVED = ("keepalived -n",)
APPLY = ("celery", "--hostname apply")
JOBS = ("celery", "--hostname jobs")


@contextmanager
def two_units(directory: Path) -> Iterator[tuple[Lab, Unit, Unit]]:
    """Single units, both serving their WebUI."""
    units: list[Unit] = []
    try:
        with Lab(directory, NODES) as lab:
            units += [Unit(lab.node(name), lab.node("client")) for name in ("lb1", "lb2")]
            for unit in units:
                unit.wait()
            yield lab, units[0], units[1]
            for unit in units:
                unit.stop()
    finally:
        for unit in units:
            unit.leave()
            shutil.rmtree(unit.home, ignore_errors=True)


def make_pair(primary: Unit) -> None:
    given = {"own": PRIMARY, "peer": SECONDARY, "password": PASSWORD}
    for what, asked in (("pair", given), ("undertake", "heartbeat"), ("commit", None)):
        done = primary.do(what, asked)
        assert done["good"], done["sentence"]


def soon(condition: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found

"""Two units, two real servers and a client on one LAN, with the brief's addresses."""

import json
import shutil
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

    def wait(self) -> None:
        self.appliance.wait_until_it_answers(self.client, 90)

    def power_off(self) -> None:
        self.node.power_off()

    def power_on(self) -> None:
        self.node.power_on()
        self.appliance = Appliance(self.node, self.home)

    def do(self, what: str, given: object = None, timeout: float = 100) -> Any:
        """One of the functions of `inside.py`."""
        words = ["env", f"LBADMIN_HOME={self.home}", f"PYTHONPATH={REPOSITORY}", str(REPOSITORY / ".venv/bin/python")]
        done = self.node.run([*words, str(INSIDE), what, json.dumps(given)], timeout=timeout)
        return json.loads(done.stdout)

    def look(self) -> dict[str, Any]:
        return dict(self.do("look"))

    def pid(self, program: str) -> int:
        """Of one of its supervised programs, as the node sees it."""
        files = {"haproxy": None, "heartbeat": "run/keepalived.pid"}
        if files.get(program):
            return int((self.home / str(files[program])).read_text())
        words = ["-W -S"] if program == "haproxy" else [f"--hostname {program} "]
        for line in self.node.processes():
            pid, _, command = line.strip().partition(" ")
            if (any(word in command for word in words) and str(self.home) in command) or (
                program != "haproxy" and any(word in command for word in words)
            ):
                return int(pid)
        raise LookupError(program)

    def kill(self, program: str) -> None:
        self.node.run(["kill", "-KILL", str(self.pid(program))])

    def log(self) -> str:
        return self.appliance.log(20)


@contextmanager
def two_units(directory: Path) -> Iterator[tuple[Lab, Unit, Unit]]:
    """Single units, both serving their WebUI."""
    homes: list[Path] = []
    try:
        with Lab(directory, NODES) as lab:
            units = [Unit(lab.node(name), lab.node("client")) for name in ("lb1", "lb2")]
            homes += [unit.home for unit in units]
            for unit in units:
                unit.wait()
            yield lab, units[0], units[1]
            for unit in units:
                unit.appliance.stop()
    finally:
        for home in homes:
            shutil.rmtree(home, ignore_errors=True)


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

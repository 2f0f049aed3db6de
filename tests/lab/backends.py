"""Real servers in the lab: each port is a program of its own, so that one port can fail alone."""

import time
from pathlib import Path

from tests.lab.node import LabError, Node, Program

SERVER = Path(__file__).with_name("server.py")


class Backend:
    """The programs of one real server."""

    def __init__(self, node: Node, name: str) -> None:
        self.node = node
        self.name = name
        self._ports: dict[int, Program] = {}

    def start(self, kind: str, port: int) -> None:
        """Start `http` or `tcp` on a port; ready when this returns."""
        program = self.node.popen(["/usr/bin/python3", str(SERVER), kind, self.name, str(port)])
        deadline = time.monotonic() + 10
        while "listens" not in program.output:
            if not program.running or time.monotonic() > deadline:
                raise LabError(f"{self.name} does not listen on {port}: {program.output}")
            time.sleep(0.01)
        self._ports[port] = program

    def stop(self, port: int) -> None:
        """Kill what listens on the port: connections break, new ones are refused."""
        self._ports.pop(port).stop()

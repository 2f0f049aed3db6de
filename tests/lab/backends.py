"""Real servers in the lab: each port is a program of its own, so that one port can fail alone."""

import time
from collections.abc import Mapping
from pathlib import Path

from tests.lab.node import LabError, Node, Program

SERVER = Path(__file__).with_name("server.py")


class Backend:
    """A real server with a program, `http` or `tcp`, on each of its ports."""

    def __init__(self, node: Node, name: str, kinds: Mapping[int, str]) -> None:
        self.node = node
        self.name = name
        self._kinds = kinds
        self._programs: dict[int, Program] = {}
        self.start()

    def start(self) -> None:
        """Start what does not run; every port listens when this returns."""
        for port in self._kinds.keys() - self._programs.keys():
            self._programs[port] = self._listen(port)

    def stop(self, port: int) -> None:
        """Kill what listens on the port: connections break, new ones are refused."""
        self._programs.pop(port).stop()

    def _listen(self, port: int) -> Program:
        program = self.node.popen(["/usr/bin/python3", str(SERVER), self._kinds[port], self.name, str(port)])
        deadline = time.monotonic() + 10
        while "listens" not in program.output:
            if not program.running or time.monotonic() > deadline:
                raise LabError(f"{self.name} does not listen on {port}: {program.output}")
            time.sleep(0.01)
        return program

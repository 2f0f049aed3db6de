"""The network of the deployment brief: appliance, client and two servers on one LAN."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab.node import LabError, Node

APPLIANCE = "10.10.40.11"
CLIENTS = [f"10.10.40.{last}" for last in range(100, 108)]  # one machine; its addresses stand for eight clients
SERVER1 = "10.10.40.6"
SERVER2 = "10.10.40.7"
BRIEF = {"lb1": [APPLIANCE], "client": CLIENTS, "srv1": [SERVER1], "srv2": [SERVER2]}


class Lab:
    """`with Lab(tmp_path) as lab: lab.node("srv1").run(["ip", "address"])`. Other nodes: pass names and addresses."""

    def __init__(self, directory: Path, nodes: Mapping[str, Sequence[str]] = BRIEF) -> None:
        self.lan = Node("lan", directory)
        self._nodes = {name: Node(name, directory, addresses, self.lan) for name, addresses in nodes.items()}

    def __enter__(self) -> Self:
        self._started: list[Node] = []
        try:
            self._power_on(self.lan)
            self.lan.run(["ip", "link", "add", "br0", "up", "type", "bridge"])
            for node in self._nodes.values():
                self._power_on(node)
        except (LabError, OSError):
            self._power_off()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._power_off()

    def node(self, name: str) -> Node:
        return self._nodes[name]

    def _power_on(self, node: Node) -> None:
        self._started.append(node)
        node.power_on()

    def _power_off(self) -> None:
        for node in reversed(self._started):
            node.power_off()

"""Other hosts around the HAProxy of the tests: a client in one subnet, a real server in another, all on one LAN."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.changes import proxied
from tests.lab import client
from tests.lab.lab import Lab
from tests.lab.node import LabError, Node

CLIENT, CLIENT6 = "10.10.50.100", "fd00:50::100"
SERVER, SERVER6 = "10.10.40.6", "fd00:40::6"
OWN = ["10.10.40.11/24", "10.10.50.11/24", "fd00:40::11/64", "fd00:50::11/64"]
GATEWAY, GATEWAY6 = "10.10.40.200", "fd00:40::200"  # floating IPs
VIP, VIP6 = "10.10.50.200", "fd00:50::200"
PORT = 8000


@contextmanager
def hosts(directory: Path) -> Iterator[Lab]:
    """Its hosts are `client` and `srv1`; the tests' own network has the addresses of an appliance."""
    with Lab(directory, {"client": [CLIENT], "srv1": [SERVER]}) as lab:
        address(lab.node("client"), f"{CLIENT6}/64")
        address(lab.node("srv1"), f"{SERVER6}/64")
        for family, gateway in (("-4", GATEWAY), ("-6", GATEWAY6)):
            lab.node("srv1").run(["ip", family, "route", "add", "default", "via", gateway])
        ip("link", "add", "eth0", "type", "veth", "peer", "name", "to_lb", "netns", str(lab.lan.pid))
        lab.lan.run(["ip", "link", "set", "to_lb", "master", "br0", "up"])
        for own in OWN:
            ip("address", "add", own, "dev", "eth0", *(["nodad"] if ":" in own else []))
        ip("link", "set", "eth0", "up")
        yield lab
        ip("link", "delete", "eth0")


@contextmanager
def real_server(lab: Lab, *words: str) -> Iterator[None]:
    """On port PORT of srv1."""
    program = lab.node("srv1").popen(["/usr/bin/python3", proxied.__file__, str(PORT), *words])
    deadline = time.monotonic() + 10
    while "listens" not in program.output:
        if not program.running or time.monotonic() > deadline:
            raise LabError(f"The real server does not listen: {program.output}")
        time.sleep(0.01)
    yield
    program.stop()


def asked(lab: Lab, url: str, *words: str) -> dict[str, Any]:
    """What the real server tells the client of whom it saw; empty when there is no answer."""
    done = lab.node("client").run(["curl", "-sS", "-m", "3", *words, url], check=False)
    return dict(json.loads(done.stdout)) if done.stdout.startswith("{") else {}


@contextmanager
def conversation(lab: Lab, to: str) -> Iterator[Callable[[str], str]]:
    """A connection of the client to port 80 of a service whose real server says every line again."""
    words = ["/usr/bin/python3", client.__file__, CLIENT, to, "80"]
    pipe = subprocess.PIPE
    with subprocess.Popen(lab.node("client").words(words), stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin
        assert process.stdout
        source, sink = process.stdout, process.stdin
        assert source.readline() == "SERVER1\n"

        def say(line: str) -> str:
            sink.write(f"{line}\n")
            sink.flush()
            return source.readline().strip()

        yield say


def address(node: Node, own: str) -> None:
    node.run(["ip", "address", "add", own, "dev", "eth0", "nodad"])


def ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return done.stdout

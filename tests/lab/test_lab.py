"""The lab itself: nodes reach each other, cables and plugs can be pulled, and nothing is left behind."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.lab.backends import Backend
from tests.lab.browser import chromium
from tests.lab.lab import CLIENTS, SERVER1, SERVER2, Lab
from tests.lab.node import LabError, Node

OWNER = """
import sys, time
from pathlib import Path
from tests.lab.lab import Lab
with Lab(Path(sys.argv[1])) as lab:
    program = lab.node("srv1").popen(["sleep", "1000"])
    print(program.pid, *(node.pid for node in (lab.lan, lab.node("lb1"), lab.node("srv1"))), flush=True)
    time.sleep(1000)
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


def reaches(node: Node, address: str) -> bool:
    """A refusal is an answer too."""
    talk = "import socket, sys; sys.exit(socket.socket().connect_ex((sys.argv[1], 9)) != 111)"
    return node.run(["timeout", "1", "/usr/bin/python3", "-c", talk, address], check=False).returncode == 0


def test_nodes_reach_each_other(lab: Lab) -> None:
    assert all(reaches(lab.node("client"), address) for address in (SERVER1, SERVER2, "10.10.40.11"))
    assert all(reaches(lab.node("srv1"), address) for address in (CLIENTS[0], CLIENTS[1], SERVER2))


def test_a_node_has_its_own_name_and_interfaces(lab: Lab) -> None:
    assert lab.node("srv1").run(["uname", "-n"]).stdout == "srv1\n"
    assert lab.node("srv1").run(["ls", "/sys/class/net"]).stdout.split() == ["eth0", "lo"]


def test_a_failed_command_says_what_the_program_said(lab: Lab) -> None:
    with pytest.raises(LabError, match="No such file"):
        lab.node("srv1").run(["ls", "/nowhere"])


def test_a_pulled_cable_cuts_one_node_off_until_it_is_plugged_in_again(lab: Lab) -> None:
    client, server = lab.node("client"), lab.node("srv1")
    server.link_down()
    assert not reaches(client, SERVER1)
    assert reaches(client, SERVER2)
    server.link_up()
    assert reaches(client, SERVER1)


def test_a_node_without_power_runs_nothing_and_comes_back_empty(lab: Lab) -> None:
    server = lab.node("srv2")
    program = server.popen(["sleep", "1000"])
    server.power_off()
    assert not Path(f"/proc/{program.pid}").exists()
    assert not reaches(lab.node("client"), SERVER2)
    server.power_on()
    assert reaches(lab.node("client"), SERVER2)
    assert server.processes() == []


def test_one_port_of_a_server_can_fail_alone(lab: Lab) -> None:
    client, backend = lab.node("client"), Backend(lab.node("srv1"), "SERVER1", {443: "http", 1200: "tcp"})
    answer = json.loads(client.run(["curl", "-sS", "-H", "X-Word: red", f"http://{SERVER1}:443/path"]).stdout)
    assert (answer["server"], answer["path"], answer["client"]) == ("SERVER1", "/path", CLIENTS[0])
    assert answer["headers"]["x-word"] == "red"
    backend.stop(443)
    assert client.run(["curl", "-sS", f"http://{SERVER1}:443/"], check=False).returncode == 7
    talk = ["/usr/bin/python3", str(Path(__file__).with_name("client.py")), CLIENTS[1], SERVER1, "1200"]
    assert client.run(talk, stdin="hello\n").stdout == "SERVER1\nhello\n"
    backend.stop(1200)


def test_a_browser_runs_on_a_node(lab: Lab) -> None:
    server = Backend(lab.node("srv2"), "SERVER2", {8080: "http"})
    with chromium(lab.node("client")) as browser:
        page = browser.new_page()
        page.goto(f"http://{SERVER2}:8080/")
        assert json.loads(page.locator("body").inner_text())["client"] in CLIENTS
    server.stop(8080)


def test_nothing_is_left_when_the_lab_ends(tmp_path: Path) -> None:
    before = host()
    with Lab(tmp_path) as lab:
        program = lab.node("srv1").popen(["sleep", "1000"])
        pids = [program.pid, lab.lan.pid, lab.node("lb1").pid, lab.node("srv1").pid]
        networks = {network(pid) for pid in pids}
        assert len(networks & networks_in_use()) == 3
    assert soon(lambda: not networks & networks_in_use())
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert host() == before


def test_nothing_is_left_when_the_owner_is_killed(tmp_path: Path) -> None:
    before = host()
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout
    pids = [int(pid) for pid in owner.stdout.readline().split()]
    networks = {network(pid) for pid in pids}
    assert len(networks & networks_in_use()) == 3
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    assert soon(lambda: not networks & networks_in_use())
    assert soon(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))
    assert host() == before


def network(pid: int) -> str:
    return str(Path(f"/proc/{pid}/ns/net").readlink())


def networks_in_use() -> set[str]:
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            found.add(network(int(process.name)))
    return found


def host() -> tuple[set[Path], set[Path]]:
    """The host's own network links and named namespaces."""
    named = Path("/run/netns")
    return set(Path("/sys/class/net").iterdir()), set(named.iterdir()) if named.exists() else set()


def soon(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()

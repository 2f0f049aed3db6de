"""Nodes: small computers made of namespaces, each with its own network, processes, mounts and name.

Nothing is made outside of them. When a node's first process ends, or the owner of the lab dies in whatever way,
the kernel ends the node's programs and frees its network.
"""

import os
import shlex
import signal
import subprocess
import time
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
}
# The first process must reap orphans, as an init does; `sleep` alone would leave zombies.
FIRST_PROCESS = """
hostname "$1"
mount -t tmpfs tmpfs /run
mount -t sysfs sysfs /sys
ip link set lo up
echo ready
exec bash -c 'while :; do sleep 1d & wait $!; done'
"""


class LabError(Exception):
    """Something in the lab went wrong; the message carries what the program said."""


class Program:
    """A program running on a node. `pid` is the program's own, as the host sees it."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self.log = log
        self.pid = self._find_pid()

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self, number: signal.Signals = signal.SIGKILL, timeout: float = 30) -> None:
        """Send the signal and wait for the end."""
        if self.running:
            os.kill(self.pid, number)
        self._process.wait(timeout)

    def _find_pid(self) -> int:
        """nsenter forks the program into the node and stays behind itself; signals would end at nsenter."""
        deadline = time.monotonic() + 10
        while self.running and time.monotonic() < deadline:
            if pids := children(self._process.pid):
                return pids[0]
            time.sleep(0.005)
        raise LabError(f"The program of {self.log.name} ended at once: {self.output}")


class Node:
    """One small computer on the LAN, its cable in the bridge of the node `lan`."""

    pid: int

    def __init__(self, name: str, directory: Path, addresses: Sequence[str] = (), lan: "Node | None" = None) -> None:
        self.name = name
        self.directory = directory / name
        self.addresses = addresses
        self._lan = lan
        self._holder: subprocess.Popen[str] | None = None
        self._programs = 0

    def power_on(self) -> None:
        self.directory.mkdir(exist_ok=True)
        words = ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--mount", "--uts", "--ipc", "--pid"]
        words += ["--fork", "--kill-child", "--mount-proc", "sh", "-ec", FIRST_PROCESS, "sh", self.name]
        self._holder = holder = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=ENVIRONMENT,
            start_new_session=True,
        )
        said = holder.stdout.readline() if holder.stdout else ""
        if said != "ready\n":
            raise LabError(f"Node {self.name} does not start; the lab needs root and namespaces: {said}")
        self.pid = children(holder.pid)[0]
        if self._lan:
            self._plug_in(self._lan)

    def power_off(self) -> None:
        """Pull the plug: every program of the node ends as if it had never been there."""
        if not self._holder:
            return
        if self._holder.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
        self._holder.communicate()

    def link_down(self) -> None:
        """Pull the cable."""
        self._set_link("down")

    def link_up(self) -> None:
        self._set_link("up")

    def words(self, words: Sequence[str]) -> list[str]:
        """The command line that runs these words on the node."""
        return ["nsenter", "--target", str(self.pid), "--net", "--mount", "--uts", "--ipc", "--pid", "--", *words]

    def run(
        self, words: Sequence[str], *, stdin: str = "", check: bool = True, timeout: float = 30
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end; unless `check` is off, a failure raises with everything the program said."""
        return self._finish(self.words(words), stdin, check, timeout)

    def popen(self, words: Sequence[str], *, cwd: Path = Path("/"), env: Mapping[str, str] | None = None) -> Program:
        """Start a program; it ends with the node at the latest."""
        self._programs += 1
        log = self.directory / f"{self._programs}-{Path(words[0]).name}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                self.words(["env", f"--chdir={cwd}", *words]),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**ENVIRONMENT, **(env or {})},
                start_new_session=True,
            )
        return Program(process, log)

    def script(self, program: str) -> Path:
        """A file that runs the program on this node, for those who want an executable."""
        path = self.directory / f"run-{Path(program).name}"
        path.write_text(f'#!/bin/sh\nexec {shlex.join(self.words([program]))} "$@"\n')
        path.chmod(0o755)
        return path

    def processes(self) -> list[str]:
        """What runs on the node besides its first process and that one's `sleep`."""
        words = ["ps", "--deselect", "--pid", "1", "-C", "ps,sleep", "-o", "pid=,args="]
        lines = self.run(words, check=False).stdout.splitlines()
        return [line for line in lines if not line.endswith("<defunct>")]  # these have ended already

    def _plug_in(self, lan: "Node") -> None:
        port = f"to_{self.name}"
        card = (
            f"02:00:{zlib.crc32(self.name.encode()).to_bytes(4).hex(':')}"  # stays over a power cut, as a real one does
        )
        # Only the network namespace is entered here: `netns` takes a pid as the host sees it.
        self._ip("link", "add", "eth0", "address", card, "type", "veth", "peer", "name", port, "netns", str(lan.pid))
        lan._ip("link", "set", port, "master", "br0", "up")
        for address in self.addresses:
            self._ip("address", "add", f"{address}/24", "dev", "eth0")
        self._ip("link", "set", "eth0", "up")

    def _set_link(self, state: str) -> None:
        if self._lan:
            self._lan._ip("link", "set", f"to_{self.name}", state)

    def _ip(self, *words: str) -> None:
        self._finish(["nsenter", "--target", str(self.pid), "--net", "ip", *words], "", check=True, timeout=10)

    def _finish(self, words: list[str], stdin: str, check: bool, timeout: float) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            words, input=stdin, capture_output=True, text=True, env=ENVIRONMENT, timeout=timeout, check=False
        )
        if check and done.returncode:
            raise LabError(f"{self.name}: {shlex.join(words)} gave {done.returncode}: {done.stdout}{done.stderr}")
        return done


def children(pid: int) -> list[int]:
    """Empty when the process has none, or is gone."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []

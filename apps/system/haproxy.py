"""Talking to HAProxy: its checker, its command sockets, its master."""

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from apps.system.programs import CommandFailed, run

BINARY = "/usr/sbin/haproxy"
ANSWER_TIMEOUT = 10.0
PAUSE = 0.005  # seconds between looks at a reload: somebody waits for its end
BATCH = 50  # commands in one line; the longest labels give 160 bytes each


class NoAnswer(Exception):
    """HAProxy does not run, or does not answer on its socket."""


class Refused(Exception):
    """HAProxy does not accept the configuration, or a command. `said` are its own words."""

    def __init__(self, said: str) -> None:
        super().__init__(said.strip())
        self.said = said.strip()


@dataclass(frozen=True)
class Processes:
    """What the master knows of itself and its workers."""

    master: int
    failed: int  # reloads that failed in a row
    worker: int  # the current one; 0 while there is none
    old: tuple[int, ...]  # workers that finish their last connections


def check(config: Path) -> str:
    """Have HAProxy read a configuration and return its warnings. Raises Refused."""
    try:
        return run(BINARY, "-c", "-f", str(config))
    except CommandFailed as error:
        raise Refused(error.said) from error


def ask(path: Path, *commands: str, patience: float = ANSWER_TIMEOUT) -> str:
    """Send commands over a unix socket and return the whole answer. Raises NoAnswer."""
    try:
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(patience)
            link.connect(str(path))
            link.sendall((";".join(commands) + "\n").encode())
            # The master's socket waits for ever without the half-close.
            link.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: link.recv(65536), b"")).decode(errors="replace")
    except OSError as error:
        raise NoAnswer(f"HAProxy does not answer on {path.name}: {error.strerror or error}.") from error


def tell(path: Path, *commands: str) -> None:
    """Send commands that answer nothing when they worked. Raises Refused with what HAProxy said, or NoAnswer."""
    for batch in batched(commands, BATCH):
        if said := ask(path, *batch).strip():
            raise Refused(said)


def batched(commands: tuple[str, ...], size: int) -> Iterator[tuple[str, ...]]:
    """HAProxy reads a line of at most 16 kB."""
    for start in range(0, len(commands), size):
        yield commands[start : start + size]


def processes(master: Path) -> Processes:
    """Raises NoAnswer."""
    rows = [line.split() for line in ask(master, "show proc").splitlines() if line and line[0] not in "#"]
    found = {kind: [row for row in rows if row[1] == kind] for kind in ("master", "worker")}
    if not found["master"]:
        raise NoAnswer("HAProxy's master did not say which processes run.")
    master_row = found["master"][0]
    # Workers stand with the number of reloads they have seen: the current one has seen none.
    current = [int(row[0]) for row in found["worker"] if row[2] == "0"]
    old = tuple(int(row[0]) for row in found["worker"] if row[2] != "0")
    return Processes(int(master_row[0]), int(master_row[4].rstrip("]")), current[0] if current else 0, old)


def reload(master: Path, admin: Path, timeout: float = 30.0) -> Processes:
    """Load the configuration anew without losing a connection; return when the new worker answers.

    HAProxy 2.6 answers "reload" with silence, good or bad: only the processes tell. Raises Refused or NoAnswer.
    """
    before = processes(master)
    ask(master, "reload")
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        time.sleep(PAUSE)
        try:
            now = processes(master)
        except NoAnswer:
            continue  # the master starts itself anew and is away for a moment
        if now.failed > before.failed:
            raise Refused("HAProxy could not start with this configuration. The previous worker goes on serving.")
        if now.worker and now.worker != before.worker and _answers(admin, now.worker):
            return now
    raise NoAnswer(f"HAProxy did not start a new worker within {timeout:g} seconds.")


def _answers(admin: Path, worker: int) -> bool:
    try:
        return info(admin).get("Pid") == str(worker)
    except NoAnswer:
        return False


def info(admin: Path) -> dict[str, str]:
    """`show info` by its names. Raises NoAnswer."""
    lines = [line.partition(": ") for line in ask(admin, "show info").splitlines()]
    return {name: value for name, _, value in lines if value}


def server_states(admin: Path, *services: str) -> str:
    """`show servers state` of these services, or of all. Raises NoAnswer."""
    commands = tuple(f"show servers state {service}" for service in services) or ("show servers state",)
    return "".join(ask(admin, *batch) for batch in batched(commands, BATCH))


def wait(*sockets: Path, timeout: float = 10.0) -> None:
    """Until HAProxy answers on each after a start: the master may come later than its worker. Raises NoAnswer."""
    deadline = time.monotonic() + timeout
    for path in sockets:
        while not _speaks(path, deadline):
            time.sleep(0.02)


def _speaks(path: Path, deadline: float) -> bool:
    try:
        ask(path, "show version")
    except NoAnswer:
        if time.monotonic() > deadline:
            raise
        return False
    return True

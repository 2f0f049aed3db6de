"""What this host is, and which of its ports are free."""

import errno
import ipaddress
import os
import resource
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.system import network
from apps.system.programs import CommandFailed, run

PING = "/usr/bin/ping"


def hostname() -> str:
    return socket.gethostname()


def bind_problem(address: str, port: int) -> str:
    """Why no program could listen there now; nothing when one could."""
    try:
        with _bound(address, port):
            return ""
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            return f"{address} is not an address of this host"
        if error.errno == errno.EACCES:
            return f"port {port} is below 1024 and lbadmin does not run as root"
        return f"port {port} on {address} is used by another program"


def descriptor_limit() -> int:
    """How many files and connections a program of this host may have open."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def is_free(address: str, port: int) -> bool:
    """Whether a program could listen there now."""
    return not bind_problem(address, port)


def has_address(address: str) -> bool:
    """Whether the host has it now. A program may listen on others, too: on those that another unit holds."""
    asked = ipaddress.ip_address(address)
    if asked.is_unspecified or asked.is_loopback:
        return True
    return any(item.address == str(asked) for item in network.addresses())


@contextmanager
def _bound(address: str, port: int) -> Iterator[None]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        link.bind((address, port))
        yield


def answers(path: Path) -> bool:
    """Whether somebody listens on a unix socket."""
    with socket.socket(socket.AF_UNIX) as link:
        try:
            link.connect(str(path))
        except OSError:
            return False
    return True


def answers_ping(address: str) -> bool:
    """Within a second."""
    try:
        run(PING, "-c1", "-W1", "-n", "-q", address, timeout=3)
    except CommandFailed:
        return False
    return True


def cores() -> int:
    """Processor cores that programs of this host may use."""
    return len(os.sched_getaffinity(0))


def python() -> str:
    return sys.executable


def look_up(name: str) -> str:
    """An address of a name; blank when nobody knows one."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return ""
    return str(found[0][4][0])

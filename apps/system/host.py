"""What this host is, and which of its ports are free."""

import socket
import sys
from pathlib import Path


def hostname() -> str:
    return socket.gethostname()


def is_free(address: str, port: int) -> bool:
    """Whether a program could listen there now."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            link.bind((address, port))
        except OSError:
            return False
    return True


def answers(path: Path) -> bool:
    """Whether somebody listens on a unix socket."""
    with socket.socket(socket.AF_UNIX) as link:
        try:
            link.connect(str(path))
        except OSError:
            return False
    return True


def python() -> str:
    return sys.executable

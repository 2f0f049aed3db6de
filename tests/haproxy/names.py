"""A name server for HAProxy: this host's own, by its address, in the network namespace of the tests."""

import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

RESOLV = Path("/etc/resolv.conf")
QUESTION = 12  # where it begins in a message


@contextmanager
def name_server(names: dict[str, str]) -> Iterator[None]:
    """Answers for the names given, which may change meanwhile: name → IPv4 address. To others there is none."""
    address = re.findall(r"^nameserver\s+([\d.]+)", RESOLV.read_text(), re.MULTILINE)[0]
    if not address.startswith("127."):
        subprocess.run(["ip", "address", "replace", f"{address}/32", "dev", "lo"], check=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind((address, 53))
        threading.Thread(target=_serve, args=(link, names), daemon=True).start()
        yield
        with suppress(OSError):
            link.shutdown(socket.SHUT_RDWR)


def _serve(link: socket.socket, names: dict[str, str]) -> None:
    with suppress(OSError):
        while True:
            asked, client = link.recvfrom(4096)
            if not asked:
                return
            link.sendto(_answer(asked, names), client)


def _answer(asked: bytes, names: dict[str, str]) -> bytes:
    end = asked.index(b"\0", QUESTION) + 1
    labels, at = [], QUESTION
    while asked[at]:
        labels.append(asked[at + 1 : at + 1 + asked[at]].decode())
        at += asked[at] + 1
    address = names.get(".".join(labels)) if asked[end : end + 2] == b"\0\1" else None  # type A
    head = (
        asked[:2] + (b"\x81\x80" if address else b"\x81\x83") + b"\0\1" + (b"\0\1" if address else b"\0\0") + b"\0" * 4
    )
    record = b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4" + socket.inet_aton(address) if address else b""
    return head + asked[QUESTION : end + 4] + record

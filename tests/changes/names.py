"""A name server on loopback, and HAProxy with a resolv.conf that names it: the host's own stays as it is."""

import ipaddress
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ADDRESS = "127.0.0.53"
A, AAAA = 1, 28
UNSHARED = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"'


class Names(dict[str, list[str]]):
    """The addresses of each name; what is not in it does not exist."""

    def answer(self, query: bytes) -> bytes:
        name, kind, end = _question(query)
        known = name in self
        data = [_packed(address) for address in self.get(name, []) if _kind(address) == kind]
        records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 1, len(item)) + item for item in data)
        head = struct.pack(">HHHHHH", *struct.unpack(">H", query[:2]), 0x8580 if known else 0x8583, 1, len(data), 0, 0)
        return head + query[12:end] + records


def _question(query: bytes) -> tuple[str, int, int]:
    labels, at = [], 12
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode())
        at += 1 + length
    return ".".join(labels), struct.unpack(">H", query[at + 1 : at + 3])[0], at + 5


def _kind(address: str) -> int:
    return AAAA if ":" in address else A


def _packed(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


@contextmanager
def served_names() -> Iterator[Names]:
    names = Names()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind((ADDRESS, 53))

        def serve() -> None:
            while True:
                query, client = link.recvfrom(4096)
                if query == b"end":
                    return
                link.sendto(names.answer(query), client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield names
        link.sendto(b"end", (ADDRESS, 53))
        thread.join()


def with_names(directory: Path) -> list[str]:
    """The words before a program that asks this name server."""
    file = directory / "resolv.conf"
    file.write_text(f"nameserver {ADDRESS}\n")
    return ["unshare", "-m", "--propagation", "private", "sh", "-c", UNSHARED, "sh", str(file)]

"""A real server that tells who it was spoken to by; run by the host's own python3: `proxied.py PORT [required]`.

It understands the PROXY protocol, versions 1 and 2, before a request. With `required` it answers nobody without it.
Every answer is JSON: the address it saw (peer), what the PROXY line said (client, and what is known of TLS), and the
headers of the request.
"""

import json
import socket
import socketserver
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from typing import Any, ClassVar, cast

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
FAMILIES = {0x11: (socket.AF_INET, 4), 0x21: (socket.AF_INET6, 16)}
TLS, VERSION, NAME = 0x20, 0x21, 0x22


class Talk(socketserver.StreamRequestHandler):
    required: ClassVar[bool] = False

    def handle(self) -> None:
        told = read_line(cast(BufferedReader, self.rfile))
        if self.required and not told:
            return
        headers = [line.decode() for line in iter(lambda: self.rfile.readline().strip(), b"")]
        answer = {"peer": plain(self.client_address[0]), "headers": headers, **told}
        body = json.dumps(answer).encode()
        self.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def read_line(stream: BufferedReader) -> dict[str, Any]:
    """What the PROXY line says; empty when the stream begins with something else."""
    start = stream.peek(16)[:16]
    if start.startswith(b"PROXY "):
        words = stream.readline().decode().split()
        return {"version": 1, "client": words[2] if words[1] != "UNKNOWN" else ""}
    if not start.startswith(SIGNATURE):
        return {}
    _, _, family, length = struct.unpack("!12sBBH", stream.read(16))
    rest = stream.read(length)
    if family not in FAMILIES:
        return {"version": 2, "client": ""}
    kind, size = FAMILIES[family]
    found = {"version": 2, "client": socket.inet_ntop(kind, rest[:size])}
    return found | tls_of(dict(values(rest[2 * size + 4 :])))


def values(rest: bytes) -> Iterator[tuple[int, bytes]]:
    while len(rest) >= 3:
        kind, length = struct.unpack("!BH", rest[:3])
        yield kind, rest[3 : 3 + length]
        rest = rest[3 + length :]


def tls_of(found: dict[int, bytes]) -> dict[str, str]:
    if TLS not in found:
        return {}
    inner = dict(values(found[TLS][5:]))
    return {word: inner[kind].decode() for word, kind in (("tls", VERSION), ("name", NAME)) if kind in inner}


def plain(address: str) -> str:
    return address.removeprefix("::ffff:")


class Server(socketserver.ThreadingTCPServer):
    """Of both families."""

    address_family = socket.AF_INET6
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    def handle_error(self, request: object, client_address: object) -> None:
        """A health check closes without a word; that is no error of ours."""


@contextmanager
def proxied(address: str = "127.0.0.1", *, required: bool = True) -> Iterator[int]:
    """On a free port of an address of this host."""
    handler = type("Local", (Talk,), {"required": required})
    with Server((address if ":" in address else f"::ffff:{address}", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


if __name__ == "__main__":
    Talk.required = "required" in sys.argv
    with Server(("::", int(sys.argv[1])), Talk) as server:
        print("listens", flush=True)
        server.serve_forever()

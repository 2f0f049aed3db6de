"""A real server that says hello."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FAMILIES = {False: socket.AF_INET, True: socket.AF_INET6}


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def served(
    handler: type[Answer] = Answer, port: int = 0, certificate: Path | None = None, address: str = "127.0.0.1"
) -> Iterator[int]:
    """Serve on a port of loopback, a free one unless told, and give its number."""
    kind = type("Server", (ThreadingHTTPServer,), {"address_family": FAMILIES[":" in address]})
    server = kind((address, port), handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()

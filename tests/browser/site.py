"""The product behind TLS in this process: the real settings, cookies and headers, and the test's own database."""

import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.db import connections

ADDRESS = "127.0.0.1"


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Chromium closes connections it opened for nothing; that is not worth a line."""

    def get_environ(self) -> dict[str, Any]:
        """With the connection, as gunicorn does."""
        return super().get_environ() | {"gunicorn.socket": self.connection}


class Server(ThreadedWSGIServer):
    def __init__(self, certificate: Path) -> None:
        database = {alias: connections[alias] for alias in connections}
        super().__init__((ADDRESS, 0), Quiet, connections_override=database)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.set_app(OneAtATime())

    def setup_environ(self) -> None:
        super().setup_environ()
        self.base_environ["HTTPS"] = "on"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A refused handshake; what a view raises is logged by Django."""


class OneAtATime:
    """The test database lives in memory, in one connection that all threads share."""

    def __init__(self) -> None:
        self.application = get_wsgi_application()
        self.lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with self.lock:
            return self.application(environ, start_response)


@contextmanager
def serving(certificate: Path) -> Iterator[str]:
    """The address, for instance https://127.0.0.1:40123, while it answers."""
    for connection in connections.all():
        connection.inc_thread_sharing()
    server = Server(certificate)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://{ADDRESS}:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()
    for connection in connections.all():
        connection.dec_thread_sharing()

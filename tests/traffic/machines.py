"""Real servers that tell their name, remember what they were asked, and can fail and come back."""

import http.server
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

TEXT = "hello " * 200


@dataclass
class Asked:
    """A request as it arrived."""

    path: str
    headers: dict[str, str]  # names in small letters
    connection: int  # counted from 1
    client: str


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Machine"

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append(Asked(self.path, headers, self.server.numbers[self.client_address], self.address()))
        with self.server.working():
            time.sleep(self.server.delay)
        body = (self.server.says or self.server.name).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def address(self) -> str:
        return str(self.client_address[0])

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Machine(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    handler: type[socketserver.BaseRequestHandler] = Handler

    def __init__(self, name: str, address: tuple[str, int], context: ssl.SSLContext | None = None) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.name = name
        self.says = ""
        self.headers: dict[str, str] = {}
        self.delay = 0.0
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()
        self.asked: list[Asked] = []
        self.numbers: dict[Any, int] = {}
        super().__init__(address, self.handler)
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @contextmanager
    def working(self) -> Iterator[None]:
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        yield
        with self.lock:
            self.at_once -= 1

    def verify_request(self, request: Any, client_address: Any) -> bool:
        self.numbers[client_address] = len(self.numbers) + 1
        return True

    def shutdown_request(self, request: Any) -> None:
        """A TLS session that does not end with a goodbye cannot be resumed."""
        if isinstance(request, ssl.SSLSocket):
            with suppress(OSError, ValueError):
                request.unwrap()
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that was cut is no error of the test."""

    @property
    def address(self) -> str:
        return str(self.server_address[0])

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def end(self) -> None:
        self.shutdown()
        self.server_close()


@dataclass
class Farm:
    """Machines by their names; each has an address of its own, so that ports may be equal."""

    port: int = 18081
    context: Callable[[], ssl.SSLContext] | None = None  # of each machine its own: they know nothing of each other
    kind: type[Machine] = Machine
    running: dict[str, Machine] = field(default_factory=dict)
    places: dict[str, tuple[str, int]] = field(default_factory=dict)

    def add(self, name: str, address: str = "", port: int = 0) -> Machine:
        self.places[name] = (address or f"127.0.1.{len(self.places) + 1}", port or self.port)
        return self.begin(name)

    def begin(self, name: str) -> Machine:
        self.running[name] = self.kind(name, self.places[name], self.context and self.context())
        return self.running[name]

    def fail(self, name: str) -> None:
        self.running.pop(name).end()

    def __getitem__(self, name: str) -> Machine:
        return self.running[name]


@contextmanager
def farm(*names: str, **fields: Any) -> Iterator[Farm]:
    made = Farm(**fields)
    try:
        for name in names:
            made.add(name)
        yield made
    finally:
        for name in list(made.running):
            made.fail(name)

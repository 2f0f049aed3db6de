"""A small real server, run by the host's own python3: `server.py http|tcp NAME PORT`.

http answers every request with its name, the client's address and the request's headers, as JSON, with keep-alive.
tcp says its name in one line, then echoes.
"""

import json
import socketserver
import sys
from http.server import BaseHTTPRequestHandler
from typing import ClassVar


class Web(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    name: ClassVar[str]

    def do_GET(self) -> None:
        answer = {
            "server": self.name,
            "client": self.client_address[0],
            "path": self.path,
            "version": self.request_version,
            "headers": {name.lower(): value for name, value in self.headers.items()},
        }
        body = json.dumps(answer, indent=1).encode() + b"\n"
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name for it
        """Quiet: health checks would fill the log."""


class Echo(socketserver.StreamRequestHandler):
    name: ClassVar[str]

    def handle(self) -> None:
        self.wfile.write(f"{self.name}\n".encode())
        while data := self.request.recv(4096):
            self.request.sendall(data)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A health check closes without a word; that is no error of ours."""


def main(kind: str, name: str, port: str) -> None:
    handler: type[Web | Echo] = Web if kind == "http" else Echo
    handler.name = name
    with Server(("", int(port)), handler) as server:
        print(f"{name} listens on {port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Far ends of health checks: servers that answer well, wrongly, or not at all, as a test wants at the moment."""

import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path

GOOD, WRONG, SILENT = "good", "wrong", "silent"
BODY = b"x" * 9000 + b"pool (A) is ready\n"  # far down in HAProxy's buffer


class FarEnd:
    """Listens on a port of loopback. What it was asked, and from where, is kept."""

    def __init__(self) -> None:
        self.mode = GOOD
        self.asked: list[bytes] = []
        self.clients: set[str] = set()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def become(self, mode: str) -> None:
        self.mode = mode

    def close(self) -> None:
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes who accepts
        self.listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                link, (address, _) = self.listener.accept()
                self.clients.add(address)
                threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link: socket.socket) -> None:
        with suppress(OSError), link:
            link.settimeout(5)
            self.serve(link)

    def serve(self, link: socket.socket) -> None:
        """Until the other side goes."""
        while self.mode == SILENT and link.recv(1000):
            pass


class Port(FarEnd):
    """Accepts connections; wrong is one that is closed, silent one whose queue is full."""

    def become(self, mode: str) -> None:
        self.close()
        self.kept: list[socket.socket] = []
        super().become(mode)
        if mode == WRONG:
            return
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=64 if mode == GOOD else 0)
        if mode == GOOD:
            threading.Thread(target=self._accept, daemon=True).start()
        for _ in range(0 if mode == GOOD else 4):
            self.kept.append(link := socket.socket())
            link.setblocking(False)
            link.connect_ex(("127.0.0.1", self.port))


class Web(FarEnd):
    """Wrong is another status and another text."""

    good, wrong = b"200 OK", b"503 Not now"

    def serve(self, link: socket.socket) -> None:
        self.asked.append(link.recv(4000))
        super().serve(link)
        line, body = (self.good, BODY) if self.mode == GOOD else (self.wrong, b"pool (B) is ready")
        link.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (line, len(body)))
        if not self.asked[-1].startswith(b"HEAD "):
            link.sendall(body)


class AlwaysOk(Web):
    """Only its text tells."""

    wrong = b"200 OK"


class SecureWeb(Web):
    """Keeps the names it was asked for in the handshake."""

    def __init__(self, certificate: Path) -> None:
        self.names: list[str | None] = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.context.sni_callback = lambda link, name, context: self.names.append(name)
        super().__init__()

    def serve(self, link: socket.socket) -> None:
        with self.context.wrap_socket(link, server_side=True) as secure:
            super().serve(secure)


class SecurePort(SecureWeb):
    """Wrong is one that ends the handshake."""

    def serve(self, link: socket.socket) -> None:
        FarEnd.serve(self, link)
        if self.mode == GOOD:
            self.context.wrap_socket(link, server_side=True).close()


class MySql(FarEnd):
    """Greets, then takes the user's name; wrong is a user it does not let in."""

    GREETING = b"\x0a8.0.36\0" + b"\x01\0\0\0" + b"12345678\0" + b"\xff\xf7\x21\x02\0\xff\x81\x15" + b"\0" * 10
    OK = b"\0\0\0\x02\0\0\0"
    REFUSED = b"\xff\x15\x04#28000Access denied for user"

    def serve(self, link: socket.socket) -> None:
        super().serve(link)
        link.sendall(self._packet(0, self.GREETING + b"123456789012\0mysql_native_password\0"))
        if asked := link.recv(1000):
            self.asked.append(asked)
        link.sendall(self._packet(2, self.OK if self.mode == GOOD else self.REFUSED))
        link.recv(1000)

    @staticmethod
    def _packet(number: int, content: bytes) -> bytes:
        return len(content).to_bytes(3, "little") + bytes([number]) + content


class Agent(FarEnd):
    """Says a word to whoever connects."""

    word = "100%"

    def serve(self, link: socket.socket) -> None:
        link.sendall(f"{self.word}\n".encode())
        link.shutdown(socket.SHUT_WR)
        link.recv(100)


class Script(FarEnd):
    """An External Script that reads in a file what it shall do, and writes down what it was called with."""

    TEXT = """\
#!/bin/sh
echo "$# $*" > {directory}/$HAPROXY_PROXY_NAME
echo noise
echo noise >&2
read -r mode < {directory}/mode
case $mode in silent) exec sleep 30 ;; wrong) exit 1 ;; esac
"""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.directory = directory
        directory.mkdir()
        directory.chmod(0o777)
        self.become(GOOD)

    def become(self, mode: str) -> None:
        super().become(mode)
        (self.directory / "mode").write_text(f"{mode}\n")

    @property
    def content(self) -> str:
        return self.TEXT.format(directory=self.directory)

    def called(self, service: str) -> str:
        return (self.directory / service).read_text().strip()

"""Real servers that speak TLS, and a client that resumes its session when they know it."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path

from tests.traffic.clients import PORT, VIP, raw


@dataclass
class Browser:
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    tickets: bool = False
    to: tuple[str, int] = (VIP, PORT)
    session: ssl.SSLSession | None = None
    context: ssl.SSLContext = field(init=False)

    def __post_init__(self) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        self.context.minimum_version = self.context.maximum_version = self.version
        if not self.tickets:
            self.context.options |= ssl.OP_NO_TICKET

    def visit(self) -> tuple[str, bool]:
        """The name of the real server, and whether it knew the session."""
        with self.context.wrap_socket(raw(b"", self.to), session=self.session) as link:
            link.sendall(b"GET / HTTP/1.0\r\n\r\n")
            said = b"".join(iter(lambda: link.recv(65536), b""))
            self.session, is_known = link.session, bool(link.session_reused)
            link.unwrap()
        return said.rpartition(b"\r\n\r\n")[2].decode(), is_known


def server_context(pem: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(pem)
    return made

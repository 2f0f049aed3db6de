"""As much of the Remote Desktop protocol as a load balancer sees: the connection request and its answer (X.224)."""

import socket
import socketserver

from tests.traffic.clients import PORT, VIP
from tests.traffic.machines import Machine

REQUEST, CONFIRM = 0xE0, 0xD0
NEGOTIATION = bytes.fromhex("0100080003000000")  # TLS or CredSSP, please


def packet(kind: int, content: bytes) -> bytes:
    """TPKT around an X.224 unit: version, length; length of the unit, kind, two references, class."""
    unit = bytes([6 + len(content), kind, 0, 0, 0, 0, 0]) + content
    return b"\x03\x00" + (4 + len(unit)).to_bytes(2, "big") + unit


def received(link: socket.socket) -> bytes:
    """The content of one packet; nothing when the other side left."""
    head = link.recv(4, socket.MSG_WAITALL)
    if len(head) < 4:
        return b""
    return link.recv(int.from_bytes(head[2:], "big") - 4, socket.MSG_WAITALL)[7:]


class Session(socketserver.BaseRequestHandler):
    """Confirms a connection with its own name, and says it again for every further packet."""

    server: Machine
    request: socket.socket

    def handle(self) -> None:
        while received(self.request):
            self.request.sendall(packet(CONFIRM, self.server.name.encode()))


class RemoteDesktop(Machine):
    handler = Session


def cookie(name: str, value: str) -> bytes:
    return f"Cookie: {name}={value}\r\n".encode()


def token(address: str, port: int) -> bytes:
    """What a session broker has a client send: the server where its session is, in a little-endian way."""
    number = int.from_bytes(socket.inet_aton(address), "little")
    return cookie("msts", f"{number}.{int.from_bytes(port.to_bytes(2, 'big'), 'little')}.0000")


def dial(told: bytes, source: str = "127.0.2.1", to: tuple[str, int] = (VIP, PORT)) -> socket.socket:
    link = socket.create_connection(to, 10, source_address=(source, 0))
    link.sendall(packet(REQUEST, told + NEGOTIATION))
    return link


def desktop(told: bytes, source: str = "127.0.2.1", to: tuple[str, int] = (VIP, PORT)) -> str:
    """The name of the remote desktop server that a client gets which says this."""
    with dial(told, source, to) as link:
        return received(link).decode()

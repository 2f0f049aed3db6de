"""A connection to the other unit's WebUI. Which unit that is, is for others to prove: here its certificate is told."""

import hashlib
import http.client
import socket
import ssl
from types import TracebackType
from typing import Self

LARGEST = 64 * 1024 * 1024  # bytes of an answer
CONNECT, ANSWER = 2.0, 40.0  # seconds


class NotReached(Exception):
    """Nobody answers there, or not as a WebUI does."""


class Connection:
    """Kept for as long as the block lasts, so that its certificate stays the one that was looked at."""

    def __init__(self, address: str, port: int, *, patience: float = ANSWER) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # its fingerprint is signed by the unit's own key
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._http = http.client.HTTPSConnection(address, port, timeout=CONNECT, context=context)
        self._patience = patience
        self.fingerprint = ""

    def __enter__(self) -> Self:
        """Raises NotReached."""
        try:
            self._http.connect()
        except (OSError, http.client.HTTPException) as error:
            self._http.close()
            raise NotReached(_words(error)) from error
        link = self._http.sock
        assert isinstance(link, ssl.SSLSocket)
        link.settimeout(self._patience)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.fingerprint = hashlib.sha256(link.getpeercert(binary_form=True) or b"").hexdigest()
        self._http.auto_open = 0  # never silently to somebody else
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Status and answer. Raises NotReached."""
        try:
            self._http.request("POST", path, body, {"Content-Type": "application/octet-stream", **headers})
            answer = self._http.getresponse()
            found = answer.read(LARGEST + 1)
        except (OSError, http.client.HTTPException) as error:
            raise NotReached(_words(error)) from error
        if len(found) > LARGEST:
            raise NotReached("it answers with more than can be right")
        return answer.status, found


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLError):
        return "it does not speak TLS"
    return (getattr(error, "strerror", "") or str(error) or type(error).__name__).lower()

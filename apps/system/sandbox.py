"""An HAProxy of its own for a moment: reached over a socket in a directory of its own, ended and removed afterwards."""

import os
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from apps.system import files, haproxy, tls
from apps.system.home import own

PATIENCE = 5.0  # seconds for one request
LONGEST_LIFE = "15"  # seconds; for the case that the worker is killed meanwhile
LONGEST_ANSWER = 256 * 1024
CONFIG = "haproxy.cfg"


@dataclass(frozen=True)
class Client:
    """Who connects to whom, and how: over TLS with this name, or not."""

    source: str
    destination: str
    port: int
    name: str | None = None

    @property
    def line(self) -> bytes:
        """The PROXY protocol's; both addresses are of one family."""
        is_new = ":" in self.source
        fits = (":" in self.destination) == is_new and self.destination
        destination = self.destination if fits else "::1" if is_new else "127.0.0.1"
        family = "TCP6" if is_new else "TCP4"
        return f"PROXY {family} {self.source} {destination} 40000 {self.port}\r\n".encode()


@dataclass(frozen=True)
class Outcome:
    answer: str
    log: str


@dataclass(frozen=True)
class Files:
    """In the sandbox's directory: the socket for the request, and the certificate if there has to be one."""

    entry: str
    certificate: str = ""


def try_out(
    render: Callable[[Path, str], str], names: Files, client: Client, sent: str, patience: float = PATIENCE
) -> Outcome:
    """Start HAProxy with what `render` makes for a directory and a user, and send it one request.

    Without `sent` a TLS handshake is begun instead, and only what HAProxy logs of it counts. Raises haproxy.Refused
    or haproxy.NoAnswer.
    """
    deadline = time.monotonic() + patience
    user = "haproxy" if os.geteuid() == 0 else ""
    with tempfile.TemporaryDirectory(prefix="lbadmin-try-") as name:
        directory = Path(name)
        if user:
            own(directory, user, user)
        files.write(directory / CONFIG, render(directory, user))
        if names.certificate:
            files.write(directory / names.certificate, tls.self_signed())
        with _running(directory) as process:
            link = _connect(process, directory / names.entry, deadline)
            with link:
                answer = _exchange(link, client, sent, deadline)
            return Outcome(answer, _end(process, deadline))


@contextmanager
def _running(directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    words = ["timeout", "--signal=KILL", LONGEST_LIFE, haproxy.BINARY, "-db", "-f", CONFIG]
    process = subprocess.Popen(
        words, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        yield process
    finally:
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> bytes:
    _signal(process, signal.SIGKILL)
    return process.communicate()[0] if process.stdout and not process.stdout.closed else b""


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """To the process group that `timeout` makes for itself and HAProxy. While a pipe is open one of them lives;
    SIGUSR1 ends the one at once and has the other finish.
    """
    if process.stdout and not process.stdout.closed:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)


def _connect(process: subprocess.Popen[bytes], path: Path, deadline: float) -> socket.socket:
    while True:
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(max(0.1, deadline - time.monotonic()))
        try:
            link.connect(str(path))
        except OSError as error:
            link.close()
            if process.poll() is not None:
                said = process.communicate()[1].decode(errors="replace")
                raise haproxy.Refused(said) from error
            if time.monotonic() > deadline:
                raise haproxy.NoAnswer("HAProxy did not start in time to try this.") from error
            time.sleep(0.01)
        else:
            return link


def _exchange(link: socket.socket, client: Client, sent: str, deadline: float) -> str:
    try:
        link.sendall(client.line)
        if not sent:
            link.sendall(_hello(client.name))
            return _rest(link, deadline)
        if client.name is None:
            link.sendall(sent.encode("latin-1"))
            return _rest(link, deadline)
        with _trusting().wrap_socket(link, server_hostname=client.name or None) as secure:
            secure.sendall(sent.encode("latin-1"))
            return _rest(secure, deadline)
    except OSError as error:
        raise haproxy.NoAnswer(f"HAProxy ended the connection without an answer: {error.strerror or error}.") from error


def _trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # it is our own, made a moment ago
    context.set_alpn_protocols(["http/1.1"])
    return context


def _hello(name: str | None) -> bytes:
    """What a client says first in TLS."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        _trusting().wrap_bio(incoming, outgoing, server_hostname=name or None).do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a handshake without an answer cannot end")


def _rest(link: socket.socket, deadline: float) -> str:
    """Everything until the end of the connection; a reset ends it too."""
    found = b""
    while len(found) < LONGEST_ANSWER and (left := deadline - time.monotonic()) > 0:
        link.settimeout(left)
        try:
            piece = link.recv(65536)
        except (ConnectionResetError, TimeoutError, ssl.SSLEOFError):
            break
        if not piece:
            break
        found += piece
    return found.decode("latin-1")


def _end(process: subprocess.Popen[bytes], deadline: float) -> str:
    """Have HAProxy finish what it does, and return what it logged."""
    _signal(process, signal.SIGUSR1)
    try:
        log, _ = process.communicate(timeout=max(0.5, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        log = _kill(process)
    return log.decode(errors="replace")

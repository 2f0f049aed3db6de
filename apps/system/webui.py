"""Where the WebUI listens: the environment says it, until the administrator chooses another place."""

import json
import time
from dataclasses import asdict, dataclass

from apps.system import files, home, host, supervisor, tls
from apps.system.environment import Environment
from apps.system.paths import Paths

PROGRAM = "web"
SAME_HOST = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - how to reach from here what listens everywhere


class NotServed(Exception):
    """The WebUI does not answer where it should."""


@dataclass(frozen=True)
class Socket:
    address: str
    port: int

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    @property
    def is_everywhere(self) -> bool:
        return self.address in SAME_HOST


def default(environment: Environment) -> Socket:
    return Socket(environment.webui_address, environment.webui_port)


def chosen(paths: Paths, environment: Environment) -> Socket:
    text = files.read(paths.webui_socket)
    return Socket(**json.loads(text)) if text else default(environment)


def listens(paths: Paths, environment: Environment) -> Socket:
    """The chosen socket; the environment's while this host has no such address, so that nobody is locked out."""
    socket = chosen(paths, environment)
    return socket if host.has_address(socket.address) else default(environment)


def move(paths: Paths, environment: Environment, socket: Socket) -> None:
    """Have the WebUI listen there, now and after every start. Safe to repeat. Raises NotServed."""
    if socket == default(environment):
        paths.webui_socket.unlink(missing_ok=True)
        files.sync(paths.home)
    else:
        files.write(paths.webui_socket, json.dumps(asdict(socket)), mode=0o644)
    _restart(paths, socket)


def show(paths: Paths, environment: Environment, pem: str, which: dict[str, int]) -> None:
    """Have the WebUI show this certificate, now and after every start. Safe to repeat. Raises NotServed.

    `which` tells it from the others. After the restart no connection is left that knows the certificate from before.
    """
    files.write(paths.webui_certificate, pem, mode=0o640)
    home.own(paths.webui_certificate, "root", home.WEB_USER)
    files.write(paths.webui_certificate_choice, json.dumps(which), mode=0o644)
    _restart(paths, listens(paths, environment))


def shown(paths: Paths) -> str:
    """The WebUI's private key with its certificate and chain."""
    return files.read(paths.webui_certificate)


def choice(paths: Paths) -> dict[str, int]:
    """Empty until a certificate was chosen."""
    text = files.read(paths.webui_certificate_choice)
    return dict(json.loads(text)) if text else {}


def renumber(paths: Paths, before: int, after: int) -> None:
    """The certificate that was chosen has another number now."""
    if choice(paths).get("certificate") == before:
        files.write(paths.webui_certificate_choice, json.dumps({"certificate": after}), mode=0o644)


def _restart(paths: Paths, socket: Socket) -> None:
    try:
        supervisor.restart(paths, PROGRAM)
    except supervisor.NotSupervised as error:
        raise NotServed(str(error)) from error
    _wait(paths, socket)


def _wait(paths: Paths, socket: Socket, timeout: float = 30.0) -> None:
    own = tls.fingerprint(paths.webui_certificate)
    deadline = time.monotonic() + timeout
    while tls.served_fingerprint(SAME_HOST.get(socket.address, socket.address), socket.port) != own:
        if time.monotonic() > deadline:
            raise NotServed(f"The WebUI did not answer on {socket} within {timeout:g} seconds.")
        time.sleep(0.1)

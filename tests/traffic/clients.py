"""Clients with an address of their own, which keep cookies as browsers do."""

import http.client
import http.cookies
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

VIP, PORT = "127.0.0.9", 18480
CLIENT = "127.0.2.1"


@dataclass
class Answer:
    status: int
    body: str
    headers: dict[str, str]  # names in small letters; of several equal ones the last


@dataclass
class Client:
    """Each request comes on a connection of its own, unless `link` is kept."""

    address: str = CLIENT
    to: tuple[str, int] = (VIP, PORT)
    cookies: dict[str, str] = field(default_factory=dict)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(*self.to, timeout=10, source_address=(self.address, 0))

    def get(self, path: str = "/", method: str = "GET", **headers: str) -> Answer:
        link = self.connect()
        try:
            return self.ask(link, path, method, **headers)
        finally:
            link.close()

    def ask(self, link: http.client.HTTPConnection, path: str = "/", method: str = "GET", **headers: str) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        link.request(method, path, headers=sent)
        answer = link.getresponse()
        self._keep(answer)
        body = answer.read()
        text = body.decode() if not answer.headers.get("Content-Encoding") else body.hex()
        return Answer(answer.status, text, {name.lower(): value for name, value in answer.getheaders()})

    def _keep(self, answer: http.client.HTTPResponse) -> None:
        for said in answer.headers.get_all("Set-Cookie") or []:
            for name, morsel in http.cookies.SimpleCookie(said).items():
                if morsel["expires"]:  # ours are only ever set to a time long gone
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value

    def who(self, **headers: str) -> str:
        """The name of the real server that answers."""
        return self.get(**headers).body


def clients(count: int) -> list[Client]:
    return [Client(f"127.0.2.{number}") for number in range(1, count + 1)]


def raw(sent: bytes, to: tuple[str, int] = (VIP, PORT)) -> socket.socket:
    """A connection on which these bytes were sent."""
    link = socket.create_connection(to, 10)
    link.sendall(sent)
    return link


def until(is_so: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)

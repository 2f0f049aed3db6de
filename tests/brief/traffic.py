"""Real requests from the client of the lab through the virtual services."""

import json
import ssl
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import tests.lab.client
from tests.brief.steps import VIP
from tests.lab.node import Node

TALK = Path(tests.lab.client.__file__)


@dataclass(frozen=True)
class Answer:
    status: int
    version: str
    body: str
    redirect: str

    @property
    def server(self) -> str:
        """The real server that answered; empty when none did."""
        return str(self.told.get("server", ""))

    @property
    def told(self) -> dict[str, Any]:
        """What the real server says about itself and the request."""
        return json.loads(self.body) if self.body.startswith("{") else {}


@dataclass(frozen=True)
class Client:
    """A client of the virtual services, on the lab's client node."""

    node: Node

    def get(self, url: str, *options: str) -> Answer:
        words = ["curl", "--silent", "--show-error", "--insecure", "--max-time", "10", "--write-out", "\n%{json}"]
        body, _, facts = self.node.run([*words, *options, url]).stdout.rpartition("\n")
        told = json.loads(facts)
        return Answer(told["http_code"], told["http_version"], body, told["redirect_url"] or "")

    def get_avs(self, *options: str) -> Answer:
        return self.get(f"https://{VIP}/patients", "--http2", *options)

    def get_avs_as(self, cookies: Path) -> Answer:
        """As a browser that keeps its cookies in this file."""
        return self.get_avs("--cookie", str(cookies), "--cookie-jar", str(cookies))

    def talk(self, source: str, *lines: str) -> list[str]:
        """Open a TCP connection to AVS-AQI from this address: the server's name, then the echo of each line."""
        words = ["/usr/bin/python3", str(TALK), source, VIP, "1200"]
        return self.node.run(words, stdin="".join(f"{line}\n" for line in lines)).stdout.splitlines()

    def served_certificate(self) -> str:
        """Fingerprint of the certificate AVS shows."""
        words = ["openssl", "s_client", "-connect", f"{VIP}:443", "-servername", "intuition.example", "-showcerts"]
        return fingerprint(self.node.run(words).stdout)


def fingerprint(text: str) -> str:
    """SHA-256 of the first PEM certificate in the text."""
    begin, end = text.index(ssl.PEM_HEADER), text.index(ssl.PEM_FOOTER) + len(ssl.PEM_FOOTER)
    return sha256(ssl.PEM_cert_to_DER_cert(text[begin:end])).hexdigest()

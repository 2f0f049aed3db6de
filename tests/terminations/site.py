"""What the tests configure, and a client that speaks TLS."""

import http.client
import json
import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from apps.certificates.models import Certificate
from apps.services.models import RealServer, SniRule, SslTermination, VirtualService
from tests.certificates.openssl import Issued
from tests.changes.test_runtime import stored

VIP, PORT, SECURE = "127.0.0.9", 18480, 18443


def kept(issued: Issued, **fields: Any) -> Certificate:
    """With its fingerprint, which a commit compares with what is served."""
    made = stored(issued)
    made.fingerprint = x509.load_pem_x509_certificate(issued.certificate).fingerprint(hashes.SHA256()).hex()
    for name, value in fields.items():
        setattr(made, name, value)
    made.save()
    return made


def service(label: str, **fields: Any) -> VirtualService:
    known = {"label": label, "address": VIP, "ports": str(PORT), "check_type": "none"}
    return VirtualService.objects.create(**known | fields)


def with_server(made: VirtualService, port: int) -> VirtualService:
    RealServer.objects.create(service=made, label="one", address="127.0.0.1", port=port)
    return made


def ended(certificate: Certificate, **fields: Any) -> SslTermination:
    """A termination that its own rules accept."""
    known: dict[str, Any] = {"label": "", "address": VIP, "port": SECURE, "certificate": certificate}
    made = SslTermination(**known | fields)
    made.full_clean()
    made.save()
    return made


def sni(termination: SslTermination, host: str, certificate: Certificate, **fields: Any) -> SniRule:
    known: dict[str, Any] = {"name": host.replace("*", "any"), "position": termination.rules.count() + 1}
    made = SniRule(termination=termination, host=host, certificate=certificate, **known | fields)
    made.full_clean()
    made.save()
    return made


@dataclass
class Client:
    """Asks for a name, shows a certificate if it has one, and trusts everybody."""

    name: str = "web.example"
    pem: Path | None = None
    port: int = SECURE
    protocols: tuple[str, ...] = ("http/1.1",)
    context: ssl.SSLContext = field(init=False)

    def __post_init__(self) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        self.context.set_alpn_protocols(list(self.protocols))
        if self.pem:
            self.context.load_cert_chain(self.pem)

    def connect(self) -> ssl.SSLSocket:
        return self.context.wrap_socket(socket.create_connection((VIP, self.port), 5), server_hostname=self.name)

    def seen(self) -> str:
        """The SHA-256 of the certificate that it is shown."""
        with self.connect() as link:
            shown = x509.load_der_x509_certificate(link.getpeercert(binary_form=True) or b"")
        return shown.fingerprint(hashes.SHA256()).hex()

    def get(self, path: str = "/", **headers: str) -> http.client.HTTPResponse:
        """`X_Some` is sent as X-Some."""
        link = self.connect()
        lines = {"Host": self.name, **{name.replace("_", "-"): value for name, value in headers.items()}}
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        link.sendall(f"GET {path} HTTP/1.1\r\n{text}Connection: close\r\n\r\n".encode())
        answer = http.client.HTTPResponse(link)
        answer.begin()
        return answer

    def told(self, path: str = "/", **headers: str) -> dict[str, Any]:
        """What the real server says of the request."""
        answer = self.get(path, **headers)
        assert answer.status == 200, answer.status
        found: dict[str, Any] = json.loads(answer.read())
        return found

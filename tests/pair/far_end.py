"""The other unit as a server: it answers as a unit does, and what a test wants it to answer."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from apps.pair.bundle import Bundle, configured_digest
from apps.system import tls
from apps.unit.models import Peer, Role
from tests.changes.server import Answer, served
from tests.pair.other import Other


@dataclass
class FarEnd:
    """`delivery` and `document` are what it says of itself; `refuses` is why it does not take what comes."""

    other: Other = field(default_factory=Other)
    fingerprint: str = ""
    port: int = 0
    asked: list[str] = field(default_factory=list)
    delivery: dict[str, str] | None = None
    document: str = ""
    refuses: str = ""

    def become_peer(self, role: Role = Role.PRIMARY, *, paired: bool = True) -> Peer:
        self.other.become_peer(role, paired=paired)
        Peer.objects.update(address="127.0.0.1", port=self.port)
        return Peer.objects.get()

    def answer(self, what: str, body: bytes) -> dict[str, Any]:
        self.asked.append(what)
        if what == "hello":
            nonce = json.loads(body)["nonce"]
            return {"session": "s", "signature": self.other.sign("hello", nonce, "s", self.fingerprint)}
        if what == "push":
            state = "refused" if self.refuses else "taken"
            self.delivery = {"digest": body[:64].decode(), "state": state, "sentence": self.refuses}
        return {"delivery": self.delivery, "document": self.document, "active": False}

    def has(self, found: Bundle) -> None:
        self.delivery = {"digest": found.digest, "state": "taken", "sentence": ""}
        self.runs(found)

    def runs(self, found: Bundle) -> None:
        self.document = configured_digest(found.document)


@contextmanager
def far_end(place: Path) -> Iterator[FarEnd]:
    unit, pem = FarEnd(), place / "far.pem"
    pem.write_text(tls.self_signed())
    shown = x509.load_pem_x509_certificate(pem.read_bytes())
    unit.fingerprint = shown.fingerprint(hashes.SHA256()).hex()

    class Question(Answer):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert hashlib.sha256(body).hexdigest() == self.headers.get("X-Lbadmin-Digest", "") or "hello" in self.path
            text = json.dumps(unit.answer(self.path.split("/")[3], body)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    with served(Question, certificate=pem) as port:
        unit.port = port
        yield unit

"""OCSP responders: openssl's own as a program, and answers that no honest one gives, made by hand."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import ocsp

from tests.certificates.openssl import Issued, Workshop
from tests.changes.load import free_port
from tests.changes.server import Answer, served

GOOD, REVOKED, UNKNOWN = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.UNKNOWN
APPOINTED = "extendedKeyUsage=OCSPSigning"
MUST_STAPLE = "tlsfeature=status_request"


def names_responder(port: int) -> str:
    """An extension that says where the responder is."""
    return f"authorityInfoAccess=OCSP;URI:http://127.0.0.1:{port}/"


def loaded(issued: Issued) -> x509.Certificate:
    return x509.load_pem_x509_certificate(issued.certificate)


def answer(  # named at the call
    leaf: Issued,
    issuer: Issued,
    *,
    by: Issued | None = None,
    sends: tuple[Issued, ...] = (),
    status: ocsp.OCSPCertStatus = GOOD,
    since: timedelta = timedelta(hours=-1),
    until: timedelta | None = timedelta(days=2),
    naming: hashes.HashAlgorithm | None = None,
    named: ocsp.OCSPResponderEncoding = ocsp.OCSPResponderEncoding.HASH,
) -> bytes:
    """Signed by the issuer unless somebody else does; the times are from now."""
    now, signer = datetime.now(UTC), by or issuer
    revoked = (now - timedelta(days=1), x509.ReasonFlags.key_compromise) if status == REVOKED else (None, None)
    made = ocsp.OCSPResponseBuilder().add_response(
        loaded(leaf),
        loaded(issuer),
        naming or hashes.SHA1(),
        status,
        now + since,
        None if until is None else now + until,
        *revoked,
    )
    made = made.responder_id(named, loaded(signer))
    made = made.certificates([loaded(one) for one in sends]) if sends else made
    key: Any = load_pem_private_key(signer.key, None)
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


@dataclass
class Scripted:
    """A responder that sends what the test wants, and counts."""

    content: bytes = b""
    status: int = 200
    location: str = ""
    pause: float = 0  # seconds before each byte
    asked: list[bytes] = field(default_factory=list)


@contextmanager
def scripted(port: int = 0) -> Iterator[tuple[Scripted, int]]:
    script = Scripted()

    class Responder(Answer):
        def do_POST(self) -> None:
            script.asked.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(script.status)
            if script.location:
                self.send_header("Location", script.location)
            self.send_header("Content-Length", str(len(script.content)))
            self.end_headers()
            with suppress(OSError):  # nobody waits any more
                for byte in script.content if script.pause else ():
                    time.sleep(script.pause)
                    self.wfile.write(bytes([byte]))
                self.wfile.write(b"" if script.pause else script.content)

    with served(Responder, port) as listening:
        yield script, listening


class Authority:
    """Its responder is openssl's: what is in the index is known, and may be revoked."""

    def __init__(self, workshop: Workshop, issuer: Issued) -> None:
        self.workshop, self.issuer, self.port = workshop, issuer, free_port()
        self.known: dict[str, str] = {}
        self.signer = issuer

    def issue(self, name: str, *more: str) -> Issued:
        """A certificate that leads to the responder, which knows it."""
        extra = (names_responder(self.port), *more)
        issued = self.workshop.issue(name, by=self.issuer, names=f"DNS:{name}", extra=extra)
        self.tell(issued)
        return issued

    def tell(self, issued: Issued, revoked: bool = False) -> None:
        serial = f"{loaded(issued).serial_number:X}"
        serial = f"0{serial}" if len(serial) % 2 else serial
        end = f"{loaded(issued).not_valid_after_utc:%y%m%d%H%M%SZ}"
        when = f"{datetime.now(UTC) - timedelta(hours=1):%y%m%d%H%M%SZ},keyCompromise" if revoked else ""
        self.known[serial] = "\t".join(["R" if revoked else "V", end, when, serial, "unknown", f"/CN={serial}"])

    @contextmanager
    def answering(self, minutes: int = 60) -> Iterator[None]:
        path = self.workshop.path
        (path / "ocsp.txt").write_text("".join(f"{line}\n" for line in self.known.values()))
        (path / "ocsp-ca.pem").write_bytes(self.issuer.certificate)
        (path / "ocsp-signer.pem").write_bytes(self.signer.certificate)
        (path / "ocsp-signer.key").write_bytes(self.signer.key)
        words = ["openssl", "ocsp", "-index", "ocsp.txt", "-CA", "ocsp-ca.pem", "-rsigner", "ocsp-signer.pem"]
        words += ["-rkey", "ocsp-signer.key", "-port", str(self.port), "-nmin", str(minutes), "-ignore_err"]
        with (
            (path / "ocsp.log").open("wb") as log,
            subprocess.Popen(words, cwd=path, stdout=log, stderr=log) as process,
        ):
            try:
                _wait(process, path / "ocsp.log")
                yield
            finally:
                process.terminate()


def _wait(process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 10
    while "waiting for OCSP client connections" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)

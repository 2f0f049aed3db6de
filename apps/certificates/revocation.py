"""Revocation lists (CRLs) of certificate authorities: read, and checked to be theirs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from django.utils import timezone

from apps.certificates.facts import domain, is_authority, title
from apps.certificates.files import MOST_BYTES, blocks, plain
from apps.certificates.problems import EMPTY, CertificateRefused

NOISE = "This is no certificate revocation list (CRL). Upload one in PEM or DER form, as your authority publishes it."
TOO_LARGE = "The file is larger than 1 MB. Ask your authority for a list of fewer certificates."
DAMAGED = "The revocation list cannot be read: it is damaged or of an unknown kind. Get it again."
OPEN_END = "does not say when the next one comes, so it cannot be told when it is out of date. Get one that does."

UNREADABLE = (ValueError, UnsupportedAlgorithm)


@dataclass(frozen=True)
class Revocation:
    """One list, as pages tell of it."""

    issuer: str
    updated: datetime
    until: datetime | None
    revoked: int


@dataclass(frozen=True)
class Lists:
    """Lists that can be used, one for each authority that has one."""

    text: str  # PEM
    until: datetime  # when the first of them has to be renewed
    lacking: list[str]  # authorities without one


def read_lists(files: Sequence[bytes], chain: str) -> Lists:
    """`chain` holds the authorities that may have signed them. Raises CertificateRefused."""
    if sum(map(len, files)) > MOST_BYTES:
        raise CertificateRefused("file", TOO_LARGE)
    authorities = [one for one in x509.load_pem_x509_certificates(chain.encode()) if is_authority(one)]
    newest: dict[x509.Certificate, tuple[datetime, x509.CertificateRevocationList]] = {}
    for found in [one for content in files for one in _unpack(content)]:
        signer, until = _signer(found, authorities), _current(found)
        if signer not in newest or newest[signer][0] < until:
            newest[signer] = (until, found)
    return Lists(
        "".join(found.public_bytes(Encoding.PEM).decode() for _, found in newest.values()),
        min(until for until, _ in newest.values()),
        [domain(one) for one in authorities if one not in newest],
    )


def facts(text: str) -> list[Revocation]:
    """Of each stored list."""
    return [
        Revocation(title(found.issuer), found.last_update_utc, found.next_update_utc, len(found))
        for found in map(x509.load_pem_x509_crl, (block for _, block in blocks(text.encode())))
    ]


def _unpack(content: bytes) -> list[x509.CertificateRevocationList]:
    if not content.strip():
        raise CertificateRefused("file", EMPTY.partition(".")[0] + ". Choose the file of the revocation list.")
    content = plain(content)
    if b"-----BEGIN " not in content:
        return [_load(content, NOISE, x509.load_der_x509_crl)]
    armoured = [block for kind, block in blocks(content) if kind == "X509 CRL"]
    if not armoured:
        raise CertificateRefused("file", NOISE)
    return [_load(block, DAMAGED, x509.load_pem_x509_crl) for block in armoured]


def _load(
    content: bytes, message: str, load: Callable[[bytes], x509.CertificateRevocationList]
) -> x509.CertificateRevocationList:
    try:
        return load(content)
    except UNREADABLE:
        raise CertificateRefused("file", message) from None


def _signer(found: x509.CertificateRevocationList, authorities: list[x509.Certificate]) -> x509.Certificate:
    for authority in authorities:
        if authority.subject == found.issuer and _is_signed(found, authority):
            return authority
    known = ", ".join(domain(authority) for authority in authorities)
    foreign = f"The revocation list of {title(found.issuer)} was not signed by {known}."
    raise CertificateRefused("file", f"{foreign} Upload the list of that authority.")


def _is_signed(found: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    try:
        return found.is_signature_valid(authority.public_key())  # type: ignore[arg-type]  # others raise TypeError
    except (TypeError, *UNREADABLE):
        return False


def _current(found: x509.CertificateRevocationList) -> datetime:
    """When the next one comes. An old one would have HAProxy turn every client away."""
    issuer, until = title(found.issuer), found.next_update_utc
    if until is None:
        raise CertificateRefused("file", f"The revocation list of {issuer} {OPEN_END}")
    if until <= timezone.now():
        old = f"The revocation list of {issuer} is out of date since {until:%Y-%m-%d %H:%M} UTC"
        raise CertificateRefused("file", f"{old}: with it, HAProxy turns every client away. Get the current one.")
    return until

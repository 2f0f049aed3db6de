"""What uploaded files hold: certificates and private keys, out of PEM, DER, PKCS#7 or PFX (PKCS#12)."""

import re
from collections.abc import Iterator, Sequence

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs7

from apps.certificates import binary
from apps.certificates.binary import Contents
from apps.certificates.problems import (
    BAD_CERTIFICATE,
    BAD_KEY,
    CUT_OFF,
    EMPTY,
    KINDS,
    LOCKED_KEY,
    NOISE,
    NOT_OPENED,
    TOO_LARGE,
    UNREADABLE,
    CertificateRefused,
)

MOST_BYTES = 1024 * 1024
MOST_CERTIFICATES = 200  # more than any bundle of authorities; keeps the search for issuers short

BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----")
BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")  # of UTF-16, in which some editors of Windows save


def unpack(files: Sequence[bytes], password: str) -> Contents:
    """At least one certificate, and whatever keys there are. Raises CertificateRefused."""
    if sum(map(len, files)) > MOST_BYTES:
        raise CertificateRefused("file", TOO_LARGE)
    parts = [_contents(content, password) for content in files]
    whole = Contents(
        [certificate for part in parts for certificate in part.certificates],
        [key for part in parts for key in part.keys],
        [kind for part in parts for kind in part.others],
    )
    if not whole.certificates:
        raise CertificateRefused("file", _no_certificate(whole))
    if (many := len(whole.certificates)) > MOST_CERTIFICATES:
        raise CertificateRefused("file", f"The file holds {many} certificates. Keep at most {MOST_CERTIFICATES}.")
    return whole


def blocks(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The armoured blocks of a PEM file, with their kinds. The text around them is not looked at."""
    kind, lines = b"", list[bytes]()
    # Files joined without a line break between them: -----END …----------BEGIN …-----
    for line in map(bytes.strip, content.replace(b"----------", b"-----\n-----").splitlines()):
        if begin := BEGIN.search(line):
            kind, lines = begin[1], [begin[0]]
            continue
        lines.append(line)
        if kind and line == b"-----END " + kind + b"-----":
            yield kind.decode(), b"\n".join([*lines, b""])
            kind = b""
    if kind:
        raise CertificateRefused("file", CUT_OFF)


def plain(content: bytes) -> bytes:
    """The bytes of a text that an editor saved as UTF-16."""
    if not content.startswith(BYTE_ORDER_MARKS):
        return content
    return content.decode("utf-16", errors="replace").encode(errors="replace")


def _contents(content: bytes, password: str) -> Contents:
    if not content.strip():
        raise CertificateRefused("file", EMPTY)
    content = plain(content)
    if b"-----BEGIN " in content:
        return _pem(content, password)
    return binary.read(content, password)


def _pem(content: bytes, password: str) -> Contents:
    found = Contents()
    for kind, block in blocks(content):
        if kind in {"CERTIFICATE", "X509 CERTIFICATE"}:
            found.certificates.append(_certificate(block))
        elif kind == "PKCS7":
            found.certificates.extend(_pkcs7(block))
        elif kind.endswith("PRIVATE KEY"):
            found.keys.append(_key(block, password))
        else:
            found.others.append(kind)
    if found == Contents():
        raise CertificateRefused("file", NOISE)
    return found


def _no_certificate(found: Contents) -> str:
    """What was uploaded instead."""
    for kind, message in KINDS.items():
        if any(other.endswith(kind) for other in found.others):
            return message
    kinds = ", ".join(sorted({*found.others, *["PRIVATE KEY"] * bool(found.keys)}))
    return (
        f"There is no certificate in the file, only: {kinds}. "
        "Put the certificate, its private key and its chain into one file, or choose the others under Further files."
    )


def _certificate(block: bytes) -> x509.Certificate:
    block = block.replace(b" X509 CERTIFICATE-----", b" CERTIFICATE-----")
    try:
        return x509.load_pem_x509_certificate(block)
    except UNREADABLE:
        raise CertificateRefused("file", BAD_CERTIFICATE) from None


def _pkcs7(block: bytes) -> list[x509.Certificate]:
    try:
        return pkcs7.load_pem_pkcs7_certificates(block)
    except UNREADABLE:
        raise CertificateRefused("file", BAD_CERTIFICATE) from None


def _key(block: bytes, password: str) -> PrivateKeyTypes:
    try:
        return load_pem_private_key(block, None)
    except TypeError:
        return _encrypted_key(block, password)
    except UNREADABLE:
        raise CertificateRefused("file", BAD_KEY) from None


def _encrypted_key(block: bytes, password: str) -> PrivateKeyTypes:
    if not password:
        raise CertificateRefused("password", LOCKED_KEY)
    try:
        return load_pem_private_key(block, password.encode())
    except ValueError:
        raise CertificateRefused("password", NOT_OPENED) from None
    except UnsupportedAlgorithm:
        raise CertificateRefused("file", BAD_KEY) from None

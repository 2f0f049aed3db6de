"""What an uploaded file holds: certificates and private keys, out of PEM or PFX (PKCS#12)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12

MOST_BYTES = 1024 * 1024
MOST_CERTIFICATES = 200  # more than any bundle of authorities; keeps the search for issuers short

EMPTY = "The file is empty. Choose the file that holds the certificate and its private key."
TOO_LARGE = "The file is larger than 1 MB. A certificate with its key and chain has a few kilobytes: choose that file."
NOISE = "This is neither a PEM nor a PFX file. Upload the certificate with its private key in one of these forms."
DER = (
    "This is a certificate in DER form, and such a file holds no private key. "
    "Convert it to PEM and put the private key into the same file, or upload a PFX file."
)
CUT_OFF = "The file ends too early: a part of it is missing. Copy it again and upload it."
BAD_CERTIFICATE = "A certificate in the file cannot be read: it is damaged or of an unknown kind. Export it again."
BAD_KEY = "The private key in the file cannot be read: it is damaged or of an unknown kind. Export it again as PKCS#8."

# What `cryptography` says about bytes it cannot make sense of.
UNREADABLE = (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion)

BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----")
PKCS7 = bytes.fromhex("2a864886f70d0107")  # the object identifier that the contents of a PFX begin with


class CertificateRefused(Exception):
    """The file cannot be used. `field` is the form's field that has to change, `message` says why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True)
class Contents:
    """At least one certificate, and the private keys, in the order of the file."""

    certificates: list[x509.Certificate]
    keys: list[PrivateKeyTypes] = field(repr=False)


def unpack(content: bytes, password: str) -> Contents:
    if not content.strip():
        raise CertificateRefused("file", EMPTY)
    if len(content) > MOST_BYTES:
        raise CertificateRefused("file", TOO_LARGE)
    contents = _pem(content, password) if b"-----BEGIN " in content else _binary(content, password)
    if len(contents.certificates) > MOST_CERTIFICATES:
        many = len(contents.certificates)
        raise CertificateRefused("file", f"The file holds {many} certificates. Keep at most {MOST_CERTIFICATES}.")
    return contents


def _pem(content: bytes, password: str) -> Contents:
    blocks = list(_blocks(content))
    certificates = [_certificate(block) for kind, block in blocks if kind in {"CERTIFICATE", "X509 CERTIFICATE"}]
    if not blocks:
        raise CertificateRefused("file", NOISE)
    if not certificates:
        kinds = ", ".join(sorted({kind for kind, _ in blocks}))
        raise CertificateRefused(
            "file",
            f"There is no certificate in the file, only: {kinds}. "
            "Put the certificate, its private key and its chain into one file.",
        )
    return Contents(certificates, [_key(block, password) for kind, block in blocks if kind.endswith("PRIVATE KEY")])


def _blocks(content: bytes) -> Iterator[tuple[str, bytes]]:
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


def _certificate(block: bytes) -> x509.Certificate:
    block = block.replace(b" X509 CERTIFICATE-----", b" CERTIFICATE-----")
    try:
        return x509.load_pem_x509_certificate(block)
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
        raise CertificateRefused("password", "The private key in the file is encrypted. Enter its password.")
    try:
        return load_pem_private_key(block, password.encode())
    except ValueError:
        wrong = "This password does not open the private key in the file. Enter the one it was encrypted with."
        raise CertificateRefused("password", wrong) from None
    except UnsupportedAlgorithm:
        raise CertificateRefused("file", BAD_KEY) from None


def _binary(content: bytes, password: str) -> Contents:
    # A PFX is: sequence, version 3, contents of PKCS#7.
    if content[:1] == b"\x30" and b"\x02\x01\x03" in content[:12] and PKCS7 in content[:40]:
        return _pfx(content, password)
    try:
        x509.load_der_x509_certificate(content)
    except UNREADABLE:
        raise CertificateRefused("file", NOISE) from None
    raise CertificateRefused("file", DER)


def _pfx(content: bytes, password: str) -> Contents:
    if _is_cut_off(content):
        raise CertificateRefused("file", CUT_OFF)
    try:
        bag = pkcs12.load_pkcs12(content, password.encode())
    except ValueError:
        raise CertificateRefused("password", _wrong_pfx_password(password)) from None
    except UNREADABLE:
        raise CertificateRefused("file", BAD_CERTIFICATE) from None
    entries = [bag.cert, *bag.additional_certs] if bag.cert else bag.additional_certs
    if not entries:
        raise CertificateRefused("file", "The PFX file holds no certificate. Export it again, with its certificate.")
    return Contents([entry.certificate for entry in entries], [bag.key] if bag.key else [])


def _is_cut_off(der: bytes) -> bool:
    """Whether the file is shorter than its first bytes say."""
    digits = der[1] - 0x80  # how many bytes tell the length; 0: the length is not told
    return digits > 0 and len(der) < 2 + digits + int.from_bytes(der[2 : 2 + digits])


def _wrong_pfx_password(password: str) -> str:
    if not password:
        return "The PFX file is protected by a password. Enter it."
    return (
        "This password does not open the PFX file. Enter the one it was exported with; "
        "if that is the one, the file is damaged: export it again."
    )

"""Files without armour: PFX (PKCS#12), and DER with a certificate, a chain (PKCS#7) or a private key."""

from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key, pkcs7, pkcs12

from apps.certificates.problems import (
    BAD_CERTIFICATE,
    BAD_KEY,
    CUT_OFF,
    LOCKED_KEY,
    NOISE,
    NOT_OPENED,
    NOTHING_IN_PFX,
    UNREADABLE,
    CertificateRefused,
)

SIGNED_DATA = bytes.fromhex("2a864886f70d010702")  # the object identifier that a PKCS#7 file begins with
PKCS7 = SIGNED_DATA[:-1]  # and the contents of a PFX
OTHERS: dict[str, Callable[[bytes], object]] = {
    "CERTIFICATE REQUEST": x509.load_der_x509_csr,
    "X509 CRL": x509.load_der_x509_crl,
    "PUBLIC KEY": load_der_public_key,
}


@dataclass(frozen=True)
class Contents:
    """Certificates and private keys in the order of the file; `others` are the kinds of what else was there."""

    certificates: list[x509.Certificate] = field(default_factory=list)
    keys: list[PrivateKeyTypes] = field(default_factory=list, repr=False)
    others: list[str] = field(default_factory=list)


def read(content: bytes, password: str) -> Contents:
    if content[:1] != b"\x30":  # every one of them is a sequence
        raise CertificateRefused("file", NOISE)
    # A PFX is: sequence, version 3, contents of PKCS#7.
    if b"\x02\x01\x03" in content[:12] and PKCS7 in content[:40]:
        return _pfx(content, password)
    if SIGNED_DATA in content[:24]:
        return Contents(_chain(content))
    try:
        return Contents([x509.load_der_x509_certificate(content)])
    except UNREADABLE:
        return _key_or_other(content, password)


def _chain(content: bytes) -> list[x509.Certificate]:
    if _is_cut_off(content):
        raise CertificateRefused("file", CUT_OFF)
    try:
        return pkcs7.load_der_pkcs7_certificates(content)
    except UNREADABLE:
        raise CertificateRefused("file", BAD_CERTIFICATE) from None


def _key_or_other(content: bytes, password: str) -> Contents:
    for kind, load in OTHERS.items():
        try:
            load(content)
        except UNREADABLE:
            continue
        return Contents(others=[kind])
    return Contents(keys=[_key(content, password)])


def _key(content: bytes, password: str) -> PrivateKeyTypes:
    try:
        return load_der_private_key(content, None)
    except TypeError:
        return _encrypted_key(content, password)
    except UnsupportedAlgorithm:
        raise CertificateRefused("file", BAD_KEY) from None
    except UNREADABLE:
        raise CertificateRefused("file", NOISE) from None


def _encrypted_key(content: bytes, password: str) -> PrivateKeyTypes:
    if not password:
        raise CertificateRefused("password", LOCKED_KEY)
    try:
        return load_der_private_key(content, password.encode())
    except UNREADABLE:
        raise CertificateRefused("password", NOT_OPENED) from None


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
        raise CertificateRefused("file", NOTHING_IN_PFX)
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

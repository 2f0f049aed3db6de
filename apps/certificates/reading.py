"""From the bytes of an upload to what HAProxy loads: one key, its certificate and the issuers in order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import PublicKeyAlgorithmOID

from apps.certificates.facts import CURVES, Facts, domain, facts, is_authority, is_self_issued, key_type
from apps.certificates.files import unpack
from apps.certificates.problems import BAD_CERTIFICATE, NO_KEY, UNREADABLE, CertificateRefused

LEAST_RSA, MOST_RSA = 2048, 8192
LEAST_EC = 224  # HAProxy refuses a chain with less
LEAST_DIGEST = 28  # bytes; HAProxy refuses SHA-1 and MD5


@dataclass(frozen=True)
class Prepared:
    """A file that can be used. A certificate authority has no key."""

    facts: Facts
    chain: list[str]  # PEM: the certificate first, then its issuers
    key: str | None = field(default=None, repr=False)  # PEM: unencrypted PKCS#8
    left_out: list[str] = field(default_factory=list)  # certificates of the file that are not part of the chain

    @property
    def is_authority(self) -> bool:
        return self.key is None


def read(content: bytes, password: str = "") -> Prepared:
    """What one file holds."""
    return read_all([content], password)


def read_all(files: Sequence[bytes], password: str = "") -> Prepared:
    """What these files hold together. Raises CertificateRefused, which says why they cannot be used."""
    contents = unpack(files, password)
    certificates = distinct(contents.certificates)
    keys = {public_bytes(key.public_key()): key for key in contents.keys}
    if len(keys) > 1:
        several = f"The file holds {len(keys)} different private keys. Keep the one that belongs to the certificate."
        raise CertificateRefused("file", several)
    try:
        return prepare(certificates, *keys.values()) if keys else _authority(certificates)
    except UNREADABLE:
        raise CertificateRefused("file", BAD_CERTIFICATE) from None


def prepare(certificates: list[x509.Certificate], key: PrivateKeyTypes) -> Prepared:
    """The certificate of this key with its chain. Raises CertificateRefused."""
    leaf = _certificate_of(key, certificates)
    _refuse_unusable(leaf)
    chain = _chain(leaf, certificates)
    for certificate in chain:
        _refuse_weak(certificate)
    return Prepared(
        facts(leaf),
        [_pem(certificate) for certificate in chain],
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        [domain(certificate) for certificate in certificates if certificate not in chain],
    )


def _authority(certificates: list[x509.Certificate]) -> Prepared:
    """One or more authorities that may vouch for clients. The first to expire tells when to act."""
    if not all(is_authority(certificate) for certificate in certificates):
        raise CertificateRefused("file", NO_KEY)
    for certificate in certificates:
        _refuse_weak(certificate)
    together = replace(
        facts(certificates[0]),
        names=[domain(certificate) for certificate in certificates],
        valid_to=min(certificate.not_valid_after_utc for certificate in certificates),
    )
    return Prepared(together, [_pem(certificate) for certificate in certificates])


def _certificate_of(key: PrivateKeyTypes, certificates: list[x509.Certificate]) -> x509.Certificate:
    """The certificate that belongs to the key; of several, as after a renewal, the one that lasts longest."""
    wanted = public_bytes(key.public_key())
    own = [certificate for certificate in certificates if public_bytes(certificate.public_key()) == wanted]
    if not own:
        mismatch = (
            f"The private key in the file does not belong to the certificate {domain(certificates[0])}. "
            "Export both from the same place and upload again."
        )
        raise CertificateRefused("file", mismatch)
    return max(own, key=lambda certificate: certificate.not_valid_after_utc)


def _chain(leaf: x509.Certificate, certificates: list[x509.Certificate]) -> list[x509.Certificate]:
    """The certificate, its issuers, their issuers. What leads nowhere is left out: clients have no use for it."""
    chain = [leaf]
    for certificate in chain:  # grows on the way
        chain += [other for other in certificates if other not in chain and issued(certificate, other)]
    return chain


def issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    if certificate.issuer != issuer.subject:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, TypeError, *UNREADABLE):
        return False
    return True


def _refuse_unusable(leaf: x509.Certificate) -> None:
    if not _is_usable(leaf):
        unusable = (
            f"HAProxy cannot serve clients with the key of {domain(leaf)}, {key_type(leaf)}. "
            f"Use RSA from {LEAST_RSA} to {MOST_RSA} bits, ECDSA on P-256, P-384 or P-521, or Ed25519."
        )
        raise CertificateRefused("file", unusable)


def _is_usable(leaf: x509.Certificate) -> bool:
    key = leaf.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        is_plain = leaf.public_key_algorithm_oid == PublicKeyAlgorithmOID.RSAES_PKCS1_v1_5
        return is_plain and LEAST_RSA <= key.key_size <= MOST_RSA
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.name in CURVES
    return isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey)


def _refuse_weak(certificate: x509.Certificate) -> None:
    """HAProxy refuses to start with these anywhere in a chain."""
    if _is_weak(certificate.public_key()):
        weak = f"The key of {domain(certificate)}, {key_type(certificate)}, is too weak for HAProxy."
        raise CertificateRefused("file", f"{weak} Use a certificate with RSA 2048 or P-256.")
    digest = certificate.signature_hash_algorithm
    if digest and digest.digest_size < LEAST_DIGEST and not is_self_issued(certificate):
        weak = f"{domain(certificate)} is signed with {digest.name.upper()}, which HAProxy refuses."
        raise CertificateRefused("file", f"{weak} Have it issued again, signed with SHA-256.")


def _is_weak(key: PublicKeyTypes) -> bool:
    if isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey):
        return key.key_size < LEAST_RSA
    return isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < LEAST_EC


def distinct(certificates: Iterable[x509.Certificate]) -> list[x509.Certificate]:
    return list(dict.fromkeys(certificates))


def public_bytes(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()

"""New keys, signing requests and self-signed certificates. Keys are made in memory and are stored only encrypted."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.utils import timezone

from apps.certificates.models import Digest, KeySize, Order

CURVES: dict[str, ec.EllipticCurve] = {KeySize.P_256: ec.SECP256R1(), KeySize.P_384: ec.SECP384R1()}
DIGESTS: dict[str, hashes.HashAlgorithm] = {
    Digest.SHA256: hashes.SHA256(),
    Digest.SHA384: hashes.SHA384(),
    Digest.SHA512: hashes.SHA512(),
}
BACKDATED = timedelta(hours=1)  # for clients whose clock is slow


@dataclass(frozen=True)
class Wish:
    """What a certificate shall say."""

    subject: x509.Name
    names: x509.SubjectAlternativeName | None
    key: CertificateIssuerPrivateKeyTypes
    digest: hashes.HashAlgorithm

    @property
    def key_text(self) -> str:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @property
    def _digest(self) -> hashes.HashAlgorithm | None:
        """Edwards curves bring their own."""
        return None if isinstance(self.key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey) else self.digest

    def request(self) -> x509.CertificateSigningRequest:
        builder = x509.CertificateSigningRequestBuilder().subject_name(self.subject)
        if self.names:
            builder = builder.add_extension(self.names, critical=False)
        return builder.sign(self.key, self._digest)  # type: ignore[arg-type]  # None is for Edwards curves

    def self_signed(self, days: int) -> x509.Certificate:
        now = timezone.now()
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.subject)
            .issuer_name(self.subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - BACKDATED)
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        )
        if self.names:
            builder = builder.add_extension(self.names, critical=False)
        return builder.sign(self.key, self._digest)  # type: ignore[arg-type]  # None is for Edwards curves


def ordered(order: Order) -> Wish:
    """With a new key."""
    return Wish(_subject(order), alternatives(order.all_names), _new_key(order.key_size), DIGESTS[order.digest])


def same_again(certificate: x509.Certificate) -> Wish:
    """The same data, a new key of the same kind."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        names = None
    digest = certificate.signature_hash_algorithm
    usable = digest if digest and digest.name in DIGESTS else hashes.SHA256()
    return Wish(certificate.subject, names, _key_like(certificate), usable)


def alternatives(names: Sequence[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_general(name) for name in names])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _subject(order: Order) -> x509.Name:
    values = {
        NameOID.COUNTRY_NAME: order.country,
        NameOID.STATE_OR_PROVINCE_NAME: order.state,
        NameOID.LOCALITY_NAME: order.city,
        NameOID.ORGANIZATION_NAME: order.organisation,
        NameOID.ORGANIZATIONAL_UNIT_NAME: order.unit,
        NameOID.COMMON_NAME: order.domain,
        NameOID.EMAIL_ADDRESS: order.email,
    }
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in values.items() if value])


def _new_key(size: str) -> CertificateIssuerPrivateKeyTypes:
    if curve := CURVES.get(size):
        return ec.generate_private_key(curve)
    return rsa.generate_private_key(65537, int(size))


def _key_like(certificate: x509.Certificate) -> CertificateIssuerPrivateKeyTypes:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return rsa.generate_private_key(65537, key.key_size)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return ec.generate_private_key(key.curve)
    kind = ed448.Ed448PrivateKey if isinstance(key, ed448.Ed448PublicKey) else ed25519.Ed25519PrivateKey
    return kind.generate()

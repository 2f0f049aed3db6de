"""What a certificate says about itself, in the words of the pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.x509.oid import NameOID, PublicKeyAlgorithmOID

from apps.certificates.expiry import Expiry, expiry

CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
Named = x509.Certificate | x509.CertificateSigningRequest


@dataclass(frozen=True)
class Facts:
    """The fields that the model keeps beside the certificate."""

    domain: str
    names: list[str]
    issuer: str
    key_type: str
    serial: str
    fingerprint: str
    valid_from: datetime
    valid_to: datetime

    @property
    def expiry(self) -> Expiry:
        return expiry(self.valid_from, self.valid_to)


def facts(certificate: x509.Certificate) -> Facts:
    return Facts(
        domain=domain(certificate),
        names=names(certificate),
        issuer="self-signed" if is_self_issued(certificate) else title(certificate.issuer),
        key_type=key_type(certificate),
        serial=f"{certificate.serial_number:x}",
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        valid_from=certificate.not_valid_before_utc,
        valid_to=certificate.not_valid_after_utc,
    )


def chain_facts(chain: str) -> list[Facts]:
    """Of each certificate in a stored chain."""
    return [facts(certificate) for certificate in x509.load_pem_x509_certificates(chain.encode())]


def thumbprint(chain: str) -> str:
    """The SHA-1 of a stored chain's first certificate, as Windows shows it."""
    return x509.load_pem_x509_certificate(chain.encode()).fingerprint(hashes.SHA1()).hex()  # noqa: S303 - a name, no proof


def domain(certificate: Named) -> str:
    """The name to call it by: the common name, else its first alternative name, else all of its subject."""
    common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return title(certificate.subject) if common else next(iter(names(certificate)), title(certificate.subject))


def names(certificate: Named) -> list[str]:
    """The host names and addresses it is valid for."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    addresses = found.get_values_for_type(x509.IPAddress)
    return [_clean(name) for name in [*found.get_values_for_type(x509.DNSName), *map(str, addresses)]]


def is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def is_self_issued(certificate: x509.Certificate) -> bool:
    return certificate.subject == certificate.issuer


def key_type(certificate: Named) -> str:
    """For example RSA 2048, P-256 or Ed25519."""
    key = certificate.public_key()
    oid = getattr(certificate, "public_key_algorithm_oid", None)  # a request does not tell it
    if oid == PublicKeyAlgorithmOID.RSASSA_PSS:
        return "RSA-PSS"
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return CURVES.get(key.curve.name, key.curve.name)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519"
    return "Ed448" if isinstance(key, ed448.Ed448PublicKey) else type(key).__name__.removesuffix("PublicKey")


def title(name: x509.Name) -> str:
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        if found := name.get_attributes_for_oid(kind):
            return _clean(str(found[0].value))
    return _clean(name.rfc4514_string()) or "without a name"


def _clean(text: Iterable[str]) -> str:
    """Whoever made the certificate chose these characters: keep those that pages and XML can show."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)[:255]

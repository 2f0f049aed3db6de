"""What comes back from the authority: the certificate for a request of ours, and its issuers."""

from collections.abc import Mapping, Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from apps.certificates.facts import domain, is_authority
from apps.certificates.files import unpack
from apps.certificates.models import Certificate
from apps.certificates.problems import CertificateRefused
from apps.certificates.reading import Prepared, distinct, prepare, public_bytes
from apps.certificates.vault import open_request_key

NOT_PEM = "This is no certificate. It begins with -----BEGIN CERTIFICATE-----: copy all of it, that line included."
OWN_REQUEST = "This is a signing request, not a certificate. Send it to your certificate authority; it sends one back."
NOTHING = "Paste the certificate that came back from your certificate authority, or choose its file."

Pasted = Mapping[str, Sequence[bytes]]  # what was given, by the form's field


def join(certificate: Certificate, given: Pasted) -> Prepared:
    """The certificate with the key of its request and its chain. Raises CertificateRefused, which names the field."""
    found = {name: _unpack(name, parts) for name, parts in given.items() if any(parts)}
    if not found:
        raise CertificateRefused("signed", NOTHING)
    key = load_pem_private_key(open_request_key(certificate).encode(), None)
    for name, certificates in found.items():
        _refuse_foreign(name, certificates, key, found)
    try:
        return prepare(distinct(one for certificates in found.values() for one in certificates), key)
    except CertificateRefused as refused:
        raise CertificateRefused(next(iter(found)), refused.message) from None


def _unpack(field: str, parts: Sequence[bytes]) -> list[x509.Certificate]:
    if field != "file" and not any(b"-----BEGIN " in part for part in parts):
        raise CertificateRefused(field, NOT_PEM)
    try:
        return unpack(parts, "").certificates
    except CertificateRefused as refused:
        is_request = any(b"CERTIFICATE REQUEST-----" in part for part in parts)
        raise CertificateRefused(field, OWN_REQUEST if is_request else refused.message) from None


def _refuse_foreign(
    field: str, certificates: list[x509.Certificate], key: PrivateKeyTypes, found: Mapping[str, list[x509.Certificate]]
) -> None:
    """When nothing belongs to the key: said where the server's certificate stands."""
    wanted = public_bytes(key.public_key())
    if any(public_bytes(one.public_key()) == wanted for several in found.values() for one in several):
        return
    servers = [one for one in certificates if not is_authority(one)]
    if servers or field == list(found)[-1]:
        raise CertificateRefused(
            field,
            f"The certificate for {domain((servers or certificates)[0])} was made for another key than this request's. "
            "Have exactly the request on this page signed, and use the certificate that comes back for it.",
        )

"""What is done to a certificate, before it is saved: storing what was read, asking for a signature, signing itself."""

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from apps.certificates import signing
from apps.certificates.facts import domain, key_type, names
from apps.certificates.models import Certificate, Order
from apps.certificates.reading import Prepared, read
from apps.certificates.signing import Wish
from apps.certificates.vault import seal


def take(certificate: Certificate, prepared: Prepared) -> None:
    """Have it serve this. A request that still waits for an answer goes on waiting."""
    for name, value in vars(prepared.facts).items():
        setattr(certificate, name, value)
    certificate.chain = "".join(prepared.chain)
    certificate.is_authority = prepared.is_authority
    certificate.encrypted_key = seal(prepared.key) if prepared.key else ""


def take_signed(certificate: Certificate, prepared: Prepared) -> None:
    """The request was answered."""
    take(certificate, prepared)
    forget_request(certificate)


def forget_request(certificate: Certificate) -> None:
    certificate.request = certificate.encrypted_request_key = ""


def ask(certificate: Certificate, order: Order) -> None:
    """A new key and its signing request; until the answer comes, the list shows what was asked for."""
    request = _ask(certificate, signing.ordered(order))
    certificate.domain, certificate.names, certificate.key_type = domain(request), names(request), key_type(request)


def ask_again(certificate: Certificate) -> None:
    """The same data with a new key. What it serves stays until the answer comes."""
    _ask(certificate, signing.same_again(leaf(certificate)))


def sign(certificate: Certificate, order: Order) -> None:
    _sign(certificate, signing.ordered(order), order.days)


def sign_again(certificate: Certificate) -> None:
    """The same data with a new key, for as long as before."""
    old = leaf(certificate)
    _sign(certificate, signing.same_again(old), (old.not_valid_after_utc - old.not_valid_before_utc).days or 1)


def leaf(certificate: Certificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(certificate.chain.encode())


def _ask(certificate: Certificate, wish: Wish) -> x509.CertificateSigningRequest:
    request = wish.request()
    certificate.request = request.public_bytes(Encoding.PEM).decode()
    certificate.encrypted_request_key = seal(wish.key_text)
    return request


def _sign(certificate: Certificate, wish: Wish, days: int) -> None:
    made = wish.self_signed(days).public_bytes(Encoding.PEM).decode()
    take(certificate, read((wish.key_text + made).encode()))

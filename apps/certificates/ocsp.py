"""Questions to OCSP responders about certificates, and what makes an answer good enough to be shown to clients."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID
from django.utils import timezone

from apps.certificates.reading import issued

CLOCKS = timedelta(minutes=5)  # that differ by no more are right
Naming = hashes.SHA1  # names a certificate and proves nothing: HAProxy and all responders do so
LEAST_DIGEST = 20  # bytes of the hash that is signed: nothing below SHA-1
UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, x509.ExtensionNotFound)
E = TypeVar("E", bound=x509.ExtensionType)

REFUSALS = {
    ocsp.OCSPResponseStatus.UNAUTHORIZED: "The responder knows nothing of this certificate (unauthorized).",
    ocsp.OCSPResponseStatus.TRY_LATER: "The responder is busy and asks to try later.",
    ocsp.OCSPResponseStatus.INTERNAL_ERROR: "The responder has a problem of its own (internal error).",
    ocsp.OCSPResponseStatus.MALFORMED_REQUEST: "The responder does not understand the question (malformed request).",
    ocsp.OCSPResponseStatus.SIG_REQUIRED: "The responder answers only questions that are signed.",
}
JUNK = "What the responder sent is no answer of OCSP."
OTHER = "The responder answered for another certificate."
UNSIGNED = "The answer is signed neither by the issuer of the certificate nor by a responder that the issuer appointed."
FORGED = "The signature of the answer is wrong."
EARLY = "The answer is from the future. Check the clock of this appliance."
LATE = "The answer was out of date already when it came. Check the clock of this appliance."
ENDLESS = "The answer does not say until when it is good, so HAProxy cannot use it."


class NotAcceptable(Exception):
    """Why an answer counts for nothing, in words for the page."""


@dataclass(frozen=True)
class Answer:
    """One that is authentic, fits and is up to date. `until` is missing only where nothing can be stapled."""

    status: str  # good, revoked, unknown
    content: bytes  # DER
    since: datetime  # this update
    until: datetime | None  # next update
    revoked_at: datetime | None = None
    reason: str = ""  # of the revocation


def responder(leaf: x509.Certificate) -> str:
    """Where the certificate says that its responder is; blank when it names none."""
    try:
        found = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (*UNREADABLE, x509.DuplicateExtension):
        return ""
    places = [one.access_location for one in found if one.access_method == AuthorityInformationAccessOID.OCSP]
    urls = [place.value for place in places if isinstance(place, x509.UniformResourceIdentifier)]
    return next((url for url in urls if url.lower().startswith(("http://", "https://"))), "")[:1024]


def must_staple(leaf: x509.Certificate) -> bool:
    try:
        found = leaf.extensions.get_extension_for_class(x509.TLSFeature).value
    except (*UNREADABLE, x509.DuplicateExtension):
        return False
    return x509.TLSFeatureType.status_request in found


def issuer_in(chain: list[x509.Certificate]) -> x509.Certificate | None:
    """Of the first one. As strict as OpenSSL: HAProxy refuses to start with an answer whose issuer it does not find."""
    leaf, *others = chain
    return next((other for other in others if issued(leaf, other) and _may_issue(leaf, other)), None)


def _may_issue(leaf: x509.Certificate, other: x509.Certificate) -> bool:
    try:
        usage = _extension(other, x509.KeyUsage)
        named = _extension(leaf, x509.AuthorityKeyIdentifier)
        own = _extension(other, x509.SubjectKeyIdentifier)
    except (*UNREADABLE, x509.DuplicateExtension):
        return False
    if usage and not usage.key_cert_sign:
        return False
    if named and named.authority_cert_serial_number not in {None, other.serial_number}:
        return False
    return not (named and own and named.key_identifier) or named.key_identifier == own.digest


def _extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def question(leaf: x509.Certificate, issuer: x509.Certificate) -> bytes:
    return ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, Naming()).build().public_bytes(Encoding.DER)


def read(content: bytes, leaf: x509.Certificate, issuer: x509.Certificate) -> Answer:
    """What a responder says of the certificate. Raises NotAcceptable."""
    try:
        response = ocsp.load_der_ocsp_response(content)
        if response.response_status != ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise NotAcceptable(REFUSALS[response.response_status])
        _prove(response, issuer)
        single, *more = response.responses
        if more or not _is_about(single, leaf, issuer):
            raise NotAcceptable(OTHER)
        return _current(single, content)
    except UNREADABLE:
        raise NotAcceptable(JUNK) from None


def _prove(response: ocsp.OCSPResponse, issuer: x509.Certificate) -> None:
    """Signed by the issuer, or by somebody whom the issuer gave a certificate for that very purpose."""
    candidates = (issuer, *(one for one in response.certificates if _is_appointed(one, issuer)))
    signer = next((one for one in candidates if _is_named(one, response)), None)
    if signer is None:
        raise NotAcceptable(UNSIGNED)
    digest = response.signature_hash_algorithm
    if digest and digest.digest_size < LEAST_DIGEST:
        raise NotAcceptable(FORGED)
    try:
        _verify(signer.public_key(), response.signature, response.tbs_response_bytes, digest)
    except InvalidSignature:
        raise NotAcceptable(FORGED) from None


def _is_appointed(one: x509.Certificate, issuer: x509.Certificate) -> bool:
    usage = _extension(one, x509.ExtendedKeyUsage)
    is_current = one.not_valid_before_utc <= timezone.now() <= one.not_valid_after_utc
    return is_current and usage is not None and ExtendedKeyUsageOID.OCSP_SIGNING in usage and issued(one, issuer)


def _is_named(one: x509.Certificate, response: ocsp.OCSPResponse) -> bool:
    """As the one who answers."""
    if response.responder_name is not None:
        return response.responder_name == one.subject
    return response.responder_key_hash == _key_hash(one)


def _verify(key: PublicKeyTypes, signature: bytes, content: bytes, digest: hashes.HashAlgorithm | None) -> None:
    """Raises InvalidSignature, or TypeError for other kinds of keys."""
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        key.verify(signature, content)
    elif digest and isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, content, padding.PKCS1v15(), digest)
    elif digest and isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, content, ec.ECDSA(digest))
    else:
        raise TypeError(type(key))


def _is_about(single: ocsp.OCSPSingleResponse, leaf: x509.Certificate, issuer: x509.Certificate) -> bool:
    """By its number and its issuer; HAProxy knows certificates by SHA-1 only."""
    named = (single.serial_number, single.issuer_name_hash, single.issuer_key_hash)
    name = hashes.Hash(Naming())
    name.update(leaf.issuer.public_bytes())
    is_known = isinstance(single.hash_algorithm, Naming)
    return is_known and named == (leaf.serial_number, name.finalize(), _key_hash(issuer))


def _key_hash(one: x509.Certificate) -> bytes:
    """SHA-1 of the bare key, without what says of which kind it is."""
    return x509.SubjectKeyIdentifier.from_public_key(one.public_key()).digest


def _current(single: ocsp.OCSPSingleResponse, content: bytes) -> Answer:
    now, since, until = timezone.now(), single.this_update_utc, single.next_update_utc
    if since > now + CLOCKS:
        raise NotAcceptable(EARLY)
    if until is not None and until <= now:
        raise NotAcceptable(LATE)
    status = single.certificate_status
    if status == ocsp.OCSPCertStatus.GOOD and until is None:
        raise NotAcceptable(ENDLESS)
    reason = single.revocation_reason
    return Answer(
        status.name.lower(), content, since, until, single.revocation_time_utc, _words(reason.value) if reason else ""
    )


def _words(reason: str) -> str:
    """keyCompromise as key compromise."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in reason)

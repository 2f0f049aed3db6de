"""Which certificate the WebUI shows, as a setting on trial."""

from collections.abc import Iterator

from cryptography import x509
from cryptography.fernet import InvalidToken
from cryptography.hazmat.primitives import hashes
from django.conf import settings
from django.urls import reverse

from apps.certificates import vault
from apps.certificates.models import Certificate
from apps.certificates.usage import Use
from apps.local.kinds import Kind, NotApplied, Value
from apps.local.models import WebUICertificate
from apps.system import webui

NAME = "webui-cert"
FOLLOWS = "The WebUI shows it after Update under Local Configuration > Security."


def value_of(certificate: Certificate) -> Value:
    """With the private key, encrypted: what was in force can come back whatever happens to it meanwhile."""
    return _value(certificate.pk, certificate.label, vault.pem(certificate))


def in_force() -> Value:
    """What the WebUI shows now: of a certificate that was replaced since, still the one from before."""
    chosen = WebUICertificate.current()
    return _value(chosen.certificate_id or 0, str(chosen), webui.shown(settings.PATHS))


def is_shown(certificate: Certificate) -> bool:
    shown = x509.load_pem_x509_certificate(webui.shown(settings.PATHS).encode())
    return shown.fingerprint(hashes.SHA256()).hex() == certificate.fingerprint


def is_behind() -> bool:
    """The certificate was replaced or renewed since the WebUI took it."""
    chosen = WebUICertificate.current()
    return bool(chosen.certificate_id) and not is_shown(chosen.certificate)


def words(value: Value) -> str:
    return f"the WebUI shows the certificate {value['label']}"


def apply(value: Value) -> None:
    try:
        pem = vault.unseal(value["pem"])
        webui.show(settings.PATHS, settings.ENVIRONMENT, pem, {"certificate": value["certificate"]})
    except InvalidToken:
        raise NotApplied(f"The private key of {value['label']} cannot be decrypted.") from None
    except webui.NotServed as error:
        raise NotApplied(str(error)) from error


def uses() -> Iterator[Use]:
    """One of settings.CERTIFICATE_USERS."""
    if chosen := WebUICertificate.current().certificate_id:
        yield Use(chosen, "WebUI", reverse("security"), FOLLOWS)


def _value(certificate: int, label: str, pem: str) -> Value:
    return {"certificate": certificate, "label": label, "pem": vault.seal(pem)}


# To keep it, a browser has to come once more: the restart ended every connection that knew the certificate from before.
KIND = Kind("security", words, apply)

"""Private keys at rest: in the database they are encrypted with a key that stands in a file beside it."""

import base64
from functools import cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from apps.certificates.models import Certificate


class KeyUnreadable(Exception):
    """The data key is not the one that the private key was encrypted with."""


def pem(certificate: Certificate) -> str:
    """What HAProxy loads: private key and chain; of an authority only the chain."""
    if certificate.is_pending:
        raise KeyUnreadable(
            f"{certificate} cannot be served: its signing request waits for the certificate. Upload that, or choose "
            "another certificate."
        )
    if certificate.is_authority:
        return certificate.chain
    return _open(certificate.encrypted_key, certificate) + certificate.chain


def open_request_key(certificate: Certificate) -> str:
    """The private key of the request that waits for its certificate."""
    return _open(certificate.encrypted_request_key, certificate)


def _open(encrypted: str, certificate: Certificate) -> str:
    try:
        return unseal(encrypted)
    except InvalidToken:
        raise KeyUnreadable(
            f"The private key of {certificate} cannot be decrypted: {settings.DATA_KEY_FILE.name} is not the file "
            "it was encrypted with. Put that file back, or upload the certificate again."
        ) from None


def seal(text: str) -> str:
    return _fernet(settings.DATA_KEY_FILE).encrypt(text.encode()).decode()


def unseal(text: str) -> str:
    """Raises InvalidToken when it was sealed with another data key."""
    return _fernet(settings.DATA_KEY_FILE).decrypt(text).decode()


@cache
def _fernet(file: Path) -> Fernet:
    secret = bytes.fromhex(file.read_text())
    derived = HKDF(hashes.SHA256(), length=32, salt=None, info=b"lbadmin private keys").derive(secret)
    return Fernet(base64.urlsafe_b64encode(derived))

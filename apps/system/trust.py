"""The root certificates that this host knows, as the package ca-certificates keeps them."""

import re
from functools import cache
from pathlib import Path

from cryptography import x509

from apps.system import files

BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")


@cache
def roots() -> tuple[x509.Certificate, ...]:
    """None on a host without them. Read once: a process does not outlive many updates of the package."""
    armoured = re.findall(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n", files.read(BUNDLE))
    return tuple(certificate for text in armoured if (certificate := _load(text)))


def _load(text: str) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(text.encode())
    except ValueError:  # some very old roots do not keep to the rules
        return None

"""SSL Operation Mode: what a termination speaks with its clients, as named profiles.

The lists are the public recommendations for servers: of "Server Side TLS" version 6.0 for Modern and for High Security
(there: intermediate), of 5.8, the last that told of it, for Compatible (there: old); and the algorithms of NIST SP
800-52r2 that a FIPS 140 module has. Key exchange with ML-KEM is left out: OpenSSL 3.0 does not know it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import models


class Mode(models.TextChoices):
    HIGH = "high", "High Security"
    MODERN = "modern", "Modern"
    FIPS = "fips", "FIPS Compliant"
    COMPATIBLE = "compatable", "Compatible"
    CUSTOM = "custom", "Custom"


VERSIONS = ("TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")  # as HAProxy names them, from old to new


@dataclass(frozen=True)
class Profile:
    """`ciphers` count up to TLS 1.2, `suites` for TLS 1.3; blank leaves OpenSSL's own."""

    oldest: str
    newest: str = "TLSv1.3"
    ciphers: str = ""
    suites: str = ""
    curves: str = ""
    prefers_own: bool = False  # the server's order counts, not the client's


FORWARD_SECRET = (
    *("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"),
    *("ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384"),
    *("ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"),
)
OLD = (
    *FORWARD_SECRET,
    *("DHE-RSA-AES128-GCM-SHA256", "DHE-RSA-AES256-GCM-SHA384", "DHE-RSA-CHACHA20-POLY1305"),
    *("ECDHE-ECDSA-AES128-SHA256", "ECDHE-RSA-AES128-SHA256", "ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA"),
    *("ECDHE-ECDSA-AES256-SHA384", "ECDHE-RSA-AES256-SHA384", "ECDHE-ECDSA-AES256-SHA", "ECDHE-RSA-AES256-SHA"),
    *("DHE-RSA-AES128-SHA256", "DHE-RSA-AES256-SHA256", "AES128-GCM-SHA256", "AES256-GCM-SHA384"),
    *("AES128-SHA256", "AES256-SHA256", "AES128-SHA", "AES256-SHA", "DES-CBC3-SHA"),
)
SUITES = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
CURVES = "X25519:P-256:P-384"
# TLS 1.0 and 1.1 sign with SHA-1, which OpenSSL 3 refuses above this level.
LEVEL = "@SECLEVEL=0"

PROFILES: Mapping[str, Profile] = {
    Mode.MODERN: Profile("TLSv1.3", suites=SUITES, curves=CURVES),
    Mode.HIGH: Profile("TLSv1.2", ciphers=":".join(FORWARD_SECRET), suites=SUITES, curves=CURVES),
    Mode.FIPS: Profile(
        "TLSv1.2",
        ciphers=":".join(cipher for cipher in FORWARD_SECRET if "AES" in cipher),
        suites="TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384",
        curves="P-256:P-384:P-521",
        prefers_own=True,
    ),
    Mode.COMPATIBLE: Profile(
        "TLSv1.0", ciphers=":".join([*OLD, LEVEL]), suites=SUITES, curves=CURVES, prefers_own=True
    ),
}

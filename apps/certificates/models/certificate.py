"""Certificates with their keys, and certificate authorities that vouch for clients."""

import hashlib
from datetime import datetime

from django.db import models

from apps.certificates.expiry import PENDING, Expiry, expiry, revoked
from apps.common.option_kinds import FlagOption, LabelOption


class Certificate(models.Model):
    """A certificate. What is read from it is kept beside it, so that a list opens no file.

    While its first signing request waits for an answer it has no chain and no dates, and cannot be served.
    """

    label = LabelOption(
        "Label",
        section="SSL Certificate",
        on_add=True,
        unique=True,
        error_messages={"unique": "Another certificate has this label. Choose a different one."},
        help="A short name for the drop-downs of Virtual Services, for example the site's name.",
    )
    stapling = FlagOption(
        "OCSP Stapling",
        section="OCSP Stapling",
        default=True,
        help="The authority's responder is asked whether the certificate is revoked, and HAProxy shows the signed "
        "answer to clients in the handshake, so that they need not ask themselves. The answer is renewed in time, "
        "without a reload. Leave it on for a must-staple certificate: clients refuse one without an answer. "
        "HAProxy: a file .ocsp beside the certificate, set ssl ocsp-response.",
    )
    chain = models.TextField(blank=True)  # PEM: the certificate first, then its issuers
    encrypted_key = models.TextField(blank=True)  # see apps.certificates.vault; blank for an authority
    is_authority = models.BooleanField(default=False)
    is_built_in = models.BooleanField(default=False)  # made by the appliance for itself; cannot be removed
    request = models.TextField(blank=True)  # PEM: a signing request that waits for its certificate
    encrypted_request_key = models.TextField(blank=True)
    revocation_list = models.TextField(blank=True)  # PEM, of an authority: one list or more
    revocation_until = models.DateTimeField(null=True, blank=True)  # when the first of them has to be renewed
    domain = models.CharField(max_length=255)
    names = models.JSONField(default=list)
    issuer = models.CharField(max_length=255)
    key_type = models.CharField(max_length=64)
    serial = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)  # SHA-256, hexadecimal
    valid_from = models.DateTimeField(null=True)
    valid_to = models.DateTimeField(null=True)

    class Meta:
        ordering = ["label"]
        verbose_name = "SSL Certificate"

    def __str__(self) -> str:
        return str(self.label)

    @property
    def is_pending(self) -> bool:
        """Asked for, but not signed yet."""
        return not self.chain

    @property
    def is_self_signed(self) -> bool:
        return self.issuer == "self-signed" and not self.is_authority

    @property
    def revoked_at(self) -> datetime | None:
        """When its authority revoked it, as far as is known."""
        found = getattr(self, "staple", None)
        return found.revoked_at if found and found.fingerprint == self.fingerprint else None

    @property
    def expiry(self) -> Expiry:
        if self.valid_from is None or self.valid_to is None:
            return PENDING
        if self.revoked_at:
            return revoked(self.revoked_at)
        return expiry(self.valid_from, self.valid_to)

    @property
    def other_names(self) -> int:
        """How many names it has beyond its domain."""
        return len(set(self.names) - {self.domain})

    @property
    def content(self) -> str:
        """Another value whenever anything of what is served changes."""
        return hashlib.sha256((self.chain + self.revocation_list).encode()).hexdigest()

"""Certificates with their keys, and certificate authorities that vouch for clients."""

import hashlib

from django.db import models

from apps.certificates.expiry import Expiry, expiry
from apps.common.option_kinds import LabelOption


class Certificate(models.Model):
    """An uploaded certificate. What is read from it is kept beside it, so that a list opens no file."""

    label = LabelOption(
        "Label",
        section="SSL Certificate",
        on_add=True,
        unique=True,
        error_messages={"unique": "Another certificate has this label. Choose a different one."},
        help="A short name for the drop-downs of Virtual Services, for example the site's name.",
    )
    chain = models.TextField()  # PEM: the certificate first, then its issuers
    encrypted_key = models.TextField(blank=True)  # see apps.certificates.vault; blank for an authority
    is_authority = models.BooleanField(default=False)
    domain = models.CharField(max_length=255)
    names = models.JSONField(default=list)
    issuer = models.CharField(max_length=255)
    key_type = models.CharField(max_length=64)
    serial = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)  # SHA-256, hexadecimal
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()

    class Meta:
        ordering = ["label"]
        verbose_name = "SSL Certificate"

    def __str__(self) -> str:
        return str(self.label)

    @property
    def expiry(self) -> Expiry:
        return expiry(self.valid_from, self.valid_to)

    @property
    def other_names(self) -> int:
        """How many names it has beyond its domain."""
        return len(set(self.names) - {self.domain})

    @property
    def content(self) -> str:
        """Another value whenever anything of what is served changes."""
        return hashlib.sha256(self.chain.encode()).hexdigest()

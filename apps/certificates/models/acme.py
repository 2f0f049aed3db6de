"""Accounts at certificate authorities that speak ACME, and the certificates that are kept fresh with them."""

from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.dispatch import Signal
from django.utils import timezone

from apps.certificates.models.certificate import Certificate
from apps.common.option_kinds import ChoiceOption, FlagOption, LabelOption
from apps.common.text_kinds import MailOption, PatternOption, ProgramOption, UrlOption

SECTION = "ACME account"
BINDING = "External account binding"
FIRST_WAIT, LONGEST_WAIT = timedelta(hours=1), timedelta(hours=24)

wanted = Signal()  # somebody wants an order to be worked on now, and not only when the next look is due


class Directory(models.TextChoices):
    PRODUCTION = "production", "Let's Encrypt"
    STAGING = "staging", "Let's Encrypt, staging"
    CUSTOM = "custom", "Another authority"


ADDRESSES: dict[str, str] = {
    Directory.PRODUCTION: "https://acme-v02.api.letsencrypt.org/directory",
    Directory.STAGING: "https://acme-staging-v02.api.letsencrypt.org/directory",
}
CUSTOM = {"directory": {Directory.CUSTOM}}


class SecureUrlOption(UrlOption):
    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if value and not value.startswith("https://"):
            raise ValidationError("ACME is spoken over TLS only. Enter an address that begins with https://.")


class AuthoritiesOption(ProgramOption):
    """Certificates of authorities in PEM form."""

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"widget": forms.Textarea({"rows": 5, "spellcheck": "false"}), **kwargs})

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if not value:
            return
        try:
            x509.load_pem_x509_certificates(value.encode())
        except ValueError:
            wrong = "This is no certificate in PEM form. It begins with -----BEGIN CERTIFICATE-----: copy all of it."
            raise ValidationError(wrong) from None


class AcmeAccount(models.Model):
    """All accounts of an appliance have one key: HAProxy answers challenges with its thumbprint, whoever asks."""

    label = LabelOption(
        "Label",
        section=SECTION,
        unique=True,
        error_messages={"unique": "Another account has this label. Choose a different one."},
        help="A short name for the drop-down of new certificates.",
    )
    directory = ChoiceOption(
        "Certificate authority",
        section=SECTION,
        choices=Directory,
        default=Directory.PRODUCTION,
        help="Try with staging first: it allows more attempts, but browsers do not trust its certificates.",
    )
    url = SecureUrlOption(
        "Directory URL",
        section=SECTION,
        when=CUSTOM,
        default="",
        help="Where the authority's ACME directory is, for example https://ca.example/acme/directory.",
    )
    roots = AuthoritiesOption(
        "Custom CA",
        section=SECTION,
        when=CUSTOM,
        blank=True,
        default="",
        hint="PEM; blank for an authority with a public certificate",
        help="The certificate authority that the directory's own TLS certificate is checked against.",
    )
    email = MailOption(
        "E-mail",
        section=SECTION,
        blank=True,
        default="",
        max_length=255,
        help="Where the authority writes to when something is wrong with a certificate. Some ask for one.",
    )
    agreed = FlagOption(
        "I agree to the terms of service",
        section=SECTION,
        default=False,
        help="Those that the authority publishes, for Let's Encrypt at https://letsencrypt.org/repository/. Without "
        "them no authority gives certificates.",
    )
    eab_kid = PatternOption(
        "Key ID",
        section=BINDING,
        blank=True,
        default="",
        help="Only for authorities where you have an account already and that gave you a key ID with an HMAC key.",
    )
    encrypted_eab_key = models.TextField(blank=True)
    encrypted_key = models.TextField()  # see apps.certificates.vault
    thumbprint = models.CharField(max_length=64)  # of the key; public
    uri = models.CharField(max_length=1024, blank=True)  # where the authority knows it; blank: not registered yet

    class Meta:
        ordering = ["label"]
        verbose_name = "ACME account"

    def __str__(self) -> str:
        return str(self.label)

    @property
    def address(self) -> str:
        return str(ADDRESSES.get(self.directory, self.url))

    def clean(self) -> None:
        if not self.agreed:
            raise ValidationError({"agreed": "Read the authority's terms of service and agree to them here."})


class AcmeOrder(models.Model):
    """How a certificate is kept fresh. Between two orders only the time of the next one counts."""

    PATIENCE = timedelta(minutes=5)  # for one order

    certificate = models.OneToOneField(Certificate, on_delete=models.CASCADE, primary_key=True, related_name="acme")
    account = models.ForeignKey(AcmeAccount, on_delete=models.PROTECT, related_name="orders")
    next_try = models.DateTimeField(default=timezone.now, db_index=True)
    began = models.DateTimeField(null=True)  # None while no order is under way
    url = models.CharField(max_length=1024, blank=True)  # of that order
    failures = models.PositiveIntegerField(default=0)  # since it worked last
    problem = models.TextField(blank=True)  # what went wrong last, and what to do
    waits = models.BooleanField(default=False)  # renewed, but something else was waiting to be committed

    class Meta:
        verbose_name = "ACME order"

    def __str__(self) -> str:
        return f"{self.certificate} by {self.account}"

    @property
    def is_busy(self) -> bool:
        """Under way, or about to be."""
        return self.began is not None or self.next_try <= timezone.now()

    @property
    def is_overdue(self) -> bool:
        return self.began is not None and timezone.now() - self.began > self.PATIENCE

    def ask_now(self) -> None:
        if self.began is None:
            self.next_try = timezone.now()
            self.save(update_fields=["next_try"])

    def begin(self, url: str) -> None:
        self.url, self.began, self.problem = url, timezone.now(), ""
        self.save()

    def look_again(self, wait: timedelta) -> None:
        self.next_try = timezone.now() + wait
        self.save()

    def put_off(self, problem: str, wait: timedelta) -> None:
        """Nothing was tried."""
        self.problem = problem
        self.look_again(wait)

    def fail(self, problem: str, at_least: timedelta = timedelta()) -> None:
        """Tried again later, and later each time."""
        wait = min(FIRST_WAIT * 2 ** min(self.failures, 10), LONGEST_WAIT)
        self.failures += 1
        self.url, self.began = "", None
        self.put_off(problem, max(wait, at_least))

    def succeed(self, waits: bool) -> None:
        self.url, self.began, self.problem, self.failures, self.waits = "", None, "", 0, waits
        self.next_try = renew_at(self.certificate)
        self.save()


def renew_at(certificate: Certificate) -> datetime:
    """When two thirds of its life are over."""
    if certificate.valid_from is None or certificate.valid_to is None:
        return timezone.now()
    return certificate.valid_from + (certificate.valid_to - certificate.valid_from) * 2 / 3

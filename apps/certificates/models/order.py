"""What is asked for when a new SSL certificate is added."""

import ipaddress
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from apps.certificates.models.certificate import Certificate
from apps.common.option_kinds import ChoiceOption, LabelOption, NumberOption, RelationOption, TextOption
from apps.common.text_kinds import MailOption

SECTION = "SSL Certificate"
HOST = re.compile(r"\A(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\Z")
NOT_A_NAME = "is neither a host name nor an IP address. Use names such as intuition.example or *.example."


class How(models.TextChoices):
    UPLOAD = "upload", "Upload prepared PEM/PFX file"
    REQUEST = "csr", "Create a new SSL Certificate Signing Request (CSR)"
    SELF_SIGNED = "self", "Create a new Self-Signed SSL Certificate."
    ACME = "acme", "Get a certificate by ACME"


MADE = {"how": {How.REQUEST, How.SELF_SIGNED}}
NAMED = {"how": {How.REQUEST, How.SELF_SIGNED, How.ACME}}


class KeySize(models.TextChoices):
    RSA_2048 = "2048", "2048"
    RSA_3072 = "3072", "3072"
    RSA_4096 = "4096", "4096"
    P_256 = "P-256", "P-256"
    P_384 = "P-384", "P-384"


class Digest(models.TextChoices):
    SHA256 = "sha256", "sha256"
    SHA384 = "sha384", "sha384"
    SHA512 = "sha512", "sha512"


class NamesOption(TextOption):
    """Host names and IP addresses with commas or blanks between them; names beyond ASCII as DNS spells them."""

    def to_python(self, value: Any) -> Any:
        return ", ".join(dict.fromkeys(_name(word) for word in re.split(r"[\s,;]+", str(value or "")) if word))


class HostOption(NamesOption):
    """One of them."""

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if ", " in value:
            raise ValidationError("Enter one name here, and the others under Subject alternative names.")


class CountryOption(TextOption):
    def to_python(self, value: Any) -> Any:
        return str(value or "").strip().upper()

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if value and not re.match(r"\A[A-Z]{2}\Z", value):
            raise ValidationError("Use the two letters of the country's ISO code, for example GB.")


class Order(models.Model):
    """No table: it becomes a Certificate. The sizes are those that X.509 allows."""

    how = ChoiceOption(
        "I would like to:",
        section=SECTION,
        choices=How,
        default=How.UPLOAD,
        help="A CSR is signed by a certificate authority that browsers trust; a self-signed certificate is not.",
    )
    label = LabelOption(
        "Label",
        section=SECTION,
        reserved={"server"},
        help="A short name for the drop-downs of Virtual Services, for example the site's name.",
    )
    account = RelationOption(
        "ACME account",
        section=SECTION,
        when={"how": {How.ACME}},
        to="certificates.AcmeAccount",
        on_delete=models.DO_NOTHING,  # there is no table that could be protected
        null=True,
        related_name="+",
        empty_label="Choose an account",
        help="At which authority, see ACME accounts. It checks each name over HTTP on port 80, where HAProxy answers "
        "it, and the certificate is renewed when two thirds of its life are over.",
    )
    domain = HostOption(
        "Domain (CN)",
        section=SECTION,
        when=NAMED,
        max_length=64,
        help="The name that clients type. It is also the first of the alternative names.",
    )
    names = NamesOption(
        "Subject alternative names",
        section=SECTION,
        when=NAMED,
        blank=True,
        max_length=4000,
        hint="Separated by commas",
        help="More host names, wildcards or IP addresses that the certificate is valid for.",
    )
    organisation = TextOption(
        "Organisation", section=SECTION, when=MADE, blank=True, max_length=64, help="Legal name of the owner."
    )
    unit = TextOption("Unit", section=SECTION, when=MADE, blank=True, max_length=64, help="Department of the owner.")
    city = TextOption(
        "City/Locality", section=SECTION, when=MADE, blank=True, max_length=128, help="For example Leeds."
    )
    state = TextOption(
        "State/Province", section=SECTION, when=MADE, blank=True, max_length=128, help="Spelt out, not abbreviated."
    )
    country = CountryOption(
        "Country", section=SECTION, when=MADE, blank=True, max_length=2, help="Two letters, for example GB."
    )
    email = MailOption(
        "E-mail",
        section=SECTION,
        when=MADE,
        blank=True,
        max_length=255,
        help="Stands in the certificate for everybody to read. Most authorities leave it out.",
    )
    key_size = ChoiceOption(
        "CSR Key Size",
        section=SECTION,
        when=NAMED,
        choices=KeySize,
        default=KeySize.RSA_2048,
        help="Numbers are bits of an RSA key: 2048 is right for almost every client, 4096 costs more with each "
        "connection. P-256 and P-384 are elliptic curves: faster, for all clients of the last ten years.",
    )
    digest = ChoiceOption(
        "Signature Algorithm",
        section=SECTION,
        when=MADE,
        choices=Digest,
        default=Digest.SHA256,
        help="sha256 is right unless a policy asks for more.",
    )
    days = NumberOption(
        "Days",
        section=SECTION,
        when={"how": {How.SELF_SIGNED}},
        default=365,
        least=1,
        most=3650,
        help="How long the certificate is valid. Browsers refuse more than 825 days.",
    )

    class Meta:
        managed = False
        verbose_name = "SSL Certificate"

    def __str__(self) -> str:
        return str(self.label)

    @property
    def all_names(self) -> list[str]:
        """The domain, then the others, each once."""
        return list(dict.fromkeys([self.domain, *(name for name in self.names.split(", ") if name)]))

    def clean(self) -> None:
        if Certificate.objects.filter(label=self.label).exists():
            raise ValidationError({"label": "Another certificate has this label. Choose a different one."})
        if self.how == How.ACME:
            self._refuse_wildcards()

    def _refuse_wildcards(self) -> None:
        for field, names in (("domain", [self.domain]), ("names", self.names.split(", "))):
            if wild := [name for name in names if name.startswith("*.")]:
                raise ValidationError({field: f"{wild[0]} cannot be proven over HTTP. Enter each name in full."})


def _name(word: str) -> str:
    try:
        return str(ipaddress.ip_address(word))
    except ValueError:
        pass
    try:
        name = word.lower().encode("idna").decode()
    except UnicodeError:
        raise ValidationError(f"{word} {NOT_A_NAME}") from None
    if len(name) > 253 or not HOST.match(name):
        raise ValidationError(f"{word} {NOT_A_NAME}")
    return name

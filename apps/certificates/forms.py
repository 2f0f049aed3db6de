"""The form behind Add a new SSL Certificate."""

from typing import Any

from django import forms

from apps.certificates.files import EMPTY, TOO_LARGE, CertificateRefused
from apps.certificates.models import Certificate
from apps.certificates.reading import Prepared, read
from apps.certificates.vault import seal
from apps.common.forms import Card, OptionForm, Row
from apps.common.option_kinds import TextOption

SECTION = "SSL Certificate"
# What is asked for but not kept: options without a model.
FILE = TextOption(
    "File to upload",
    section=SECTION,
    hint="PEM or PFX, at most 1 MB",
    help="A PEM file holds the private key, the certificate and its chain, in any order. PFX holds the same in one "
    "encrypted file. A file with nothing but certificate authorities is used to verify clients.",
)
PASSWORD = TextOption(
    "PFX File Password",
    section=SECTION,
    help="Only for PFX files and encrypted private keys. It is used once and not stored.",
)


class UploadCertificate(OptionForm):
    """Reads the file; what cannot be used is refused at the field that has to change."""

    how = forms.ChoiceField(
        label="I would like to:",
        choices=[("upload", "Upload prepared PEM/PFX file")],
        initial="upload",
        required=False,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )
    file = forms.FileField(
        label=FILE.label,
        widget=forms.FileInput(attrs={"class": "form-control"}),
        error_messages={"required": "Choose the file that holds the certificate and its private key.", "empty": EMPTY},
    )
    password = forms.CharField(
        label=PASSWORD.label,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    prepared: Prepared | None = None

    class Meta:
        model = Certificate
        fields = ["label"]

    def __init__(self, *args: Any, is_too_large: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_too_large:  # then Django has dropped the file on the way
            self.fields["file"].error_messages["required"] = TOO_LARGE

    def cards(self) -> list[Card]:
        [card] = super().cards()
        card.rows += [Row(self["file"], FILE, applies=True), Row(self["password"], PASSWORD, applies=True)]
        return [card]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if file := cleaned.get("file"):
            try:
                self._take(read(file.read(), cleaned.get("password", "")))
            except CertificateRefused as refused:
                self.add_error(refused.field, refused.message)
        return cleaned

    def _take(self, prepared: Prepared) -> None:
        self.prepared = prepared
        for name, value in vars(prepared.facts).items():
            setattr(self.instance, name, value)
        self.instance.chain = "".join(prepared.chain)
        self.instance.is_authority = prepared.is_authority
        self.instance.encrypted_key = seal(prepared.key) if prepared.key else ""

"""The form behind Add a new SSL Certificate."""

from typing import Any

from django import forms

from apps.certificates import actions
from apps.certificates.models import AcmeOrder, Certificate, How, Order
from apps.certificates.problems import CertificateRefused
from apps.certificates.reading import Prepared, read_all
from apps.certificates.uploads import FilesField, file_row, more_row, password_field, password_row
from apps.common.forms import Card, OptionForm

UPLOADED = {"how": {How.UPLOAD}}
HELP = (
    "A PEM file holds the private key, the certificate and its chain, in any order. PFX holds the same in one "
    "encrypted file. A file with nothing but certificate authorities is used to verify clients."
)
HINT = "PEM or PFX, at most 1 MB"


class AddCertificate(OptionForm):
    """One form for the four ways; what cannot be used is refused at the field that has to change."""

    file = FilesField("File to upload")
    password = password_field()
    more = FilesField("Further files", several=True, required=False)
    prepared: Prepared | None = None
    certificate: Certificate  # what was made, once saved

    class Meta:
        model = Order
        exclude = ["id"]  # all of its options
        widgets = {"how": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["how"].widget.attrs["class"] = "form-check-input"
        self.fields["file"].required = self.how == How.UPLOAD
        for field in self.fields.values():
            field.required = field.required and not field.disabled
        self.fields["how"].required = False

    @property
    def how(self) -> str:
        return str(self.draft.how or How.UPLOAD)

    def clean_how(self) -> str:
        return self.how

    def cards(self) -> list[Card]:
        [card] = super().cards()
        _, label, *order = card.rows  # how is asked above them all
        uploaded = [file_row(self, HELP, HINT, UPLOADED), password_row(self, UPLOADED), more_row(self, UPLOADED)]
        return [Card(card.title, [label, *uploaded, *order])]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.how == How.UPLOAD and cleaned.get("file"):
            try:
                self.prepared = read_all(cleaned["file"] + cleaned.get("more", []), cleaned.get("password", ""))
            except CertificateRefused as refused:
                self.add_error(refused.field, refused.message)
        return cleaned

    def save(self, commit: bool = True) -> Certificate:
        """An order has no table: what is saved is the certificate that it becomes."""
        order: Order = self.instance
        self.certificate = Certificate(label=order.label)
        if self.prepared:
            actions.take(self.certificate, self.prepared)
        elif self.how == How.SELF_SIGNED:
            actions.sign(self.certificate, order)
        else:
            actions.ask(self.certificate, order)
        self.certificate.save()
        if self.how == How.ACME:
            AcmeOrder.objects.create(certificate=self.certificate, account=order.account)
        return self.certificate

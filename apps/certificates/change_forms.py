"""Forms that change a certificate in its place: another file, the answer to its request, revocation lists."""

from typing import Any, cast

from django import forms

from apps.certificates import actions, revocation
from apps.certificates.forms import HELP, HINT
from apps.certificates.models import Certificate
from apps.certificates.problems import CertificateRefused
from apps.certificates.reading import Prepared, read_all
from apps.certificates.signed import join
from apps.certificates.uploads import SECTION, FilesField, file_row, more_row, password_field, password_row
from apps.certificates.vault import KeyUnreadable
from apps.common.forms import Card, OptionForm, Row
from apps.common.option_kinds import TextOption

IS_SERVER = (
    "This file holds a private key with its certificate, but {0} is a certificate authority. Upload authorities here, "
    "and add this file as a new SSL Certificate."
)
IS_AUTHORITY = (
    "This file holds certificate authorities and no private key, but {0} is shown to clients and needs one. Upload a "
    "certificate with its private key here, and add this file as a new SSL Certificate."
)
SIGNED = TextOption(
    "Signed certificate",
    section=SECTION,
    help="What came back from your certificate authority, beginning with -----BEGIN CERTIFICATE-----.",
)
INTERMEDIATES = TextOption(
    "Intermediate certificates",
    section=SECTION,
    help="Those that your certificate authority sent along, one after the other, in any order.",
)
ANSWER_HELP = "Instead of pasting: the files that came back, in PEM, DER or PKCS#7 form. Choose all of them together."
LIST_HELP = (
    "The lists that the authorities publish, in PEM or DER form. With a list, HAProxy turns away clients whose "
    "certificate was revoked; each authority in the chain of a client needs one."
)


class ReplaceCertificate(OptionForm):
    """Another file under the same label."""

    file = FilesField("File to upload")
    password = password_field()
    more = FilesField("Further files", several=True, required=False)
    prepared: Prepared | None = None

    class Meta:
        model = Certificate
        fields: list[str] = []

    def cards(self) -> list[Card]:
        return [Card(SECTION, [file_row(self, HELP, HINT), password_row(self), more_row(self)])]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("file"):
            try:
                self.prepared = self._read(cleaned["file"] + cleaned.get("more", []), cleaned.get("password", ""))
            except CertificateRefused as refused:
                self.add_error(refused.field, refused.message)
        return cleaned

    def _read(self, files: list[bytes], password: str) -> Prepared:
        prepared = read_all(files, password)
        if prepared.is_authority != self.instance.is_authority:
            other = IS_SERVER if self.instance.is_authority else IS_AUTHORITY
            raise CertificateRefused("file", other.format(self.instance))
        return prepared

    def save(self, commit: bool = True) -> Certificate:
        if self.prepared:
            actions.take(self.instance, self.prepared)
        return cast(Certificate, super().save(commit))


class AnswerRequest(OptionForm):
    """The signed certificate and its issuers, pasted or as files."""

    signed = forms.CharField(label=SIGNED.label, required=False, widget=forms.Textarea)
    intermediates = forms.CharField(label=INTERMEDIATES.label, required=False, widget=forms.Textarea)
    file = FilesField("File to upload", several=True, required=False)
    prepared: Prepared | None = None

    class Meta:
        model = Certificate
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("signed", "intermediates"):
            self.fields[name].widget.attrs |= {"class": "form-control font-monospace", "rows": 5, "spellcheck": "false"}

    def cards(self) -> list[Card]:
        rows = [Row(self["signed"], SIGNED, applies=True), Row(self["intermediates"], INTERMEDIATES, applies=True)]
        return [Card(SECTION, [*rows, file_row(self, ANSWER_HELP, "At most 1 MB")])]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        pasted = {name: [cleaned[name].encode()] for name in ("signed", "intermediates") if cleaned.get(name)}
        if not self.errors:
            try:
                self.prepared = join(self.instance, pasted | {"file": cleaned.get("file", [])})
            except CertificateRefused as refused:
                self.add_error(refused.field, refused.message)
            except KeyUnreadable as unreadable:
                self.add_error(None, str(unreadable))
        return cleaned

    def save(self, commit: bool = True) -> Certificate:
        if self.prepared:
            actions.take_signed(self.instance, self.prepared)
        return cast(Certificate, super().save(commit))


class UploadRevocationList(OptionForm):
    file = FilesField("File to upload", several=True, required_message="Choose the file of the revocation list.")
    lists: revocation.Lists | None = None

    class Meta:
        model = Certificate
        fields: list[str] = []

    def cards(self) -> list[Card]:
        return [Card("Certificate revocation list", [file_row(self, LIST_HELP, "At most 1 MB")])]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("file"):
            try:
                self.lists = revocation.read_lists(cleaned["file"], self.instance.chain)
            except CertificateRefused as refused:
                self.add_error("file", refused.message)
        return cleaned

    def save(self, commit: bool = True) -> Certificate:
        if self.lists:
            self.instance.revocation_list, self.instance.revocation_until = self.lists.text, self.lists.until
        return cast(Certificate, super().save(commit))

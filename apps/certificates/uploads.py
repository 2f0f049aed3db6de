"""The fields of every form that takes files: several files at once, and the password that opens them."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest

from apps.certificates.problems import EMPTY, TOO_LARGE
from apps.common.forms import Row
from apps.common.option_kinds import TextOption
from apps.common.options import Condition

SECTION = "SSL Certificate"
REQUIRED = "Choose the file that holds the certificate and its private key."


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """The contents of one file, or of several."""

    def __init__(self, label: str, *, several: bool = False, required_message: str = REQUIRED, **kwargs: Any) -> None:
        messages = {"required": required_message, "empty": EMPTY}
        widget = (FilesInput if several else forms.FileInput)(attrs={"class": "form-control"})
        super().__init__(label=label, widget=widget, error_messages=messages, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[bytes]:
        each = data if isinstance(data, list) else [data]
        files = [super(FilesField, self).clean(one, initial) for one in each or [None]]
        return [file.read() for file in files if file]


def file_row(form: forms.BaseForm, help_text: str, hint: str, when: Condition | None = None) -> Row:
    """Asked for but not kept: an option without a model."""
    option = TextOption("File to upload", section=SECTION, when=when, hint=hint, help=help_text)
    return Row(form["file"], option, applies=True)


def more_row(form: forms.BaseForm, when: Condition | None = None) -> Row:
    option = TextOption(
        "Further files",
        section=SECTION,
        when=when,
        help="Only when key, certificate and chain are in files of their own, in PEM, DER or PKCS#7 form. Choose all "
        "of them together.",
    )
    return Row(form["more"], option, applies=True)


def password_field() -> forms.CharField:
    widget = forms.PasswordInput(attrs={"class": "form-control", "autocomplete": "off"})
    return forms.CharField(label="PFX File Password", required=False, strip=False, widget=widget)


def password_row(form: forms.BaseForm, when: Condition | None = None) -> Row:
    option = TextOption(
        "PFX File Password",
        section=SECTION,
        when=when,
        help="Only for PFX files and encrypted private keys. It is used once and not stored.",
    )
    return Row(form["password"], option, applies=True)


def note_size(form: forms.BaseForm, request: HttpRequest) -> None:
    """Of a file that is too large to be kept in memory Django leaves nothing: it looks as if none was chosen."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
        form.fields["file"].error_messages["required"] = TOO_LARGE

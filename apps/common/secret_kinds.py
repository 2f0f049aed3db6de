"""Options that nobody may read: only a hash of the word is kept, and no page ever sends it back."""

import re
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.common.text_kinds import PatternOption

KEEP, REMOVE = "", None


class SecretOption(PatternOption):
    """The hash of a password, as crypt(3) makes it with SHA-512. Blank: there is none.

    Its form field gives the word that was typed, KEEP or REMOVE; whoever makes the form makes the hash.
    """

    pattern = re.compile(r"\A\$6\$[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{86}\Z")
    wrong = "This is no SHA-512 hash of a password. Type the password on its page instead."

    def __init__(self, label: str, *, removes: str = "Remove it", **kwargs: Any) -> None:
        self.removes = removes
        super().__init__(label, **kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        return SecretField(required=False, label=self.label, widget=SecretWidget(self.removes))

    def words(self, value: Any) -> str:
        return "set" if value else "not set"


class SecretWidget(forms.PasswordInput):
    """Never filled in. With `is_set`, a tick beside it takes the stored one away."""

    def __init__(self, removes: str) -> None:
        super().__init__({"autocomplete": "new-password"})
        self.removes = removes
        self.is_set = False

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False  # blank keeps it, and so does what was not sent

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str | None:
        word: str = super().value_from_datadict(data, files, name) or KEEP
        return REMOVE if not word and data.get(f"{name}-remove") else word

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        control = super().render(name, None, {**(attrs or {}), "placeholder": "set" if self.is_set else ""}, renderer)
        if not self.is_set:
            return control
        tick = '<label class="form-check mt-2 mb-0"><input class="form-check-input" type="checkbox" name="{}-remove">'
        words = '<span class="form-check-label">{}</span></label>'
        return format_html("{}" + tick + words, control, name, self.removes)


class SecretField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, max_length=128, empty_value=KEEP, **kwargs)

    def to_python(self, value: Any) -> Any:
        return REMOVE if value is REMOVE else super().to_python(value)

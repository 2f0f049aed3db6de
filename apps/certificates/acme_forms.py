"""The form of an ACME account. Its keys are stored encrypted, and no page shows them again."""

import re
from typing import Any, cast

from django.core.exceptions import ValidationError

from apps.certificates.models import AcmeAccount
from apps.certificates.models.acme import BINDING
from apps.certificates.vault import seal
from apps.common.forms import Card, OptionForm, Row
from apps.common.option_kinds import TextOption
from apps.common.secret_kinds import KEEP, REMOVE, SecretField, SecretWidget
from apps.system import acme

HMAC = re.compile(r"\A[A-Za-z0-9_-]+={0,2}\Z")
EAB_KEY = TextOption(
    "HMAC key",
    section=BINDING,
    hint="Blank keeps the stored one",
    help="The key that came with the key ID. It is stored encrypted and never shown again.",
)
NOT_BASE64 = "Copy the HMAC key as the authority shows it: letters, digits, dash and underscore."
BOTH = "Enter the Key ID and the HMAC key, or neither of them."


class EditAccount(OptionForm):
    eab_key = SecretField(label=EAB_KEY.label, required=False, widget=SecretWidget("Remove the HMAC key"))

    class Meta:
        model = AcmeAccount
        fields = ["label", "directory", "url", "roots", "email", "agreed", "eab_kid"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = field.required and not field.disabled
        widget = cast(SecretWidget, self.fields["eab_key"].widget)
        widget.is_set = bool(self.instance.encrypted_eab_key)
        widget.attrs["class"] = "form-control"
        self.known_as = (self.instance.address, self.instance.eab_kid)

    def cards(self) -> list[Card]:
        [account, binding] = super().cards()
        return [account, Card(binding.title, [*binding.rows, Row(self["eab_key"], EAB_KEY, applies=True)])]

    def clean_eab_key(self) -> str | None:
        key: str | None = self.cleaned_data["eab_key"]
        if key and not HMAC.match(key.strip()):
            raise ValidationError(NOT_BASE64)
        return key.strip() if key else key

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        key = cleaned.get("eab_key", KEEP)
        has_key = bool(self.instance.encrypted_eab_key) if key == KEEP else key is not REMOVE
        if "eab_key" in cleaned and has_key != bool(cleaned.get("eab_kid")):
            self.add_error("eab_key" if cleaned.get("eab_kid") else "eab_kid", BOTH)
        return cleaned

    def save(self, commit: bool = True) -> AcmeAccount:
        account: AcmeAccount = self.instance
        key = self.cleaned_data["eab_key"]
        if key != KEEP:
            account.encrypted_eab_key = seal(key) if key else ""
        if key or self.known_as != (account.address, account.eab_kid):
            account.uri = ""  # it is another account now
        if not account.encrypted_key:
            _give_key(account)
        return cast(AcmeAccount, super().save(commit))


def _give_key(account: AcmeAccount) -> None:
    """The one that the others have, as HAProxy answers with one thumbprint."""
    if other := AcmeAccount.objects.first():
        account.encrypted_key, account.thumbprint = other.encrypted_key, other.thumbprint
    else:
        key = acme.new_key()
        account.encrypted_key, account.thumbprint = seal(key), acme.thumbprint(key)

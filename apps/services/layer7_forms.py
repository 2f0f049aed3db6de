"""Forms of Layer 7 – Advanced Configuration, Layer 7 – Manual Configuration and Floating IPs."""

from typing import Any

from apps.common.forms import OptionForm, Row
from apps.common.options import Option, options
from apps.common.secret_kinds import KEEP, REMOVE, SecretOption
from apps.services.models import FloatingIP, Layer7, ManualConfiguration
from apps.system.passwords import hashed


class Layer7Form(OptionForm):
    class Meta:
        model = Layer7
        fields = [option.name for option in options(Layer7)]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stats_password"].widget.is_set = bool(self.instance.stats_password)

    @property
    def secrets(self) -> bool:
        """Whether something was typed that is not sent back."""
        return bool(self.is_bound and self.data.get(self.add_prefix("stats_password")))

    def clean_stats_password(self) -> str:
        word = self.cleaned_data["stats_password"]
        if word is REMOVE:
            return ""
        return str(self.instance.stats_password) if word == KEEP else hashed(word)

    def _row(self, option: Option) -> Row:
        row = super()._row(option)
        row.changed = row.changed and not isinstance(option, SecretOption)  # it has no default to go back to
        return row


class UnlockForm(OptionForm):
    """While HAProxy's configuration is locked nothing else can be changed."""

    class Meta:
        model = Layer7
        fields = ["locked"]


class ManualForm(OptionForm):
    class Meta:
        model = ManualConfiguration
        fields = ["text"]

    def _row(self, option: Option) -> Row:
        row = super()._row(option)
        row.changed = False  # the default is no text: nobody goes back to it with one click
        return row


class FloatingIPForm(OptionForm):
    class Meta:
        model = FloatingIP
        fields = ["address"]

"""Log in, and the forms of Maintenance > Passwords."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from apps.accounts.models import User
from apps.common.forms import OptionForm, Row
from apps.common.option_kinds import TextOption
from apps.common.options import Option


class LogIn(AuthenticationForm):
    """Says how many tries are left. A name that no user can have is refused before anything is recorded."""

    username = UsernameField(
        label="Username",
        max_length=User._meta.get_field("username").max_length,
        widget=forms.TextInput(attrs={"class": "form-control"}),
        error_messages={
            "required": "Enter Username.",
            "max_length": "No user name is longer than %(limit_value)d characters.",
        },
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"class": "form-control", "autocomplete": "current-password"}),
        error_messages={"required": "Enter Password."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = "password" if self["username"].value() else "username"
        self.fields[name].widget.attrs["autofocus"] = True

    def get_invalid_login_error(self) -> ValidationError:
        limit = settings.AXES_FAILURE_LIMIT
        left = limit - (getattr(self.request, "axes_failures_since_start", None) or limit)
        tries = "1 try" if left == 1 else f"{left} tries"
        minutes = settings.AXES_COOLOFF_TIME // timedelta(minutes=1)
        return ValidationError(
            f"The user name or the password is not right. {tries} left, then a pause of {minutes} minutes."
        )


class SecretOption(TextOption):
    """Typed into a form, never shown again; it has no column of its own."""

    def __init__(self, label: str, *, autocomplete: str = "new-password", **kwargs: Any) -> None:
        self.autocomplete = autocomplete
        super().__init__(label, section="Password", max_length=128, **kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        widget = forms.PasswordInput(attrs={"autocomplete": self.autocomplete})
        return super().formfield(**{"widget": widget, "strip": False, **kwargs})


HELP = "At least 8 characters, neither a common password nor close to the user name. The user's open sessions end."
CONFIRM_HELP = "The same password once more."
NEW = [
    SecretOption("Password", name="password", help=HELP, hint="At least 8 characters"),
    SecretOption("Confirm", name="confirm", help=CONFIRM_HELP),
]
OPTIONAL = [
    SecretOption("Password", name="password", help=HELP, hint="Blank: unchanged", blank=True),
    SecretOption("Confirm", name="confirm", help=CONFIRM_HELP, blank=True),
]
CURRENT = SecretOption(
    "Current password",
    name="current",
    autocomplete="current-password",
    help="The password you logged in with: nobody can change it at a browser you left open.",
)


class NewPassword(OptionForm):
    """A new password, typed twice."""

    secrets: Sequence[SecretOption] = NEW

    class Meta:
        model = User
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for option in self.secrets:
            self.fields[option.name] = option.formfield()
            self.declared.append(option)
            self._set_up(option)

    def _row(self, option: Option) -> Row:
        """A user's group is a choice, no departure from a default."""
        row = super()._row(option)
        row.changed = False
        return row

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if password and not password.strip():
            raise ValidationError("Blanks alone are no password. Use at least 8 characters.")
        if password:
            self._validate(password)
        return password

    def _validate(self, password: str) -> None:
        """One reason at a time, and what to do."""
        user = User(username=self.cleaned_data.get("username", self.instance.username))
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise ValidationError(f"{error.messages[0]} Choose another.") from error

    def clean_confirm(self) -> str:
        confirm: str = self.cleaned_data["confirm"]
        if self.cleaned_data.get("password", confirm) != confirm:
            raise ValidationError("This differs from Password. Type the same into both fields.")
        return confirm

    def save(self, commit: bool = True) -> Any:
        if password := self.cleaned_data["password"]:
            self.instance.set_password(password)
        return super().save(commit)


class AddUser(NewPassword):
    class Meta:
        model = User
        fields = ["username", "group"]


class ModifyUser(NewPassword):
    secrets = OPTIONAL

    class Meta:
        model = User
        fields = ["group"]


class OwnPassword(NewPassword):
    """Asks for the current password too; wrong ones count like wrong ones at log in."""

    secrets = [CURRENT, *NEW]

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)

    def clean_current(self) -> str:
        current: str = self.cleaned_data["current"]
        if authenticate(self.request, username=self.instance.username, password=current) is None:
            raise ValidationError("This is not your current password. Type it again.")
        return current

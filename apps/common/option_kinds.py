"""The kinds of options: texts, numbers, addresses, ports, durations. Each knows what it accepts, and says why not."""

import ipaddress
import json
import re
from collections.abc import Collection
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from apps.common.options import Option, as_json


class TextOption(Option, models.CharField[str, str]):
    pass


class FlagOption(Option, models.BooleanField[bool, bool]):
    def to_text(self, value: Any) -> str:
        return "on" if value else "off"

    def from_text(self, text: str) -> bool:
        return text == "on"


class ChoiceOption(Option, models.CharField[str, str]):
    """One of a few words; `max_length` leaves room for choices to come."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 32)
        super().__init__(label, **kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"widget": ChoiceWidget(self), **kwargs})


class ChoiceWidget(forms.Select):
    """A drop-down whose choices, and whose default, may depend on other options: the page's script reads how."""

    def __init__(self, option: Option) -> None:
        self.choice_when = {str(choice): as_json(when) for choice, when in option.choice_when.items()}
        attrs = {}
        if option.default_by:
            name, values = option.default_by
            attrs["data-default-by"] = json.dumps({name: {str(key): str(value) for key, value in values.items()}})
        super().__init__(attrs)

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        made = super().create_option(name, value, *args, **kwargs)
        if when := self.choice_when.get(str(value)):
            made["attrs"]["data-when"] = when
        return made


class RelationOption(Option, models.ForeignKey[Any, Any]):
    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"empty_label": self.empty_label, **kwargs})

    def words(self, value: Any) -> str:
        """Of a primary key, or of the label that stands for it in the document."""
        if isinstance(value, int):
            value = self.related_model._default_manager.filter(pk=value).first()
        return str(value) if value else super().words(None)


class Whole(Option):
    """A whole number from `least` to `most`; blank, where allowed, is None."""

    def __init__(self, label: str, *, least: int = 0, most: int = 0, **kwargs: Any) -> None:
        self.least, self.most = least, most
        super().__init__(label, **kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        wrong = {"invalid": self._range(), "min_value": self._range(), "max_value": self._range()}
        widget = forms.TextInput(attrs={"inputmode": "numeric"})
        return super().formfield(**{"widget": widget, "error_messages": wrong, **kwargs})

    def from_text(self, text: str) -> int | str | None:
        """What is no number stays a text, and is refused when it is validated."""
        return int(text) if text.removeprefix("-").isdecimal() else text or None

    def _range(self) -> str:
        return f"Use a number from {self.least} to {self.most}."

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if value is not None and not self.least <= value <= self.most:
            raise ValidationError(self._range())


class NumberOption(Whole, models.PositiveIntegerField[int, int]):
    pass


class SignedOption(Whole, models.IntegerField[int, int]):
    pass


class LabelOption(TextOption):
    """A name that HAProxy, logs and graphs can carry."""

    PATTERN = re.compile(r"\A[A-Za-z0-9_][A-Za-z0-9._-]*\Z")

    def __init__(self, label: str, *, reserved: Collection[str] = (), **kwargs: Any) -> None:
        self.reserved = reserved
        kwargs.setdefault("max_length", 64)
        super().__init__(label, **kwargs)

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if not self.PATTERN.match(value):
            raise ValidationError(
                "Use letters, digits, dot, dash and underscore only, beginning with a letter, digit or underscore."
            )
        if value.lower() in self.reserved:
            raise ValidationError(f"{value} is a name the appliance needs itself. Choose another.")


class AddressOption(TextOption):
    """An IPv4 or IPv6 address in its shortest form."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 45)
        super().__init__(label, **kwargs)

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip()
        if not text:
            return text
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            address = None
        if address is None or getattr(address, "scope_id", None):
            raise ValidationError("Enter an IPv4 or IPv6 address, for example 10.10.40.217.")
        return str(address)

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if not value:
            return
        address = ipaddress.ip_address(value)
        if address.is_unspecified or address.is_multicast or address.is_link_local or value == "255.255.255.255":
            raise ValidationError(f"{value} is not the address of one host. Enter an address that one host can have.")


class PortsOption(TextOption):
    """One port, a list, ranges or a mix: 80 or 80,443 or 800-900. Kept sorted as typed, without blanks."""

    MOST = 1024  # each is a listening socket

    def __init__(self, label: str, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 255)
        super().__init__(label, **kwargs)

    def to_python(self, value: Any) -> Any:
        text = re.sub(r"\s*([,-])\s*", r"\1", str(value or "").strip())
        if not text:
            return text
        return ",".join(_port_words(part) for part in text.split(","))

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        spans = port_spans(value)
        if sum(last - first + 1 for first, last in spans) > self.MOST:
            raise ValidationError(f"These are more than {self.MOST} ports. Use fewer, or several Virtual Services.")
        for (_, last), (first, _) in zip(sorted(spans), sorted(spans)[1:], strict=False):
            if first <= last:
                raise ValidationError(f"Port {first} is given twice. Remove one.")


def _port_words(part: str) -> str:
    match = re.match(r"\A0*(\d{1,5})(?:-0*(\d{1,5}))?\Z", part, re.ASCII)
    if not match:
        raise ValidationError("Enter one port, a list or ranges, for example 80 or 80,443 or 800-900.")
    first, last = int(match[1]), int(match[2] or match[1])
    if not 1 <= first <= 65535 or not 1 <= last <= 65535:
        raise ValidationError("A port is a number from 1 to 65535.")
    if first > last:
        raise ValidationError(f"The range {part} ends before it begins.")
    return str(first) if first == last else f"{first}-{last}"


def port_spans(ports: str) -> list[tuple[int, int]]:
    """'80,800-900' → [(80, 80), (800, 900)]."""
    spans = [part.partition("-") for part in ports.split(",") if part]
    return [(int(first), int(last or first)) for first, _, last in spans]


class DurationOption(TextOption):
    """A time with its unit, as HAProxy writes it: 500ms, 92s, 30m, 12h, 7d. A bare number has `bare_unit`."""

    UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
    NAMES = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    PARTS = re.compile(r"(\d+)([a-z]+)")
    MOST = 24 * UNITS["d"]  # HAProxy counts in milliseconds, up to 2^31

    def __init__(self, label: str, *, bare_unit: str = "ms", **kwargs: Any) -> None:
        self.bare_unit = bare_unit
        kwargs.setdefault("max_length", 16)
        kwargs.setdefault("hint", f"Units: {', '.join(self.UNITS)}. A bare number is {self.NAMES[bare_unit]}.")
        super().__init__(label, **kwargs)

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip().lower()
        match = re.match(r"\A0*(\d{1,12})\s*(ms|s|m|h|d)?\Z", text, re.ASCII)
        if not text:
            return text
        if not match:
            raise ValidationError("Enter a number and a unit, for example 92s, 30m or 12h.")
        return f"{match[1]}{match[2] or self.bare_unit}"

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if value and not 1 <= self.milliseconds(value) <= self.MOST:
            raise ValidationError("Use a time from 1ms to 24d.")

    def reading(self, value: Any) -> str:
        """'92s' → '92 seconds'; blank for what cannot be read."""
        try:
            number, unit = self.PARTS.match(self.to_python(value)).groups()  # type: ignore[union-attr]
        except (ValidationError, AttributeError):
            return ""
        return f"{number} {self.NAMES[unit].removesuffix('s' * (number == '1'))}"

    @property
    def units(self) -> str:
        """For the page's script: the unit of a bare number, then those that can be typed."""
        return json.dumps({"": self.NAMES[self.bare_unit], **self.NAMES})

    @classmethod
    def milliseconds(cls, value: str) -> int:
        number, unit = cls.PARTS.match(value).groups()  # type: ignore[union-attr]
        return int(number) * cls.UNITS[unit]

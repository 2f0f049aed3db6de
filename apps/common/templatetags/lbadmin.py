"""Filters the templates share."""

from typing import Any

from django import forms, template
from django.utils.safestring import SafeString

from apps.common.forms import Row

register = template.Library()


@register.filter
def field(form: forms.Form, name: str) -> forms.BoundField:
    return form[name]


@register.filter
def control(row: Row) -> SafeString:
    """The widget, told which texts describe it."""
    own = row.bound.id_for_label
    described = [f"{own}-error"] * bool(row.bound.errors) + [f"{own}-hint"] * bool(row.option.hint)
    attrs: dict[str, Any] = {"aria-describedby": " ".join([*described, f"{own}-help"])}
    if row.bound.errors:
        attrs["aria-invalid"] = "true"
    # Disabled by the page's script only: without script every option can be filled in at once.
    disabled, row.bound.field.disabled = row.bound.field.disabled, False
    try:
        return row.bound.as_widget(attrs=attrs)
    finally:
        row.bound.field.disabled = disabled


@register.filter
def described(bound: forms.BoundField) -> SafeString:
    """The widget of a field that is no option, told which texts describe it."""
    own = bound.id_for_label
    attrs: dict[str, Any] = {"aria-describedby": " ".join([f"{own}-error"] * bool(bound.errors) + [f"{own}-help"])}
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return bound.as_widget(attrs=attrs)


@register.filter
def fingerprint(text: str, length: str = "") -> str:
    """A hexadecimal fingerprint as browsers show it; short, its two ends."""
    pairs = [text[at : at + 2].upper() for at in range(0, len(text), 2)]
    if length == "short" and len(pairs) > 6:
        return f"{':'.join(pairs[:4])} … {':'.join(pairs[-2:])}"
    return ":".join(pairs)

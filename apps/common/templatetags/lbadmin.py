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

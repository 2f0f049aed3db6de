"""An option is told once, on the model field. Form, help, visibility, defaults, list and HAProxy line read it here."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from django.core import checks
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.module_loading import import_string

# {"protocol": {"http", "http2"}}: every named field has one of its values.
Condition = Mapping[str, Collection[Any]]


def as_json(condition: Condition) -> str:
    """The condition for the page's script. None is what an empty control holds."""
    texts = {name: ["" if value is None else str(value) for value in values] for name, values in condition.items()}
    return json.dumps({name: sorted(values) for name, values in texts.items()})


def holds(condition: Condition, instance: object) -> bool:
    return all(getattr(instance, name) in values for name, values in condition.items())


class Option(models.Field[Any, Any]):
    """What an option tells beyond a Django field.

    `label` and `help` are the words of the UI, `section` the card it stands in, `when` the condition under which it
    applies, `advanced` hides it behind [Advanced +], `on_add` shows it when an object is made, `directive` is the
    HAProxy keyword of a flat option, `unit` stands behind the control, `hint` below it. `element` is its name in the
    XML document, where that is not the field's.
    `choice_when` limits single choices, `default_by` names a field and gives a default for each of its values.
    """

    def __init__(
        self,
        label: str,
        *,
        section: str,
        help: str,  # noqa: A002 - the UI's word
        when: Condition | None = None,
        advanced: bool = False,
        on_add: bool = False,
        directive: str = "",
        unit: str = "",
        hint: str = "",
        empty_label: str = "",
        element: str = "",
        choice_when: Mapping[Any, Condition] | None = None,
        default_by: tuple[str, Mapping[Any, Any]] | None = None,
        **django: Any,
    ) -> None:
        self.section = section
        self.when: Condition = when or {}
        self.advanced = advanced
        self.on_add = on_add
        self.directive = directive
        self.unit = unit
        self.hint = hint
        self.empty_label = empty_label
        self._element = element
        self.choice_when = choice_when or {}
        self.default_by = default_by
        super().__init__(verbose_name=label, help_text=help, **django)

    @property
    def label(self) -> str:
        return str(self.verbose_name)

    @property
    def element(self) -> str:
        return self._element or self.name

    @staticmethod
    def is_told(value: Any) -> bool:
        """Whether a flat option with this value gives a line."""
        return value is not False and value not in ("", None)

    def applies(self, instance: object) -> bool:
        return holds(self.when, instance)

    def default_for(self, instance: object) -> Any:
        """The default, which may depend on another option of the same object."""
        if self.default_by:
            name, values = self.default_by
            return values[getattr(instance, name)]
        return self.get_default()

    def allows(self, choice: Any, instance: object) -> bool:
        return holds(self.choice_when.get(choice, {}), instance)

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if model_instance is not None and self.applies(model_instance) and not self.allows(value, model_instance):
            raise ValidationError(f"{self.words(value)} does not apply here. Choose another {self.label}.")

    def words(self, value: Any) -> str:
        """The value as the UI says it."""
        if value is None or value == "":
            return self.empty_label or "blank"
        if isinstance(value, bool):
            return "on" if value else "off"
        return str(dict(self.flatchoices).get(value, value))

    def reading(self, value: Any) -> str:
        """The value in full words, where what is typed is an abbreviation; else blank."""
        return ""

    def to_text(self, value: Any) -> str:
        """The value in the XML document; `from_text` reads it back."""
        return "" if value is None else str(value)

    def from_text(self, text: str) -> Any:
        return text

    def deconstruct(self) -> tuple[str, str, Any, dict[str, Any]]:
        """A migration sees the plain Django field: changing a word of the UI is no migration."""
        name, _, args, kwargs = super().deconstruct()
        for word in ("verbose_name", "help_text", "choices", "validators", "error_messages", "limit_choices_to"):
            kwargs.pop(word, None)
        plain = next(base for base in type(self).__mro__ if base.__module__.startswith("django.db.models.fields"))
        return name, f"django.db.models.{plain.__name__}", args, kwargs

    def clone(self) -> Any:
        _, path, args, kwargs = self.deconstruct()
        return import_string(path)(*args, **kwargs)

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        """A condition that names an unknown field is a mistake of ours: `manage.py check` finds it."""
        conditions = [self.when, *self.choice_when.values()]
        named = {name for condition in conditions for name in condition} | (
            {self.default_by[0]} if self.default_by else set()
        )
        unknown = sorted(name for name in named if not hasattr(self.model, name))
        own = [checks.Error(f"{self} depends on unknown fields: {', '.join(unknown)}.", obj=self)] if unknown else []
        return [*super().check(**kwargs), *own]


def options(model: type[models.Model] | models.Model) -> list[Option]:
    """The declared options in the order of the model, or of its SECTIONS where it tells one."""
    found = [field for field in model._meta.get_fields() if isinstance(field, Option)]
    order: Sequence[str] = getattr(model, "SECTIONS", ())
    return sorted(found, key=lambda option: order.index(option.section)) if order else found


def sections(model: type[models.Model], keep: Callable[[Option], bool] = bool) -> dict[str, list[Option]]:
    """The options by section, both in the order of the model."""
    found: dict[str, list[Option]] = {}
    for option in filter(keep, options(model)):
        found.setdefault(option.section, []).append(option)
    return found


def option(model: type[models.Model] | models.Model, name: str) -> Option:
    """One declared option."""
    found = model._meta.get_field(name)
    if not isinstance(found, Option):
        raise TypeError(f"{name} is no option of {model._meta.verbose_name}.")
    return found

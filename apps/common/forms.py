"""Forms made from declared options. The server decides which options count."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import slugify

from apps.common.options import Option, as_json, holds, options


@dataclass
class Row:
    """One option on the page."""

    bound: forms.BoundField
    option: Option
    applies: bool
    changed: bool = False
    default: Any = None

    @property
    def when(self) -> str:
        return as_json(self.option.when) if self.option.when else ""

    @property
    def is_flag(self) -> bool:
        return isinstance(self.bound.field, forms.BooleanField)

    @property
    def reading(self) -> str:
        return self.option.reading(self.bound.value())

    @property
    def default_words(self) -> str:
        return self.option.words(self.default)

    @property
    def value_words(self) -> str:
        return self.option.words(self.bound.value())


@dataclass
class Card:
    """A section of the page: its plain rows and those behind [Advanced +]. `template` shows it."""

    title: str
    rows: list[Row] = field(default_factory=list)
    advanced: list[Row] = field(default_factory=list)
    template: str = "common/_card.html"

    def __iter__(self) -> Iterator[Row]:
        yield from self.rows
        yield from self.advanced

    @property
    def slug(self) -> str:
        return slugify(self.title)

    @property
    def is_open(self) -> bool:
        """Advanced rows are shown when one of them was set or refused."""
        return any(row.changed or row.bound.errors for row in self.advanced)

    @property
    def errors(self) -> int:
        return sum(bool(row.bound.errors) for row in self)

    @property
    def set_here(self) -> int:
        return sum(row.changed for row in self)


@dataclass(frozen=True)
class Conflict:
    """An option that two administrators set differently."""

    option: Option
    theirs: Any
    mine: Any

    @property
    def their_words(self) -> str:
        return self.option.words(self.theirs)

    @property
    def my_words(self) -> str:
        return self.option.words(self.mine)


def _stamp(instance: models.Model) -> str:
    """Tells one saved version of an object from another."""
    values = [(option.name, str(getattr(instance, option.attname))) for option in options(instance)]
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


def _before_dependents(found: Sequence[Option]) -> list[Option]:
    """Whether an option applies is told by others, which therefore come first."""
    named = {option.name: option for option in found}
    placed: dict[str, Option] = {}

    def place(option: Option) -> None:
        for name in option.when:
            if name in named and name not in placed:
                place(named[name])
        placed[option.name] = option

    for option in found:
        place(option)
    return list(placed.values())


class Draft:
    """The object as it would be: what was sent where it counts, else what is stored."""

    def __init__(self, instance: models.Model) -> None:
        self._instance = instance
        self.sent: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return self.sent[name] if name in self.sent else getattr(self._instance, name)


class OptionForm(forms.ModelForm[Any]):
    """Options that do not apply keep their stored value, whatever the browser sends.

    So do options that were not sent at all: by a script, or a page from before an update. Of a tick nobody can tell.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.declared = [option for option in options(self._meta.model) if option.name in self.fields]
        self.draft = Draft(self.instance)
        self.stamp = _stamp(self.instance)
        self.stored = {option.name: getattr(self.instance, option.attname) for option in self.declared}
        self.conflicts: list[Conflict] = []
        if self.is_bound:
            completed: Any = cast(Any, self.data).copy()
            completed.update(self._not_sent())
            self.data = completed
        for option in _before_dependents(self.declared):
            self._set_up(option)

    def _not_sent(self) -> dict[str, str]:
        """The stored values of what is missing among what was sent."""
        names = {option.name: self.add_prefix(option.name) for option in self.declared}
        return {
            name: str(value)
            for option, name in names.items()
            if self.fields[option].widget.value_omitted_from_data(self.data, self.files, name)
            and (value := self.get_initial_for_field(self.fields[option], option)) is not None
        }

    def _set_up(self, option: Option) -> None:
        field = self.fields[option.name]
        field.widget.attrs["class"] = widget_class(field.widget)
        field.error_messages["required"] = f"Enter {option.label}."
        if isinstance(field.widget, forms.TextInput):
            field.widget.attrs["autocomplete"] = "off"
        field.disabled = not holds(option.when, self.draft)
        if self.is_bound and not field.disabled:
            self._note_what_was_sent(option)

    def _note_what_was_sent(self, option: Option) -> None:
        field = self.fields[option.name]
        raw = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(option.name))
        try:
            self.draft.sent[option.name] = field.clean(raw)
        except ValidationError:
            return  # it gets its message when the form is cleaned

    def clean(self) -> dict[str, Any]:
        """Options whose default follows another option follow it, unless the administrator chose otherwise."""
        cleaned = super().clean() or {}
        for option in options(self._meta.model):
            if option.default_by and self._follows(option, cleaned):
                value = option.default_for(self.draft)
                cleaned[option.name] = value
                setattr(self.instance, option.name, value)
        return cleaned

    def _follows(self, option: Option, cleaned: dict[str, Any]) -> bool:
        stored = getattr(self.instance, option.name)
        if option.name not in self.fields:
            return self.instance.pk is None or not option.allows(stored, self.draft)
        return cleaned.get(option.name) == stored and not option.allows(stored, self.draft)

    def meet(self, stamp: str) -> bool:
        """Whether somebody saved the object after this form was shown; `conflicts` then says what differs.

        `stamp` is what the form was shown with; none (a script, an old browser) takes the newest version as read.
        """
        if not stamp or not self.instance.pk or stamp == self.stamp:
            return False
        for option in self.declared:
            mine = getattr(self.instance, option.attname)
            if mine != self.stored[option.name]:
                self.conflicts.append(Conflict(option, self.stored[option.name], mine))
        return bool(self.conflicts)

    def cards(self) -> list[Card]:
        """The page: a card per section, in the order of the model."""
        cards: dict[str, Card] = {}
        for option in self.declared:
            card = cards.setdefault(option.section, Card(option.section))
            (card.advanced if option.advanced else card.rows).append(self._row(option))
        return list(cards.values())

    def _row(self, option: Option) -> Row:
        row = Row(self[option.name], option, applies=not self.fields[option.name].disabled)
        if option.has_default() and self.instance.pk and row.applies:
            row.default = option.default_for(self.draft)
            row.changed = str(row.bound.value()) != str(row.default)
        return row

    def changes(self) -> list[Row]:
        """The rows that differ from their default."""
        return [row for card in self.cards() for row in card if row.changed]


def widget_class(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput):
        return "form-check-input"
    return "form-select" if isinstance(widget, forms.Select) else "form-control"

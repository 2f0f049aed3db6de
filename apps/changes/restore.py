"""Make the database's configuration that of a document: rolling back, discarding changes, restoring."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from apps.changes.document import KINDS, Document, Item, Kind
from apps.changes.xml import DocumentRefused
from apps.common.models import Generation
from apps.common.option_kinds import RelationOption
from apps.services.models import AclRule, Layer7, SniRule, SslTermination, VirtualService


def restore(document: Document, *, states: bool) -> None:
    """One transaction: everything or nothing. Raises DocumentRefused.

    With `states` off, real servers that exist keep their drain, halt or online: that is not configuration.
    """
    with transaction.atomic():
        SslTermination.objects.all().delete()  # those that stay come again; until then they keep no service from going
        VirtualService.objects.update(check_script=None)  # nor a service a script
        for kind in KINDS:
            _restore(kind, document.of(kind), None, states)
        for service in VirtualService.objects.all():  # rules between objects hold only once all of them are there
            _checked(service.clean, service.label)
        _checked(Layer7.get().clean, str(Layer7.get()))
        for rule in AclRule.objects.select_related("service"):
            _checked(rule.clean, f"ACL Rule {rule}")
        for termination in SslTermination.objects.select_related("service"):
            _checked(termination.clean, termination.label)
        for sni in SniRule.objects.select_related("termination", "service"):
            _checked(sni.clean, f"SNI Rule {sni}")
        Generation.touch()


def restore_some(items: Collection[Item], removed: Mapping[Kind, Collection[int]]) -> None:
    """Make these objects those of a document and remove others, among those that nothing else names. Raises
    DocumentRefused. For a document that was somebody's who knows its rules, and when all of it would take too long.
    """
    with transaction.atomic():
        for kind in KINDS:
            chosen = tuple(item for item in items if item.kind == kind)
            numbers = {item.number for item in chosen} | set(removed.get(kind, ()))
            if numbers:
                _restore(kind, chosen, None, states=False, within=numbers)
        Generation.touch()


def _restore(
    kind: Kind,
    items: tuple[Item, ...],
    parent: models.Model | None,
    states: bool,
    within: Collection[int] | None = None,
) -> None:
    """`within` are the only ones that may be changed; all of them, unless told otherwise."""
    existing = kind.model._default_manager.filter(**({kind.parent: parent} if kind.parent else {}))
    if within is not None:
        existing = existing.filter(pk__in=within)
    existing.exclude(pk__in=[item.number for item in items] if kind.has_label else []).delete()
    kept = {found.pk: found for found in existing.all()}
    for item in items:  # first out of each other's way: labels may have been exchanged
        if item.number in kept and str(kept[item.number]) != item.label:
            existing.filter(pk=item.number).update(**{kind.label_field: f"_{item.number}.moving"})
    named = {option.related_model: _by_label(option.related_model) for option in _relations(kind)}
    for item in items:
        instance = kept.get(item.number) or kind.model(pk=item.number)
        if kind.parent:
            setattr(instance, kind.parent, parent)
        _fill(instance, item, named, with_extra=states or item.number not in kept)
        _save(instance, item)
        for child in kind.children:
            _restore(child, tuple(found for found in item.items if found.kind == child), instance, states)


def _relations(kind: Kind) -> list[RelationOption]:
    return [option for option in kind.options if isinstance(option, RelationOption)]


def _by_label(model: type[models.Model]) -> dict[str, models.Model]:
    return {str(found): found for found in model._default_manager.all()}


def _fill(
    instance: models.Model, item: Item, named: dict[type[models.Model], dict[str, models.Model]], *, with_extra: bool
) -> None:
    for option in item.kind.options:
        text = item.texts[option.element]
        value: Any = option.from_text(text)
        if isinstance(option, RelationOption):
            if text and text not in named[option.related_model]:
                kind = option.related_model._meta.verbose_name
                missing = f"the {kind} {text}, which does not exist. Add it under that label first."
                raise DocumentRefused(f"{item.label} needs {missing}")
            value = named[option.related_model].get(text)
        setattr(instance, option.name, value)
    for name in item.kind.extra if with_extra else ():
        if item.texts[name]:
            setattr(instance, name, item.texts[name])


def _save(instance: models.Model, item: Item) -> None:
    _checked(instance.clean_fields, f"{item.kind.name} {item.label}")
    instance.save()


def _checked(check: Callable[[], None], name: str) -> None:
    try:
        check()
    except ValidationError as error:
        raise DocumentRefused(f"{name}: {' '.join(error.messages)}") from error

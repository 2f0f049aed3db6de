"""Make the database's configuration that of a document: rolling back, discarding changes, restoring."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from apps.certificates.models import Certificate
from apps.changes.document import VIRTUAL, Document, Item, Kind
from apps.changes.xml import DocumentRefused
from apps.common.models import Generation
from apps.common.option_kinds import RelationOption
from apps.services.models import VirtualService


def restore(document: Document, *, states: bool) -> None:
    """One transaction: everything or nothing. Raises DocumentRefused.

    With `states` off, real servers that exist keep their drain, halt or online: that is not configuration.
    """
    certificates = {item.label: item for item in Certificate.objects.all()}
    with transaction.atomic():
        _restore(VIRTUAL, document.items, None, certificates, states)
        for service in VirtualService.objects.all():  # rules between objects hold only once all of them are there
            _checked(service.clean, service.label)
        Generation.touch()


def _restore(
    kind: Kind, items: tuple[Item, ...], parent: models.Model | None, certificates: dict[str, Certificate], states: bool
) -> None:
    existing = kind.model._default_manager.filter(**({kind.parent: parent} if kind.parent else {}))
    existing.exclude(pk__in=[item.number for item in items]).delete()
    kept = {found.pk: found for found in existing}
    for item in items:  # first out of each other's way: labels may have been exchanged
        if item.number in kept and str(kept[item.number]) != item.label:
            kind.model._default_manager.filter(pk=item.number).update(label=f"_{item.number}.moving")
    for item in items:
        instance = kept.get(item.number) or kind.model(pk=item.number)
        if kind.parent:
            setattr(instance, kind.parent, parent)
        _fill(instance, item, certificates, with_extra=states or item.number not in kept)
        _save(instance, item)
        for child in kind.children:
            inner = tuple(found for found in item.items if found.kind == child)
            _restore(child, inner, instance, certificates, states)


def _fill(instance: models.Model, item: Item, certificates: dict[str, Certificate], *, with_extra: bool) -> None:
    for option in item.kind.options:
        text = item.texts[option.element]
        value: Any = option.from_text(text)
        if isinstance(option, RelationOption):
            if text and text not in certificates:
                missing = f"the certificate {text}, which does not exist. Upload it under that label first."
                raise DocumentRefused(f"{item.label} needs {missing}")
            value = certificates.get(text)
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

"""The canonical document: the configuration as a tree of texts, generic over the declared options.

It is what a revision keeps, what two revisions are compared by, what is rolled back to, downloaded and shown as XML.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Any, cast

from django.db import models

from apps.certificates.models import Certificate
from apps.common.kept import Kept
from apps.common.option_kinds import RelationOption
from apps.common.options import Option, options
from apps.haproxy.config import Service
from apps.services.models import RealServer, VirtualService


@dataclass(frozen=True)
class Kind:
    """A sort of object in the document. `extra` are plain fields kept beside the options."""

    element: str
    model: type[models.Model]
    children: tuple["Kind", ...] = ()
    parent: str = ""  # the field that names the object around it
    extra: tuple[str, ...] = ()

    @cached_property
    def options(self) -> list[Option]:
        return options(self.model)

    @cached_property
    def defaults(self) -> dict[str, str]:
        """The texts of an object that says nothing of itself, by element."""
        return {option.element: _default(option) for option in self.options} | dict.fromkeys(self.extra, "")

    @cached_property
    def values(self) -> Callable[[Any], Any]:
        """Of a row: everything that the document tells of it."""
        return attrgetter("pk", *(option.attname for option in self.options), *self.extra)

    @property
    def name(self) -> str:
        return str(self.model._meta.verbose_name)


REAL = Kind("real", RealServer, parent="service", extra=("state",))
VIRTUAL = Kind("virtual", VirtualService, children=(REAL,))


@dataclass(frozen=True)
class Item:
    """One object: its number, the texts of its options by element, what stands inside it."""

    kind: Kind
    number: int
    texts: dict[str, str]
    items: tuple["Item", ...] = ()

    @property
    def label(self) -> str:
        return self.texts["label"]

    def __hash__(self) -> int:
        return hash((self.kind.element, self.number))


ITEMS = Kept[Item](most=5000)


@dataclass(frozen=True)
class Document:
    items: tuple[Item, ...] = ()
    certificates: dict[str, str] = field(default_factory=dict)  # label → Certificate.content; never the key


def document(services: Iterable[Service], certificates: Collection[Certificate]) -> Document:
    """`certificates` are those that the services use."""
    labels = {certificate.pk: certificate.label for certificate in certificates}
    items = tuple(_virtual(service, labels) for service in services)
    return Document(items, {item.label: item.content for item in certificates})


def _virtual(service: Service, labels: Mapping[int, str]) -> Item:
    vip, servers = service.vip, service.servers
    named = (labels.get(vip.certificate_id or 0), labels.get(vip.authority_id or 0))
    everything = (VIRTUAL.values(vip), *map(REAL.values, servers), named)
    return ITEMS.get(
        everything, lambda: _item(VIRTUAL, vip, labels, tuple(_item(REAL, server, labels) for server in servers))
    )


def _item(kind: Kind, row: Any, labels: Mapping[int, str], items: tuple[Item, ...] = ()) -> Item:
    texts = {}
    for option in kind.options:
        if isinstance(option, RelationOption):
            texts[option.element] = labels.get(getattr(row, option.attname), "")
        else:
            texts[option.element] = option.to_text(getattr(row, option.name))
    return Item(kind, row.pk, texts | {name: str(getattr(row, name)) for name in kind.extra}, items)


@dataclass(frozen=True)
class FieldChange:
    option: Option
    before: str  # in the UI's words
    after: str


@dataclass(frozen=True)
class Change:
    """One object that was added, removed or changed, in the words and the order of the UI."""

    kind: Kind
    number: int
    label: str
    what: str  # "added", "removed" or "changed"
    parent: str = ""  # the label of the object around it
    fields: tuple[FieldChange, ...] = ()


def compare(before: Document, after: Document) -> list[Change]:
    """What turns one document into the other."""
    return list(_compare(before.items, after.items, ""))


def _compare(before: tuple[Item, ...], after: tuple[Item, ...], parent: str) -> Iterator[Change]:
    old = {item.number: item for item in before}
    new = {item.number: item for item in after}
    for number, item in new.items():
        earlier = old.get(number)
        if earlier is None:
            yield _change(item, "added", parent)
        elif fields := _field_changes(earlier, item):
            yield Change(item.kind, number, item.label, "changed", parent, fields)
        yield from _compare(earlier.items if earlier else (), item.items, item.label)
    for number, item in old.items():
        if number not in new:
            yield _change(item, "removed", parent)


def _change(item: Item, what: str, parent: str) -> Change:
    fields = _field_changes(Item(item.kind, item.number, {}), item) if what == "added" else ()
    return Change(item.kind, item.number, item.label, what, parent, fields)


def _field_changes(before: Item, after: Item) -> tuple[FieldChange, ...]:
    """Of an object that is new, what differs from the defaults."""
    return tuple(
        FieldChange(option, _words(option, old), _words(option, after.texts[option.element]))
        for option in after.kind.options
        if (old := before.texts.get(option.element, _default(option))) != after.texts[option.element]
    )


def _default(option: Option) -> str:
    return option.to_text(option.get_default()) if option.has_default() else ""


def _words(option: Option, text: str) -> str:
    return option.words(option.from_text(text))


def services_of(
    found: Document, numbers: Mapping[str, int] | None = None
) -> tuple[tuple[Service, ...], dict[int, str]]:
    """The services of a document as the renderer takes them, and the fingerprints of the certificates it names.

    A certificate that was deleted since has no number any more; the document's label of it then counts for nothing.
    `numbers` are those of certificates by label, if they are at hand: where they are enough, they spare a query.
    """
    if numbers is None or not found.certificates.keys() <= numbers.keys():
        numbers = {item.label: item.pk for item in Certificate.objects.filter(label__in=found.certificates)}
    known = {label: numbers[label] for label in found.certificates if label in numbers}
    services = []
    for item in found.items:
        vip = cast(VirtualService, _instance(item, known))
        servers = tuple(cast(RealServer, _instance(real, known, service_id=vip.pk)) for real in item.items)
        services.append(Service(vip, servers))
    return tuple(services), {pk: found.certificates[label] for label, pk in known.items()}


def _instance(item: Item, certificates: Mapping[str, int], **fields: Any) -> models.Model:
    values: dict[str, Any] = {"pk": item.number, **fields, **{name: item.texts[name] for name in item.kind.extra}}
    for option in item.kind.options:
        text = item.texts[option.element]
        if isinstance(option, RelationOption):
            values[option.attname] = certificates.get(text)
        else:
            values[option.name] = option.from_text(text)
    return item.kind.model(**values)

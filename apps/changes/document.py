"""The canonical document: the configuration as a tree of texts, generic over the declared options.

It is what a revision keeps, what two revisions are compared by, what is rolled back to, downloaded and shown as XML.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from django.db import models

from apps.certificates.models import Certificate
from apps.common.kept import Kept
from apps.common.option_kinds import RelationOption
from apps.common.options import Option, options
from apps.haproxy.config import Config, Host, Service, Termination
from apps.services.models import (
    AclRule,
    FloatingIP,
    HeaderRule,
    HealthCheckScript,
    Layer7,
    ManualConfiguration,
    RealServer,
    SniRule,
    SslTermination,
    VirtualService,
)

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, eq=False)
class Kind:
    """A sort of object in the document. `extra` are plain fields kept beside the options.

    A `single` is always there: one that the document does not tell of has its defaults.
    """

    element: str
    model: type[models.Model]
    children: tuple["Kind", ...] = ()
    parent: str = ""  # the field that names the object around it
    extra: tuple[str, ...] = ()
    single: bool = False

    @cached_property
    def options(self) -> list[Option]:
        return options(self.model)

    @cached_property
    def defaults(self) -> dict[str, str]:
        """The texts of an object that says nothing of itself, by element."""
        return {option.element: _default(option) for option in self.options} | dict.fromkeys(self.extra, "")

    @cached_property
    def has_label(self) -> bool:
        return "label" in self.defaults

    @cached_property
    def label_field(self) -> str:
        return next(option.name for option in self.options if option.element == "label")

    @property
    def name(self) -> str:
        return str(self.model._meta.verbose_name)


REAL = Kind("real", RealServer, parent="service", extra=("state",))
ACL = Kind("acl", AclRule, parent="service")
HEADER = Kind("header", HeaderRule, parent="service")
VIRTUAL = Kind("virtual", VirtualService, children=(REAL, ACL, HEADER))
SNI = Kind("sni", SniRule, parent="termination")
TERMINATION = Kind("termination", SslTermination, children=(SNI,))
LAYER7 = Kind("global", Layer7, single=True)
MANUAL = Kind("manual", ManualConfiguration, single=True)
SCRIPT = Kind("script", HealthCheckScript)
FLOATING = Kind("floating", FloatingIP)
KINDS = (LAYER7, SCRIPT, FLOATING, VIRTUAL, TERMINATION, MANUAL)  # what others name stands before them

Labels = Mapping[type[models.Model], Mapping[int, str]]  # of what options may name, by primary key
Numbers = Mapping[type[models.Model], Mapping[str, int]]  # and back


@dataclass(frozen=True)
class Item:
    """One object: its number, the texts of its options by element, what stands inside it."""

    kind: Kind
    number: int
    texts: dict[str, str]
    items: tuple["Item", ...] = ()

    @property
    def label(self) -> str:
        return self.texts.get("label") or f"{self.kind.name} {self.texts.get('position', '')}".strip()

    def __hash__(self) -> int:
        return hash((self.kind.element, self.number))


ITEMS = Kept[Item](most=5000)


@dataclass(frozen=True)
class Document:
    items: tuple[Item, ...] = ()
    certificates: dict[str, str] = field(default_factory=dict)  # label → Certificate.content; never the key

    def of(self, kind: Kind) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.kind == kind)


def document(config: Config) -> Document:
    scripts = {script.pk: str(script.label) for script in config.scripts}
    labels: Labels = {Certificate: config.labels, HealthCheckScript: scripts}
    items = (
        _item(LAYER7, config.layer7, labels),
        *(_item(SCRIPT, script, labels) for script in config.scripts),
        *(_item(FLOATING, address, labels) for address in config.floating),
        *(_virtual(service, labels) for service in config.services),
        *_terminations(config, labels),
        _item(MANUAL, config.manual, labels),
    )
    return Document(items, {label: config.certificates[pk] for pk, label in config.labels.items()})


def _terminations(config: Config, labels: Labels) -> Iterator[Item]:
    services = {service.vip.pk: str(service.vip.label) for service in config.services} if config.terminations else {}
    labels = {**labels, VirtualService: services}
    for termination in config.terminations:
        rules = (_item(SNI, rule, labels) for rule in termination.rules)
        yield _item(TERMINATION, termination.item, labels, *rules)


def _virtual(service: Service, labels: Labels) -> Item:
    vip = service.vip
    inner = {REAL: service.servers, ACL: service.acl_rules, HEADER: service.header_rules}
    named = (
        labels[Certificate].get(vip.certificate_id or 0),
        labels[Certificate].get(vip.authority_id or 0),
        labels[HealthCheckScript].get(vip.check_script_id or 0),
    )
    return ITEMS.get(
        (service.key, tuple(server.state for server in service.servers), named),
        lambda: _item(
            VIRTUAL, vip, labels, *(_item(kind, row, labels) for kind, rows in inner.items() for row in rows)
        ),
    )


def _item(kind: Kind, row: Any, labels: Labels, *items: Item) -> Item:
    texts = {}
    for option in kind.options:
        if isinstance(option, RelationOption):
            texts[option.element] = labels[option.related_model].get(getattr(row, option.attname), "")
        else:
            texts[option.element] = option.to_text(getattr(row, option.name))
    return Item(kind, row.pk or 1, texts | {name: str(getattr(row, name)) for name in kind.extra}, items)


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
    old = {(item.kind, item.number): item for item in before}
    new = {(item.kind, item.number): item for item in after}
    for key, item in new.items():
        earlier = old.get(key) or (Item(item.kind, item.number, {}) if item.kind.single else None)
        if earlier is None:
            yield _change(item, "added", parent)
        elif fields := _field_changes(earlier, item):
            yield Change(item.kind, item.number, item.label, "changed", parent, fields)
        yield from _compare(earlier.items if earlier else (), item.items, item.label)
    for key, item in old.items():
        if key not in new and not item.kind.single:
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


def config_of(found: Document, host: Host, certificates: Mapping[str, int] | None = None) -> Config:
    """The configuration of a document as the renderer takes it.

    A certificate that was deleted since has no number any more; the document's label of it then counts for nothing.
    `certificates` are numbers by label, if they are at hand: where they are enough, they spare a query.
    """
    if certificates is None or not found.certificates.keys() <= certificates.keys():
        rows = Certificate.objects.filter(label__in=found.certificates).values_list("label", "pk")
        certificates = dict(rows)
    known = {label: certificates[label] for label in found.certificates if label in certificates}
    scripts = {item.label: item.number for item in found.of(SCRIPT)}
    services = {item.label: item.number for item in found.of(VIRTUAL)}
    read = _Reader({Certificate: known, HealthCheckScript: scripts, VirtualService: services})
    return Config(
        host,
        tuple(read.service(item) for item in found.of(VIRTUAL)),
        {pk: found.certificates[label] for label, pk in known.items()},
        next((read.instance(Layer7, item) for item in found.of(LAYER7)), Layer7(pk=1)),
        next((read.instance(ManualConfiguration, item) for item in found.of(MANUAL)), ManualConfiguration(pk=1)),
        tuple(read.instance(HealthCheckScript, item) for item in found.of(SCRIPT)),
        tuple(read.instance(FloatingIP, item) for item in found.of(FLOATING)),
        dict(_revocations(known)),
        {pk: label for label, pk in known.items()},
        tuple(read.termination(item) for item in found.of(TERMINATION)),
    )


def _revocations(known: Mapping[str, int]) -> Iterator[tuple[int, str]]:
    """As they are now: like keys, lists of revoked certificates are in no document."""
    authorities = Certificate.objects.filter(label__in=known).exclude(revocation_list="")
    yield from authorities.values_list("pk", "revocation_list")


@dataclass(frozen=True)
class _Reader:
    numbers: Numbers

    def service(self, item: Item) -> Service:
        inside = {kind: [found for found in item.items if found.kind == kind] for kind in VIRTUAL.children}
        vip = self.instance(VirtualService, item)
        return Service(
            vip,
            tuple(self.instance(RealServer, found, vip.pk) for found in inside[REAL]),
            tuple(self.instance(AclRule, found, vip.pk) for found in inside[ACL]),
            tuple(self.instance(HeaderRule, found, vip.pk) for found in inside[HEADER]),
        )

    def termination(self, item: Item) -> Termination:
        rules = tuple(self.instance(SniRule, found, item.number) for found in item.items)
        return Termination(self.instance(SslTermination, item), rules)

    def instance(self, model: type[M], item: Item, around: int = 0) -> M:
        """`around` is the primary key of the object around it."""
        values: dict[str, Any] = {"pk": item.number, **({f"{item.kind.parent}_id": around} if around else {})}
        values |= {name: item.texts[name] for name in item.kind.extra}
        for option in item.kind.options:
            text = item.texts[option.element]
            if isinstance(option, RelationOption):
                values[option.attname] = self.numbers[option.related_model].get(text)
            else:
                values[option.name] = option.from_text(text)
        return model(**values)

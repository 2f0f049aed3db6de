"""What both units of a pair have beside the document: whole tables, row by row, with the same primary keys.

Private keys are encrypted on each unit with a key of its own; between the units they travel inside TLS.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

from apps.accounts.models import User
from apps.certificates.models import AcmeAccount, AcmeOrder, Certificate, Staple
from apps.certificates.vault import seal, unseal
from apps.system import webui
from apps.unit.models import Heartbeat

Row = dict[str, Any]
Rows = dict[str, list[Row]]  # by the name of the table


@dataclass(frozen=True)
class Table:
    """`sealed` columns are encrypted on each unit; `local` ones are each unit's own.

    So are rows in which the column `kept` is set, but for those that services use: clients see the same on both units.
    """

    model: type[models.Model]
    sealed: tuple[str, ...] = ()
    local: tuple[str, ...] = ()
    kept: str = ""
    name_field: str = ""  # unique beside the primary key

    @property
    def name(self) -> str:
        return self.model._meta.label_lower

    @property
    def columns(self) -> list[str]:
        return [column.attname for column in self.model._meta.concrete_fields if column.attname not in self.local]

    def rows(self, shared: Collection[str]) -> models.QuerySet[Any, Row]:
        found = self.model._default_manager.order_by("pk")
        if self.kept:
            own = self.own().exclude(**{f"{self.name_field}__in": list(shared)})
            found = found.exclude(pk__in=own.values("pk"))
        return found.values(*self.columns)

    def own(self) -> models.QuerySet[Any]:
        return self.model._default_manager.filter(**{self.kept: True})


TABLES = (
    Table(User, local=("last_login",), name_field="username"),
    Table(
        Certificate,
        sealed=("encrypted_key", "encrypted_request_key"),
        kept="is_built_in",
        name_field="label",
    ),
    Table(AcmeAccount, sealed=("encrypted_key", "encrypted_eab_key"), name_field="label"),
    Table(AcmeOrder),
    Table(Heartbeat),
)


def read(shared: Collection[str] = ()) -> Rows:
    """All rows with their secrets open, as JSON has them. `shared` are names of kept rows that services use."""
    return {table.name: [_opened(table, row) for row in table.rows(shared)] for table in TABLES}


def fit(rows: object) -> bool:
    """Whether they are of this version: the same tables with the same columns."""
    names = {table.name for table in TABLES}
    return isinstance(rows, dict) and rows.keys() == names and all(_fits(table, rows[table.name]) for table in TABLES)


def _fits(table: Table, rows: object) -> bool:
    columns = set(table.columns)
    return isinstance(rows, list) and all(isinstance(row, dict) and row.keys() == columns for row in rows)


def _opened(table: Table, row: Row) -> Row:
    opened = row | {column: unseal(row[column]) for column in table.sealed if row[column]}
    return plain(opened)


def plain(row: Row) -> Row:
    """As JSON gives it back."""
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float | bool | list | dict):
        return value
    if isinstance(value, datetime):
        return value.isoformat()  # the encoder of JSON leaves microseconds out
    return DjangoJSONEncoder().default(value)


def write(rows: Mapping[str, list[Row]]) -> bool:
    """Make the tables these, and say whether anything was different. Within the caller's transaction."""
    shared = {row[table.name_field] for table in TABLES if table.kept for row in rows[table.name] if row[table.kept]}
    rows = {table.name: _beside_own(table, rows[table.name]) for table in TABLES}
    now = read(shared)
    differing = [table for table in TABLES if now[table.name] != rows[table.name]]
    for table in reversed(differing):
        _remove_spare(table, {row[_key(table)] for row in rows[table.name]})
    for table in differing:
        known = {row[_key(table)]: row for row in now[table.name]}
        _save(table, [row for row in rows[table.name] if known.get(row[_key(table)]) != row])
    if Certificate in {table.model for table in differing}:
        _forget_staples()
    return bool(differing)


def whole() -> Rows:
    """With all columns and rows, secrets as they are encrypted here."""
    return {
        table.name: [plain(row) for row in table.model._default_manager.order_by("pk").values()] for table in TABLES
    }


def put_back(before: Mapping[str, list[Row]]) -> None:
    """Rows as they were read with all their columns. Within the caller's transaction."""
    for table in reversed(TABLES):
        if table.kept:
            _renumber_back(table, before[table.name])
        table.model._default_manager.all()._raw_delete(table.model._default_manager.db)
    for table in TABLES:
        for row in before[table.name]:
            values = {name: _typed(table.model, name, value) for name, value in row.items()}
            table.model._default_manager.create(**values)
    _forget_staples()


def _forget_staples() -> None:
    """What a responder said goes with its certificate, which went without asking for it. Each unit asks by itself."""
    Staple.objects.exclude(certificate__in=Certificate.objects.values("pk")).delete()


def _key(table: Table) -> str:
    key = table.model._meta.pk
    assert key is not None
    return key.attname


def _remove_spare(table: Table, numbers: Iterable[int]) -> None:
    spare = table.model._default_manager.exclude(pk__in=list(numbers))
    if table.kept:
        spare = spare.exclude(**{table.kept: True})
    _unprotected(spare)


def _unprotected(spare: models.QuerySet[Any]) -> None:
    """Services that still name them are made those of the document in the same transaction."""
    for number in spare.values_list("pk", flat=True):
        found = spare.model._default_manager.filter(pk=number)
        found._raw_delete(found.db)


def _save(table: Table, rows: list[Row]) -> None:
    _make_room(table, rows)
    for row in rows:
        values = row | {column: seal(row[column]) for column in table.sealed if row[column]}
        key = values.pop(_key(table))
        typed = {name: _typed(table.model, name, value) for name, value in values.items()}
        if not table.model._default_manager.filter(pk=key).update(**typed):
            table.model._default_manager.create(pk=key, **typed, **_own_columns(table))


def _own_columns(table: Table) -> Row:
    return dict.fromkeys(table.local)


def _typed(model: type[models.Model], name: str, value: Any) -> Any:
    column = next(field for field in model._meta.concrete_fields if field.attname == name)
    return value if isinstance(column, models.JSONField) else column.to_python(value)


def _make_room(table: Table, rows: list[Row]) -> None:
    """Names may have been exchanged."""
    if table.name_field:
        for row in rows:
            same = table.model._default_manager.filter(pk=row[_key(table)])
            same.update(**{table.name_field: f"_{row[_key(table)]}.moving"})


def _beside_own(table: Table, rows: list[Row]) -> list[Row]:
    """This unit's own rows give way to the Primary's, and keep their numbers where they become what the Primary has."""
    if not table.kept:
        return rows
    for own in table.own().filter(pk__in=[row[_key(table)] for row in rows if not row[table.kept]]):
        _move(table, own)
    numbers = dict(table.own().values_list(table.name_field, "pk"))
    renumbered = [
        row | {_key(table): numbers.get(row[table.name_field], row[_key(table)])} if row[table.kept] else row
        for row in rows
    ]
    return sorted(renumbered, key=lambda row: row[_key(table)])


def _move(table: Table, own: models.Model) -> None:
    """To a number beyond all others; the WebUI's choice of its certificate follows."""
    before = own.pk
    after = max(table.model._default_manager.values_list("pk", flat=True)) + 1_000_000
    table.model._default_manager.filter(pk=before).update(**{_key(table): after})
    transaction.on_commit(partial(webui.renumber, settings.PATHS, before, after))


def _renumber_back(table: Table, before: list[Row]) -> None:
    numbers = {row[table.name_field]: row[_key(table)] for row in before}
    for name, now in table.own().values_list(table.name_field, "pk"):
        if name in numbers:
            transaction.on_commit(partial(webui.renumber, settings.PATHS, now, numbers[name]))

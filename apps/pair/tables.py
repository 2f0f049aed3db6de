"""What both units of a pair have beside the document: whole tables, row by row, with the same primary keys.

Private keys are encrypted on each unit with a key of its own; between the units they travel inside TLS.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from apps.accounts.models import User
from apps.certificates.models import AcmeAccount, AcmeOrder, Certificate
from apps.certificates.vault import seal, unseal
from apps.system import webui
from apps.unit.models import Heartbeat

Row = dict[str, Any]
Rows = dict[str, list[Row]]  # by the name of the table


@dataclass(frozen=True)
class Table:
    """`sealed` columns are encrypted on each unit; `local` ones and the rows that are `kept` are each unit's own."""

    model: type[models.Model]
    sealed: tuple[str, ...] = ()
    local: tuple[str, ...] = ()
    kept: Q | None = field(default=None, hash=False)
    name_field: str = ""  # unique beside the primary key

    @property
    def name(self) -> str:
        return self.model._meta.label_lower

    @property
    def columns(self) -> list[str]:
        return [column.attname for column in self.model._meta.concrete_fields if column.attname not in self.local]

    def rows(self) -> models.QuerySet[Any, Row]:
        found = self.model._default_manager.order_by("pk")
        if self.kept is not None:
            found = found.exclude(self.kept)
        return found.values(*self.columns)


TABLES = (
    Table(User, local=("last_login",), name_field="username"),
    Table(
        Certificate,
        sealed=("encrypted_key", "encrypted_request_key"),
        kept=Q(is_built_in=True),
        name_field="label",
    ),
    Table(AcmeAccount, sealed=("encrypted_key", "encrypted_eab_key"), name_field="label"),
    Table(AcmeOrder),
    Table(Heartbeat),
)


def read() -> Rows:
    """All rows, with their secrets open. Texts, numbers and nothing else."""
    return {table.name: [_opened(table, row) for row in table.rows()] for table in TABLES}


def _opened(table: Table, row: Row) -> Row:
    opened = row | {column: unseal(row[column]) for column in table.sealed if row[column]}
    return plain(opened)


def plain(row: Row) -> Row:
    """As JSON gives it back."""
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float | bool | list | dict):
        return value
    return DjangoJSONEncoder().default(value)


def write(rows: Mapping[str, list[Row]]) -> bool:
    """Make the tables these, and say whether anything was different. Within the caller's transaction."""
    now = read()
    differing = [table for table in TABLES if now[table.name] != rows[table.name]]
    for table in reversed(differing):
        _remove_spare(table, {row[_key(table)] for row in rows[table.name]})
    for table in differing:
        known = {row[_key(table)]: row for row in now[table.name]}
        _save(table, [row for row in rows[table.name] if known.get(row[_key(table)]) != row])
    return bool(differing)


def whole() -> Rows:
    """With all columns and rows, secrets as they are encrypted here."""
    return {
        table.name: [plain(row) for row in table.model._default_manager.order_by("pk").values()] for table in TABLES
    }


def put_back(before: Mapping[str, list[Row]]) -> None:
    """Rows as they were read with all their columns. Within the caller's transaction."""
    for table in reversed(TABLES):
        table.model._default_manager.all()._raw_delete(table.model._default_manager.db)
    for table in TABLES:
        for row in before[table.name]:
            values = {name: _typed(table.model, name, value) for name, value in row.items()}
            table.model._default_manager.create(**values)


def _key(table: Table) -> str:
    key = table.model._meta.pk
    assert key is not None
    return key.attname


def _remove_spare(table: Table, numbers: Iterable[int]) -> None:
    spare = table.model._default_manager.exclude(pk__in=list(numbers))
    if table.kept is not None:
        spare = spare.exclude(table.kept)
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
    """Names may have been exchanged; and a row of this unit's own may be where one of the Primary's belongs."""
    if table.name_field:
        for row in rows:
            same = table.model._default_manager.filter(pk=row[_key(table)])
            same.update(**{table.name_field: f"_{row[_key(table)]}.moving"})
    if table.kept is not None:
        taken = [row[_key(table)] for row in rows]
        for own in table.model._default_manager.filter(table.kept, pk__in=taken):
            _move(own)


def _move(own: models.Model) -> None:
    """To a number beyond all others; the WebUI's choice of its certificate follows."""
    before = own.pk
    numbers = type(own)._default_manager.values_list("pk", flat=True)
    after = max(numbers) + 1_000_000
    type(own)._default_manager.filter(pk=before).update(**{_key_of(own): after})
    webui.renumber(settings.PATHS, before, after)


def _key_of(own: models.Model) -> str:
    key = own._meta.pk
    assert key is not None
    return key.attname

"""Two configurations beside each other as pages show them: fields by object, and files line by line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils import timezone

from apps.certificates.models import Certificate
from apps.changes.document import Change, Document, FieldChange, compare
from apps.changes.textdiff import FileDiff, file_diff
from apps.common.models import Edit
from apps.haproxy.render import ADDRESSES_FILE, CONFIG_FILE

ENTRIES_SHOWN = 200
CERTIFICATE = str(Certificate._meta.verbose_name)
FILES = {CONFIG_FILE: CONFIG_FILE, ADDRESSES_FILE: "Floating IPs"}


@dataclass(frozen=True)
class Row:
    """One field; blank where the object is not there."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """One object that was added, removed, changed or, as a certificate, replaced."""

    kind: str
    number: int
    label: str
    what: str
    parent: str = ""
    rows: tuple[Row, ...] = ()
    edit: Edit | None = None

    @property
    def changes(self) -> int:
        return len(self.rows) if self.what == "changed" else 1

    @property
    def about(self) -> str:
        place = f"{self.kind} of {self.parent}" if self.parent else self.kind
        fields = f"{len(self.rows)} field{'s' * (len(self.rows) != 1)} changed"
        return f"{place} · {fields if self.what == 'changed' else self.what}"

    @property
    def who(self) -> str:
        if not self.edit:
            return ""
        at = timezone.localtime(self.edit.at)
        is_today = at.date() == timezone.localdate()
        return f"{self.edit.user}, {at:%H:%M:%S}" if is_today else f"{self.edit.user}, {at:%Y-%m-%d %H:%M}"


@dataclass(frozen=True)
class Comparison:
    """`before` and `after` are the headings of the two columns; `whole` shows however much there is."""

    before: str
    after: str
    entries: list[Entry]
    files: list[FileDiff]
    whole: bool = False

    @property
    def sentence(self) -> str:
        changes = sum(entry.changes for entry in self.entries)
        objects = len(self.entries)
        return f"{changes} change{'s' * (changes != 1)} to {objects} object{'s' * (objects != 1)}"

    @property
    def shown(self) -> list[Entry]:
        return self.entries if self.whole else self.entries[:ENTRIES_SHOWN]

    @property
    def more(self) -> int:
        return len(self.entries) - len(self.shown)

    @property
    def replaced(self) -> list[str]:
        """Labels of certificates with another content: no document holds their keys, so there is no way back."""
        return [entry.label for entry in self.entries if entry.kind == CERTIFICATE]

    @property
    def has_editors(self) -> bool:
        return any(entry.edit for entry in self.entries)


def file_diffs(before: Mapping[str, str], after: Mapping[str, str]) -> list[FileDiff]:
    return [
        file_diff(title, before.get(name, ""), after.get(name, ""))
        for name, title in FILES.items()
        if before.get(name, "") != after.get(name, "")
    ]


def entries(before: Document, after: Document) -> list[Entry]:
    """In the order of the UI, Real Servers after their Virtual Service; certificates last."""
    return [*_objects(before, after), *_certificates(before.certificates, after.certificates)]


def _objects(before: Document, after: Document) -> Iterator[Entry]:
    gone = _gone(before, after)
    for change in compare(before, after):
        if change.what == "removed":
            yield from (_entry(lost, "removed") for lost in gone[change.kind.element, change.number])
        else:
            yield _entry(change, change.what)


def _gone(before: Document, after: Document) -> dict[tuple[str, int], list[Change]]:
    """What is removed with the fields it had: on the way back it would be added. What stood inside it comes with it."""
    found: dict[tuple[str, int], list[Change]] = {}
    outer: Change | None = None
    for change in compare(after, before):
        if change.what != "added":
            continue
        if outer and change.kind in outer.kind.children and change.parent == outer.label:
            found[outer.kind.element, outer.number].append(change)
        else:
            found[change.kind.element, change.number] = [change]
            outer = change
    return found


def _entry(change: Change, what: str) -> Entry:
    rows = tuple(_row(field, what) for field in change.fields if what == "changed" or field.option.name != "label")
    return Entry(change.kind.name, change.number, change.label, what, change.parent, rows)


def _row(field: FieldChange, what: str) -> Row:
    if what == "removed":
        return Row(field.option.label, field.after, "")
    return Row(field.option.label, field.before if what == "changed" else "", field.after)


def _certificates(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Entry]:
    for label, content in after.items():
        if before.get(label, content) != content:
            yield Entry(CERTIFICATE, 0, label, "replaced")

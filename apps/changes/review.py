"""What a commit would change, whose changes these are, and what the commit costs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from apps.changes import candidate
from apps.changes.comparison import Comparison, Entry, entries, file_diffs
from apps.changes.document import VIRTUAL, Document, config_of, document
from apps.changes.models import Revision, Running
from apps.changes.xml import from_xml
from apps.common.models import Edit
from apps.haproxy.config import Config
from apps.haproxy.plan import Plan, plan
from apps.haproxy.render import render

Edits = Mapping[tuple[str, int | str], Edit]


@dataclass(frozen=True)
class Configuration:
    """One configuration in its forms. `config` and the `numbers` of its certificates are there if they cost nothing."""

    document: Document
    files: Mapping[str, str]
    fingerprint: str = ""
    config: Config | None = None
    numbers: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Review:
    """`seen` proves later that what is committed or discarded is what was looked at."""

    comparison: Comparison
    cost: Plan
    running: Running | None
    seen: str


def review(*, whole: bool = False) -> Review | None:
    """None when the machine runs what the database says."""
    new = saved()
    running = get_running()
    old = configuration(running.revision) if running else NOTHING
    if running and old.fingerprint == new.fingerprint:
        return None
    comparison = beside("Running", old, "New", new, whole=whole)
    edits = _edits(running)
    found = [replace(entry, edit=_edit(entry, edits)) for entry in comparison.entries]
    return Review(replace(comparison, entries=found), cost(old, new), running, new.fingerprint)


def beside(before: str, old: Configuration, after: str, new: Configuration, *, whole: bool = False) -> Comparison:
    """Two configurations, each under the heading of its column."""
    return Comparison(before, after, entries(old.document, new.document), file_diffs(old.files, new.files), whole)


def cost(old: Configuration, new: Configuration) -> Plan:
    return plan(_config(old, new.numbers), _config(new))


def _config(found: Configuration, numbers: Mapping[str, int] | None = None) -> Config:
    return found.config or config_of(found.document, candidate.host(), numbers)


def saved() -> Configuration:
    """What the next commit would run."""
    config = candidate.load()
    rendering = render(config)
    numbers = {label: pk for pk, label in config.labels.items()}
    return Configuration(document(config), rendering.files, candidate.fingerprint(rendering), config, numbers)


def get_running() -> Running | None:
    """With its revision and that one's job."""
    return Running.objects.select_related("revision__job").first()


NOTHING = Configuration(Document(), {})


def configuration(revision: Revision) -> Configuration:
    """Raises DocumentRefused."""
    return Configuration(_read(revision.document), revision.files, revision.fingerprint)


@lru_cache(maxsize=4)
def _read(xml: str) -> Document:
    """Pages ask for the same few revisions again and again; reading one takes longer than all the rest."""
    return from_xml(xml)


def _edits(running: Running | None) -> Edits:
    """The newest edit of each object since what runs was read, by its number and by its label."""
    found: dict[tuple[str, int | str], Edit] = {}
    if running:
        # The commit read the configuration right after it had started; the proof that it runs came later.
        since = running.revision.job.started or running.since
        for edit in Edit.objects.filter(at__gte=since).order_by("pk"):
            found[edit.kind, edit.number] = found[edit.kind, edit.label] = edit
    return found


def _edit(entry: Entry, edits: Edits) -> Edit | None:
    if entry.what == "replaced":
        return edits.get((entry.kind, entry.label))
    own = edits.get((entry.kind, entry.number))
    with_service = edits.get((VIRTUAL.name, entry.parent)) if entry.what == "removed" else None
    return own or with_service

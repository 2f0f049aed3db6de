"""What waits to be committed: computed by comparing the candidate with what runs, never flagged by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from django.http import HttpRequest

from apps.accounts.models import Group
from apps.changes import heartbeat
from apps.changes.background import last_check
from apps.changes.candidate import fingerprints
from apps.changes.models import Check, Job, JobState, Kind, Revision, Running
from apps.common.kept import Kept
from apps.common.models import Generation
from apps.haproxy.plan import GENERAL
from apps.services.models import Layer7, ManualConfiguration

SHOWN = 6  # services named in the box
ALWAYS = {str(Layer7._meta.verbose_name), str(ManualConfiguration._meta.verbose_name)}


class Ran(NamedTuple):
    """What is compared of the revision that runs."""

    fingerprint: str = ""
    parts: Mapping[str, str] = MappingProxyType({})


RAN = Kept[Ran](most=2)  # it does not change, and SQLite has to walk through all its text to find what stands behind


@dataclass(frozen=True)
class Difference:
    """How the parts of the candidate differ from the running ones: services by label, others by their names."""

    added: list[str]
    changed: list[str]
    removed: list[str]

    @property
    def sentence(self) -> str:
        parts = [f"{_names(labels)} {what}" for what, labels in self._kinds() if labels]
        return ", ".join(parts) or GENERAL

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.removed)

    def _kinds(self) -> list[tuple[str, list[str]]]:
        return [("added", self.added), ("changed", self.changed), ("removed", self.removed)]


@dataclass(frozen=True)
class CommitBox:
    """The Commit changes box: what waits, and the job this browser asked for or that runs now."""

    generation: int
    difference: Difference | None
    check: Check | None  # None while HAProxy has not read it yet
    job: Job | None
    may_commit: bool
    may_configure: bool
    heartbeat: list[str] = field(default_factory=list)  # what Restart Heartbeat would change

    @property
    def is_unchecked(self) -> bool:
        return self.difference is not None and self.check is None

    @property
    def seen(self) -> str:
        """Another value whenever the box would look different."""
        job = f"{self.job.pk}-{self.job.state}" if self.job else ""
        return f"{self.generation}.{bool(self.difference):d}.{bool(self.check):d}.{job}{'.h' if self.heartbeat else ''}"

    @property
    def action(self) -> Kind:
        return Kind.RELOAD

    @property
    def has_new_peer(self) -> bool:
        return any(words.startswith(heartbeat.NEW_PEER) for words in self.heartbeat)


def difference(generation: int | None = None) -> Difference | None:
    """None when the machine runs what the database says."""
    candidate, services = fingerprints(generation)
    running = _running()
    return None if running.fingerprint == candidate else differ(running.parts, services)


def _running() -> Ran:
    found = Running.objects.filter(pk=1).values_list("revision_id", "since").first()
    return RAN.get(found, lambda: _read(found[0])) if found else Ran()


def _read(revision: int) -> Ran:
    return Ran(*Revision.objects.values_list("fingerprint", "parts").get(pk=revision))


def differ(before: Mapping[str, str], after: Mapping[str, str]) -> Difference:
    """Both are the fingerprints of the parts by their names. Revisions of old do not know what is always there."""
    return Difference(
        added=[label for label in after if label not in before and label not in ALWAYS],
        changed=[label for label in after if label in before and after[label] != before[label]],
        removed=[label for label in before if label not in after],
    )


def commit_box(request: HttpRequest) -> CommitBox:
    user = request.user
    generation = Generation.current()
    waiting = difference(generation)
    return CommitBox(
        generation,
        waiting,
        check=last_check(generation) if waiting else None,
        job=_job(request),
        may_commit=user.is_authenticated and user.may(Group.MAINT),
        may_configure=user.is_authenticated and user.may(Group.CONFIG),
        heartbeat=heartbeat.waiting(generation),
    )


def _job(request: HttpRequest) -> Job | None:
    """The job of this page's address, else one that is under way."""
    asked = request.GET.get("job", "")
    if asked.isdecimal() and (job := Job.objects.filter(pk=int(asked)).first()):
        return job
    last = Job.objects.first()
    return last if last and not last.is_final and last.state != JobState.QUEUED else None


def _names(labels: list[str]) -> str:
    more = len(labels) - SHOWN
    return ", ".join(labels[:SHOWN]) + (f" and {more} more" if more > 0 else "")

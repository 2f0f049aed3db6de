"""What waits to be committed: computed by comparing the candidate with what runs, never flagged by hand."""

from dataclasses import dataclass

from django.http import HttpRequest

from apps.accounts.models import Group
from apps.changes.candidate import fingerprints
from apps.changes.models import Job, JobState, Kind, Running

SHOWN = 6  # services named in the box


@dataclass(frozen=True)
class Difference:
    """How the candidate's services differ from the running ones, by label."""

    added: list[str]
    changed: list[str]
    removed: list[str]

    @property
    def sentence(self) -> str:
        parts = [f"{_names(labels)} {what}" for what, labels in self._kinds() if labels]
        return ", ".join(parts) or "general settings changed"

    def _kinds(self) -> list[tuple[str, list[str]]]:
        return [("added", self.added), ("changed", self.changed), ("removed", self.removed)]


@dataclass(frozen=True)
class CommitBox:
    """The Commit changes box: what waits, and the job this browser asked for or that runs now."""

    difference: Difference | None
    job: Job | None
    may_commit: bool

    @property
    def is_shown(self) -> bool:
        return self.difference is not None or self.job is not None

    @property
    def action(self) -> Kind:
        return Kind.RELOAD


def difference() -> Difference | None:
    """None when the machine runs what the database says."""
    candidate, services = fingerprints()
    running = Running.get()
    if running and running.revision.fingerprint == candidate:
        return None
    before = running.revision.parts if running else {}
    return Difference(
        added=[label for label in services if label not in before],
        changed=[label for label in services if label in before and services[label] != before[label]],
        removed=[label for label in before if label not in services],
    )


def commit_box(request: HttpRequest) -> CommitBox:
    user = request.user
    return CommitBox(difference(), _job(request), user.is_authenticated and user.may(Group.MAINT))


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

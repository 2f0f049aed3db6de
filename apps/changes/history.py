"""The commits of the past, and the way back to what one of them ran."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apps.changes.candidate import fingerprints
from apps.changes.comparison import CERTIFICATE, entries
from apps.changes.document import Document
from apps.changes.models import Job, JobState, Kind, Revision, Running
from apps.changes.pending import differ
from apps.changes.restore import restore
from apps.changes.review import saved
from apps.changes.views import begin
from apps.common.models import Edit

PER_PAGE = 50
APPLIANCE = "appliance"  # who, when nobody pressed a button
UNDER_WAY = [JobState.CHECKING, JobState.APPLYING, JobState.VERIFYING]
OUTCOMES = {JobState.DONE: "ok", JobState.REFUSED: "plain down", JobState.ROLLED_BACK: "plain warn"}


@dataclass(frozen=True)
class Record:
    """One job as the list shows it."""

    job: Job
    what: str
    is_running: bool

    @property
    def outcome(self) -> str:
        """The shape and colour of its state."""
        return OUTCOMES.get(JobState(self.job.state), "idle")

    @property
    def who(self) -> str:
        return self.job.user or APPLIANCE

    @property
    def took(self) -> str:
        duration = self.job.duration
        return f"{duration.total_seconds():.1f} s" if duration else ""

    @property
    def may_return(self) -> bool:
        """Whether the list offers the way back; the revision's own page does so for one that was refused, too."""
        return self.job.is_good and not self.is_running and hasattr(self.job, "revision")


def jobs() -> QuerySet[Job]:
    """Newest first, without the long texts of their revisions."""
    return Job.objects.select_related("revision").defer("said", "revision__document", "revision__files")


def records(page: Iterable[Job]) -> list[Record]:
    shown = list(page)
    running = running_number()
    earlier = _good_before(shown[-1]) if shown else None
    found = []
    for job in reversed(shown):
        found.append(Record(job, _what(job, earlier), job.pk == running))
        if job.is_good and hasattr(job, "revision"):
            earlier = job.revision
    return found[::-1]


def running_number() -> int:
    """0 before the first commit."""
    return Running.objects.values_list("revision_id", flat=True).first() or 0


def _good_before(job: Job) -> Revision | None:
    good = Revision.objects.filter(job__state=JobState.DONE, pk__lt=job.pk)
    return good.defer("document", "files").first()


def previous(revision: Revision) -> Revision | None:
    """The newest one before it that came to run."""
    return Revision.objects.filter(job__state=JobState.DONE, pk__lt=revision.pk).first()


def _what(job: Job, earlier: Revision | None) -> str:
    if not hasattr(job, "revision"):
        return "–" if job.is_final else ""
    if earlier and earlier.fingerprint == job.revision.fingerprint:
        return "the same configuration"
    difference = differ(earlier.parts if earlier else {}, job.revision.parts)
    return "no Virtual Services" if earlier is None and difference.is_empty else difference.sentence


@dataclass(frozen=True)
class Choice:
    """A revision in a drop-down."""

    number: int
    asked: datetime
    user: str
    state: JobState

    @property
    def words(self) -> str:
        words = [str(self.number), f"{timezone.localtime(self.asked):%Y-%m-%d %H:%M}", self.user or APPLIANCE]
        return " · ".join(words if self.state == JobState.DONE else [*words, self.state.label.lower()])


def choices() -> list[Choice]:
    """Every revision, newest first."""
    rows = Revision.objects.values_list("pk", "job__asked", "job__user", "job__state")
    return [Choice(number, asked, user, JobState(state)) for number, asked, user, state in rows]


def usual_pair(found: list[Choice]) -> tuple[int, int]:
    """What is compared unless somebody chooses: the last revision that came to run, with the one before it."""
    good = [choice.number for choice in found if choice.state == JobState.DONE]
    after = good[0] if good else 0
    return (good[1] if len(good) > 1 else after), after


def objection(seen: str) -> str:
    """Why the saved configuration may not be replaced now; blank when it may. `seen` is what the page had shown."""
    if Job.objects.filter(state__in=UNDER_WAY).exists():
        return "A commit is under way. Nothing was changed; wait until it has ended, then try again."
    if seen != fingerprints()[0]:
        return "Nothing was changed yet, because somebody saved another change meanwhile. Look at what is lost now."
    return ""


def go_back(user: str, target: Document) -> None:
    """Make the saved configuration that of a document, and note whose doing that was. Raises DocumentRefused."""
    with transaction.atomic():
        changed = entries(saved().document, target)
        restore(target, states=False)
        Edit.objects.bulk_create(
            Edit(user=user, kind=entry.kind, number=entry.number, label=entry.label, what=entry.what)
            for entry in changed
            if entry.kind != CERTIFICATE
        )


def roll_back(request: HttpRequest, revision: Revision, target: Document) -> Job:
    """Raises DocumentRefused when nothing was changed, OperationalError when it is saved but cannot be committed."""
    go_back(request.user.get_username(), target)
    return begin(request, Kind.RELOAD, f"Roll back to revision {revision.pk}")

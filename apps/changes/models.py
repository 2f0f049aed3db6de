"""Commits: the job that a button asked for, the revision it made, and which revision runs."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from apps.changes.announce import announce

REVISIONS_KEPT = 200


class Kind(models.TextChoices):
    RELOAD = "reload", "Reload HAProxy"
    RESTART = "restart", "Restart HAProxy"


class JobState(models.TextChoices):
    QUEUED = "queued", "Queued"
    CHECKING = "checking", "Checking"
    APPLYING = "applying", "Applying"
    VERIFYING = "verifying", "Verifying"
    DONE = "done", "Done"
    REFUSED = "refused", "Refused"
    ROLLED_BACK = "rolled-back", "Rolled back"


STEPS = [JobState.CHECKING, JobState.APPLYING, JobState.VERIFYING, JobState.DONE]
FINAL = {JobState.DONE, JobState.REFUSED, JobState.ROLLED_BACK}


class Job(models.Model):
    """One commit: a button was pressed, one final state follows. It is its own journal for the time after a crash."""

    kind = models.CharField(max_length=16, choices=Kind)
    state = models.CharField(max_length=16, choices=JobState, default=JobState.QUEUED)
    user = models.CharField(max_length=32)
    reason = models.CharField(max_length=255, blank=True)
    asked = models.DateTimeField(default=timezone.now)
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)
    sentence = models.TextField(blank=True)  # what happened and what to do
    said = models.TextField(blank=True)  # the program's own words
    place = models.CharField(max_length=128, blank=True)  # address of the field that was refused
    warnings = models.JSONField(default=list)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "Job"

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    @property
    def is_good(self) -> bool:
        return self.state == JobState.DONE

    @property
    def duration(self) -> timedelta | None:
        return self.finished - self.started if self.finished and self.started else None

    @property
    def waits(self) -> bool:
        """Queued for longer than a worker needs to wake up."""
        return self.state == JobState.QUEUED and timezone.now() - self.asked > timedelta(seconds=5)

    @property
    def steps(self) -> list[tuple[str, str]]:
        """Each step with `done`, `current` or nothing, for the page."""
        at = STEPS.index(JobState(self.state)) if self.state in STEPS else -1
        return [
            (step.label, "done" if number < at else "current" if number == at else "")
            for number, step in enumerate(STEPS)
        ]

    def enter(self, state: JobState, **fields: Any) -> None:
        """Save the next step, and have every open page show it."""
        self.state = state
        if state == JobState.CHECKING:
            self.started = timezone.now()
        if state in FINAL:
            self.finished = timezone.now()
        for name, value in fields.items():
            setattr(self, name, value)
        self.save()
        announce(f"{self.pk} {state}")


class Revision(models.Model):
    """What a job set out to run. Private keys are in neither the document nor the files."""

    job = models.OneToOneField(Job, on_delete=models.CASCADE, primary_key=True, related_name="revision")
    document = models.TextField()  # XML
    files = models.JSONField()  # name → text
    parts = models.JSONField()  # label of a virtual service → fingerprint of its part
    fingerprint = models.CharField(max_length=64)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "Revision"

    def __str__(self) -> str:
        return f"Revision {self.pk}"


class Running(models.Model):
    """Which revision HAProxy runs, as it was last proven. One row."""

    revision = models.OneToOneField(Revision, on_delete=models.PROTECT, related_name="running")
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "Running revision"

    def __str__(self) -> str:
        return str(self.revision)

    @classmethod
    def record(cls, revision: Revision) -> None:
        cls.objects.update_or_create(pk=1, defaults={"revision": revision, "since": timezone.now()})

    @classmethod
    def get(cls) -> "Running | None":
        """Without the large texts of its revision: they are read when they are asked for."""
        found = cls.objects.select_related("revision").defer("revision__document", "revision__files")
        return found.filter(pk=1).first()


class Check(models.Model):
    """What HAProxy said of the candidate in the background, before anybody commits. One row."""

    generation = models.PositiveIntegerField()
    passed = models.BooleanField()
    sentence = models.TextField(blank=True)
    said = models.TextField(blank=True)
    place = models.CharField(max_length=128, blank=True)  # address of the field that was refused

    class Meta:
        verbose_name = "Background check"

    def __str__(self) -> str:
        return "valid" if self.passed else self.sentence


class Errand(models.Model):
    """A question to the worker and its answer; see apps.changes.errands."""

    PATIENCE = timedelta(seconds=20)

    kind = models.CharField(max_length=32)
    user = models.CharField(max_length=32)
    asked = models.DateTimeField(default=timezone.now)
    given = models.JSONField()
    answer = models.JSONField(null=True)  # None while nobody knows; {"problem": …} when it could not be found out

    class Meta:
        verbose_name = "Errand"

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def template(self) -> str:
        return str(settings.ERRANDS[self.kind]["template"])

    @property
    def is_late(self) -> bool:
        return self.answer is None and timezone.now() - self.asked > self.PATIENCE


def prune_jobs() -> None:
    """Keep the newest jobs with their revisions, and always the one that runs."""
    kept = list(Job.objects.values_list("pk", flat=True)[:REVISIONS_KEPT])
    runs = Running.objects.values_list("revision_id", flat=True)
    Job.objects.exclude(pk__in=[*kept, *runs]).filter(state__in=FINAL).delete()

"""Jobs that change what runs, and a note of what runs."""

from typing import Any

from django.db import models
from django.utils import timezone


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
    """One commit: a button was pressed, one final state follows."""

    kind = models.CharField(max_length=16, choices=Kind)
    state = models.CharField(max_length=16, choices=JobState, default=JobState.QUEUED)
    user = models.CharField(max_length=32)
    asked = models.DateTimeField(default=timezone.now)
    finished = models.DateTimeField(null=True)
    sentence = models.TextField(blank=True)  # what happened and what to do
    said = models.TextField(blank=True)  # the program's own words
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
    def waits(self) -> bool:
        """Queued for longer than a worker needs to wake up."""
        return self.state == JobState.QUEUED and (timezone.now() - self.asked).total_seconds() > 5

    @property
    def steps(self) -> list[tuple[str, str]]:
        """Each step with `done`, `current` or nothing, for the page."""
        at = STEPS.index(JobState(self.state)) if self.state in STEPS else -1
        return [
            (step.label, "done" if number < at else "current" if number == at else "")
            for number, step in enumerate(STEPS)
        ]

    def enter(self, state: JobState, **fields: Any) -> None:
        self.state = state
        if state in FINAL:
            self.finished = timezone.now()
        for name, value in fields.items():
            setattr(self, name, value)
        self.save()


class Running(models.Model):
    """What HAProxy runs, as it was last proven. One row."""

    fingerprint = models.CharField(max_length=64)
    services = models.JSONField(default=dict)  # label → fingerprint of its part
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "Running configuration"

    def __str__(self) -> str:
        return self.fingerprint

    @classmethod
    def record(cls, fingerprint: str, services: dict[str, str]) -> None:
        cls.objects.update_or_create(
            pk=1, defaults={"fingerprint": fingerprint, "services": services, "since": timezone.now()}
        )

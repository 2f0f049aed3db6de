"""What the units of a pair do together: undertakings of an administrator, and what arrives from the Primary."""

from typing import Any

from django.db import models
from django.utils import timezone

from apps.changes.announce import announce


class What(models.TextChoices):
    PAIR = "pair", "Add new node"
    BREAK = "break", "Break Clustered Pair"
    TAKE_OVER = "take-over", "Take over"
    GIVE_AWAY = "give-away", "Give away"
    HEARTBEAT = "heartbeat", "Restart Heartbeat"
    # Parts of these, done by one unit:
    HOLD = "hold", "Stand by"
    RESTART = "restart", "Restart the heartbeat here"
    RELEASE = "release", "End of standing by"
    CLEAR = "clear", "Leave the pair"


class Step(models.TextChoices):
    """The first and the last three belong to every undertaking."""

    WAITING = "waiting", "Waiting"
    ASKING = "asking", "Peer answers"
    PROVING = "proving", "Password accepted"
    COPYING = "copying", "Copying users and configuration"
    VERIFYING = "verifying", "Verifying both units"
    WORKING = "working", "Working"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


FINAL = {Step.DONE, Step.FAILED}
PAIRING = [Step.ASKING, Step.PROVING, Step.COPYING, Step.VERIFYING]


class Undertaking(models.Model):
    """One press of a button, with one final step. It is its own journal for the time after a crash.

    A password is never in here: the web process leaves it to the worker in memory (`apps.pair.passing`).
    """

    what = models.CharField(max_length=16, choices=What)
    step = models.CharField(max_length=16, choices=Step, default=Step.WAITING)
    user = models.CharField(max_length=32)
    asked = models.DateTimeField(default=timezone.now)
    finished = models.DateTimeField(null=True)
    sentence = models.TextField(blank=True)  # what happened and what to do
    own_address = models.GenericIPAddressField(null=True)  # of a pairing; so are the others
    address = models.GenericIPAddressField(null=True)
    port = models.PositiveIntegerField(default=0)
    hostname = models.CharField(max_length=64, blank=True)  # the peer's, once it has told
    fingerprint = models.CharField(max_length=64, blank=True)  # of the certificate that the peer showed
    is_part = models.BooleanField(default=False)  # of another undertaking, which may be one of the other unit
    keep = models.BooleanField(default=False)  # of a break on the Secondary: it keeps the configuration

    class Meta:
        ordering = ["-pk"]
        verbose_name = "Undertaking"

    def __str__(self) -> str:
        return f"{self.get_what_display()} {self.pk}"

    @classmethod
    def running(cls) -> "Undertaking | None":
        return cls.objects.filter(is_part=False).exclude(step__in=FINAL).first()

    @property
    def is_final(self) -> bool:
        return self.step in FINAL

    @property
    def is_good(self) -> bool:
        return self.step == Step.DONE

    @property
    def steps(self) -> list[tuple[str, str]]:
        """Of a pairing: each step with `done`, `current` or nothing, for the page."""
        at = PAIRING.index(Step(self.step)) if self.step in PAIRING else len(PAIRING) if self.is_good else -1
        return [
            (step.label, "done" if number < at else "current" if number == at else "")
            for number, step in enumerate(PAIRING)
        ]

    def enter(self, step: Step, **fields: Any) -> None:
        """Save the next step, and have every open page show it."""
        self.step = step
        if step in FINAL:
            self.finished = timezone.now()
        for name, value in fields.items():
            setattr(self, name, value)
        self.save()
        announce(f"undertaking {self.pk} {step}")


class Delivery(models.Model):
    """What the Primary sent. `sealed` holds private keys: encrypted, and gone once it was taken or refused."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        TAKEN = "taken", "Taken"
        REFUSED = "refused", "Refused"

    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    came = models.DateTimeField(default=timezone.now)
    sealed = models.TextField(blank=True)
    before = models.TextField(blank=True)  # JSON of what the first one replaces, until it was taken
    sentence = models.TextField(blank=True)  # why it was refused

    class Meta:
        ordering = ["-pk"]
        verbose_name = "Delivery"

    def __str__(self) -> str:
        return f"{self.digest[:8]} {self.state}"

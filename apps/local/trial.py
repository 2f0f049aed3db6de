"""Trying a change that can cut the administrator off: it returns by itself unless somebody who still reaches the WebUI
keeps it. Called by the web process, which only writes the row; `tasks` does the rest.
"""

import math
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.local import tasks
from apps.local.kinds import Kind, Value, kind
from apps.local.models import Trial, TrialState

# The page that tells what happens next reaches the browser before the WebUI goes.
PAUSE = timedelta(seconds=3)


class AnotherRuns(Exception):
    """Only one change can be tried at a time."""


@dataclass(frozen=True)
class Box:
    """What a page tells of the trial under way."""

    trial: Trial
    kind: Kind
    is_proven: bool  # this request may keep it
    url: str  # where this browser finds the WebUI next; blank when it does not move

    @property
    def words(self) -> str:
        return self.kind.words(self.trial.old if self.trial.is_returning else self.trial.new)

    @property
    def seconds(self) -> int:
        return max(0, math.ceil((self.trial.deadline - timezone.now()).total_seconds()))


def start(name: str, old: Value, new: Value, user: str) -> Trial:
    """Raises AnotherRuns, and OperationalError when the worker cannot be reached; nothing is begun then."""
    with transaction.atomic():  # writers wait for each other from its beginning
        if running := Trial.running():
            raise AnotherRuns(
                f"{running.user} is trying another change just now. Keep or return that one, then change this."
            )
        trial = Trial.objects.create(
            kind=name, old=old, new=new, user=user, deadline=timezone.now() + PAUSE + Trial.PERIOD
        )
    try:
        tasks.apply_trial.apply_async((trial.pk,), countdown=PAUSE.total_seconds())
    except OperationalError:
        trial.delete()
        raise
    return trial


def keep(trial: Trial) -> bool:
    """False when it is too late."""
    return trial.move(TrialState.TRYING, TrialState.KEPT, ended=timezone.now())


def give_up(trial: Trial, user: str) -> None:
    """Return now instead of at the deadline. Beat sees to it when the worker cannot be told."""
    trial.give_up(f"{user} pressed Return now.", at=timezone.now() + PAUSE)
    try:
        tasks.return_overdue.apply_async(countdown=PAUSE.total_seconds())
    except OperationalError:
        return


def box(request: HttpRequest) -> Box | None:
    trial = Trial.running()
    if trial is None:
        return None
    its = kind(trial.kind)
    proven = not trial.is_returning and trial.applied is not None and its.reached(request, trial.new)
    following = trial.old if trial.is_returning or proven else trial.new
    return Box(trial, its, proven, its.url(request, following))

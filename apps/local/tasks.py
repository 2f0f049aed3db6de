"""What root does for a trial. Nothing waits here: the row says when it ends, and beat asks every few seconds."""

from celery import shared_task
from celery.signals import worker_ready
from django.utils import timezone

from apps.local.kinds import NotApplied, kind
from apps.local.models import UNDER_WAY, Trial, TrialState

TOO_LATE = "Nobody kept it in time."


@shared_task
def apply_trial(pk: int) -> None:
    """Put the new value in force; the time to keep it begins then."""
    trial = Trial.objects.filter(pk=pk, state=TrialState.TRYING, deadline__gt=timezone.now()).first()
    if trial is None:
        return  # it was given up before it began
    try:
        kind(trial.kind).apply(trial.new)
    except NotApplied as problem:
        trial.give_up(str(problem), at=timezone.now())
        return_overdue()
    else:
        now = timezone.now()
        trial.move(TrialState.TRYING, TrialState.TRYING, applied=now, deadline=now + Trial.PERIOD)


@shared_task
def return_overdue() -> None:
    """Put old values back in force whose trial was given up, or was not kept. A failure is tried again."""
    for trial in Trial.objects.filter(state__in=UNDER_WAY, deadline__lte=timezone.now()):
        trial.give_up(TOO_LATE, at=trial.deadline)
        if trial.is_returning:  # else it was kept at the last moment
            _return(trial)


def _return(trial: Trial) -> None:
    kind(trial.kind).apply(trial.old)
    trial.move(TrialState.RETURNING, TrialState.RETURNED, ended=timezone.now())


@worker_ready.connect
def return_at_start(sender: object, **kwargs: object) -> None:
    """Not only when beat asks next."""
    queues = getattr(getattr(sender, "task_consumer", None), "queues", [])
    if any(queue.name == "jobs" for queue in queues):
        return_overdue.delay()

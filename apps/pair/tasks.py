"""What root does for a pair."""

from collections.abc import Callable
from datetime import timedelta

from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings
from django.utils import timezone

from apps.pair import breaking, moving, pairing, pushing, taking
from apps.pair.models import FINAL, Delivery, Step, Undertaking, What
from apps.pair.working import NotDone
from apps.system import heartbeat
from apps.unit.models import Peer, Role

ACQUAINTED = timedelta(minutes=3)  # for which a unit waits for the Primary that introduced itself
BROKEN = "It ended with an error that was not expected: the log of the worker says more."
CUT_OFF = "The worker stopped half way. Look at the state of both units, then press the button again."


@shared_task
def undertake(pk: int) -> None:
    """What an administrator asked for; the row says what."""
    undertaking = Undertaking.objects.get(pk=pk)
    if undertaking.is_final:
        return
    if undertaking.what == What.PAIR:
        _do(undertaking, lambda: pairing.pair(undertaking))
        return
    works: dict[str, Callable[[], str]] = {
        What.BREAK: lambda: breaking.break_pair(undertaking.user, keep=undertaking.keep),
        What.TAKE_OVER: lambda: moving.take_over(undertaking.user),
        What.GIVE_AWAY: lambda: moving.give_away(undertaking.user),
        What.HEARTBEAT: lambda: moving.restart_heartbeat(undertaking.user),
    }
    undertaking.enter(Step.WORKING)
    _do(undertaking, works[undertaking.what])


@shared_task
def undertake_part(pk: int) -> None:
    """A part of an undertaking that only this unit's worker of the queue `apply` may do."""
    part = Undertaking.objects.get(pk=pk)
    works: dict[str, Callable[[], str | None]] = {
        What.HOLD: lambda: heartbeat.hold(settings.PATHS),
        What.RESTART: moving.apply_settings,
        What.RELEASE: lambda: heartbeat.release(settings.PATHS),
        What.TAKE_OVER: moving.become_active,
        What.CLEAR: lambda: breaking.leave(keep=part.keep),
    }
    _do(part, works[part.what])


def _do(undertaking: Undertaking, work: Callable[[], str | None]) -> None:
    if undertaking.is_final:
        return
    try:
        sentence = work()
    except (NotDone, pairing.NotPaired, heartbeat.HeartbeatProblem) as problem:
        undertaking.enter(Step.FAILED, sentence=str(problem))
    else:
        if not undertaking.is_final:
            undertaking.enter(Step.DONE, sentence=sentence or "")
    finally:
        if not undertaking.is_final:  # a defect of ours goes on to the log; the page must not wait for ever
            undertaking.enter(Step.FAILED, sentence=BROKEN)


@shared_task
def take(pk: int) -> None:
    """Make this unit what the Primary sent."""
    if delivery := Delivery.objects.filter(pk=pk).first():
        taking.take(delivery)


@shared_task
def push() -> None:
    """Have the Secondary run what runs here."""
    peer = Peer.paired()
    if peer and peer.is_primary and pushing.is_due(peer):
        try:
            pushing.push(peer)
        except pushing.NotTaken:
            return  # noted beside the peer, where the pages find it


@shared_task
def end_acquaintance() -> None:
    """Of a Primary that introduced itself and never came back."""
    old = Peer.objects.filter(is_paired=False, role=Role.SECONDARY, since__lt=timezone.now() - ACQUAINTED)
    if old.exists() and not Delivery.objects.filter(state=Delivery.State.WAITING).exists():
        taking.forget_acquaintance()


@shared_task
def resume() -> None:
    """After a start of the worker `jobs`: a pairing goes on, and what nobody began is done now: its message may have
    died with the host. Of everything else the administrator is told.
    """
    for undertaking in Undertaking.objects.filter(is_part=False).exclude(step__in=FINAL):
        if undertaking.what == What.PAIR or undertaking.step == Step.WAITING:
            undertake(undertaking.pk)
        else:
            undertaking.enter(Step.FAILED, sentence=CUT_OFF)


@shared_task
def resume_taking() -> None:
    """After a start of the worker `apply`: what the Primary sent is taken, and nobody waits for what was cut off."""
    for part in Undertaking.objects.filter(is_part=True).exclude(step__in=FINAL):
        part.enter(Step.FAILED, sentence=CUT_OFF)
    taking.resume()


@worker_ready.connect
def resume_at_start(sender: object, **kwargs: object) -> None:
    names = {queue.name for queue in getattr(getattr(sender, "task_consumer", None), "queues", [])}
    if "apply" in names:
        resume_taking.delay()
    if "jobs" in names:
        resume.delay()

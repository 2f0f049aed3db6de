"""Parts of an undertaking, done by the worker that may touch the machine, while somebody waits for them."""

import time

from celery import current_app
from kombu.exceptions import OperationalError

from apps.pair.models import Step, Undertaking, What

PATIENCE = 30.0  # seconds


class NotDone(Exception):
    """The worker could not do it; the message says why."""


def start(task: str, pk: int, *, queue: str) -> None:
    """Raises NotDone when the worker cannot be reached."""
    try:
        current_app.send_task(task, [pk], queue=queue)
    except OperationalError as error:
        raise NotDone("The worker cannot be reached. Try again in a minute.") from error


def done_here(what: What, user: str, *, keep: bool = False) -> str:
    """Have this unit do it, and return what happened. Raises NotDone."""
    part = Undertaking.objects.create(what=what, user=user, keep=keep, is_part=True)
    try:
        start("apps.pair.tasks.undertake_part", part.pk, queue="apply")
        return _awaited(part)
    except NotDone as problem:
        part.enter(Step.FAILED, sentence=str(problem))
        raise


def _awaited(part: Undertaking) -> str:
    deadline = time.monotonic() + PATIENCE
    while not part.is_final:
        if time.monotonic() > deadline:
            raise NotDone("The worker has not done it in time. It may be busy with another job.")
        time.sleep(0.02)
        part.refresh_from_db()
    if not part.is_good:
        raise NotDone(part.sentence)
    return part.sentence

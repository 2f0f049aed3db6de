"""What root does to HAProxy: the tasks of the queue `apply`, one at a time, and the check beside it."""

from contextlib import suppress

from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings
from django.dispatch import receiver
from kombu.exceptions import OperationalError

from apps.certificates.models import AcmeOrder, Staple
from apps.certificates.models.acme import wanted
from apps.changes import engine, errands, ordering, responders, stapling, states
from apps.changes.announce import announce
from apps.changes.models import Errand, Job
from apps.unit.follow import follow
from apps.unit.models import is_secondary


@shared_task
def commit(pk: int) -> None:
    """Run a job that a button asked for."""
    engine.commit(Job.objects.get(pk=pk))


@shared_task
def check_candidate() -> None:
    """Have HAProxy read what is saved; nothing is changed, so this need not wait for a commit."""
    engine.check_candidate()
    announce("checked")
    ask_responders.delay()  # of certificates that were chosen or renewed, before they are served


@shared_task
def run_errand(pk: int) -> None:
    """Find out what a page asked for; nothing is configured."""
    errands.run(Errand.objects.get(pk=pk))


@shared_task
def order_certificates() -> None:
    """Take one step with a certificate that is due, and come back for the next. A Secondary gets the Primary's."""
    if is_secondary():
        return
    if jobs := ordering.jobs_to_send():
        ask_responders()  # a renewed certificate is served with its OCSP response from the first moment on
    for pk in jobs:
        commit.delay(pk)
    wait = ordering.step()
    if wait is not None:
        order_certificates.apply_async(countdown=wait)


@shared_task
def ask_responders() -> None:
    """Ask the OCSP responder whose turn it is, come back for the next, and have HAProxy show what they said."""
    if responders.step():
        ask_responders.delay()
        staple.delay()


@shared_task
def staple() -> None:
    """Make the OCSP responses that HAProxy shows those of the database, at once and for the next start."""
    stapling.apply()


@receiver(wanted, sender=Staple)
def staple_now(sender: object, **kwargs: object) -> None:
    """Without the worker's queues the next look finds it."""
    with suppress(OperationalError):
        ask_responders.delay()
        staple.delay()


@receiver(wanted, sender=AcmeOrder)
def order_now(sender: object, **kwargs: object) -> None:
    """Without the worker's queue the next look finds it."""
    with suppress(OperationalError):
        order_certificates.delay()


@shared_task
def apply_server_states() -> None:
    """Make HAProxy's drain, halt and online states those of the database, at once and for the next start."""
    states.apply()
    follow()


@shared_task
def reconcile() -> None:
    """Once a minute: floating IPs and administrative states are what they should be, whoever touched them."""
    engine.reconcile()


@shared_task
def fix_addresses() -> None:
    """Put every floating IP on the interface of its subnet: an administrator saw one elsewhere, or missing."""
    engine.fix_addresses()


@shared_task
def recover() -> None:
    """After a start: a job that was cut off is undone, floating IPs and administrative states are back."""
    engine.recover()


@worker_ready.connect
def recover_at_start(sender: object, **kwargs: object) -> None:
    """Only the worker of the queue `apply` may touch the machine."""
    queues = getattr(getattr(sender, "task_consumer", None), "queues", [])
    if any(queue.name == "apply" for queue in queues) and settings.PATHS.haproxy_current.is_symlink():
        recover.delay()

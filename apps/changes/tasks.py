"""What root does to HAProxy: the tasks of the queue `apply`, one at a time, and the check beside it."""

from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings

from apps.changes import engine, errands, states
from apps.changes.announce import announce
from apps.changes.models import Errand, Job


@shared_task
def commit(pk: int) -> None:
    """Run a job that a button asked for."""
    engine.commit(Job.objects.get(pk=pk))


@shared_task
def check_candidate() -> None:
    """Have HAProxy read what is saved; nothing is changed, so this need not wait for a commit."""
    engine.check_candidate()
    announce("checked")


@shared_task
def run_errand(pk: int) -> None:
    """Find out what a page asked for; nothing is configured."""
    errands.run(Errand.objects.get(pk=pk))


@shared_task
def apply_server_states() -> None:
    """Make HAProxy's drain, halt and online states those of the database, at once and for the next start."""
    states.apply()


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

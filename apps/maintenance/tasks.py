"""What is done once a day."""

from celery import shared_task
from django.core.management import call_command

from apps.changes.models import prune_jobs


@shared_task
def housekeeping() -> None:
    """Forget sessions that ended and commits of long ago."""
    call_command("clearsessions")
    prune_jobs()

"""What is done once a day."""

from datetime import timedelta

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from apps.changes.models import Job

JOBS_KEPT = timedelta(days=90)


@shared_task
def housekeeping() -> None:
    """Forget sessions that ended and jobs of long ago."""
    call_command("clearsessions")
    Job.objects.filter(asked__lt=timezone.now() - JOBS_KEPT).delete()

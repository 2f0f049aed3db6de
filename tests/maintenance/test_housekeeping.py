"""Once a day: what is old goes, what runs stays."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.changes.models import REVISIONS_KEPT, Job, JobState, Kind, Revision, Running
from apps.maintenance.tasks import housekeeping

pytestmark = pytest.mark.django_db


def test_the_running_revision_is_kept_however_old_it_is() -> None:
    long_ago = timezone.now() - timedelta(days=400)
    running = Job.objects.create(kind=Kind.RELOAD, state=JobState.DONE, asked=long_ago)
    Running.record(Revision.objects.create(job=running, document="", files={}, parts={}))
    jobs = [Job(kind=Kind.RELOAD, state=JobState.REFUSED) for _ in range(REVISIONS_KEPT + 5)]
    Job.objects.bulk_create(jobs)
    housekeeping()
    assert Job.objects.filter(pk=running.pk).exists()
    assert Job.objects.count() == REVISIONS_KEPT + 1

"""Committing what is saved, as the worker does it, and what HAProxy says afterwards."""

import csv

from django.conf import settings

from apps.changes import engine
from apps.changes.models import Job, JobState, Kind
from apps.common.models import Generation
from apps.system import haproxy


def commit() -> Job:
    Generation.touch()
    job = Job.objects.create(kind=Kind.RELOAD, user="loadbalancer")
    engine.commit(job)
    return Job.objects.get(pk=job.pk)


def reload() -> str:
    """How it was done; nothing may be wrong with it."""
    job = commit()
    assert (job.state, job.said, job.warnings) == (JobState.DONE, "", []), job.sentence
    return job.sentence


def told(service: str, column: str = "status") -> dict[str, str]:
    """The first word of what HAProxy says of the real servers of a service, by their labels."""
    rows = haproxy.ask(settings.PATHS.haproxy_admin_socket, f"show stat {service} 4 -1").splitlines()
    table = csv.DictReader(row.removeprefix("# ") for row in rows if row)
    return {row["svname"]: row[column].partition(" ")[0] for row in table if row["svname"] != "backup"}

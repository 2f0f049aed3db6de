"""The Celery application. Its task list is the list of what root does; tasks take nothing or a primary key."""

import os

from celery import Celery
from celery.signals import worker_ready

from lbadmin.memory import collect_seldom

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lbadmin.settings")
app = Celery("lbadmin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def keep_rows_between_tasks(**kwargs: object) -> None:
    """The workers render and commit the same thousands of rows that pages show."""
    collect_seldom()

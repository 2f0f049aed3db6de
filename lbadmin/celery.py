"""The Celery application. Its task list is the list of what root does; tasks take nothing or a primary key."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lbadmin.settings")
app = Celery("lbadmin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

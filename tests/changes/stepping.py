"""The other processes around a web server with an LBADMIN_HOME of its own; prints JSON, a value a line.

`prepare` makes the database and logs a viewer in, `work` takes jobs through their steps as the worker does.
"""

import json
import os
import sys
import time

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "lbadmin.settings"
django.setup()

from django.conf import settings  # noqa: E402 - after Django's set-up
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402

from apps.accounts.models import Group, User  # noqa: E402
from apps.changes.models import STEPS, Job, Kind  # noqa: E402

JOBS = 5
PAUSE = 0.15  # seconds a step takes


def prepare() -> None:
    """Prints the viewer's cookie."""
    call_command("migrate", verbosity=0)
    client = Client()
    user = User.objects.create(username="bob", password="!", group=Group.REPORT)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    name = settings.SESSION_COOKIE_NAME
    print(json.dumps(f"{name}={client.cookies[name].value}"))


def work() -> None:
    """Prints the word and the moment of each step."""
    for _ in range(JOBS):
        job = Job.objects.create(kind=Kind.RELOAD, user="loadbalancer")
        for state in STEPS:
            begun = time.monotonic()
            job.enter(state)
            print(json.dumps([f"{job.pk} {state}", begun]), flush=True)
            time.sleep(PAUSE)


if __name__ == "__main__":
    {"prepare": prepare, "work": work}[sys.argv[1]]()

"""What an administrator's clicks do, done quickly: run on a unit with its LBADMIN_HOME.

Reads a JSON list from each line, the name of a function below and what it is given; prints what it returns.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "lbadmin.settings"
django.setup()

from django.conf import settings  # noqa: E402 - after Django's set-up
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from apps.accounts.models import User  # noqa: E402
from apps.changes import heartbeat, pending, tasks  # noqa: E402
from apps.changes.models import FINAL, Job, Kind, Running  # noqa: E402
from apps.common.models import Generation  # noqa: E402
from apps.pair import actions, bundle  # noqa: E402
from apps.pair.models import Delivery, Undertaking, What  # noqa: E402
from apps.pair.pushing import NotTaken, push  # noqa: E402
from apps.pair.tasks import ACQUAINTED  # noqa: E402
from apps.services.models import Layer7, RealServer, State, VirtualService  # noqa: E402
from apps.system import network  # noqa: E402
from apps.unit.models import Heartbeat, Peer, own_role  # noqa: E402
from lbadmin.celery import app  # noqa: E402

USER = "loadbalancer"


def wait(row: Job | Undertaking, seconds: float = 60) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while not row.is_final and time.monotonic() < deadline:
        time.sleep(0.02)
        row.refresh_from_db()
    return {"good": row.is_good, "sentence": row.sentence}


def services(found: list[dict[str, Any]]) -> None:
    """Add virtual services, each with its `servers`."""
    with transaction.atomic():
        for values in found:
            servers = values.pop("servers", [])
            service = VirtualService.objects.create(**values)
            for server in servers:
                RealServer.objects.create(service=service, **server)
        Generation.touch()


def change(values: dict[str, Any]) -> None:
    """Options of one virtual service, by its label."""
    VirtualService.objects.filter(label=values.pop("label")).update(**values)
    Generation.touch()


def set_password(password: str) -> None:
    user = User.objects.get(username=USER)
    user.set_password(password)
    user.save()


def commit(_: None) -> dict[str, Any]:
    job = Job.objects.create(kind=Kind.RELOAD, user=USER)
    tasks.commit.delay(job.pk)
    return wait(job)


def commit_and_follow(_: None) -> dict[str, float]:
    """Milliseconds of a commit, and from its end until the Secondary is known to run it."""
    begun = time.monotonic()
    done = commit(None)
    committed = time.monotonic()
    revision = Running.objects.values_list("revision_id", flat=True).get()
    while Peer.objects.get().revision != revision:
        if not done["good"] or time.monotonic() > committed + 60:
            raise TimeoutError(done["sentence"])
        time.sleep(0.01)
    return {"commit": (committed - begun) * 1000, "sync": (time.monotonic() - committed) * 1000}


def pair(given: dict[str, str]) -> dict[str, Any]:
    return wait(actions.add_node(given["own"], given["peer"], given["password"], USER))


def begin_pairing(given: dict[str, str]) -> None:
    actions.add_node(given["own"], given["peer"], given["password"], USER)


def at_rest(_: None) -> bool:
    """Nothing is under way or waits."""
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING).exists()
    jobs = Job.objects.exclude(state__in=FINAL).exists()
    return not (waiting or jobs or Undertaking.running())


def forget(_: None) -> None:
    """As if the time for the Primary to come back was over."""
    Peer.objects.filter(is_paired=False).update(since=timezone.now() - 2 * ACQUAINTED)
    app.send_task("apps.pair.tasks.end_acquaintance", queue="apply")
    deadline = time.monotonic() + 20
    while Peer.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def undertake(what: str) -> dict[str, Any]:
    return wait(actions.begin(What(what), USER))


def drain(label: str) -> None:
    RealServer.objects.filter(label=label).update(state=State.DRAIN)
    tasks.apply_server_states.delay()


def push_now(_: None) -> str:
    """Blank when the Secondary runs what runs here."""
    try:
        push(Peer.objects.get())
    except NotTaken as problem:
        return str(problem)
    return ""


def look(_: None) -> dict[str, Any]:
    peer = Peer.get()
    return {
        "role": own_role(),
        "paired": bool(peer and peer.is_paired),
        "acquainted": peer is not None,
        "active": network.is_active(),
        "floating": sorted(item.address for item in network.addresses() if item.ours),
        "document": bundle.running_digest(),
        "services": sorted(VirtualService.objects.values_list("label", flat=True)),
        "states": dict(RealServer.objects.values_list("label", "state")),
        "users": sorted(User.objects.values_list("username", flat=True)),
        "passwords": sorted(User.objects.values_list("password", flat=True)),
        "waiting": heartbeat.waiting(),
        "pending": pending.difference() is not None,
        "problem": peer.problem if peer else "",
        "unreachable": bool(peer and peer.unreachable),
        "synchronised": str(peer.synchronised) if peer else "",
        "keepalive": Heartbeat.get().keepalive,
    }


def set_mail_server(address: str) -> None:
    """Also for e-mails of HAProxy, which need all three."""
    layer7 = Layer7.get()
    layer7.mail_server, layer7.mail_from, layer7.mail_to = address, "lb@example.net", "admin@example.net"
    layer7.save()
    Generation.touch()


def set_heartbeat(values: dict[str, Any]) -> None:
    row = Heartbeat.get()
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    Generation.touch()


CONFIGURING = (services, change, commit, commit_and_follow, drain, set_heartbeat, set_mail_server, set_password)
PAIRING = (pair, begin_pairing, undertake, push_now, forget)
WORDS: dict[str, Callable[[Any], object]] = {
    function.__name__: function for function in (*CONFIGURING, *PAIRING, look, at_rest)
}

if __name__ == "__main__":
    assert app.conf.broker_url.endswith(f"{settings.PATHS.redis_socket}?virtual_host=0")
    for line in sys.stdin:
        name, given = json.loads(line)
        print(json.dumps(WORDS[name](given)), flush=True)

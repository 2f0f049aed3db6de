"""Kills the worker at every step of taking a first delivery, and lets the next start clear up.

Runs as a program with an LBADMIN_HOME of its own; prints one JSON object per step. Each time the unit begins anew, in a
child process that ends itself with SIGKILL at the step's turn; another child then does what a starting worker does.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from tests.changes.crash import child  # sets Django up

from django.conf import settings  # isort: skip
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from apps.changes import activate, candidate, engine, versions
from apps.changes.models import Running
from apps.pair import tables, taking
from apps.pair.models import Delivery
from apps.services.models import HealthCheckScript, Layer7, ManualConfiguration
from apps.system import haproxy, heartbeat
from apps.unit.models import Peer
from tests.changes.server import served
from tests.pair.filled import certificate
from tests.pair.other import first_user
from tests.pair.secondary import acquaint, delivery, forget, primary, sent, state

WATCHED = ("apps/pair/taking.py", "apps/changes/activate.py")
HARMLESS = {"_before", "_candidate", "_configured", "_runs", "_at_run_time"}  # they only look
OWN_PAGE = "Our own page."


def take(number: int, step: int, seen: list[str] | None = None) -> None:
    """Take the delivery; die at the given turn of a function of ours."""
    steps: list[str] = []

    def watch(frame: FrameType, event: str, argument: Any) -> None:
        name = frame.f_code.co_qualname
        is_ours = event == "call" and frame.f_code.co_filename.endswith(WATCHED)
        if not is_ours or name in steps or name in HARMLESS or "<" in name:
            return
        steps.append(name)
        if seen is None and len(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(watch)
    taking.take(Delivery.objects.get(pk=number))
    sys.setprofile(None)
    if seen is not None:
        seen += steps


def all_steps(number: int) -> list[str]:
    reader, writer = os.pipe()

    def work() -> None:
        seen: list[str] = []
        take(number, 0, seen)
        os.write(writer, json.dumps(seen).encode())

    child(work)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        found: list[str] = json.load(pipe)
    return found


def start_again() -> None:
    """What a starting worker does."""
    engine.recover()
    taking.resume()


def look() -> dict[str, Any]:
    forget()
    peer, running, current = Peer.get(), Running.get(), versions.current()
    assert peer
    assert running
    made = Delivery.objects.get()
    return {
        "paired": peer.is_paired,
        "delivery": (made.state, made.sealed, made.before),
        "tables": tables.read(),
        "rest": {name: value for name, value in state().items() if name != "tables"},
        "sessions": Session.objects.count(),
        "runs": running.revision.fingerprint == candidate.fingerprints()[0],
        "told": activate.running_version() == current == versions.name_of(running.revision_id),
        "held": heartbeat.is_held(settings.PATHS),
    }


def told(step: str, ended: int) -> None:
    reader, writer = os.pipe()

    def work() -> None:
        os.write(writer, json.dumps(look()).encode())

    child(work)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        print(json.dumps({"step": step, "killed": ended == -signal.SIGKILL, "found": json.load(pipe)}), flush=True)


def begin() -> None:
    call_command("migrate", verbosity=0)
    settings.PATHS.fallback_page.parent.mkdir(exist_ok=True)
    first_user()
    certificate("server", is_built_in=True)
    certificate("own")
    Layer7.objects.create(pk=1, connect_timeout="7s")
    HealthCheckScript.objects.create(label="ldap", content="#!/bin/sh\nexit 0\n")
    Session.objects.create(session_key="s", session_data="", expire_date=timezone.now())
    engine.prepare_first_start()
    acquaint()


def again(database: Path) -> None:
    """The unit as it was."""
    connections.close_all()
    for path in settings.PATHS.database.parent.glob(f"{settings.PATHS.database.name}-*"):
        path.unlink()
    shutil.copy(database, settings.PATHS.database)
    settings.PATHS.fallback_page.write_text(OWN_PAGE)
    heartbeat.release(settings.PATHS)
    child(engine.recover)


def every_step(database: Path, number: int, known: set[str]) -> list[str]:
    """Those that are new; first of all none."""
    again(database)
    steps = all_steps(number)
    told("", 0)
    for turn, name in enumerate(steps, 1):
        if name not in known:
            again(database)
            ended = child(lambda turn=turn: take(number, turn))  # type: ignore[misc]
            child(start_again)
            told(name, ended)
    return steps


def broken(port: int) -> None:
    primary(port)()
    ManualConfiguration(pk=1, text="listen x\n  bnd :1\n").save()


def main() -> None:
    begin()
    words = [haproxy.BINARY, "-W", "-S", f"{settings.PATHS.haproxy_master_socket},mode,600"]
    words += ["-f", str(settings.PATHS.haproxy_config)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    haproxy.wait(settings.PATHS.haproxy_admin_socket, settings.PATHS.haproxy_master_socket)
    with served() as port:
        good = sent(primary(port))
        bad = sent(lambda: broken(port))
    known: set[str] = set()
    for found in (good, bad):
        number = delivery(found).pk
        connections.close_all()
        database = Path(f"{settings.PATHS.database}.kept")
        with connections["default"].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connections.close_all()
        shutil.copy(settings.PATHS.database, database)
        print(json.dumps({"before": look()}), flush=True)
        known |= set(every_step(database, number, known))
        again(database)
        Delivery.objects.all().delete()
    process.terminate()
    process.wait(10)


if __name__ == "__main__":
    main()

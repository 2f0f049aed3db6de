"""Kills the worker at every step of a commit, under traffic, and lets the next start clear up.

Runs as a program with an LBADMIN_HOME of its own; prints one JSON object per step. Every commit is a child process
that ends itself with SIGKILL at the step's turn; another child then does what a starting worker does.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import django
from django.db import connections

os.environ["DJANGO_SETTINGS_MODULE"] = "lbadmin.settings"
django.setup()

from django.conf import settings  # noqa: E402 - after Django's set-up
from django.core.management import call_command  # noqa: E402

from apps.changes import activate, engine, running, versions  # noqa: E402
from apps.changes.models import Job, Kind, Revision  # noqa: E402
from apps.common.models import Generation  # noqa: E402
from apps.haproxy.render import named  # noqa: E402
from apps.services.models import RealServer, VirtualService  # noqa: E402
from apps.system import files, haproxy  # noqa: E402
from tests.changes.server import served  # noqa: E402

ADDRESS, PORT = "127.0.0.9", 18580
WATCHED = (
    "apps/changes/",
    "apps/system/files.py",
    "apps/system/haproxy.py",
    "apps/system/network.py",
    "apps/system/tls.py",
)


class Traffic(threading.Thread):
    """One request after the other on one kept connection; a connection may end between two requests only."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.answered = 0
        self.lost: list[str] = []
        self.end = threading.Event()

    def run(self) -> None:
        while not self.end.is_set():
            link = http.client.HTTPConnection(ADDRESS, PORT, timeout=5)
            for _ in range(20):
                try:
                    link.request("GET", "/")
                    status = link.getresponse()
                    body = status.read()
                except (OSError, http.client.HTTPException) as error:
                    self.lost.append(repr(error))
                    break
                if (status.status, body) != (200, b"hello"):
                    self.lost.append(f"{status.status} {body!r}")
                self.answered += 1
                if status.will_close:
                    break
            link.close()


def child(work: Callable[[], None]) -> int:
    """Do it in a process of its own; return how that ended."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def commit(step: int, seen: list[str] | None = None) -> None:
    """Change something and commit it; die at the given turn of a function of ours."""
    VirtualService.objects.update(balance="roundrobin" if step % 2 else "leastconn")
    RealServer.objects.update(weight=10 + step % 90)
    Generation.touch()
    running.RUNS.clear()  # as in a worker that has just started, so that every commit takes the same steps
    job = Job.objects.create(kind=Kind.RELOAD, user="loadbalancer")
    steps: list[str] = []

    def watch(frame: FrameType, event: str, argument: Any) -> None:
        if event != "call" or not any(part in frame.f_code.co_filename for part in WATCHED):
            return
        name = frame.f_code.co_qualname
        if name in steps or "<" in name:
            return
        steps.append(name)
        if seen is None and len(steps) == step:
            os.write(2, f"{name}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(watch)
    engine.commit(job)
    sys.setprofile(None)
    if seen is not None:
        seen += steps


def all_steps() -> list[str]:
    reader, writer = os.pipe()

    def work() -> None:
        seen: list[str] = []
        commit(0, seen)
        os.write(writer, json.dumps(seen).encode())

    child(work)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        found: list[str] = json.load(pipe)
    return found


def look(step: int, name: str, ended: int) -> dict[str, Any]:
    """What a starting worker leaves behind."""
    job = Job.objects.latest("pk")
    current = versions.current()
    haproxy.check(settings.PATHS.haproxy_config)
    revision = Revision.objects.get(pk=int(current.removeprefix("revision-")))
    on_disk = files.read_tree(settings.PATHS.haproxy / current)
    expected = revision.files | {"haproxy.cfg": named(revision.files["haproxy.cfg"], current)}
    return {
        "step": step,
        "name": name,
        "killed": ended == -signal.SIGKILL,
        "final": job.is_final,
        "sentence": job.sentence,
        "same_as_revision": on_disk == expected,
        "runs_what_is_on_disk": activate.running_version() == current,
    }


def main() -> None:
    call_command("migrate", verbosity=0)
    with served() as port:
        service = VirtualService.objects.create(label="web", address=ADDRESS, ports=str(PORT))
        RealServer.objects.create(service=service, label="one", address="127.0.0.1", port=port)
        engine.prepare_first_start()
        words = [haproxy.BINARY, "-W", "-S", f"{settings.PATHS.haproxy_master_socket},mode,600"]
        process = subprocess.Popen(
            [*words, "-f", settings.PATHS.haproxy_config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        haproxy.wait(settings.PATHS.haproxy_admin_socket, settings.PATHS.haproxy_master_socket)
        traffic = Traffic()
        traffic.start()
        steps = all_steps()
        for number, name in enumerate(steps, 1):
            ended = child(lambda number=number: commit(number))  # type: ignore[misc]
            child(engine.recover)
            print(json.dumps(look(number, name, ended)), flush=True)
        traffic.end.set()
        traffic.join(10)
        print(json.dumps({"answered": traffic.answered, "lost": traffic.lost}), flush=True)
        process.terminate()
        process.wait(10)


if __name__ == "__main__":
    main()

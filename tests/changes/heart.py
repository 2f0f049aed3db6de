"""Keepalived as the supervisor starts it, in the network of the tests."""

import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from apps.changes import versions
from apps.system import heartbeat, host, network, processes


@contextmanager
def beating() -> Iterator[subprocess.Popen[bytes]]:
    """Its heartbeat holds the floating IPs of this host; nothing of it is left afterwards."""
    heartbeat.prepare(settings.PATHS, versions.current_addresses())
    command = next(
        item.command for item in processes.programs(settings.PATHS, host.python()) if item.name == "heartbeat"
    )
    with (settings.PATHS.log / "heartbeat.log").open("wb") as log:
        process = subprocess.Popen(shlex.split(command), stdout=log, stderr=log)
        try:
            until_active()
            yield process
        finally:
            process.terminate()
            process.wait(10)
            subprocess.run(["ip", "link", "delete", heartbeat.told(settings.PATHS).link], check=True)


def until_active() -> None:
    deadline = time.monotonic() + 5
    while not network.is_active():
        assert time.monotonic() < deadline, (settings.PATHS.log / "heartbeat.log").read_text()
        time.sleep(0.02)

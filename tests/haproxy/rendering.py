"""What one option does to the lines of a service, as a row of a table."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from apps.haproxy.config import Config, Service
from apps.haproxy.render import CONFIG_FILE, render
from apps.services.models import HealthCheckScript
from tests.haproxy.test_render import CERTIFICATES, HOST, rip, vip

SCRIPT = HealthCheckScript(pk=1, label="probe", content="#!/bin/sh\n")
HTTP: dict[str, Any] = {}
HTTP2 = {"protocol": "http2", "certificate_id": 1}
TCP = {"protocol": "tcp", "persistence": "none"}
MODES = {"http": HTTP, "http2": HTTP2, "tcp": TCP}


@dataclass(frozen=True)
class Row:
    """`fields` of the virtual service, `server` of its real server, on top of `base`."""

    fields: dict[str, Any] = field(default_factory=dict)
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    base: dict[str, Any] = field(default_factory=dict)
    server: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Named in the test's report."""
        return " ".join(f"{name}={value}" for name, value in {**self.base, **self.fields, **self.server}.items())


def file(fields: dict[str, Any], server: dict[str, Any], script: HealthCheckScript = SCRIPT) -> list[str]:
    """The whole file, without the indentation."""
    config = Config(HOST, (Service(vip(**fields), (rip(**server),)),), CERTIFICATES, scripts=(script,))
    return [line.strip() for line in render(config).files[CONFIG_FILE].splitlines()]


def check(row: Row) -> None:
    """Exactly these lines come and go; all others stay as they are, in their order."""
    before, after = file(row.base, {}), file(row.base | row.fields, row.server)
    assert sorted((Counter(after) - Counter(before)).elements()) == sorted(row.added)
    assert sorted((Counter(before) - Counter(after)).elements()) == sorted(row.removed)
    stayed = [[line for line in own(lines) if line not in row.added + row.removed] for lines in (before, after)]
    assert stayed[0] == stayed[1]


def own(lines: list[str]) -> list[str]:
    """Those of the service: it stands last."""
    heads = [number for number, line in enumerate(lines) if line.startswith(("listen ", "backend "))]
    return lines[heads[-1] :]

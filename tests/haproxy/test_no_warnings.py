"""HAProxy has nothing to say about any option, in any protocol, in a service that listens and in a backend."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from apps.haproxy.config import Config, Service
from apps.haproxy.render import CONFIG_FILE, Rendering, render
from apps.haproxy.states import state_file
from apps.services.models import RealServer
from apps.system import files, haproxy
from tests.certificates.openssl import Workshop
from tests.haproxy.rendering import MODES, SCRIPT, Row
from tests.haproxy.test_render import HOST, rip, vip
from tests.haproxy.test_render_other import ROWS

PLACE = re.compile(r"\[(?:WARNING|ALERT)\].*haproxy\.cfg:(\d+)\]|\[(?:WARNING|ALERT)\].*")


def services(rows: list[Row]) -> Iterator[Service]:
    """Each with the values of one row, whatever its protocol: what does not apply must say nothing."""
    kinds = product(rows, MODES.values(), (False, True))
    for number, (row, mode, backend_only) in enumerate(kinds, 1):
        fields = mode | {"backend_only": backend_only} | row.base | row.fields
        place = {"pk": number, "label": f"web{number}", "certificate_id": 1}
        service = vip(**{"address": "192.0.2.10", "ports": "80"} | fields | place)
        service.ports = "" if service.backend_only else f"{20000 + number},{40000 + 2 * number}-{40001 + 2 * number}"
        yield Service(service, (server(row, number),))


def server(row: Row, number: int) -> RealServer:
    return rip(**row.server | {"pk": number})


def complaints(said: str, rendering: Rendering) -> list[str]:
    """What HAProxy said, with the service and the option."""
    found = []
    for match in PLACE.finditer(said):
        owner = rendering.owners[int(match[1]) - 1] if match[1] else None
        found.append(f"{owner}: {match[0]}")
    return found


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> dict[int, str]:
    workshop = Workshop(tmp_path_factory.mktemp("pems"))
    return {pk: workshop.issue(f"{pk}.example").pem.decode() for pk in (1, 2)}


def test_no_option_makes_haproxy_warn(pems: dict[int, str], tmp_path: Path) -> None:
    every: tuple[Service, ...] = tuple(services(ROWS))
    files.write(tmp_path / "state", state_file("", every))
    host = replace(HOST, server_state=tmp_path / "state")
    rendering = render(Config(host, every, {1: "one", 2: "two"}, scripts=(SCRIPT,)))
    texts = {path: pems[pk] for path, pk in rendering.certificates.items()}
    files.write_tree(tmp_path / "config", rendering.files | texts)
    try:
        said = haproxy.check(tmp_path / "config" / CONFIG_FILE)
    except haproxy.Refused as refused:
        said = refused.said
    assert complaints(said, rendering) == []

"""A real HAProxy with virtual services, and real servers that say which one they are and what they were asked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.services.models import RealServer, VirtualService
from tests.certificates.openssl import Issued, Workshop
from tests.changes.conftest import at_once, running
from tests.changes.proxied import proxied
from tests.terminations.site import VIP, service

__all__ = ["at_once", "running"]


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.fixture
def site(workshop: Workshop) -> Issued:
    return workshop.issue("web.example", names="DNS:web.example,DNS:shop.example")


@pytest.fixture
def server_port() -> Iterator[int]:
    with proxied(required=False) as port:
        yield port


@pytest.fixture
def web(db: None, server_port: int) -> VirtualService:
    """HTTP Mode, with one real server."""
    made = service("web", persistence="none")
    RealServer.objects.create(service=made, label="one", address="127.0.0.1", port=server_port)
    assert made.address == VIP
    return made


@pytest.fixture(name="service")
def _service(web: VirtualService) -> VirtualService:
    """What `running` begins with."""
    return web

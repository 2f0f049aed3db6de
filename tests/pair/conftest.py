"""This unit, with a first user, its WebUI's certificate and a real Redis; and somebody who wants to be the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from pytest_django import Settings

from apps.accounts.models import User
from apps.changes import candidate
from apps.changes.models import Job
from apps.pair import bundle, taking
from apps.system import tls
from tests.changes.conftest import at_once, heart, running, server_port
from tests.changes.recorded import commit
from tests.overview import conftest as overview
from tests.pair.other import Other, first_user

__all__ = ["at_once", "heart", "running", "server_port"]
redis_server = overview.redis_server
redis = overview.redis


@pytest.fixture(autouse=True)
def _fresh() -> None:
    """What is remembered by a number that the next test uses again."""
    candidate._fingerprints.cache_clear()
    bundle._document.cache_clear()
    bundle.document_digest.cache_clear()
    taking.KNOWN.clear()


@pytest.fixture
def loadbalancer(db: None) -> User:
    return first_user()


@pytest.fixture
def unit(redis: Path, loadbalancer: User) -> Iterator[None]:
    """Ready to be asked; it runs as root, with a heartbeat."""
    settings.PATHS.webui_certificate.write_text(tls.self_signed())
    settings.PATHS.heartbeat_told.touch()
    yield
    settings.PATHS.webui_certificate.unlink()
    settings.PATHS.heartbeat_told.unlink()


@pytest.fixture
def other(unit: None) -> Other:
    return Other()


@pytest.fixture
def service(db: None) -> None:
    """What `running` begins with: a new unit has none."""


# --- for pages, whose other unit is a row (`rows`) ---


@pytest.fixture
def cached(settings: Settings) -> Iterator[None]:
    """In this process instead of in Redis."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def committed(db: None, cached: None) -> Job:
    """Nothing waits."""
    return commit(pk=1)

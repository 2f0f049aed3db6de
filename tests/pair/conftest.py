"""Django's cache in this process, for pages that are tested without the collector."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db.models import Model
from pytest_django import Settings

from tests.changes.recorded import commit
from tests.overview import conftest as overview

redis_server = overview.redis_server
redis = overview.redis


@pytest.fixture
def cached(settings: Settings) -> Iterator[None]:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def committed(db: None, cached: None) -> Model:
    """Nothing waits."""
    return commit(pk=1)

"""Redis for the messages to the worker, and a WebUI that was never moved."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from redis import Redis

from tests.overview import conftest as overview

redis_server = overview.redis_server
redis = overview.redis


@pytest.fixture(autouse=True)
def unmoved() -> Iterator[None]:
    yield
    settings.PATHS.webui_socket.unlink(missing_ok=True)


@pytest.fixture
def broker(redis: Path) -> Iterator[Any]:
    broker = Redis(unix_socket_path=str(redis))
    broker.delete("jobs")
    yield broker
    broker.close()


def told(broker: Any) -> list[str]:
    """The tasks that the worker `jobs` was told."""
    return [json.loads(message)["headers"]["task"] for message in broker.lrange("jobs", 0, -1)]

"""The worker is told that the Secondary has something to learn, once others can read it; else nobody is."""

from typing import Any

import pytest
from django.db import transaction

from apps.unit.follow import PUSH, follow
from apps.unit.models import Peer, Role
from tests.local import conftest as local
from tests.local.conftest import told
from tests.unit.test_models import peer

redis_server, redis, broker = local.redis_server, local.redis, local.broker

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_primary_tells_once_it_is_saved(broker: Any) -> None:
    peer(Role.PRIMARY)
    with transaction.atomic():
        follow()
        assert told(broker) == []
    assert told(broker) == [PUSH]


def test_what_was_undone_is_not_told(broker: Any) -> None:
    peer(Role.PRIMARY)
    with transaction.atomic():
        follow()
        transaction.set_rollback(True)
    assert told(broker) == []


@pytest.mark.parametrize(("role", "paired"), [(Role.SECONDARY, True), (Role.PRIMARY, False), (Role.SECONDARY, False)])
def test_nobody_else_tells(broker: Any, role: Role, paired: bool) -> None:
    follow()
    peer(role, paired=paired)
    follow()
    assert told(broker) == []


def test_without_redis_saving_goes_on() -> None:
    """A look every few seconds finds it."""
    peer(Role.PRIMARY)
    follow()
    assert Peer.paired()

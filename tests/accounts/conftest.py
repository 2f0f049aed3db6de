"""A user who has not logged in yet, and a browser for them."""

import pytest
from django.test import Client

from apps.accounts.models import FIRST_USER, Group, User
from tests.conftest import PASSWORD, Browser


@pytest.fixture
def loadbalancer(db: None) -> User:
    """The appliance's own user."""
    return User.objects.create_user(FIRST_USER, PASSWORD, Group.CONFIG)


@pytest.fixture
def visitor(db: None) -> Client:
    """Nobody yet."""
    return Browser()

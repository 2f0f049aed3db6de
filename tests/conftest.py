"""Three named people, each with a browser that speaks https."""

from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import Group, User
from apps.certificates import expiries
from apps.changes import heartbeat
from apps.overview import table

PASSWORD = "correct horse battery"
LONG = ("tests/pair/test_failover", "tests/pair/test_cut_off", "tests/pair/test_brief", "tests/brief/", "tests/local/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole appliances first: beside them the quick ones fill the time, and nobody waits for them at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


@pytest.fixture(autouse=True)
def _fresh_table() -> None:
    """Rows of the System Overview and the notice of expiries are kept between requests; a test begins with none."""
    table.forget()
    expiries.forget()
    heartbeat._waiting.cache_clear()


class Browser(Client):
    """Speaks https, as every browser of the product does."""

    def generic(self, *args: Any, **kwargs: Any) -> Any:
        return super().generic(*args, **kwargs | {"secure": True})


def _client(group: Group) -> Client:
    user = User.objects.create_user(f"{group.value}-user", PASSWORD, group)
    client = Browser()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def admin(db: None) -> Client:
    """Group config."""
    return _client(Group.CONFIG)


@pytest.fixture
def operator(db: None) -> Client:
    """Group maint."""
    return _client(Group.MAINT)


@pytest.fixture
def viewer(db: None) -> Client:
    """Group report."""
    return _client(Group.REPORT)

"""The first user: made once, on an appliance that has none."""

import pytest
from django.core.exceptions import ValidationError

from apps.accounts.actions import create_first_user
from apps.accounts.models import Group, User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def test_it_is_made_when_there_is_no_user() -> None:
    assert create_first_user(PASSWORD)
    user = User.objects.get()
    assert (user.username, user.group) == ("loadbalancer", Group.CONFIG)
    assert user.check_password(PASSWORD)


def test_a_second_start_leaves_its_password_alone() -> None:
    create_first_user(PASSWORD)
    assert not create_first_user("another horse battery")
    assert User.objects.get().check_password(PASSWORD)


def test_it_is_not_made_beside_other_users() -> None:
    User.objects.create_user("bob", PASSWORD, Group.CONFIG)
    assert not create_first_user(PASSWORD)
    assert User.objects.get().username == "bob"


@pytest.mark.parametrize("password", ["", "short77", "password1", "loadbalancer"])
def test_a_weak_password_is_refused_with_the_reason(password: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        create_first_user(password)
    assert "password" in " ".join(refusal.value.messages)
    assert not User.objects.exists()

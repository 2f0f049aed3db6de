"""Maintenance > Passwords: who sees what, add, modify, delete."""

import pytest
from django.test import Client

from apps.accounts.models import Group, User
from apps.common.models import Generation
from tests.conftest import PASSWORD

PAGE = "/lbadmin/maintenance/passwords/"
ADD = f"{PAGE}add/"
OWN = f"{PAGE}own/"
NEW = "another horse battery"
BOB = {"username": "bob", "group": "maint", "password": NEW, "confirm": NEW}


def errors(answer: object) -> dict[str, list[str]]:
    form = answer.context["form"]  # type: ignore[attr-defined]  # what the test client adds to a response
    return dict(form.errors)


def url(user: User, action: str = "") -> str:
    return f"{PAGE}{user.pk}/{action}"


def test_an_administrator_sees_all_users(admin: Client, loadbalancer: User) -> None:
    page = admin.get(PAGE).content.decode()
    assert "Add a new User" in page
    assert "loadbalancer" in page
    assert url(loadbalancer) in page
    assert url(loadbalancer, "delete/") not in page
    assert "never" in page


@pytest.mark.parametrize("group", ["viewer", "operator"])
def test_the_others_see_themselves_only(request: pytest.FixtureRequest, loadbalancer: User, group: str) -> None:
    page = request.getfixturevalue(group).get(PAGE).content.decode()
    assert "loadbalancer" not in page
    assert "Add a new User" not in page
    assert OWN in page
    assert f'href="{PAGE}" aria-current="page"' in page


def test_an_administrator_adds_a_user(admin: Client) -> None:
    answer = admin.post(ADD, BOB, follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    assert "User bob added." in answer.content.decode()
    bob = User.objects.get(username="bob")
    assert bob.group == Group.MAINT
    assert bob.check_password(NEW)


@pytest.mark.parametrize(
    ("sent", "field", "words"),
    [
        ({"username": ""}, "username", "Enter Username."),
        ({"username": "two words"}, "username", "Use letters, digits"),
        ({"username": "x" * 33}, "username", "at most 32 characters"),
        ({"username": "config-user"}, "username", "Another user has this name."),
        ({"username": "Config-User"}, "username", "There is a user config-user already."),
        ({"group": "root"}, "group", "Select a valid choice."),
        ({"password": ""}, "password", "Enter Password."),
        ({"confirm": ""}, "confirm", "Enter Confirm."),
        ({"confirm": "something else"}, "confirm", "This differs from Password."),
        ({"password": "short77", "confirm": "short77"}, "password", "at least 8 characters. Choose another."),
        ({"password": " " * 8, "confirm": " " * 8}, "password", "Blanks alone are no password."),
        ({"password": "password1", "confirm": "password1"}, "password", "too common"),
        ({"username": "bobsleigh", "password": "bobsleigh1"}, "password", "too similar to the Username"),
    ],
)
def test_what_is_refused_gets_a_message_at_its_field(
    admin: Client, sent: dict[str, str], field: str, words: str
) -> None:
    answer = admin.post(ADD, BOB | sent)
    assert answer.status_code == 422
    assert list(errors(answer)) == [field]
    assert words in errors(answer)[field][0]
    page = answer.content.decode()
    assert "type the passwords again" in page
    assert NEW not in page
    assert User.objects.count() == 1


def test_modify_changes_the_group_and_keeps_the_password(admin: Client) -> None:
    bob = User.objects.create_user("bob", PASSWORD, Group.REPORT)
    answer = admin.post(url(bob), {"group": "maint", "username": "mallory", "password": "", "confirm": ""}, follow=True)
    assert "User bob updated." in answer.content.decode()
    bob.refresh_from_db()
    assert (bob.username, bob.group) == ("bob", "maint")
    assert bob.check_password(PASSWORD)


def test_modify_sets_a_password(admin: Client) -> None:
    bob = User.objects.create_user("bob", PASSWORD, Group.REPORT)
    admin.post(url(bob), {"group": "report", "password": NEW, "confirm": NEW})
    bob.refresh_from_db()
    assert bob.check_password(NEW)


@pytest.mark.parametrize("sent", [{"password": NEW, "confirm": ""}, {"password": "", "confirm": NEW}])
def test_modify_wants_a_new_password_twice(admin: Client, sent: dict[str, str]) -> None:
    bob = User.objects.create_user("bob", PASSWORD, Group.REPORT)
    answer = admin.post(url(bob), {"group": "report"} | sent)
    assert list(errors(answer)) == ["confirm"]
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)


def test_the_appliances_own_user_stays_in_group_config(admin: Client, loadbalancer: User) -> None:
    assert "Group" not in [
        row.option.label for card in admin.get(url(loadbalancer)).context["form"].cards() for row in card
    ]
    admin.post(url(loadbalancer), {"group": "report", "password": NEW, "confirm": NEW})
    loadbalancer.refresh_from_db()
    assert loadbalancer.group == Group.CONFIG
    assert loadbalancer.check_password(NEW)


@pytest.mark.parametrize("group", ["viewer", "operator", "admin"])
def test_everybody_changes_their_own_password(request: pytest.FixtureRequest, group: str) -> None:
    browser = request.getfixturevalue(group)
    answer = browser.post(OWN, {"current": PASSWORD, "password": NEW, "confirm": NEW}, follow=True)
    assert "Your password is changed." in answer.content.decode()
    assert User.objects.get().check_password(NEW)


def test_the_own_password_needs_the_current_one(viewer: Client) -> None:
    answer = viewer.post(OWN, {"current": "wrong", "password": NEW, "confirm": NEW})
    assert errors(answer) == {"current": ["This is not your current password. Type it again."]}
    assert User.objects.get().check_password(PASSWORD)


def test_nobody_changes_their_own_group(admin: Client) -> None:
    user = User.objects.get()
    assert admin.post(url(user), {"group": "report", "password": NEW, "confirm": NEW})["Location"] == OWN
    admin.post(OWN, {"current": PASSWORD, "group": "report", "password": NEW, "confirm": NEW})
    user.refresh_from_db()
    assert user.group == Group.CONFIG


def test_an_administrator_deletes_a_user_after_confirming(admin: Client) -> None:
    bob = User.objects.create_user("bob", PASSWORD, Group.REPORT)
    question = admin.get(url(bob, "delete/")).content.decode()
    assert "Delete User bob" in question
    assert "can no longer log in" in question
    assert User.objects.filter(username="bob").exists()
    assert "User bob deleted." in admin.post(url(bob, "delete/"), follow=True).content.decode()
    assert not User.objects.filter(username="bob").exists()


def test_the_appliances_own_user_cannot_be_deleted(admin: Client, loadbalancer: User) -> None:
    page = admin.post(url(loadbalancer, "delete/"), follow=True).content.decode()
    assert "loadbalancer is the appliance&#x27;s own user and cannot be deleted." in page
    assert User.objects.filter(pk=loadbalancer.pk).exists()


def test_nobody_deletes_themselves(admin: Client) -> None:
    page = admin.post(url(User.objects.get(), "delete/"), follow=True).content.decode()
    assert "You cannot delete yourself." in page
    assert User.objects.exists()


def test_users_leave_nothing_to_commit(admin: Client) -> None:
    admin.post(ADD, BOB)
    bob = User.objects.get(username="bob")
    admin.post(url(bob), {"group": "report", "password": NEW, "confirm": NEW})
    admin.post(url(bob, "delete/"))
    admin.post(OWN, {"current": PASSWORD, "password": NEW, "confirm": NEW})
    assert Generation.current() == 0

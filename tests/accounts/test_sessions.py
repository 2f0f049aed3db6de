"""Sessions: new at log in, ended by a new password or by deleting the user."""

from django.conf import settings
from django.test import Client

from apps.accounts.models import User
from tests.conftest import PASSWORD, Browser

OVERVIEW = "/lbadmin/"
OWN = "/lbadmin/maintenance/passwords/own/"
NEW = "another horse battery"


def logged_in(password: str = PASSWORD) -> Client:
    browser = Browser()
    browser.post("/lbadmin/login/", {"username": "loadbalancer", "password": password})
    assert is_in(browser)
    return browser


def is_in(browser: Client) -> bool:
    return browser.get(OVERVIEW).status_code == 200


def test_log_in_gives_a_new_session_id(visitor: Client, loadbalancer: User) -> None:
    session = visitor.session
    session["planted"] = "by somebody else"
    session.save()
    planted = str(session.session_key)
    visitor.cookies[settings.SESSION_COOKIE_NAME] = planted
    visitor.post("/lbadmin/login/", {"username": "loadbalancer", "password": PASSWORD})
    assert is_in(visitor)
    assert visitor.cookies[settings.SESSION_COOKIE_NAME].value != planted


def test_a_new_own_password_keeps_this_session_and_ends_the_others(loadbalancer: User) -> None:
    here, elsewhere = logged_in(), logged_in()
    answer = here.post(OWN, {"current": PASSWORD, "password": NEW, "confirm": NEW}, follow=True)
    assert "Your password is changed." in answer.content.decode()
    assert is_in(here)
    assert not is_in(elsewhere)
    assert is_in(logged_in(NEW))


def test_a_password_set_by_an_administrator_ends_the_users_sessions(admin: Client, loadbalancer: User) -> None:
    browser = logged_in()
    admin.post(f"/lbadmin/maintenance/passwords/{loadbalancer.pk}/", {"password": NEW, "confirm": NEW})
    assert not is_in(browser)


def test_a_deleted_user_is_out_at_once(admin: Client, viewer: Client) -> None:
    assert is_in(viewer)
    user = User.objects.get(username="report-user")
    admin.post(f"/lbadmin/maintenance/passwords/{user.pk}/delete/")
    assert not is_in(viewer)


def test_a_lower_group_counts_at_once(admin: Client, operator: Client) -> None:
    assert operator.get("/lbadmin/maintenance/restart-services/").status_code == 200
    user = User.objects.get(username="maint-user")
    admin.post(f"/lbadmin/maintenance/passwords/{user.pk}/", {"group": "report"})
    assert operator.get("/lbadmin/maintenance/restart-services/").status_code == 403

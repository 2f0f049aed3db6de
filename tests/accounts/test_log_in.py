"""Log in and log out."""

import pytest
from django.test import Client

from apps.accounts.models import User
from tests.conftest import PASSWORD

LOGIN = "/lbadmin/login/"
OVERVIEW = "/lbadmin/"
CREDENTIALS = {"username": "loadbalancer", "password": PASSWORD}


def test_the_right_password_leads_to_the_overview(visitor: Client, loadbalancer: User) -> None:
    answer = visitor.post(LOGIN, CREDENTIALS)
    assert (answer.status_code, answer["Location"]) == (302, OVERVIEW)
    assert visitor.get(OVERVIEW).status_code == 200
    loadbalancer.refresh_from_db()
    assert loadbalancer.last_login is not None


def test_one_lands_on_the_page_that_was_asked_for(visitor: Client, loadbalancer: User) -> None:
    asked = visitor.get("/lbadmin/maintenance/passwords/?a=1")
    assert asked["Location"] == f"{LOGIN}?next=/lbadmin/maintenance/passwords/%3Fa%3D1"
    assert visitor.post(asked["Location"], CREDENTIALS)["Location"] == "/lbadmin/maintenance/passwords/?a=1"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "//testserver/",
        "\x01//evil.example/",
        "",
    ],
)
def test_another_site_is_never_the_destination(visitor: Client, loadbalancer: User, elsewhere: str) -> None:
    answer = visitor.post(LOGIN, CREDENTIALS, query_params={"next": elsewhere})
    assert (answer.status_code, answer["Location"]) == (302, OVERVIEW)


def test_a_wrong_password_is_told_with_the_tries_left(visitor: Client, loadbalancer: User) -> None:
    answer = visitor.post(LOGIN, CREDENTIALS | {"password": "wrong"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "The user name or the password is not right. 4 tries left, then a pause of 5 minutes." in page
    assert 'value="loadbalancer"' in page
    assert "wrong" not in page
    assert visitor.get(OVERVIEW).status_code == 302


def test_an_unknown_user_gets_the_same_words(visitor: Client, loadbalancer: User) -> None:
    answer = visitor.post(LOGIN, {"username": "nobody", "password": PASSWORD})
    assert "The user name or the password is not right. 4 tries left" in answer.content.decode()


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"username": ""}, "Enter Username."),
        ({"password": ""}, "Enter Password."),
        ({"username": "x" * 33}, "No user name is longer than 32 characters."),
        ({"username": "load\0balancer"}, "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_right_gets_a_message_at_its_field(
    visitor: Client, loadbalancer: User, sent: dict[str, str], words: str
) -> None:
    answer = visitor.post(LOGIN, CREDENTIALS | sent)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_who_is_logged_in_goes_on_to_the_overview(admin: Client) -> None:
    answer = admin.get(LOGIN, query_params={"next": LOGIN})
    assert (answer.status_code, answer["Location"]) == (302, OVERVIEW)


def test_logging_out_leads_to_log_in_with_a_message(admin: Client) -> None:
    answer = admin.post("/lbadmin/logout/", follow=True)
    assert answer.redirect_chain == [(LOGIN, 302)]
    assert "You are logged out." in answer.content.decode()
    assert admin.get(OVERVIEW).status_code == 302


def test_a_link_cannot_log_anybody_out(admin: Client) -> None:
    assert admin.get("/lbadmin/logout/").status_code == 405
    assert admin.get(OVERVIEW).status_code == 200


def test_what_is_sent_after_the_session_ended_is_not_lost_silently(visitor: Client) -> None:
    answer = visitor.post("/lbadmin/cluster/virtual-services/add/", {"label": "AVS"}, follow=True)
    assert "Your session had ended, so nothing was changed." in answer.content.decode()


def test_a_poll_after_the_session_ended_takes_the_whole_page_to_log_in(visitor: Client) -> None:
    assert visitor.get(OVERVIEW, headers={"HX-Request": "true"})["HX-Redirect"] == LOGIN

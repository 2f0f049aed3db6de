"""Five wrong passwords for a user name from one address, then a pause of five minutes."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.db.models import F
from django.http import HttpResponse
from django.test import Client

from apps.accounts.models import Group, User
from tests.conftest import PASSWORD

LOGIN = "/lbadmin/login/"


def log_in(browser: Client, password: str, username: str = "loadbalancer", address: str = "10.0.0.1") -> HttpResponse:
    sent = {"username": username, "password": password}
    return browser.post(LOGIN, sent, REMOTE_ADDR=address)  # type: ignore[return-value]  # the test client's own kind


def fail(browser: Client, times: int) -> HttpResponse:
    for _ in range(times):
        answer = log_in(browser, "wrong")
    return answer


def minutes_pass(minutes: float) -> None:
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(minutes=minutes))


def test_the_fourth_wrong_password_warns(visitor: Client, loadbalancer: User) -> None:
    answer = fail(visitor, 4)
    assert answer.status_code == 422
    assert "1 try left, then a pause of 5 minutes." in answer.content.decode()


def test_the_fifth_wrong_password_begins_a_pause(visitor: Client, loadbalancer: User) -> None:
    answer = fail(visitor, 5)
    assert answer.status_code == 429
    page = answer.content.decode()
    assert "Log in is paused after 5 wrong tries. Try again at " in page
    assert 'value="loadbalancer"' in page
    assert 290 < int(answer["Retry-After"]) <= 300


def test_even_the_right_password_waits(visitor: Client, loadbalancer: User) -> None:
    fail(visitor, 5)
    assert log_in(visitor, PASSWORD).status_code == 429
    assert visitor.get("/lbadmin/").status_code == 302


def test_the_pause_ends_after_five_minutes_even_for_who_kept_trying(visitor: Client, loadbalancer: User) -> None:
    fail(visitor, 5)
    minutes_pass(4.5)
    waiting = fail(visitor, 3)
    assert waiting.status_code == 429
    assert "in less than a minute." in waiting.content.decode()
    assert int(waiting["Retry-After"]) <= 30
    minutes_pass(0.5)
    assert log_in(visitor, PASSWORD).status_code == 302


def test_another_browser_at_the_same_address_waits_too(visitor: Client, loadbalancer: User) -> None:
    fail(visitor, 5)
    visitor.defaults["HTTP_USER_AGENT"] = "another"
    assert log_in(visitor, PASSWORD).status_code == 429


def test_a_forwarding_header_does_not_make_another_address(visitor: Client, loadbalancer: User) -> None:
    fail(visitor, 5)
    sent = {"username": "loadbalancer", "password": PASSWORD}
    headers = {"X-Forwarded-For": "10.0.0.2", "X-Real-IP": "10.0.0.2"}
    assert visitor.post(LOGIN, sent, REMOTE_ADDR="10.0.0.1", headers=headers).status_code == 429


def test_other_addresses_and_other_users_do_not_wait(visitor: Client, loadbalancer: User) -> None:
    User.objects.create_user("bob", PASSWORD, Group.REPORT)
    fail(visitor, 5)
    assert log_in(visitor, PASSWORD, address="10.0.0.2").status_code == 302
    visitor.post("/lbadmin/logout/")
    assert log_in(visitor, PASSWORD, username="bob").status_code == 302


def test_a_good_log_in_forgets_the_wrong_ones(visitor: Client, loadbalancer: User) -> None:
    fail(visitor, 4)
    log_in(visitor, PASSWORD)
    visitor.post("/lbadmin/logout/")
    assert "4 tries left" in fail(visitor, 1).content.decode()


def test_a_current_password_is_not_guessed_at_an_open_browser(admin: Client) -> None:
    sent = {"current": "wrong", "password": "a new long password", "confirm": "a new long password"}
    answers = [admin.post("/lbadmin/maintenance/passwords/own/", sent) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 422, 429]
    assert "Log in is paused after 5 wrong tries." in answers[-1].content.decode()
    assert admin.post("/lbadmin/maintenance/passwords/own/", sent | {"current": PASSWORD}).status_code == 429


def test_the_log_names_the_address_but_neither_password_nor_user_name(
    visitor: Client, loadbalancer: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    for _ in range(5):
        log_in(visitor, "s3cret-one", username="s3cret-two")
    assert "10.0.0.1" in caplog.text
    assert "s3cret" not in caplog.text


def test_the_record_of_tries_keeps_no_password_and_no_token(visitor: Client, loadbalancer: User) -> None:
    visitor.post(LOGIN, {"username": "bob", "password": "s3cret-one", "csrfmiddlewaretoken": "s3cret-token"})
    assert "s3cret" not in str(AccessAttempt.objects.values().get())


def test_a_name_too_long_for_a_user_leaves_no_record(visitor: Client, loadbalancer: User) -> None:
    log_in(visitor, "wrong", username="x" * 100_000)
    assert not AccessAttempt.objects.exists()

"""What every answer carries, and what is refused before a view sees it."""

import re

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client, RequestFactory

from apps.accounts.models import Group, User
from apps.common.views import server_error
from tests.conftest import PASSWORD, Browser

LOGIN = "/lbadmin/login/"
OVERVIEW = "/lbadmin/"
ADD_USER = "/lbadmin/maintenance/passwords/add/"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@pytest.fixture
def strict(db: None) -> Client:
    """A browser whose forms need their token, as in the product; its user may log in."""
    User.objects.create_user("loadbalancer", PASSWORD, Group.CONFIG)
    return Browser(enforce_csrf_checks=True)


def token(browser: Client, page: str) -> str:
    match = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(page).content.decode())
    assert match
    return match[1]


def log_in(browser: Client, **headers: str) -> int:
    sent = {"username": "loadbalancer", "password": PASSWORD, "csrfmiddlewaretoken": token(browser, LOGIN)}
    return browser.post(LOGIN, sent, headers=headers).status_code


@pytest.mark.parametrize("url", [OVERVIEW, LOGIN, "/lbadmin/no-such-page/", "/", ADD_USER])
def test_every_answer_carries_the_headers_and_is_not_kept(admin: Client, url: str) -> None:
    for browser in (Browser(), admin):
        answer = browser.get(url)
        assert {name: answer.get(name) for name in HEADERS} == HEADERS
        assert "no-store" in answer["Cache-Control"]


def test_static_files_are_kept_for_ever_and_carry_the_headers() -> None:
    answer = Browser().get(staticfiles_storage.url("css/lbadmin.css"))
    assert answer.status_code == 200
    assert "immutable" in answer["Cache-Control"]
    assert answer["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize("url", ["/lbadmin/static/../settings.py", "/lbadmin/static/%2e%2e/%2e%2e/manage.py"])
@pytest.mark.django_db
def test_nothing_beside_static_files_is_served(url: str) -> None:
    assert Browser().get(url).status_code == 404


def test_cookies_stay_with_this_unit_and_away_from_scripts(strict: Client) -> None:
    assert log_in(strict, Referer=f"https://testserver{LOGIN}") == 302
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        assert name.startswith("__Host-")
        cookie = strict.cookies[name]
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Strict")
        assert (cookie["path"], cookie["domain"]) == ("/", "")
    assert not strict.cookies[settings.SESSION_COOKIE_NAME]["max-age"]  # ends with the browser


def test_nobody_gets_a_session_before_logging_in(strict: Client) -> None:
    strict.get(LOGIN)
    strict.get(OVERVIEW)
    assert settings.SESSION_COOKIE_NAME not in strict.cookies


def test_a_form_without_its_token_changes_nothing_and_says_why(strict: Client) -> None:
    answer = strict.post(LOGIN, {"username": "loadbalancer", "password": PASSWORD})
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "Nothing was changed" in page
    assert "Go back, reload the page and try again." in page
    assert strict.get(OVERVIEW).status_code == 302


def test_a_form_of_another_site_is_refused_even_with_a_token(strict: Client) -> None:
    assert log_in(strict, Origin="https://evil.example") == 403
    assert log_in(strict, Referer="https://evil.example/") == 403
    assert log_in(strict) == 403
    assert log_in(strict, Origin="https://testserver") == 302


def test_a_form_opened_before_logging_in_is_refused_afterwards(strict: Client) -> None:
    before = token(strict, LOGIN)
    log_in(strict, Origin="https://testserver")
    sent = {"csrfmiddlewaretoken": before, "username": "bob"}
    assert strict.post(ADD_USER, sent, headers={"Origin": "https://testserver"}).status_code == 403
    sent["csrfmiddlewaretoken"] = token(strict, ADD_USER)
    assert strict.post(ADD_USER, sent, headers={"Origin": "https://testserver"}).status_code == 422


@pytest.mark.django_db
@pytest.mark.parametrize("url", [OVERVIEW, LOGIN])
def test_plain_http_is_led_to_https(url: str) -> None:
    answer = Client().get(url)
    assert (answer.status_code, answer["Location"]) == (301, f"https://testserver{url}")


@pytest.mark.django_db
def test_who_is_refused_reads_why(viewer: Client) -> None:
    answer = viewer.get(ADD_USER)
    assert answer.status_code == 403
    assert "Your group may not do this. Ask a user in group config." in answer.content.decode()


def test_passwords_are_kept_as_argon2_hashes(strict: Client) -> None:
    assert User.objects.get().password.startswith("argon2$argon2id$")


def test_a_name_with_markup_stays_text(admin: Client) -> None:
    answer = admin.post(ADD_USER, {"username": "<b onmouseover=alert(1)>", "group": "report"})
    page = answer.content.decode()
    assert "&lt;b onmouseover=alert(1)&gt;" in page
    assert "<b onmouseover" not in page


def test_an_unexpected_error_has_a_page_of_its_own_that_needs_no_database() -> None:
    answer = server_error(RequestFactory().get("/lbadmin/"))
    assert answer.status_code == 500
    assert "Traffic is not touched" in answer.content.decode()

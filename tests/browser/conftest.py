"""Debian's Chromium and the site it visits, once for all tests here."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings as product
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from pytest_django import DjangoDbBlocker, Settings

from apps.accounts.models import FIRST_USER, Group, User
from apps.system import tls
from tests.browser.site import serving
from tests.browser.world import World, make
from tests.lab.browser import ARGUMENTS

Visit = Callable[..., BrowserContext]


@pytest.fixture(scope="package")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("site") / "webui.pem"
    file.write_text(tls.self_signed())
    return file


@pytest.fixture(scope="package")
def site(django_db_setup: None, django_db_blocker: DjangoDbBlocker, certificate: Path) -> Iterator[str]:
    with django_db_blocker.unblock(), serving(certificate) as address:
        yield address


@pytest.fixture(scope="package")
def chromium(site: str) -> Iterator[Browser]:
    database = {alias: connections[alias] for alias in connections}
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        # After the site: Playwright leaves its event loop running in this thread,
        # where no other can start then, and which alone makes Django refuse the database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        for alias, connection in database.items():
            connections[alias] = connection  # in a thread with an event loop Django would open others
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, site: str, transactional_db: None) -> Iterator[Visit]:
    """A browser window at the site; `user` is logged in. More words are Playwright's own."""
    contexts = []

    def open_window(user: User | None = None, **words: object) -> BrowserContext:
        context = chromium.new_context(base_url=site, ignore_https_errors=True, **words)  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(10_000)
        if user:
            log_in(context, site, user)
        return context

    yield open_window
    for context in contexts:
        context.close()


def log_in(context: BrowserContext, site: str, user: User) -> None:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    name = product.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site, "secure": True}])


@pytest.fixture
def administrator(transactional_db: None) -> User:
    return User.objects.create(pk=2, username=FIRST_USER, password="!", group=Group.CONFIG)


@pytest.fixture
def cached(settings: Settings) -> None:
    """In this process instead of in Redis."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


@pytest.fixture
def world(cached: None, administrator: User, certificate: Path) -> World:
    return make(administrator, certificate.read_bytes())

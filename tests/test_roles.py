"""Every page: who may see it. Walks all URLs, so that a new view cannot be forgotten."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path, reverse
from pytest_django import Settings

from apps.accounts.models import Group, User
from apps.accounts.roles import BY_ITSELF, PUBLIC, needed_group
from lbadmin import urls
from lbadmin.menu import MENU, Page
from tests.conftest import Browser

PUBLIC_ROUTES = {"", "lbadmin/login/"}  # the root only redirects
PAIR = "lbadmin/pair/"  # who asks there is another unit, and proves it; see tests/pair
ORDER = [Group.REPORT, Group.MAINT, Group.CONFIG]
EXAMPLES = {"int": "1", "kind": "reload", "what": "heartbeat"}


@dataclass(frozen=True)
class Route:
    route: str
    view: Any
    name: str

    @property
    def url(self) -> str:
        """An address of this route; a converter without an example is a KeyError here."""
        return "/" + re.sub(r"<(\w+):\w+>", lambda match: EXAMPLES[match[1]], self.route)

    @property
    def needed(self) -> Group:
        needed = needed_group(self.view)
        assert isinstance(needed, Group), f"/{self.route} declares no group"
        return needed


def routes(patterns: list[Any], prefix: str = "") -> Iterator[Route]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield Route(prefix + str(pattern.pattern), pattern.callback, pattern.name or "")


ROUTES = list(routes(get_resolver().url_patterns))
BETWEEN_UNITS = [route for route in ROUTES if route.route.startswith(PAIR)]
GUARDED = [route for route in ROUTES if route.route not in PUBLIC_ROUTES and route not in BETWEEN_UNITS]
by_route = pytest.mark.parametrize("route", GUARDED, ids=lambda route: route.route)


@pytest.fixture
def people(db: None) -> dict[Group, Client]:
    """One browser per group. These never type a password, so none is hashed."""
    browsers: dict[Group, Client] = {}
    for group in Group:
        user = User.objects.create(username=group.value, password="!", group=group)
        browsers[group] = Browser(raise_request_exception=False)  # it only matters who is let in
        browsers[group].force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browsers


def may(group: Group, needed: Group) -> bool:
    return ORDER.index(group) >= ORDER.index(needed)


def is_refused(answer: HttpResponseBase) -> bool:
    return answer.status_code == 403


def to_log_in(answer: HttpResponseBase) -> bool:
    return answer.status_code == 302 and answer["Location"].startswith(f"{reverse('login')}?")


def test_only_log_in_and_the_root_are_public() -> None:
    assert {route.route for route in ROUTES if needed_group(route.view) == PUBLIC} == PUBLIC_ROUTES


def test_only_what_units_ask_each_other_finds_out_by_itself_who_asks() -> None:
    assert [route for route in ROUTES if needed_group(route.view) == BY_ITSELF] == BETWEEN_UNITS


@by_route
def test_every_page_declares_a_group(route: Route) -> None:
    assert isinstance(needed_group(route.view), Group)


@pytest.mark.parametrize(
    "route", [route for route in GUARDED if re.match("add-|modify-|delete-", route.name)], ids=lambda route: route.name
)
def test_whoever_changes_the_configuration_is_in_group_config(route: Route) -> None:
    assert route.needed == Group.CONFIG


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
@by_route
def test_without_log_in_every_page_leads_there(route: Route, method: str) -> None:
    assert to_log_in(getattr(Browser(), method)(route.url))


@pytest.mark.parametrize("method", ["get", "post"])
@by_route
def test_a_group_may_what_it_may_and_no_more(route: Route, method: str, people: dict[Group, Client]) -> None:
    for group, browser in people.items():
        answer = getattr(browser, method)(route.url)
        assert is_refused(answer) == (not may(group, route.needed)), f"{group}: {answer.status_code}"
        assert not to_log_in(answer)


def test_a_view_without_a_group_is_refused_to_everybody(people: dict[Group, Client], settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    assert people[Group.CONFIG].get("/forgotten/").status_code == 403
    assert to_log_in(Browser().get("/forgotten/"))


def forgotten(request: HttpRequest) -> HttpResponse:
    return HttpResponse("a secret")


urlpatterns = [path("forgotten/", forgotten), *urls.urlpatterns]


def menu_pages() -> list[Page]:
    return [page for item in MENU for page in ([item] if isinstance(item, Page) else item.pages)]


@pytest.mark.parametrize("page", menu_pages(), ids=lambda page: page.label)
def test_every_menu_entry_leads_to_a_page_with_a_group(page: Page, people: dict[Group, Client]) -> None:
    assert isinstance(page.needed, Group)
    answer = people[Group.CONFIG].get(page.url)
    assert answer.status_code == 200
    assert f"<h1>{page.label}</h1>" in answer.content.decode()


@pytest.mark.parametrize("group", Group)
def test_the_menu_shows_what_one_may_open(group: Group, people: dict[Group, Client]) -> None:
    menu = people[group].get(reverse("passwords")).context["menu"]
    shown = {page.label for entry in menu for page in [entry, *entry.entries] if page.url}
    assert shown == {page.label for page in menu_pages() if isinstance(page.needed, Group) and may(group, page.needed)}

"""The lists in a browser: search as you type, pages and order without losing the place, many rows at once."""

import time

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect

from apps.overview import store
from apps.overview.snapshot import Key, Server, Service, Snapshot
from apps.services.models import RealServer
from tests.browser.conftest import Visit
from tests.browser.test_axe import check
from tests.browser.world import World, take_snapshot
from tests.overview import many

SERVICES = "/lbadmin/cluster/virtual-services/"
SERVERS = "/lbadmin/cluster/real-servers/"


@pytest.fixture
def page(visit: Visit, world: World) -> Page:
    take_snapshot()
    return visit(world.administrator).new_page()


def add_many(number: int) -> None:
    """Beside the world's own, and all of them up."""
    many.make(number, first=101)
    up = Server("UP", 1, "L4OK", took="1")
    servers: dict[int, dict[Key, Server]] = {pk: {pk * 10 + 1: up, pk * 10 + 2: up} for pk in range(101, 101 + number)}
    services: dict[Key, Service] = {pk: Service("OPEN", 2, found, 1) for pk, found in servers.items()}
    store.write(cache, Snapshot(int(time.time() * 1000), 1, time.time(), True, services), body_too=True)


def test_the_list_follows_what_is_typed(page: Page) -> None:
    page.goto(SERVICES)
    page.get_by_label("Search").press_sequentially("aqi")
    expect(page.get_by_role("checkbox", name="AVS", exact=True)).to_have_count(0)
    expect(page.get_by_role("checkbox", name="AVS-AQI", exact=True)).to_be_visible()
    expect(page.get_by_label("Search")).to_be_focused()
    expect(page).to_have_url(f"{page.url.partition('?')[0]}?q=aqi")
    page.get_by_label("Search").fill("zzz")
    page.get_by_role("link", name="Clear the filter").click()
    expect(page.get_by_role("checkbox", name="AVS", exact=True)).to_be_visible()


def test_order_and_pages_keep_the_focus_and_the_way_back(page: Page) -> None:
    add_many(120)
    page.goto(SERVICES)
    head = page.get_by_role("columnheader", name="Label")
    head.get_by_role("link").press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(head.get_by_role("link")).to_be_focused()
    page.get_by_role("link", name="Next", exact=True).click()
    expect(page.locator("#range")).to_have_text("51–100 of 123")
    page.get_by_label("Search").fill("SERVICE-15")
    expect(page.locator("#range")).to_have_text("1–10 of 10")
    expect(head).to_have_attribute("aria-sort", "ascending")  # the filter keeps the order
    page.go_back()
    expect(page.locator("#range")).to_have_text("1–50 of 123")
    expect(page.get_by_role("navigation", name="Main menu")).to_be_visible()


def test_all_on_the_page_are_chosen_shown_and_halted(page: Page) -> None:
    page.goto(f"{SERVERS}?q=AVS-AQI")
    page.get_by_label("All on this page").check()
    expect(page.get_by_text("2 chosen")).to_be_visible()
    page.get_by_role("checkbox", name="SERVER1").uncheck()
    expect(page.get_by_text("1 chosen")).to_be_visible()
    page.get_by_role("button", name="Weight", exact=True).click()
    page.get_by_label("Weight", exact=True).fill("25")
    check(page)
    page.get_by_role("button", name="Weight", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="1 Real Server got weight 25.")).to_be_visible()
    assert dict(RealServer.objects.values_list("pk", "weight")) == {1: 100, 2: 100, 3: 100, 4: 25}


def test_everything_works_without_script(visit: Visit, world: World) -> None:
    add_many(60)
    page = visit(world.administrator, java_script_enabled=False).new_page()
    page.goto(SERVERS)
    page.get_by_label("State", exact=True).select_option("Up")
    page.get_by_label("Search").fill("SERVICE-1")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Next", exact=True).click()
    expect(page.locator("#range")).to_have_text("51–100 of 120")
    page.get_by_label("All 120 that match").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("heading", name="Delete: 120 Real Servers")).to_be_visible()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("120 Real Servers deleted.")).to_be_visible()
    assert RealServer.objects.count() == 4
    expect(page.get_by_label("Search")).to_have_value("SERVICE-1")

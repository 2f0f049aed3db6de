"""System Overview in a browser: polls disturb nobody, clicks get through, and all of it works without script."""

import time

import pytest
from django.core.cache import cache
from playwright.sync_api import Dialog, Locator, Page, expect

from apps.overview import store
from apps.overview.snapshot import Key, Server, Service, Snapshot
from tests.browser.conftest import Visit
from tests.browser.world import World

UP = Server("UP", 0, "L4OK", took="1")
POLLED = 6_000


def says(busy: int, status: str = "UP") -> None:
    """Leave a snapshot in which AVS has `busy` connections, all on SERVER1."""
    servers: dict[Key, Server] = {1: UP._replace(conns=busy), 2: UP._replace(status=status)}
    version = int(time.time() * 1000)
    services: dict[Key, Service] = {
        1: Service("OPEN", busy, servers, version),
        2: Service("OPEN", 0, {3: UP._replace(status="DRAIN"), 4: UP._replace(status="MAINT")}, 1),
        3: Service("OPEN", 0, {}, 1),
    }
    store.write(cache, Snapshot(version, 1, time.time(), True, services), body_too=True)


@pytest.fixture
def page(visit: Visit, world: World) -> Page:
    says(0)
    opened = visit(world.administrator).new_page()
    opened.goto("/lbadmin/")
    return opened


def name(page: Page, label: str) -> Locator:
    return page.get_by_role("button", name=label, exact=True)


def server(page: Page, label: str) -> Locator:
    return page.locator("#vs-1 tr").filter(has=page.get_by_text(label, exact=True))


def expect_polled(page: Page, busy: int) -> None:
    """The page has been told of these connections by itself."""
    expect(page.locator("#vs-1 tr").first.get_by_text(str(busy), exact=True)).to_be_visible(timeout=POLLED)


def focused(page: Page) -> str:
    label: str = page.evaluate("document.activeElement.textContent")
    return label


def test_a_poll_moves_no_focus_and_collapses_nothing(page: Page) -> None:
    name(page, "AVS").focus()
    page.keyboard.press("Enter")
    expect(server(page, "SERVER1")).to_be_visible()
    assert focused(page) == "AVS"
    server(page, "SERVER2").get_by_role("button", name="Halt").focus()
    says(17, "UP 1/2")
    expect_polled(page, 17)
    assert focused(page) == "Halt"
    expect(name(page, "AVS")).to_have_attribute("aria-expanded", "true")
    page.reload()
    expect(server(page, "SERVER2")).to_be_visible()


def test_a_poll_waits_while_a_button_is_pressed(page: Page) -> None:
    name(page, "AVS").click()
    server(page, "SERVER2").get_by_role("button", name="Drain").hover()
    page.mouse.down()
    says(23)
    page.wait_for_timeout(2500)
    expect(page.locator("#vs-1 tr").first.get_by_text("23", exact=True)).to_have_count(0)
    page.mouse.up()
    expect(server(page, "SERVER2").get_by_text("Draining", exact=True)).to_be_visible()
    says(24)
    expect_polled(page, 24)


def test_two_quick_clicks_both_count(page: Page) -> None:
    name(page, "AVS").click()
    for label in ("SERVER1", "SERVER2"):
        server(page, label).get_by_role("button", name="Drain").click()
    for label in ("SERVER1", "SERVER2"):
        expect(server(page, label).get_by_role("button", name="Online (Drain)")).to_be_visible()
    expect(page.locator("#vs-1").get_by_text("both real servers draining")).to_be_visible()


def test_halt_asks_before_it_cuts_connections(page: Page) -> None:
    says(12)
    page.goto("/lbadmin/?open=1")
    questions: list[str] = []

    def refuse(dialog: Dialog) -> None:
        questions.append(dialog.message)
        dialog.dismiss()

    page.once("dialog", refuse)
    server(page, "SERVER1").get_by_role("button", name="Halt").click()
    expect(server(page, "SERVER1").get_by_role("button", name="Halt")).to_be_visible()
    page.once("dialog", lambda dialog: dialog.accept())
    server(page, "SERVER1").get_by_role("button", name="Halt").click()
    expect(server(page, "SERVER1").get_by_role("button", name="Online (Halt)")).to_be_visible()
    assert questions == ["SERVER1 has 12 connections, which Halt cuts at once. Drain lets them finish."]


def test_search_and_only_problems_follow_at_once(page: Page) -> None:
    page.get_by_label("Search").fill("aqi")
    expect(name(page, "AVS")).to_have_count(0)
    expect(name(page, "AVS-AQI")).to_be_visible()
    page.get_by_label("Search").fill("")
    expect(name(page, "AVS")).to_be_visible()
    says(0, "DOWN")
    page.get_by_label("Only problems", exact=True).check()
    expect(name(page, "AVS-AQI")).to_have_count(0)
    expect(page.get_by_text("Degraded", exact=True)).to_be_visible()
    says(0)
    expect(page.get_by_text("None has a problem.")).to_be_visible(timeout=POLLED)


def test_everything_works_without_script(visit: Visit, world: World) -> None:
    says(12)
    page = visit(world.administrator, java_script_enabled=False).new_page()
    page.goto("/lbadmin/")
    page.get_by_label("Search").fill("avs")
    page.get_by_role("button", name="Search").click()
    name(page, "AVS").click()
    server(page, "SERVER1").get_by_role("button", name="Halt").click()
    expect(page.get_by_text("SERVER1 has 12 connections, which Halt cuts at once.")).to_be_visible()
    name(page, "Halt").click()
    expect(server(page, "SERVER1").get_by_text("Halted", exact=True)).to_be_visible()
    expect(page.get_by_label("Search")).to_have_value("avs")
    server(page, "SERVER1").get_by_role("button", name="Online (Halt)").click()
    expect(server(page, "SERVER1").get_by_role("button", name="Halt")).to_be_visible()
    name(page, "Expand all").click()
    expect(page.get_by_text("10.10.40.7")).to_have_count(2)

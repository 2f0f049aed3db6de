"""Accessibility: axe finds nothing on any page, in both themes, wide and narrow, and nothing sticks out sideways."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page

from apps.accounts.models import User
from tests.browser.conftest import Visit
from tests.browser.world import World, take_snapshot
from tests.test_roles import GUARDED, Route, menu_pages

AXE = (Path(settings.BASE_DIR) / "node_modules" / "axe-core" / "axe.min.js").read_text()
THEMES = ["light", "dark"]
WIDTHS = [1440, 390]
HEIGHT = 3000  # all of a page at once: axe does not judge what the sticky bar covers
NARROWEST = 360


class Complaints(list[str]):
    """What the browser says in its console, a violated Content-Security-Policy for instance."""

    def listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.append(str(error)))
        page.on("console", lambda message: self.append(message.text) if message.type == "error" else None)


def violations(page: Page) -> list[str]:
    """With everything unfolded. Evaluated from outside the page, so its strict policy stays in force."""
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate("axe.run()")["violations"]
    return [f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


def overhang(page: Page) -> int:
    """How far a narrow page scrolls sideways."""
    page.set_viewport_size({"width": NARROWEST, "height": 800})
    pixels: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return pixels


def check(page: Page) -> None:
    assert violations(page) == []
    assert overhang(page) == 0


def window(visit: Visit, user: User | None, theme: str, width: int) -> Page:
    page = visit(user, color_scheme=theme, viewport={"width": width, "height": HEIGHT}).new_page()
    page.goto("/lbadmin/login/")  # leads on who is logged in
    assert page.locator("html").get_attribute("data-bs-theme") == theme
    return page


def pages(page: Page) -> list[Route]:
    """Of all addresses those that answer with a whole page; the others are buttons and parts.

    Asked over the network: in this thread runs Playwright's event loop, where netlink's cannot.
    """
    answers = {route: page.request.get(route.url, max_redirects=0) for route in GUARDED}
    found = [route for route, answer in answers.items() if answer.status == 200 and "</html>" in answer.text()]
    assert {entry.url_name for entry in menu_pages()} <= {route.name for route in found}
    return found


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
def test_no_page_has_a_barrier(visit: Visit, world: World, theme: str, width: int) -> None:
    page = window(visit, world.administrator, theme, width)
    complaints = Complaints()
    complaints.listen(page)
    for url in [*(route.url for route in pages(page)), "/lbadmin/?expand=all"]:
        take_snapshot()
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.goto(f"{url}#menu" if width < 760 else url)
        assert (url, violations(page), overhang(page), complaints) == (url, [], 0, [])


@pytest.mark.parametrize("theme", THEMES)
def test_an_empty_appliance_has_no_barrier(visit: Visit, cached: None, administrator: User, theme: str) -> None:
    page = window(visit, administrator, theme, 1440)
    for entry in menu_pages():
        page.goto(entry.url)
        assert (entry.label, violations(page)) == (entry.label, [])


@pytest.mark.parametrize("theme", THEMES)
def test_a_refused_form_has_no_barrier(visit: Visit, world: World, theme: str) -> None:
    page = window(visit, world.administrator, theme, 1440)
    for route in [route for route in pages(page) if "add-" in route.name]:
        page.goto(route.url)
        page.locator(".lb-main form").last.get_by_role("button").last.click()
        page.locator("#errors").wait_for()
        assert (route.name, violations(page)) == (route.name, [])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
def test_log_in_has_no_barrier(visit: Visit, theme: str, width: int) -> None:
    page = window(visit, None, theme, width)
    assert violations(page) == []
    for words in ["4 tries left", "3 tries left", "2 tries left", "1 try left", "Log in is paused"]:
        page.get_by_label("Username").fill("nobody")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Log in").click()
        assert words in page.get_by_role("alert").inner_text()
    check(page)


@pytest.mark.parametrize("theme", THEMES)
def test_problems_have_no_barrier(visit: Visit, administrator: User, theme: str) -> None:
    page = window(visit, administrator, theme, 390)
    page.goto("/lbadmin/no-such-page/")
    assert "Not found" in page.inner_text("main")
    check(page)

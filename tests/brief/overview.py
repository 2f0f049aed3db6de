"""The System Overview as the administrator reads and uses it."""

from playwright.sync_api import Locator, Page, expect

from tests.brief.webui import open_page, row

NOTICED = 25_000  # two failed checks, four seconds apart, and the page's own refresh
HEALTHY = {"AVS-Redirect": "Redirect", "AVS": "Healthy", "AVS-AQI": "Healthy"}


def expect_all_well(page: Page) -> None:
    """Every service is green."""
    open_page(page, "System Overview")
    for name, state in HEALTHY.items():
        expect_state(row(page, name), state)


def expect_state(place: Locator, state: str, timeout: float = NOTICED) -> None:
    """The page comes to say so by itself, without being loaded anew."""
    expect(place.get_by_text(state, exact=True)).to_be_visible(timeout=timeout)


def real_server(page: Page, service: str, name: str) -> Locator:
    """The row of a real server below its service, which is expanded if need be."""
    opener = row(page, service).get_by_role("button", name=service, exact=True)
    if opener.get_attribute("aria-expanded") != "true":
        opener.click()
    below = row(page, service).locator("xpath=following::tr")
    return below.filter(has=page.get_by_text(name, exact=True)).first

"""Layer 7 – Advanced and Manual Configuration and Floating IPs in a browser: with script, without, locked."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from apps.services.models import FloatingIP, Layer7, ManualConfiguration, VirtualService
from lbadmin.celery import app
from tests.browser.conftest import Visit
from tests.browser.test_axe import HEIGHT, THEMES, violations
from tests.browser.world import World

PAGES = ("layer-7-advanced", "layer-7-manual", "floating-ips")
ADVANCED, MANUAL, FLOATING = (f"/lbadmin/cluster/{page}/" for page in PAGES)
WRONG = "listen AVS-AQI\n    nonsense\n"


@pytest.fixture
def at_once() -> Iterator[None]:
    """The worker is this process."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def page(request: pytest.FixtureRequest, visit: Visit, world: World) -> Page:
    return visit(world.administrator, java_script_enabled=request.param).new_page()


def update(page: Page) -> None:
    page.get_by_role("button", name="Update", exact=True).click()


def test_a_password_is_set_and_removed(page: Page) -> None:
    page.goto(ADVANCED)
    page.get_by_label("Rise", exact=True).fill("3")
    page.get_by_label("Statistics Password", exact=True).fill("hunter2 and more")
    before = Layer7.get().stats_password
    update(page)
    expect(page.get_by_text("Layer 7 – Advanced Configuration updated")).to_be_visible()
    assert Layer7.get().stats_password not in {before, ""}
    expect(page.get_by_label("Statistics Password", exact=True)).to_have_value("")
    page.get_by_label("Remove the password, and with it the statistics page").check()
    update(page)
    expect(page.get_by_text("Layer 7 – Advanced Configuration updated")).to_be_visible()
    assert (Layer7.get().stats_password, Layer7.get().rise) == ("", 3)


@pytest.mark.usefixtures("at_once")
def test_manual_text_is_refused_with_its_line_and_nothing_is_lost(page: Page) -> None:
    VirtualService.objects.filter(label="AVS-AQI").update(manual=True)
    page.goto(MANUAL)
    editor = page.get_by_label("Manual Configuration", exact=True)
    editor.fill(WRONG)
    update(page)
    expect(page.get_by_text("Line 2: unknown keyword 'nonsense'").first).to_be_visible()
    expect(editor).to_have_value(WRONG)
    editor.fill("listen AVS-AQI\n    bind 10.10.40.217:1200\n")
    update(page)
    expect(page.get_by_text("HAProxy accepts it.")).to_be_visible()
    assert ManualConfiguration.get().text.startswith("listen AVS-AQI")


def test_a_floating_ip_comes_and_goes(page: Page) -> None:
    page.goto(FLOATING)
    page.get_by_label("New Floating IP", exact=True).fill("10.10.40.251")
    page.get_by_role("button", name="Add Floating IP", exact=True).click()
    expect(page.get_by_text("Floating IP 10.10.40.251 added.")).to_be_visible()
    page.get_by_role("row", name="10.10.40.251").get_by_role("link", name="Remove", exact=True).click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("Floating IP 10.10.40.251 removed.")).to_be_visible()
    assert [str(item) for item in FloatingIP.objects.all()] == ["10.10.40.250"]


def test_it_is_locked_and_unlocked(page: Page) -> None:
    page.goto(ADVANCED)
    page.get_by_label("Lock HAProxy Configuration", exact=True).check()
    update(page)
    expect(page.get_by_text("HAProxy's configuration is locked").first).to_be_visible()
    page.goto(MANUAL)
    expect(page.get_by_text("HAProxy's configuration is locked").first).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Layer 7 – Advanced Configuration").click()
    page.get_by_label("Lock HAProxy Configuration", exact=True).uncheck()
    update(page)
    expect(page.get_by_text("HAProxy's configuration is locked")).to_have_count(0)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("theme", THEMES)
def test_what_the_pages_say_has_no_barrier(visit: Visit, world: World, theme: str) -> None:
    VirtualService.objects.filter(label="AVS-AQI").update(manual=True)
    page = visit(world.administrator, color_scheme=theme, viewport={"width": 1440, "height": HEIGHT}).new_page()
    page.goto(MANUAL)
    page.get_by_label("Manual Configuration", exact=True).fill(WRONG)
    update(page)
    page.locator("#errors").wait_for()
    assert violations(page) == []
    page.goto(FLOATING)
    page.get_by_role("button", name="Add Floating IP").click()
    page.locator("#errors").wait_for()
    assert violations(page) == []
    Layer7.objects.update(locked=True)
    page.goto(ADVANCED)
    assert violations(page) == []

"""Rules in a browser: moved by keyboard and by mouse, conditions added and removed, a request tried; no barrier."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from apps.services.models import AclRule
from lbadmin.celery import app
from tests.browser.conftest import Visit
from tests.browser.test_axe import THEMES, check, window
from tests.browser.world import World

LIST = "/lbadmin/cluster/virtual-services/1/acl-rules/"


@pytest.fixture
def _at_once() -> Iterator[None]:
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def page(visit: Visit, world: World) -> Page:
    conditions = AclRule.objects.get(pk=1).conditions
    AclRule.objects.create(pk=3, service_id=1, position=3, conditions=conditions, action="tarpit")
    found = visit(world.administrator).new_page()
    found.goto(LIST)
    return found


def order(page: Page) -> list[str]:
    return page.locator(".lb-rules tbody tr td:nth-child(3)").all_inner_texts()


def stored() -> list[int]:
    return list(AclRule.objects.order_by("position").values_list("pk", flat=True))


def test_a_rule_is_moved_by_keyboard_and_keeps_the_focus(page: Page) -> None:
    page.locator("#down-1").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="ACL Rule 1 is now number 2.")).to_be_attached()
    expect(page.locator("#down-1")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="ACL Rule 2 is now number 3.")).to_be_attached()
    assert stored() == [2, 3, 1]
    assert order(page) == ["Deny", "Tarpit", "Redirect Location"]


def test_a_rule_is_dragged_to_its_place(page: Page) -> None:
    rows = page.locator(".lb-rules tbody tr")
    rows.nth(2).locator(".lb-grip").drag_to(rows.nth(0), target_position={"x": 40, "y": 3})
    expect(page.get_by_role("status").filter(has_text="ACL Rule 3 is now number 1.")).to_be_attached()
    assert stored() == [3, 1, 2]
    rows.nth(0).locator(".lb-grip").drag_to(rows.nth(1), target_position={"x": 40, "y": 40})
    expect(page.get_by_role("status").filter(has_text="ACL Rule 1 is now number 2.")).to_be_attached()
    assert stored() == [1, 3, 2]


def test_conditions_come_and_go(page: Page) -> None:
    page.get_by_role("link", name="Add a new ACL Rule").click()
    expect(page.get_by_label("Type", exact=True)).to_have_count(1)
    expect(page.get_by_label("Header Name")).to_be_hidden()
    page.get_by_label("URL/Text").fill("/a")
    for _ in range(2):
        page.get_by_role("button", name="Add another condition").click()
    page.get_by_role("group", name="Condition 2").get_by_role("button", name="Remove").click()
    second = page.get_by_role("group", name="Condition 2")
    second.get_by_label("AND/OR").select_option("OR")
    second.get_by_label("Type", exact=True).select_option("header")
    second.get_by_label("Header Name").fill("User-Agent")
    second.get_by_label("Bool").select_option("Not equal")
    page.get_by_label("Action").select_option("Deny")
    expect(page.get_by_label("Location/Value")).to_be_hidden()
    second.get_by_label("URL/Text").fill("curl")
    page.keyboard.press("Enter")  # saves, and adds no condition
    page.wait_for_url(f"**{LIST}")
    words = "If path Equals /a OR header User-Agent Not equal curl: Deny"
    assert AclRule.objects.latest("pk").words == words


def test_location_value_offers_what_the_action_needs(page: Page) -> None:
    page.goto("/lbadmin/cluster/virtual-services/acl-rules/1/")
    for action, offered in {"Use Server": ["SERVER1", "SERVER2"], "Use Backend": ["AVS-Redirect"]}.items():
        page.get_by_label("Action").select_option(action)
        name = page.get_by_label("Location/Value").get_attribute("list")
        options = page.locator(f"#{name} option")
        assert options.evaluate_all("found => found.map((one) => one.value)") == offered


def test_without_script_rules_are_moved_and_conditions_added(visit: Visit, world: World) -> None:
    page = visit(world.administrator, java_script_enabled=False).new_page()
    page.goto(LIST)
    page.locator("#up-2").click()
    assert "ACL Rule 2 is now number 1." in page.inner_text("main")
    assert stored() == [2, 1]
    page.get_by_role("link", name="Add a new ACL Rule").click()
    page.get_by_label("URL/Text").nth(0).fill("/a")
    page.get_by_role("button", name="Add another condition").click()
    assert page.get_by_label("URL/Text").nth(0).input_value() == "/a"
    page.get_by_label("Action").select_option("Deny")
    page.get_by_role("button", name="Add", exact=True).click()
    assert AclRule.objects.latest("pk").words == "If path Equals /a: Deny"


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize("theme", THEMES)
def test_a_tried_request_has_no_barrier(visit: Visit, world: World, theme: str) -> None:
    page = window(visit, world.administrator, theme, 1440)
    page.goto(LIST)
    page.get_by_label("URL", exact=True).fill("https://www.example.com/old")
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.locator("#tried")).to_have_text("AVS sends the client to https://www.example.com/ (status 302).")
    check(page)

"""The Modify page in a browser: by keyboard alone, with fields that follow choices, and with nothing lost."""

import pytest
from playwright.sync_api import Dialog, Page, expect

from apps.services.models import VirtualService
from tests.browser.conftest import Visit
from tests.browser.world import World

AQI = "/lbadmin/cluster/virtual-services/2/"
AVS = "/lbadmin/cluster/virtual-services/1/"
VISIBLE = "#main form[data-options] :is(input:not([type=hidden]), select, summary, a, button)"
COVERED = """element => {
    const box = element.getBoundingClientRect();
    const seen = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return !(seen && (element === seen || element.contains(seen) || seen.contains(element)));
}"""


@pytest.fixture
def page(visit: Visit, world: World) -> Page:
    return visit(world.administrator, viewport={"width": 1440, "height": 900}).new_page()


def focus_by_tab(page: Page, label: str, role: str = "") -> None:
    """As far as it takes; a page has fewer stops than this."""
    target = page.get_by_role(role, name=label, exact=True) if role else page.get_by_label(label, exact=True)  # type: ignore[arg-type]
    for _ in range(200):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab never came to {label}.")


def test_everything_can_be_set_by_keyboard(page: Page) -> None:
    page.goto(AQI)
    focus_by_tab(page, "Layer 7 Protocol")
    page.keyboard.press("h")  # HTTP Mode
    expect(page.get_by_label("Layer 7 Protocol")).to_have_value("http")
    focus_by_tab(page, "Persistence Mode")
    expect(page.get_by_label("Persistence Mode")).to_have_value("http")  # followed the protocol
    focus_by_tab(page, "HTTP Cookie Name")
    page.keyboard.press("Control+A")
    page.keyboard.type("ROUTE")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The cookie that tells which Real Server")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # [Advanced +] of Persistence
    focus_by_tab(page, "Cookie Max Idle Duration")
    page.keyboard.press("Control+A")
    page.keyboard.type("1h")
    expect(page.get_by_text("1 hour. Units")).to_be_visible()
    focus_by_tab(page, "Update", "button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/virtual-services/")
    saved = VirtualService.objects.get(pk=2)
    assert (saved.protocol, saved.persistence, saved.cookie, saved.cookie_idle) == ("http", "http", "ROUTE", "1h")


def test_tab_comes_to_every_control_in_order_and_none_hides_below_the_bar(page: Page) -> None:
    page.goto(AVS)
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    wanted = page.locator(VISIBLE).locator("visible=true").element_handles()
    wanted[0].focus()
    found = [page.evaluate_handle("document.activeElement").as_element()]
    for _ in wanted[1:]:
        page.keyboard.press("Tab")
        found.append(page.evaluate_handle("document.activeElement").as_element())
        assert not page.evaluate(COVERED, found[-1]), found[-1]
    assert page.evaluate("([one, other]) => one.every((element, place) => element === other[place])", [found, wanted])


def test_fields_appear_as_choices_make_them_apply(page: Page) -> None:
    page.goto(AVS)
    expect(page.get_by_label("SSL Certificate", exact=True)).to_be_visible()
    page.get_by_label("Layer 7 Protocol").select_option("TCP Mode")
    expect(page.get_by_label("SSL Certificate", exact=True)).to_be_hidden()
    expect(page.get_by_label("Persistence Mode")).to_have_value("ip")
    expect(page.get_by_label("Enable Backend Encryption")).to_be_hidden()
    expect(page.locator("#protocol summary", has_text="Advanced")).to_be_hidden()
    page.get_by_label("Health Checks", exact=True).select_option("Negotiate HTTPS (GET)")
    expect(page.get_by_label("Request to send")).to_be_visible()
    page.get_by_label("Health Checks", exact=True).select_option("MySQL")
    expect(page.get_by_label("Request to send")).to_be_hidden()
    expect(page.get_by_label("Username", exact=True)).to_have_value("mysql")


def test_a_section_without_anything_to_set_says_so(page: Page) -> None:
    page.goto(AQI)
    expect(page.locator("#ssl")).to_contain_text("Nothing to set here with these choices.", use_inner_text=True)
    page.get_by_label("Layer 7 Protocol").select_option("HTTP Mode")
    expect(page.locator("#ssl")).not_to_contain_text("Nothing to set here", use_inner_text=True)


def test_the_summary_of_errors_leads_into_advanced(page: Page) -> None:
    page.goto(AVS)
    page.locator("#other summary", has_text="Advanced").click()
    page.get_by_label("Maximum Connections").fill("none")
    page.get_by_label("Label", exact=True).fill("no good")
    page.get_by_role("button", name="Update").click()
    expect(page.locator("#errors")).to_be_focused()
    page.locator("#other summary", has_text="Advanced").click()
    expect(page.get_by_label("Maximum Connections")).to_be_hidden()
    page.locator("#errors").get_by_role("link", name="Maximum Connections").click()
    expect(page.get_by_label("Maximum Connections")).to_be_focused()
    assert page.get_by_label("Maximum Connections").input_value() == "none"  # nothing typed is lost


def test_leaving_with_something_typed_asks_first(page: Page) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.goto(AQI)
    page.get_by_label("Label", exact=True).press("End")
    page.keyboard.type("2")
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_label("Label", exact=True)).to_have_value("AVS-AQI2")
    assert asked == ["beforeunload"]


def test_the_list_of_sections_leads_and_follows(page: Page) -> None:
    page.goto(AVS)
    sections = page.get_by_role("navigation", name="Sections of this page")
    assert [words.partition("\n")[0] for words in sections.get_by_role("link").all_inner_texts()] == [
        "Virtual Service",
        "Protocol",
        "Connection Distribution Method",
        "Persistence",
        "Health Checks",
        "Feedback Method",
        "ACL Rules",
        "Header Rules",
        "Fallback Server",
        "SSL",
        "Other",
    ]
    sections.get_by_role("link", name="Fallback Server").click()
    expect(page.get_by_role("heading", name="Fallback Server")).to_be_in_viewport()
    expect(sections.locator("[aria-current]")).to_have_text("Fallback Server")


def test_without_script_every_option_stands_there_and_is_saved(visit: Visit, world: World) -> None:
    page = visit(world.administrator, java_script_enabled=False).new_page()
    page.goto(AQI)
    page.get_by_label("Layer 7 Protocol").select_option("HTTP Mode")
    page.get_by_label("Persistence Mode").select_option("HTTP Cookie")
    page.get_by_label("HTTP Cookie Name").fill("ROUTE")
    page.locator("#persistence summary", has_text="Advanced").click()
    page.get_by_label("Cookie Max Life Duration").fill("2d")
    page.get_by_role("button", name="Update").click()
    page.wait_for_url("**/virtual-services/")
    saved = VirtualService.objects.get(pk=2)
    assert (saved.protocol, saved.persistence, saved.cookie, saved.cookie_life) == ("http", "http", "ROUTE", "2d")

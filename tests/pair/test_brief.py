"""Chapter 13.1.2 of the deployment brief, as it is written: configuring the HA clustered pair, in two browsers."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.brief.webui import fill_in, open_page, press, title
from tests.lab.appliance import PASSWORD
from tests.lab.browser import chromium
from tests.pair.units import PRIMARY, SECONDARY, VIP, Unit, soon, two_units

OF_PRIMARY = "another correct horse battery"
PAGE = ("Cluster Configuration", "High-Availability Configuration")
SERVICE = {"label": "web", "address": VIP, "ports": "80", "protocol": "http"}


@dataclass
class World:
    lb1: Unit
    lb2: Unit
    primary: Page
    secondary: Page


def a_page(browser: Browser) -> Page:
    context = browser.new_context(ignore_https_errors=True, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(10_000)
    return context.new_page()


def log_in(page: Page, unit: Unit, password: str) -> None:
    page.goto(unit.appliance.url)
    fill_in(page, {"Username": "loadbalancer", "Password": password})
    press(page, "Log in")
    expect(title(page)).to_have_text("System Overview")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with two_units(tmp_path_factory.mktemp("pair")) as (lab, lb1, lb2):
        lb1.do("services", [SERVICE | {"servers": [{"label": "one", "address": "10.11.40.6", "port": 8080}]}])
        lb1.do("set_password", OF_PRIMARY)
        assert lb1.do("commit")["good"]
        with chromium(lab.node("client")) as browser:
            found = World(lb1, lb2, a_page(browser), a_page(browser))
            log_in(found.primary, lb1, OF_PRIMARY)
            log_in(found.secondary, lb2, PASSWORD)
            yield found


def pair_in_browser(page: Page, password: str) -> None:
    """Steps 2 to 5."""
    open_page(page, *PAGE)
    expect(page.get_by_role("heading", name="Create a Clustered Pair")).to_be_visible()
    fill_in(
        page,
        {
            "Local IP address": PRIMARY,
            "IP address of new peer": SECONDARY,
            "Password for loadbalancer user on peer": password,
        },
    )
    press(page, "Add new node")


def expect_paired(page: Page, role: str) -> None:
    """Step 6."""
    expect(page.get_by_role("heading", name=f"High Availability Configuration - {role}")).to_be_visible(timeout=30_000)
    for name, address in (("Primary", PRIMARY), ("Secondary", SECONDARY)):
        expect(page.get_by_role("group", name=name, exact=True)).to_contain_text(f"{name} IP: {address}")
    expect(page.get_by_role("button", name="Break Clustered Pair", exact=True)).to_be_visible()


def test_a_wrong_password_is_said_and_nothing_typed_is_lost(world: World) -> None:
    pair_in_browser(world.primary, "not this one")
    expect(world.primary.get_by_role("alert")).to_contain_text("on lb2 is another one", timeout=20_000)
    expect(world.primary.get_by_label("IP address of new peer", exact=True)).to_have_value(SECONDARY)
    assert not world.lb1.look()["acquainted"]


def test_the_second_appliance_is_added(world: World) -> None:
    pair_in_browser(world.primary, PASSWORD)
    expect_paired(world.primary, "primary")


def test_the_session_on_the_secondary_ends_and_the_primarys_password_counts_there(world: World) -> None:
    world.secondary.reload()
    expect(world.secondary.get_by_role("button", name="Log in", exact=True)).to_be_visible()
    log_in(world.secondary, world.lb2, OF_PRIMARY)
    open_page(world.secondary, *PAGE)
    expect_paired(world.secondary, "secondary")


def finalize(page: Page, restarted: str) -> None:
    """Step 7."""
    box = page.get_by_role("region", name="Commit changes")
    expect(box).to_be_visible()
    press(page, "Restart Heartbeat")
    expect(page.get_by_text(restarted)).to_be_visible(timeout=30_000)
    press(page, "Reload HAProxy")
    expect(page.get_by_text("HAProxy was reloaded and runs the saved configuration.")).to_be_visible()
    expect(box).to_be_hidden()


def test_heartbeat_is_restarted_on_both_from_the_commit_box(world: World) -> None:
    finalize(world.primary, "Heartbeat was restarted on both units.")
    assert (world.lb1.look()["active"], world.lb2.look()["active"]) == (True, False)


def lit(page: Page) -> list[str]:
    return page.get_by_role("list", name="State of this unit").locator("[aria-current=true]").all_inner_texts()


def test_the_headers_of_both_tell_the_normal_state_of_a_pair(world: World) -> None:
    for page, words in ((world.primary, ["Primary", "Active"]), (world.secondary, ["Secondary", "Passive"])):

        def is_so(page: Page = page, words: list[str] = words) -> bool:
            page.reload()
            return lit(page) == [*words, "Link"]

        assert soon(is_so, 20), lit(page)
        expect(page.get_by_role("list", name="State of this unit")).to_contain_text("In sync", timeout=20_000)


def test_pages_of_the_secondary_are_read_only_and_say_why(world: World) -> None:
    page = world.secondary
    open_page(page, "Cluster Configuration", "Layer 7 – Virtual Services")
    expect(page.get_by_text("This unit is the Secondary")).to_be_visible()
    expect(page.get_by_text("web", exact=True)).to_be_visible()


def test_the_pair_is_broken_and_made_again(world: World) -> None:
    page = world.primary
    open_page(page, *PAGE)
    press(page, "Break Clustered Pair")
    expect(page.get_by_text("keeps its whole configuration")).to_be_visible()
    press(page, "Break Clustered Pair")
    expect(page.get_by_text("The pair is broken.")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("heading", name="Create a Clustered Pair")).to_be_visible(timeout=20_000)
    assert (world.lb1.look()["services"], world.lb2.look()["services"]) == (["web"], [])
    finalize(page, "Heartbeat was restarted.")
    pair_in_browser(page, OF_PRIMARY)
    expect_paired(page, "primary")

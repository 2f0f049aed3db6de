"""The administrator takes SERVER1 out of AVS and puts it back, from the System Overview."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.brief.overview import expect_all_well, expect_state, real_server
from tests.brief.steps import reload_haproxy
from tests.brief.traffic import Client
from tests.brief.webui import open_page, press

AT_ONCE = 6_000


@pytest.fixture
def cookies(reloaded: Page, client: Client, tmp_path: Path) -> Iterator[Path]:
    """A browser that is on SERVER1."""
    expect_all_well(reloaded)
    for number in range(20):
        file = tmp_path / f"cookies-{number}"
        if client.get_avs_as(file).server == "SERVER1":
            break
    else:
        pytest.fail("No new browser was given to SERVER1.")
    yield file
    open_page(reloaded, "System Overview")
    back = real_server(reloaded, "AVS", "SERVER1").get_by_role("button", name=re.compile("Online"))
    if back.is_visible():  # the test failed in between
        back.click()


def new_browsers(client: Client) -> set[str]:
    """Where ten new browsers land."""
    return {client.get_avs().server for _ in range(10)}


def test_drain_keeps_old_browsers_and_takes_no_new_ones(reloaded: Page, client: Client, cookies: Path) -> None:
    press(real_server(reloaded, "AVS", "SERVER1"), "Drain")
    expect_state(real_server(reloaded, "AVS", "SERVER1"), "Draining", AT_ONCE)
    assert new_browsers(client) == {"SERVER2"}
    assert client.get_avs_as(cookies).server == "SERVER1"
    reload_haproxy(reloaded)
    open_page(reloaded, "System Overview")
    expect_state(real_server(reloaded, "AVS", "SERVER1"), "Draining", AT_ONCE)
    assert new_browsers(client) == {"SERVER2"}
    press(real_server(reloaded, "AVS", "SERVER1"), "Online (Drain)")
    expect_state(real_server(reloaded, "AVS", "SERVER1"), "Up", AT_ONCE)
    assert client.get_avs_as(cookies).server == "SERVER1"


def test_halt_moves_every_browser_away(reloaded: Page, client: Client, cookies: Path) -> None:
    press(real_server(reloaded, "AVS", "SERVER1"), "Halt")
    expect_state(real_server(reloaded, "AVS", "SERVER1"), "Halted", AT_ONCE)
    expect_state(real_server(reloaded, "AVS-AQI", "SERVER1"), "Up", AT_ONCE)
    assert new_browsers(client) == {"SERVER2"}
    assert client.get_avs_as(cookies).server == "SERVER2"
    reload_haproxy(reloaded)
    open_page(reloaded, "System Overview")
    expect_state(real_server(reloaded, "AVS", "SERVER1"), "Halted", AT_ONCE)
    assert new_browsers(client) == {"SERVER2"}
    press(real_server(reloaded, "AVS", "SERVER1"), "Online (Halt)")
    expect_all_well(reloaded)
    expect(real_server(reloaded, "AVS", "SERVER1").get_by_role("button", name="Halt", exact=True)).to_be_visible()
    assert "SERVER1" in new_browsers(client)

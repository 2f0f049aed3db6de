"""Real servers fail and come back: the overview tells, and clients notice as little as possible."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.brief.overview import expect_all_well, expect_state, real_server
from tests.brief.traffic import Client
from tests.brief.webui import row
from tests.lab.backends import Backend


@pytest.fixture(scope="module")
def cookies(reloaded: Page, client: Client, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A browser that is on SERVER2."""
    expect_all_well(reloaded)
    for number in range(20):
        file = tmp_path_factory.getbasetemp() / f"cookies-{number}"
        if client.get_avs_as(file).server == "SERVER2":
            return file
    pytest.fail("No new browser was given to SERVER2.")


@pytest.fixture(scope="module")
def server2_down(cookies: Path, servers: dict[str, Backend]) -> Iterator[None]:
    """Only its port 443; 1200 goes on."""
    servers["SERVER2"].stop(443)
    yield
    servers["SERVER2"].start()


@pytest.fixture(scope="module")
def both_down(server2_down: None, servers: dict[str, Backend]) -> Iterator[None]:
    servers["SERVER1"].stop(443)
    yield
    servers["SERVER1"].start()


def test_no_request_fails_when_a_server_dies(server2_down: None, client: Client, cookies: Path) -> None:
    answers = [client.get_avs() for _ in range(20)] + [client.get_avs_as(cookies) for _ in range(20)]
    assert {(answer.status, answer.server) for answer in answers} == {(200, "SERVER1")}


def test_the_overview_shows_the_dead_server_red_and_its_service_yellow(
    server2_down: None, reloaded: Page, picture: Callable[[str], None]
) -> None:
    expect_state(row(reloaded, "AVS"), "Degraded")
    expect_state(real_server(reloaded, "AVS", "SERVER2"), "Down")
    expect_state(real_server(reloaded, "AVS", "SERVER1"), "Up")
    expect_state(row(reloaded, "AVS-AQI"), "Healthy")
    picture("overview-down")


def test_clients_see_the_fallback_page_when_both_are_dead(both_down: None, reloaded: Page, client: Client) -> None:
    expect_state(row(reloaded, "AVS"), "Down")
    answer = client.get_avs()
    assert answer.status == 503
    assert "The service is unavailable" in answer.body


def test_everything_is_green_again_when_they_are_back(
    both_down: None, reloaded: Page, client: Client, servers: dict[str, Backend]
) -> None:
    for backend in servers.values():
        backend.start()
    expect_all_well(reloaded)
    assert client.get_avs().status == 200

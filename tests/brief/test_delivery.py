"""Chapter 10.2: the application is reached through the virtual services."""

from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.brief.overview import expect_all_well
from tests.brief.steps import VIP, reload_haproxy
from tests.brief.traffic import Client, fingerprint
from tests.lab.lab import CLIENTS

BOTH = {"SERVER1", "SERVER2"}


@pytest.fixture(scope="module", autouse=True)
def all_well(reloaded: Page) -> None:
    expect_all_well(reloaded)


def test_plain_http_is_sent_to_https_for_good(client: Client) -> None:
    answer = client.get(f"http://{VIP}/patients?id=1")
    assert (answer.status, answer.redirect) == (301, f"https://{VIP}/patients?id=1")


def test_a_browser_speaks_http2_and_sees_the_uploaded_certificate(client: Client, certificate: Path) -> None:
    answer = client.get_avs()
    assert (answer.status, answer.version) == (200, "2")
    assert client.served_certificate() == fingerprint(certificate.read_text())
    resolved = ("--resolve", f"intuition.example:443:{VIP}", "--cacert", str(certificate), "--no-insecure")
    assert client.get("https://intuition.example/", *resolved).status == 200


def test_a_real_server_learns_who_asks(client: Client) -> None:
    told = client.get_avs("--interface", CLIENTS[1]).told
    assert told["headers"]["x-forwarded-for"] == CLIENTS[1]
    assert told["client"] == "10.10.40.11"


def test_a_browser_stays_on_its_server_by_cookie(client: Client, tmp_path: Path) -> None:
    cookies = tmp_path / "cookies"
    servers = {client.get_avs_as(cookies).server for _ in range(20)}
    assert len(servers) == 1
    assert servers < BOTH
    assert f"SERVERID\t{servers.pop()}" in cookies.read_text()


def test_new_browsers_are_spread_over_the_servers(client: Client) -> None:
    seen = Counter(client.get_avs().server for _ in range(20))
    assert seen.keys() == BOTH
    assert min(seen.values()) >= 5


def test_tcp_clients_stay_on_their_server_by_address_even_over_a_reload(client: Client, reloaded: Page) -> None:
    first = {address: client.talk(address, "hello", "again") for address in CLIENTS}
    assert {server for server, *_ in first.values()} == BOTH
    assert all(echo == ["hello", "again"] for _, *echo in first.values())
    # The other way round: without memory the same order would give the same servers again.
    backwards = CLIENTS[::-1]
    assert {address: client.talk(address, "hello", "again") for address in backwards} == first
    reload_haproxy(reloaded)
    assert {address: client.talk(address, "hello", "again") for address in backwards} == first

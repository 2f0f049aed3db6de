"""Chapters 8.3, 9 and 10.1: what the administrator sees after each step of the brief."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.brief.overview import expect_all_well, real_server
from tests.brief.steps import REAL_SERVERS, SERVERS, SERVICES, VIP
from tests.brief.webui import expect_information, fill_in, follow, open_page, press, row, title
from tests.lab.appliance import Appliance


def test_log_in(page: Page) -> None:
    expect(title(page)).to_have_text("System Overview")


def test_upload_the_certificate(page: Page, uploaded: Path) -> None:
    open_page(page, "Cluster Configuration", "SSL Certificate")
    expect(row(page, "intuition-cert")).to_contain_text("intuition.example")


def test_add_the_service_that_redirects_to_https(page: Page, redirect: str) -> None:
    open_page(page, *SERVICES)
    expect(row(page, redirect).get_by_role("cell")).to_contain_text([redirect, VIP, "80", "HTTP Mode"])
    follow(row(page, redirect), "Modify")
    expect(page.get_by_label("Force to HTTPS", exact=True)).to_be_checked()


@pytest.mark.parametrize(("service", "port"), [("avs", "443"), ("avs_aqi", "1200")])
def test_add_a_service_with_two_real_servers(
    request: pytest.FixtureRequest, page: Page, service: str, port: str
) -> None:
    label = request.getfixturevalue(service)
    open_page(page, *SERVICES)
    expect(row(page, label).get_by_role("cell")).to_contain_text([label, VIP, port])
    open_page(page, *REAL_SERVERS)
    servers = page.get_by_role("region", name=label, exact=True)
    for name, address in SERVERS.items():
        expect(row(servers, name).get_by_role("cell")).to_contain_text([name, address, port, "100"])


def test_give_tcp_connections_timeouts_of_their_own(page: Page, avs_aqi: str, picture: Callable[[str], None]) -> None:
    open_page(page, *SERVICES)
    follow(row(page, avs_aqi), "Modify")
    expect(page.get_by_label("Timeout", exact=True)).to_be_checked()
    expect(page.get_by_label("Client Timeout", exact=True)).to_have_value("92s")
    expect(page.get_by_label("Real Server Timeout", exact=True)).to_have_value("93s")
    picture("modify")


def test_reload_haproxy(reloaded: Page, appliance: Appliance) -> None:
    expect(reloaded.get_by_role("heading", name="Commit changes", exact=True)).to_have_count(0)
    _, _, avs_aqi = appliance.paths.haproxy_config.read_text().partition("listen AVS-AQI\n")
    assert "    timeout client 92s\n    timeout server 93s\n" in avs_aqi


def test_see_everything_green_in_the_overview(reloaded: Page, picture: Callable[[str], None]) -> None:
    expect_all_well(reloaded)
    heads = [text.upper() for text in reloaded.get_by_role("columnheader").all_text_contents()]
    assert heads[-7:] == ["VIRTUAL SERVICE", "IP", "PORTS", "CONNS", "PROTOCOL", "METHOD", "MODE"]
    for name, port, protocol in (("AVS-Redirect", "80", "HTTP"), ("AVS", "443", "HTTP2"), ("AVS-AQI", "1200", "TCP")):
        cells = row(reloaded, name).get_by_role("cell")
        expect(cells).to_contain_text([name, VIP, port, "0", protocol, "Layer 7", "Proxy"])
    for name, address in SERVERS.items():
        server = real_server(reloaded, "AVS", name)
        expect(server.get_by_role("cell")).to_contain_text(["Up", name, address, "443", "100", "0"])
    picture("overview")


def test_reload_with_the_button_in_the_commit_changes_box(reloaded: Page, appliance: Appliance) -> None:
    box = reloaded.get_by_role("region", name="Commit changes", exact=True)
    for weight in ("50", "100"):
        open_page(reloaded, *REAL_SERVERS)
        follow(row(reloaded.get_by_role("region", name="AVS", exact=True), "SERVER1"), "Modify")
        fill_in(reloaded, {"Weight": weight})
        press(reloaded, "Update")
        expect(box).to_contain_text("AVS changed")
        press(box, "Reload HAProxy")
        expect_information(reloaded, "The changes were made in the running HAProxy.")  # a weight needs no reload
        expect(box).to_have_count(0)
        assert f"10.10.40.6:443 id 2 weight {weight}" in appliance.paths.haproxy_config.read_text()

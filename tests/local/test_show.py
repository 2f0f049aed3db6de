"""The real appliance shows another certificate: kept it stays, else the one from before comes back."""

import sqlite3
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.brief import steps
from tests.brief.webui import expect_information, fill_in, follow, open_page, press
from tests.lab.appliance import Appliance, running_appliance
from tests.lab.browser import chromium
from tests.lab.lab import APPLIANCE, Lab

PATIENCE = 90_000
KEEP = "Keep these settings"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="module")
def appliance(lab: Lab) -> Iterator[Appliance]:
    with running_appliance(lab.node("lb1"), lab.node("client")) as appliance:
        yield appliance


@pytest.fixture(scope="module")
def page(lab: Lab, appliance: Appliance) -> Iterator[Page]:
    with chromium(lab.node("client")) as browser:
        page = browser.new_context(ignore_https_errors=True).new_page()
        steps.log_in(page, appliance)
        yield page


def test_a_certificate_is_tried_and_kept(lab: Lab, page: Page) -> None:
    assert "CN=lb.example" not in subject(lab)
    make(page, "kept", "lb.example")
    choose(page, "kept")
    keep = page.get_by_role("button", name=KEEP, exact=True)
    expect(keep).to_be_visible(timeout=PATIENCE)
    assert "CN=lb.example" in subject(lab)
    keep.click()
    expect_information(page, "Kept: the WebUI shows the certificate kept.")


def test_what_nobody_keeps_returns(lab: Lab, appliance: Appliance, page: Page) -> None:
    make(page, "forgotten", "other.example")
    choose(page, "forgotten")
    expect(page.get_by_role("button", name=KEEP, exact=True)).to_be_visible(timeout=PATIENCE)
    assert "CN=other.example" in subject(lab)
    end_the_time(appliance)
    deadline = time.monotonic() + PATIENCE / 1000
    while "CN=lb.example" not in subject(lab):
        assert time.monotonic() < deadline
        time.sleep(1)
    page.reload()
    open_page(page, "Local Configuration", "Security")
    note = page.get_by_role("note").filter(has_text="Nobody kept it in time.")
    while not note.is_visible():  # it is told once the WebUI was seen to serve the old one
        assert time.monotonic() < deadline
        time.sleep(1)
        page.reload()


def make(page: Page, label: str, domain: str) -> None:
    open_page(page, "Cluster Configuration", "SSL Certificate")
    follow(page, "Add a new SSL Certificate")
    page.get_by_label("Create a new Self-Signed SSL Certificate.", exact=True).check()
    fill_in(page, {"Label": label, "Domain (CN)": domain})
    press(page, "Create Certificate")


def choose(page: Page, label: str) -> None:
    open_page(page, "Local Configuration", "Security")
    fill_in(page, {"WebUI: SSL certificate": label})
    press(page, "Update")


def subject(lab: Lab) -> str:
    shown = lab.node("client").run(["curl", "-kvs", f"https://{APPLIANCE}:9443/lbadmin/login/"], check=False)
    return str(shown.stderr)


def end_the_time(appliance: Appliance) -> None:
    """Two minutes pass."""
    with sqlite3.connect(appliance.paths.database, timeout=20) as database:
        database.execute("UPDATE local_trial SET deadline = datetime('now', '-1 second')")
    database.close()

"""The real appliance moves its WebUI to another port: kept it stays, else it comes back, whatever dies meanwhile."""

import re
import sqlite3
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.brief import steps
from tests.brief.webui import expect_information, fill_in, open_page, press
from tests.lab.appliance import Appliance, running_appliance
from tests.lab.browser import chromium
from tests.lab.lab import APPLIANCE, Lab

PATIENCE = 90_000  # beat asks every ten seconds, and machines that test are busy
PAGE = ("Local Configuration", "Service Socket Addresses")
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
    """Logged in once: who is logged in stays it on every port."""
    with chromium(lab.node("client")) as browser:
        page = browser.new_context(ignore_https_errors=True).new_page()
        steps.log_in(page, appliance)
        yield page


def test_what_is_kept_stays(lab: Lab, appliance: Appliance, page: Page) -> None:
    move(page, 9555)
    keep = page.get_by_role("button", name=KEEP, exact=True)
    expect(keep).to_be_visible(timeout=PATIENCE)
    assert "They return by themselves in" in page.inner_text("#trial")
    keep.click()
    expect_information(page, "Kept: the WebUI listens on all addresses, port 9555.")
    end_the_time(appliance)
    time.sleep(12)  # beat has asked
    assert answers(lab, 9555)
    assert not answers(lab, 9443)


def test_what_nobody_keeps_returns(lab: Lab, appliance: Appliance, page: Page) -> None:
    before = port(page)
    move(page, 9556)
    expect(page.get_by_role("button", name=KEEP, exact=True)).to_be_visible(timeout=PATIENCE)
    assert not answers(lab, before)
    end_the_time(appliance)
    arrives(page, before)  # the page follows
    assert not answers(lab, 9556)
    open_page(page, *PAGE)
    expect(page.get_by_role("note").filter(has_text="Nobody kept it in time.")).to_be_visible()
    expect(page.get_by_label("Port", exact=True)).to_have_value(str(before))


def test_it_returns_although_the_worker_was_killed(lab: Lab, appliance: Appliance, page: Page) -> None:
    before = port(page)
    move(page, 9557)
    expect(page.get_by_role("button", name=KEEP, exact=True)).to_be_visible(timeout=PATIENCE)
    worker = process(appliance, "-Q jobs")
    appliance.node.run(["kill", "-9", worker])
    end_the_time(appliance)
    arrives(page, before)
    assert not answers(lab, 9557)
    assert process(appliance, "-Q jobs") != worker


def test_an_address_is_kept_through_itself_only(lab: Lab, page: Page) -> None:
    """The port stays the same, and so does the URL; the socket is another one."""
    open_page(page, *PAGE)
    fill_in(page, {"Address": APPLIANCE})
    press(page, "Update")
    keep = page.get_by_role("button", name=KEEP, exact=True)
    expect(keep).to_be_visible(timeout=PATIENCE)
    keep.click()
    expect_information(page, f"Kept: the WebUI listens on {APPLIANCE}, port {port(page)}.")
    assert answers(lab, port(page))
    assert lab.node("lb1").run(["curl", "-ks", f"https://127.0.0.1:{port(page)}/"], check=False).returncode == 7


def move(page: Page, to: int) -> None:
    """Update, and let the page follow."""
    open_page(page, *PAGE)
    fill_in(page, {"Port": str(to)})
    press(page, "Update")
    expect(page.get_by_role("link", name=f"https://{APPLIANCE}:{to}/lbadmin/", exact=True)).to_be_visible()
    arrives(page, to)


def arrives(page: Page, at: int) -> None:
    page.wait_for_url(re.compile(f":{at}/"), timeout=PATIENCE)


def port(page: Page) -> int:
    return urlsplit(page.url).port or 443


def answers(lab: Lab, at: int) -> bool:
    words = ["curl", "-ks", "--max-time", "5", "-o", "/dev/null", f"https://{APPLIANCE}:{at}/lbadmin/login/"]
    return lab.node("client").run(words, check=False).returncode == 0


def process(appliance: Appliance, words: str) -> str:
    found = [line.split()[0] for line in appliance.node.processes() if words in line]
    assert len(found) == 1, found
    return found[0]


def end_the_time(appliance: Appliance) -> None:
    """Two minutes pass."""
    with sqlite3.connect(appliance.paths.database, timeout=20) as database:
        database.execute("UPDATE local_trial SET deadline = datetime('now', '-1 second')")
    database.close()

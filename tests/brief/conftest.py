"""One lab and one appliance for the whole brief. Each step of it is a fixture; asking for one does those before."""

import os
import subprocess
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.brief import steps
from tests.brief.traffic import Client
from tests.lab.appliance import Appliance, running_appliance
from tests.lab.backends import Backend
from tests.lab.browser import chromium
from tests.lab.lab import Lab

expect.set_options(timeout=10_000)
WITNESSES: list[Callable[[], str]] = []


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="package")
def servers(lab: Lab) -> dict[str, Backend]:
    """SERVER1 and SERVER2, each with its web service on 443 and its TCP service on 1200."""
    kinds = {443: "http", 1200: "tcp"}
    return {name: Backend(lab.node(node), name, kinds) for name, node in (("SERVER1", "srv1"), ("SERVER2", "srv2"))}


@pytest.fixture(scope="package")
def client(lab: Lab) -> Client:
    return Client(lab.node("client"))


@pytest.fixture(scope="package")
def appliance(lab: Lab) -> Iterator[Appliance]:
    with running_appliance(lab.node("lb1"), lab.node("client")) as appliance, shown_on_failure(appliance.log):
        yield appliance


@pytest.fixture(scope="package")
def new_page(lab: Lab, appliance: Appliance) -> Iterator[Page]:
    with chromium(lab.node("client")) as browser:
        context = browser.new_context(ignore_https_errors=True, viewport={"width": 1440, "height": 900})
        context.set_default_timeout(10_000)
        page = context.new_page()
        with shown_on_failure(page.locator("body").inner_text):
            yield page


@pytest.fixture(scope="package")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """intuition-cert.pem: certificate and key in one file."""
    directory = tmp_path_factory.mktemp("certificate")
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "365"]
    words += ["-subj", "/CN=intuition.example", "-addext", "subjectAltName=DNS:intuition.example"]
    words += ["-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(words, cwd=directory, check=True, capture_output=True)
    file = directory / "intuition-cert.pem"
    file.write_text((directory / "cert.pem").read_text() + (directory / "key.pem").read_text())
    return file


@pytest.fixture(scope="package")
def page(new_page: Page, appliance: Appliance) -> Page:
    """Chapter 8.3: logged in."""
    steps.log_in(new_page, appliance)
    return new_page


@pytest.fixture(scope="package")
def uploaded(page: Page, certificate: Path) -> Path:
    """Chapter 9.1."""
    steps.upload_certificate(page, certificate)
    return certificate


@pytest.fixture(scope="package")
def redirect(page: Page, uploaded: Path) -> str:
    """Chapter 9.2."""
    steps.add_redirect(page)
    return "AVS-Redirect"


@pytest.fixture(scope="package")
def avs(page: Page, redirect: str) -> str:
    """Chapter 9.3."""
    steps.add_avs(page)
    steps.add_real_servers(page, "AVS", port="443")
    return "AVS"


@pytest.fixture(scope="package")
def avs_aqi(page: Page, avs: str) -> str:
    """Chapter 9.4."""
    steps.add_avs_aqi(page)
    steps.add_real_servers(page, "AVS-AQI", port="1200")
    return "AVS-AQI"


@pytest.fixture(scope="package")
def reloaded(page: Page, avs_aqi: str, servers: dict[str, Backend]) -> Page:
    """Chapter 9.5: everything is configured and HAProxy reloaded."""
    steps.reload_haproxy(page)
    return page


@pytest.fixture(scope="package")
def picture(page: Page, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], None]:
    """Makes the README's pictures, in the directory that LBADMIN_SCREENSHOTS names if they are to be kept."""
    directory = Path(os.environ.get("LBADMIN_SCREENSHOTS") or tmp_path_factory.mktemp("pictures"))

    def make(name: str) -> None:
        page.screenshot(path=directory / f"{name}.png", animations="disabled")

    return make


@contextmanager
def shown_on_failure(words: Callable[[], str]) -> Iterator[None]:
    """What this says is part of every failure while it is open."""
    WITNESSES.append(words)
    yield
    WITNESSES.remove(words)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        report.sections += [("at that moment", words()) for words in WITNESSES]
    return report

"""The deployment brief's chapters 8.3 and 9, step by step as they are written."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.brief.webui import expect_information, fill_in, follow, open_page, press, row, section, title
from tests.lab.appliance import PASSWORD, Appliance

VIP = "10.10.40.217"
SERVERS = {"SERVER1": "10.10.40.6", "SERVER2": "10.10.40.7"}
SERVICES = ("Cluster Configuration", "Layer 7 – Virtual Services")
REAL_SERVERS = ("Cluster Configuration", "Layer 7 – Real Servers")


def log_in(page: Page, appliance: Appliance) -> None:
    """8.3."""
    page.goto(appliance.url)
    fill_in(page, {"Username": "loadbalancer", "Password": PASSWORD})
    press(page, "Log in")
    expect(title(page)).to_have_text("System Overview")
    expect(page.get_by_text("No Virtual Services configured.", exact=True)).to_be_visible()


def upload_certificate(page: Page, file: Path) -> None:
    """9.1."""
    open_page(page, "Cluster Configuration", "SSL Certificate")
    follow(page, "Add a new SSL Certificate")
    page.get_by_label("Upload prepared PEM/PFX file", exact=True).check()
    fill_in(page, {"Label": "intuition-cert"})
    page.get_by_label("File to upload", exact=True).set_input_files(file)
    press(page, "Upload Certificate")
    expect_information(page, "intuition-cert")


def add_redirect(page: Page) -> None:
    """9.2.1."""
    _add_service(page, {"Label": "AVS-Redirect", "IP Address": VIP, "Ports": "80", "Layer 7 Protocol": "HTTP Mode"})
    _modify_service(page, "AVS-Redirect")
    fill_in(page, {"Force to HTTPS": True, "HTTPS Redirect Code": "301 (Moved Permanently)"})
    _update(page, "AVS-Redirect")


def add_avs(page: Page) -> None:
    """9.3.1."""
    values = {"Label": "AVS", "IP Address": VIP, "Ports": "443", "Layer 7 Protocol": "HTTP/2 Mode"}
    _add_service(page, values | {"SSL Certificate": "intuition-cert"})
    _modify_service(page, "AVS")
    _update(page, "AVS")


def add_avs_aqi(page: Page) -> None:
    """9.4.1."""
    _add_service(page, {"Label": "AVS-AQI", "IP Address": VIP, "Ports": "1200", "Layer 7 Protocol": "TCP Mode"})
    _modify_service(page, "AVS-AQI")
    section(page, "Other").get_by_text("[Advanced +]", exact=True).click()
    fill_in(page, {"Timeout": True, "Client Timeout": "92s", "Real Server Timeout": "93s"})
    _update(page, "AVS-AQI")


def add_real_servers(page: Page, service: str, port: str) -> None:
    """9.3.2 and 9.4.2."""
    for label, address in SERVERS.items():
        open_page(page, *REAL_SERVERS)
        follow(page.get_by_role("region", name=service, exact=True), "Add a new Real Server")
        fill_in(page, {"Label": label, "Real Server IP Address": address, "Real Server Port": port})
        expect(page.get_by_label("Re-Encrypt to Backend", exact=True)).not_to_be_checked()
        expect(page.get_by_label("Weight", exact=True)).to_have_value("100")
        _update(page, label)


def reload_haproxy(page: Page) -> None:
    """9.5."""
    open_page(page, "Maintenance", "Restart Services")
    press(page.get_by_role("region", name="Restart Services", exact=True), "Reload HAProxy")
    expect_information(page, "HAProxy was reloaded")


def _add_service(page: Page, values: dict[str, str]) -> None:
    open_page(page, *SERVICES)
    follow(page, "Add a new Virtual Service")
    fill_in(page, values)
    _update(page, values["Label"])


def _modify_service(page: Page, label: str) -> None:
    follow(row(page, label), "Modify")
    expect(page.get_by_label("Label", exact=True)).to_have_value(label)


def _update(page: Page, label: str) -> None:
    press(page, "Update")
    expect_information(page, label)

"""SSL Certificate in a browser: the three ways to add one, and the way of a request."""

import pytest
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.certificates.models import Certificate
from tests.browser.conftest import Visit
from tests.browser.test_axe import Complaints, check, window
from tests.certificates.conftest import intermediate, root, workshop
from tests.certificates.openssl import Issued, Workshop, openssl
from tests.certificates.pages import LIST

__all__ = ["intermediate", "root", "workshop"]  # fixtures

ADD = "Add a new SSL Certificate"
CSR = "Create a new SSL Certificate Signing Request (CSR)"
SELF_SIGNED = "Create a new Self-Signed SSL Certificate."


@pytest.fixture
def page(visit: Visit, administrator: User, cached: None) -> Page:
    opened = visit(administrator).new_page()
    opened.goto(LIST)
    return opened


def fill(page: Page, label: str, value: str) -> None:
    page.get_by_label(label, exact=True).fill(value)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def ask(page: Page, label: str, domain: str) -> None:
    page.get_by_role("link", name=ADD, exact=True).click()
    page.get_by_label(CSR, exact=True).check()
    fill(page, "Label", label)
    fill(page, "Domain (CN)", domain)
    page.get_by_label("CSR Key Size", exact=True).select_option("P-256")
    press(page, "Create CSR")


def signed(workshop: Workshop, request: str, by: Issued) -> str:
    (workshop.path / "ca.pem").write_bytes(by.pem)
    words = ["-copy_extensions", "copy", "-days", "90", "-CA", "ca.pem", "-CAkey", "ca.pem"]
    return openssl("x509", "-req", *words, cwd=workshop.path, stdin=request.encode()).decode()


def test_each_way_shows_its_own_fields_and_button(page: Page) -> None:
    page.get_by_role("link", name=ADD, exact=True).click()
    for way, fields, button in [
        ("Upload prepared PEM/PFX file", ["File to upload", "PFX File Password"], "Upload Certificate"),
        (CSR, ["Domain (CN)", "Subject alternative names", "CSR Key Size"], "Create CSR"),
        (SELF_SIGNED, ["Domain (CN)", "Signature Algorithm", "Days"], "Create Certificate"),
    ]:
        page.get_by_label(way, exact=True).check()
        every = ["File to upload", "PFX File Password", "Domain (CN)", "Subject alternative names", "CSR Key Size"]
        for field in [*every, "Signature Algorithm", "Days"]:
            expect(page.get_by_label(field, exact=True)).to_be_visible(visible=field in fields or _shared(way, field))
        for name in ("Upload Certificate", "Create CSR", "Create Certificate"):
            expect(page.get_by_role("button", name=name, exact=True)).to_have_count(int(name == button))


def _shared(way: str, field: str) -> bool:
    """Fields that both ways to make one have."""
    return way in {CSR, SELF_SIGNED} and field not in {"File to upload", "PFX File Password", "Days"}


def test_a_request_is_copied_signed_and_brought_back(page: Page, workshop: Workshop, intermediate: Issued) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, "aqi", "aqi.hospital.example")
    expect(page.get_by_role("heading", name="CSR pending", exact=True)).to_be_visible()
    press(page, "Copy")
    expect(page.get_by_text("Copied.", exact=True)).to_be_visible()
    request = page.evaluate("navigator.clipboard.readText()")
    fill(page, "Signed certificate", signed(workshop, request, intermediate))
    fill(page, "Intermediate certificates", intermediate.certificate.decode())
    press(page, "Upload Certificate")
    expect(page.get_by_text("SSL Certificate uploaded successfully: aqi")).to_be_visible()
    assert Certificate.objects.get().issuer == "Example TLS CA 3"


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_search_filter_and_removing(visit: Visit, administrator: User, cached: None, script: bool) -> None:
    page = visit(administrator, java_script_enabled=script).new_page()
    page.goto(LIST)
    for label in ("first", "second"):
        page.get_by_role("link", name=ADD, exact=True).click()
        page.get_by_label(SELF_SIGNED, exact=True).check()
        fill(page, "Label", label)
        fill(page, "Domain (CN)", f"{label}.example")
        press(page, "Create Certificate")
    fill(page, "Search", "second")
    page.get_by_label("Show", exact=True).select_option("unused")
    if not script:
        press(page, "Search")
    expect(page.locator("#certificates").get_by_text("first", exact=True)).to_have_count(0)
    page.get_by_label("Select second", exact=True).check()
    press(page, "Remove")
    expect(page.get_by_role("heading", name="Remove second", exact=True)).to_be_visible()
    press(page, "Remove")
    expect(page.get_by_text("Removed: second.")).to_be_visible()
    assert Certificate.objects.get().label == "first"


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_barrier(
    visit: Visit, administrator: User, cached: None, root: Issued, workshop: Workshop, theme: str, width: int
) -> None:
    page = window(visit, administrator, theme, width)
    complaints = Complaints()
    complaints.listen(page)
    page.goto(LIST)
    ask(page, "aqi", "aqi.hospital.example")
    check(page)
    press(page, "Upload Certificate")
    page.locator("#errors").wait_for()
    check(page)
    page.goto(f"{LIST}add/")
    page.get_by_label("File to upload", exact=True).set_input_files(
        {"name": "ca.pem", "mimeType": "", "buffer": root.certificate}
    )
    fill(page, "Label", "clients")
    press(page, "Upload Certificate")
    authority = Certificate.objects.get(label="clients").pk
    page.goto(f"{LIST}{authority}/revocation-list/")
    check(page)
    page.get_by_label("File to upload", exact=True).set_input_files(
        {"name": "crl.pem", "mimeType": "", "buffer": workshop.revocation_list(root)}
    )
    press(page, "Upload CRL")
    check(page)
    page.goto(f"{LIST}{authority}/revocation-list/remove/")
    check(page)
    page.goto(LIST)
    check(page)
    assert [text for text in complaints if "422" not in text] == []

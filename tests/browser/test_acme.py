"""ACME in a browser: an account, an order, and how it goes on without reloading the page."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.certificates.models import AcmeOrder, Certificate
from tests.browser.conftest import Visit
from tests.browser.test_axe import check, window
from tests.browser.test_certificates import ADD, fill, press
from tests.certificates.pages import LIST

ACME = "Get a certificate by ACME"
PROBLEM = "The authority could not connect: www.hospital.example: Timeout during connect."


def add_account(page: Page) -> None:
    page.get_by_role("link", name="ACME accounts", exact=True).click()
    page.get_by_role("link", name="Add a new ACME account", exact=True).click()
    fill(page, "Label", "le-staging")
    page.get_by_label("Certificate authority", exact=True).select_option("Let's Encrypt, staging")
    fill(page, "E-mail", "pki@hospital.example")
    page.get_by_label("I agree to the terms of service", exact=True).check()


def order(page: Page) -> None:
    page.goto(LIST)
    page.get_by_role("link", name=ADD, exact=True).click()
    page.get_by_label(ACME, exact=True).check()
    fill(page, "Label", "intuition")
    page.get_by_label("ACME account", exact=True).select_option("le-staging")
    fill(page, "Domain (CN)", "www.hospital.example")


def later(**values: object) -> None:
    """What the worker does meanwhile."""
    AcmeOrder.objects.update(next_try=timezone.now() + timedelta(hours=1), began=None, **values)


def test_an_order_is_followed_to_its_end(visit: Visit, administrator: User, cached: None) -> None:
    page = visit(administrator).new_page()
    page.goto(LIST)
    add_account(page)
    for custom in ("Directory URL", "Custom CA"):
        expect(page.get_by_label(custom, exact=True)).not_to_be_visible()
    press(page, "Update")
    expect(page.get_by_text("ACME account le-staging saved.")).to_be_visible()
    order(page)
    expect(page.get_by_label("Organisation", exact=True)).not_to_be_visible()
    expect(page.get_by_text("No Virtual Service in HTTP Mode listens on port 80")).to_be_visible()
    press(page, "Order Certificate")
    expect(page.get_by_text("Waiting for the worker to ask for the certificate.")).to_be_visible()
    later(failures=1, problem=PROBLEM)
    expect(page.get_by_text(PROBLEM)).to_be_visible()
    press(page, "Renew now")
    expect(page.get_by_text("Waiting for the worker to ask for the certificate.")).to_be_visible()
    Certificate.objects.update(serial="1234", issuer="Lab CA")
    later(failures=0, problem="")
    expect(page.get_by_text("given, and renewed by itself")).to_be_visible()
    expect(page.get_by_text("Lab CA", exact=True)).to_be_visible()


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_no_page_has_a_barrier(visit: Visit, administrator: User, cached: None, theme: str, width: int) -> None:
    page = window(visit, administrator, theme, width)
    page.goto(LIST)
    page.get_by_role("link", name="ACME accounts", exact=True).click()
    check(page)
    page.goto(LIST)
    add_account(page)
    check(page)
    press(page, "Update")
    check(page)
    order(page)
    check(page)
    press(page, "Order Certificate")
    check(page)
    later(failures=2, problem=PROBLEM)
    page.reload()
    check(page)
    page.goto(LIST)
    check(page)

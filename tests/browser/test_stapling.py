"""OCSP Stapling in a browser: each of its states without barriers, and how it goes on without reloading the page."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.certificates import expiries
from apps.certificates.models import Certificate, Staple
from apps.certificates.vault import seal
from apps.services.models import VirtualService
from tests.browser.conftest import Visit
from tests.browser.test_axe import check, window
from tests.browser.test_certificates import press
from tests.certificates.openssl import Workshop
from tests.certificates.pages import LIST
from tests.certificates.responder import MUST_STAPLE, names_responder

DAY = timedelta(days=1)


def served(directory: Path, *extra: str) -> Certificate:
    workshop = Workshop(directory)
    root = workshop.issue("Example CA", ca=True)
    site = workshop.issue("a.example", by=root, names="DNS:a.example", extra=(names_responder(1), *extra))
    now = timezone.now()
    made = Certificate.objects.create(
        label="ris-web",
        domain="a.example",
        names=["a.example"],
        issuer="Example CA",
        key_type="P-256",
        serial="1234",
        fingerprint="5" * 64,
        chain=(site.certificate + root.certificate).decode(),
        encrypted_key=seal(site.key.decode()),
        valid_from=now - DAY,
        valid_to=now + 90 * DAY,
    )
    VirtualService.objects.create(label="RIS", address="10.10.40.9", ports="443", protocol="http2", certificate=made)
    return made


def told(certificate: Certificate, **fields: Any) -> None:
    """What the worker does meanwhile."""
    now = timezone.now()
    known = {"answered": now, "this_update": now - DAY, "next_update": now + 3 * DAY, "next_try": now + DAY}
    Staple.begin(certificate)
    Staple.objects.update(**known | fields)
    expiries.forget()


def good() -> dict[str, Any]:
    return {"status": "good", "response": b"der", "response_until": timezone.now() + DAY}


def failing() -> dict[str, Any]:
    return {"failures": 3, "failing_since": timezone.now(), "problem": "The responder is busy and asks to try later."}


def revoked() -> dict[str, Any]:
    return {"status": "revoked", "revoked_at": timezone.now() - DAY, "reason": "key compromise"}


def shown(page: Page, certificate: Certificate) -> None:
    page.goto(f"{LIST}{certificate.pk}/")


def test_it_is_asked_and_the_page_follows(visit: Visit, administrator: User, cached: None, tmp_path: Path) -> None:
    certificate = served(tmp_path)
    told(certificate, **failing())
    page = visit(administrator).new_page()
    shown(page, certificate)
    press(page, "Ask now")
    expect(page.get_by_text("Waiting for the worker to ask the responder.")).to_be_visible()
    told(certificate, **good())
    expect(page.locator("#stapling").get_by_text("good", exact=True)).to_be_visible()
    tick = page.get_by_role("checkbox", name="OCSP Stapling", exact=True)
    expect(tick).to_be_checked()
    tick.uncheck()
    page.locator("#stapling").get_by_role("button", name="Update", exact=True).click()
    expect(page.get_by_text("OCSP Stapling of ris-web saved.")).to_be_visible()
    expect(page.get_by_role("checkbox", name="OCSP Stapling", exact=True)).not_to_be_checked()
    expect(page.get_by_text("Last answer")).not_to_be_visible()


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)])
def test_no_state_has_a_barrier(
    visit: Visit, administrator: User, cached: None, tmp_path: Path, theme: str, width: int
) -> None:
    certificate = served(tmp_path, MUST_STAPLE)
    page = window(visit, administrator, theme, width)
    for state in (good(), revoked(), failing(), good() | failing() | {"refusal": "No."}):
        told(certificate, **state)
        shown(page, certificate)
        check(page)
        page.set_viewport_size({"width": width, "height": 1400})

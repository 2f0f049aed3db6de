"""OCSP Stapling on the page of a certificate, and the message about revoked ones."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.certificates import expiries
from apps.certificates.models import Certificate, Staple
from apps.common.models import Edit, Generation
from apps.services.models import Protocol, VirtualService
from tests.certificates.openssl import Issued, Workshop
from tests.certificates.pages import LIST, page_of, send, upload, words
from tests.certificates.responder import MUST_STAPLE, names_responder

URL = "http://127.0.0.1:1/"
OVERVIEW = "/lbadmin/"
DAY = timedelta(days=1)
AT = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
SAID = {"answered": AT, "this_update": AT - DAY, "next_update": AT + DAY}


def uploaded(client: Client, workshop: Workshop, intermediate: Issued, *extra: str) -> Certificate:
    site = workshop.issue("a.example", by=intermediate, names="DNS:a.example", extra=(names_responder(1), *extra))
    upload(client, site.pem + intermediate.certificate)
    client.get(LIST)  # takes the messages
    return Certificate.objects.get()


@pytest.fixture
def certificate(admin: Client, workshop: Workshop, intermediate: Issued) -> Certificate:
    return uploaded(admin, workshop, intermediate)


def asked(certificate: Certificate, **fields: Any) -> Staple:
    staple = Staple.begin(certificate)
    for name, value in {"next_try": timezone.now() + DAY, **fields}.items():
        setattr(staple, name, value)
    staple.save()
    expiries.forget()
    return staple


def use(certificate: Certificate) -> None:
    VirtualService.objects.create(
        label="RIS", address="10.10.40.217", ports="443", protocol=Protocol.HTTP2, certificate=certificate
    )
    expiries.forget()


GOOD = SAID | {"status": "good", "response": b"der", "response_until": datetime(2200, 1, 1, tzinfo=UTC)}
FAILING = {"failures": 2, "failing_since": AT, "problem": "The responder is busy and asks to try later."}
REVOKED = SAID | {"status": "revoked", "revoked_at": AT, "reason": "key compromise"}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (GOOD, "State good Last answer 2026-03-04 05:06 UTC This update 2026-03-03 05:06 UTC Next update 2026-03-05"),
        (REVOKED, "State revoked on 2026-03-04 05:06 UTC, key compromise Last answer 2026-03-04"),
        (REVOKED | {"next_update": None}, "Next update not told Next attempt"),
        (FAILING, "State no answer since 2026-03-04 05:06 UTC, nothing is stapled Last problem The responder is busy"),
        (GOOD | FAILING, "State no answer since 2026-03-04 05:06 UTC, the last good answer is still shown"),
        (SAID | FAILING | {"status": "unknown"}, "State unknown to the responder since 2026-03-04 05:06 UTC, nothing"),
        (GOOD | {"response_until": AT}, "State the last answer is out of date"),
        (GOOD | {"refusal": "No, thank you."}, "HAProxy No, thank you."),
        ({"next_try": AT}, "State Waiting for the worker to ask the responder."),
    ],
)
def test_it_says_how_it_is_doing(
    admin: Client, viewer: Client, certificate: Certificate, fields: dict[str, Any], told: str
) -> None:
    staple = asked(certificate, **fields)
    for client in (admin, viewer):
        page = words(client, page_of())
        assert f"Responder {URL}" in page
        assert told in page
        is_waiting = staple.next_try == AT
        assert (f"Next attempt {staple.next_try:%Y-%m-%d %H:%M} UTC" in page) != is_waiting


def test_before_anybody_uses_it_nobody_is_asked(admin: Client, certificate: Certificate) -> None:
    page = words(admin, page_of())
    assert "State not asked yet : it is asked as soon as a Virtual Service or an SSL Termination uses" in page
    assert "Ask now" not in page


def test_without_a_responder_there_is_nothing_to_do(admin: Client, site: Issued, intermediate: Issued) -> None:
    upload(admin, site.pem + intermediate.certificate)
    page = words(admin, page_of())
    assert "names no responder, so there is nothing to staple" in page
    assert 'name="stapling"' not in admin.get(page_of()).content.decode()


def test_without_the_issuer_it_says_what_to_add(admin: Client, workshop: Workshop, intermediate: Issued) -> None:
    upload(admin, workshop.issue("a.example", by=intermediate, extra=names_responder(1)).pem)
    assert "The chain lacks the certificate of the issuer, Example TLS CA 3" in words(admin, page_of())


def test_authorities_and_requests_have_none(admin: Client, root: Issued) -> None:
    upload(admin, root.certificate)
    assert "OCSP" not in words(admin, page_of())


def test_must_staple_is_told(admin: Client, workshop: Workshop, intermediate: Issued) -> None:
    made = uploaded(admin, workshop, intermediate, MUST_STAPLE)
    told = "This is a must-staple certificate: clients refuse it when HAProxy shows no answer"
    assert f"Warning: {told}" in words(admin, page_of())
    asked(made, **GOOD)
    assert f"Information: {told}" in words(admin, page_of())
    Certificate.objects.update(stapling=False)
    assert f"Warning: {told}" in words(admin, page_of())


def test_its_name_is_its_label(admin: Client, certificate: Certificate) -> None:
    html = admin.get(page_of()).content.decode()
    [control] = re.findall(r'<input[^>]*name="stapling"[^>]*>', html)
    assert 'type="checkbox"' in control
    assert " checked" in control
    assert '<label for="id_stapling" id="id_stapling-label">OCSP Stapling</label>' in html


def test_off_and_on_without_anything_to_commit(admin: Client, certificate: Certificate) -> None:
    before = Generation.current()
    for sent, stored in (({}, False), ({"stapling": "on"}, True)):
        answer = admin.post(f"{page_of()}stapling/", sent)
        assert (answer.status_code, answer["Location"]) == (302, page_of())
        assert Certificate.objects.get().stapling is stored
        assert "It takes effect within a minute, without a reload." in words(admin, page_of())
    assert Generation.current() == before
    assert Edit.objects.filter(kind="SSL Certificate", what="changed").count() == 2


def test_who_may_look_only_sees_whether_it_is_on(viewer: Client, admin: Client, certificate: Certificate) -> None:
    assert "OCSP Stapling on State" in words(viewer, page_of())
    assert "Update" not in viewer.get(page_of()).content.decode().partition('id="stapling"')[2]
    assert viewer.post(f"{page_of()}stapling/").status_code == 403
    assert viewer.post(f"{page_of()}stapling/ask/").status_code == 403


def test_ask_now(admin: Client, certificate: Certificate) -> None:
    asked(certificate, **GOOD)
    assert "Ask now" in words(admin, page_of())
    admin.post(f"{page_of()}stapling/ask/")
    assert Staple.objects.get().is_busy
    page = admin.get(page_of()).content.decode()
    assert f'hx-get="{page_of()}stapling/state/"' in page
    assert "hx-get" not in _part(admin, asked(certificate, **GOOD))


def _part(client: Client, staple: Staple) -> str:
    html = client.get(f"{LIST}{staple.pk}/stapling/state/").content.decode()
    assert "<html" not in html
    return str(html)


def test_what_is_known_of_one_is_nothing_of_its_successor(
    admin: Client, certificate: Certificate, workshop: Workshop, intermediate: Issued
) -> None:
    use(certificate)
    asked(certificate, **REVOKED)
    renewed = workshop.issue("a.example", by=intermediate, names="DNS:a.example", extra=names_responder(1))
    send(admin, f"{page_of()}replace/", renewed.pem + intermediate.certificate)
    expiries.forget()
    page = words(admin, page_of())
    assert "not asked yet" in page
    assert "was revoked" not in page
    assert "revoked on" not in page


def test_a_revoked_one_in_use_is_told_of_loudly_on_every_page(admin: Client, certificate: Certificate) -> None:
    use(certificate)
    asked(certificate, **REVOKED)
    told = (
        "Error: The certificate intuition-cert was revoked by its authority on 2026-03-04: clients that check this "
        "refuse it. It is used by RIS. Replace it"
    )
    for page in (OVERVIEW, LIST, page_of()):
        assert told in words(admin, page)
        assert 'class="lb-msg error" role="note"' in admin.get(page).content.decode()
    shown = words(admin, f"{LIST}?show=expiring")
    assert "intuition-cert" in shown.partition("Actions")[2]
    assert "revoked" in shown.partition("Actions")[2]


def test_one_that_nobody_uses_is_not_told_of(admin: Client, certificate: Certificate) -> None:
    asked(certificate, **REVOKED)
    assert "Error:" not in words(admin, OVERVIEW)
    assert "revoked on 2026-03-04" in words(admin, page_of())

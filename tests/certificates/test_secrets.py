"""Private keys and passwords: on no page, in no log, in no document, whatever holds the certificate."""

import logging

import pytest
from django.test import Client

from apps.certificates.models import Certificate
from apps.certificates.reading import read
from apps.certificates.vault import open_request_key
from apps.changes.models import Revision
from apps.common.models import Edit
from apps.services.models import Protocol, VirtualService
from tests.certificates.openssl import PASSWORD, Issued, Workshop
from tests.certificates.pages import page_of, send, upload
from tests.changes.recorded import commit
from tests.conftest import Browser
from tests.test_roles import GUARDED

TYPED = "a-password-that-was-typed"


@pytest.fixture
def secrets(admin: Client, workshop: Workshop, site: Issued) -> list[str]:
    """Of a certificate that is served, whose renewal is pending; everything of it was committed."""
    upload(admin, site.pem)
    Certificate.objects.update(id=1)
    VirtualService.objects.create(
        pk=1, label="AVS", address="10.10.40.217", ports="443", protocol=Protocol.HTTP2, certificate_id=1
    )
    admin.post(f"{page_of()}renew/")
    commit(pk=1)
    send(admin, f"{page_of()}replace/", workshop.pfx(site), password=TYPED)
    stored = Certificate.objects.get()
    keys = [*site.base64, *open_request_key(stored).splitlines()[1:-1]]
    return ["BEGIN PRIVATE KEY", TYPED, PASSWORD, stored.encrypted_key, stored.encrypted_request_key, *keys]


def test_no_page_shows_one(admin: Client, secrets: list[str]) -> None:
    browser = Browser(raise_request_exception=False)
    browser.cookies = admin.cookies
    seen = 0
    for route in GUARDED:
        answer = browser.get(route.url)
        if not answer.streaming:
            seen += 1
            found = [secret for secret in secrets if secret in answer.content.decode(errors="replace")]
            assert (route.url, found) == (route.url, [])
    assert seen > 30


def test_no_revision_and_no_edit_keeps_one(secrets: list[str]) -> None:
    for model in (Revision, Edit):
        rows = " ".join(str(row) for row in model._default_manager.values())
        assert not [secret for secret in secrets if secret in rows]
    assert Revision.objects.exists()


def test_no_log_tells_one(admin: Client, site: Issued, workshop: Workshop, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        upload(admin, workshop.pfx(site), password=TYPED)  # refused
        upload(admin, workshop.pfx(site), password=PASSWORD)
        upload(admin, site.key, label="key-alone")
    told = " ".join(str(vars(record)) for record in caplog.records)
    assert told
    assert not [secret for secret in [TYPED, PASSWORD, *site.base64] if secret in told]


def test_nothing_that_is_passed_around_prints_one(site: Issued) -> None:
    printed = repr(read(site.pem))
    assert "facts=" in printed
    assert not [line for line in site.base64 if line in printed]

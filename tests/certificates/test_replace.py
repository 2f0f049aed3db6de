"""Renewing in place: another file under the same label, checked before anything changes."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.certificates.models import Certificate
from apps.certificates.vault import pem
from apps.common.models import Edit, Generation
from apps.services.models import Protocol, VirtualService
from tests.certificates.openssl import PASSWORD, Issued, Workshop
from tests.certificates.pages import errors, page_of, send, upload, words


@pytest.fixture
def renewed(workshop: Workshop, intermediate: Issued) -> Issued:
    names = "DNS:intuition.hospital.example,DNS:aqi.hospital.example,IP:10.10.40.217"
    return workshop.issue("intuition.hospital.example", by=intermediate, names=names, lasts=timedelta(days=300))


def test_another_file_takes_its_place(admin: Client, workshop: Workshop, site: Issued, renewed: Issued) -> None:
    upload(admin, site.pem)
    before, content = Certificate.objects.get().pk, Certificate.objects.get().content
    generation = Generation.current()
    answer = send(admin, f"{page_of()}replace/", workshop.pfx(renewed), password=PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, page_of())
    stored = Certificate.objects.get()
    assert (stored.pk, stored.label) == (before, "intuition-cert")
    assert pem(stored) == renewed.pem.decode()
    assert stored.content != content
    assert Generation.current() == generation + 1
    assert Edit.objects.first().what == "changed"  # type: ignore[union-attr]
    shown = words(admin, page_of())
    assert "SSL Certificate intuition-cert replaced, valid until" in shown
    assert "Reload HAProxy in the Commit changes box" not in shown


def test_for_one_in_use_it_says_when_traffic_changes(admin: Client, site: Issued, renewed: Issued) -> None:
    upload(admin, site.pem)
    VirtualService.objects.create(
        label="AVS",
        address="10.10.40.217",
        ports="443",
        protocol=Protocol.HTTP2,
        certificate=Certificate.objects.get(),
    )
    assert "Traffic changes on Reload HAProxy in the Commit changes box." in words(admin, f"{page_of()}replace/")
    send(admin, f"{page_of()}replace/", renewed.pem)
    assert "Traffic changes when you press Reload HAProxy in the Commit changes box." in words(admin, page_of())


@pytest.mark.parametrize("what", ["no key", "empty", "wrong password", "authority"])
def test_a_refused_file_changes_nothing(
    admin: Client, workshop: Workshop, site: Issued, root: Issued, renewed: Issued, what: str
) -> None:
    upload(admin, site.pem)
    content, field, message = {
        "no key": (renewed.certificate, "file", "holds a certificate but no private key"),
        "empty": (b"", "file", "The file is empty."),
        "wrong password": (workshop.pfx(renewed), "password", "protected by a password"),
        "authority": (root.certificate, "file", "but intuition-cert is shown to clients and needs one"),
    }[what]
    refused = errors(send(admin, f"{page_of()}replace/", content))
    assert list(refused) == [field]
    assert message in refused[field][0]
    assert pem(Certificate.objects.get()) == site.pem.decode()


def test_an_authority_stays_one(admin: Client, site: Issued, root: Issued, intermediate: Issued) -> None:
    upload(admin, root.certificate, label="clients")
    url = f"{page_of('clients')}replace/"
    assert "but clients is a certificate authority" in errors(send(admin, url, site.pem))["file"][0]
    assert send(admin, url, root.certificate + intermediate.certificate).status_code == 302
    assert Certificate.objects.get().names == ["Example Root CA", "Example TLS CA 3"]


def test_lost_names_are_told(admin: Client, workshop: Workshop, site: Issued) -> None:
    upload(admin, site.pem)
    fewer = workshop.issue("intuition.hospital.example", names="DNS:intuition.hospital.example")
    send(admin, f"{page_of()}replace/", fewer.pem)
    told = "intuition-cert is no longer valid for aqi.hospital.example, 10.10.40.217, as it was before."
    assert told in words(admin, page_of())


def test_the_key_of_neither_is_shown(admin: Client, site: Issued, renewed: Issued) -> None:
    upload(admin, site.pem)
    answer = send(admin, f"{page_of()}replace/", renewed.key + site.certificate)
    html = answer.content.decode() + admin.get(page_of()).content.decode()
    assert not [line for line in [*site.base64, *renewed.base64] if line in html]

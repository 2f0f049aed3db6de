"""Self-signed certificates: made here, renewed here; the built-in one is always there."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.certificates import built_in
from apps.certificates.models import Certificate
from apps.certificates.vault import pem
from apps.system import tls
from tests.certificates.openssl import Issued, Workshop, openssl
from tests.certificates.pages import LIST, errors, order, page_of, upload, words


def span(certificate: Certificate) -> timedelta:
    assert certificate.valid_from
    assert certificate.valid_to
    return certificate.valid_to - certificate.valid_from


def test_it_is_made_and_can_be_chosen(admin: Client, workshop: Workshop) -> None:
    answer = order(admin, "self", days="90")
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    assert "SSL Certificate created: intuition-cert for intuition.hospital.example, valid until" in words(admin)
    stored = Certificate.objects.get()
    shown = openssl("x509", "-noout", "-text", cwd=workshop.path, stdin=stored.chain.encode()).decode()
    for told in (
        "DNS:intuition.hospital.example, DNS:aqi.hospital.example, IP Address:10.10.40.217",
        "O = Example Hospital",
        "TLS Web Server Authentication",
        "CA:FALSE",
        "ecdsa-with-SHA384",
    ):
        assert told in shown
    (workshop.path / "own.pem").write_text(stored.chain)
    assert openssl("verify", "-CAfile", "own.pem", "own.pem", cwd=workshop.path) == b"own.pem: OK\n"
    assert timedelta(days=90) <= span(stored) < timedelta(days=90, hours=2)
    assert "intuition-cert" in words(admin, "/lbadmin/cluster/virtual-services/add/")


@pytest.mark.parametrize("days", ["0", "3651", "a year", ""])
def test_days_are_a_number(admin: Client, days: str) -> None:
    assert list(errors(order(admin, "self", days=days))) == ["days"]


def test_days_do_not_count_for_a_request(admin: Client) -> None:
    assert order(admin, "csr", days="a year").status_code == 302


def test_it_is_renewed_in_its_place(admin: Client) -> None:
    order(admin, "self", days="90")
    before = Certificate.objects.get()
    admin.post(f"{page_of()}renew-self-signed/")
    after = Certificate.objects.get()
    assert (after.pk, after.domain, after.names, after.key_type) == (
        before.pk,
        before.domain,
        before.names,
        before.key_type,
    )
    assert after.serial != before.serial
    assert pem(after).split("-----END")[0] != pem(before).split("-----END")[0]
    assert span(after).days == 90


def test_one_of_an_authority_is_not_renewed_like_that(admin: Client, site: Issued) -> None:
    upload(admin, site.pem)
    assert "Renew self-signed" not in words(admin, page_of())
    admin.post(f"{page_of()}renew-self-signed/")
    assert pem(Certificate.objects.get()) == site.pem.decode()


def test_the_built_in_one_comes_from_the_webui_once(admin: Client) -> None:
    first = tls.self_signed()
    built_in.ensure(first)
    built_in.ensure(tls.self_signed())
    stored = Certificate.objects.get()
    assert (stored.label, stored.is_built_in, pem(stored)) == ("server", True, first)
    assert "server built in" in words(admin)


def test_the_built_in_one_stays(admin: Client) -> None:
    built_in.ensure(tls.self_signed())
    page = f"{LIST}remove/?certificate={Certificate.objects.get().pk}"
    for answer in (admin.get(page, follow=True), admin.post(page, follow=True)):
        assert "Nothing was removed. server is built in and stays." in answer.content.decode()
    assert Certificate.objects.count() == 1
    assert "Remove" not in words(admin, page_of("server"))


def test_the_built_in_one_can_be_renewed(admin: Client) -> None:
    built_in.ensure(tls.self_signed())
    admin.post(f"{page_of('server')}renew-self-signed/")
    assert Certificate.objects.get().is_built_in

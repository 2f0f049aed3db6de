"""The message on every page about certificates in use that end soon."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.certificates import expiries
from apps.certificates.models import Certificate
from apps.services.models import Protocol, VirtualService
from tests.certificates.openssl import Issued
from tests.certificates.pages import LIST, upload, words

OVERVIEW = "/lbadmin/"


def used(client: Client, site: Issued, days: float, label: str = "ris-web", service: str = "RIS") -> Certificate:
    """A certificate that ends so many days from now."""
    upload(client, site.pem, label=label)
    client.get(LIST)  # takes the messages
    certificate = Certificate.objects.get(label=label)
    certificate.valid_to = timezone.now() + timedelta(days=days)
    certificate.save()
    port = 443 + VirtualService.objects.count()
    VirtualService.objects.create(
        label=service, address="10.10.40.217", ports=str(port), protocol=Protocol.HTTP2, certificate=certificate
    )
    expiries.forget()
    return certificate


@pytest.mark.parametrize(
    ("days", "level", "told"),
    [
        (29.5, "info", "Information: The certificate ris-web expires in 29 days, on"),
        (13.5, "warn", "Warning: The certificate ris-web expires in 13 days, on"),
        (6.5, "warn", "Warning: The certificate ris-web expires in 6 days, on"),
        (0.5, "error", "Error: The certificate ris-web expires in less than a day, on"),
        (-2.5, "error", "Error: The certificate ris-web expired 2 days ago, on"),
    ],
)
def test_it_becomes_louder(admin: Client, site: Issued, days: float, level: str, told: str) -> None:
    certificate = used(admin, site, days)
    shown = words(admin, LIST)
    assert told in shown
    assert "It is used by RIS. Replace it" in shown
    assert f'class="lb-msg {level}" role="note"' in admin.get(LIST).content.decode()
    assert f'<a href="{LIST}{certificate.pk}/">Replace it</a>' in admin.get(LIST).content.decode()


def test_a_good_one_is_not_mentioned(admin: Client, site: Issued) -> None:
    used(admin, site, 30.5)
    assert "It is used by" not in words(admin)


def test_one_that_nobody_uses_is_not_mentioned(admin: Client, site: Issued) -> None:
    used(admin, site, -3)
    VirtualService.objects.all().delete()
    expiries.forget()
    assert "It is used by" not in words(admin)


def test_several_share_one_message(admin: Client, site: Issued) -> None:
    for number in range(5):
        used(admin, site, 5.5 - number, f"site-{number}", f"VIP-{number}")
    page = admin.get(LIST).content.decode()
    assert page.count('role="note"') == 1
    shown = words(admin, LIST)
    assert "Warning: 5 certificates in use have to be renewed: site-4 expires in 1 day" in shown
    assert "; site-3 expires in 2 days" in shown
    assert "; and 2 more. Show them" in shown
    assert f'<a href="{LIST}?show=expiring">Show them</a>' in page


def test_a_revocation_list_counts_on_its_last_day(admin: Client, site: Issued, root: Issued) -> None:
    upload(admin, root.certificate, label="clients")
    authority = Certificate.objects.get(label="clients")
    used(admin, site, 90)
    VirtualService.objects.update(authority=authority)
    for days, told in ((3, False), (0.5, True)):
        Certificate.objects.filter(pk=authority.pk).update(revocation_until=timezone.now() + timedelta(days=days))
        expiries.forget()
        assert ("The revocation list of clients expires in less than a day" in words(admin)) == told


def test_an_edit_is_noticed_at_once(admin: Client, site: Issued) -> None:
    used(admin, site, 5)
    assert "It is used by RIS." in words(admin)
    renewed = upload(admin, site.pem, label="other")  # whatever is saved counts
    assert renewed.status_code == 302
    Certificate.objects.filter(label="ris-web").update(valid_to=timezone.now() + timedelta(days=90))
    assert "It is used by RIS." not in words(admin)


def test_every_page_shows_it_and_asks_the_database_once(
    admin: Client, viewer: Client, site: Issued, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    used(admin, site, 5)
    expiries.notice(0)
    with django_assert_max_num_queries(0):
        assert expiries.notice(0)
    shown = words(viewer, "/lbadmin/cluster/virtual-services/")
    assert "It is used by RIS. Details" in shown

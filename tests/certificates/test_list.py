"""The list: search, filter, and removing in two steps."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.certificates.models import Certificate
from apps.services.models import Protocol, VirtualService
from tests.certificates.openssl import Issued, Workshop
from tests.certificates.pages import LIST, order, upload, words


@pytest.fixture
def three(admin: Client, workshop: Workshop, site: Issued, root: Issued) -> VirtualService:
    """intuition-cert and clients are used by AVS; old ended."""
    old = workshop.issue("old.example", starts=timedelta(days=-90), lasts=timedelta(days=-8))
    upload(admin, site.pem)
    upload(admin, root.certificate, label="clients")
    upload(admin, old.pem, label="old")
    return VirtualService.objects.create(
        label="AVS",
        address="10.10.40.217",
        ports="443",
        protocol=Protocol.HTTP2,
        certificate=Certificate.objects.get(label="intuition-cert"),
        authority=Certificate.objects.get(label="clients"),
    )


def shown(client: Client, **query: str) -> list[str]:
    listing = client.get(LIST, query).context["listing"]
    return [line.certificate.label for line in listing.lines]


def removal(*labels: str) -> str:
    chosen = "&".join(f"certificate={Certificate.objects.get(label=label).pk}" for label in labels)
    return f"{LIST}remove/?{chosen}"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_what_needs_attention_stands_on_top(admin: Client, three: VirtualService) -> None:
    assert shown(admin) == ["old", "clients", "intuition-cert"]
    assert "All 3 Used 2 Unused 1 Expiring 1" in words(admin)


def test_a_pending_request_stands_above_all(admin: Client, three: VirtualService) -> None:
    order(admin, "csr", label="new")
    assert shown(admin) == ["new", "old", "clients", "intuition-cert"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"show": "used"}, ["clients", "intuition-cert"]),
        ({"show": "unused"}, ["old"]),
        ({"show": "expiring"}, ["old"]),
        ({"show": "nonsense"}, ["old", "clients", "intuition-cert"]),
        ({"q": "AQI.hospital"}, ["intuition-cert"]),
        ({"q": "10.10.40.217"}, ["intuition-cert"]),
        ({"q": "example tls ca"}, ["intuition-cert"]),
        ({"q": "cli", "show": "used"}, ["clients"]),
        ({"q": "nowhere"}, []),
    ],
)
def test_search_and_filter(admin: Client, three: VirtualService, query: dict[str, str], found: list[str]) -> None:
    assert shown(admin, **query) == found
    if not found:
        assert "No certificate matches." in text(admin.get(LIST, query))


def test_who_uses_it_is_told_with_a_link(admin: Client, three: VirtualService) -> None:
    page = text(admin.get(LIST))
    link = f'<a href="/lbadmin/cluster/virtual-services/{three.pk}/">AVS</a>'
    assert page.count(link) == 2
    assert page.count('<span class="muted">not used</span>') == 1
    for label in ("intuition-cert", "clients"):
        assert link in text(admin.get(f"{LIST}{Certificate.objects.get(label=label).pk}/"))


def test_removing_asks_first(admin: Client, three: VirtualService) -> None:
    page = text(admin.get(removal("old")))
    assert "Remove old" in page
    assert "old, certificate and private key for old.example, will be removed from this appliance." in page
    assert Certificate.objects.count() == 3
    assert admin.post(removal("old")).status_code == 302
    assert "Removed: old." in words(admin)
    assert Certificate.objects.count() == 2


def test_several_go_at_once(admin: Client, three: VirtualService) -> None:
    three.delete()
    admin.post(removal("old", "clients"))
    assert shown(admin) == ["intuition-cert"]


def test_one_in_use_stays_and_so_do_the_others(admin: Client, three: VirtualService) -> None:
    told = "Nothing was removed. intuition-cert is used by AVS: choose another certificate there first."
    for answer in (
        admin.get(removal("old", "intuition-cert"), follow=True),
        admin.post(removal("old", "intuition-cert"), follow=True),
    ):
        assert told in text(answer)
    assert Certificate.objects.count() == 3


def test_nothing_chosen_is_nothing_removed(admin: Client, three: VirtualService) -> None:
    for address in (f"{LIST}remove/", f"{LIST}remove/?certificate=999&certificate=x"):
        assert "tick the certificates that shall go" in words(admin, address)
        admin.post(address)
    assert Certificate.objects.count() == 3


def test_a_pending_request_says_what_is_lost(admin: Client) -> None:
    order(admin, "csr", label="new")
    assert "The signing request new and its key: a certificate signed for it cannot be used" in words(
        admin, removal("new")
    )
    admin.post(removal("new"))
    assert not Certificate.objects.exists()


def test_a_pending_request_cannot_be_chosen_in_a_virtual_service(admin: Client, site: Issued) -> None:
    order(admin, "csr", label="new")
    upload(admin, site.pem)
    form = admin.get("/lbadmin/cluster/virtual-services/add/").context["form"]
    assert [str(choice) for choice in form.fields["certificate"].queryset] == ["intuition-cert"]


def test_viewers_have_no_boxes_to_tick(viewer: Client, three: VirtualService) -> None:
    page = text(viewer.get(LIST))
    assert 'type="checkbox"' not in page
    assert ">Remove</button>" not in page
    assert viewer.get(removal("old")).status_code == 403


def test_a_download_holds_no_key(viewer: Client, admin: Client, site: Issued, intermediate: Issued) -> None:
    upload(admin, site.pem + intermediate.certificate)
    answer = viewer.get(f"{LIST}{Certificate.objects.get().pk}/download/")
    assert answer.content == site.certificate + intermediate.certificate
    assert answer["Content-Disposition"] == 'attachment; filename="intuition-cert.pem"'

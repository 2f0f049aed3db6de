"""Layer 7 – Virtual Services: add, modify, delete, and what is refused."""

from typing import Any

import pytest
from django.test import Client

from apps.common.models import Edit
from apps.services.models import FloatingIP, Persistence, Protocol, VirtualService

ADD = "/lbadmin/cluster/virtual-services/add/"
REDIRECT = {"label": "AVS-Redirect", "address": "10.10.40.217", "ports": "80", "protocol": "http"}


def test_an_administrator_adds_a_virtual_service(admin: Client) -> None:
    answer = admin.post(ADD, REDIRECT)
    assert answer.status_code == 302, answer.content.decode()
    service = VirtualService.objects.get()
    assert (service.label, service.address, service.ports) == ("AVS-Redirect", "10.10.40.217", "80")
    assert service.persistence == Persistence.COOKIE


def test_tcp_mode_starts_with_source_ip_persistence(admin: Client) -> None:
    admin.post(ADD, REDIRECT | {"protocol": "tcp"})
    assert VirtualService.objects.get().persistence == Persistence.SOURCE


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("label", "", "Enter Label."),
        ("label", "two words", "letters, digits"),
        ("label", "AVS\nX", "letters, digits"),
        ("address", "10.10.40", "Enter an IPv4 or IPv6 address"),
        ("address", "0.0.0.0", "not the address of one host"),
        ("address", "fe80::1%eth0", "Enter an IPv4 or IPv6 address"),
        ("ports", "", "Enter Ports."),
        ("ports", "80;81", "Enter one port, a list or ranges"),
        ("ports", "0", "1 to 65535"),
        ("ports", "900-800", "ends before it begins"),
        ("ports", "80,80-90", "Port 80 is given twice"),
        ("ports", "1000-9999", "more than 1024 ports"),
        ("ports", "9081-9099", "Port 9081 is used by the appliance itself"),
        ("ports", "9443", "WebUI - HTTPS"),
        ("protocol", "http3", "Select a valid choice"),
        ("protocol", "http2", "needs a certificate"),
    ],
)
def test_a_wrong_value_gets_a_message_at_its_field(admin: Client, field: str, value: str, words: str) -> None:
    answer = admin.post(ADD, REDIRECT | {field: value})
    assert answer.status_code == 422
    form = answer.context["form"]
    messages = " ".join(error for errors in form.errors.values() for error in errors)
    assert words in messages, messages
    assert "10.10.40.217" in answer.content.decode() or field == "address"
    assert not VirtualService.objects.exists()


def test_two_services_cannot_share_address_and_port(admin: Client) -> None:
    admin.post(ADD, REDIRECT | {"ports": "70-90"})
    answer = admin.post(ADD, REDIRECT | {"label": "AVS"})
    assert "Port 80 on 10.10.40.217 is already used by AVS-Redirect." in answer.content.decode()
    assert admin.post(ADD, REDIRECT | {"label": "AVS", "ports": "91"}).status_code == 302


def test_modify_without_a_change_changes_nothing(admin: Client) -> None:
    admin.post(ADD, REDIRECT | {"protocol": "tcp"})
    before = VirtualService.objects.values().get()
    page = admin.get(f"/lbadmin/cluster/virtual-services/{before['id']}/")
    data = {name: value for name, value in page.context["form"].initial.items() if value not in (None, False)}
    assert admin.post(page.request["PATH_INFO"], data).status_code == 302
    assert VirtualService.objects.values().get() == before


@pytest.fixture
def alone(db: None) -> VirtualService:
    return VirtualService.objects.create(label="AVS", address="10.10.40.217", ports="443")


def test_deleting_takes_the_floating_ip_along_unless_it_is_kept(admin: Client, alone: VirtualService) -> None:
    url = f"/lbadmin/cluster/virtual-services/{alone.pk}/delete/"
    assert "Keep the floating IP 10.10.40.217" in admin.get(url).content.decode()
    assert admin.post(url).status_code == 302
    assert not FloatingIP.objects.exists()


def test_a_floating_ip_can_be_kept(admin: Client, alone: VirtualService) -> None:
    admin.post(f"/lbadmin/cluster/virtual-services/{alone.pk}/delete/", {"choice": "on"})
    assert not VirtualService.objects.exists()
    assert [item.address for item in FloatingIP.objects.all()] == ["10.10.40.217"]
    assert list(Edit.objects.values_list("kind", "what").order_by("pk")) == [
        ("Virtual Service", "removed"),
        ("Floating IP", "added"),
    ]


@pytest.mark.parametrize("other", [VirtualService(label="B", ports="80"), FloatingIP()])
def test_nothing_is_offered_while_something_else_uses_the_address(
    admin: Client, alone: VirtualService, other: Any
) -> None:
    other.address = alone.address
    other.save()
    page = admin.get(f"/lbadmin/cluster/virtual-services/{alone.pk}/delete/").content.decode()
    assert "Keep the floating IP" not in page


def test_options_that_do_not_apply_keep_their_stored_value(admin: Client) -> None:
    admin.post(ADD, REDIRECT)
    service = VirtualService.objects.get()
    data = REDIRECT | {"protocol": "tcp", "balance": "leastconn", "persistence": "http", "check_type": "connect"}
    data |= {"force_https": "on", "redirect_code": "301", "persistence_timeout": "45"}
    answer = admin.post(f"/lbadmin/cluster/virtual-services/{service.pk}/", data)
    assert answer.status_code == 302, answer.context["form"].errors
    service.refresh_from_db()
    assert service.protocol == Protocol.TCP
    assert not service.force_https
    assert service.redirect_code == "302"
    assert service.persistence == Persistence.SOURCE  # HTTP Cookie is no choice of TCP Mode

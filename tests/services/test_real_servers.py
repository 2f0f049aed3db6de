"""Layer 7 – Real Servers: add, modify, delete, and what is refused."""

import pytest
from django.test import Client

from apps.services.models import RealServer, VirtualService

SERVER = {"label": "SERVER1", "address": "10.10.40.6", "port": "443", "weight": "100"}


@pytest.fixture
def service(db: None) -> VirtualService:
    return VirtualService.objects.create(label="AVS", address="10.10.40.217", ports="80")


def add(service: VirtualService) -> str:
    return f"/lbadmin/cluster/real-servers/add/{service.pk}/"


def test_an_administrator_adds_a_real_server(admin: Client, service: VirtualService) -> None:
    assert admin.post(add(service), SERVER).status_code == 302
    server = RealServer.objects.get()
    assert (server.service, server.label, server.port, server.weight) == (service, "SERVER1", 443, 100)
    assert "SERVER1" in admin.get("/lbadmin/cluster/real-servers/").content.decode()


def test_the_form_offers_weight_100(admin: Client, service: VirtualService) -> None:
    assert 'name="weight" value="100"' in admin.get(add(service)).content.decode()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("label", "SERVER 1", "Use letters, digits"),
        ("label", "Backup", "a name the appliance needs itself"),
        ("address", "server1", "Enter an IPv4 or IPv6 address"),
        ("port", "65536", "Use a number from 1 to 65535."),
        ("port", "https", "Use a number from 1 to 65535."),
        ("weight", "257", "Use a number from 0 to 256."),
        ("weight", "-1", "Use a number from 0 to 256."),
        ("weight", "", "Enter Weight."),
        ("redirect_url", "ftp://x", "begins with http:// or https://"),
        ("redirect_url", "http://x/ y", "without blanks"),
    ],
)
def test_a_wrong_value_gets_a_message_at_its_field(
    admin: Client, service: VirtualService, field: str, value: str, words: str
) -> None:
    answer = admin.post(add(service), SERVER | {field: value})
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors[field])
    assert not RealServer.objects.exists()


def test_a_label_is_unique_within_its_service_only(admin: Client, service: VirtualService) -> None:
    admin.post(add(service), SERVER)
    answer = admin.post(add(service), SERVER)
    assert "Another Real Server of AVS has this label." in answer.content.decode()
    other = VirtualService.objects.create(label="AQI", address="10.10.40.217", ports="1200")
    assert admin.post(add(other), SERVER).status_code == 302


def test_a_redirect_url_does_not_count_in_tcp_mode(admin: Client, service: VirtualService) -> None:
    VirtualService.objects.update(protocol="tcp")
    assert admin.post(add(service), SERVER | {"redirect_url": "not even a URL"}).status_code == 302
    assert RealServer.objects.get().redirect_url == ""


@pytest.mark.parametrize(
    ("protocol", "server", "advised"),
    [("http", {}, True), ("http", {"encrypted": "on"}, False), ("http", {"port": "80"}, False), ("tcp", {}, False)],
)
def test_plain_http_to_port_443_is_accepted_with_a_hint(
    admin: Client, service: VirtualService, protocol: str, server: dict[str, str], advised: bool
) -> None:
    """As the brief has it; it may be a slip all the same."""
    VirtualService.objects.update(protocol=protocol)
    words = "Port 443 usually expects TLS, but Re-Encrypt to Backend is off"
    answer = admin.post(add(service), SERVER | server, follow=True)
    assert (words in answer.content.decode()) == advised
    page = admin.get(f"/lbadmin/cluster/real-servers/{RealServer.objects.get().pk}/").content.decode()
    assert (words in page) == advised


def test_deleting_asks_first(admin: Client, service: VirtualService) -> None:
    admin.post(add(service), SERVER)
    url = f"/lbadmin/cluster/real-servers/{RealServer.objects.get().pk}/delete/"
    assert "will be removed from AVS" in admin.get(url).content.decode()
    assert RealServer.objects.exists()
    admin.post(url)
    assert not RealServer.objects.exists()


def test_a_virtual_service_takes_its_real_servers_along(admin: Client, service: VirtualService) -> None:
    admin.post(add(service), SERVER)
    url = f"/lbadmin/cluster/virtual-services/{service.pk}/delete/"
    assert "its 1 Real Server will be removed" in admin.get(url).content.decode()
    admin.post(url)
    assert not RealServer.objects.exists()

"""Duplicate Service: a copy of everything under another label and another address or port."""

from typing import Any

import pytest
from django.test import Client

from apps.common.models import Edit
from apps.common.options import options
from apps.services.conditions import Condition, write
from apps.services.models import AclRule, HeaderRule, RealServer, State, VirtualService

NEW = {"label": "PACS-2", "address": "10.10.40.218", "ports": "443"}
OWN = {"label", "address", "ports"}


@pytest.fixture
def service(db: None) -> VirtualService:
    """Nothing about it is a default."""
    service = VirtualService.objects.create(
        label="PACS",
        address="10.10.40.217",
        ports="443",
        protocol="tcp",
        balance="roundrobin",
        persistence="none",
        check_type="mysql",
        check_user="watcher",
        fallback_address="",
        fallback_port=None,
        timeout=True,
        client_timeout="92s",
        source_address="10.10.40.217",
    )
    for number, state in enumerate([State.ONLINE, State.DRAIN, State.HALT], 1):
        address = f"10.10.40.{number}"
        RealServer.objects.create(service=service, label=f"S{number}", address=address, weight=number, state=state)
    for position, value in [(2, "S2"), (1, "S1")]:
        text = write([Condition("and", False, "src_blk", "", "192.0.2.0/24")])
        AclRule.objects.create(service=service, position=position, conditions=text, action="use_server", value=value)
    HeaderRule.objects.create(service=service, name="X-From", value="here")
    return service


def url(service: VirtualService) -> str:
    return f"/lbadmin/cluster/virtual-services/{service.pk}/duplicate/"


def told(row: Any) -> dict[str, Any]:
    return {option.name: getattr(row, option.name) for option in options(row)}


def test_the_modify_page_leads_to_a_form_that_proposes_a_free_label(admin: Client, service: VirtualService) -> None:
    page = admin.get(f"/lbadmin/cluster/virtual-services/{service.pk}/").content.decode()
    assert f'href="{url(service)}">Duplicate Service</a>' in page
    VirtualService.objects.create(label="PACS-copy", address="10.10.40.219", ports="1")
    form = admin.get(url(service)).content.decode()
    assert 'value="PACS-copy-2"' in form
    assert "Copies all options, 3 Real Servers, 2 ACL Rules, 1 Header Rule." in form


def test_everything_is_copied_and_real_servers_are_online(admin: Client, service: VirtualService) -> None:
    answer = admin.post(url(service), NEW)
    assert answer.status_code == 302, answer.context["form"].errors
    copy = VirtualService.objects.get(label="PACS-2")
    assert {name: value for name, value in told(copy).items() if name not in OWN} == {
        name: value for name, value in told(service).items() if name not in OWN
    }
    assert (copy.address, copy.ports) == ("10.10.40.218", "443")
    for model in (RealServer, AclRule, HeaderRule):
        inner = [list(map(told, model._default_manager.filter(service=it).order_by("pk"))) for it in (copy, service)]
        assert inner[0] == inner[1]
    assert {server.state for server in copy.servers.all()} == {State.ONLINE}
    assert service.servers.count() == 3  # and the original keeps its own
    assert [server.state for server in service.servers.all()] == [State.ONLINE, State.DRAIN, State.HALT]


def test_each_copied_object_is_in_the_audit_trail(admin: Client, service: VirtualService) -> None:
    admin.post(url(service), NEW)
    rows = Edit.objects.filter(what="added").values_list("kind", flat=True)
    assert sorted(rows) == ["ACL Rule"] * 2 + ["Header Rule"] + ["Real Server"] * 3 + ["Virtual Service"]


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"label": "PACS"}, "label", "Another Virtual Service has this label."),
        ({"label": ""}, "label", "Enter Label."),
        ({"address": "10.10.40.217"}, "ports", "Port 443 on 10.10.40.217 is already used by PACS."),
        ({"ports": "no"}, "ports", "Enter one port"),
    ],
)
def test_a_wrong_value_gets_a_message_at_its_field_and_nothing_is_copied(
    admin: Client, service: VirtualService, wrong: dict[str, str], field: str, words: str
) -> None:
    answer = admin.post(url(service), NEW | wrong)
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors[field])
    assert VirtualService.objects.count() == 1
    assert RealServer.objects.count() == 3


def test_a_service_without_an_address_asks_for_a_label_only(admin: Client, service: VirtualService) -> None:
    VirtualService.objects.update(backend_only=True)
    assert 'name="ports"' not in admin.get(url(service)).content.decode()
    assert admin.post(url(service), {"label": "PACS-2"}).status_code == 302
    assert VirtualService.objects.get(label="PACS-2").backend_only


def test_http_cookie_is_kept_with_an_address_that_is_ipv6(admin: Client, service: VirtualService) -> None:
    """Persistence has a default that follows the protocol; a copy follows the original."""
    VirtualService.objects.update(protocol="http", persistence="xff", check_type="connect")
    AclRule.objects.all().delete()
    assert admin.post(url(service), NEW | {"address": "2001:db8::5"}).status_code == 302
    assert VirtualService.objects.get(label="PACS-2").persistence == "xff"

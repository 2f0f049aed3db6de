"""What rules name is not deleted, and a service does not become one that its rules do not fit."""

import re
from typing import Any

import pytest
from django.test import Client

from apps.services.models import AclRule, ManualConfiguration, RealServer, VirtualService
from tests.rules.conftest import page, rule

LISTS = "/lbadmin/cluster"


@pytest.fixture
def uses_images(service: VirtualService) -> AclRule:
    return rule(service, "backend", "images", ("path_beg", "/img"))


@pytest.fixture
def uses_one(service: VirtualService) -> AclRule:
    return rule(service, "use_server", "one")


def modify(admin: Client, which: str, **changes: Any) -> Any:
    """The Modify page as it is, with other values."""
    address = f"{LISTS}/virtual-services/{VirtualService.objects.get(label=which).pk}/"
    initial = admin.get(address).context["form"].initial
    data = {name: value for name, value in initial.items() if value not in (None, False)} | changes
    return admin.post(address, data)


def test_a_named_virtual_service_is_kept(admin: Client, uses_images: AclRule) -> None:
    target = VirtualService.objects.get(label="images")
    answer = admin.post(f"{LISTS}/virtual-services/{target.pk}/delete/", follow=True)
    assert "Virtual Service images is used by ACL Rule 1 of shop." in answer.content.decode()
    assert VirtualService.objects.filter(pk=target.pk).exists()


def test_a_named_real_server_is_kept_and_its_twin_elsewhere_is_not(admin: Client, uses_one: AclRule) -> None:
    twin = RealServer.objects.create(
        service=VirtualService.objects.get(label="images"), label="one", address="192.0.2.1"
    )
    named = uses_one.service.servers.get(label="one")
    for server in (twin, named):
        admin.post(f"{LISTS}/real-servers/{server.pk}/delete/")
    assert list(RealServer.objects.filter(label="one")) == [named]


def test_they_are_kept_among_many(admin: Client, uses_images: AclRule, uses_one: AclRule) -> None:
    server, target = uses_one.service.servers.get(label="one"), VirtualService.objects.get(label="images")
    for kind, item in (("real-servers", server), ("virtual-services", target)):
        data = {"item": f"{item.pk} {item.label}", "sure": "yes", "confirmed": "yes"}
        answer = admin.post(f"{LISTS}/{kind}/delete/", data, follow=True)
        assert "Nothing was deleted: some of them are used by ACL Rule" in answer.content.decode()
    assert RealServer.objects.filter(pk=server.pk).exists()
    assert VirtualService.objects.filter(pk=target.pk).exists()


def test_a_service_goes_with_its_own_rules(admin: Client, uses_images: AclRule, uses_one: AclRule) -> None:
    admin.post(f"{LISTS}/virtual-services/{uses_one.service.pk}/delete/")
    assert not AclRule.objects.exists()


def test_a_new_label_changes_the_rules_that_name_it(admin: Client, uses_images: AclRule, uses_one: AclRule) -> None:
    assert modify(admin, "images", label="pictures").status_code == 302
    uses_images.refresh_from_db()
    assert uses_images.value == "pictures"


@pytest.mark.parametrize(
    ("field", "changes"),
    [("protocol", {"protocol": "tcp"}), ("backend_only", {"backend_only": "on"})],
)
def test_a_service_does_not_leave_its_rules_behind(
    admin: Client, uses_images: AclRule, field: str, changes: dict[str, str]
) -> None:
    answer = modify(admin, "shop", **changes)
    assert answer.status_code == 422
    assert "ACL Rule 1 of shop does not apply then." in " ".join(answer.context["form"].errors[field])


def test_a_target_stays_of_its_protocol(admin: Client, uses_images: AclRule) -> None:
    errors = modify(admin, "images", protocol="tcp").context["form"].errors
    assert "ACL Rule 1 of shop passes requests to it." in " ".join(errors["protocol"])


def test_a_target_that_is_configured_by_hand_has_its_section(admin: Client, uses_images: AclRule) -> None:
    errors = modify(admin, "images", manual="on").context["form"].errors
    assert "has no section images" in " ".join(errors["manual"])
    ManualConfiguration.objects.update_or_create(pk=1, defaults={"text": "backend images\n    server a 192.0.2.1:80\n"})
    assert modify(admin, "images", manual="on").status_code == 302


def test_rules_that_fit_do_not_hinder(admin: Client, service: VirtualService) -> None:
    rule(service, "deny", "", ("src_blk", "10.0.0.0/8"))
    assert modify(admin, "shop", protocol="tcp").status_code == 302


def test_a_rule_of_another_time_can_still_be_opened(admin: Client, service: VirtualService) -> None:
    """Whatever put it there: the page shows it, and refuses to save it so."""
    found = rule(service, "tarpit", "", ("path", "/"))
    VirtualService.objects.filter(pk=service.pk).update(protocol="tcp")
    shown = admin.get(page(found)).content.decode()
    assert re.search(r'<option value="tarpit"[^>]* selected', shown)
    assert '<option value="path" selected>' in shown
    assert admin.post(page(found), {"action": "tarpit"}).status_code == 422

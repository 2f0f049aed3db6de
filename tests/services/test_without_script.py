"""The forms of layer 7 without script: every option of every protocol can be set, and nothing else changes."""

from random import Random
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client

from apps.certificates.models import Certificate
from apps.common.options import options
from apps.services.models import HealthCheckScript, RealServer, VirtualService
from tests.haproxy.drawn_site import save
from tests.services.plain_form import PlainForm

pytestmark = pytest.mark.filterwarnings("ignore:Possible")  # Python about drawn regular expressions
MODIFY = "/lbadmin/cluster/virtual-services/{}/"
MODIFY_SERVER = "/lbadmin/cluster/real-servers/{}/"


@pytest.fixture
def service(db: None) -> VirtualService:
    fields: dict[str, Any] = {"valid_from": "2026-01-01T00:00Z", "valid_to": "2036-01-01T00:00Z", "chain": "x"}
    Certificate.objects.create(label="site", **fields)
    Certificate.objects.create(label="ca", is_authority=True, **fields)
    HealthCheckScript.objects.create(label="ldap", content="#!/bin/sh\n")
    return VirtualService.objects.create(label="plain", address="192.0.2.1", ports="1")


def told(row: Model) -> dict[str, Any]:
    return {option.name: getattr(row, option.attname) for option in options(row)}


def wanted(random: Random, instance: Model, *, keep: bool = False) -> dict[str, Any]:
    """What a valid object of this kind has in each option; it makes room at once."""
    while not save(random, instance):
        pass
    values = told(instance)
    if not keep:
        instance.delete()
    return values


def set_by_the_plain_form(client: Client, url: str, values: dict[str, Any]) -> None:
    form = PlainForm(client.get(url).content.decode())
    for name, value in values.items():
        form.fill_in(name, value)
    answer = client.post(url, form.sent)
    assert answer.status_code == 302, answer.context["form"].errors


def test_every_option_of_a_virtual_service_can_be_set(admin: Client, service: VirtualService) -> None:
    for number in range(12):
        values = wanted(Random(number), VirtualService())
        set_by_the_plain_form(admin, MODIFY.format(service.pk), values)
        service.refresh_from_db()
        applying = [option for option in options(service) if option.applies(service)]
        assert {o.name: getattr(service, o.attname) for o in applying} == {o.name: values[o.name] for o in applying}


def test_every_option_of_a_real_server_can_be_set(admin: Client, service: VirtualService) -> None:
    server = RealServer.objects.create(service=service, label="plain", address="192.0.2.2")
    for number in range(4):
        values = wanted(Random(number), RealServer(service=service))
        set_by_the_plain_form(admin, MODIFY_SERVER.format(server.pk), values)
        server.refresh_from_db()
        assert told(server) == values


def test_update_without_a_change_changes_nothing(admin: Client, service: VirtualService) -> None:
    """Whatever it is: what its form shows is what is stored."""
    for number in range(6):
        drawn = VirtualService()
        wanted(Random(number), drawn, keep=True)
        before = told(VirtualService.objects.get(pk=drawn.pk))
        set_by_the_plain_form(admin, MODIFY.format(drawn.pk), {})
        assert told(VirtualService.objects.get(pk=drawn.pk)) == before
        drawn.delete()

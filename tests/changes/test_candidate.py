"""Rows of the database stand for instances: they have to say the same."""

import pytest
from django.db import models

from apps.changes import candidate
from apps.common.options import options
from apps.services.models import AclRule, HeaderRule, RealServer, VirtualService

pytestmark = pytest.mark.django_db


def test_rows_say_what_instances_say() -> None:
    service = VirtualService.objects.create(label="web", address="192.0.2.1", ports="80", force_https=True)
    RealServer.objects.create(service=service, label="one", address="192.0.2.2", port=None, encrypted=True)
    AclRule.objects.create(service=service, position=1, conditions="path /a", action="deny")
    HeaderRule.objects.create(service=service, position=1, name="X-A", value="b")
    (row,) = candidate.load_services()
    pairs: list[tuple[object, models.Model]] = [
        (row.vip, service),
        (row.servers[0], service.servers.get()),
        (row.acl_rules[0], service.acl_rules.get()),
        (row.header_rules[0], service.header_rules.get()),
    ]
    for row_of, instance in pairs:
        instance.refresh_from_db()
        for option in options(instance):
            told, stored = getattr(row_of, option.attname), getattr(instance, option.attname)
            assert (told, type(told)) == (stored, type(stored)), option

"""A web service with two real servers, another one it may pass to, and one of TCP Mode."""

import pytest

from apps.services.models import AclRule, RealServer, VirtualService
from tests.rules.making import Term, terms


@pytest.fixture
def service(db: None) -> VirtualService:
    service = VirtualService.objects.create(label="shop", address="192.0.2.10", ports="80")
    for label in ("one", "two"):
        RealServer.objects.create(service=service, label=label, address="192.0.2.1", port=8080)
    VirtualService.objects.create(label="images", address="192.0.2.10", ports="81")
    VirtualService.objects.create(label="mail", address="192.0.2.10", ports="25", protocol="tcp")
    return service


def rule(service: VirtualService, action: str = "deny", value: str = "", *found: Term) -> AclRule:
    conditions = terms(*(found or [("path_beg", "/")]))
    position = service.acl_rules.count() + 1
    return AclRule.objects.create(service=service, position=position, action=action, value=value, conditions=conditions)


def pages(service: VirtualService, kind: str = "acl") -> str:
    return f"/lbadmin/cluster/virtual-services/{service.pk}/{kind}-rules/"


def page(found: AclRule) -> str:
    return f"/lbadmin/cluster/virtual-services/acl-rules/{found.pk}/"

"""A real server without a port gets that of the client's connection; HAProxy still has to know where to check it."""

import pytest
from django.core.exceptions import ValidationError

from apps.services.models import Check, RealServer, VirtualService


def service(**fields: object) -> VirtualService:
    known = {"label": "web", "address": "192.0.2.10", "ports": "80", "backend_only": True}
    return VirtualService.objects.create(**known | fields)


def server(service: VirtualService, port: int | None = None) -> RealServer:
    return RealServer(service=service, label="one", address="192.0.2.1", port=port)


@pytest.mark.django_db
def test_one_without_a_port_is_refused_where_nothing_tells_it() -> None:
    with pytest.raises(ValidationError, match="Enter the port"):
        server(service()).full_clean()


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{"check_port": 80}, {"check_type": Check.NONE}, {"backend_only": False}])
def test_one_without_a_port_is_taken_where_it_is_known_or_not_needed(fields: dict[str, object]) -> None:
    server(service(**fields)).full_clean()


@pytest.mark.django_db
def test_a_service_cannot_stop_listening_when_its_servers_need_its_ports() -> None:
    listening = service(backend_only=False)
    server(listening).save()
    listening.backend_only = True
    with pytest.raises(ValidationError, match="Enter the port to check") as refused:
        listening.full_clean()
    assert list(refused.value.message_dict) == ["check_port"]
    listening.check_port = 80
    listening.full_clean()

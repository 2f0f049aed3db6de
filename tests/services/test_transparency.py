"""Transparent Proxy is refused where real servers could not answer clients."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.services.models import RealServer, VirtualService


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("vip", "server", "is_fine"),
    [
        ("10.0.0.1", "10.0.0.2", True),
        ("fd00::1", "fd00::2", True),
        ("10.0.0.1", "one.example", True),
        ("10.0.0.1", "fd00::2", False),
        ("fd00::1", "10.0.0.2", False),
    ],
)
def test_addresses_of_one_kind(vip: str, server: str, is_fine: bool) -> None:
    service = VirtualService.objects.create(label="web", address=vip, ports="80")
    real = RealServer.objects.create(service=service, label="one", address=server)
    assert problems(service) == problems(real) == {}
    service.transparent = True
    expected = "" if is_fine else f"{server} would have to answer clients"
    assert expected in str(problems(service).get("transparent", ""))
    assert expected in str(problems(real).get("address", ""))
    assert bool(problems(service)) == bool(problems(real)) == (not is_fine)


def problems(item: VirtualService | RealServer) -> dict[str, Any]:
    try:
        item.full_clean()
    except ValidationError as error:
        return error.message_dict
    return {}

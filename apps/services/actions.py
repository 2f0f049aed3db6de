"""What happens to a virtual service as a whole: duplicating it, and what stays when it is deleted."""

from typing import Any

from django.db.models import Model

from apps.common.models import Edit
from apps.common.options import options
from apps.services.models import AclRule, FloatingIP, HeaderRule, RealServer, SslTermination, VirtualService

INNER: tuple[type[Model], ...] = (RealServer, AclRule, HeaderRule)


def counted(service: VirtualService, model: type[Model]) -> str:
    """How many of these it has: 2 Real Servers."""
    number = model._default_manager.filter(service=service).count()
    return f"{number} {model._meta.verbose_name}{'s' * (number != 1)}"


def blank_copy(service: VirtualService) -> VirtualService:
    """With all options of the original and a label that is free; not saved."""
    return VirtualService(**_values(service) | {"label": _free_label(f"{service.label[:55]}-copy")})


def _free_label(wanted: str) -> str:
    taken = set(VirtualService.objects.filter(label__startswith=wanted).values_list("label", flat=True))
    numbers = range(2, len(taken) + 3)
    return next(label for label in (wanted, *(f"{wanted}-{number}" for number in numbers)) if label not in taken)


def _values(row: Model) -> dict[str, Any]:
    return {option.attname: getattr(row, option.attname) for option in options(row)}


def copy_inner(service: VirtualService, copy: VirtualService, *, user: str) -> None:
    """Real servers, which all begin online, and rules."""
    for model in INNER:
        for row in model._default_manager.filter(service=service).order_by("pk"):
            made = model(service=copy, **_values(row))
            made.save()
            Edit.record(user, made, "added")


def is_alone(service: VirtualService) -> bool:
    """Whether its floating IP would go with it."""
    others = VirtualService.objects.filter(address=service.address).exclude(pk=service.pk)
    same = {"address": service.address}
    kept = FloatingIP.objects.filter(**same).exists() or SslTermination.objects.filter(**same).exists()
    wanted = others.exists() or kept
    return bool(service.address) and not wanted


def keep_address(address: str, *, user: str) -> None:
    Edit.record(user, FloatingIP.objects.create(address=address), "added")

"""Floating IPs beyond those that virtual services bring: gateways for real servers, mostly."""

from django.core.exceptions import ValidationError
from django.db import models

from apps.common.option_kinds import AddressOption
from apps.services.models.termination import SslTermination
from apps.services.models.virtual_service import VirtualService

BRINGERS: tuple[type[models.Model], ...] = (VirtualService, SslTermination)


class FloatingIP(models.Model):
    address = AddressOption(
        "New Floating IP",
        element="label",
        section="Floating IPs",
        on_add=True,
        unique=True,
        error_messages={"unique": "This is a floating IP already."},
        help="An address that moves to the other unit with the services. A Virtual Service brings its own; add others "
        "here, such as the default gateway of Real Servers.",
    )

    class Meta:
        ordering = ["pk"]
        verbose_name = "Floating IP"

    def __str__(self) -> str:
        return str(self.address)

    def clean(self) -> None:
        for model in BRINGERS:
            if found := model._default_manager.filter(address=self.address).first():
                said = f"The {model._meta.verbose_name} {found} has brought this floating IP already."
                raise ValidationError({"address": said})

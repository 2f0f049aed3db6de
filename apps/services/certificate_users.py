"""Which virtual services use a certificate: one of settings.CERTIFICATE_USERS."""

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse

from apps.certificates.usage import Use
from apps.services.models import VirtualService


def uses() -> Iterator[Use]:
    """Their own certificate, and the authority that their clients are checked against."""
    using = VirtualService.objects.exclude(Q(certificate=None) & Q(authority=None)).order_by("label")
    for pk, label, *used in using.values_list("pk", "label", "certificate_id", "authority_id"):
        url = reverse("modify-virtual-service", args=[pk])
        yield from (Use(certificate, label, url) for certificate in used if certificate)

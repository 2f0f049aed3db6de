"""Which virtual services and SSL terminations use a certificate: one of settings.CERTIFICATE_USERS."""

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse

from apps.certificates.usage import Use
from apps.services.models import SniRule, SslTermination, VirtualService


def uses() -> Iterator[Use]:
    """Their own certificate, and the authority that their clients are checked against."""
    using = VirtualService.objects.exclude(Q(certificate=None) & Q(authority=None)).order_by("label")
    for pk, label, *used in using.values_list("pk", "label", "certificate_id", "authority_id"):
        url = reverse("modify-virtual-service", args=[pk])
        yield from (Use(certificate, label, url) for certificate in used if certificate)
    for pk, label, certificate in SslTermination.objects.values_list("pk", "label", "certificate_id").order_by("label"):
        yield Use(certificate, label, reverse("modify-ssl-termination", args=[pk]))
    rules = SniRule.objects.order_by("termination__label", "position")
    for pk, name, label, certificate in rules.values_list("pk", "name", "termination__label", "certificate_id"):
        yield Use(certificate, f"{name} of {label}", reverse("modify-sni-rule", args=[pk]))

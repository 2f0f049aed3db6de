"""OCSP responders of certificates in use are asked in time: by the worker `jobs`, one in each run of the task.

What is due stands in the database, as for orders by ACME. What HAProxy does with an answer: apps.changes.stapling.
"""

import logging

from cryptography import x509
from django.db.models import F
from django.utils import timezone

from apps.certificates import expiries, ocsp
from apps.certificates.models import AcmeOrder, Certificate, Staple, Status
from apps.changes import candidate, versions
from apps.system.ocsp import NoResponse, ask

logger = logging.getLogger(__name__)
BROKEN = "This ended with an error that was not expected: the log of the worker says more."


def step() -> bool:
    """Ask the responder whose turn it is. Whether there was one."""
    used = _used()
    _begin(used)
    staple = _due(used)
    if staple is None:
        return False
    was_revoked = staple.status == Status.REVOKED
    _ask(staple)
    if staple.status == Status.REVOKED and not was_revoked:
        _tell_of_revocation(staple)
    return True


def _used() -> set[int]:
    """Certificates that HAProxy shows, or will when what is saved is committed."""
    saved = candidate.certificates_in_use().filter(is_authority=False).values_list("pk", flat=True)
    return {*saved, *versions.current_certificates()}


def _begin(used: set[int]) -> None:
    """A row for each, which tells of the certificate as it is now."""
    known = set(Staple.objects.values_list("pk", "fingerprint"))
    stored = Certificate.objects.filter(pk__in=used, stapling=True, is_authority=False).exclude(chain="")
    fresh = [pk for pk, fingerprint in stored.values_list("pk", "fingerprint") if (pk, fingerprint) not in known]
    for certificate in Certificate.objects.filter(pk__in=fresh):
        Staple.begin(certificate)


def _due(used: set[int]) -> Staple | None:
    """What was never answered comes first: it may be about to be served."""
    asked = Staple.objects.filter(certificate__stapling=True, pk__in=used, next_try__lte=timezone.now())
    ordered = asked.exclude(url="").order_by(F("answered").asc(nulls_first=True), "next_try")
    return ordered.select_related("certificate").first()


def _ask(staple: Staple) -> None:
    chain = x509.load_pem_x509_certificates(staple.certificate.chain.encode())
    leaf, issuer = chain[0], ocsp.issuer_in(chain)
    if issuer is None:  # the row knows of no responder then
        return
    try:
        staple.take(ocsp.read(ask(staple.url, ocsp.question(leaf, issuer)), leaf, issuer))
    except (NoResponse, ocsp.NotAcceptable) as reason:
        staple.fail(str(reason))
        logger.warning("OCSP: no response for %s: %s", staple.certificate, reason)
    except Exception:
        staple.fail(BROKEN)  # a defect of ours goes on to the log, but must not come again at once
        raise


def _tell_of_revocation(staple: Staple) -> None:
    """Loudly; and what came by ACME comes anew."""
    logger.error("OCSP: %s was revoked by its authority", staple.certificate)
    expiries.forget()
    order = AcmeOrder.objects.filter(pk=staple.pk).first()
    if order:
        order.ask_now()

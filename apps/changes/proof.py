"""What HAProxy's own check cannot see: before the swap what is free, after it what is really served."""

from apps.certificates.models import Certificate
from apps.changes.models import JobState
from apps.changes.versions import CommitRefused
from apps.haproxy.config import Service
from apps.haproxy.render import binds, certificates_of
from apps.services.models import Verification, VirtualService
from apps.system import host, tls

SPARE_DESCRIPTORS = 200  # sockets, logs, peers, and a few connections


def before(old: tuple[Service, ...], new: tuple[Service, ...]) -> None:
    """Ports that are taken, addresses that are not there, too many listeners. Raises CommitRefused."""
    wanted = binds(new)
    needed = len(wanted) + sum(len(service.servers) for service in new) + SPARE_DESCRIPTORS
    if needed > host.descriptor_limit():
        raise CommitRefused(
            f"This configuration needs at least {needed} open files; this host allows {host.descriptor_limit()}. "
            "Use fewer ports, or raise the limit of open files. The previous configuration goes on serving."
        )
    for address, port in sorted(wanted - binds(old)):
        if problem := host.bind_problem(address, port):
            label = next(service.vip.label for service in new if (address, port) in binds((service,)))
            raise CommitRefused(f"{label} cannot listen: {problem}. The previous configuration goes on serving.")


def after(services: tuple[Service, ...], changed: set[str]) -> None:
    """Every bind has a listener; services that changed serve their certificate. Raises CommitRefused."""
    for address, port in sorted(binds(services)):
        if host.is_free(address, port):
            raise _not_proven(f"nobody listens on port {port} of {address}")
    certificates = {item.pk: item for item in Certificate.objects.filter(virtual_services__isnull=False)}
    for service in services:
        if service.vip.label in changed and _shows_certificate(service.vip):
            _compare(service, certificates[service.vip.certificate_id or 0])


def _shows_certificate(vip: VirtualService) -> bool:
    """A handshake without a certificate of our own, and without a line before it, is answered."""
    if not certificates_of(vip) or vip.accept_proxy:
        return False
    return not vip.authority_id or vip.verification != Verification.REQUIRED


def _compare(service: Service, certificate: Certificate) -> None:
    address, port = min(binds((service,)))
    if tls.served_fingerprint(address, port) != certificate.fingerprint:
        raise _not_proven(f"{service.vip.label} does not serve the certificate {certificate}")


def _not_proven(what: str) -> CommitRefused:
    sentence = f"After the change {what}. The previous configuration is back."
    return CommitRefused(sentence, state=JobState.ROLLED_BACK)

"""What HAProxy's own check cannot see: before the swap what is free, after it what is really served."""

from collections.abc import Collection, Iterator

from apps.certificates.models import Certificate
from apps.changes import explain
from apps.changes.models import JobState
from apps.changes.versions import CommitRefused
from apps.haproxy.config import Service
from apps.haproxy.listen import owner
from apps.haproxy.render import binds, certificates_of
from apps.haproxy.servers import check_source_of, source_of
from apps.services.models import Verification, VirtualService
from apps.system import host, network, tls

SPARE_DESCRIPTORS = 200  # sockets, logs, peers, and a few connections


def before(old: tuple[Service, ...], new: tuple[Service, ...], floating: Collection[str]) -> None:
    """Ports that are taken, addresses that are not there, too many listeners. Raises CommitRefused.

    `floating` are the addresses that this host keeps.
    """
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
    _prove_sources({*_sources(new)} - {*_sources(old)}, new, floating)


def _prove_sources(found: set[tuple[int, str, str]], services: tuple[Service, ...], floating: Collection[str]) -> None:
    """Connections can only come from an address that this host has, and still has afterwards."""
    if not found:
        return
    going = {item.address for item in network.addresses() if item.ours and item.address not in floating}
    vips = {service.vip.pk: service.vip for service in services}
    for pk, option, source in sorted(found):
        if source in going or not host.has_address(source):
            whose = owner(vips[pk], option)
            raise CommitRefused(
                f"{explain.name(whose)}: {source} is not an address of this host. Use one that it has, or add it under "
                "Floating IPs. The previous configuration goes on serving.",
                place=explain.address(whose),
            )


def _sources(services: tuple[Service, ...]) -> Iterator[tuple[int, str, str]]:
    """Primary key of the service, the option and its address."""
    for vip in (service.vip for service in services if not service.vip.manual):
        if source := source_of(vip):
            yield vip.pk, "source_address", source
        if source := check_source_of(vip):
            yield vip.pk, "check_source", source


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
    """A handshake without a certificate of our own is answered."""
    if not certificates_of(vip):
        return False
    return not vip.authority_id or vip.verification != Verification.REQUIRED


def _compare(service: Service, certificate: Certificate) -> None:
    address, port = min(binds((service,)))
    served = tls.served_fingerprint(address, port, through_proxy=service.vip.accept_proxy)
    if served != certificate.fingerprint:
        raise _not_proven(f"{service.vip.label} does not serve the certificate {certificate}")


def _not_proven(what: str) -> CommitRefused:
    sentence = f"After the change {what}. The previous configuration is back."
    return CommitRefused(sentence, state=JobState.ROLLED_BACK)

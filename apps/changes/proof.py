"""What HAProxy's own check cannot see: before the swap what is free, after it what is really served."""

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from django.conf import settings

from apps.certificates.models import Certificate
from apps.changes import explain
from apps.changes.models import JobState
from apps.changes.versions import CommitRefused
from apps.haproxy import terminations
from apps.haproxy.config import Config
from apps.haproxy.listen import owner, pem_file
from apps.haproxy.render import certificates_of
from apps.haproxy.servers import check_source_of, source_of
from apps.haproxy.words import Owner
from apps.services.models import Verification, VirtualService
from apps.system import haproxy, host, network, tls

SPARE_DESCRIPTORS = 200  # sockets, logs, peers, and a few connections


def before(old: Config, new: Config, floating: Collection[str]) -> None:
    """Ports that are taken, addresses that are not there, too many listeners. Raises CommitRefused.

    `floating` are the addresses that this host keeps.
    """
    wanted = new.binds
    needed = len(wanted) + sum(len(service.servers) for service in new.services) + SPARE_DESCRIPTORS
    if needed > host.descriptor_limit():
        raise CommitRefused(
            f"This configuration needs at least {needed} open files; this host allows {host.descriptor_limit()}. "
            "Use fewer ports, or raise the limit of open files. The previous configuration goes on serving."
        )
    for address, port in sorted(wanted.keys() - old.binds.keys()):
        if problem := host.bind_problem(address, port):
            label = wanted[address, port]
            raise CommitRefused(f"{label} cannot listen: {problem}. The previous configuration goes on serving.")
    _prove_sources({*_sources(new)} - {*_sources(old)}, floating)


def _prove_sources(found: set[tuple[Owner, str]], floating: Collection[str]) -> None:
    """Connections can only come from an address that this host has, and still has afterwards."""
    if not found:
        return
    going = {item.address for item in network.addresses() if item.ours and item.address not in floating}
    for whose, source in sorted(found):
        is_elsewhere = source in floating and not network.is_active()  # the other unit of the pair has it now
        if source in going or not (host.has_address(source) or is_elsewhere):
            raise CommitRefused(
                f"{explain.name(whose)}: {source} is not an address of this host. Use one that it has, or add it under "
                "Floating IPs. The previous configuration goes on serving.",
                place=explain.address(whose),
            )


def _sources(config: Config) -> Iterator[tuple[Owner, str]]:
    """With the option that each was told in."""
    for vip in (service.vip for service in config.services if not service.vip.manual):
        if source := source_of(vip):
            yield owner(vip, "source_address"), source
        if source := check_source_of(vip):
            yield owner(vip, "check_source"), source
    yield from terminations.sources(config)


def after(config: Config, changed: set[str]) -> None:
    """Every bind has a listener; what changed serves its certificate. Raises CommitRefused."""
    if free := host.first_free(sorted(config.binds)):
        raise _not_proven(f"nobody listens on port {free[1]} of {free[0]}")
    wanted = [showing for showing in _showings(config) if showing.label in changed]
    certificates = Certificate.objects.in_bulk({showing.certificate for showing in wanted})
    for showing in wanted:
        _compare(showing, certificates[showing.certificate])


class Showing(NamedTuple):
    """A certificate that clients see when they connect there, and ask for this name if there is one."""

    label: str  # of the virtual service or SSL termination
    certificate: int
    address: str
    port: int
    name: str = ""
    through_proxy: bool = False


def _showings(config: Config) -> Iterator[Showing]:
    for service in config.services:
        vip = service.vip
        if _shows_certificate(vip):
            yield Showing(vip.label, vip.certificate_id or 0, *min(service.binds), through_proxy=vip.accept_proxy)
    for termination in config.terminations:
        item = termination.item
        yield Showing(item.label, item.certificate_id, item.address, item.port)
        whole = [rule for rule in termination.rules if not rule.host.startswith("*")]
        yield from (Showing(item.label, rule.certificate_id, item.address, item.port, rule.host) for rule in whole)


def _shows_certificate(vip: VirtualService) -> bool:
    """A handshake without a certificate of our own is answered."""
    if not certificates_of(vip):
        return False
    return not vip.authority_id or vip.verification != Verification.REQUIRED


def _compare(showing: Showing, certificate: Certificate) -> None:
    if not host.has_address(showing.address):  # a passive unit cannot connect to itself there
        _compare_loaded(showing, certificate)
        return
    served = tls.served_fingerprint(
        showing.address, showing.port, name=showing.name, through_proxy=showing.through_proxy
    )
    if served != certificate.fingerprint:
        asked = f" to who asks for {showing.name}" if showing.name else ""
        raise _not_proven(f"{showing.label} does not serve the certificate {certificate}{asked}")


def _compare_loaded(showing: Showing, certificate: Certificate) -> None:
    said = haproxy.ask(settings.PATHS.haproxy_admin_socket, f"show ssl cert {pem_file(certificate.pk)}")
    loaded = [int(serial, 16) for serial in re.findall(r"^Serial: (\w+)$", said, re.MULTILINE)]
    if loaded != [int(certificate.serial, 16)]:
        raise _not_proven(f"{showing.label} has not loaded the certificate {certificate}")


def _not_proven(what: str) -> CommitRefused:
    sentence = f"After the change {what}. The previous configuration is back."
    return CommitRefused(sentence, state=JobState.ROLLED_BACK)

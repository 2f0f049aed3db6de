"""A renewed certificate goes live under load: on every bind, without a reload and without a failed request."""

import time
from collections.abc import Iterator

import pytest
from django.conf import settings

from apps.certificates.models import Certificate
from apps.changes import activate
from apps.services.models import VirtualService
from apps.system import haproxy
from tests.certificates.openssl import Issued, Workshop
from tests.changes.committing import reload
from tests.changes.load import fast_server, load
from tests.terminations.site import SECURE, VIP, Client, ended, kept, service, sni, with_server

RENEWALS = 2

pytestmark = pytest.mark.usefixtures("running")


@pytest.fixture
def server_port() -> Iterator[int]:
    with fast_server() as port:
        yield port


def worker() -> int:
    return haproxy.processes(settings.PATHS.haproxy_master_socket).worker


def renew(certificate: Certificate, by: Issued) -> str:
    """As Replace does it; the new fingerprint."""
    new = kept(by)
    values = {"chain": new.chain, "encrypted_key": new.encrypted_key, "fingerprint": new.fingerprint}
    new.delete()
    Certificate.objects.filter(pk=certificate.pk).update(**values)
    return str(values["fingerprint"])


def test_renewals_under_load(web: VirtualService, site: Issued, workshop: Workshop, server_port: int) -> None:
    certificate, other = kept(site), kept(workshop.issue("other.example"))
    with_server(service("own", ports=str(SECURE + 1), protocol="http2", certificate=certificate), server_port)
    ended(certificate, service=web)
    sni(ended(other, service=web, label="names", port=SECURE + 2), "shop.example", certificate, service=web)
    reload()
    before, first = worker(), certificate.fingerprint
    binds = [Client("shop.example", port=SECURE + number) for number in range(3)]
    assert {client.seen() for client in binds} == {first}
    with load(f"https://{VIP}:{SECURE}/") as here, load(f"https://{VIP}:{SECURE + 1}/") as there:
        for _ in range(RENEWALS):
            new = renew(certificate, workshop.issue("web.example", names="DNS:web.example,DNS:shop.example"))
            assert reload() == activate.AT_RUN_TIME
            assert {client.seen() for client in binds} == {new}
            time.sleep(0.2)
        renewed = renew(other, workshop.issue("other.example"))  # which only a termination has
        assert reload() == activate.AT_RUN_TIME
    assert worker() == before
    assert (here.failed, there.failed) == (0, 0), here.said + there.said
    assert min(here.answered, there.answered) > 100
    assert Client("other.example", port=SECURE + 2).seen() == renewed

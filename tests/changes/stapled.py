"""A certificate whose authority answers by OCSP, in a real HAProxy, and what clients and workers do."""

import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from apps.certificates.models import Certificate, Staple
from apps.changes import responders, stapling
from apps.haproxy.listen import OCSP, pem_file
from apps.services.models import VirtualService
from apps.system import haproxy
from tests.certificates.openssl import Issued, Workshop
from tests.certificates.responder import Authority
from tests.changes.conftest import PORT
from tests.terminations.site import kept

VIP, SECURE = "127.0.0.9", PORT + 1
NAME = "web.example"


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.fixture
def root(workshop: Workshop) -> Issued:
    return workshop.issue("Example CA", ca=True)


@pytest.fixture
def authority(workshop: Workshop, root: Issued) -> Authority:
    return Authority(workshop, root)


@pytest.fixture
def site(authority: Authority, root: Issued) -> Issued:
    return authority.issue(NAME)


@pytest.fixture
def certificate(site: Issued, root: Issued) -> Certificate:
    """Served on a port of its own."""
    made = stored(site, root)
    VirtualService.objects.create(label="secure", address=VIP, ports=str(SECURE), protocol="http2", certificate=made)
    return made


@pytest.fixture
def answering(authority: Authority, certificate: Certificate) -> Iterator[None]:
    with authority.answering():
        yield


def stored(site: Issued, *chain: Issued) -> Certificate:
    made = kept(site)
    made.chain = b"".join(one.certificate for one in (site, *chain)).decode()
    made.save()
    return made


def seen(port: int = SECURE, name: str = NAME) -> str:
    """What a client is told of the certificate: good, revoked, or nothing."""
    words = ["openssl", "s_client", "-connect", f"{VIP}:{port}", "-servername", name, "-status"]
    said = subprocess.run(words, input=b"", capture_output=True, timeout=10, check=False).stdout.decode()
    assert "BEGIN CERTIFICATE" in said
    status = re.search(r"Cert Status: (\w+)", said)
    return status[1] if status else ""


def ask() -> Staple:
    """What the workers do within a minute."""
    while responders.step():
        pass
    stapling.apply()
    return Staple.objects.get()


def ask_again() -> Staple:
    Staple.objects.update(next_try=timezone.now())
    return ask()


def file(certificate: Certificate, version: str = "current") -> Path:
    return settings.PATHS.haproxy / version / f"{pem_file(certificate.pk)}{OCSP}"


def workers() -> haproxy.Processes:
    return haproxy.processes(settings.PATHS.haproxy_master_socket)


def replaced(certificate: Certificate, by: Issued, *chain: Issued) -> Certificate:
    new = stored(by, *chain)
    values = {"chain": new.chain, "encrypted_key": new.encrypted_key, "fingerprint": new.fingerprint}
    new.delete()
    Certificate.objects.filter(pk=certificate.pk).update(**values)
    return Certificate.objects.get(pk=certificate.pk)


def replace_answer(staple: Staple, content: bytes, **fields: object) -> None:
    Staple.objects.filter(pk=staple.pk).update(response=content, **fields)


def ask_answered(certificate: Certificate, content: bytes, days: float) -> Staple:
    staple = Staple.begin(certificate)
    replace_answer(staple, content, response_until=timezone.now() + timedelta(days=days))
    return Staple.objects.get()

"""CA Certificate: who is let in with which certificate, and what the real server is told of it."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from apps.certificates.models import Certificate
from apps.services.models import RealServer, VirtualService
from tests.certificates.openssl import Issued, Workshop
from tests.changes.committing import reload
from tests.terminations.site import SECURE, VIP, Client, ended, kept

HEADER = "X-Client-Subject"

pytestmark = pytest.mark.usefixtures("running")


@dataclass(frozen=True)
class Hospital:
    service: VirtualService
    good: Path  # files with key and certificate of clients
    crafty: Path
    revoked: Path
    stranger: Path


@pytest.fixture
def hospital(web: VirtualService, site: Issued, workshop: Workshop, tmp_path: Path) -> Hospital:
    authority, other = (workshop.issue(name, ca=True) for name in ("Hospital CA", "Other CA"))
    people = {
        "good": workshop.issue("alice", by=authority),
        "revoked": workshop.issue("bob", by=authority),
        "stranger": workshop.issue("mallory", by=other),
        "crafty": workshop.issue("eve\nX-Admin: yes", by=authority),
    }
    files = {}
    for name, issued in people.items():
        files[name] = tmp_path / f"client-{name}.pem"
        files[name].write_bytes(issued.pem)
    listed = workshop.revocation_list(authority, people["revoked"]).decode()
    trusted = kept(authority, is_authority=True, encrypted_key="", revocation_list=listed)
    VirtualService.objects.filter(pk=web.pk).update(
        protocol="http2", ports=str(SECURE), certificate=kept(site), authority=trusted, client_subject=HEADER
    )
    return Hospital(web, **files)


def refused(client: Client) -> bool:
    """TLS 1.3 tells the client only after its own handshake is done."""
    try:
        client.get()
    except (ssl.SSLError, ConnectionError):
        return True
    return False


def subjects(client: Client, **headers: str) -> list[str]:
    """What the real server is told, in all headers of the name."""
    lines = client.told("/", **headers)["headers"]
    return [line.partition(": ")[2] for line in lines if line.lower().startswith(f"{HEADER.lower()}:")]


def test_required_lets_in_who_the_authority_vouches_for(hospital: Hospital) -> None:
    reload()
    assert subjects(Client(pem=hospital.good)) == ["CN=alice"]
    assert refused(Client())
    assert refused(Client(pem=hospital.stranger))
    assert refused(Client(pem=hospital.revoked))


def test_optional_lets_in_who_shows_none_too(hospital: Hospital) -> None:
    VirtualService.objects.update(verification="optional")
    reload()
    assert subjects(Client(pem=hospital.good)) == ["CN=alice"]
    assert subjects(Client()) == []
    assert refused(Client(pem=hospital.stranger))
    assert refused(Client(pem=hospital.revoked))


def test_a_client_cannot_write_the_header_itself(hospital: Hospital) -> None:
    VirtualService.objects.update(verification="optional")
    reload()
    assert subjects(Client(), X_Client_Subject='"/CN=alice"') == []
    assert subjects(Client(pem=hospital.good), X_Client_Subject='"/CN=root"') == ["CN=alice"]
    VirtualService.objects.update(authority=None)
    reload()
    assert subjects(Client(), X_Client_Subject='"/CN=alice"') == []


def test_a_subject_with_a_line_break_is_no_other_header(hospital: Hospital) -> None:
    reload()
    client = Client(pem=hospital.crafty)
    assert subjects(client) == ["CN=eve\\0AX-Admin: yes"]
    assert not any(line.lower().startswith("x-admin") for line in client.told()["headers"])


def test_no_termination_is_a_way_around_it(hospital: Hospital, site: Issued) -> None:
    hospital.service.refresh_from_db()
    with pytest.raises(ValidationError, match="checks the certificates of its clients"):
        ended(Certificate.objects.all()[0], service=hospital.service, port=SECURE + 1)
    assert RealServer.objects.get().service.address == VIP

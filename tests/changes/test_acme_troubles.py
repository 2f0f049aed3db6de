"""What an administrator reads when an authority gives no certificate, and when it is asked again."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.certificates.models import AcmeAccount, AcmeOrder
from apps.changes import candidate
from tests.certificates.conftest import root, workshop
from tests.certificates.openssl import Issued, Workshop
from tests.certificates.pages import LIST, words
from tests.certificates.pebble import Pebble, names, pebble
from tests.changes.acme import ACCOUNTS, VIP, add_account, order, work
from tests.changes.server import Answer, served

__all__ = ["root", "workshop"]  # fixtures
KID, KEY = "kid-1", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"


class Busy(Answer):
    """An authority that had enough."""

    def do_GET(self) -> None:
        problem = {"type": "urn:ietf:params:acme:error:rateLimited", "detail": "Too many certificates this week."}
        body = json.dumps(problem).encode()
        self.send_response(429)
        for name, value in [("Content-Type", "application/problem+json"), ("Retry-After", "18000")]:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def binding(workshop: Workshop, root: Issued) -> Iterator[Pebble]:
    """It wants accounts to be bound to those that it knows already."""
    with names(VIP, workshop.path), pebble(workshop, root, keys={KID: KEY}, http=18481) as started:
        yield started


@pytest.fixture
def far_end(workshop: Workshop, root: Issued, request: pytest.FixtureRequest) -> Iterator[Pebble]:
    """A web server with a good certificate that is no ACME directory."""
    own = workshop.issue("localhost", by=root, names="DNS:localhost")
    (workshop.path / "far.pem").write_bytes(own.pem)
    with served(request.param, certificate=workshop.path / "far.pem") as port:
        yield Pebble(f"https://localhost:{port}/dir", root.certificate.decode())


def told(client: Client, authority: Pebble, **values: str) -> AcmeOrder:
    """What became of an order; the page says it."""
    order(client, add_account(client, authority, **values))
    failed = work()
    assert failed.failures == 1
    assert failed.problem in words(client, f"{LIST}{failed.pk}/").replace("&#x27;", "'")
    assert "not given" in words(client)
    return failed


def test_nobody_listens(admin: Client) -> None:
    failed = told(admin, Pebble("https://localhost:1/dir", ""))
    assert failed.problem.startswith("https://localhost:1/dir cannot be reached.")


def test_nobody_has_that_name(admin: Client) -> None:
    assert "cannot be reached" in told(admin, Pebble("https://nobody.invalid/dir", "")).problem


def test_the_wrong_ca(admin: Client, binding: Pebble, workshop: Workshop) -> None:
    other = workshop.issue("Other Root", ca=True)
    failed = told(admin, Pebble(binding.url, other.certificate.decode()))
    assert "is not trusted" in failed.problem
    assert "Custom CA" in failed.problem


def test_no_ca(admin: Client, binding: Pebble) -> None:
    assert "is not trusted" in told(admin, Pebble(binding.url, "")).problem


@pytest.mark.parametrize("far_end", [Answer], indirect=True)
def test_no_directory(admin: Client, far_end: Pebble) -> None:
    assert "did not answer as an ACME directory does" in told(admin, far_end).problem


@pytest.mark.parametrize("far_end", [Busy], indirect=True)
def test_an_authority_that_had_enough_says_when_to_come_back(admin: Client, far_end: Pebble) -> None:
    failed = told(admin, far_end)
    assert "Too many certificates this week" in failed.problem
    assert round((failed.next_try - timezone.now()) / timedelta(hours=1), 2) == 5


def test_a_binding_is_required(admin: Client, binding: Pebble) -> None:
    assert "asks for an external account binding" in told(admin, binding).problem


def test_a_wrong_binding_is_refused_and_the_right_one_accepted(admin: Client, binding: Pebble) -> None:
    failed = told(admin, binding, eab_kid=KID, eab_key=KEY.replace("z", "y"))
    account = AcmeAccount.objects.get()
    assert failed.problem.startswith("The authority refused the ACME account")
    assert account.uri == ""
    values = {"label": "lab", "directory": "custom", "url": binding.url, "roots": binding.root, "agreed": "on"}
    admin.post(f"{ACCOUNTS}{account.pk}/", values | {"eab_kid": KID, "eab_key": KEY})
    failed.ask_now()
    assert "port 80" in work().problem  # known there, and now nobody answers for the name
    assert AcmeAccount.objects.get().uri.startswith("https://localhost:18140/")


def test_the_wait_grows_to_a_day(admin: Client) -> None:
    failed = told(admin, Pebble("https://localhost:1/dir", ""))
    for hours in (2, 4, 8, 16, 24, 24):
        failed.ask_now()
        failed = work()
        assert round((failed.next_try - timezone.now()) / timedelta(hours=1), 2) == hours


@pytest.fixture(autouse=True)
def _fresh(db: None) -> None:
    candidate._fingerprints.cache_clear()

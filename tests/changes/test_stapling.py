"""OCSP stapling in a real HAProxy, with openssl as responder and as client."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.certificates.models import AcmeAccount, AcmeOrder, Certificate
from apps.changes import activate, candidate, pending, responders, stapling, tasks
from apps.common.models import Generation
from apps.haproxy.listen import pem_file
from apps.services.models import VirtualService
from tests.certificates.openssl import Issued
from tests.certificates.responder import Authority
from tests.changes.committing import reload
from tests.changes.stapled import (
    NAME,
    SECURE,
    answering,
    ask,
    ask_again,
    authority,
    certificate,
    file,
    replaced,
    root,
    seen,
    site,
    workers,
    workshop,
)
from tests.terminations.site import ended

__all__ = ["answering", "authority", "certificate", "root", "site", "workshop"]  # fixtures

pytestmark = pytest.mark.usefixtures("running")


def test_stapled_and_refreshed_without_a_new_worker(certificate: Certificate, answering: None) -> None:
    reload()
    before, generation, printed = workers(), Generation.current(), candidate.fingerprints()
    assert seen() == ""
    first = ask()
    assert (first.status, first.problem, seen()) == ("good", "", "good")
    second = ask_again()
    assert bytes(second.response) != bytes(first.response)
    assert stapling._shown(pem_file(certificate.pk)) == stapling._signature(bytes(second.response))
    assert seen() == "good"
    assert workers() == before
    assert file(certificate).read_bytes() == bytes(second.response)
    candidate._fingerprints.cache_clear()
    assert (Generation.current(), candidate.fingerprints()) == (generation, printed)
    assert pending.difference() is None


def test_it_is_asked_again_half_way(certificate: Certificate, answering: None) -> None:
    staple = ask()
    assert staple.this_update
    assert staple.next_update
    half = staple.this_update + (staple.next_update - staple.this_update) / 2
    assert abs(staple.next_try - half) < timedelta(seconds=2)
    assert not responders.step()


def test_a_reload_and_a_start_begin_with_it(certificate: Certificate, answering: None) -> None:
    """Asked before anything is committed: clients never see the certificate without."""
    ask()
    assert not file(certificate).exists()
    assert reload() != activate.AT_RUN_TIME
    assert (file(certificate).stat().st_mode & 0o777, seen()) == (0o600, "good")
    before = workers().worker
    activate.reload()
    assert workers().worker != before
    assert seen() == "good"


def test_every_bind_has_it(certificate: Certificate, answering: None, service: VirtualService) -> None:
    ended(certificate, service=service, port=SECURE + 1)
    reload()
    ask()
    assert {seen(SECURE), seen(SECURE + 1)} == {"good"}


def test_a_revoked_one_is_not_stapled(certificate: Certificate, authority: Authority, site: Issued) -> None:
    reload()
    with authority.answering():
        ask()
    assert seen() == "good"
    authority.tell(site, revoked=True)
    before = workers()
    with authority.answering():
        staple = ask_again()
    assert (staple.status, staple.reason, bytes(staple.response)) == ("revoked", "key compromise", b"")
    assert seen() == ""
    assert not file(certificate).exists()
    assert workers() == before
    reload()
    assert seen() == ""


def test_a_renewed_one_drops_the_old_response_and_brings_its_own(
    certificate: Certificate, authority: Authority, root: Issued
) -> None:
    reload()
    with authority.answering():
        ask()
    old = file(certificate).read_bytes()
    before = workers()
    renewed = replaced(certificate, authority.issue(NAME), root)
    stapling.apply()
    assert seen() == "good"  # what runs is the old one still, and so is what is said of it
    assert reload() == activate.AT_RUN_TIME
    assert seen() == ""
    assert not file(renewed).exists()
    again = replaced(certificate, authority.issue(NAME), root)
    with authority.answering():
        while responders.step():
            pass
    assert reload() == activate.AT_RUN_TIME
    assert seen() == "good"  # with the certificate, not a minute later
    assert file(again).read_bytes() not in {b"", old}
    assert workers() == before


def test_turned_off_and_on(certificate: Certificate, answering: None) -> None:
    reload()
    ask()
    before = workers()
    for stapled, told in ((False, ""), (True, "good")):
        Certificate.objects.update(stapling=stapled)
        ask()
        assert (seen(), file(certificate).exists()) == (told, stapled)
    assert workers() == before


def test_the_worker_is_told_at_once(certificate: Certificate, answering: None, at_once: None) -> None:
    reload()
    tasks.check_candidate.delay()
    assert seen() == "good"


def test_what_is_known_is_not_said_again(
    certificate: Certificate, answering: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    reload()
    ask()
    said: list[tuple[str, ...]] = []
    monkeypatch.setattr(stapling, "command", lambda *words, **more: said.append(words))
    stapling.apply()
    assert said == []


def test_a_revoked_one_by_acme_is_ordered_anew(certificate: Certificate, authority: Authority, site: Issued) -> None:
    later = timezone.now() + timedelta(days=50)
    account = AcmeAccount.objects.create(label="lab", agreed=True)
    AcmeOrder.objects.create(certificate=certificate, account=account, next_try=later)
    authority.tell(site, revoked=True)
    with authority.answering():
        ask()
        assert AcmeOrder.objects.get().is_busy
        AcmeOrder.objects.update(next_try=later)
        ask_again()
    assert not AcmeOrder.objects.get().is_busy  # once for each revocation

"""OCSP stapling where something is wrong: no answer, an old one, one that HAProxy does not take."""

import subprocess
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from apps.certificates.models import Certificate, Staple
from apps.changes import activate, candidate, engine, responders, stapling, versions
from apps.haproxy.render import render
from apps.services.models import VirtualService
from apps.system import files, haproxy
from tests.certificates.openssl import Issued, Workshop
from tests.certificates.responder import REVOKED, Authority, answer, scripted
from tests.changes.committing import reload
from tests.changes.stapled import (
    NAME,
    SECURE,
    VIP,
    answering,
    ask,
    ask_again,
    ask_answered,
    authority,
    certificate,
    file,
    replaced,
    root,
    seen,
    site,
    stored,
    workers,
    workshop,
)

__all__ = ["answering", "authority", "certificate", "root", "site", "workshop"]  # fixtures

pytestmark = pytest.mark.usefixtures("running")


def test_unknown_and_silence_leave_the_last_good_one(
    certificate: Certificate, authority: Authority, site: Issued
) -> None:
    reload()
    with authority.answering():
        good = ask()
    authority.known.clear()
    with authority.answering():
        unknown = ask_again()
    assert (unknown.status, unknown.failures, seen()) == ("unknown", 1, "good")
    silent = ask_again()
    assert "cannot be reached" in silent.problem
    assert silent.failures == 2
    assert silent.failing_since == unknown.failing_since
    assert bytes(silent.response) == bytes(good.response)
    assert seen() == "good"
    authority.tell(site)
    with authority.answering():
        again = ask_again()
    assert (again.failures, again.failing_since, again.problem) == (0, None, "")


def test_failures_come_later_and_later(certificate: Certificate) -> None:
    waits = []
    for _ in range(8):
        waits.append(round((ask_again().next_try - timezone.now()) / timedelta(minutes=5)))
    assert waits == [1, 2, 4, 8, 16, 32, 64, 72]


def test_one_that_names_no_responder_is_left_alone(workshop: Workshop, root: Issued) -> None:
    made = stored(workshop.issue(NAME, by=root), root)
    VirtualService.objects.create(label="secure", address=VIP, ports=str(SECURE), protocol="http2", certificate=made)
    reload()
    assert not responders.step()
    assert seen() == ""


def test_one_without_its_issuer_is_left_alone(site: Issued) -> None:
    made = stored(site)
    VirtualService.objects.create(label="secure", address=VIP, ports=str(SECURE), protocol="http2", certificate=made)
    reload()
    assert not responders.step()
    assert Staple.objects.get().url == ""


STALE = ["expired", "revoked", "of another", "junk", "nothing", "huge"]


@pytest.mark.parametrize("kind", STALE)
def test_no_file_keeps_haproxy_from_starting(
    certificate: Certificate, site: Issued, root: Issued, workshop: Workshop, kind: str
) -> None:
    """As after a month without power: HAProxy starts before any worker does."""
    reload()
    contents = {
        "expired": answer(site, root, since=timedelta(days=-40), until=timedelta(days=-33)),
        "revoked": answer(site, root, status=REVOKED),
        "of another": answer(workshop.issue("other.example", by=root), root),
        "junk": b"junk",
        "nothing": b"",
        "huge": b"x" * 1_000_000,
    }
    file(certificate).write_bytes(contents[kind])
    before = workers().worker
    activate.reload()
    assert workers().worker != before
    assert seen() in ({"revoked"} if kind == "revoked" else {""})
    haproxy.check(settings.PATHS.haproxy_config)
    engine.reconcile()
    assert not file(certificate).exists()
    assert seen() == ""


def test_an_expired_one_is_in_no_new_version(certificate: Certificate, site: Issued, root: Issued) -> None:
    ask_answered(certificate, answer(site, root, since=timedelta(days=-9), until=timedelta(days=-2)), days=-2)
    reload()
    assert not file(certificate).exists()


def test_a_response_that_haproxy_refuses_stops_no_commit(certificate: Certificate, site: Issued) -> None:
    """Of a certificate whose issuer HAProxy does not find it would not even start."""
    Certificate.objects.update(chain=site.certificate.decode())
    version = versions.stage("checked", render(candidate.load()))
    staple = file(certificate, "checked")
    files.write(staple, b"anything")
    with pytest.raises(haproxy.Refused, match=r"\.ocsp' is present"):
        haproxy.check(version.directory / "haproxy.cfg")
    versions.check(version)
    assert not staple.exists()
    assert version.staples == {}


def test_a_refusal_at_run_time_is_told_and_leaves_no_file(
    certificate: Certificate, workshop: Workshop, root: Issued, site: Issued
) -> None:
    reload()
    ask_answered(certificate, answer(workshop.issue("other.example", by=root), root), days=1)
    stapling.apply()
    assert "did not take" in Staple.objects.get().refusal
    assert not file(certificate).exists()
    assert seen() == ""
    reload()  # and goes on working


def test_what_goes_back_to_an_old_version_does_not_bring_its_responses_back(
    certificate: Certificate, authority: Authority, site: Issued, service: VirtualService
) -> None:
    with authority.answering():
        ask()
    reload()
    old = versions.current()
    assert file(certificate, old).exists()
    service.label = "renamed"
    service.save()
    reload()
    authority.tell(site, revoked=True)
    with authority.answering():
        ask_again()
    assert file(certificate, old).exists()
    activate.back_to(old)
    assert not file(certificate, old).exists()
    assert seen() == ""


def test_without_haproxy_a_revoked_one_is_removed_for_the_next_start(
    running: subprocess.Popen[bytes], certificate: Certificate, authority: Authority, site: Issued
) -> None:
    with authority.answering():
        ask()
    reload()
    running.terminate()
    running.wait(10)
    authority.tell(site, revoked=True)
    with authority.answering():
        ask_again()
    assert not file(certificate).exists()


def test_a_haproxy_that_was_started_anew_is_told(certificate: Certificate, answering: None) -> None:
    reload()
    ask()
    file(certificate).unlink()
    activate.reload()
    assert seen() == ""
    engine.reconcile()
    assert (seen(), file(certificate).exists()) == ("good", True)


def test_ours_is_the_whole_of_what_is_sent(certificate: Certificate, root: Issued, workshop: Workshop) -> None:
    """The responder gets hashes and a number; no key, no name."""
    with scripted() as (script, port):
        extra = f"authorityInfoAccess=OCSP;URI:http://127.0.0.1:{port}/"
        issued = workshop.issue("hidden.example", by=root, extra=extra)
        replaced(certificate, issued, root)
        assert responders.step()
    [sent] = script.asked
    assert len(sent) < 120
    assert b"hidden" not in sent
    staple = Staple.objects.get()
    assert staple.problem == "What the responder sent is no answer of OCSP."
    values = repr([getattr(staple, field.attname) for field in Staple._meta.concrete_fields])
    assert not any(line in values for line in issued.base64)

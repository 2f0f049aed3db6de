"""Certificates by ACME, against Debian's pebble, which asks a real HAProxy for what proves the names."""

import subprocess
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from apps.certificates.models import AcmeAccount, AcmeOrder, Certificate
from apps.changes import candidate, ordering
from apps.changes.activate import AT_RUN_TIME
from apps.changes.models import Job
from apps.changes.running import RUNS, current
from apps.common.models import Edit, Generation
from apps.haproxy.plan import ACME
from apps.services.conditions import Condition, write
from apps.services.models import AclRule, VirtualService
from apps.system import haproxy, tls
from tests.certificates.conftest import root, workshop
from tests.certificates.openssl import Issued, Workshop
from tests.certificates.pages import LIST, words
from tests.certificates.pebble import Pebble, lead, names, pebble
from tests.changes.acme import NAME, VIP, add_account, ask, order, renew, work
from tests.changes.committing import reload

__all__ = ["root", "workshop"]  # fixtures
HTTPS = 18443


@pytest.fixture(scope="module")
def dns(workshop: Workshop) -> Iterator[None]:
    with names(VIP, workshop.path):
        yield


@pytest.fixture(scope="module")
def authority(dns: None, workshop: Workshop, root: Issued) -> Iterator[Pebble]:
    with pebble(workshop, root) as started:
        yield started


@pytest.fixture
def site(running: subprocess.Popen[bytes], service: VirtualService) -> VirtualService:
    """It sends everybody from port 80 to https."""
    service.ports, service.force_https = "80", True
    service.save()
    reload()
    return service


@pytest.fixture
def account(admin: Client, site: VirtualService, authority: Pebble) -> AcmeAccount:
    made = add_account(admin, authority)
    reload()
    return made


def serve(certificate: Certificate) -> VirtualService:
    made = VirtualService(label="secure", address=VIP, ports=str(HTTPS), protocol="http2", certificate=certificate)
    made.save()
    reload()
    return made


def test_ordered_proven_served_and_renewed_without_a_reload(admin: Client, account: AcmeAccount) -> None:
    order(admin, account, names="second.acme.test")
    assert "Waiting for the worker" in words(admin, f"{LIST}{AcmeOrder.objects.get().pk}/")
    kept = work()
    certificate = Certificate.objects.get(label="site")
    assert kept.problem == ""
    assert (certificate.names, certificate.issuer[:6]) == ([NAME, "second.acme.test"], "Pebble")
    assert AcmeAccount.objects.get().uri
    assert certificate.valid_from
    assert certificate.valid_to
    assert kept.next_try - certificate.valid_from == (certificate.valid_to - certificate.valid_from) * 2 / 3
    serve(certificate)
    workers = haproxy.processes(settings.PATHS.haproxy_master_socket)
    renewed = renew(admin)
    assert renewed.serial != certificate.serial
    assert renewed.encrypted_key != certificate.encrypted_key
    assert tls.served_fingerprint(VIP, HTTPS) == renewed.fingerprint
    job = Job.objects.first()
    assert job
    assert (job.user, job.sentence) == ("ACME", AT_RUN_TIME)
    assert haproxy.processes(settings.PATHS.haproxy_master_socket) == workers
    assert Edit.objects.filter(user="ACME", kind="SSL Certificate", label="site").count() == 2
    assert "given, and renewed by itself" in words(admin, f"{LIST}{renewed.pk}/")


def test_it_is_renewed_when_it_is_time(admin: Client, account: AcmeAccount) -> None:
    order(admin, account)
    first = work().certificate
    assert ordering.step() is None
    AcmeOrder.objects.update(next_try=timezone.now() - timedelta(seconds=1))
    assert work().certificate.serial != first.serial


def test_challenges_are_answered_before_rules_and_redirects(site: VirtualService, account: AcmeAccount) -> None:
    conditions = write([Condition("", False, "path_beg", "", "/.well-known")])
    AclRule.objects.create(service=site, position=1, conditions=conditions, action="deny")
    reload()
    assert ask("/.well-known/acme-challenge/Tok-en_1") == (200, f"Tok-en_1.{account.thumbprint}")
    assert ask("/.well-known/acme-challenge/a%0d%0ab")[0] == 403
    assert ask("/.well-known/acme-challenge/")[0] == 403
    assert ask("/")[0] in {301, 302}
    account.delete()
    reload()
    assert ask("/.well-known/acme-challenge/Tok-en_1")[0] == 403


def test_a_renewal_waits_for_whoever_has_begun_something_else(
    admin: Client, account: AcmeAccount, site: VirtualService
) -> None:
    order(admin, account)
    served = work().certificate
    serve(served)
    site.label = "begun"
    site.save()
    Generation.touch()
    renewed = renew(admin)
    assert renewed.serial != served.serial
    assert not Job.objects.filter(user="ACME").exists()
    assert tls.served_fingerprint(VIP, HTTPS) == served.fingerprint
    assert "not served yet. Other changes were waiting" in words(admin, f"{LIST}{renewed.pk}/")
    reload()
    assert tls.served_fingerprint(VIP, HTTPS) == renewed.fingerprint
    assert "not served yet" not in words(admin, f"{LIST}{renewed.pk}/")


def test_a_name_that_leads_elsewhere_is_tried_again_later_and_later(admin: Client, account: AcmeAccount) -> None:
    lead("elsewhere.acme.test", "127.0.0.77")
    order(admin, account, "elsewhere.acme.test")
    for hours in (1, 2, 4):
        failed = work()
        assert "elsewhere.acme.test" in failed.problem
        assert "port 80" in failed.problem
        assert round((failed.next_try - timezone.now()) / timedelta(hours=1), 2) == hours
        failed.ask_now()
    lead("elsewhere.acme.test", VIP)
    assert (work().failures, AcmeOrder.objects.get().problem) == (0, "")


def test_before_haproxy_answers_nothing_is_asked(admin: Client, site: VirtualService, authority: Pebble) -> None:
    order(admin, add_account(admin, authority))
    put_off = work()
    assert (put_off.problem, put_off.failures) == (ordering.NOT_ANSWERED, 0)
    assert put_off.next_try > timezone.now()
    reload()
    put_off.ask_now()
    assert work().certificate.chain


def test_who_was_killed_is_followed_by_one_who_goes_on(admin: Client, account: AcmeAccount) -> None:
    order(admin, account)
    ordering.step()
    begun = AcmeOrder.objects.get()
    assert begun.began
    AcmeOrder.objects.update(next_try=timezone.now())  # the minute until the next look
    assert work().certificate.chain
    assert AcmeOrder.objects.get().began is None


def test_an_order_that_the_authority_forgot_is_begun_anew(
    admin: Client, account: AcmeAccount, authority: Pebble
) -> None:
    begun = order(admin, account)
    begun.begin(authority.url.replace("/dir", "/my-order/nobody"))
    failed = work()
    assert (failed.url, failed.began, failed.failures) == ("", None, 1)
    failed.ask_now()
    assert work().certificate.chain


def test_the_worker_is_told_at_once(admin: Client, account: AcmeAccount, at_once: None) -> None:
    order(admin, account)
    assert AcmeOrder.objects.get().began


def test_only_an_account_that_comes_or_goes_reloads(account: AcmeAccount) -> None:
    RUNS.clear()  # as after a start of the worker
    assert current().is_exact
    assert current().plan(candidate.load()).reasons == ()
    account.delete()
    assert current().plan(candidate.load()).reasons == (ACME,)

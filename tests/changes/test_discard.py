"""Discard changes: back to what runs, after a look at what is lost."""

from collections.abc import Iterator

import pytest
from django.test import Client

from apps.changes import candidate
from apps.changes.models import Job, JobState, Kind
from apps.common.models import Edit
from apps.services.models import RealServer, State, VirtualService
from tests.changes.recorded import SERVICES, WEB, Words, certificate, commit, text, touched

DISCARD = "/lbadmin/commit/discard/"
REVIEW = "/lbadmin/commit/review/"


@pytest.fixture(autouse=True)
def fresh(db: None) -> Iterator[None]:
    candidate._fingerprints.cache_clear()
    yield
    candidate._fingerprints.cache_clear()


@pytest.fixture
def web(db: None) -> VirtualService:
    service = VirtualService.objects.create(**WEB)
    RealServer.objects.create(service=service, label="one", address="192.0.2.1", port=80)
    touched()
    commit()
    return service


def discard(browser: Client, seen: str | None = None) -> str:
    """Look, then press the button; what the next page says."""
    looked = browser.get(DISCARD)
    sent = {"seen": looked.context["seen"] if seen is None else seen}
    return str(Words(browser.post(DISCARD, sent, follow=True).content.decode()))


def test_it_shows_first_what_is_lost(admin: Client, web: VirtualService) -> None:
    VirtualService.objects.update(balance="roundrobin")
    admin.post(f"{SERVICES}add/", WEB | {"label": "shop", "ports": "81"})
    page = text(admin, DISCARD)
    assert "Field Saved Running" in page
    assert "Balance Mode Weighted Round Robin Weighted Least Connection" in page
    assert "shop Virtual Service · removed IP Address 192.0.2.10 – Ports 81 –" in page
    assert VirtualService.objects.count() == 2


def test_everything_goes_back_to_what_runs(admin: Client, web: VirtualService) -> None:
    VirtualService.objects.update(label="renamed", balance="roundrobin")
    RealServer.objects.all().delete()
    admin.post(f"{SERVICES}add/", WEB | {"label": "shop", "ports": "81"})
    page = discard(admin)
    assert "The changes were discarded. What is saved is what runs." in page
    assert "Nothing waits to be committed." in page
    service = VirtualService.objects.get()
    assert (service.pk, service.label, service.balance) == (web.pk, "web", "leastconn")
    assert [server.label for server in service.servers.all()] == ["one"]


def test_it_is_noted_who_did_it(admin: Client, web: VirtualService) -> None:
    VirtualService.objects.update(balance="roundrobin")
    touched()
    discard(admin)
    edit = Edit.objects.latest("pk")
    assert (str(edit), edit.number) == ("Virtual Service web changed by config-user", web.pk)


def test_a_drained_real_server_stays_drained(admin: Client, web: VirtualService) -> None:
    RealServer.objects.update(state=State.DRAIN, weight=5)
    touched()
    discard(admin)
    server = RealServer.objects.get()
    assert (server.state, server.weight) == (State.DRAIN, 100)


def test_without_changes_there_is_nothing_to_discard(admin: Client, web: VirtualService) -> None:
    answer = admin.get(DISCARD, follow=True)
    assert answer.redirect_chain == [(REVIEW, 302)]
    assert "Nothing is discarded" in answer.content.decode()


def test_what_somebody_saved_meanwhile_is_shown_before_it_is_lost(admin: Client, web: VirtualService) -> None:
    VirtualService.objects.update(balance="roundrobin")
    touched()
    page = discard(admin, seen="what was there before")
    assert "somebody saved another change meanwhile" in page
    assert "Weighted Round Robin" in page
    assert VirtualService.objects.get().balance == "roundrobin"


def test_it_waits_for_a_commit_that_is_under_way(admin: Client, web: VirtualService) -> None:
    VirtualService.objects.update(balance="roundrobin")
    touched()
    Job.objects.create(kind=Kind.RELOAD, state=JobState.APPLYING)
    assert "A commit is under way." in discard(admin)
    assert VirtualService.objects.get().balance == "roundrobin"


def test_a_certificate_that_is_gone_refuses_it_whole(admin: Client, web: VirtualService) -> None:
    site = certificate()
    VirtualService.objects.create(**WEB | {"label": "shop", "ports": "443", "protocol": "http2", "certificate": site})
    commit()
    VirtualService.objects.filter(label="web").update(balance="roundrobin")
    VirtualService.objects.filter(label="shop").delete()
    site.delete()
    touched()
    page = discard(admin)
    assert "Nothing was discarded. shop needs the SSL Certificate site, which does not exist." in page
    assert VirtualService.objects.get().balance == "roundrobin"


def test_a_replaced_certificate_stays_and_the_page_says_so(admin: Client) -> None:
    site = certificate()
    VirtualService.objects.create(**WEB | {"protocol": "http2", "certificate": site})
    commit()
    site.chain = "two"
    site.save()
    touched()
    assert "Certificates stay as they are: site." in text(admin, DISCARD)
    assert "What is left below cannot be taken back this way." in discard(admin)

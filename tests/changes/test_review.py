"""Commit changes > Review: what would change, whose doing it is, what it costs."""

import subprocess
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.changes import candidate
from apps.changes.models import Job, JobState, Running
from apps.common.models import Edit
from apps.services.models import RealServer, VirtualService
from tests.changes.recorded import SERVERS, SERVICES, WEB, WEB_MODIFIED, certificate, commit, text, touched

REVIEW = "/lbadmin/commit/review/"
COMMIT = "/lbadmin/commit/reload/"


@pytest.fixture(autouse=True)
def fresh(db: None) -> Iterator[None]:
    candidate._fingerprints.cache_clear()
    yield
    candidate._fingerprints.cache_clear()


@pytest.fixture
def web(admin: Client) -> VirtualService:
    """A service with a real server, committed."""
    admin.post(f"{SERVICES}add/", WEB)
    service = VirtualService.objects.get()
    RealServer.objects.create(service=service, label="one", address="192.0.2.1", port=80)
    touched()
    commit()
    return service


def modify(browser: Client, service: VirtualService, **fields: str) -> None:
    answer = browser.post(f"{SERVICES}{service.pk}/", WEB_MODIFIED | fields)
    assert answer.status_code == 302, answer.content.decode()


def add_server(browser: Client, service: VirtualService, **fields: str) -> None:
    values = {"label": "two", "address": "192.0.2.2", "port": "81", "weight": "100"} | fields
    assert browser.post(f"{SERVERS}add/{service.pk}/", values).status_code == 302


def test_while_nothing_waits_it_says_so(viewer: Client, web: VirtualService) -> None:
    page = text(viewer, REVIEW)
    assert "Nothing waits to be committed." in page
    assert "Commit all" not in page


def test_a_value_that_is_set_back_leaves_nothing(admin: Client, web: VirtualService) -> None:
    modify(admin, web, balance="roundrobin")
    assert "Balance Mode Weighted Least Connection Weighted Round Robin" in text(admin, REVIEW)
    modify(admin, web)
    assert "Nothing waits to be committed." in text(admin, REVIEW)


def test_it_shows_every_field_in_the_words_of_the_page_and_who_changed_it(admin: Client, web: VirtualService) -> None:
    modify(admin, web, protocol="tcp", persistence="ip", persistence_timeout="5m")
    add_server(admin, web)
    page = text(admin, REVIEW)
    assert "4 changes to 2 objects, compared with revision" in page
    assert "web Virtual Service · 3 fields changed Layer 7 Protocol HTTP Mode TCP Mode config-user, " in page
    assert "Persistence Mode HTTP Cookie Source IP config-user" in page
    assert "Persistence Timeout 30m 5m config-user" in page
    assert "two Real Server of web · added Real Server IP Address – 192.0.2.2 config-user" in page
    assert "Label – two" not in page  # the heading says it


def test_what_is_removed_is_shown_with_all_that_stood_in_it(admin: Client, web: VirtualService) -> None:
    admin.post(f"{SERVICES}{web.pk}/delete/")
    page = text(admin, REVIEW)
    assert "web Virtual Service · removed IP Address 192.0.2.10 – config-user" in page
    assert "one Real Server of web · removed Real Server IP Address 192.0.2.1 – config-user" in page


def test_a_real_server_is_not_taken_for_what_stood_in_a_service_of_its_name(admin: Client, web: VirtualService) -> None:
    """A Real Server `shop` of web, and another of the Virtual Service shop, go at once."""
    shop = VirtualService.objects.create(label="shop", address="192.0.2.10", ports="81")
    gone = [
        RealServer.objects.create(service=service, label="shop", address="192.0.2.3", port=80)
        for service in (web, shop)
    ]
    commit()
    for server in gone:
        admin.post(f"{SERVERS}{server.pk}/delete/")
    page = text(admin, REVIEW)
    assert "2 changes to 2 objects" in page
    assert "shop Real Server of web · removed" in page
    assert "shop Real Server of shop · removed" in page


def test_a_certificate_with_another_content_is_named(admin: Client) -> None:
    site = certificate()
    VirtualService.objects.create(**WEB | {"protocol": "http2", "certificate": site})
    commit()
    site.chain = "two"
    site.save()
    Edit.record("a.meyer", site, "changed")
    touched()
    page = text(admin, REVIEW)
    assert "site SSL Certificate · replaced · a.meyer, " in page
    assert "1 change to 1 object" in page


def test_who_changed_it_before_the_last_commit_is_not_named(admin: Client, web: VirtualService) -> None:
    old = timezone.now() - timedelta(days=3)
    Edit.objects.update(at=old, user="somebody-else")
    VirtualService.objects.update(balance="roundrobin")
    touched()
    assert "somebody-else" not in text(admin, REVIEW)
    assert "Weighted Round Robin" in text(admin, REVIEW)


def test_an_edit_of_another_day_has_its_date(admin: Client, web: VirtualService) -> None:
    modify(admin, web, balance="roundrobin")
    running = Running.objects.select_related("revision__job").get()
    Job.objects.filter(pk=running.revision.job.pk).update(started=timezone.now() - timedelta(days=9))
    Edit.objects.update(at=timezone.now() - timedelta(days=2))
    day = timezone.now() - timedelta(days=2)
    assert f"config-user, {day:%Y-%m-%d} " in text(admin, REVIEW)


def test_it_shows_the_lines_of_the_file(admin: Client, web: VirtualService) -> None:
    modify(admin, web, balance="roundrobin")
    page = text(admin, REVIEW)
    assert "haproxy.cfg 1 line added, 1 removed" in page
    assert "- balance leastconn + balance roundrobin" in page


def test_it_says_why_haproxy_is_reloaded(admin: Client, web: VirtualService) -> None:
    modify(admin, web, balance="roundrobin")
    admin.post(f"{SERVICES}add/", WEB | {"label": "shop", "ports": "81"})
    page = text(admin, REVIEW)
    assert "HAProxy: reload, because" in page
    assert "No connection is cut." in page


def test_a_commit_keeps_the_reason(
    admin: Client, service: VirtualService, running: subprocess.Popen[bytes], at_once: None
) -> None:
    VirtualService.objects.update(balance="roundrobin")
    touched()
    seen = admin.get(REVIEW).context["review"].seen
    sent = {"origin": REVIEW, "seen": seen, "reason": "  CHG-4711:\r\n faster  "}
    answer = admin.post(COMMIT, sent, follow=True)
    job = Job.objects.first()
    assert job
    assert (job.state, job.reason) == (JobState.DONE, "CHG-4711: faster")
    assert answer.redirect_chain == [(f"{REVIEW}?job={job.pk}", 302)]
    assert "Nothing waits to be committed." in answer.content.decode()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"reason": "x" * 256}, "The reason has 256 characters; 255 fit."),
        ({"seen": "what was there before"}, "Somebody saved another change meanwhile."),
    ],
)
def test_what_cannot_be_committed_is_told(
    operator: Client, web: VirtualService, fields: dict[str, str], words: str
) -> None:
    answer = operator.post(COMMIT, {"origin": REVIEW} | fields, follow=True)
    assert words in answer.content.decode()
    assert Job.objects.count() == 1  # the one that runs


def test_who_may_only_look_has_no_button(admin: Client, viewer: Client, operator: Client, web: VirtualService) -> None:
    modify(admin, web, balance="roundrobin")
    buttons = ("Commit all", "Discard changes")
    assert [name in text(viewer, REVIEW) for name in buttons] == [False, False]
    assert [name in text(operator, REVIEW) for name in buttons] == [True, False]
    assert [name in text(admin, REVIEW) for name in buttons] == [True, True]


def test_the_box_of_other_pages_leads_there(admin: Client, web: VirtualService) -> None:
    modify(admin, web, balance="roundrobin")
    assert f'href="{REVIEW}"' in admin.get(SERVICES).content.decode()
    assert "Reload HAProxy" not in text(admin, REVIEW)  # one button is enough


def test_hundreds_of_changes_are_shown_in_part_and_on_demand_whole(
    admin: Client, web: VirtualService, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    VirtualService.objects.filter(pk=web.pk).update(protocol="http2", certificate=certificate())
    commit()
    VirtualService.objects.bulk_create(
        VirtualService(label=f"s{number}", address="192.0.2.10", ports=str(2000 + number)) for number in range(300)
    )
    touched()
    admin.get(REVIEW)  # computes once what every page asks for
    with django_assert_max_num_queries(30):
        page = text(admin, REVIEW)
    assert "300 changes to 300 objects" in page
    assert "100 more objects differ. Show all" in page
    assert "s299 Virtual Service" not in page
    assert "s299 Virtual Service" in text(admin, REVIEW, all="")

"""The Commit changes box: when it is there, and what its buttons do when nobody works."""

from collections.abc import Iterator

import pytest
from django.test import Client

from apps.changes import candidate, engine
from apps.changes.models import Job, JobState, Kind, Running
from apps.haproxy.render import render
from apps.services.models import VirtualService

SERVICE = {"label": "web", "address": "192.0.2.10", "ports": "80", "protocol": "http"}
LIST = "/lbadmin/cluster/virtual-services/"
RESTART = "/lbadmin/maintenance/restart-services/"


@pytest.fixture(autouse=True)
def nothing_pending(db: None) -> Iterator[None]:
    candidate._fingerprints.cache_clear()
    config = candidate.load()
    job = Job.objects.create(kind=Kind.RELOAD, state=JobState.DONE)
    Running.record(engine.record(job, config, render(config)))
    yield
    candidate._fingerprints.cache_clear()


def test_it_is_absent_while_nothing_waits(admin: Client) -> None:
    assert "Commit changes" not in admin.get(LIST).content.decode()


def test_it_names_what_was_added_and_what_was_removed(admin: Client) -> None:
    admin.post(f"{LIST}add/", SERVICE)
    page = admin.get(LIST).content.decode()
    assert "Commit changes" in page
    assert "web added" in page
    admin.post(f"{LIST}{VirtualService.objects.get().pk}/delete/")
    assert "Commit changes" not in admin.get(LIST).content.decode()


def test_a_viewer_sees_it_without_a_button(admin: Client, viewer: Client) -> None:
    admin.post(f"{LIST}add/", SERVICE)
    page = viewer.get(LIST).content.decode()
    assert "web added" in page
    assert "Reload HAProxy" not in page
    assert viewer.post("/lbadmin/commit/reload/").status_code == 403


def test_without_a_worker_nothing_is_changed_and_the_message_says_so(operator: Client) -> None:
    answer = operator.post("/lbadmin/commit/reload/", {"origin": RESTART}, follow=True)
    assert "The worker cannot be reached, so nothing was changed." in answer.content.decode()
    assert answer.redirect_chain[-1][0] == RESTART
    assert Job.objects.count() == 1  # the one that runs


def test_a_restart_asks_first(operator: Client) -> None:
    page = operator.post("/lbadmin/commit/restart/", {"origin": RESTART}).content.decode()
    assert "Every connection through this unit will be cut." in page
    assert Job.objects.count() == 1  # the one that runs


@pytest.mark.parametrize("origin", ["https://evil.example/", "//evil.example/lbadmin/", "/other", ""])
def test_it_never_leads_to_another_site(operator: Client, origin: str) -> None:
    answer = operator.post("/lbadmin/commit/reload/", {"origin": origin})
    assert answer["Location"] == "/lbadmin/"


@pytest.mark.parametrize(
    ("state", "status", "words"),
    [
        (JobState.QUEUED, 200, "every 100ms"),
        (JobState.CHECKING, 200, 'aria-current="step"'),
        (JobState.DONE, 286, "Information:"),
        (JobState.REFUSED, 286, "Error:"),
    ],
)
def test_the_page_follows_a_job_until_it_ends(viewer: Client, state: JobState, status: int, words: str) -> None:
    job = Job.objects.create(kind=Kind.RELOAD, user="loadbalancer", state=state, sentence="It happened.")
    answer = viewer.get(f"/lbadmin/commit/job/{job.pk}/?job={job.pk}")
    assert answer.status_code == status
    assert words in answer.content.decode()


def test_haproxys_words_are_shown_as_text(viewer: Client) -> None:
    job = Job.objects.create(kind=Kind.RELOAD, user="x", state=JobState.REFUSED, said="<script>alert(1)</script>")
    assert "&lt;script&gt;" in viewer.get(f"{LIST}?job={job.pk}").content.decode()


def test_a_poll_answers_only_what_the_page_does_not_show_yet(admin: Client, viewer: Client) -> None:
    seen = viewer.get(LIST).context["commit"].seen
    box = "/lbadmin/commit/box/"
    assert viewer.get(box, {"seen": seen}).status_code == 204
    admin.post(f"{LIST}add/", SERVICE)
    answer = viewer.get(box, {"seen": seen})
    assert answer.status_code == 200
    assert "web added" in answer.content.decode()

"""Every open page is told of each step of a commit at once, over a real Redis, while a real HAProxy takes it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from statistics import median
from typing import Any

import pytest
from django.db import transaction
from django.db.models.signals import post_save
from django.test import Client

from apps.changes import engine, stream, tasks
from apps.changes.models import Job, JobState, Kind
from apps.changes.stream import RETRY
from apps.common.models import Generation
from apps.services.models import VirtualService
from apps.system import bell
from tests.changes.recorded import WEB
from tests.conftest import Browser
from tests.overview import conftest as overview

redis_server = overview.redis_server
redis = overview.redis

STREAM = "/lbadmin/commit/stream/"
STEPS = [JobState.CHECKING, JobState.APPLYING, JobState.VERIFYING, JobState.DONE]
LATEST = 0.1  # seconds from a step to the page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


Opened = Callable[[Client], Iterator[str]]


@pytest.fixture
def opened() -> Iterator[Opened]:
    """What a browser is told, from now on."""
    with ExitStack() as stack:

        def open_stream(browser: Client) -> Iterator[str]:
            answer: Any = browser.get(STREAM)
            stack.callback(answer.close)
            assert answer["Content-Type"] == "text/event-stream"
            texts = (text.decode() for text in answer.streaming_content)
            assert next(texts) == RETRY
            return texts

        yield open_stream


class Listening(threading.Thread):
    """A second viewer: when did it hear of what?"""

    def __init__(self, texts: Iterator[str]) -> None:
        super().__init__(daemon=True)
        self.texts = texts
        self.heard: dict[str, float] = {}

    def run(self) -> None:
        for text in self.texts:
            word = text.removeprefix("data: ").strip()
            self.heard[word] = time.monotonic()
            if word.endswith(JobState.DONE):
                return


@pytest.fixture
def entered() -> Iterator[dict[str, float]]:
    """When each step of a job was begun."""
    times: dict[str, float] = {}

    def note(sender: object, instance: Job, **kwargs: object) -> None:
        times.setdefault(f"{instance.pk} {instance.state}", time.monotonic())

    post_save.connect(note, sender=Job)
    yield times
    post_save.disconnect(note, sender=Job)


@pytest.mark.usefixtures("running")
def test_another_viewer_hears_each_step_within_100_ms(
    viewer: Client, opened: Opened, entered: dict[str, float]
) -> None:
    late = []
    for number in range(5):
        listening = Listening(opened(viewer))
        VirtualService.objects.update(balance="leastconn" if number % 2 else "roundrobin")
        listening.start()
        job = Job.objects.create(kind=Kind.RELOAD, user="loadbalancer")
        engine.commit(job)
        assert job.state == JobState.DONE
        listening.join(10)
        assert list(listening.heard) == [f"{job.pk} {step}" for step in STEPS]
        late += [at - entered[word] for word, at in listening.heard.items()]
    print(f"median {median(late) * 1000:.1f} ms, latest {max(late) * 1000:.1f} ms")
    assert len(late) == 5 * len(STEPS)
    assert median(late) < LATEST


def test_a_saved_edit_is_told_when_others_can_read_it(admin: Client, viewer: Client, opened: Opened) -> None:
    told = opened(viewer)
    admin.post("/lbadmin/cluster/virtual-services/add/", WEB)
    assert next(told) == "data: saved\n\n"


def test_an_edit_that_is_undone_is_not_told(viewer: Client, opened: Opened) -> None:
    told = opened(viewer)
    with pytest.raises(ZeroDivisionError):
        save_and_fail()
    Job.objects.create(kind=Kind.RELOAD, pk=7).enter(JobState.CHECKING)
    assert next(told) == "data: 7 checking\n\n"


def save_and_fail() -> None:
    with transaction.atomic():
        Generation.touch()
        raise ZeroDivisionError


def test_what_haproxy_said_of_the_candidate_is_told(viewer: Client, opened: Opened) -> None:
    told = opened(viewer)
    tasks.check_candidate()
    assert next(told) == "data: checked\n\n"


def test_a_stream_ends_and_the_browser_is_told_to_open_the_next(
    viewer: Client, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "LASTS", 0.3)
    begun = time.monotonic()
    assert list(opened(viewer)) == ["event: end\ndata\n\n"]
    assert 0.3 <= time.monotonic() - begun < 2


def test_beyond_the_limit_a_browser_polls_until_another_leaves(viewer: Client) -> None:
    answers = [viewer.get(STREAM) for _ in range(bell.STREAMS)]
    assert {answer.status_code for answer in answers} == {200}
    assert viewer.get(STREAM).status_code == 204
    answers[0].close()  # never read
    after = viewer.get(STREAM)
    assert after.status_code == 200
    for answer in [after, *answers]:
        answer.close()


def test_without_log_in_there_is_no_stream() -> None:
    assert Browser().get(STREAM)["Location"].startswith("/lbadmin/login/")


def test_a_job_that_others_hear_of_is_shown_to_its_end(viewer: Client) -> None:
    job = Job.objects.create(kind=Kind.RELOAD, state=JobState.REFUSED, sentence="HAProxy refused web.")
    page = viewer.get("/lbadmin/commit/box/", {"seen": "", "job": str(job.pk)})
    assert "HAProxy refused web." in page.content.decode()
    assert page["HX-Trigger"] == '{"jobEnded": {}}'

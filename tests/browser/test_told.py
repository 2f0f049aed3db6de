"""A second viewer's page is told of each step of a commit: nothing is pressed, and no poll is waited for."""

import time
from collections.abc import Iterator
from statistics import median

import pytest
from playwright.sync_api import Page, Response, expect

from apps.accounts.models import Group, User
from apps.changes import candidate
from apps.changes.models import STEPS, Job, JobState, Kind
from apps.common.models import Generation
from apps.services.models import VirtualService
from tests.browser.conftest import Visit
from tests.changes.recorded import WEB, commit
from tests.overview import conftest as overview

redis_server = overview.redis_server

LIST = "/lbadmin/cluster/virtual-services/"
STREAM = "**/lbadmin/commit/stream/"
LATEST = 100  # milliseconds from a step to the page
AT_ONCE = 1_000  # well before the next poll: while the page is told, that is after five seconds
WATCH = """() => {
    window.shown = {};
    const look = () => {
        const box = document.getElementById("commit-box");
        const step = box.querySelector("[aria-current=step]") ?? box.querySelector(".lb-msg strong");
        if (step) window.shown[step.textContent.trim()] ??= Date.now();
    };
    new MutationObserver(look).observe(document.querySelector("main"), { childList: true, subtree: true });
}"""


@pytest.fixture
def pending(cached: None, transactional_db: None) -> Iterator[None]:
    candidate._fingerprints.cache_clear()
    VirtualService.objects.create(**WEB)
    commit()
    VirtualService.objects.update(balance="roundrobin")
    Generation.touch()
    yield
    candidate._fingerprints.cache_clear()


@pytest.fixture
def page(visit: Visit, pending: None) -> Page:
    bob = User.objects.create(username="bob", password="!", group=Group.REPORT)
    return visit(bob).new_page()


def listen(page: Page) -> None:
    """Open a page, and wait until it has asked for what it may have missed."""
    streams: list[Response] = []
    page.on("response", lambda answer: streams.append(answer) if "/commit/stream/" in answer.url else None)
    with page.expect_response("**/lbadmin/commit/box/**"):
        page.goto(LIST)
    assert [answer.status for answer in streams] == [200]
    expect(page.locator("#commit-box")).to_contain_text("Saved, not running yet")


@pytest.mark.usefixtures("redis_server")
def test_each_step_is_on_a_second_viewers_page_within_100_ms(page: Page) -> None:
    listen(page)
    page.evaluate(WATCH)
    late = []
    for _ in range(3):
        page.evaluate("window.shown = {}")
        job = Job.objects.create(kind=Kind.RELOAD, user="loadbalancer")
        entered = {}
        for state in STEPS:
            entered[state.label if state != JobState.DONE else "Information:"] = time.time() * 1000
            job.enter(state, sentence="HAProxy was reloaded.")
            page.wait_for_timeout(300)
        expect(page.locator("#commit-box")).to_contain_text("HAProxy was reloaded.", timeout=AT_ONCE)
        shown = page.evaluate("window.shown")
        assert list(shown) == list(entered)
        late += [shown[step] - at for step, at in entered.items()]
    print(f"median {median(late):.0f} ms, latest {max(late):.0f} ms")
    assert median(late) < LATEST


@pytest.mark.usefixtures("redis_server")
def test_a_quick_commit_is_shown_to_its_end(page: Page) -> None:
    """Steps that follow each other faster than the page can ask."""
    listen(page)
    job = Job.objects.create(kind=Kind.RELOAD, user="loadbalancer")
    for state in [JobState.CHECKING, JobState.APPLYING]:
        job.enter(state)
    job.enter(JobState.ROLLED_BACK, sentence="web did not answer.")
    expect(page.locator("#commit-box")).to_contain_text("web did not answer.", timeout=AT_ONCE)


@pytest.mark.usefixtures("redis_server")
def test_what_somebody_saves_is_shown_at_once(page: Page) -> None:
    listen(page)
    VirtualService.objects.update(balance="leastconn")
    Generation.touch()
    expect(page.locator("#commit-box")).not_to_contain_text("Saved, not running yet", timeout=AT_ONCE)


@pytest.mark.usefixtures("redis_server")
def test_in_the_background_a_page_listens_no_more(page: Page) -> None:
    listen(page)
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    with page.expect_event("requestfailed", lambda request: "/commit/stream/" in request.url):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.evaluate("delete document.hidden")
    with page.expect_response(STREAM) as answer:
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert answer.value.status == 200
